"""Which model answers: rotation, health, retries, until the first visible token.

One loop, `Router.stream`, does all the repeating there is: at most `ATTEMPTS` requests in a turn beyond what its rounds
need anyway, under one deadline, and to another provider only while the visitor has seen nothing of this turn's reply.
The database is met twice per round: before it, to see who may be asked and to reserve the budget, and after it, to
settle; and once more for each failure, so that other processes know at once.

Any failure goes to the next provider, except what is provably about the visitor's input (`OF_INPUT`). A refusal that says
what the server lacks is a lesson: it is stored at once, the same server is asked again without it, and that is no attempt.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from assistant import llm
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderError, ProviderUnavailable
from assistant.models import Assistant, Conversation, Organization, Turn, Usage
from assistant.models import Provider as Row
from assistant.outbound import Reach
from assistant.providers import completions, configuration, presets
from assistant.providers.configuration import Configuration, Problem, ProviderSettings, Rotation
from assistant.providers.presets import PRESETS
from assistant.services.providers import budgets, health
from assistant.services.providers.budgets import Asking, Attempt

log = logging.getLogger(__name__)

Task = Literal["reply", "fast"]

MAX_OUTPUT_TOKENS = 1024  # where nobody says otherwise
ATTEMPTS = 3  # upstream, in a turn that goes wrong
BACKOFF_SECONDS = 0.5  # doubled with each attempt, full jitter
SLOW_SILENCE_SECONDS = 90.0  # before the first word of a local or thinking model, and between two
LONGEST_WAIT_SECONDS = 5.0  # that a visitor is kept waiting for a provider to have time again
# After these, another model of the same provider would fail the same way.
OF_PROVIDER = {"dns", "refused", "tls", "unauthorized", "forbidden", "quota", "not_found"}
# Another provider would say the same: the visitor's words are too many, or are refused.
OF_INPUT = {"content_filter", "context_too_long"}
AT_ONCE = {
    "cut_off",
    "bad_request",
    "generation_failed",
    "empty",
}  # nothing is overloaded: the first repetition need not wait
MAX_LESSONS = 12  # from one model in one turn: more than there is to learn
GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Candidate:
    """One model of one provider that may answer."""

    provider: ProviderSettings
    model: str
    source: Usage.Source
    health_key: str
    row_id: UUID | None = None
    temperature: float | None = None
    max_output_tokens: int = 1024
    reasoning_effort: str = ""
    silence_seconds: float | None = None  # None: what `patience` says
    thinks: bool = False  # it was measured to think before it speaks
    fallback: bool = False  # asked only when the models proper have failed
    capabilities: completions.Capabilities = completions.Capabilities()

    @property
    def place(self) -> tuple[str, str]:
        return self.health_key, self.model

    def __str__(self) -> str:
        return f"{self.provider.name}/{self.model}"


# --- Who there is -----------------------------------------------------------------------------------------------------


async def model_for(
    assistant: Assistant, *, task: Task = "reply", conversation: Conversation | None = None, turn: Turn | None = None
) -> Router:
    """The model that answers for `assistant` in one turn. Raises `ProviderUnavailable` when nobody is configured."""
    groups = await in_db(candidates)(assistant, task)
    if not any(groups):
        raise ProviderUnavailable()
    return Router(groups, Asking(assistant, task, conversation, turn))


def candidates(assistant: Assistant, task: Task = "reply") -> tuple[list[Candidate], list[Candidate]]:
    """The organization's own, and the platform's that may answer for it: the second only when all of the first fail."""
    organization = assistant.organization
    usable = [(row, provider) for row in health.own(organization) if (provider := from_row(row))]
    rows = [row for row, _ in usable]
    if pinned := [(row, provider) for row, provider in usable if row.pk == assistant.provider_id]:
        usable = pinned
    own = [one for row, provider in usable for one in _models(assistant, task, provider, row)]
    if not may_use_platform(organization, rows):
        return own, []
    return own, [one for provider in platform().usable for one in _models(assistant, task, provider)]


def may_use_platform(organization: Organization, own: Sequence[Row]) -> bool:
    """Whether the platform's servers may get to see what this organization's visitors and staff have written.

    `own` are its providers that can be used as they stand: one that is only half set up must not silence the widget.
    """
    uses = Organization.PlatformProviders
    wish = organization.use_platform_providers
    return wish == uses.FALLBACK or (wish == uses.ALONE and not own)


def platform() -> Configuration:
    """The environment's providers; the demonstration model when nothing at all is configured."""
    found = _configuration(tuple(sorted(settings.AI_ENVIRONMENT.items())))
    if found.configured or not settings.DEMO_MODEL:
        return found
    return replace(found, providers=(demo(),))


