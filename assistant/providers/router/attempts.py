"""Attempts of a round: the plan of requests, and the outcome of each for the statistics."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from assistant import llm
from assistant.errors import ProviderError, ProviderUnavailable
from assistant.providers import completions
from assistant.providers.router.candidates import Candidate
from assistant.services.providers import budgets, health
from assistant.services.providers.budgets import Attempt

# Another provider would say the same: the visitor's message is too long, or is refused.
OF_INPUT = {"content_filter", "context_too_long"}


@dataclass
class Plan:
    """The candidates of one round in the order in which they are asked, its budget, and what has come of it so far."""

    order: list[Candidate]
    reservation: budgets.Reservation
    first: completions.Request | None = None  # to the first of them, with its body
    half_open: set[tuple[str, str]] = field(default_factory=set)
    well: set[tuple[str, str]] = field(default_factory=set)  # an answer of theirs changes nothing that is stored
    settled: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    tried: list[Candidate] = field(default_factory=list)
    failed: list[tuple[Candidate, ProviderError]] = field(default_factory=list)  # without those that were lessons
    learnt: dict[str, Any] = field(default_factory=dict)  # from the answer itself

    def body_for(self, asked: Candidate, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]) -> bytes:
        """The body that was written for a reservation, if it was for this very question; else nothing."""
        known = self.first
        same = known is not None and asked is self.order[0] and (known.messages, known.tools) == (messages, tools)
        return known.sent if known and same else b""


def attempt(
    asked: Candidate, began: float, completion: llm.Completion | None, error: ProviderError | None = None
) -> Attempt:
    spent = completion.usage if completion else None
    if error and spent is None and error.cause not in ("timeout", "cut_off", "empty", "bad_response"):
        spent = llm.TokenUsage()  # a refusal costs nothing
    return Attempt(
        provider_name=asked.provider.name,
        source=asked.source,
        health_key=asked.health_key,
        model=asked.model,
        provider_id=asked.row_id,
        cause=error.cause if error else "",
        usage=spent,
        first_token_ms=completion.first_token_ms if completion else None,
        total_ms=round((time.monotonic() - began) * 1000),
    )


def stopped(asked: Candidate, began: float, text: str, prompt_tokens: int) -> Attempt:
    """An attempt that the visitor stopped, or that the end of the turn did."""
    spent = llm.TokenUsage(prompt_tokens, completions.estimated_tokens(text.encode()), exact=False)
    return replace(attempt(asked, began, None), cause="stopped", usage=spent)


def of_form(error: ProviderError) -> bool:
    """A refusal of the request's form, or a generation that came to nothing: counted against a server only once another
    one has taken the same request in the same turn."""
    return error.cause in health.OF_FORM


def class_of(error: ProviderError) -> str:
    """Cause and status, for the log: never the server's words."""
    return f"{error.cause} ({error.status})" if error.status else error.cause


def final_error(plan: Plan) -> ProviderError:
    """The error of a round in which every request failed, with its attempts chained behind it."""
    errors = plan.errors
    for before, error in zip(errors, errors[1:], strict=False):
        first: BaseException = error
        while first.__cause__ is not None and first.__cause__ is not before:
            first = first.__cause__
        first.__cause__ = before
    last = errors[-1]
    if last.cause in OF_INPUT | {"empty"} or all(map(of_form, errors)):
        return last
    details = "; ".join(f"{asked}: {error}" for asked, error in zip(plan.tried, errors, strict=True))
    phrase = "Request failed after all retry attempts"
    if all(error.cause == "model_not_found" for error in errors):
        phrase = "Model not found"
    unavailable = ProviderUnavailable(f"{phrase}: {details}", attempts=tuple(errors))
    unavailable.__cause__ = last
    return unavailable
