"""Statistics of providers, from the usage rows that every process writes: the same wherever it is asked, after any restart.

Sums are taken by the database; percentiles from the newest `MAX_SAMPLES` attempts. Callers say whose rows they may see:

    rows = attempts(since, organizations=[…])
    by_provider(rows) · over_time(rows, days=7, zone=…)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, F, Max, Q, Sum
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone

from assistant.models import Delivery, ProviderHealth, Turn, Usage, VoiceCall
from assistant.services.days import midnight
from assistant.services.methods import ledger

MAX_SAMPLES = 50_000
NO_FAILURE = {"", "stopped", "content_filter"}  # a visitor's stop and a polite refusal
PLACE = ("provider_name", "source", "health_key")


def attempts(since: datetime, organizations: Iterable[int] | None = None) -> Any:
    """The attempts since then, of these organizations; of all of them for None. Those under way are not among them."""
    rows = Usage.objects.filter(at__gte=since, reserved=False)
    return rows if organizations is None else rows.filter(organization__in=list(organizations))


@dataclass(frozen=True)
class ProviderStatistics:
    """One provider. Times in milliseconds, cost in millionths of a dollar as far as prices are known."""

    name: str
    source: str
    health_key: str
    organization_id: int | None  # None: of all that were asked about
    requests: int
    failures: dict[str, int]  # by cause, the commonest first
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

    @property
    def dollars(self) -> float:
        return self.micros / 1_000_000


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


def by_provider(rows: Any, *, by_organization: bool = False) -> list[ProviderStatistics]:
    """Each provider among `rows`, the busiest first; each once per organization where that is asked for."""
    place = (*PLACE, "organization_id") if by_organization else PLACE
    tallies: dict[tuple[Any, ...], _Tally] = defaultdict(_Tally)
    _add_sums(tallies, rows, place)
    _add_times(tallies, rows, place)
    health = {row.key: row for row in ProviderHealth.objects.filter(model="", key__in={where[2] for where in tallies})}
    found = [_summed_up(where, tally, health.get(where[2])) for where, tally in tallies.items()]
    return sorted(found, key=lambda one: (-one.requests, one.name))


def _add_sums(tallies: dict[tuple[Any, ...], _Tally], rows: Any, place: tuple[str, ...]) -> None:
    sums = rows.order_by().values(*place, "model", "cause")
    for row in sums.annotate(
        requests=Count("pk"),
        tokens=Sum("prompt_tokens") + Sum("completion_tokens"),
        cost=Sum("micros"),
        last=Max("at"),
    ):
        tally = tallies[tuple(row[name] for name in place)]
        tally.requests += row["requests"]
        tally.tokens += row["tokens"]
        tally.micros += row["cost"] or 0
        tally.models.add(row["model"])
        tally.last_used_at = max(filter(None, (tally.last_used_at, row["last"])))
        if row["cause"] not in NO_FAILURE:
            tally.failures[row["cause"]] += row["requests"]


def _add_times(tallies: dict[tuple[Any, ...], _Tally], rows: Any, place: tuple[str, ...]) -> None:
    for *where, cause, first, total in _samples(rows, *place, "cause", "first_token_ms", "total_ms"):
        tally = tallies[tuple(where)]
        if cause in NO_FAILURE and total is not None:
            tally.total.append(total)
        if first is not None:
            tally.first.append(first)


def _summed_up(where: tuple[Any, ...], tally: _Tally, health: ProviderHealth | None) -> ProviderStatistics:
    name, source, key, *owner = where
    return ProviderStatistics(
        name=name,
        source=source,
        health_key=key,
        organization_id=owner[0] if owner else None,
        requests=tally.requests,
        failures=dict(tally.failures.most_common()),
        tokens=tally.tokens,
        micros=tally.micros,
        total_p50_ms=percentile(tally.total, 0.5),
        total_p95_ms=percentile(tally.total, 0.95),
        first_token_p50_ms=percentile(tally.first, 0.5),
        first_token_p95_ms=percentile(tally.first, 0.95),
        last_used_at=tally.last_used_at,
        state=health.state if health else "closed",
        open_until=health.open_until if health else None,
        models=tuple(sorted(tally.models)),
    )


def _samples(rows: Any, *fields: str) -> Iterable[tuple[Any, ...]]:
    found: Iterable[tuple[Any, ...]] = rows.order_by("-at").values_list(*fields)[:MAX_SAMPLES]
    return found


def percentile(values: Iterable[int], share: float) -> int | None:
    """The nearest-rank percentile; None of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else None


@dataclass
class Span:
    """What happened in one hour or day, which begins at `start`."""

    start: datetime
    requests: int = 0
    failures: int = 0
    tokens: int = 0
    micros: int = 0
    first_token_p50_ms: int | None = None
    first_token_p95_ms: int | None = None


