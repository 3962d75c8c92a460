"""Results of calls, as the model and the ledger may see them."""

from __future__ import annotations

from typing import Any

from assistant.errors import ToolError, ToolRefused
from assistant.llm import Source, ToolCallRequest, ToolResult
from assistant.models import Method
from assistant.models import ToolCall as Row
from assistant.redaction import clean, redacted
from assistant.secrets import SecretUnreadable
from assistant.tools.tool import Tool

MAX_RESULT_CHARS = 12_000

WAITING = (
    "The visitor now sees a card with the details and is asked to confirm. Nothing has happened yet: ask for the "
    "confirmation, and do not say that it is done."
)
WAITING_FOR_PROOF = (
    "The visitor now sees a card on which they give their e-mail address and prove with a mailed code that it is theirs. "
    "Nothing has happened yet: ask them to do so, and do not say that it is done."
)
DECLINED = "The visitor has declined. Nothing was done."
FAILED = "This failed for a reason on our side. Nothing can be said about its details."
TOO_LONG = "This took too long and was given up."
NOT_PREPARED = "This took too long and was given up before anything was done. Try the same again."
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


def recorded_result(row: Row, tool: Tool | None) -> ToolResult:
    """What the ledger says of a call that is closed, or waits; `tool` is None where its method is gone."""
    done = row.state == Row.State.DONE and not row.dry_run
    outcome: Any = row.state if row.state in Row.ENDED else "unknown"
    sources = tuple(Source(**source) for source in row.sources)
    return ToolResult(row.result, outcome, tool.effects if tool and done else frozenset(), sources)


def opaque_of(call: ToolCallRequest) -> dict[str, Any]:
    """What goes back to the model that made the call; nothing where it made it without."""
    parts = {"call": call.extra, "message": call.opaque}
    kept = {name: part for name, part in parts.items() if part}
    return {"made_by": call.made_by, **kept} if kept and call.made_by else {}


def refusal(error: ToolError) -> ToolResult:
    return ToolResult(str(error), "refused" if isinstance(error, ToolRefused) else "failed")


def presentable(tool: Tool, result: ToolResult, *, really: bool = True) -> ToolResult:
    """The result as model and ledger may see it: without secrets, not too long, and with what it brought about."""
    text = redacted(clean(result.text), _secrets(tool.method))
    if len(text) > MAX_RESULT_CHARS:
        text = text[:MAX_RESULT_CHARS] + "\n[The rest was too long and is left out.]"
    effects = (result.effects or tool.effects) if result.outcome == "done" and really else frozenset()
    return ToolResult(text, result.outcome, effects, result.sources)


def _secrets(method: Method) -> list[str]:
    secrets = []
    for name in method.secrets:
        try:
            secrets.append(method.secret(name))
        except SecretUnreadable:
            continue  # what we cannot read we cannot have sent
    return secrets
