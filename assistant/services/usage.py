"""What models take and cost: reserved before a request, settled after it, counted for statistics.

A reservation is taken from one row per limit, by a conditional update: whoever does not fit is refused before anything
is sent, however many ask at once. A runner that dies leaves its reservation spent, since it may have been.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from assistant import chat
from assistant.errors import BudgetExceeded, ToolError
from assistant.models import Assistant, Budget, Conversation, Organization, Price, ProviderHealth, Spending, Turn, Usage
from assistant.services import deliveries

log = logging.getLogger(__name__)

WARN_AT = 0.8
KEEP_SPENDINGS = timedelta(days=62)
KEEP_USAGE = timedelta(days=400)  # a year can be compared with the one before

# US dollars per million tokens (prompt, completion), by the beginning of a model's id without its maker's prefix. Prices
# change, so a cost from here is called estimated; a row that staff entered goes before it.
LIST_PRICES: dict[str, tuple[str, str]] = {
    "gpt-4o-mini": ("0.15", "0.60"),
    "gpt-4o": ("2.50", "10"),
    "gpt-4.1-nano": ("0.10", "0.40"),
    "gpt-4.1-mini": ("0.40", "1.60"),
    "gpt-4.1": ("2", "8"),
    "gpt-5-nano": ("0.05", "0.40"),
    "gpt-5-mini": ("0.25", "2"),
    "gpt-5": ("1.25", "10"),
    "o4-mini": ("1.10", "4.40"),
    "claude-haiku-4": ("1", "5"),
    "claude-sonnet-4": ("3", "15"),
    "claude-opus-4": ("15", "75"),
    "gemini-2.5-flash": ("0.30", "2.50"),
    "gemini-2.5-pro": ("1.25", "10"),
    "deepseek-chat": ("0.28", "0.42"),
    "mistral-large": ("2", "6"),
    "gpt-oss-120b": ("0.15", "0.75"),
    "gpt-oss-20b": ("0.10", "0.50"),
}


def network_of(address: str) -> str:
    """A keyed hash of the network that `address` belongs to, for limits: never the address itself. "" for no address.

    An IPv6 customer has a whole /64 to choose from, so that is one network.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False).network_address
    return hmac.new(settings.SECRET_KEY.encode(), b"network" + ip.packed, hashlib.sha256).hexdigest()[:32]


# --- Prices -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """Dollars per million tokens, which is millionths of a dollar per token. None: nobody knows."""

    prompt: Decimal | None = None
    completion: Decimal | None = None
    known: bool = False  # somebody here entered it, rather than us

    def micros(self, prompt_tokens: int, completion_tokens: int) -> int | None:
        if self.prompt is None or self.completion is None:
            return None
        return round(self.prompt * prompt_tokens + self.completion * completion_tokens)


FREE = Rate(Decimal(0), Decimal(0), known=True)


def rate_of(organization_id: int, model: str) -> Rate:
    """The organization's price of `model`, else everybody's, else the list's; the longest match of each."""
    rows = Price.objects.filter(Q(organization=organization_id) | Q(organization=None)).filter(
        Q(model=model) | Q(model__endswith="*")
    )
    fits = [row for row in rows if row.model == model or model.startswith(row.model.removesuffix("*"))]
    if fits:
        row = max(fits, key=lambda row: (row.organization_id is not None, row.model == model, len(row.model)))
        return Rate(row.prompt, row.completion, known=True)
    plain = model.rpartition("/")[2].lower()
    if listed := max((name for name in LIST_PRICES if plain.startswith(name)), key=len, default=""):
        prompt, completion = LIST_PRICES[listed]
        return Rate(Decimal(prompt), Decimal(completion))
    return Rate()


# --- Reserve and settle -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asking:
    """Who asks, and for what."""

    assistant: Assistant
    task: str
    conversation: Conversation | None = None
    turn: Turn | None = None

    @property
    def organization(self) -> Organization:
        return self.assistant.organization


