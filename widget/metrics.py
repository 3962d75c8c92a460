"""Metrics for monitoring: `/metrics` in Prometheus' format, `/metrics.json` for everything else.

Every number comes from the database: the same in each process, and after any restart. Counters begin again with each
month. Organizations are named in the JSON only, by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from assistant.async_db import in_db
from assistant.errors import NotAllowed
from assistant.services.providers import statistics
from assistant.services.providers.statistics import BUCKETS_MS
from widget import access

STATES = ("closed", "half-open", "open")
BOUNDS = [*(f"{limit / 1000:g}" for limit in BUCKETS_MS), "+Inf"]


def for_operators(make: Callable[[], HttpResponse]) -> Callable[..., Any]:
    """A view of what `make` returns, for requests with METRICS_TOKEN; 404 where none is set."""

    @require_safe
    @wraps(make)
    async def view(request: HttpRequest) -> HttpResponse:
        if not settings.METRICS_TOKEN:
            raise Http404
        try:
            token = access.bearer(request.scope["headers"])  # type: ignore[attr-defined]
        except NotAllowed:
            token = ""
        if not constant_time_compare(token, settings.METRICS_TOKEN):
            return HttpResponse("A bearer token is needed.\n", "text/plain", 401, headers={"WWW-Authenticate": "Bearer"})
        response = await in_db(make)()
        response["Cache-Control"] = "no-store"
        return response

    return view


@for_operators
def prometheus() -> HttpResponse:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Durable())
    return HttpResponse(generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)


@for_operators
def as_json() -> HttpResponse:
    now = timezone.now()
    since = now - timedelta(days=1)
    found = statistics.by_provider(statistics.attempts(since), by_organization=True)
    value = {
        "at": now,
        "since": since,
        "providers": [{**asdict(one), "success_rate": one.success_rate} for one in found],
        "breakers": [
            {"health_key": row.key, "name": row.name, "model": row.model, "state": row.state_at(now), "cause": row.cause,
             "failed_at": row.failed_at, "open_until": row.open_until}
            for row in statistics.breakers()
        ],
        "waiting": statistics.waiting(),
        "counted_since": statistics.counted_since(now),
        "turns": [{"outcome": state, "code": code, "count": n} for (state, code), n in statistics.turns(now).items()],
        "voice_calls": [
            {"reason": reason, "count": count, "seconds": seconds}
            for reason, (count, seconds) in statistics.voice_calls(now).items()
        ],
    }  # fmt: skip
    return HttpResponse(orjson.dumps(value), "application/json")


class Durable:
    """Prometheus' collector of what the database holds."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        since = statistics.counted_since(now).timestamp()
        yield from _providers(statistics.totals(now), since)
        yield from _breakers()
        turns = CounterMetricFamily("interworky_turns", "Turns that have ended.", labels=["outcome", "code"], created=since)
        for (state, code), count in sorted(statistics.turns(now).items()):
            turns.add_metric([state, code], count)
        yield turns
        yield from _voice(statistics.voice_calls(now), since)
        for what, counts in statistics.waiting().items():
            waiting = GaugeMetricFamily(
                f"interworky_{what}_open", f"{what.replace('_', ' ').capitalize()} by state.", labels=["state"]
            )
            for state, count in counts.items():
                waiting.add_metric([state], count)
            yield waiting


def _voice(ended: Mapping[str, tuple[int, float]], since: float) -> Iterator[Metric]:
    calls = CounterMetricFamily(
        "interworky_voice_calls", "Voice calls that have ended, by what ended them.", labels=["reason"], created=since
    )
    seconds = CounterMetricFamily("interworky_voice_seconds", "Duration of voice calls.", created=since)
    for reason, (count, _) in sorted(ended.items()):
        calls.add_metric([reason], count)
    seconds.add_metric([], sum(lasted for _, lasted in ended.values()))
    yield from (calls, seconds)


def _providers(found: Iterable[statistics.Totals], since: float) -> Iterator[Metric]:
    labels = ["provider", "source", "health"]
    requests = CounterMetricFamily(
        "interworky_provider_requests", "Requests to model servers, by outcome.", labels=[*labels, "outcome"]
    )
    tokens = CounterMetricFamily("interworky_provider_tokens", "Tokens sent and received.", labels=[*labels, "direction"])
    dollars = CounterMetricFamily(
        "interworky_provider_dollars", "Cost in US dollars, where prices are known.", labels=labels
    )
    answer = HistogramMetricFamily("interworky_provider_answer_seconds", "Duration of whole answers.", labels=labels)
    first = HistogramMetricFamily(
        "interworky_provider_first_token_seconds", "Time to the first visible text.", labels=labels
    )
    sums: dict[tuple[str, ...], list[float]] = {}
    for one in found:
        # Addresses and keys are in no label: of the health key, only the digest that tells two servers of one name apart.
        place: tuple[str, ...] = (one.name, one.source, one.health_key.rpartition(":")[2])
        requests.add_metric([*place, one.outcome], one.requests, created=since)
        spent = sums.setdefault(place, [0, 0, 0])
        for number, amount in enumerate((one.prompt_tokens, one.completion_tokens, one.micros / 1_000_000)):
            spent[number] += amount
        if one.outcome == "answered":
            for family, (counts, total_ms) in ((answer, one.answer), (first, one.first_token)):
                family.add_metric(place, list(zip(BOUNDS, counts, strict=True)), total_ms / 1000)
    for place, (prompt, completion, cost) in sums.items():
        tokens.add_metric([*place, "prompt"], prompt, created=since)
        tokens.add_metric([*place, "completion"], completion, created=since)
        dollars.add_metric(place, cost, created=since)
    yield from (requests, tokens, dollars, answer, first)


def _breakers() -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "interworky_provider_breaker",
        "1 for the state that its breaker is in.",
        labels=["provider", "health", "model", "state"],
    )
    for row in statistics.breakers():
        for state in STATES:
            place = [row.name, row.key.rpartition(":")[2], row.model, state]
            family.add_metric(place, int(row.state == state))
    yield family