def is_demo(assistant: Assistant) -> bool:
    """Whether the demonstration model is the one that answers for `assistant`, and no mere reserve."""
    first: list[Candidate] = next((group for group in candidates(assistant) if group), [])
    return any(one.source == Usage.Source.DEMO for one in first)


def demo() -> ProviderSettings:
    return ProviderSettings(
        "demo", settings.DEMO_MODEL_URL, auth="none", smart="demo", fast="demo", preset="demo", source="demo"
    )


@lru_cache(maxsize=4)
def _configuration(environment: tuple[tuple[str, str], ...]) -> Configuration:
    return configuration.load(dict(environment))


def from_row(row: Row) -> ProviderSettings | None:
    """A row as the provider it describes, with its own key and no other; None, and a line in the log, when it is not
    usable as it stands."""
    provider, problems = examined(row)
    if provider is None:
        log.warning("provider %s is not usable: %s", row.pk, ", ".join(problem.code for problem in problems))
    return provider


def examined(row: Row) -> tuple[ProviderSettings | None, list[Problem]]:
    """A row as the provider it describes, and what is wrong with it; a problem's variable is the row's field."""
    preset = row.preset if row.preset in PRESETS else ""
    url = row.base_url or (PRESETS[preset].base_url if preset else "")
    values = {
        "URL": url,
        "KEY": row.key(url) if url else "",
        "SMART": row.smart,
        "FAST": row.fast,
        "REALTIME": row.realtime,
        "AUTH": row.auth,
        "API_VERSION": row.api_version,
    }
    provider, problems = configuration.build(
        {name: value for name, value in values.items() if value},
        name=row.name,
        preset=preset,
        variables={name: "base_url" if name == "URL" else name.lower() for name in values},
        source=f"organization {row.organization_id}",
        reach=Reach.TENANT,
    )
    if provider is None:
        return None, problems
    return replace(
        provider,
        name=row.name,
        weight=row.weight,
        headers=(*provider.headers, *(row.headers or {}).items()),
        max_output_tokens=row.max_output_tokens,
    ), problems


def what_is_wrong(row: Row) -> str:
    """Why a row cannot be asked as it stands, for staff; "" when it can."""
    provider, problems = examined(row)
    wrong = [f"{found.variable.replace('_', ' ')} {found.message}" for found in problems if found.level == "error"]
    return "" if provider else "; ".join(wrong)


def _models(assistant: Assistant, task: Task, provider: ProviderSettings, row: Row | None = None) -> list[Candidate]:
    """What is asked of one provider: the assistant's model or the provider's own, and the one to fall back to."""
    source = _source(provider, row)
    demonstration = source == Usage.Source.DEMO
    smart = provider.smart if demonstration else assistant.model or provider.smart
    model = (assistant.fast_model or provider.fast or smart) if task == "fast" and not demonstration else smart
    fallback = assistant.fallback_model or (row.fallback_model if row else "")
    first = Candidate(
        provider,
        model,
        source,
        health.health_key(row.organization_id if row else None, provider.name, provider.base_url, provider.key),
        row_id=row.pk if row else None,
        temperature=assistant.temperature if assistant.temperature is not None else row.temperature if row else None,
        max_output_tokens=assistant.max_output_tokens or provider.max_output_tokens or MAX_OUTPUT_TOKENS,
        reasoning_effort=row.reasoning_effort if row else "",
        silence_seconds=row.timeout_seconds if row else provider.silence_seconds,
    )
    found = [first] if model else []
    if fallback and fallback != model and not demonstration:
        found.append(replace(first, model=fallback, fallback=True))
    return found


