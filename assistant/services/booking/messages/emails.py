"""The e-mails about appointments, to visitors and to the team.

An address that a visitor typed need not be their own, so nothing that they typed goes there: their words are in the
team's e-mail alone, where they are labelled as theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.template.loader import render_to_string

from assistant.models import Appointment, MessageTemplate
from assistant.sentences import label
from assistant.services.booking.availability import offers, wording
from assistant.services.booking.invitations import calendar_files, descriptions, form_fields, links
from assistant.services.booking.invitations.calendar_files import Method
from assistant.services.booking.invitations.descriptions import ENDED, UNCHANGED, Change, Line
from assistant.services.booking.messages import message_templates
from assistant.services.deliveries import outbox
from assistant.services.organizations.looks import letterhead, look_of_appointment


def visitors_email(
    appointment: Appointment,
    change: Change,
    instead: offers.Offer | None = None,
    message: str = "",
    template: MessageTemplate | None = None,
) -> outbox.Email:
    """The e-mail to the visitor, with the invitation or its cancellation, and with times that are free instead.

    Staff's own text stands in it where they have one; `template` is one to show instead, `message` what they
    write to this visitor.
    """
    locale = descriptions.locale_of(appointment)
    about = _visitors_context(appointment, change, locale)
    if message.strip():
        about["lines"].append(Line(label("team_message", locale), outbox.one_line(message, 500)))
    about["lines"] += _instead(instead, locale)
    # Phones show some forty letters of a subject: the end and the zones stand in the e-mail.
    start = wording.start(appointment, appointment.visitor_timezone, locale)
    subject = f"{about['title']}: {start} · {appointment.organization.name}"
    if own := template or message_templates.chosen(appointment, change, MessageTemplate.Audience.VISITOR, locale):
        when = wording.when(appointment, appointment.visitor_timezone, locale)
        values = _values(appointment, change, locale, when)
        about["note"] = message_templates.fill(own.text, values)
        subject = message_templates.fill(own.subject, values) or subject
    email = _email(subject, about, reply_to=appointment.organization.team_email)
    if change in UNCHANGED:
        return email
    method: Method = "CANCEL" if change in ENDED else "REQUEST"
    return replace(email, ics=calendar_files.ics(appointment, method), ics_method=method)


def _visitors_context(appointment: Appointment, change: Change, locale: str) -> dict[str, Any]:
    """What the template of an e-mail to the visitor shows: what has changed, the facts, and links to act on them."""
    ended = change in ENDED
    about: dict[str, Any] = {
        **letterhead(look_of_appointment(appointment), locale),
        "title": label(change, locale),
        "note": label("awaits_answer" if change == "requested" else f"intro_{change}", locale),
        "lines": [*descriptions.lines(appointment), Line(label("reference", locale), appointment.reference)],
        "manage_url": "" if ended else links.manage_url(appointment),
        "manage": label("change_or_cancel", locale),
    }
    if change == "follow_up":
        return about | {"manage_url": links.feedback_url(appointment), "manage": label("give_feedback", locale)}
    if not ended:
        about |= {"add": label("add_to_calendar", locale), "calendars": descriptions.calendar_links(appointment)}
    return about


def _email(subject: str, about: dict[str, Any], *, reply_to: str) -> outbox.Email:
    return outbox.Email(
        subject,
        text=render_to_string("assistant/appointment.txt", about),
        html=render_to_string("assistant/appointment.html", about),
        reply_to=reply_to,
    )


def _values(appointment: Appointment, change: Change, locale: str, when: str) -> dict[str, str]:
    """What the placeholders of every audience stand for."""
    return {
        "title": label(change, locale),
        "organization": appointment.organization.name,
        "service": appointment.service.name,
        "with": appointment.calendar.name,
        "where": descriptions.place_of(appointment),
        "when": when,
        "price": appointment.price,
        "reference": appointment.reference,
        "manage_link": links.manage_url(appointment),
        "feedback_link": links.feedback_url(appointment),
    }


def _instead(offer: offers.Offer | None, locale: str) -> list[Line]:
    found = offer.slots if offer else []
    said = [f"{wording.day_label(slot.local.date(), locale=locale)}, {slot.label_in(locale)}" for slot in found]
    return [Line(label("other_times", locale), "; ".join(said))] if said else []


def teams_email(appointment: Appointment, change: Change, template: MessageTemplate | None = None) -> outbox.Email:
    """The e-mail to the team, in their language and in the calendar's own time, with the entry for their own calendars."""
    locale = (template.language if template else "") or appointment.organization.team_language
    when, title = wording.when(appointment, locale=locale), label(change, locale)
    about: dict[str, Any] = {
        **letterhead(look_of_appointment(appointment), locale),
        "title": title,
        "lines": _facts(appointment, when, locale),
        "typed": _typed(appointment, locale),
        "visitor_wrote": label("visitor_wrote", locale),
        "manage_url": links.admin_url(appointment),
        "manage": label("answer_request" if change == "requested" else "in_admin", locale),
        "to_team": True,
    }
    subject = f"{title}: {wording.start(appointment, locale=locale)} · {appointment.service.name}"
    if own := template or message_templates.chosen(appointment, change, MessageTemplate.Audience.TEAM, locale):
        values = _values(appointment, change, locale, when)
        values |= {name: outbox.one_line(getattr(appointment, name), 300) for name in message_templates.TYPED}
        about["note"] = message_templates.fill(own.text, values)
        subject = message_templates.fill(own.subject, values) or subject
    visitor = appointment.visitor
    verified = visitor is not None and visitor.email_verified_at and visitor.email == appointment.email
    email = _email(subject, about, reply_to=appointment.email if verified else "")
    if change in UNCHANGED:
        return email
    method: Method = "CANCEL" if change in ENDED else "PUBLISH"
    return replace(email, ics=calendar_files.ics(appointment, method, to_team=True), ics_method=method)


def _facts(appointment: Appointment, when: str, locale: str) -> list[Line]:
    """What the team reads first: ours, none of it typed by the visitor."""
    where = outbox.one_line(descriptions.place_of(appointment, locale), 300)
    said = (
        ("when", when),
        ("what", appointment.service.name),
        ("with", appointment.calendar.name),
        ("where", where),
        ("price", appointment.price),
        ("reference", appointment.reference),
    )
    return [Line(label(name, locale), value) for name, value in said if value]


def _typed(appointment: Appointment, locale: str) -> list[Line]:
    """What the visitor typed, a line each."""
    names = ("name", "email", "phone", "reason")
    said = [(label(name, locale), getattr(appointment, name)) for name in names]
    said += [*form_fields.answered(appointment), (label("cancel_reason", locale), appointment.cancel_reason)]
    return [Line(name, outbox.one_line(value, 300)) for name, value in said if value]
