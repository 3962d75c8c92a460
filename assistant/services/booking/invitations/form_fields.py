"""The form of a booking: what a service asks its visitors, and what they answered, checked field by field.

Name and e-mail address are always asked for, and phone number, notes and fields of staff's own as the service says. What is
known of a visitor is not asked again. What was answered is kept with the appointment as it was asked, so that a field
that staff change later does not change it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant.errors import ToolError
from assistant.models import Appointment, FormField, Service, ToolCall, Visitor
from assistant.sentences import label
from assistant.services.booking.invitations import phones
from assistant.services.deliveries import outbox
from assistant.services.primary_keys import parse_pk
from assistant.services.typed_numbers import in_ascii

MOST_CHARS = 300
NAME_CHARS = 120
OWN = "field-"  # how the names of staff's own fields begin
TICKED = "yes"
INPUTS = {
    FormField.Kind.TEXT: "text",
    FormField.Kind.CHOICE: "select",
    FormField.Kind.CHECKBOX: "checkbox",
    FormField.Kind.NUMBER: "number",
}

_PHONE = re.compile(r"[0-9+()/.\- ]{5,40}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,10})?")


def fields_of(service: Service, known: Mapping[str, str], visitor: Visitor | None, locale: str) -> list[dict[str, Any]]:
    """What is still to be asked beside name and address, as docs/protocol.md has a card's fields.

    `known` are the values of `phone` and `reason` that are there already. What the visitor answered when they last booked
    the service is filled in.
    """
    asked: list[dict[str, Any]] = []
    for name, wanted, kind in (("phone", service.ask_phone, "tel"), ("reason", service.ask_notes, "textarea")):
        if wanted != Service.Ask.NO and not known.get(name):
            field = {"name": name, "label": label(f"your_{name}", locale), "type": kind}
            asked.append(field | ({} if wanted == Service.Ask.REQUIRED else {"optional": True}))
    before = _answered_before(service, visitor)
    for one in service.form_fields.all():
        value = _option(before.get(one.pk, ""), one.option_list, one.options_in(locale))
        words = one.text_in("label", locale), one.text_in("help", locale), one.options_in(locale)
        asked.append(_drawn(one, *words) | ({"value": value} if value else {}))
    return asked


def own_fields(service: Service) -> list[dict[str, Any]]:
    """The fields that staff have added, as a card's fields, in the words in which staff wrote them."""
    return [_drawn(one, one.label, one.help, one.option_list) for one in service.form_fields.all()]


def _drawn(field: FormField, name: str, about: str, options: list[str]) -> dict[str, Any]:
    drawn = {"name": f"{OWN}{field.pk}", "label": name, "type": INPUTS[FormField.Kind(field.kind)]}
    said = {"help": about, "options": options, "optional": not field.required}
    return drawn | {key: what for key, what in said.items() if what}


def _answered_before(service: Service, visitor: Visitor | None) -> dict[int, str]:
    if visitor is None:
        return {}
    last = service.appointments.filter(visitor=visitor, confirmed_at__isnull=False).order_by("-confirmed_at").first()
    return {one["field"]: one["given"] for one in last.answers} if last else {}


def _option(value: str, read: list[str], meant: list[str]) -> str:
    """The option of `meant` that stands where `value` stands in `read`; any other value as it is."""
    return meant[read.index(value)] if value in read else value


def problems(fields: list[dict[str, Any]], given: Mapping[str, str], locale: str) -> dict[str, str]:
    """Why each value that cannot be accepted cannot, by the name of its field, in the visitor's language."""
    found = {field["name"]: _problem(field, given.get(field["name"], "")) for field in fields}
    return {name: label(why, locale, max=_most(name)) for name, why in found.items() if why}


def _most(name: str) -> int:
    return NAME_CHARS if name == "name" else MOST_CHARS


def _problem(field: Mapping[str, Any], value: str) -> str:
    """The label of what is wrong with a value; "" where nothing is."""
    input_type = field["type"]
    if not value or (input_type == "checkbox" and value != TICKED):
        return "" if field.get("optional") else "must_tick" if input_type == "checkbox" else "fill_this_in"
    if input_type == "tel":
        typed = in_ascii(value)
        plausible = _PHONE.fullmatch(typed) and sum(map(str.isdigit, typed)) >= 5
        return "" if plausible and not phones.is_impossible(value) else "bad_phone"
    if input_type == "number":
        return "" if _NUMBER.fullmatch(in_ascii(value)) else "not_number"
    if input_type == "select":
        return "" if value in field.get("options", []) else "not_choice"
    if input_type == "email":
        return "" if _is_address(value) else "bad_email"
    is_kept = field["name"].startswith(OWN) or field["name"] in ("name", "reason")
    return "too_long" if is_kept and len(value) > _most(field["name"]) else ""


