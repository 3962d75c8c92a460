"""The first page: today's numbers, what needs attention, and what is still to be set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import get_connection
from django.db import models
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from assistant.admin import results
from assistant.admin.first_run import problems
from assistant.admin.first_run import steps as first_run
from assistant.admin.organizations.install import may_allow
from assistant.admin.scoping import has_several, organizations, rank_in
from assistant.models import (
    Appointment,
    Assistant,
    CalendarAccount,
    Conversation,
    Delivery,
    Organization,
    OutsideCalendar,
    OutsideEntry,
    Provider,
    ProviderHealth,
    Turn,
)
from assistant.models.organizations.organization import DEMONSTRATION, OrganizationQuerySet
from assistant.providers import retirements, router
from assistant.services import background, failing_steps
from assistant.services.booking.calendar_sync import busy_times
from assistant.services.conversations import handoffs
from assistant.services.deliveries import outbox as deliveries
from assistant.services.organizations import access as services
from assistant.services.organizations.roles import Act
from assistant.services.providers import budgets, spending

CHART_DAYS = 14
WATCHED = 20  # organizations whose models are checked here; an e-mail reports on all of them
ASKING = 5  # sites that were refused
NEWEST = 20  # organizations that may still be set up
UNFINISHED = 3  # organizations whose next steps are shown at once
AS_INDEXED = "organization_id", "pk"  # an order in which the database reads no more rows than are shown


@dataclass(frozen=True)
class Number:
    """`count` is what is coloured where it is more than nothing and `alarming`; `text` is shown in its place."""

    label: str
    count: int
    link: str
    alarming: bool = False
    text: str = ""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook for the index page; everything counts only what this user may see."""
    now = timezone.now()
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = organizations(request)
    # A session without a message is not a conversation to staff.
    conversations = Conversation.objects.filter(mine.as_owners(), last_seq__gt=0)
    booked = Appointment.objects.filter(mine.as_owners(), state=Appointment.State.CONFIRMED)
    setting_up = [(organization, first_run.states(organization)) for organization in _newest(mine)]
    context.update(
        title="Today",
        numbers=_numbers(request, mine, conversations, booked, now, today),
        **results.context_of(request, mine),
        bars=_bars(conversations, today),
        recent=conversations.filter(last_message_at__isnull=False)  # in which form an index gives them in this order
        .select_related("assistant", "organization", "visitor")
        .order_by("-last_message_at")[:9],
        upcoming=booked.filter(start_at__gte=now).select_related("calendar").order_by("start_at")[:6],
        answers=who_answers(mine),
        may_pay=rank_in(request, None) >= Act.PAY.rank,
        asking=[(row, may_allow(request, row.assistant.organization_id)) for row in services.refused_sites(mine)[:ASKING]],
        **_calendar_problems(mine),
        without_model=problems.without_model(mine),
        not_offered=problems.not_offered(mine),
        telling_nobody=handoffs.without_address(mine),
        unheard=conversations.filter(state=Conversation.State.WAITING, reach=Conversation.Reach.NOBODY).count(),
        failing_steps=failing_steps.current(),
        stopped=background.stopped(),
        mails_are=deliveries.state_with(get_connection()),
        endings=model_endings(request, mine),
        unfinished=[(row, steps) for row, steps in setting_up if not all(step.done for step in steps)][:UNFINISHED],
        has_several=has_several(request),
        belongs_nowhere=not setting_up,
        only_demonstration=request.user.is_superuser and [row.slug for row, _ in setting_up] == [DEMONSTRATION],
    )
    return context


