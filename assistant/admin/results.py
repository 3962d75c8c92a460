"""The results on the first page: what came of conversations in 7, 30 or 90 days, each with its rows, and as a CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from assistant.admin.scoping import organizations, rank_in
from assistant.admin.spreadsheets import as_csv
from assistant.models.booking.appointments import BOOKED
from assistant.models.organizations.organization import OrganizationQuerySet
from assistant.services.conversations.results import Period, Results, last_days, results
from assistant.services.organizations.roles import Act

PERIODS = (7, 30, 90)
NONE = "None"
HEADINGS = ("Figure", "From", "To", "Value", "In the days before")


@dataclass(frozen=True)
class Figure:
    """One number: its value now and in the period before, as texts; `link` leads to the rows that were counted."""

    label: str
    value: str
    before: str
    link: str
    help: str


def days_of(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else PERIODS[0]


def context_of(request: HttpRequest, mine: OrganizationQuerySet) -> dict[str, Any]:
    """What the first page shows of the results."""
    days = days_of(request)
    period = last_days(days)
    return {
        "figures": figures(mine, period),
        "period": period,
        "chosen_days": days,
        "periods": [(number, number == days) for number in PERIODS],
        "results_csv": f"{reverse('admin:assistant_results_export')}?days={days}",
    }


def figures(mine: OrganizationQuerySet, period: Period) -> list[Figure]:
    now, then = results(mine, period), results(mine, period.before)

    def figure(label: str, value: Callable[[Results], str], link: str, explanation: str) -> Figure:
        return Figure(label, value(now), value(then), link, explanation)

    return [
        figure(
            "Conversations",
            lambda one: f"{one.conversations:,}",
            _rows("conversation", "created_at", period, last_seq__gt=0),
            "Begun in these days, with at least one message.",
        ),
        figure(
            "Handled by the assistant alone",
            lambda one: _percent(one.containment),
            _rows("conversation", "created_at", period, person="no"),
            "Of these conversations, those in which no person was asked for and none took part.",
        ),
        figure(
            "Appointments made",
            lambda one: f"{one.booked:,}",
            _rows("appointment", "created_at", period, state__in=",".join(BOOKED)),
            "In these days, by visitors or staff, without those that were cancelled or declined since.",
        ),
        figure(
            "Unanswered questions",
            lambda one: f"{one.unanswered:,}",
            _rows("question", "last_at", period),
            "Asked last in these days, and neither answered nor dismissed by your team.",
        ),
        figure(
            "Rating by visitors",
            lambda one: f"{one.rating:.1f} of 5 ({one.ratings:,})" if one.rating is not None else NONE,
            _rows("conversation", "rated_at", period),
            "The mean of the ratings that were given in these days, and how many there are.",
        ),
        figure(
            "Cost per conversation handled alone",
            lambda one: f"${one.dollars_each:,.3f}" if one.dollars_each is not None else NONE,
            _rows("usage", "at", period, reserved__exact=0),
            "All requests to models in these days, as far as prices are known, divided by the conversations that the "
            "assistant handled alone.",
        ),
    ]


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.0%}"


def _rows(model: str, moment: str, period: Period, **conditions: Any) -> str:
    """The list of a model's rows within the period."""
    query = {f"{moment}_from": period.first, f"{moment}_to": period.last, **conditions}
    return f"{reverse(f'admin:assistant_{model}_changelist')}?{urlencode(query)}"


def urls(model_admin: Any) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view(export)
    return [path("results.csv", view, name="assistant_results_export")]


def export(request: HttpRequest) -> HttpResponse:
    """The figures of the period as CSV."""
    if rank_in(request, None) < Act.READ.rank:
        raise PermissionDenied
    period = last_days(days_of(request))
    rows = ((one.label, period.first, period.last, one.value, one.before) for one in figures(organizations(request), period))
    return as_csv("results", HEADINGS, rows)
