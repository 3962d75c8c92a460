"""What came of conversations over some days: how many the assistant handled alone, what was booked, ratings and costs.

Definitions, which `docs/admin.md` repeats for staff:

- a conversation belongs to the period in which it began; a session without a message is none;
- the assistant handled it alone when no person was asked for and none took part, so far;
- an appointment belongs to the period in which it was made, unless it was cancelled, declined or never confirmed since;
- a rating belongs to the period in which it was given, or changed last;
- a question is unanswered while nobody has answered or dismissed it, and belongs to when it was asked last;
- costs are those of all requests to models in the period, as far as prices are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Q, Sum
from django.utils import timezone

from assistant.models import Appointment, Conversation, Question, Usage
from assistant.models.booking.appointments import BOOKED
from assistant.models.organizations.organization import OrganizationQuerySet
from assistant.services.days import midnight


@dataclass(frozen=True)
class Period:
    """Whole days of the current time zone, from `first` to `last`."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return midnight(self.first, timezone.get_current_timezone())

    @property
    def end(self) -> datetime:
        return midnight(self.last + timedelta(days=1), timezone.get_current_timezone())

    @property
    def before(self) -> Period:
        """As many days, right before it."""
        days = (self.last - self.first).days + 1
        return Period(self.first - timedelta(days=days), self.last - timedelta(days=days))


def last_days(days: int) -> Period:
    """Today and the days before it, `days` in all."""
    today = timezone.localdate()
    return Period(today - timedelta(days=days - 1), today)


@dataclass(frozen=True)
class Results:
    """Of one period. `rating` is a mean from 1 to 5, `micros` are millionths of a dollar."""

    conversations: int
    alone: int
    booked: int
    unanswered: int
    ratings: int
    rating: float | None
    micros: int

    @property
    def containment(self) -> float | None:
        """The share of conversations that the assistant handled alone, from 0 to 1; None of none."""
        return self.alone / self.conversations if self.conversations else None

    @property
    def dollars_each(self) -> float | None:
        """What each conversation cost that the assistant handled alone; None of none."""
        return self.micros / 1_000_000 / self.alone if self.alone else None


def results(organizations: OrganizationQuerySet, period: Period) -> Results:
    """The results of these organizations in the period."""

    def within(rows: Any, moment: str) -> Any:
        at = {f"{moment}__gte": period.start, f"{moment}__lt": period.end}
        return rows.filter(organizations.as_owners(), **at).order_by()

    conversations = within(Conversation.objects.filter(last_seq__gt=0), "created_at")
    rated = within(Conversation.objects, "rated_at")
    return Results(
        **conversations.aggregate(conversations=Count("pk"), alone=Count("pk", filter=Q(person_at=None))),
        booked=within(Appointment.objects.filter(state__in=BOOKED), "created_at").count(),
        unanswered=within(Question.objects.filter(state=Question.State.OPEN), "last_at").count(),
        **rated.aggregate(ratings=Count("rating"), rating=Avg("rating")),
        micros=within(Usage.objects.filter(reserved=False), "at").aggregate(sum=Sum("micros"))["sum"] or 0,
    )