def _is_address(value: str) -> bool:
    try:
        outbox.public_address(value)
    except ToolError:
        return False
    return True


def with_problems(fields: list[dict[str, Any]], given: Mapping[str, str], found: Mapping[str, str]) -> list[dict[str, Any]]:
    """The fields once more, with what was typed and what is wrong with it."""
    plain = [{name: value for name, value in field.items() if name != "problem"} for field in fields]
    typed = [field | ({"value": given[field["name"]]} if field["name"] in given else {}) for field in plain]
    return [field | ({"problem": found[field["name"]]} if field["name"] in found else {}) for field in typed]


def keep(call: ToolCall, given: Mapping[str, str], locale: str) -> dict[str, str]:
    """Keep the answers to staff's own fields with what the call holds; returns the others, which are its arguments.

    In the caller's transaction. The fields are read again: an answer is of the organization's own field, or none.
    """
    own = {parse_pk(name.removeprefix(OWN)): value for name, value in given.items() if name.startswith(OWN)}
    if own:
        asked = FormField.objects.select_related("service__organization").filter(service__appointments__call=call)
        found = asked.filter(pk__in=own)
        answers = [_answer(one, _meant(one, own[one.pk], locale), locale) for one in found]
        Appointment.objects.filter(call=call).update(answers=answers)
    return {name: value for name, value in given.items() if not name.startswith(OWN)}


def keep_by_staff(appointment: Appointment, given: Mapping[str, str]) -> None:
    """Keep with a hold what staff have entered for somebody, by the names of the fields and in the words of those."""
    locale = appointment.service.organization.team_language
    fields = appointment.service.form_fields.select_related("service__organization")
    answers = [_answer(one, value, locale) for one in fields if (value := given.get(f"{OWN}{one.pk}", ""))]
    Appointment.objects.filter(pk=appointment.pk).update(answers=answers)


def _meant(field: FormField, given: str, locale: str) -> str:
    """What the visitor chose, as staff wrote it."""
    return _option(outbox.one_line(given, MOST_CHARS), field.options_in(locale), field.option_list)


def _answer(field: FormField, given: str, locale: str) -> dict[str, Any]:
    """An answer as the team reads it, and as the visitor does: in the words of either."""
    if field.kind == FormField.Kind.CHECKBOX:
        value, said = label("yes", field.service.organization.team_language), label("yes", locale)
    else:
        plain = in_ascii(given) if field.kind == FormField.Kind.NUMBER else given
        value = given = outbox.one_line(plain, MOST_CHARS)
        said = _option(given, field.option_list, field.options_in(locale))
    asked = field.text_in("label", locale)
    return {"field": field.pk, "label": field.label, "given": given, "value": value, "asked": asked, "said": said}


def corrected(appointment: Appointment, given: Mapping[str, str], locale: str) -> list[dict[str, Any]]:
    """The appointment's answers with what staff entered, by the names of the fields and in the words of those.

    An answer that is the same stays as it was asked, and so does one to a field that is no longer there.
    """
    fields = {one.pk: one for one in appointment.service.form_fields.select_related("service__organization")}
    before = {one["field"]: one for one in appointment.answers}
    found = [one for pk, one in before.items() if pk not in fields]
    for pk, field in fields.items():
        value = given.get(f"{OWN}{pk}", "")
        if value:
            same = pk in before and before[pk]["given"] == value
            found.append(before[pk] if same else _answer(field, value, locale))
    return found


def answered(appointment: Appointment, *, by_visitor: bool = False) -> list[tuple[str, str]]:
    """Label and value of each answer, as one line each: as staff wrote the field, or as its visitor read it."""
    label_of, value_of = ("asked", "said") if by_visitor else ("label", "value")
    # What was answered before fields had translations has one wording for both.
    found = [(one.get(label_of, one["label"]), one.get(value_of, one["value"])) for one in appointment.answers]
    return [(outbox.one_line(name, 120), outbox.one_line(value, MOST_CHARS)) for name, value in found]
