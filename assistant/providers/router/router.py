"""The one retry loop: ask, learn from refusals, fail over, until the first visible token.

`Router.stream` is the only place that repeats requests: at most `ATTEMPTS` in a turn beyond what its rounds need anyway,
under one deadline, and to another provider only while the visitor has seen nothing of this turn's reply. It uses the
database twice per round: before it, to select who may be asked and to reserve the budget, and after it, to settle; and
once more for each failure, so that other processes know at once. In a turn, what is reserved is settled with its outcome,
and the first round is prepared with its message: a plain turn's only round then takes no hop of its own.

Any failure goes to the next provider, except what is provably about the visitor's input (`OF_INPUT`). A refusal that says
what the server lacks is a lesson: it is stored at once, the same server is asked again without it, and that is no attempt.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assistant import llm
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderError, ProviderUnavailable
from assistant.models import Assistant, Conversation, Turn, Usage
from assistant.providers import completions
from assistant.providers.router.attempts import OF_INPUT, Plan, attempt, class_of, final_error, of_form, stopped
from assistant.providers.router.candidates import Candidate, Task, candidates, patience, platform
from assistant.providers.router.selection import Selector
from assistant.services.providers import budgets, health
from assistant.services.providers.budgets import Requester

log = logging.getLogger("assistant.providers.router")

_CHANCE = random.SystemRandom()  # for all: making one takes 36 µs. It has no state that forked processes would share.

ATTEMPTS = 3  # upstream, in a turn that goes wrong
BACKOFF_SECONDS = 0.5  # doubled with each attempt, full jitter
LONGEST_WAIT_SECONDS = 5.0  # that a visitor is kept waiting until a provider has time again
# After these, another model of the same provider would fail the same way.
OF_PROVIDER = {"dns", "refused", "tls", "unauthorized", "forbidden", "quota", "not_found"}
# Nothing is overloaded: the first repetition need not wait.
AT_ONCE = {"cut_off", "bad_request", "generation_failed", "empty"}
MAX_LESSONS = 12  # from one model in one turn: more than there is to learn


async def model_for(
    assistant: Assistant,
    *,
    task: Task = "reply",
    conversation: Conversation | None = None,
    turn: Turn | None = None,
    backoff_seconds: float = BACKOFF_SECONDS,
) -> Router:
    """The model that answers for `assistant` in one turn. Raises `ProviderUnavailable` when nobody is configured."""
    return await in_db(_model_for)(Requester(assistant, task, conversation, turn), task, backoff_seconds)


def model_of_turn(turn: Turn, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]) -> Router:
    """The model that replies in a turn, with the first of its rounds prepared for these `messages` and `tools`. Reads,
    reserves and claims in the database. Raises `ProviderUnavailable`, `BudgetExceeded`."""
    assistant = turn.conversation.assistant
    router = _model_for(Requester(assistant, "reply", turn.conversation, turn), "reply")
    router.prepare(messages, tools)
    return router


def _model_for(asking: Requester, task: Task, backoff_seconds: float = BACKOFF_SECONDS) -> Router:
    assert asking.assistant
    groups = candidates(asking.assistant, task)
    if not any(groups):
        raise ProviderUnavailable()
    return Router(groups, asking, backoff_seconds=backoff_seconds)


class Router:
    """An `llm.Model` that is the first candidate to answer. For one turn, whose rounds share attempts and provider."""

    def __init__(
        self,
        groups: Sequence[list[Candidate]],
        asking: Requester,
        *,
        now: Callable[[], datetime] = timezone.now,
        chance: random.Random | None = None,
        backoff_seconds: float = BACKOFF_SECONDS,
    ) -> None:
        self._groups = groups
        self._asking = asking
        self._now = now
        self._chance = chance or _CHANCE
        self._backoff = backoff_seconds
        self._rules = platform()
        self._spare = ATTEMPTS - 1  # requests that may still be repeated in this turn
        self._failures_left = self._rules.max_retries if self._rules.retry_failed else 0
        self._current: Candidate | None = None  # that answered the last round
        self._shown = False  # the visitor has seen text of this turn's
        self._prepared: Plan | None = None  # for the round that begins next
        self._lessons: dict[tuple[str, str], set[tuple[str, Any]]] = {}  # what each model refused in this turn
        left = (asking.turn.deadline_at - now()).total_seconds() if asking.turn else settings.ASSISTANT_TURN_SECONDS
        self._ends = time.monotonic() + left

    async def stream(
        self, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]
    ) -> AsyncIterator[str | llm.Completion]:
        """Visible text, then one `Completion`. Raises `ProviderError`, `BudgetExceeded`."""
        plan, self._prepared = self._prepared or await in_db(self._prepare)(messages, tools), None
        asked: Candidate | None = plan.order[0]
        began = time.monotonic()
        text = ""
        try:
            while asked is not None:
                began = time.monotonic()
                text = ""
                log.debug("turn %s: asking %s, attempt %d", self._turn_id, asked, len(plan.tried) + 1)
                plan.tried.append(asked)
                try:
                    request = self._request(asked, messages, tools, plan.body_for(asked, messages, tools))
                    async with aclosing(completions.ask(request)) as pieces:  # type: ignore[type-var]
                        async for piece in pieces:
                            if isinstance(piece, llm.Completion):
                                plan.attempts.append(attempt(asked, began, piece))
                                plan.learnt.update(piece.learnt)
                                await self._settle(plan, asked)
                                yield piece
                                return
                            text += piece
                            self._shown = True
                            yield piece
                except ProviderError as error:
                    last, asked = await self._recover(plan, asked, began, error)
                    if last is not None:
                        yield last
                        return
            raise final_error(plan)
        finally:
            if asked is not None and len(plan.attempts) < len(plan.tried):
                await self._note_stop(plan, asked, began, text)
            await self._settle(plan, None)

    async def _recover(
        self, plan: Plan, asked: Candidate, began: float, error: ProviderError
    ) -> tuple[llm.Completion | None, Candidate | None]:
        """What a failed request leaves: a completion that ends the round, or the candidate to ask next, if there is one."""
        partial = error.details.pop("partial", None)
        plan.attempts.append(attempt(asked, began, partial, error))
        plan.errors.append(error)
        lesson = self._lesson(asked, error) if partial is None else {}
        await in_db(self._note_failure)(plan, asked, error, lesson)
        if partial is None and error.cause == "content_filter":
            partial = llm.Completion(finish="content_filter", provider=asked.provider.name, model=asked.model)
        if partial is None:
            return None, await self._after(plan, asked, error, lesson)
        self._report(asked, error, "nobody else is asked")
        await self._settle(plan, None)
        return partial, None

    async def _note_stop(self, plan: Plan, asked: Candidate, began: float, text: str) -> None:
        """The visitor has stopped `asked`, or the turn's time is up."""
        plan.attempts.append(stopped(asked, began, text, plan.reservation.prompt_tokens))
        if asked.place in plan.half_open and not text:
            await asyncio.shield(in_db(health.give_back_probe)(*asked.place))

    @property
    def _turn_id(self) -> object:
        return self._asking.turn.pk if self._asking.turn else "-"

    def _request(
        self, asked: Candidate, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec], sent: bytes = b""
    ) -> completions.Request:
        left = self._ends - time.monotonic()
        return completions.Request(
            asked.provider,
            asked.model,
            messages,
            tools,
            max_output_tokens=asked.max_output_tokens,
            temperature=asked.temperature,
            reasoning_effort=asked.reasoning_effort,
            capabilities=asked.capabilities,
            silence_seconds=min(patience(asked), max(left, 0.001)),
            deadline_seconds=left,
            sent=sent,
        )

    def prepare(self, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]) -> None:
        """Select and reserve for the round that begins next, on a database thread and inside the caller's transaction.
        Raises what `stream` raises."""
        # What this turn finds out itself is not included in the health that was read with its conversation.
        self._prepared = self._prepare(messages, tools, getattr(self._asking.conversation, "health", None))

    def give_up(self) -> None:
        """On a database thread: let go of what was prepared where its reservation has been refused."""
        plan, self._prepared = self._prepared, None
        if plan and plan.order[0].place in plan.half_open:
            health.give_back_probe(*plan.order[0].place)

    async def close(self) -> None:
        """Release what was prepared for a round that did not begin."""
        plan, self._prepared = self._prepared, None
        if plan is None:
            return
        if plan.order[0].place in plan.half_open:
            await in_db(health.give_back_probe)(*plan.order[0].place)
        await self._settle(plan, None)

    def _prepare(self, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec], health_at: int | None = None) -> Plan:
        """One hop: the candidates in their order, and the reservation. Raises what `stream` raises."""
        # Selecting comes first: it locks rows that everybody shares, and must not wait for them while holding a budget.
        chosen = Selector(self._groups, self._asking, self._rules, self._chance).select(
            self._now(), self._current, shown=self._shown, health_at=health_at
        )
        first = chosen.order[0]
        request = self._request(first, messages, tools)
        request = replace(request, messages=list(messages), sent=completions.body(request))
        try:
            reservation = self._reserve(first, request.sent)
        except BudgetExceeded:
            if first.place in chosen.half_open:
                health.give_back_probe(*first.place)
            raise
        return Plan(chosen.order, reservation, request, chosen.half_open, chosen.well)

    def _reserve(self, first: Candidate, body: bytes) -> budgets.Reservation:
        """Reserve for a round, and settle those before it in the same transaction."""
        ended = tuple(self._unsettled or ())
        with transaction.atomic() if ended else nullcontext():
            for reservation, attempts in ended:
                budgets.settle(reservation, attempts)
            reserved = budgets.reserve(
                self._asking,
                model=first.model,
                prompt_tokens=completions.estimated_tokens(body),
                completion_tokens=first.max_output_tokens,
                free=first.source == Usage.Source.DEMO,
                now=self._now(),
            )
        if self._unsettled:
            del self._unsettled[: len(ended)]
        return reserved

    @property
    def _unsettled(self) -> list[Any] | None:
        """The rounds of a turn that are settled with its next one, or its outcome; None: each is settled at its end."""
        return self._asking.turn.unsettled if self._asking.turn else None

    # --- When it fails ------------------------------------------------------------------------------------------------

    def _lesson(self, asked: Candidate, error: ProviderError) -> dict[str, Any]:
        """What this refusal says about the server that was not known yet; {} when it teaches nothing new.

        A lesson that changes nothing of the request, or comes a second time in a turn, is a failure like any other.
        """
        known = self._lessons.setdefault(asked.place, set())
        facts = dict(error.details.get("lacks") or {})
        if "token_limit" in facts and any(name == "token_limit" for name, _ in known):
            facts["token_limit"] = ""  # it refuses either name
        new = {name: value for name, value in facts.items() if (name, value) not in known}
        if not new or len(known) >= MAX_LESSONS or _taught(asked, new) == asked:
            return {}
        known.update(new.items())
        return new

    def _note_failure(self, plan: Plan, asked: Candidate, error: ProviderError, lesson: dict[str, Any]) -> None:
        """One hop: store what was learnt, or count the failure against the server."""
        about: dict[str, Any] = {"name": asked.provider.name, "provider_id": asked.row_id}
        if lesson:
            health.measured(
                *asked.place, lesson, by="use", why=dict.fromkeys(lesson, _refusal(error)), now=self._now(), **about
            )
            health.succeeded(*asked.place, now=self._now())
        elif not of_form(error):
            health.failed(*asked.place, error.cause, now=self._now(), **about)
        elif asked.place in plan.half_open:
            health.give_back_probe(*asked.place)

    async def _after(self, plan: Plan, asked: Candidate, error: ProviderError, lesson: dict[str, Any]) -> Candidate | None:
        """The candidate to ask now that `asked` has failed, or has taught us something; None: nobody."""
        if lesson:
            said = ", ".join(f"{name}={value!r}" for name, value in lesson.items())
            log.info("turn %s: %s: %s: learnt %s, asked again", self._turn_id, asked, class_of(error), said)
            return _taught(asked, lesson) if self._ends > time.monotonic() else None
        plan.failed.append((asked, error))
        chosen = await self._next(plan, error)
        what = "nobody else is asked" if chosen is None else f"asking {chosen}"
        self._report(asked, error, "asked again" if chosen and chosen.place == asked.place else what)
        return chosen

    def _report(self, asked: Candidate, error: ProviderError, what: str) -> None:
        """The one line of a failure at the default level: which server, what class of error. Never its words."""
        level = logging.INFO if error.cause in OF_INPUT else logging.WARNING
        log.log(level, "turn %s: %s: %s: %s", self._turn_id, asked, class_of(error), what)

    async def _next(self, plan: Plan, error: ProviderError) -> Candidate | None:
        """Another candidate, or one that may answer a second time; None: nobody."""
        left = self._ends - time.monotonic()
        if self._spare <= 0 or left <= 0 or self._failures_left <= 0:
            return None
        chosen = None if error.cause in OF_INPUT else await self._other(plan)
        chosen = chosen or await self._again(plan, left)
        if chosen is not None:
            self._spare -= 1
            self._failures_left -= 1
        return chosen

    async def _other(self, plan: Plan) -> Candidate | None:
        tried = {one.place for one in plan.tried}
        dead = {one.health_key for one, error in plan.failed if error.cause in OF_PROVIDER}
        for one in plan.order:
            if one.place in tried or one.health_key in dead:
                continue
            if one.place in plan.half_open and not await in_db(health.claim_probe)(*one.place, now=self._now()):
                log.debug("turn %s: skipped %s: another turn tries it", self._turn_id, one)
                continue
            return one
        return None

    async def _again(self, plan: Plan, left: float) -> Candidate | None:
        """The last one that failed in a way that may pass, such as a stream that broke before its first word."""
        for asked, error in reversed(plan.failed):
            times = sum(one.place == asked.place for one, _ in plan.failed)
            if not (error.retryable or error.cause == "cut_off") or (times > 1 and error.cause != "rate_limited"):
                continue
            least = 0 if times == 1 and error.cause in AT_ONCE else self._chance.uniform(0, self._backoff * 2**times)
            wait = max(error.retry_after_seconds or 0, least)
            if wait > min(LONGEST_WAIT_SECONDS, left):
                continue
            await asyncio.sleep(wait)
            return asked
        return None

    async def _settle(self, plan: Plan, winner: Candidate | None) -> None:
        """One hop: settle the budget, and note that `winner` is well and what was learnt about it. Done once; no hop where
        the turn's end settles and there is nothing to note."""
        if plan.settled:
            return
        plan.settled = True
        self._current = winner or self._current
        if self._unsettled is not None:
            self._unsettled.append((plan.reservation, plan.attempts))
            if not self._has_news(plan, winner):
                return
        # Shielded: if a visitor's stop cancelled this, the budget would stay reserved.
        await asyncio.shield(in_db(self._write)(plan, winner))

    @staticmethod
    def _has_news(plan: Plan, winner: Candidate | None) -> bool:
        """Whether the end of this round says something about a provider that is not stored."""
        return winner is not None and bool(winner.place not in plan.well or plan.errors or plan.learnt)

    def _write(self, plan: Plan, winner: Candidate | None) -> None:
        if self._unsettled is None:
            budgets.settle(plan.reservation, plan.attempts)
        if winner is None:
            return
        for asked, error in plan.failed:
            if of_form(error) and asked.place != winner.place:
                # Proven now: it was not the visitor's input, since another server took it.
                about: dict[str, Any] = {"name": asked.provider.name, "provider_id": asked.row_id}
                health.failed(*asked.place, error.cause, now=self._now(), **about)
        if winner.place not in plan.well or plan.errors:
            health.succeeded(*winner.place, now=self._now())
        if plan.learnt:
            log.info("%s: learnt %s", winner, ", ".join(f"{name}={value!r}" for name, value in plan.learnt.items()))
            health.measured(
                *winner.place,
                plan.learnt,
                name=winner.provider.name,
                provider_id=winner.row_id,
                by="use",
                why=dict.fromkeys(plan.learnt, "seen in an answer"),
                now=self._now(),
            )


def _taught(asked: Candidate, facts: dict[str, Any]) -> Candidate:
    """The same candidate, asked in the way that it was found to want."""
    return replace(asked, capabilities=completions.Capabilities.of({**asdict(asked.capabilities), **facts}))


def _refusal(error: ProviderError) -> str:
    """Why something was learnt, for staff: the class and the server's words, which hold no key."""
    return f"refused in use: {error}"
