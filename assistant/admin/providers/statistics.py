"""Statistics of models: requests, failures, times, tokens and cost, and which providers are paused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from assistant.admin.providers import charts
from assistant.admin.providers.charts import Chart, Series
from assistant.admin.scoping import has_several, organizations, rank_in
from assistant.models import Organization, ProviderHealth
from assistant.services.booking.appointments import feedback
from assistant.services.conversations import ratings
from assistant.services.organizations.roles import Act, Rank
from assistant.services.primary_keys import parse_pk
from assistant.services.providers import health, statistics
from assistant.services.providers.statistics import Span

PERIODS = {1: "24 hours", 7: "7 days", 30: "30 days", 90: "90 days"}
WHY = {
    "timeout": "took too long",
    "rate_limited": "rate limit reached",
    "server_error": "internal error",
    "unauthorized": "refused the key",
    "forbidden": "refused the key or what it was used for",
    "quota": "quota or credit used up",
    "model_not_found": "does not have this model",
    "not_found": "nothing found at this address",
    "dns": "host name not found",
    "refused": "connection refused",
    "tls": "encrypted connection failed",
    "cut_off": "answer broke off",
    "bad_response": "not a model server's answer",
    "bad_request": "refused the request",
    "form_refused": "refused the form of the conversation",
    "schema_refused": "refused a tool's schema",
    "tools_unsupported": "cannot call tools",
    "generation_failed": "wrote output that could not be read",
    "empty": "empty answer",
    "context_too_long": "conversation too long for the model",
}


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """GET shows one organization, or all that the user may see; POST `close` resumes one provider at once."""
    if rank_in(request, None) < Act.READ.rank:
        raise PermissionDenied
    if request.method == "POST":
        return _close(request)
    mine = organizations(request)
    chosen = _chosen(request, mine)
    days = int(days) if (days := request.GET.get("days", "")) in map(str, PERIODS) else 7
    zone = ZoneInfo(chosen.timezone) if chosen else ZoneInfo(timezone.get_current_timezone_name())
    now = timezone.now()
    # A superuser's "all" is the installation, including what has no organization any more.
    seen = [chosen.pk] if chosen else None if request.user.is_superuser else [one.pk for one in mine]
    spans = statistics.over_time(statistics.attempts(now - timedelta(days=days + 1), seen), days=days, zone=zone, now=now)
    rows = statistics.attempts(spans[0].start, seen)
    several = has_several(request)
    found = statistics.by_provider(rows, by_organization=several and chosen is None)
    names = dict(mine.values_list("pk", "name")) if several else {}
    context.update(
        title="Statistics",
        period=PERIODS[days],
        periods=[(number, label, number == days) for number, label in PERIODS.items()],
        days=days,
        chosen=chosen,
        choices=mine.order_by("name") if several else [],
        numbers=_numbers(spans, found),
        charts=_charts(spans, days),
        providers=[(one, names.get(one.organization_id or 0, "")) for one in found],
        reasons=_reasons(found),
        feedback=feedback.summaries(seen, spans[0].start),
        ratings=ratings.summaries(seen, spans[0].start),
        breakers=_breakers(request, seen),
    )
    return TemplateResponse(request, "admin/assistant/statistics.html", context)


def _chosen(request: HttpRequest, mine: Any) -> Organization | None:
    asked = request.GET.get("organization", "")
    if asked:
        found: Organization | None = mine.filter(pk=parse_pk(asked)).first()
        if found is None:
            raise Http404
        return found
    only = list(mine[:2])
    return only[0] if len(only) == 1 else None


# --- The breaker ------------------------------------------------------------------------------------------------------


def _breakers(request: HttpRequest, seen: list[int] | None) -> list[tuple[ProviderHealth, bool]]:
    """The providers that are paused or recovering, and whether this user may resume them."""
    visible = Q()
    if seen is not None:
        # The installation's own answer for every organization, but are not every organization's to see.
        visible = Q(provider__organization__in=seen) | (Q(provider=None) if request.user.is_superuser else Q())
    rows = ProviderHealth.objects.filter(visible, open_until__isnull=False).select_related("provider__organization")
    return [(row, _may_close(request, row)) for row in rows]


def _may_close(request: HttpRequest, row: ProviderHealth) -> bool:
    """Those who may change the provider; the platform's are for superusers."""
    if row.provider is None:
        return rank_in(request, None) == Rank.SUPERUSER
    return rank_in(request, row.provider.organization_id) >= Act.PAY.rank