@dataclass(frozen=True)
class Attempt:
    """One request to one provider, and how it ended. `usage` is None where nothing can be said."""

    provider_name: str
    source: str
    health_key: str
    model: str
    provider_id: UUID | None = None
    cause: str = ""
    usage: chat.Usage | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None


@dataclass(frozen=True)
class _Limit:
    scope: str
    subject: str
    period: str
    tokens: int | None = None
    micros: int | None = None
    requests: int | None = None

    @property
    def place(self) -> Q:
        return Q(scope=self.scope, subject=self.subject, period=self.period)

    def room(self, tokens: int, micros: int) -> Q:
        """Its row, if so much more still fits."""
        room = self.place
        for name, cap, more in (
            ("tokens", self.tokens, tokens),
            ("micros", self.micros, micros),
            ("requests", self.requests, 1),
        ):
            if cap is not None:
                room &= Q(**{f"{name}__lte": cap - more})
        return room


@dataclass(frozen=True)
class Reservation:
    usage_id: int
    asking: Asking
    model: str
    rate: Rate
    prompt_tokens: int
    tokens: int  # with those of the answer
    micros: int
    limits: tuple[_Limit, ...]


def _limits(asking: Asking, budget: Budget, now: datetime) -> list[_Limit]:
    """The organization's month comes first: its row's lock puts all of the organization's requests in a line."""
    local = now.astimezone(ZoneInfo(asking.organization.timezone))
    month, day, minute = f"{local:%Y-%m}", f"{local:%Y-%m-%d}", f"{local:%Y-%m-%dT%H:%M}"
    limits = [
        _Limit("organization", "", month, budget.month_tokens, _micros(budget.month_dollars)),
        _Limit("organization", "", day, budget.day_tokens, _micros(budget.day_dollars)),
        _Limit("organization", "", minute, requests=budget.requests_per_minute),
    ]
    if conversation := asking.conversation:
        limits.append(_Limit("visitor", str(conversation.visitor_id), day, budget.visitor_day_tokens))
        if conversation.network:
            limits.append(_Limit("network", conversation.network, day, budget.network_day_tokens))
    return limits


def _micros(dollars: Decimal | None) -> int | None:
    return None if dollars is None else int(dollars * 1_000_000)


def reserve(
    asking: Asking,
    *,
    model: str,
    prompt_tokens: int,
    completion_tokens: int,
    free: bool = False,
    now: datetime | None = None,
) -> Reservation:
    """Set aside what one request may take at most. Raises `BudgetExceeded`; then nothing was taken.

    `free` requests cost no money, as those to the demonstration model, but their tokens count.
    """
    organization = asking.organization
    budget = Budget.objects.filter(organization=organization).first() or Budget()
    limits = _limits(asking, budget, now or timezone.now())
    rate = FREE if free else rate_of(organization.pk, model)
    tokens = prompt_tokens + completion_tokens
    micros = rate.micros(prompt_tokens, completion_tokens) or 0
    for _ in range(2):
        with transaction.atomic():
            if _take(organization, limits, tokens, micros):
                row = Usage.objects.create(
                    organization=organization,
                    assistant=asking.assistant,
                    conversation=asking.conversation,
                    turn=asking.turn,
                    model=model,
                    task=asking.task,
                    reserved=True,
                    prompt_tokens=prompt_tokens,
                    completion_tokens=completion_tokens,
                )
                return Reservation(row.pk, asking, model, rate, prompt_tokens, tokens, micros, tuple(limits))
            transaction.set_rollback(True)
        # Perhaps only because a period has begun, or a visitor has come, that has no row yet.
        Spending.objects.bulk_create(
            [Spending(organization=organization, scope=one.scope, subject=one.subject, period=one.period) for one in limits],
            ignore_conflicts=True,
        )
    rows = Spending.objects.filter(organization=organization)
    full = next((limit for limit in limits if not rows.filter(limit.room(tokens, micros)).exists()), limits[0])
    raise BudgetExceeded(
        " ".join(f"The limit of {full.scope} {full.subject} for {full.period} is reached.".split()),
        whose=full.scope,
        period=full.period,
        sentence=asking.assistant.limit_sentence or budget.sentence,
    )


