"""The form of a service: what is asked, what is refused and why, and where the answers are read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from assistant.models import Appointment, Card, Conversation, FormField, Service, ToolCall, Visitor
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.availability import slot_ids
from assistant.services.booking.invitations import form_fields, receipts
from assistant.services.booking.messages import emails
from assistant.services.conversations import card_answers, cards
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)


@pytest.fixture
def conversation() -> Conversation:
    assistant = make.assistant(make.organization(team_email="team@example.com"))
    return make.conversation(assistant, visitor=Visitor.objects.create(organization=assistant.organization, locale="de"))


@pytest.fixture
def service(conversation: Conversation) -> Service:
    service = make.calendar(conversation.organization, name="Grooming").services.get()
    Service.objects.update(ask_phone="required", ask_notes="optional")
    service.refresh_from_db()
    for order, (label, kind, required, options) in enumerate(
        [
            ("Dog's name", "text", True, ""),
            ("Size", "choice", True, "Small\nLarge\n\nLarge"),
            ("Vaccinated", "checkbox", True, ""),
            ("Weight in kg", "number", False, ""),
        ]  # fmt: skip
    ):
        service.form_fields.create(label=label, kind=kind, required=required, options=options, order=order)
    return service


def asked(service: Service, conversation: Conversation, **known: str) -> list[dict[str, Any]]:
    return form_fields.fields_of(service, known, conversation.visitor, conversation.locale)


def name_of(service: Service, label: str) -> str:
    return f"field-{service.form_fields.get(label=label).pk}"


@pytest.fixture
def card(conversation: Conversation, service: Service) -> Card:
    """A question whether to book, as `tools.appointment` draws it; the time is held."""
    call = ToolCall.objects.create(
        organization=conversation.organization, conversation=conversation, name="visits_book", state="waiting",
        arguments={"slot": "x", "name": "Ann", "email": "ann@example.com"},
    )  # fmt: skip
    pick = slot_ids.Pick(service, None, datetime(2030, 1, 8, 10, tzinfo=UTC))
    holds.hold(pick, conversation=conversation, call=call, now=NOW)
    return cards.add(conversation, "confirm", {"title": "Book?", "fields": asked(service, conversation)}, call=call)


def good(service: Service, **changes: str) -> dict[str, str]:
    values = {"Dog's name": "Barnaby", "Size": "Large", "Vaccinated": "yes"}
    return {"phone": "+49 30 123456", **{name_of(service, key): value for key, value in values.items()}, **changes}


def test_a_form_asks_what_the_service_says_in_order_and_not_what_is_known(conversation, service):
    fields = asked(service, conversation)
    assert [(field["label"], field["type"], field.get("optional", False)) for field in fields] == [
        ("Ihre Telefonnummer", "tel", False), ("Anmerkungen", "textarea", True), ("Dog's name", "text", False),
        ("Size", "select", False), ("Vaccinated", "checkbox", False), ("Weight in kg", "number", True),
    ]  # fmt: skip
    assert fields[3]["options"] == ["Small", "Large"]
    assert "phone" not in [field["name"] for field in asked(service, conversation, phone="+49 30 123456")]


@pytest.mark.parametrize(
    ("label", "value", "why"),
    [
        ("Dog's name", "", "Bitte füllen Sie dieses Feld aus."),
        ("Dog's name", "x" * 301, "Bitte verwenden Sie höchstens 300 Zeichen."),
        ("Size", "Huge", "Bitte wählen Sie eine der Möglichkeiten."),
        ("Vaccinated", "no", "Bitte kreuzen Sie dies an, um fortzufahren."),
        ("Weight in kg", "heavy", "Bitte geben Sie eine Zahl wie 2 oder 2,5 ein."),
    ],
)
def test_a_value_that_is_refused_says_where_and_why_and_nothing_typed_is_lost(card, service, label, value, why):
    name = name_of(service, label)
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(service, **{name: value})) is None
    card.refresh_from_db()
    wrong = {field["name"]: field["problem"] for field in card.content["fields"] if "problem" in field}
    assert (card.state, wrong) == ("open", {name: why})
    typed = {field["name"]: field.get("value") for field in card.content["fields"]}
    assert typed["phone"] == "+49 30 123456"
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(service)) is not None
    card.refresh_from_db()
    assert card.state == "answered"


@pytest.mark.parametrize("phone", ["12", "call me", "+49 30 12345x", "()()()"])
def test_a_phone_number_needs_digits(card, service, phone):
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(service, phone=phone)) is None
    card.refresh_from_db()
    assert card.content["fields"][0]["problem"].startswith("Bitte geben Sie eine Telefonnummer")


@pytest.mark.parametrize(
    "phone", ["+٤٩ ٣٠ ١٢٣٤٥٦", "\u202a+49\u00a030\u2011123456\u202c", "＋４９（３０）１２３４５６", "+४९ ३० १२३४५६"]
)
def test_a_phone_number_is_accepted_as_it_is_typed_and_pasted_and_kept_as_it_is_dialled(card, service, phone):
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(service, phone=phone)) is not None
    booked = appointments.confirm(Appointment.objects.get(), name="Ann", email="ann@example.com", phone=phone, now=NOW)
    assert booked.phone == "+49 30 123456"


@pytest.mark.parametrize(("typed", "kept"), [("١٢", "12"), ("２，５", "2,5"), ("۲٫۵", "2.5")])
def test_a_number_is_kept_in_digits_that_every_team_reads(card, service, typed, kept):
    given = good(service, **{name_of(service, "Weight in kg"): typed})
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", given) is not None
    assert form_fields.answered(Appointment.objects.get())[-1] == ("Weight in kg", kept)


def test_answers_are_read_on_the_receipt_and_by_the_team_and_never_mailed_to_an_address_that_was_typed(card, service):
    given = good(service, **{name_of(service, "Weight in kg"): "2,5"})
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", given) is not None
    card.call.refresh_from_db()
    assert card.call.arguments == {"slot": "x", "name": "Ann", "email": "ann@example.com", "phone": "+49 30 123456"}
    held = Appointment.objects.get()
    booked = appointments.confirm(held, name="Ann", email="ann@example.com", phone="+49 30 123456", now=NOW)
    expected = [("Dog's name", "Barnaby"), ("Size", "Large"), ("Vaccinated", "Yes"), ("Weight in kg", "2,5")]
    assert form_fields.answered(booked) == expected, "the team reads its own language"
    assert ["Size", "Large"] in receipts.receipt(booked, "confirmed")["lines"]
    assert "Dog's name: Barnaby" in emails.teams_email(booked, "confirmed").text
    assert "Barnaby" not in str(emails.visitors_email(booked, "confirmed"))
    again = {field["label"]: field.get("value") for field in asked(service, card.conversation)}
    assert (again["Dog's name"], again["Vaccinated"]) == ("Barnaby", "yes"), "the next time they are filled in"
    service.form_fields.all().delete()
    assert form_fields.answered(Appointment.objects.get()) == expected, "as they were asked"


GERMAN = {
    "Dog's name": {"label": "Name des Hundes", "help": "Wie er gerufen wird."},
    "Size": {"label": "Größe", "options": "Klein\nGroß"},
    "Vaccinated": {"label": "Geimpft"},
}


@pytest.fixture
def translated(service: Service) -> Service:
    for field in service.form_fields.all():
        field.translations = {"de": GERMAN.get(field.label, {})}
        field.save()
    return service


def test_fields_are_asked_and_answers_read_back_in_the_visitors_language(translated, card):
    german = asked(translated, card.conversation)[2:]
    assert [field["label"] for field in german] == ["Name des Hundes", "Größe", "Geimpft", "Weight in kg"]
    assert (german[0]["help"], german[1]["options"]) == ("Wie er gerufen wird.", ["Klein", "Groß"])
    size = name_of(translated, "Size")
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(translated)) is None, "as it was not offered"
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(translated, **{size: "Groß"})) is not None
    booked = appointments.confirm(Appointment.objects.get(), name="Ann", email="ann@example.com", now=NOW)
    shown = receipts.receipt(booked, "confirmed")["lines"]
    assert shown[-3:] == [["Name des Hundes", "Barnaby"], ["Größe", "Groß"], ["Geimpft", "Ja"]]
    text = emails.teams_email(booked, "confirmed").text
    assert "Size: Large" in text and "Vaccinated: Yes" in text and "Groß" not in text


def test_an_answer_is_filled_in_again_in_whatever_language_the_visitor_speaks_by_then(translated, card):
    size = name_of(translated, "Size")
    assert card_answers.answer(card.conversation, str(card.pk), "confirm", good(translated, **{size: "Groß"})) is not None
    appointments.confirm(Appointment.objects.get(), name="Ann", email="ann@example.com", now=NOW)
    for locale, value in (("de-AT", "Groß"), ("en-GB", "Large"), ("fr", "Large")):
        fields = form_fields.fields_of(translated, {}, card.conversation.visitor, locale)
        [field] = [field for field in fields if field["name"] == size]
        assert field["value"] == value and value in field["options"]


def test_options_whose_translation_is_incomplete_are_offered_as_they_stand(service):
    field = service.form_fields.get(label="Size")
    field.translations = {"de": {"options": "Klein"}}
    assert field.options_in("de") == ["Small", "Large"]


def test_what_was_answered_before_fields_had_translations_is_read_as_it_was():
    earlier = Appointment(answers=[{"field": 1, "label": "Size", "given": "Large", "value": "Large"}])
    assert form_fields.answered(earlier, by_visitor=True) == form_fields.answered(earlier) == [("Size", "Large")]


def test_a_field_of_another_service_is_not_answered_through_this_one(card, service, conversation):
    foreign = make.calendar(make.organization("Other")).services.get().form_fields.create(label="Theirs")
    assert form_fields.keep(card.call, {f"field-{foreign.pk}": "x", "field-": "y", "name": "Ann"}, "") == {"name": "Ann"}
    assert Appointment.objects.get().answers == []


@pytest.mark.parametrize(("kind", "options"), [("choice", ""), ("choice", "One"), ("text", "One\nTwo")])
def test_only_a_choice_has_options_and_two_of_them(kind, options):
    with pytest.raises(ValidationError):
        FormField(label="x", kind=kind, options=options).clean()


@pytest.mark.parametrize(("name", "most"), [("name", 120), ("reason", 300), ("field-1", 300)])
def test_what_would_not_be_kept_whole_is_refused_with_how_long_it_may_be(name: str, most: int) -> None:
    field = {"name": name, "type": "text"}
    assert form_fields.problems([field], {name: "x" * most}, "en") == {}
    assert form_fields.problems([field], {name: "x" * (most + 1)}, "en") == {name: f"Please use {most} characters at most."}