def over_time(rows: Any, *, days: int, zone: ZoneInfo, now: datetime | None = None) -> list[Span]:
    """The last `days` days of `zone`, oldest first, those without any use included; of one day, the last 24 hours."""
    now = now or timezone.now()
    if days == 1:
        # Counted in UTC, where no hour is missing or comes twice.
        last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        starts = [last - timedelta(hours=number) for number in range(23, -1, -1)]
        trunc: Any = TruncHour("at", tzinfo=UTC)
    else:
        today = now.astimezone(zone).date()
        starts = [midnight(today - timedelta(days=number), zone) for number in range(days - 1, -1, -1)]
        trunc = TruncDay("at", tzinfo=zone)
    spans = {start.astimezone(UTC): Span(start.astimezone(zone)) for start in starts}
    rows = rows.filter(at__gte=starts[0]).annotate(start=trunc)
    for row in (
        rows.order_by()
        .values("start", "cause")
        .annotate(requests=Count("pk"), tokens=Sum("prompt_tokens") + Sum("completion_tokens"), cost=Sum("micros"))
    ):
        if span := spans.get(row["start"].astimezone(UTC)):
            span.requests += row["requests"]
            span.failures += row["requests"] if row["cause"] not in NO_FAILURE else 0
            span.tokens += row["tokens"]
            span.micros += row["cost"] or 0
    waits: dict[datetime, list[int]] = defaultdict(list)
    for start, first in _samples(rows.filter(first_token_ms__isnull=False), "start", "first_token_ms"):
        waits[start.astimezone(UTC)].append(first)
    for at, values in waits.items():
        if span := spans.get(at):
            span.first_token_p50_ms, span.first_token_p95_ms = percentile(values, 0.5), percentile(values, 0.95)
    return list(spans.values())


# --- For operators: of the whole installation -------------------------------------------------------------------------

BUCKETS_MS = (100, 250, 500, 1000, 2500, 5000, 10_000, 20_000, 60_000)


@dataclass(frozen=True)
class Totals:
    """What one provider did since `counted_since()`, for one outcome: "answered", or the cause of its failure."""

    name: str
    source: str
    health_key: str
    outcome: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    micros: int
    answer: tuple[list[int], int]  # how many within each of BUCKETS_MS, then within any time; their sum in milliseconds
    first_token: tuple[list[int], int]


def counted_since(now: datetime | None = None) -> datetime:
    """When counters begin: with the month, in UTC. They are sums over rows, and old rows are swept one day; a counter may
    start again at zero, which its readers expect, but it must never shrink a little."""
    return (now or timezone.now()).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def totals(now: datetime | None = None) -> list[Totals]:
    """Since the month began, per provider and outcome."""
    within = {
        f"{name}_{limit}": Count("pk", filter=Q(**{f"{name}_ms__lte": limit}))
        for name in ("total", "first_token")
        for limit in BUCKETS_MS
    }
    rows = attempts(counted_since(now)).order_by().values(*PLACE, "cause")
    return [
        Totals(
            name=row["provider_name"],
            source=row["source"],
            health_key=row["health_key"],
            outcome=row["cause"] or "answered",
            requests=row["requests"],
            prompt_tokens=row["prompt"],
            completion_tokens=row["completion"],
            micros=row["cost"] or 0,
            answer=_histogram(row, "total"),
            first_token=_histogram(row, "first_token"),
        )
        for row in rows.annotate(
            requests=Count("pk"),
            prompt=Sum("prompt_tokens"),
            completion=Sum("completion_tokens"),
            cost=Sum("micros"),
            total_any=Count("total_ms"),
            total_sum=Sum("total_ms"),
            first_token_any=Count("first_token_ms"),
            first_token_sum=Sum("first_token_ms"),
            **within,
        ).order_by(*PLACE, "cause")
    ]


def _histogram(row: dict[str, Any], name: str) -> tuple[list[int], int]:
    return [row[f"{name}_{limit}"] for limit in (*BUCKETS_MS, "any")], row[f"{name}_sum"] or 0


def turns(now: datetime | None = None) -> dict[tuple[str, str], int]:
    """Turns that ended since the month began, by state and code."""
    ended = Turn.objects.filter(state__in=Turn.ENDED, ended_at__gte=counted_since(now))
    counts = ended.order_by().values_list("state", "code").annotate(count=Count("pk"))
    return {(state, code): count for state, code, count in counts}


def voice_calls(now: datetime | None = None) -> dict[str, tuple[int, float]]:
    """Voice calls that ended since the month began: how many, and the seconds that they lasted, by what ended them."""
    ended = VoiceCall.objects.filter(state=VoiceCall.State.ENDED, ended_at__gte=counted_since(now))
    lasted = Sum(F("ended_at") - F("started_at"), output_field=DurationField())
    rows = ended.order_by().values_list("reason").annotate(count=Count("pk"), lasted=lasted)
    return {reason: (count, total.total_seconds() if total else 0.0) for reason, count, total in rows}


def waiting() -> dict[str, dict[str, int]]:
    """What is under way or needs attention: turns, deliveries and voice calls by state, and tool calls that never ended."""
    turn, delivery, call = Turn.State, Delivery.State, VoiceCall.State
    asked: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("turns", Turn.objects, (turn.QUEUED, turn.RUNNING)),
        ("deliveries", Delivery.objects, (delivery.QUEUED, delivery.SENDING, delivery.DEAD)),
        ("voice_calls", VoiceCall.objects, (call.OFFERED, call.ACTIVE)),
    )
    found = {}
    for name, rows, states in asked:
        counts = rows.filter(state__in=states).order_by().values_list("state").annotate(count=Count("pk"))
        found[name] = {**dict.fromkeys(map(str, states), 0), **dict(counts)}
    found["tool_calls"] = {"orphaned": ledger.orphans().count()}
    return found


def breakers() -> list[ProviderHealth]:
    """Every provider and model that has failed."""
    return list(ProviderHealth.objects.filter(Q(model="") | Q(open_until__isnull=False)))