def _take(organization: Organization, limits: list[_Limit], tokens: int, micros: int) -> bool:
    """Take it from every row; False when some row has no room, or is not there. The caller rolls back."""
    rows = Spending.objects.filter(organization=organization)
    more = {"tokens": F("tokens") + tokens, "micros": F("micros") + micros, "requests": F("requests") + 1}
    first, *rest = (limit.room(tokens, micros) for limit in limits)
    return rows.filter(first).update(**more) == 1 and rows.filter(reduce(or_, rest)).update(**more) == len(rest)


def settle(reservation: Reservation, attempts: Sequence[Attempt]) -> None:
    """Put what was really taken in the place of what was reserved; one row stays per attempt. None: nothing was sent."""
    asking = reservation.asking
    rates = {reservation.model: reservation.rate}
    for attempt in attempts:
        if attempt.model not in rates:
            rates[attempt.model] = rate_of(asking.organization.pk, attempt.model)
    rows = [_row(asking, attempt, rates[attempt.model]) for attempt in attempts]
    spent = {
        "tokens": F("tokens") + sum(row.prompt_tokens + row.completion_tokens for row in rows) - reservation.tokens,
        "micros": F("micros") + sum(row.micros or 0 for row in rows) - reservation.micros,
    }
    with transaction.atomic():
        # Once only: a second settling would give back what is not reserved any more.
        if not Usage.objects.filter(pk=reservation.usage_id, reserved=True).delete()[0]:
            return
        Usage.objects.bulk_create(rows)
        first, *rest = (limit.place for limit in reservation.limits)
        of_organization = Spending.objects.filter(organization=asking.organization)
        of_organization.filter(first).update(**spent)
        of_organization.filter(reduce(or_, rest)).update(**spent)
        _warn(asking.organization, [limit for limit in reservation.limits if limit.scope == "organization"])


def _row(asking: Asking, attempt: Attempt, rate: Rate) -> Usage:
    usage = attempt.usage or chat.Usage(exact=False)
    if attempt.source == Usage.Source.DEMO:
        rate = FREE
    micros = rate.micros(usage.prompt_tokens, usage.completion_tokens) if attempt.usage else None
    known = Usage.Precision.UNKNOWN if attempt.usage is None else _precision(usage.exact)
    cost = Usage.Precision.UNKNOWN if micros is None else _precision(usage.exact and rate.known)
    return Usage(
        organization=asking.organization,
        assistant=asking.assistant,
        conversation=asking.conversation,
        turn=asking.turn,
        task=asking.task,
        provider_id=attempt.provider_id,
        provider_name=attempt.provider_name,
        source=attempt.source,
        health_key=attempt.health_key,
        model=attempt.model,
        cause=attempt.cause,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        tokens_are=known,
        prompt_price=rate.prompt,
        completion_price=rate.completion,
        micros=micros,
        cost_is=cost,
        first_token_ms=attempt.first_token_ms,
        total_ms=attempt.total_ms,
    )


def _precision(exact: bool) -> Usage.Precision:
    return Usage.Precision.EXACT if exact else Usage.Precision.ESTIMATED


def _warn(organization: Organization, limits: list[_Limit]) -> None:
    """One e-mail per period, when the organization's own limit is nearly reached."""
    caps = {limit.period: (limit.tokens, limit.micros) for limit in limits}
    unwarned = Spending.objects.filter(organization=organization, scope="organization", period__in=caps, warned=False)
    for row in unwarned:
        tokens, micros = caps[row.period]
        shares = [used / cap for used, cap in ((row.tokens, tokens), (row.micros, micros)) if cap]
        if max(shares, default=0) < WARN_AT or not Spending.objects.filter(pk=row.pk, warned=False).update(warned=True):
            continue
        log.warning("organization %s has used %d %% of its limit for %s", organization.pk, max(shares) * 100, row.period)
        tell_team(
            organization,
            f"{organization.name}: {max(shares):.0%} of your assistant's limit for {row.period} is used",
            f"Your assistant has used {row.tokens:,} tokens and ${row.micros / 1_000_000:,.2f} in {row.period}.\n\n"
            "When the limit is reached it tells visitors that it cannot answer until the next period. You can change "
            "the limit in the admin, under Budgets.",
            key=f"budget:{row.pk}",
        )


