"""What visitors say of their appointments afterwards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count
from django.utils import timezone

from assistant.errors import InputError, NotFound
from assistant.models import Appointment, Feedback
from assistant.services.booking.invitations import links
from assistant.services.booking.locks import RELATED

COMMENT_CHARS = 1000
GIVEN_BY = (Appointment.State.CONFIRMED, Appointment.State.ATTENDED)


class FeedbackRefused(InputError):
    """`code` is the label that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def for_token(token: str) -> Appointment:
    """The appointment that a feedback link was signed for. Raises `NotFound`, also for one that was called off."""
    found = Appointment.objects.filter(pk=links.id_in_feedback_token(token), state__in=GIVEN_BY)
    appointment = found.select_related(*RELATED).first()
    if appointment is None:
        raise NotFound("No such appointment.")
    return appointment


def may_give(appointment: Appointment, now: datetime | None = None) -> bool:
    return appointment.start_at <= (now or timezone.now())


def give(appointment: Appointment, score: str, comment: str, *, now: datetime | None = None) -> Feedback:
    """Save a visitor's answer, or change it. Raises `FeedbackRefused` for what is no number from 1 to 5, and too early."""
    if not may_give(appointment, now):
        raise FeedbackRefused("feedback_early")
    if score.strip() not in ("1", "2", "3", "4", "5"):
        raise FeedbackRefused("feedback_missing")
    text = "".join(char for char in comment.strip() if char.isprintable() or char == "\n")[:COMMENT_CHARS]
    given, _ = Feedback.objects.update_or_create(appointment=appointment, defaults={"score": int(score), "comment": text})
    return given


@dataclass(frozen=True)
class Summary:
    """The feedback on one service: how many, and their mean."""

    of: str  # the service's name
    organization: str
    count: int
    mean: float


def summaries(organization_ids: Collection[int] | None, since: datetime) -> list[Summary]:
    """By service, of the appointments that began since then; None stands for all organizations."""
    rows = Feedback.objects.filter(appointment__start_at__gte=since)
    if organization_ids is not None:
        rows = rows.filter(appointment__organization__in=organization_ids)
    names = ("appointment__service__name", "appointment__organization__name")
    found = rows.values_list("appointment__service", *names).annotate(Count("pk"), Avg("score")).order_by(*names)
    return [Summary(service, organization, count, mean) for _, service, organization, count, mean in found]
