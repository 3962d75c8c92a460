"""Outcome of a turn: what is saved and shown at the end, depending on how its reply ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from assistant.engine.loop import ReplyEnded
from assistant.errors import BudgetExceeded, InterworkyError, ProviderError
from assistant.llm import Receipt
from assistant.models import Message, Turn
from assistant.sentences import label, sentence
from assistant.services.conversations.outcomes import Outcome

KEPT, SILENT = "kept answer", "a person answers"  # stand where a turn names its provider


@dataclass(frozen=True)
class Ending:
    """How the writing of a reply ended: with `reply`, with `failure`, or with neither where the visitor stopped it. `text`
    is what the visitor was shown."""

    text: str
    total_ms: int
    reply: ReplyEnded | None = None
    failure: InterworkyError | None = None


def build_outcome(ending: Ending, locale: str) -> Outcome:
    if ending.failure is not None:
        return _failed(ending, ending.failure, locale)
    if ending.reply is not None:
        return _written(ending.reply, locale, ending.total_ms)
    measured = {"total_ms": ending.total_ms}
    return Outcome(Turn.State.STOPPED, ending.text, Message.State.STOPPED, retryable=True, measured=measured)


def _failed(ending: Ending, failure: InterworkyError, locale: str) -> Outcome:
    code = _visible_code(failure)
    if ending.text and code in ("not_available", "no_answer", "internal"):
        code = "incomplete"
    return Outcome(
        Turn.State.FAILED,
        ending.text,
        Message.State.INCOMPLETE,
        code=code,
        shown=failure.details.get("sentence") or sentence(code, locale),  # an organization words its own limit
        detail=f"{type(failure).__name__}: {failure}"[:2000],
        retryable=code != "budget_exceeded",
        measured={"total_ms": ending.total_ms},
    )


def _visible_code(failure: InterworkyError) -> str:
    if isinstance(failure, ProviderError):
        return "no_answer" if failure.code == "no_answer" else "not_available"
    return failure.code if isinstance(failure, BudgetExceeded) else "internal"


def _written(reply: ReplyEnded, locale: str, total_ms: int) -> Outcome:
    """The outcome of a reply that the model ended itself, or that was ended for what it said."""
    measured = _measured(reply, total_ms)
    text = reply.text
    if reply.unsure and text:
        text += "\n\n" + describe_receipts(reply.receipts, locale)
    if reply.unkept or reply.unread_call:
        text = "\n\n".join(part for part in (text, sentence("not_done", locale)) if part)
        detail = f"Claimed without a receipt: {reply.unkept}" if reply.unkept else "Wrote a call that cannot be run."
        return Outcome(Turn.State.DONE, text, detail=detail, measured=measured)
    if reply.finish == "content_filter":
        return Outcome(Turn.State.DONE, text or sentence("refused", locale), code="refused", measured=measured)
    if reply.finish in ("length", "cut_off"):
        return _unfinished("incomplete", text, locale, measured)
    if not text and reply.provider != SILENT:
        return _unfinished("no_answer", "", locale, measured)
    sources = tuple(asdict(source) for source in reply.sources)
    return Outcome(Turn.State.DONE, text, sources=sources, measured=measured)


def _unfinished(code: str, text: str, locale: str, measured: dict[str, Any]) -> Outcome:
    return Outcome(
        Turn.State.FAILED,
        text,
        Message.State.INCOMPLETE,
        code=code,
        shown=sentence(code, locale),
        retryable=True,
        measured=measured,
    )


def _measured(reply: ReplyEnded, total_ms: int) -> dict[str, Any]:
    """Columns of the turn's row."""
    return {
        "provider": reply.provider,
        "model": reply.model,
        "rounds": reply.rounds,
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "first_token_ms": reply.first_token_ms,
        "total_ms": total_ms,
    }


def describe_receipts(receipts: tuple[Receipt, ...], locale: str) -> str:
    """The server's own line under a reply that nobody could judge: what has really been done."""
    if not receipts:
        return label("nothing_done", locale)
    listed = (" · ".join(filter(None, (label(f"act_{one.act}", locale), one.when, one.reference))) for one in receipts)
    return label("done_so_far", locale, acts="; ".join(listed))
