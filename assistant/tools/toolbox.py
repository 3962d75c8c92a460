"""The methods of an assistant, as a model, a visitor's click, a test by staff and a replay get to run them.

Nothing here trusts the model: which tool, with which arguments, how often and after whose word is decided from rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, Self

from assistant.async_db import in_db
from assistant.llm import Receipt, ToolCallRequest, ToolResult, ToolSpec
from assistant.models import Conversation, Method, Turn
from assistant.models import ToolCall as Row
from assistant.redaction import clean
from assistant.services.booking import appointments
from assistant.services.methods import ledger
from assistant.tools.executor import Executor, Tool, tools_of
from assistant.tools.kind import Embed

__all__ = ["ConversationToolbox", "tools_of", "try_out"]


class ConversationToolbox:
    """What an assistant may do in one conversation. With `dry_run` nothing has effects, and the ledger's rows stand apart
    from the conversation: for a replay."""

    def __init__(self, door: Executor, conversation: Conversation, *, turn: Turn | None, dry_run: bool) -> None:
        self._door = door
        self._conversation = conversation
        self._turn = turn
        self._dry_run = dry_run
        self._achieved: frozenset[str] = frozenset()
        self._receipts: tuple[Receipt, ...] = ()

    @classmethod
    async def for_turn(cls, turn: Turn, *, dry_run: bool = False, embed: Embed | None = None) -> ConversationToolbox:
        """The toolbox of a turn; what an earlier runner of it left open is settled first, so that a model hears of it."""
        door, left_behind, (achieved, receipts) = await in_db(_of_turn)(turn, embed)
        for row in left_behind:
            await door.settle(row)
        toolbox = cls(door, turn.conversation, turn=turn, dry_run=dry_run)
        if left_behind:
            achieved, receipts = await in_db(_done)(turn.conversation, door)
        toolbox._achieved, toolbox._receipts = achieved, receipts
        return toolbox

    @classmethod
    async def for_conversation(
        cls, conversation: Conversation, *, turn: Turn | None = None, dry_run: bool = False, embed: Embed | None = None
    ) -> Self:
        """The toolbox outside a turn, as voice needs it."""
        door = await in_db(_door)(conversation, embed)
        return cls(door, conversation, turn=turn, dry_run=dry_run)

    def specs(self) -> list[ToolSpec]:
        return [
            ToolSpec(
                tool.name,
                tool.operation.description(tool.method),
                tool.schema,
                spoken=tool.operation.spoken,
                acts=bool(tool.operation.achieves(tool.method)),
            )
            for tool in self._door.tools.values()
        ]

    def label(self, name: str) -> str:
        return self._door.label(name)

    def achieved(self) -> frozenset[str]:
        return self._achieved

    def receipts(self) -> tuple[Receipt, ...]:
        return self._receipts

    async def execute(self, call: ToolCallRequest, *, round: int, ordinal: int) -> ToolResult:
        """Run a model's call, once per place in the turn: the same place again gives the recorded result."""
        return await self._run(call, place=ledger.Place(self._turn, round, ordinal) if self._turn else None)

    async def relay(self, call: ToolCallRequest) -> ToolResult:
        """Run a call that a browser passes on from a voice session, once per call id of this conversation."""
        named = hashlib.sha256(f"{self._conversation.pk} {call.id}".encode(errors="replace")).hexdigest()
        return await self._run(call, key=f"relay-{named[:48]}")

    async def _run(self, call: ToolCallRequest, *, place: ledger.Place | None = None, key: str = "") -> ToolResult:
        name = clean(call.name)[:64] or "?"
        arguments, problem = self._door.check(name, call.arguments)
        row = await in_db(ledger.write)(
            self._door.organization,
            name,
            arguments,
            conversation=None if self._dry_run else self._conversation,
            place=place,
            key=key,
            model_call_id=clean(call.id),
            dry_run=self._dry_run,
            opaque=_opaque(call),
        )
        if (row.name, row.arguments) != (name, arguments):
            return ToolResult("Not run: another call stands in its place.", "refused")
        return await self._with_receipts(await self._door.run(row, problem))

    async def _with_receipts(self, result: ToolResult) -> ToolResult:
        """With every receipt of the conversation, now that there is one more."""
        if not result.achieved or self._dry_run:
            return result
        _, receipts = await in_db(_done)(self._conversation, self._door)
        return replace(result, receipts=receipts)

    async def open(self, row: Row) -> ToolResult:
        """Run what a visitor's click asked for, or what he said on a confirm card; `row` is its entry in the ledger."""
        if self._turn is not None:
            await in_db(ledger.adopt)(row, self._turn)
        if row.state in (Row.State.PENDING, Row.State.WAITING) and await in_db(ledger.answer_of_visitor)(row) == "cancel":
            return await self._door.decline(row)
        _, problem = self._door.check(row.name, row.arguments)
        return await self._with_receipts(await self._door.run(row, problem))

    async def decline(self, row: Row) -> ToolResult:
        """The visitor said no."""
        return await self._door.decline(row)


