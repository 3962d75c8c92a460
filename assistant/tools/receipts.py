"""What a conversation has brought about, by its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.llm import Receipt
from assistant.models import Conversation
from assistant.services.booking import lookup
from assistant.services.methods import ledger
from assistant.tools.tool import Tool

# A booking sends a confirmation too; it is the booking that the receipt is of.
_FIRST = ("booked", "rescheduled", "cancelled", "sent")


@dataclass(frozen=True)
class Effects:
    """The acts, and those of them that have a reference or a time."""

    acts: frozenset[str] = frozenset()
    receipts: tuple[Receipt, ...] = ()


def effects_so_far(conversation: Conversation, tools: Mapping[str, Tool]) -> Effects:
    done = [tools[name] for name in ledger.done_names(conversation) if name in tools]
    acts = frozenset[str]().union(*(tool.effects for tool in done))
    given = ledger.receipts(conversation) if acts else []
    times = lookup.times_of(conversation, {reference for _, reference in given}) if given else {}
    receipts = tuple(
        Receipt(next((act for act in _FIRST if act in tools[name].effects), "done"), reference, *times.get(reference, ()))
        for name, reference in given
        if name in tools and tools[name].effects
    )
    return Effects(acts, receipts)
