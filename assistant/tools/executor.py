"""From a call to its result: the one place where a method runs, for text, voice, a test by staff and a replay.

Nothing here trusts the model: which tool, with which arguments, how often and after whose consent is decided from rows. A
call is a row before it is an act, and the act belongs to the one that claims the row, so that each happens at most once.
When a process dies in between, nobody knows whether it acted: then the call is repeated only where that does no harm, and
is otherwise said to be unknown.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Protocol

from django.utils import timezone

from assistant.async_db import in_db
from assistant.errors import ToolError, ToolRefused
from assistant.llm import Receipt, ToolCallRequest, ToolResult, ToolSpec
from assistant.models import Card, Conversation, Method, Organization, Turn
from assistant.models import ToolCall as Row
from assistant.redaction import clean
from assistant.secrets import SecretUnreadable
from assistant.services.deliveries import verification
from assistant.services.methods import ledger
from assistant.tools import parameters
from assistant.tools.confirmation import card_content, preview_of
from assistant.tools.kind import Context, Embed, Preview
from assistant.tools.receipts import Effects, effects_so_far
from assistant.tools.results import (
    DECLINED,
    FAILED,
    NOT_PREPARED,
    REASONS,
    TOO_LONG,
    WAITING,
    WAITING_FOR_PROOF,
    opaque_of,
    presentable,
    recorded_result,
    refusal,
)
from assistant.tools.tool import Tool, tools_for, tools_of

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
GRACE_SECONDS = 5.0  # beyond a call's own deadline, until its runner is taken for dead

Next = Callable[[], Awaitable[ToolResult]]  # the rest of a call's way, once it is known from rows

# A turn that is stopped leaves its calls to finish; they are held here until they have.
_acting: set[asyncio.Task[ToolResult]] = set()


def acting() -> set[asyncio.Task[ToolResult]]:
    """The calls under way in this process, whether or not anybody still waits for them."""
    return set(_acting)


class Recorder(Protocol):
    """Stands between a model's calls and the executor: it may give a result that it knows, and sees every result."""

    async def result_of(
        self, call: ToolCallRequest, tool: Tool | None, run: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        """What the model is given for `call`; `run` has the executor run it. `tool` is None where there is no such one."""
        ...


@dataclass
class Executor:
    """The methods that may be called in one conversation, or, in a test by staff, without one and with nobody to ask.

    With `dry_run` nothing has effects, and the ledger's rows stand apart from the conversation: for a replay.
    """

    organization: Organization
    tools: Mapping[str, Tool]
    conversation: Conversation | None = None
    turn: Turn | None = None
    dry_run: bool = False
    embed: Embed | None = None
    recorder: Recorder | None = None
    earlier: Effects = Effects()

    # --- Made for a conversation, a turn ----------------------------------------------------------------------------

    @classmethod
    async def for_turn(cls, turn: Turn, *, embed: Embed | None = None) -> Executor:
        """The executor of a turn; what an earlier runner of it left open is settled first, so that a model learns of it."""
        executor, left_behind = await in_db(cls.load)(turn, embed)
        for row in left_behind:
            await executor.settle(row)
        if left_behind:
            executor.earlier = await in_db(effects_so_far)(turn.conversation, executor.tools)
        return executor

    @classmethod
    def load(cls, turn: Turn, embed: Embed | None = None, *, acted: bool = True) -> tuple[Executor, list[Row]]:
        """On a database thread: the executor, and what an earlier runner left open, if the conversation has `acted`."""
        executor = cls._of(turn.conversation, turn=turn, embed=embed)
        if not acted:
            return executor, []
        executor.earlier = effects_so_far(turn.conversation, executor.tools)
        return executor, ledger.left_behind(turn)

    @classmethod
    def _of(cls, conversation: Conversation, **options: Any) -> Executor:
        return cls(conversation.assistant.organization, tools_for(conversation), conversation, **options)

    @classmethod
    async def for_conversation(
        cls,
        conversation: Conversation,
        *,
        turn: Turn | None = None,
        dry_run: bool = False,
        embed: Embed | None = None,
        recorder: Recorder | None = None,
    ) -> Executor:
        """The executor outside a turn's run, as voice and replay need it."""
        return await in_db(cls._of)(conversation, turn=turn, dry_run=dry_run, embed=embed, recorder=recorder)

    # --- What the engine asks of it ---------------------------------------------------------------------------------

    def specs(self) -> list[ToolSpec]:
        return [tool.spec for tool in self.tools.values()]

    def label(self, name: str) -> str:
        """What the visitor reads while the tool of that name runs."""
        return self.tools[name].label(self.locale, self._home) if name in self.tools else "…"

    @property
    def locale(self) -> str:
        return self.conversation.locale if self.conversation else ""

    @property
    def _home(self) -> str:
        return self.conversation.assistant.locale if self.conversation else ""

    def effects(self) -> frozenset[str]:
        return self.earlier.acts

    def receipts(self) -> tuple[Receipt, ...]:
        return self.earlier.receipts

    def effects_of(self, names: Iterable[str]) -> frozenset[str]:
        """What calls of the tools of these names bring about when they are done."""
        return frozenset[str]().union(*(self.tools[name].effects for name in names if name in self.tools))

    async def execute(self, call: ToolCallRequest, *, round: int, ordinal: int) -> ToolResult:
        """Run a model's call, once per place in the turn: the same place again gives the recorded result."""
        place = ledger.Place(self.turn, round, ordinal) if self.turn else None
        if self.recorder is None:
            return await self._execute(call, place=place)
        return await self.recorder.result_of(call, self.tools.get(call.name), lambda: self._execute(call, place=place))

    async def execute_relayed(self, call: ToolCallRequest) -> ToolResult:
        """Run a call that a browser passes on from a voice session, once per call id of this conversation."""
        assert self.conversation is not None
        named = hashlib.sha256(f"{self.conversation.pk} {call.id}".encode(errors="replace")).hexdigest()
        return await self._execute(call, key=f"relay-{named[:48]}")

    async def execute_opening_call(self, row: Row) -> ToolResult:
        """Run what a visitor's click asked for, or their answer on a confirm card; `row` is its entry in the ledger."""
        _, problem = self._validate(row.name, row.arguments)
        go_on = await in_db(self._take_up)(row, problem, opening=True)
        return await self._with_receipts(await go_on())

    async def execute_for_staff(self, name: str, arguments: Any, *, key: str = "") -> ToolResult:
        """Run a call of staff's own, once per `key` where there is one."""
        return await self._run(name, arguments, key=key, initiator=Row.Initiator.STAFF)

    # --- From a call to its row -------------------------------------------------------------------------------------

    async def _execute(self, call: ToolCallRequest, *, place: ledger.Place | None = None, key: str = "") -> ToolResult:
        made = {"conversation": None if self.dry_run else self.conversation, "model_call_id": clean(call.id)}
        name = clean(call.name)[:64] or "?"
        result = await self._run(name, call.arguments, place=place, key=key, opaque=opaque_of(call), **made)
        return await self._with_receipts(result)

    async def _run(self, name: str, arguments: Any, **fields: Any) -> ToolResult:
        """Write a call's row, and bring it to its result. `fields` are what `ledger.begin` takes."""
        checked, problem = self._validate(name, arguments)
        go_on = await in_db(self._begin)(name, checked, problem, fields)
        return await go_on()

    def _validate(self, name: str, arguments: Any) -> tuple[dict[str, Any], ToolError | None]:
        """The arguments as they may be stored and used, and why they may not be."""
        if name not in self.tools:
            return {}, ToolRefused(REASONS["unknown_tool"], code="unknown_tool")
        try:
            return parameters.checked(arguments, self.tools[name].schema), None
        except ToolError as error:
            return {}, error

    async def _with_receipts(self, result: ToolResult) -> ToolResult:
        """With every receipt of the conversation, now that there is one more."""
        if not result.effects or self.dry_run or self.conversation is None:
            return result
        so_far = await in_db(effects_so_far)(self.conversation, self.tools)
        return replace(result, receipts=so_far.receipts)

    # --- From a row to its result -----------------------------------------------------------------------------------

    def _begin(self, name: str, arguments: dict[str, Any], problem: ToolError | None, fields: dict[str, Any]) -> Next:
        """On a database thread, in one hop: write the row, allowed and claimed as far as it goes; returns what is next."""
        tool = None if problem else self.tools[name]
        card = self._card_before(tool) if tool else None
        act = self._act_of(tool, at_once=card is None) if tool else None
        begun = ledger.begin(self.organization, name, arguments, act, dry_run=self.dry_run, **fields)
        if not begun.new:
            if (begun.row.name, begun.row.arguments) == (name, arguments):
                return self._take_up(begun.row, problem)
            return partial(_give, ToolResult("Not run: another call has replaced it.", "refused"))
        return self._go_on(begun.row, problem, tool, begun.refused, card)

    def _take_up(self, row: Row, problem: ToolError | None, *, opening: bool = False) -> Next:
        """On a database thread, in one hop: what is next for a row that was there before; one that has a result keeps it."""
        if opening and self.turn is not None:
            ledger.adopt(row, self.turn)
        if row.state == Row.State.SENT:
            return partial(self.settle, row)
        if row.state not in (Row.State.PENDING, Row.State.WAITING):
            return partial(_give, self._recorded(row))
        said = ledger.answer_of_visitor(row)
        if opening and said == "cancel":
            return partial(self._decline, row)
        if row.state == Row.State.WAITING and said != "confirm":
            return partial(_give, self._recorded(row))
        tool = None if problem else self.tools[row.name]
        if tool is None:
            return self._go_on(row, problem)
        card = None if said == "confirm" else self._card_before(tool)
        refused, claimed = ledger.admit(row, self._act_of(tool, at_once=card is None))
        if not (refused or claimed or card):
            return partial(self.settle, row)
        return self._go_on(row, None, tool, refused, card)

    def _go_on(
        self, row: Row, problem: ToolError | None, tool: Tool | None = None, refused: str = "", card: Card.Kind | None = None
    ) -> Next:
        if problem is not None or tool is None:
            problem = problem or ToolRefused(REASONS["unknown_tool"], code="unknown_tool")
            return partial(self._close, row, replace(refusal(problem), misused=True), problem.code)
        if refused:
            return partial(self._close, row, ToolResult(REASONS[refused], "refused"), refused)
        return partial(self._ask, row, tool, card) if card else partial(self._act, row, tool)

    def _card_before(self, tool: Tool) -> Card.Kind | None:
        """The card that asks the visitor before a call of `tool` acts."""
        if self.conversation is None or self.dry_run:
            return None
        if tool.needs_proof and not verification.is_proven(self.conversation):
            return Card.Kind.VERIFY
        return Card.Kind.CONFIRM if tool.needs_confirmation else None

    def _act_of(self, tool: Tool, *, at_once: bool) -> ledger.Act:
        assistant = self.conversation.assistant if self.conversation else None
        return ledger.Act(tool.method, tool.risk, assistant, at_once)

    async def _decline(self, row: Row) -> ToolResult:
        """The visitor said no: let go of what `prepare` held."""
        tool = self.tools.get(row.name)
        if tool and tool.operation.decline:
            try:
                async with asyncio.timeout(tool.seconds):
                    await tool.operation.decline(self._context(row, tool), tool.arguments(row))
            except Exception:
                log.exception("call %s: declining failed", row.pk)
        return await self._close(row, ToolResult(DECLINED, "refused"), "declined")

    async def settle(self, row: Row) -> ToolResult:
        """The result of a call that another runner began: its own, when it comes; else as the method allows."""
        tool = self.tools.get(row.name)
        patience = (tool.seconds if tool else 20.0) + GRACE_SECONDS
        await in_db(ledger.reload)(row)
        while row.state == Row.State.SENT:
            if await in_db(ledger.claim_again)(row, patience):
                if tool and tool.may_repeat:
                    return await self._act(row, tool)
                return await self._close(row, ToolResult(ledger.OUTCOME_UNKNOWN, "unknown"), "no_word")
            await asyncio.sleep(POLL_SECONDS)
            await in_db(ledger.reload)(row)
        if row.state == Row.State.PENDING:
            return await self._close(row, ToolResult(ledger.NOT_BEGUN, "failed"), "not_begun")
        return self._recorded(row)

    async def _ask(self, row: Row, tool: Tool, kind: Card.Kind) -> ToolResult:
        """Show the visitor what is about to be done, and wait for their consent, or for the proof of their address."""
        try:
            async with asyncio.timeout(tool.seconds):
                prepare = tool.operation.prepare
                if prepare:
                    preview = await prepare(self._context(row, tool), tool.arguments(row))
                else:
                    preview = preview_of(row, tool, tool.title(self.locale, self._home))
        except ToolError as error:
            return await self._close(row, presentable(tool, refusal(error)), error.code)
        except TimeoutError:
            log.warning("call %s: preparing was given up after %.0f s", row.pk, tool.seconds)
            return await self._close(row, ToolResult(NOT_PREPARED, "failed"), "timeout")
        except Exception:
            log.exception("call %s: preparing failed", row.pk)
            return await self._close(row, ToolResult(FAILED, "failed"), "internal")
        text = WAITING_FOR_PROOF if kind == Card.Kind.VERIFY else WAITING
        if not await in_db(self._show_card)(row, preview, kind, text):
            return await self.settle(row)
        return ToolResult(text, "waiting")

    def _show_card(self, row: Row, preview: Preview, kind: Card.Kind, text: str) -> bool:
        content, expires_at = card_content(preview, self.locale), preview.expires_at
        if kind == Card.Kind.VERIFY:
            assert self.conversation
            content |= verification.first_step(self.conversation)
            content |= {"with_code": list(preview.form)} if preview.form else {}
            expires_at = timezone.now() + verification.CODE_VALID_FOR
        return ledger.wait_for_visitor(row, content, text, expires_at, kind)

    async def _act(self, row: Row, tool: Tool) -> ToolResult:
        # Shielded: cut off half-way by a turn that is stopped, nobody would know whether it happened.
        task = asyncio.create_task(self._run_and_record(row, tool))
        _acting.add(task)
        task.add_done_callback(_acting.discard)
        return await asyncio.shield(task)

    async def _run_and_record(self, row: Row, tool: Tool) -> ToolResult:
        code = ""
        harmless = tool.may_repeat or row.dry_run
        started = time.monotonic()
        try:
            async with asyncio.timeout(tool.seconds):
                result = await tool.operation.run(self._context(row, tool), tool.arguments(row))
        except ToolError as error:
            result, code = refusal(error), error.code
        except SecretUnreadable:
            log.error("call %s: a secret of method %s cannot be opened", row.pk, tool.method.pk)
            result, code = ToolResult(FAILED, "failed"), "secret_unreadable"
        except TimeoutError:
            log.warning("call %s: gave up after %.0f s", row.pk, tool.seconds)
            result, code = (
                ToolResult(TOO_LONG, "failed") if harmless else ToolResult(ledger.OUTCOME_UNKNOWN, "unknown"),
                "timeout",
            )
        except Exception:
            log.exception("call %s of method %s failed", row.pk, tool.method.pk)
            result, code = (
                ToolResult(FAILED, "failed") if harmless else ToolResult(ledger.OUTCOME_UNKNOWN, "unknown"),
                "internal",
            )
        log.info("call %s: %s after %.0f ms", row.pk, result.outcome, (time.monotonic() - started) * 1000)
        return await self._close(row, presentable(tool, result, really=not row.dry_run), code)

    async def _close(self, row: Row, result: ToolResult, code: str = "") -> ToolResult:
        sources = tuple(asdict(source) for source in result.sources)
        if await in_db(ledger.close)(row, Row.State(result.outcome), result.text, code=code, sources=sources):
            return result
        await in_db(ledger.reload)(row)
        return self._recorded(row)

    def _recorded(self, row: Row) -> ToolResult:
        """What the ledger says of a call that is closed, or waits."""
        return recorded_result(row, self.tools.get(row.name))

    def _context(self, row: Row, tool: Tool) -> Context:
        assistant = self.conversation.assistant if self.conversation else None
        return Context(self.organization, tool.method, row, self.conversation, assistant, row.dry_run, self.embed)


async def _give(result: ToolResult) -> ToolResult:
    return result


async def try_out(
    method: Method, arguments: Any, *, name: str = "", dry_run: bool = True, embed: Embed | None = None, key: str = ""
) -> ToolResult:
    """Run a method for its own staff; a dry run tells what would be sent.

    `name` picks one of the method's tools; the first is meant when it is empty. The same `key` gives the same result.
    """
    tools = {tool.name: tool for tool in tools_of(method)}
    executor = Executor(method.organization, tools, dry_run=dry_run, embed=embed)
    return await executor.execute_for_staff(name or next(iter(tools), method.name), arguments, key=key)