def _newest(mine: OrganizationQuerySet) -> models.QuerySet[Organization]:
    """The organizations that may still be set up, with what `steps.states` reads of them."""
    # Chosen first: the subqueries are then asked of them alone, where PostgreSQL would prepare them for all.
    chosen = list(mine.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
    return first_run.annotated(Organization.objects.filter(pk__in=chosen).order_by("-pk"))


def _calendar_problems(mine: OrganizationQuerySet) -> dict[str, Any]:
    """Outside calendars that cannot be read or written, and accounts that withdrew their consent."""
    failing = OutsideCalendar.objects.failing().filter(mine.as_owners()).select_related("organization")
    withdrawn = CalendarAccount.objects.filter(mine.as_owners(), state=CalendarAccount.State.WITHDRAWN)
    return {
        "unread_calendars": [(row, busy_times.state_of(row)) for row in failing.order_by(*AS_INDEXED)[:WATCHED]],
        "withdrawn": withdrawn.select_related("organization").order_by(*AS_INDEXED)[:WATCHED],
        "unwritten": OutsideEntry.objects.failed().filter(mine.as_owners("outside__organization")).count(),
    }


def _numbers(
    request: HttpRequest, mine: Any, conversations: Any, booked: Any, now: datetime, today: datetime
) -> list[Number]:
    a_day_ago = now - timedelta(days=1)
    failed = Turn.objects.filter(
        mine.as_owners("conversation__organization"), state=Turn.State.FAILED, ended_at__gte=a_day_ago
    )
    mails = Delivery.objects.filter(mine.as_owners())
    waiting = conversations.filter(state=Conversation.State.WAITING)
    conversations_page, appointments_page = (
        reverse("admin:assistant_conversation_changelist"),
        reverse("admin:assistant_appointment_changelist"),
    )
    outbox = reverse("admin:assistant_delivery_changelist")
    return [
        Number("Conversations today", conversations.filter(created_at__gte=today).count(), conversations_page),
        Number("Appointments booked today", booked.filter(created_at__gte=today).count(), appointments_page),
        Number("Waiting for a person", waiting.count(), f"{conversations_page}?state__exact=waiting", alarming=True),
        Number("Replies failed in 24 h", failed.count(), f"{conversations_page}?happened=failed", alarming=True),
        Number(
            "E-mails failed",
            mails.filter(state=Delivery.State.DEAD).count(),
            f"{outbox}?state__exact=dead",
            alarming=True,
        ),
        *(
            [Number("E-mails being retried", retried, f"{outbox}?state__exact=queued", alarming=True)]
            if (retried := mails.retried().count())
            else []
        ),
        *_models(request, mine, now),
    ]


def _models(request: HttpRequest, mine: OrganizationQuerySet, now: datetime) -> list[Number]:
    """Providers that are paused, where there are any, and what is left of an organization's budget."""
    statistics = reverse("admin:assistant_usage_statistics")
    seen = models.Q(provider__organization__in=mine) | (models.Q(provider=None) if request.user.is_superuser else models.Q())
    paused = ProviderHealth.objects.filter(seen, model="", open_until__gt=now).count()
    found = [Number("Providers paused after failures", paused, statistics, alarming=True)] if paused else []
    only = list(mine.order_by("pk")[:2])
    left = budgets.left_this_month(only[0]) if len(only) == 1 else None
    if left is not None:
        nearly_none = left < 1 - spending.WARN_AT
        found.append(Number("Budget left this month", int(nearly_none), statistics, alarming=True, text=f"{left:.0%}"))
    return found


def _bars(conversations: Any, today: datetime) -> list[dict[str, Any]]:
    """Conversations per day, oldest first; `top` is how far a bar stays below the busiest day's, in per cent."""
    first = today - timedelta(days=CHART_DAYS - 1)
    rows = conversations.filter(created_at__gte=first).annotate(day=TruncDate("created_at")).values("day")
    counts = {row["day"]: row["count"] for row in rows.annotate(count=models.Count("pk"))}
    days = [first.date() + timedelta(days=number) for number in range(CHART_DAYS)]
    most = max(counts.values(), default=0) or 1
    return [{"day": day, "count": counts.get(day, 0), "top": 100 - round(100 * counts.get(day, 0) / most)} for day in days]


def a_script_answers(mine: OrganizationQuerySet) -> bool:
    """Whether the demonstration model answers any visitors: of all that `who_answers` says, what every page shows."""
    watched = _watched(mine)
    return any(map(router.is_demo, watched)) if watched else bool(who_answers(mine)["demo"])


def _watched(mine: OrganizationQuerySet) -> list[Assistant]:
    assistants = Assistant.objects.filter(mine.as_owners(), enabled=True).select_related("organization")
    return list(assistants.prefetch_related("organization__providers").order_by(*AS_INDEXED)[:WATCHED])


def who_answers(mine: OrganizationQuerySet) -> dict[str, Any]:
    """Which models answer visitors: the organizations' own and, for organizations without a usable one, the installation's,
    which may be the demonstration model or none at all."""
    rows = list(
        Provider.objects.filter(mine.as_owners(), organization__isnull=False, enabled=True)
        .select_related("organization")
        .order_by("organization_id", "name")[:WATCHED]
    )
    wrong = {row.pk: router.what_is_wrong(row) for row in rows}
    own = [row for row in rows if not wrong[row.pk]]
    platform = router.platform()
    uses_platform = not mine.exists() or mine.exclude(pk__in={row.organization_id for row in own}).exists()
    watched = _watched(mine)
    of_script = {assistant.organization.name for assistant in watched if router.is_demo(assistant)}
    return {
        "own": own,
        "broken": [(row, wrong[row.pk]) for row in rows if wrong[row.pk]],
        "platform": platform.usable if uses_platform else (),
        "demo": bool(of_script) or (not watched and uses_platform and any(one.source == "demo" for one in platform.usable)),
        "demo_for": sorted(of_script),
        "nobody": uses_platform and not platform.usable,
        "problems": platform.errors,
    }


def model_endings(
    request: HttpRequest, mine: OrganizationQuerySet
) -> list[tuple[Organization | None, retirements.Retirement]]:
    """Models in use that will be shut down, with who chose them; None is the environment, which superusers look after."""
    watched = mine.prefetch_related("providers", "assistants").order_by("pk")[:WATCHED]
    owners: list[Organization | None] = [*([None] if request.user.is_superuser else []), *watched]
    return [(owner, retirement) for owner in owners for retirement in retirements.known(owner)]