def tell_team(organization: Organization, subject: str, text: str, *, key: str) -> None:
    """An e-mail to the organization's team, once per `key`, if it has an address for that."""
    if not organization.team_email:
        return
    try:
        deliveries.queue_email(organization, to=organization.team_email, subject=subject, text=text, key=key)
    except ToolError:
        log.warning("organization %s: the team's address cannot be written to", organization.pk)


def sweep(now: datetime | None = None) -> int:
    """Forget counters of periods long past, and what was used before anybody still asks. Returns how many counters."""
    now = now or timezone.now()
    Usage.objects.filter(at__lt=now - KEEP_USAGE).delete()
    past = Q(created_at__lt=now - KEEP_SPENDINGS) | Q(period__contains="T", created_at__lt=now - timedelta(hours=1))
    return Spending.objects.filter(past).delete()[0]


# --- Statistics -------------------------------------------------------------------------------------------------------

MAX_SAMPLES = 50_000  # the newest attempts that percentiles are taken from


@dataclass(frozen=True)
class ProviderStatistics:
    """One provider, as seen by one organization or, when asked for all, by everybody. Times in milliseconds."""

    name: str
    source: str
    health_key: str
    organization_id: int | None  # None: of all
    requests: int
    failures: dict[str, int]  # by cause
    tokens: int
    micros: int
    total_p50_ms: int | None
    total_p95_ms: int | None
    first_token_p50_ms: int | None
    first_token_p95_ms: int | None
    last_used_at: datetime | None
    state: str  # of the breaker: closed, open or half-open
    open_until: datetime | None
    models: tuple[str, ...]

    @property
    def success_rate(self) -> float | None:
        """Between 0 and 1; None when it was never asked."""
        return 1 - sum(self.failures.values()) / self.requests if self.requests else None


@dataclass
class _Tally:
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    micros: int = 0
    total: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last_used_at: datetime | None = None
    models: set[str] = field(default_factory=set)


NO_FAILURE = {"", "stopped", "content_filter"}  # a visitor's stop and a polite refusal


def statistics(
    organization: Organization | None = None, *, since: datetime | None = None, by_organization: bool = False
) -> list[ProviderStatistics]:
    """How each provider has done since `since` (default: 24 hours ago), the busiest first."""
    since = since or timezone.now() - timedelta(hours=24)
    rows = Usage.objects.filter(at__gte=since, reserved=False).order_by("-at")
    if organization is not None:
        rows = rows.filter(organization=organization)
    tallies: dict[tuple[str, str, str, int | None], _Tally] = {}
    for owner, name, source, key, model, cause, prompt, completion, micros, first, total, at in rows.values_list(
        "organization_id", "provider_name", "source", "health_key", "model", "cause",
        "prompt_tokens", "completion_tokens", "micros", "first_token_ms", "total_ms", "at",
    )[:MAX_SAMPLES]:  # fmt: skip
        split = organization is not None or by_organization
        tally = tallies.setdefault((name, source, key, owner if split else None), _Tally())
        tally.requests += 1
        tally.tokens += prompt + completion
        tally.micros += micros or 0
        tally.models.add(model)
        tally.last_used_at = tally.last_used_at or at
        if cause not in NO_FAILURE:
            tally.failures[cause] += 1
        elif total is not None:
            tally.total.append(total)
        if first is not None:
            tally.first.append(first)
    health = {row.key: row for row in ProviderHealth.objects.filter(model="", key__in={place[2] for place in tallies})}
    found = [
        ProviderStatistics(
            name=name,
            source=source,
            health_key=key,
            organization_id=owner,
            requests=tally.requests,
            failures=dict(tally.failures),
            tokens=tally.tokens,
            micros=tally.micros,
            total_p50_ms=percentile(tally.total, 0.5),
            total_p95_ms=percentile(tally.total, 0.95),
            first_token_p50_ms=percentile(tally.first, 0.5),
            first_token_p95_ms=percentile(tally.first, 0.95),
            last_used_at=tally.last_used_at,
            state=health[key].state if key in health else "closed",
            open_until=health[key].open_until if key in health else None,
            models=tuple(sorted(tally.models)),
        )
        for (name, source, key, owner), tally in tallies.items()
    ]
    return sorted(found, key=lambda one: (-one.requests, one.name))


