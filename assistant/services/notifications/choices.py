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


# Without a choice of one's own: what happens in conversations is told in the page, and nothing is e-mailed, for the team's
# own address has its notice already.
DEFAULTS = {event: Choice(in_page=event in (StaffEvent.WAITING, StaffEvent.MESSAGE)) for event in StaffEvent}


def of_user(user: Any) -> dict[StaffEvent, Choice]:
    own = {StaffEvent(row.event): Choice(row.in_page, row.email) for row in NotificationChoice.objects.filter(user=user)}
    return DEFAULTS | own


def keep(user: Any, chosen: dict[StaffEvent, Choice]) -> None:
    for event, choice in chosen.items():
        NotificationChoice.objects.update_or_create(
            user=user, event=event, defaults={"in_page": choice.in_page, "email": choice.email}
        )


def by_email(organization: Organization, event: StaffEvent) -> QuerySet[Any]:
    """The members of the organization who want an e-mail about the event, and have an address."""
    wanted = Q(notification_choices__event=event, notification_choices__email=True)
    members = get_user_model().objects.filter(memberships__organization=organization, is_active=True)
    return members.filter(wanted).exclude(email="").distinct()