def _close(request: HttpRequest) -> HttpResponse:
    visible = Q(provider__organization__in=organizations(request))
    if request.user.is_superuser:
        visible |= Q(provider=None)
    row = ProviderHealth.objects.filter(visible, pk=parse_pk(request.POST.get("close", ""))).first()
    if row is None:
        raise Http404
    if not _may_close(request, row):
        raise PermissionDenied
    health.close(row.key, row.model)
    messages.success(request, f"{row} is in use again.")
    return redirect(request.get_full_path())


# --- What is drawn ----------------------------------------------------------------------------------------------------


def _numbers(spans: list[Span], found: list[statistics.ProviderStatistics]) -> list[tuple[str, str]]:
    requests, failures = sum(span.requests for span in spans), sum(span.failures for span in spans)
    # Of the provider that is asked most: percentiles of several cannot be put together.
    busiest = found[0] if found else None
    half, most = (busiest.first_token_p50_ms, busiest.first_token_p95_ms) if busiest else (None, None)
    of = f" of {busiest.name}" if busiest and len(found) > 1 else ""
    within = f"; 95 % within {_ms(most)}" if most is not None else ""
    return [
        (_count(requests), "requests"),
        (f"{1 - failures / requests:.1%}" if requests else "–", "answered"),
        (_ms(half), f"to the first word{of}, half of the time{within}"),
        (_count(sum(span.tokens for span in spans)), "tokens"),
        (_dollars(sum(span.micros for span in spans)), "as far as prices are known"),
    ]


def _charts(spans: list[Span], days: int) -> list[Chart]:
    names = [span.start.strftime("%H:00" if days == 1 else "%-d %b") for span in spans]
    return [
        charts.bars(
            "Requests",
            names,
            [
                Series("answered", [span.requests - span.failures for span in spans], "main"),
                Series("failed", [span.failures for span in spans], "bad"),
            ],
            _count,
        ),
        charts.lines(
            "Time to the first word",
            names,
            [
                Series("half within", [span.first_token_p50_ms for span in spans], "main"),
                Series("95 % within", [span.first_token_p95_ms for span in spans], "soft"),
            ],
            _ms,
        ),
        charts.bars("Tokens", names, [Series("tokens", [span.tokens for span in spans], "main")], _count),
        charts.bars("Money", names, [Series("spent", [span.micros for span in spans], "main")], _dollars),
    ]


def _reasons(found: list[statistics.ProviderStatistics]) -> list[tuple[str, str, int, int]]:
    """Each cause: its code, what it means, how often, and its share of the commonest in per cent."""
    counts: dict[str, int] = {}
    for one in found:
        for cause, count in one.failures.items():
            counts[cause] = counts.get(cause, 0) + count
    most = max(counts.values(), default=1)
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return [(cause, WHY.get(cause, ""), count, round(100 * count / most)) for cause, count in ranked]


def _count(value: float) -> str:
    for limit, letter in ((1_000_000, "M"), (10_000, "k")):
        if value >= limit:
            return f"{value / (1_000_000 if letter == 'M' else 1000):.3g} {letter}"
    return f"{value:g}"


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value / 1000:.2g} s" if value >= 1000 else f"{value:g} ms"


def _dollars(micros: float) -> str:
    return f"${micros / 1_000_000:,.{2 if micros >= 100_000 or not micros else 4}f}"
