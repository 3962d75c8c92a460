"""Receipts of a conversation: what its ledger shows to have been done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.llm import Receipt
from assistant.models import Conversation
from assistant.services.booking.appointments import lookup
from assistant.services.methods import ledger
from assistant.tools.tool import Tool

# A booking sends a confirmation too; it is the booking that the receipt is of.
_FIRST = ("booked", "rescheduled", "cancelled", "sent")
_BOOKED = frozenset({"booked", "rescheduled"})


@dataclass(frozen=True)
class Effects:
    """The acts, and those of them that have a reference or a time."""

    acts: frozenset[str] = frozenset()
    receipts: tuple[Receipt, ...] = ()


def effects_so_far(conversation: Conversation, tools: Mapping[str, Tool]) -> Effects:
    done = [name for name in ledger.done_names(conversation) if name in tools]
    given = ledger.receipts(conversation) if any(tools[name].effects for name in done) else []
    references = {reference for _, reference in given}
    times = lookup.times_of(conversation, references) if given else {}
    waiting = lookup.waiting_for_staff(conversation, references) if given else frozenset()

    def effects(name: str, references: set[str]) -> frozenset[str]:
        """What staff have yet to approve is sent, and neither booked nor moved."""
        return tools[name].effects - (_BOOKED if references and references <= waiting else frozenset())

    of_name = {name: {reference for by, reference in given if by == name} for name in done}
    receipts = tuple(
        Receipt(
            next((act for act in _FIRST if act in effects(name, {reference})), "done"), reference, *times.get(reference, ())
        )
        for name, reference in given
        if name in tools and tools[name].effects
    )
    return Effects(frozenset[str]().union(*(effects(name, of_name[name]) for name in done)), receipts)
