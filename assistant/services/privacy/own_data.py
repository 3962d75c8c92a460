"""Visitors' own access to their data, in the widget: what it covers, its export, and its erasure.

Off until an owner allows it. The session's token is the proof. It covers the visitor of this browser; somebody who is logged
in is one visitor on all their devices. Visitors who have proven an e-mail address by a code are also given what was said in
other browsers in which the same address was proven. An address of somebody who is logged in joins nothing: their
organization's server may have taken it unproven, and several accounts may share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import IO

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from assistant.errors import InputError, NotAllowed, NotFound, TooMuch
from assistant.models import Appointment, Conversation, Organization, Removal, Visitor
from assistant.services.conversations import sessions
from assistant.services.organizations import rate_limits
from assistant.services.privacy import erasure, export

making = Lock()  # one at a time: a zip of many files is work, and anybody may ask for one
BUSY_SECONDS = 10
THE_VISITOR = "the visitor"  # in the audit log; no user's name has a space


class Covers(StrEnum):
    """Whose data a session covers, as the widget explains it."""

    BROWSER = "browser"
    ADDRESS = "address"  # every browser in which the address was proven
    USER = "user"  # who is logged in


@dataclass(frozen=True)
class Coverage:
    covers: Covers
    visitors: tuple[Visitor, ...]
    email: str = ""  # the proven address

    def as_json(self) -> dict[str, str | int]:
        conversations = Conversation.objects.filter(visitor__in=self.visitors, last_seq__gt=0)
        coming = Appointment.objects.upcoming(timezone.now()).filter(visitor__in=self.visitors)
        counted: dict[str, str | int] = {"conversations": conversations.count(), "appointments": coming.count()}
        return {"covers": self.covers, **({"email": self.email} if self.email else {}), **counted}


def coverage(conversation: Conversation) -> Coverage:
    """What the conversation's visitor may see and erase. Raises `NotFound` where the organization does not allow it."""
    _refuse_unless_allowed(conversation.organization)
    visitor = Visitor.objects.filter(pk=conversation.visitor_id).first()
    if visitor is None:
        raise NotFound("The visitor was erased.")
    if visitor.external_id is not None:
        return Coverage(Covers.USER, (visitor,))
    if not (visitor.email and visitor.email_verified_at):
        return Coverage(Covers.BROWSER, (visitor,))
    # As its index has it: a comparison by `iexact` would look at each address of the organization. And SQLite would look at
    # each visitor who is not logged in if it were asked for those, so that the others are left out.
    same = Visitor.objects.alias(address=Lower("email")).filter(
        organization=visitor.organization_id, address=Lower(Value(visitor.email)), email_verified_at__isnull=False
    )
    same = same.exclude(external_id__isnull=False)
    return Coverage(Covers.ADDRESS, tuple(same.order_by("pk")), visitor.email)


def download(conversation: Conversation) -> IO[bytes]:
    """The zip of what the visitor has said, seen, booked and been sent; the caller closes it. Raises `NotFound`, and
    `TooMuch` while this process makes another visitor's."""
    found = coverage(conversation)
    if not making.acquire(blocking=False):
        raise TooMuch("Another visitor's data is being collected.", retry_after_seconds=BUSY_SECONDS)
    try:
        return export.recorded(conversation.organization, *found.visitors, by=THE_VISITOR, how="in the widget", own=True)
    finally:
        making.release()


def erase(token: str, origin: str, *, confirmed: bool = True) -> None:
    """Erase what the session of `token` covers; where that has happened already, nothing.

    Raises `NotAllowed`, `NotFound` where the organization does not allow it, `InputError` without a confirmation, and
    `TooMuch`.
    """
    try:
        conversation = sessions.conversation_for_token(token, origin)
    except NotAllowed:
        if _is_erased(token):
            return  # the answer to the first request was lost
        raise
    if not confirmed:
        raise InputError("Erasing takes confirm: true.")
    rate_limits.hit("data.erase", visitor=str(conversation.visitor_id))
    found = coverage(conversation)
    with transaction.atomic():
        for visitor in found.visitors:
            erasure.erase(
                conversation.organization, visitor.pk, reason=Removal.Reason.VISITOR, done_by=(THE_VISITOR, "in the widget")
            )


def _refuse_unless_allowed(organization: Organization) -> None:
    if not organization.visitors_manage_data:
        raise NotFound("The organization does not offer this.")


def _is_erased(token: str) -> bool:
    visitor = sessions.visitor_of_token(token)
    return visitor is not None and Removal.objects.filter(visitor=visitor).exists()