def patience(asked: Candidate) -> float:
    """How long `asked` may be silent, in seconds: what is set for it, else long for what is known to be slow to begin.

    A model on one's own machine is loaded first (25–90 s were measured), and a thinking one may think unseen for as long.
    """
    if asked.silence_seconds is not None:
        return asked.silence_seconds
    if settings.ASSISTANT_SILENCE_SECONDS:
        return float(settings.ASSISTANT_SILENCE_SECONDS)
    slow = asked.reasoning_effort or asked.thinks or not asked.capabilities.opens_thinking
    if slow or (asked.source != Usage.Source.DEMO and presets.is_local(asked.provider.base_url)):
        return SLOW_SILENCE_SECONDS
    return completions.SILENCE_SECONDS


def _source(provider: ProviderSettings, row: Row | None) -> Usage.Source:
    if row is not None:
        return Usage.Source.ORGANIZATION
    return Usage.Source.DEMO if provider.source == "demo" else Usage.Source.PLATFORM


def ordered(found: Sequence[Candidate], rotation: Rotation, number: int, chance: random.Random) -> list[Candidate]:
    """The order in which to ask; `number` counts this rotation's turns. Weight 0 and fallbacks come last."""
    proper = [one for one in found if not one.fallback and one.provider.weight]
    rest = sorted((one for one in found if one not in proper), key=lambda one: one.fallback)
    by_weight = sorted(proper, key=lambda one: -one.provider.weight)
    if rotation == "random":
        chance.shuffle(proper)
    elif rotation == "round-robin" and proper:
        first = number % len(proper)
        proper = proper[first:] + proper[:first]
    elif rotation == "weighted" and proper:
        # Multiples of the golden ratio fall evenly: the shares hold for every few turns, not only for thousands.
        point = number * GOLDEN % 1 * sum(one.provider.weight for one in proper)
        for one in proper:
            point -= one.provider.weight
            if point < 0:
                break
        proper = [one, *(other for other in by_weight if other is not one)]
    elif rotation == "failover":
        proper = by_weight
    return proper + rest


# --- One turn ---------------------------------------------------------------------------------------------------------


@dataclass
class _Plan:
    """Who may be asked in one round, in which order, and the budget that is set aside for it."""

    order: list[Candidate]
    reservation: budgets.Reservation
    half_open: set[tuple[str, str]] = field(default_factory=set)
    well: set[tuple[str, str]] = field(default_factory=set)  # an answer of theirs needs no note
    settled: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    tried: list[Candidate] = field(default_factory=list)
    failed: list[tuple[Candidate, ProviderError]] = field(default_factory=list)  # without those that were lessons
    learnt: dict[str, Any] = field(default_factory=dict)  # from the answer itself