def percentile(values: Iterable[int], share: float) -> int | None:
    """The nearest-rank percentile; None of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else None


@dataclass(frozen=True)
class Day:
    day: str
    requests: int
    failures: int
    tokens: int
    micros: int


def daily(organization: Organization | None = None, *, days: int = 30, now: datetime | None = None) -> list[Day]:
    """Usage per day, oldest first, days without any included; in the organization's zone, or UTC."""
    zone = ZoneInfo(organization.timezone) if organization else ZoneInfo("UTC")
    today = (now or timezone.now()).astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    sums = {first + timedelta(days=number): [0, 0, 0, 0] for number in range(days)}
    rows = Usage.objects.filter(at__gte=datetime(first.year, first.month, first.day, tzinfo=zone), reserved=False)
    if organization is not None:
        rows = rows.filter(organization=organization)
    # Added up here, since databases do not agree on what a day in a zone is.
    for at, cause, prompt, completion, micros in rows.values_list(
        "at", "cause", "prompt_tokens", "completion_tokens", "micros"
    ).iterator():
        if day := sums.get(at.astimezone(zone).date()):
            for place, amount in enumerate((1, cause not in NO_FAILURE, prompt + completion, micros or 0)):
                day[place] += amount
    return [Day(str(day), *amounts) for day, amounts in sums.items()]


def prometheus() -> str:
    """The last 24 hours of all providers in Prometheus' text format, for operators: no organization is named."""
    lines: dict[str, list[str]] = {name: [] for name in _METRICS}
    for one in statistics():
        labels = {"provider": one.name, "source": one.source, "health": one.health_key.rpartition(":")[2]}
        lines["requests"].append(_sample("requests", labels, one.requests))
        for cause, count in sorted(one.failures.items()):
            lines["failures"].append(_sample("failures", {**labels, "cause": cause}, count))
        lines["tokens"].append(_sample("tokens", labels, one.tokens))
        lines["dollars"].append(_sample("dollars", labels, one.micros / 1_000_000))
        for name, half, most in (
            ("answer_seconds", one.total_p50_ms, one.total_p95_ms),
            ("first_token_seconds", one.first_token_p50_ms, one.first_token_p95_ms),
        ):
            for quantile, value in (("0.5", half), ("0.95", most)):
                if value is not None:
                    lines[name].append(_sample(name, {**labels, "quantile": quantile}, value / 1000))
        lines["open"].append(_sample("open", labels, int(one.state == "open")))
    return "".join(
        f"# HELP {_PREFIX}{name} {about}\n# TYPE {_PREFIX}{name} gauge\n{''.join(lines[name])}"
        for name, about in _METRICS.items()
    )


_PREFIX = "interworky_provider_"
_METRICS = {
    "requests": "Requests in the last 24 hours.",
    "failures": "Failed requests in the last 24 hours, by cause.",
    "tokens": "Tokens in the last 24 hours.",
    "dollars": "Known cost in the last 24 hours, in US dollars.",
    "answer_seconds": "Duration of whole answers.",
    "first_token_seconds": "Time to the first visible text.",
    "open": "1 while the provider is left alone.",
}


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    escaped = {key: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for key, text in labels.items()}
    inside = ",".join(f'{key}="{text}"' for key, text in escaped.items())
    return f"{_PREFIX}{name}{{{inside}}} {value}\n"
