"""What each member of staff wants to be told of, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from assistant.models import NotificationChoice, Organization, StaffEvent


@dataclass(frozen=True)
class Choice:
    in_page: bool = False
    email: bool = False
    push: bool = False


# Without a choice of one's own: what happens in conversations is shown in the page, and pushed to browsers in which that has
# been turned on. Nothing is e-mailed, for the team's own address has its notice already.
_TALK = Choice(in_page=True, push=True)
DEFAULTS = {event: _TALK if event in (StaffEvent.WAITING, StaffEvent.MESSAGE) else Choice() for event in StaffEvent}


def of_user(user: Any) -> dict[StaffEvent, Choice]:
    rows = NotificationChoice.objects.filter(user=user)
    own = {StaffEvent(row.event): Choice(row.in_page, row.email, row.push) for row in rows}
    return DEFAULTS | own


def keep(user: Any, chosen: dict[StaffEvent, Choice]) -> None:
    for event, choice in chosen.items():
        NotificationChoice.objects.update_or_create(
            user=user, event=event, defaults={"in_page": choice.in_page, "email": choice.email, "push": choice.push}
        )


def by_email(organization: Organization, event: StaffEvent) -> QuerySet[Any]:
    """The members of the organization who want an e-mail about the event, and have an address."""
    wanted = Q(notification_choices__event=event, notification_choices__email=True)
    members = get_user_model().objects.filter(memberships__organization=organization, is_active=True)
    return members.filter(wanted).exclude(email="").distinct()
