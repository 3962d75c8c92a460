"""The e-mails about appointments, to visitors and to the team.

An address that a visitor typed need not be their own, so nothing that they typed goes there: their words are in the
team's notice alone, where they are labelled as theirs.
"""

from __future__ import annotations

from typing import Required, TypedDict

from django.template.loader import render_to_string

from assistant.models import Appointment, MessageTemplate
from assistant.sentences import catalogue, label, language
from assistant.services.booking import form_fields, invitations, message_templates, offers, wording
from assistant.services.booking.invitations import ENDED, UNCHANGED, Change, Line, Method
from assistant.services.deliveries import outbox


class Letter(TypedDict, total=False):
    """The part of an e-mail that is passed to `deliveries.queue_email`."""

    subject: Required[str]
    text: Required[str]
    html: str
    reply_to: str
    ics: str
    ics_method: str


def visitors_email(
    appointment: Appointment,
    change: Change,
    instead: offers.Offer | None = None,
    message: str = "",
    template: MessageTemplate | None = None,
) -> Letter:
    """The e-mail to the visitor, with the invitation or its cancellation, and with times that are free instead.

    Staff's own text stands in it where they have one; `template` is one to show instead, `message` what they
    write to this visitor.
    """
    locale = invitations.locale_of(appointment)
    title = label(change, locale)
    ended = change in ENDED
    about = {
        "language": language(locale),
        "direction": catalogue(locale).direction,
        "title": title,
        "note": label("awaits_answer" if change == "requested" else f"intro_{change}", locale),
        "organization": appointment.organization.name,
        "lines": [
            *invitations.lines(appointment),
            Line(label("reference", locale), appointment.reference),
            *([Line(label("team_message", locale), outbox.one_line(message, 500))] if message.strip() else []),
            *_instead(instead, locale),
        ],
        "manage_url": "" if ended else invitations.manage_url(appointment),
        "manage": label("change_or_cancel", locale),
        **_look(appointment),
    }
    if not ended and change != "follow_up":
        about |= {"add": label("add_to_calendar", locale), "calendars": invitations.calendar_links(appointment)}
    if change == "follow_up":
        about |= {"manage_url": invitations.feedback_url(appointment), "manage": label("give_feedback", locale)}
    start = wording.when(appointment, appointment.visitor_timezone, locale)
    subject = f"{title}: {start} · {appointment.organization.name}"
    if own := template or message_templates.chosen(appointment, change, MessageTemplate.Audience.VISITOR, locale):
        values = _values(appointment, change, locale, start)
        about["note"] = message_templates.fill(own.text, values)
        subject = message_templates.fill(own.subject, values) or subject
    letter: Letter = {
        "subject": subject,
        "text": render_to_string("assistant/appointment.txt", about),
        "html": render_to_string("assistant/appointment.html", about),
        "reply_to": appointment.organization.team_email,
    }
    if change not in UNCHANGED:
        method: Method = "CANCEL" if ended else "REQUEST"
        letter |= {"ics": invitations.ics(appointment, method), "ics_method": method}
    return letter


def _values(appointment: Appointment, change: Change, locale: str, when: str) -> dict[str, str]:
    """What the placeholders of every audience stand for."""
    return {
        "title": label(change, locale),
        "organization": appointment.organization.name,
        "service": appointment.service.name,
        "with": appointment.calendar.name,
        "where": invitations.place_of(appointment),
        "when": when,
        "price": appointment.price,
        "reference": appointment.reference,
        "manage_link": invitations.manage_url(appointment),
        "feedback_link": invitations.feedback_url(appointment),
    }


def _look(appointment: Appointment) -> dict[str, str]:
    """What makes an e-mail look like the business: the colour of the assistant that booked it, or of its first."""
    talk, of = appointment.conversation, appointment.organization
    assistant = talk.assistant if talk else of.assistants.order_by("pk").first() if of.pk else None
    return {"accent": assistant.accent if assistant else "#0f766e", "website": of.website}


def _instead(offer: offers.Offer | None, locale: str) -> list[Line]:
    found = offer.slots if offer else []
    said = [f"{wording.day_label(slot.local.date(), locale=locale)}, {slot.label_in(locale)}" for slot in found]
    return [Line(label("other_times", locale), "; ".join(said))] if said else []


def teams_email(appointment: Appointment, change: Change, template: MessageTemplate | None = None) -> Letter:
    """The notice to the team, in the calendar's own time, with the entry for their own calendars."""
    about = (
        ("what", appointment.service.name),
        ("with", appointment.calendar.name),
        ("where", outbox.one_line(invitations.place_of(appointment), 300)),
        ("price", appointment.price),
        ("reference", appointment.reference),
    )
    typed = (
        (label("name"), appointment.name),
        (label("email"), appointment.email),
        (label("phone"), appointment.phone),
        (label("reason"), appointment.reason),
        *form_fields.answered(appointment),
        (label("cancel_reason"), appointment.cancel_reason),
    )
    text = [
        f"{label(change)}: {wording.when(appointment)}",
        *(f"{label(name)}: {value}" for name, value in about if value),
        "",
        f"{label('visitor_wrote')}:",
        *(f"  {name}: {outbox.one_line(value, 300)}" for name, value in typed if value),
        "",
        f"{label('answer_request' if change == 'requested' else 'in_admin')}: {invitations.admin_url(appointment)}",
    ]
    visitor = appointment.visitor
    verified = visitor is not None and visitor.email_verified_at and visitor.email == appointment.email
    subject = f"{label(change)}: {appointment.service.name}, {wording.when(appointment)}"
    if own := template or message_templates.chosen(appointment, change, MessageTemplate.Audience.TEAM, ""):
        values = _values(appointment, change, "", wording.when(appointment))
        values |= {name: outbox.one_line(getattr(appointment, name), 300) for name in message_templates.TYPED}
        text = [message_templates.fill(own.text, values), "", *text]
        subject = message_templates.fill(own.subject, values) or subject
    letter: Letter = {
        "subject": subject,
        "text": "\n".join(text) + "\n",
        "reply_to": appointment.email if verified else "",
    }
    if change not in UNCHANGED:
        method: Method = "CANCEL" if change in ENDED else "PUBLISH"
        letter |= {"ics": invitations.ics(appointment, method), "ics_method": method}
    return letter