def _opaque(call: ToolCallRequest) -> dict[str, Any]:
    """What goes back to the model that made the call; nothing where it made it without."""
    parts = {"call": call.extra, "message": call.opaque}
    kept = {name: part for name, part in parts.items() if part}
    return {"made_by": call.made_by, **kept} if kept and call.made_by else {}


async def try_out(
    method: Method, arguments: Any, *, name: str = "", dry_run: bool = True, embed: Embed | None = None
) -> ToolResult:
    """Run a method for its own staff through the same door; a dry run tells what would be sent.

    `name` picks one of the method's tools; the first is meant when it is empty.
    """
    tools = {tool.name: tool for tool in tools_of(method)}
    name = name or next(iter(tools), method.name)
    door = Executor(method.organization, tools, embed=embed)
    checked, problem = door.check(name, arguments)
    row = await in_db(ledger.write)(method.organization, name, checked, initiator=Row.Initiator.STAFF, dry_run=dry_run)
    return await door.run(row, problem)


def _door(conversation: Conversation, embed: Embed | None) -> Executor:
    assistant = conversation.assistant
    methods = assistant.methods.filter(enabled=True, organization=conversation.organization_id).select_related(
        "organization"
    )
    tools: dict[str, Tool] = {}
    for method in methods.select_related("organization"):
        for tool in tools_of(method):
            tools.setdefault(tool.name, tool)
    return Executor(assistant.organization, tools, conversation, assistant, embed, conversation.locale)


def _of_turn(turn: Turn, embed: Embed | None) -> tuple[Executor, list[Row], tuple[frozenset[str], tuple[Receipt, ...]]]:
    """One hop: its door, what an earlier runner left open, and what has been brought about."""
    door = _door(turn.conversation, embed)
    return door, ledger.left_behind(turn), _done(turn.conversation, door)


def _done(conversation: Conversation, door: Executor) -> tuple[frozenset[str], tuple[Receipt, ...]]:
    """What the conversation has brought about by the ledger: the acts, and those of them that have a receipt."""
    done = [tool for name in ledger.done_names(conversation) if (tool := door.tools.get(name))]
    achieved = frozenset[str]().union(*(tool.operation.achieves(tool.method) for tool in done))
    given = ledger.receipts(conversation) if achieved else []
    times = appointments.times_of(conversation, {reference for _, reference in given}) if given else {}
    receipts = []
    for name, reference in given:
        if (tool := door.tools.get(name)) and (acts := tool.operation.achieves(tool.method)):
            # A booking sends a confirmation too; it is the booking that the receipt is of.
            act = next(
                (act for act in ("booked", "rescheduled", "cancelled") if act in acts), "sent" if "sent" in acts else "done"
            )
            receipts.append(Receipt(act, reference, *times.get(reference, ())))
    return achieved, tuple(receipts)