class Router:
    """A `chat.Model`: whoever answers first. For one turn, whose rounds share attempts and provider."""

    def __init__(
        self,
        groups: Sequence[list[Candidate]],
        asking: Asking,
        *,
        now: Callable[[], datetime] = timezone.now,
        chance: random.Random | None = None,
    ) -> None:
        self._groups = groups
        self._asking = asking
        self._now = now
        self._chance = chance or random.Random()
        self._rules = platform()
        self._spare = ATTEMPTS - 1  # requests that may still be repeated in this turn
        self._failures_left = self._rules.max_retries if self._rules.retry_failed else 0
        self._current: Candidate | None = None  # that answered the last round
        self._shown = False  # the visitor has seen text of this turn's
        self._lessons: dict[tuple[str, str], set[tuple[str, Any]]] = {}  # what each model refused in this turn
        left = (asking.turn.deadline_at - now()).total_seconds() if asking.turn else settings.ASSISTANT_TURN_SECONDS
        self._ends = time.monotonic() + left

    async def stream(
        self, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]
    ) -> AsyncIterator[str | llm.Completion]:
        """Visible text, then one `Completion`. Raises `ProviderError`, `BudgetExceeded`."""
        plan = await in_db(self._prepare)(messages, tools)
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
                    async with aclosing(completions.ask(self._request(asked, messages, tools))) as pieces:  # type: ignore[type-var]
                        async for piece in pieces:
                            if isinstance(piece, llm.Completion):
                                plan.attempts.append(_attempt(asked, began, piece))
                                plan.learnt.update(piece.learnt)
                                await self._settle(plan, asked)
                                yield piece
                                return
                            text += piece
                            self._shown = True
                            yield piece
                except ProviderError as error:
                    partial = error.details.pop("partial", None)
                    plan.attempts.append(_attempt(asked, began, partial, error))
                    plan.errors.append(error)
                    lesson = self._lesson(asked, error) if partial is None else {}
                    await in_db(self._note_failure)(plan, asked, error, lesson)
                    if partial is None and error.cause == "content_filter":
                        partial = llm.Completion(finish="content_filter", provider=asked.provider.name, model=asked.model)
                    if partial is not None:
                        self._report(asked, error, "nobody else is asked")
                        await self._settle(plan, None)
                        yield partial
                        return
                    asked = await self._after(plan, asked, error, lesson)
            raise _given_up(plan)
        finally:
            if asked is not None and len(plan.attempts) < len(plan.tried):
                # The visitor stopped it, or the turn's time is up.
                plan.attempts.append(_stopped(asked, began, text, plan.reservation.prompt_tokens))
                if asked.place in plan.half_open and not text:
                    await asyncio.shield(in_db(health.give_back_probe)(*asked.place))
            await self._settle(plan, None)

    @property
    def _turn_id(self) -> object:
        return self._asking.turn.pk if self._asking.turn else "-"

    def _request(self, asked: Candidate, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]) -> completions.Request:
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
        )

    def _prepare(self, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]) -> _Plan:
        """One hop: the order of those who may be asked, and the reservation. Raises what `stream` raises."""
        now = self._now()
        standings = health.standings({one.place for group in self._groups for one in group}, now)
        half_open = {place for place, standing in standings.items() if standing.state == "half-open"}
        groups = [[_measured(one, standings[one.place].capabilities) for one in group] for group in self._groups]
        if self._current and self._shown:
            # Never two models' words in one reply.
            groups = [[one for one in group if one.place == self._current.place] for group in groups]
        sticky = self._current.health_key if self._current else self._sticky()
        order: list[Candidate] = []
        choices: list[str] = []  # how each group was put in order, for the log
        for group in groups:
            able = [one for one in group if standings[one.place].state != "open"]
            kept = [one for one in able if one.health_key == sticky and one.place not in half_open and not one.fallback]
            rotated = [] if kept else self._rotated(able)
            order += kept or rotated
            order += [one for one in able if one not in order]
            if able:
                choices.append("sticky" if kept else self._strategy(able))
        skipped = [f"{one}: {standings[one.place]}" for group in groups for one in group if one not in order]
        while order and order[0].place in half_open and not health.claim_probe(*order[0].place, now=now):
            skipped.append(f"{order.pop(0)}: another turn tries it")
        if not order:
            # Whoever is left alone is asked all the same, now and then, when there is nobody else.
            everybody = (one for group in groups for one in group)
            probed = (one for one in everybody if health.claim_probe(*one.place, last=True, now=now))
            order = list(itertools.islice(probed, 1))
            half_open.update(one.place for one in order)
            choices = ["nobody else is left"]
        self._explain(choices, order, skipped)
        if not order:
            raise ProviderUnavailable()
        first = order[0]
        try:
            reservation = budgets.reserve(
                self._asking,
                model=first.model,
                prompt_tokens=completions.estimated_tokens(completions.body(self._request(first, messages, tools))),
                completion_tokens=first.max_output_tokens,
                free=first.source == Usage.Source.DEMO,
                now=self._now(),
            )
        except BudgetExceeded:
            if first.place in half_open:
                health.give_back_probe(*first.place)
            raise
        return _Plan(order, reservation, half_open, {place for place, standing in standings.items() if standing.well})

    def _sticky(self) -> str:
        conversation = self._asking.conversation
        choice = len({one.health_key for group in self._groups for one in group}) > 1
        return health.last_used(conversation) if choice and conversation and self._asking.task == "reply" else ""

    def _explain(self, choices: Sequence[str], order: Sequence[Candidate], skipped: Sequence[str]) -> None:
        """Every choice, at the level debug: the strategy, the order, and who was left out, and why."""
        if not log.isEnabledFor(logging.DEBUG):
            return
        names = [
            f"{one}{'' if one.provider.weight else ' (weight 0)'}{' (fallback)' if one.fallback else ''}" for one in order
        ]
        log.debug(
            "turn %s: %s: %s; skipped: %s",
            self._turn_id,
            ", then ".join(choices) or "nobody to choose from",
            " → ".join(names) or "nobody",
            "; ".join(skipped) or "nobody",
        )

    def _strategy(self, able: Sequence[Candidate]) -> Rotation:
        if any(one.source == Usage.Source.ORGANIZATION for one in able):
            return "weighted"  # an organization says by weights what it wants
        return self._rules.rotation

    def _rotated(self, able: list[Candidate]) -> list[Candidate]:
        rotation = self._strategy(able)
        number = 0
        if rotation in ("round-robin", "weighted") and len(able) > 1:
            # One counter for the platform and one for each organization, which all processes share.
            owner = able[0].health_key.partition(":")[0]
            number = health.turn_number(f"{owner}:{self._asking.task}")
        return ordered(able, rotation, number, self._chance)

    # --- When it fails ------------------------------------------------------------------------------------------------

    def _lesson(self, asked: Candidate, error: ProviderError) -> dict[str, Any]:
        """What this refusal says of the server that was not known yet; {} when it teaches nothing new.

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

    def _note_failure(self, plan: _Plan, asked: Candidate, error: ProviderError, lesson: dict[str, Any]) -> None:
        """One hop: what was learnt, or what is held against the server."""
        about: dict[str, Any] = {"name": asked.provider.name, "provider_id": asked.row_id}
        if lesson:
            health.measured(
                *asked.place, lesson, by="use", why=dict.fromkeys(lesson, _refusal(error)), now=self._now(), **about
            )
            health.succeeded(*asked.place, now=self._now())
        elif not _of_form(error):
            health.failed(*asked.place, error.cause, now=self._now(), **about)
        elif asked.place in plan.half_open:
            health.give_back_probe(*asked.place)

    async def _after(self, plan: _Plan, asked: Candidate, error: ProviderError, lesson: dict[str, Any]) -> Candidate | None:
        """Whom to ask now that `asked` has failed, or has taught us something; None: nobody."""
        if lesson:
            said = ", ".join(f"{name}={value!r}" for name, value in lesson.items())
            log.info("turn %s: %s: %s: learnt %s, asked again", self._turn_id, asked, _class_of(error), said)
            return _taught(asked, lesson) if self._ends > time.monotonic() else None
        plan.failed.append((asked, error))
        chosen = await self._next(plan, error)
        what = "nobody else is asked" if chosen is None else f"asking {chosen}"
        self._report(asked, error, "asked again" if chosen and chosen.place == asked.place else what)
        return chosen

    def _report(self, asked: Candidate, error: ProviderError, what: str) -> None:
        """The one line of a failure at the default level: which server, what class of error. Never its words."""
        level = logging.INFO if error.cause in OF_INPUT else logging.WARNING
        log.log(level, "turn %s: %s: %s: %s", self._turn_id, asked, _class_of(error), what)

    async def _next(self, plan: _Plan, error: ProviderError) -> Candidate | None:
        """Another one, else one that may answer a second time; None: nobody."""
        left = self._ends - time.monotonic()
        if self._spare <= 0 or left <= 0 or self._failures_left <= 0:
            return None
        chosen = None if error.cause in OF_INPUT else await self._other(plan)
        chosen = chosen or await self._again(plan, left)
        if chosen is not None:
            self._spare -= 1
            self._failures_left -= 1
        return chosen

    async def _other(self, plan: _Plan) -> Candidate | None:
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

    async def _again(self, plan: _Plan, left: float) -> Candidate | None:
        """The last that failed in a way which may pass, once more: before its first word, a broken stream is such."""
        for asked, error in reversed(plan.failed):
            times = sum(one.place == asked.place for one, _ in plan.failed)
            if not (error.retryable or error.cause == "cut_off") or (times > 1 and error.cause != "rate_limited"):
                continue
            least = 0 if times == 1 and error.cause in AT_ONCE else self._chance.uniform(0, BACKOFF_SECONDS * 2**times)
            wait = max(error.retry_after_seconds or 0, least)
            if wait > min(LONGEST_WAIT_SECONDS, left):
                continue
            await asyncio.sleep(wait)
            return asked
        return None

    async def _settle(self, plan: _Plan, winner: Candidate | None) -> None:
        """One hop: what it took, that `winner` is well, and what was learnt about it. Done once."""
        if plan.settled:
            return
        plan.settled = True
        self._current = winner or self._current
        # Not to be cut short by a visitor's stop: the budget would stay spent.
        await asyncio.shield(in_db(self._write)(plan, winner))

    def _write(self, plan: _Plan, winner: Candidate | None) -> None:
        budgets.settle(plan.reservation, plan.attempts)
        if winner is None:
            return
        for asked, error in plan.failed:
            if _of_form(error) and asked.place != winner.place:
                # Proven now: it was not the visitor's input, since another server took it.
                about: dict[str, Any] = {"name": asked.provider.name, "provider_id": asked.row_id}
                health.failed(*asked.place, "bad_request", now=self._now(), **about)
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


def _measured(one: Candidate, facts: Mapping[str, Any]) -> Candidate:
    return replace(one, capabilities=completions.Capabilities.of(facts), thinks=facts.get("thinks") is True)


def _taught(asked: Candidate, facts: dict[str, Any]) -> Candidate:
    """The same candidate, asked in the way that it was found to want."""
    return replace(asked, capabilities=completions.Capabilities.of({**asdict(asked.capabilities), **facts}))


def _of_form(error: ProviderError) -> bool:
    """A refusal of the request's form, or a generation that came to nothing: held against a server only once another one
    has taken the same request in the same turn."""
    return error.cause == "bad_request" or error.cause not in health.COUNTED | health.OPEN_AT_ONCE | OF_INPUT | {"empty"}


def _class_of(error: ProviderError) -> str:
    return f"{error.cause} ({error.status})" if error.status else error.cause


def _refusal(error: ProviderError) -> str:
    """Why something was learnt, for staff: the class and the server's words, which hold no key."""
    return f"refused in use: {error}"


def _attempt(
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


def _stopped(asked: Candidate, began: float, text: str, prompt_tokens: int) -> Attempt:
    spent = llm.TokenUsage(prompt_tokens, completions.estimated_tokens(text.encode()), exact=False)
    return replace(_attempt(asked, began, None), cause="stopped", usage=spent)


def _given_up(plan: _Plan) -> ProviderError:
    """The last word of a round that nobody answered, its attempts chained behind it."""
    errors = plan.errors
    for before, error in zip(errors, errors[1:], strict=False):
        first: BaseException = error
        while first.__cause__ is not None and first.__cause__ is not before:
            first = first.__cause__
        first.__cause__ = before
    last = errors[-1]
    if last.cause in OF_INPUT | {"empty"} or all(map(_of_form, errors)):
        return last
    told = "; ".join(f"{asked}: {error}" for asked, error in zip(plan.tried, errors, strict=True))
    phrase = "Request failed after all retry attempts"
    if all(error.cause == "model_not_found" for error in errors):
        phrase = "Model not found"
    unavailable = ProviderUnavailable(f"{phrase}: {told}", attempts=tuple(errors))
    unavailable.__cause__ = last
    return unavailable
