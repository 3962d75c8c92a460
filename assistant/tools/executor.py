"""From a row of the ledger to its result: the one place where a method runs.

A call is a row before it is an act, and whoever claims the row acts, so that each acts at most once. When a process
dies in between, nobody knows whether it acted: then it is repeated only where that does no harm, and otherwise said to
be unknown.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils import timezone

from assistant.async_db import in_db
from assistant.errors import ToolError, ToolRefused
from assistant.llm import Source, ToolResult
from assistant.models import Assistant, Card, Conversation, Method, Organization
from assistant.models import ToolCall as Row
from assistant.redaction import clean, redacted, visible
from assistant.secrets import SecretUnreadable
from assistant.sentences import label
from assistant.services.deliveries import verification
from assistant.services.methods import ledger
from assistant.tools import KINDS, parameters
from assistant.tools.kind import Context, Embed, Operation, Preview

log = logging.getLogger(__name__)

MAX_RESULT_CHARS = 12_000
POLL_SECONDS = 0.1
GRACE_SECONDS = 5.0  # beyond a call's own deadline, until its runner is taken for dead

WAITING = (
    "The visitor now sees a card with the details and is asked to confirm. Nothing has happened yet: ask for the "
    "confirmation, and do not say that it is done."
)
WAITING_FOR_PROOF = (
    "The visitor now sees a card on which he gives his e-mail address and proves with a mailed code that it is his. "
    "Nothing has happened yet: ask him to do so, and do not say that it is done."
)
DECLINED = "The visitor has declined. Nothing was done."
FAILED = "This failed for a reason on our side. Nothing can be said about its details."
TOO_LONG = "This took too long and was given up."
REASONS = {
    "unknown_tool": "There is no such tool. Use only the tools that were offered.",
    "not_offered": "This tool is not available any more.",
    "closed": "This assistant is switched off.",
    "visitor_quota": "This visitor has used this as often as is allowed in 24 hours. Say so, and offer a person.",
    "network_quota": (
        "From this visitor's network this has been used as often as is allowed in 24 hours. Say so, and offer a person."
    ),
    "daily_quota": "This has been used as often as is allowed in 24 hours. Say so, and offer a person.",
}

# A turn that is stopped leaves its calls to finish; they are held here until they have.
_acting: set[asyncio.Task[ToolResult]] = set()


def acting() -> set[asyncio.Task[ToolResult]]:
    """The calls under way in this process, whoever still waits for them."""
    return set(_acting)


@dataclass(frozen=True)
class Tool:
    """One operation of one method, under the name by which a model calls it."""

    name: str
    method: Method
    operation: Operation

    @property
    def schema(self) -> dict[str, Any]:
        return parameters.offered(self.operation.parameters(self.method), {*self.method.fixed, *self.method.secrets})

    def label(self, locale: str, home: str) -> str:
        """What a visitor of `locale` reads while it runs: staff's own label in that language, else ours. `home` is the
        locale of the assistant, in whose language staff write what they do not translate."""
        own = "" if self.operation.suffix else self.method.public_label_in(locale, home)
        reads = self.operation.risk_of(self.method) == Method.Risk.READ
        return own or label(self.operation.label or ("tool_read" if reads else "tool_act"), locale)

    def title(self, locale: str, home: str) -> str:
        """What a visitor reads on a card that asks whether to run it. By its risk alone nobody would know what it does:
        then it is staff's own label in whichever language, or the method's name."""
        ours = label(self.operation.label, locale) if self.operation.label else self.method.public_label
        return (self.method.public_label_in(locale, home) or ours).rstrip("… .") or _readable(self.method.name)

    @property
    def seconds(self) -> float:
        return self.operation.seconds(self.method)

    @property
    def may_repeat(self) -> bool:
        return self.operation.may_repeat(self.method)

    def arguments(self, row: Row) -> dict[str, Any]:
        """What the kind gets: the stored arguments, and over them what staff have fixed."""
        return {**row.arguments, **self.method.fixed}


def tools_of(method: Method) -> list[Tool]:
    """What a model can call of a method; nothing where its kind is gone."""
    kind = KINDS.get(method.kind)
    return [
        Tool(f"{method.name}_{operation.suffix}" if operation.suffix else method.name, method, operation)
        for operation in (kind.operations if kind else ())
    ]


@dataclass(frozen=True)
class Executor:
    """What may be done for one conversation; for a test by staff there is none, and nobody to ask."""

    organization: Organization
    tools: Mapping[str, Tool]
    conversation: Conversation | None = None
    assistant: Assistant | None = None
    embed: Embed | None = None
    locale: str = ""  # of the conversation

    def label(self, name: str) -> str:
        """What the visitor reads while the tool of that name runs."""
        tool = self.tools.get(name)
        return tool.label(self.locale, self._home) if tool else "…"

    @property
    def _home(self) -> str:
        return self.assistant.locale if self.assistant else ""

    def check(self, name: str, arguments: Any) -> tuple[dict[str, Any], ToolError | None]:
        """The arguments as they may be stored and used, and why they may not be."""
        if name not in self.tools:
            return {}, ToolRefused(REASONS["unknown_tool"], code="unknown_tool")
        try:
            return parameters.checked(arguments, self.tools[name].schema), None
        except ToolError as error:
            return {}, error

    async def run(self, row: Row, problem: ToolError | None = None) -> ToolResult:
        """Bring a row to its result, or to the visitor for his word; a row that has a result keeps it."""
        if row.state == Row.State.SENT:
            return await self.settle(row)
        confirmed = await in_db(ledger.answer_of_visitor)(row) == "confirm"
        if row.state != Row.State.PENDING and not (row.state == Row.State.WAITING and confirmed):
            return self._recorded(row)
        if problem is not None:
            return await self._close(row, replace(_turned_down(problem), misused=True), problem.code)
        tool = self.tools[row.name]
        if reason := await in_db(ledger.authorize)(row, tool.method, self.assistant, tool.operation.risk_of(tool.method)):
            return await self._close(row, ToolResult(REASONS[reason], "refused"), reason)
        if self.conversation and not (confirmed or row.dry_run):
            proof = tool.operation.needs_proof(tool.method) and not await in_db(verification.is_proven)(self.conversation)
            if proof or tool.operation.needs_word(tool.method):
                return await self._ask(row, tool, proof=proof)
        if not await in_db(ledger.claim)(row):
            return await self.settle(row)
        return await self._act(row, tool)

    async def decline(self, row: Row) -> ToolResult:
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
        """The result of a call that somebody else began: his, when it comes; else as the method allows."""
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

    async def _ask(self, row: Row, tool: Tool, *, proof: bool) -> ToolResult:
        """Show the visitor what is about to be done, and wait for his word, or for proof that his address is his."""
        try:
            async with asyncio.timeout(tool.seconds):
                prepare = tool.operation.prepare
                preview = (
                    await prepare(self._context(row, tool), tool.arguments(row)) if prepare else self._preview(row, tool)
                )
        except ToolError as error:
            return await self._close(row, _told(tool, _turned_down(error)), error.code)
        except Exception:
            log.exception("call %s: preparing failed", row.pk)
            return await self._close(row, ToolResult(FAILED, "failed"), "internal")
        content = _content(preview, self.locale)
        kind, text, expires_at = Card.Kind.CONFIRM, WAITING, preview.expires_at
        if proof:
            assert self.conversation
            content |= await in_db(verification.first_step)(self.conversation)
            kind, text, expires_at = Card.Kind.VERIFY, WAITING_FOR_PROOF, timezone.now() + verification.CODE_VALID_FOR
        if not await in_db(ledger.wait_for_visitor)(row, content, text, expires_at, kind):
            return await self.settle(row)
        return ToolResult(text, "waiting")

    async def _act(self, row: Row, tool: Tool) -> ToolResult:
        # Shielded: cut off half-way by a turn that is stopped, nobody would know whether it happened.
        task = asyncio.create_task(self._acted(row, tool))
        _acting.add(task)
        task.add_done_callback(_acting.discard)
        return await asyncio.shield(task)

    async def _acted(self, row: Row, tool: Tool) -> ToolResult:
        code = ""
        harmless = tool.may_repeat or row.dry_run
        started = time.monotonic()
        try:
            async with asyncio.timeout(tool.seconds):
                result = await tool.operation.run(self._context(row, tool), tool.arguments(row))
        except ToolError as error:
            result, code = _turned_down(error), error.code
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
        return await self._close(row, _told(tool, result, really=not row.dry_run), code)

    async def _close(self, row: Row, result: ToolResult, code: str = "") -> ToolResult:
        sources = tuple(asdict(source) for source in result.sources)
        if await in_db(ledger.close)(row, Row.State(result.outcome), result.text, code=code, sources=sources):
            return result
        await in_db(ledger.reload)(row)
        return self._recorded(row)

    def _recorded(self, row: Row) -> ToolResult:
        """What the ledger says of a call that is closed, or waits."""
        tool = self.tools.get(row.name)
        done = row.state == Row.State.DONE and not row.dry_run
        achieved = tool.operation.achieves(tool.method) if tool and done else frozenset()
        outcome: Any = row.state if row.state in Row.ENDED else "unknown"
        return ToolResult(row.result, outcome, achieved, tuple(Source(**source) for source in row.sources))

    def _context(self, row: Row, tool: Tool) -> Context:
        return Context(self.organization, tool.method, row, self.conversation, self.assistant, row.dry_run, self.embed)

    def _preview(self, row: Row, tool: Tool) -> Preview:
        """The confirm card of an operation that has none of its own: what is to be done, with which values."""
        described = tool.schema["properties"]
        lines = tuple(
            (str(described.get(name, {}).get("title") or _readable(name)), _shown(value))
            for name, value in row.arguments.items()
        )
        return Preview(tool.title(self.locale, self._home), lines)


def _turned_down(error: ToolError) -> ToolResult:
    return ToolResult(str(error), "refused" if isinstance(error, ToolRefused) else "failed")


def _told(tool: Tool, result: ToolResult, *, really: bool = True) -> ToolResult:
    """The result as model and ledger may see it: without secrets, not too long, and with what it brought about."""
    text = redacted(clean(result.text), _secrets(tool.method))
    if len(text) > MAX_RESULT_CHARS:
        text = text[:MAX_RESULT_CHARS] + "\n[The rest was too long and is left out.]"
    achieved = (
        (result.achieved or tool.operation.achieves(tool.method)) if result.outcome == "done" and really else frozenset()
    )
    return ToolResult(text, result.outcome, achieved, result.sources)


def _secrets(method: Method) -> list[str]:
    secrets = []
    for name in method.secrets:
        try:
            secrets.append(method.secret(name))
        except SecretUnreadable:
            continue  # what we cannot read we cannot have sent
    return secrets


def _readable(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(value: Any) -> str:
    """All of it: what is confirmed is what is sent. The size of arguments is bounded, and a long line can be scrolled."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _content(preview: Preview, locale: str) -> dict[str, Any]:
    """A preview as docs/protocol.md has it for a confirm card."""
    return {
        "title": preview.title,
        "lines": [[visible(label), visible(value)] for label, value in preview.lines],
        "fields": [{"name": name, "label": label, "type": kind} for name, label, kind in preview.fields],
        "confirm_label": preview.confirm_label or label("confirm", locale),
        **({"cancel_label": preview.cancel_label} if preview.cancel_label else {}),
    }
