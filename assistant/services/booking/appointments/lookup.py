"""Appointments, found by a link, by their visitor, or by the references that a conversation names."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from assistant.errors import NotFound, ToolError
from assistant.models import Appointment, Conversation, Organization, Visitor
from assistant.services.booking.availability import wording
from assistant.services.booking.invitations import links
from assistant.services.booking.locks import RELATED
from assistant.services.typed_numbers import in_ascii

HIDDEN = [Appointment.State.HELD, Appointment.State.EXPIRED]  # no appointments yet


def for_token(token: str) -> Appointment:
    """The appointment that a link was signed for. Raises `NotFound`."""
    found = Appointment.objects.filter(pk=links.id_in(token)).exclude(state__in=HIDDEN)
    appointment = found.select_related(*RELATED).first()
    if appointment is None:
        raise NotFound("No such appointment.")
    return appointment


def for_visitor(organization: Organization, visitor: Visitor | None, reference: str) -> Appointment:
    """The visitor's own appointment of that reference.

    Raises `ToolError`, the same for unknown and foreign ones, which lists their upcoming appointments.
    """
    mine = organization.appointments.filter(visitor=visitor, visitor__isnull=False).select_related(*RELATED)
    found = mine.exclude(state__in=HIDDEN).filter(reference=in_ascii(reference).upper()).first()
    if found is not None:
        return found
    ahead = mine.upcoming(timezone.now())[:5]
    named = "; ".join(f"{row.reference}: {row.service}, {wording.when(row, row.visitor_timezone)}" for row in ahead)
    raise ToolError(
        f"This visitor has no appointment with that reference. Their upcoming appointments: {named or 'none'}.",
        code="not_found",
    )


def times_of(conversation: Conversation, references: Collection[str]) -> dict[str, tuple[tuple[datetime, ...], str]]:
    """By reference: beginning and end as visitor and calendar read them on their clocks, and the beginning in words."""
    rows = Appointment.objects.filter(organization=conversation.organization_id, reference__in=references)
    found = {}
    for row in rows.select_related("calendar", "service"):
        zones = dict.fromkeys((row.timezone, row.visitor_timezone, conversation.visitor.timezone, row.calendar.timezone))
        known = [zone for name in zones if (zone := wording.known_zone(name))]
        times = tuple(at.astimezone(zone) for zone in known for at in (row.start_at, row.end_at))
        found[row.reference] = times, wording.when(row, row.visitor_timezone, conversation.locale)
    return found


def waiting_for_staff(conversation: Conversation, references: Collection[str]) -> frozenset[str]:
    """Those of the references that are requests which staff have not approved."""
    rows = Appointment.objects.filter(organization=conversation.organization_id, reference__in=references)
    states = [Appointment.State.REQUESTED, Appointment.State.DECLINED]
    return frozenset(rows.filter(state__in=states).values_list("reference", flat=True))
