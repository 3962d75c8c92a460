"""Staff's own texts of the messages about appointments, and the placeholders that these may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from assistant.models import Appointment, Calendar, MessageTemplate, Organization, Service, Visitor
from assistant.sentences import language

PLACEHOLDERS = {
    "title": "what the message is, such as Appointment confirmed",
    "organization": "your name",
    "service": "what is booked",
    "with": "the calendar",
    "where": "the place",
    "when": "day, time and time zone",
    "price": "the price",
    "reference": "the reference",
    "manage_link": "the link to move or cancel it",
    "feedback_link": "the link to say how it was",
}
# Only the team reads these: an address that a visitor typed may be anybody's, and gets nothing else that they typed.
TYPED = {
    "name": "the visitor's name",
    "email": "their e-mail address",
    "phone": "their phone number",
    "reason": "what they wrote about it",
}
_PLACE = re.compile(r"\{([^{}]*)\}")


def placeholders(audience: str) -> Mapping[str, str]:
    return {**PLACEHOLDERS, **TYPED} if audience == MessageTemplate.Audience.TEAM else PLACEHOLDERS


def check(text: str, audience: str) -> None:
    """Raises `ValueError` that names what is no placeholder of messages to `audience`."""
    known = placeholders(audience)
    for found in _PLACE.findall(text):
        if found not in known:
            only = " Only messages to the team can hold it." if found in TYPED else ""
            listed = ", ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"{{{found[:40]}}} is not a placeholder here.{only} Use {listed}.")
    if "{" in (rest := _PLACE.sub("", text)) or "}" in rest:
        raise ValueError("A brace is missing. Write a placeholder with one on each side, such as {service}.")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; what fills them is never looked through for others."""
    return _PLACE.sub(lambda place: values.get(place[1], ""), text)


def chosen(appointment: Appointment, message: str, audience: str, locale: str) -> MessageTemplate | None:
    """The organization's own text for who reads `locale`, or for every language; None where it has none."""
    mine = MessageTemplate.objects.filter(organization=appointment.organization_id, message=message, audience=audience)
    found = {template.language: template for template in mine.filter(language__in=[language(locale), ""])}
    return found.get(language(locale)) or found.get("")


def sample(organization: Organization, locale: str) -> Appointment:
    """An appointment that nobody has booked, to show a message with."""
    start_at = datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=3)
    calendar = organization.calendars.first() or Calendar(name="Mira", timezone=organization.timezone)
    service = organization.services.first() or Service(name="Cut and finish", price="£45", place="in_person")
    end_at = start_at + timedelta(minutes=service.minutes)
    visitor = Visitor(organization=organization, locale=locale)
    return Appointment(
        organization=organization, calendar=calendar, service=service, visitor=visitor, reference="SAMPLE",
        state=Appointment.State.CONFIRMED, start_at=start_at, end_at=end_at, timezone=calendar.timezone,
        price=service.price, name="Ada Lovelace", email="ada@example.com", phone="+44 20 7946 0000",
        reason="First visit", updated_at=start_at,
    )  # fmt: skip
