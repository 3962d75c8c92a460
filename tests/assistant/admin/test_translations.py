"""Texts for visitors in each language, as staff write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.utils.translation import get_language_info

from assistant.engine.grammars import STATEMENTS
from assistant.models import Assistant, Membership, Method, Service
from assistant.sentences import CATALOGUES
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered, fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant(greeting="Hello from Leeds", translations={"xx": {"greeting": "kept"}})


@pytest.fixture
def editor(assistant: Assistant) -> Client:
    return entered(member(assistant.organization, Membership.Role.EDITOR, "ed"))


def test_staff_write_a_greeting_in_each_language_and_take_it_back(assistant: Assistant, editor: Client) -> None:
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    written = {**fields_of(editor, address), "greeting_de": "Hallo!", "starters_ar": "متى؟\n\nأين؟", "disclosure_fr": " "}
    assert editor.post(address, written).status_code == 302
    assistant.refresh_from_db()
    assert assistant.greeting == "Hello from Leeds"
    assert {language: set(texts) for language, texts in assistant.translations.items()} == {
        "xx": {"greeting"},
        "de": {"greeting"},
        "ar": {"starters"},
    }
    assert assistant.texts["ar"]["starters"] == ["متى؟", "أين؟"]
    form = fields_of(editor, address)
    assert form["greeting_de"] == "Hallo!"
    assert editor.post(address, {**form, "greeting_de": ""}).status_code == 302
    assistant.refresh_from_db()
    assert "de" not in assistant.translations and "xx" in assistant.translations


def test_a_text_that_is_too_long_is_refused_beside_its_field(assistant: Assistant, editor: Client) -> None:
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    answer = editor.post(address, {**fields_of(editor, address), "greeting_es": "x" * 301})
    assert answer.status_code == 200 and "greeting_es" in answer.context["adminform"].form.errors


def test_viewers_are_shown_no_empty_fields(assistant: Assistant) -> None:
    viewer = entered(member(assistant.organization, Membership.Role.VIEWER, "vi"))
    body = viewer.get(f"/admin/assistant/assistant/{assistant.pk}/change/").content.decode()
    assert "Hello from Leeds" in body and CATALOGUES["de"].name not in body


def test_a_methods_label_is_written_in_each_language(assistant: Assistant, editor: Client) -> None:
    method = Method.objects.create(
        organization=assistant.organization,
        name="person",
        kind="handoff",
        description="Fetches a person.",
        public_label="Fetching somebody…",
    )
    address = f"/admin/assistant/method/{method.pk}/change/"
    written = {**fields_of(editor, address), "public_label_de": "Ich hole jemanden…"}
    assert editor.post(address, written).status_code == 302
    method.refresh_from_db()
    assert method.translations == {"de": {"public_label": "Ich hole jemanden…"}}
    assert [method.public_label_in(locale, "en") for locale in ("de-CH", "en", "fr")] == [
        "Ich hole jemanden…",
        "Fetching somebody…",
        "",
    ]


def test_a_kind_that_labels_each_of_its_tools_asks_for_no_label(assistant: Assistant, editor: Client) -> None:
    calendar = make.calendar(assistant.organization)
    method = Method.objects.create(
        organization=assistant.organization,
        name="visit",
        kind="appointment",
        description="Books.",
        config={"calendar": calendar.pk},
        public_label="kept",
        translations={"de": {"public_label": "bleibt"}},
    )
    address = f"/admin/assistant/method/{method.pk}/change/"
    form = fields_of(editor, address)
    assert not [name for name in form if name.startswith("public_label")]
    assert editor.post(address, {**form, "config-calendar": calendar.pk}).status_code == 302
    method.refresh_from_db()
    assert (method.public_label, method.translations) == ("kept", {"de": {"public_label": "bleibt"}})


def field_row(**fields: str) -> dict[str, object]:
    typed = {f"form_fields-0-{name}": value for name, value in {"kind": "text", "order": "0", **fields}.items()}
    return {**rows_of("form_fields", 1, 0), **rows_of("offerings", 0, 0), **typed}


def rows_of(prefix: str, total: int, initial: int) -> dict[str, object]:
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}


@pytest.fixture
def service(assistant: Assistant) -> Service:
    return make.calendar(assistant.organization).services.get()


def test_a_field_of_the_booking_form_is_written_in_every_language(service: Service, editor: Client) -> None:
    address = f"/admin/assistant/service/{service.pk}/change/"
    texts = {f"label_{language}": f"Size in {language}" for language in CATALOGUES}
    row = field_row(label="Size", kind="choice", options="S\nL", options_de="Klein\nGroß", help_fr="Au choix", **texts)
    assert editor.post(address, {**fields_of(editor, address), **row}).status_code == 302
    field = service.form_fields.get()
    assert {language: field.text_in("label", f"{language}-XX") for language in CATALOGUES} == {
        language: f"Size in {language}" for language in CATALOGUES
    }
    assert (field.options_in("de"), field.options_in("fr")) == (["Klein", "Groß"], ["S", "L"])
    assert (field.text_in("help", "fr"), field.text_in("help", "de")) == ("Au choix", "")
    assert field.text_in("label", "fi") == "Size in en", "the rest of what they read is in English as well"
    [row] = editor.get(address).context["inline_admin_formsets"][1].formset.initial_forms
    shown = {bound.html_name: bound.value() for bound in row if bound.value() is not None}
    assert shown["form_fields-0-options_de"].split() == ["Klein", "Groß"]
    counted = {**rows_of("form_fields", 1, 1), **rows_of("offerings", 0, 0)}
    changed = {**fields_of(editor, address), **shown, **counted, "form_fields-0-label_de": ""}
    assert editor.post(address, changed).status_code == 302
    assert list(service.form_fields.get().translations["de"]) == ["options"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"options": "S\nL", "kind": "choice", "options_de": "Klein"}, "These are 1 of 2 options in Deutsch."),
        ({"options": "S\nL", "kind": "choice", "options_de": "Eins\nEins"}, "These are 1 of 2 options in Deutsch."),
        ({"options_de": "Klein\nGroß"}, "Only a choice has options. Leave this empty."),
    ],
)
def test_translated_options_are_as_many_as_there_are(service: Service, editor: Client, row, why) -> None:
    address = f"/admin/assistant/service/{service.pk}/change/"
    answer = editor.post(address, {**fields_of(editor, address), **field_row(label="Size", **row)})
    [errors] = answer.context["inline_admin_formsets"][1].formset.errors
    assert list(errors) == ["options_de"] and errors["options_de"][0].startswith(why)
    fieldsets = list(next(iter(answer.context["inline_admin_formsets"][1])))
    assert not any(one.is_collapsible for one in fieldsets), "the error is seen"
    assert not service.form_fields.exists()


def test_a_new_language_has_its_fields_without_more(
    assistant: Assistant, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUES, "eo", replace(CATALOGUES["en"], name="Esperanto"))
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    assert "Esperanto" in editor.get(address).content.decode()
    assert editor.post(address, {**fields_of(editor, address), "greeting_eo": "Saluton!"}).status_code == 302
    assistant.refresh_from_db()
    assert assistant.texts["eo"]["greeting"] == "Saluton!"


def test_default_texts_are_translated_into_every_language() -> None:
    untouched = Assistant()
    assert {language: set(texts) for language, texts in untouched.texts.items()} == {
        language: {"greeting", "disclosure"} for language in CATALOGUES if language != "en"
    }
    assert untouched.texts["de"]["greeting"] == CATALOGUES["de"].labels["greeting"]
    assert Assistant(greeting="Moin", disclosure="").texts == {}


@pytest.mark.parametrize("typed", ["german", "d", "xx", "de-", "deutsch-DE"])
def test_what_is_no_language_of_the_widget_is_refused_with_those_that_are(assistant, editor, typed) -> None:
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    page = editor.post(address, {**fields_of(editor, address), "locale": typed}).content.decode()
    assert f"{typed} is not a language of the widget" in page and "ar, de, en, es, fr, " in page
    assistant.refresh_from_db()
    assert assistant.locale == "en"


@pytest.mark.parametrize("typed", ["he", "de-CH", "pt_BR", "zh-Hant-TW"])
def test_a_language_is_taken_with_and_without_its_region(assistant, editor, typed) -> None:
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    assert editor.post(address, {**fields_of(editor, address), "locale": typed}).status_code == 302
    assistant.refresh_from_db()
    assert assistant.locale == typed


def test_the_page_says_in_which_languages_claims_are_checked_most_thoroughly(assistant, editor) -> None:
    page = editor.get(f"/admin/assistant/assistant/{assistant.pk}/change/").content.decode()
    said = page.partition("patterns know the usual wordings; in ")[2].partition(", any other")[0]
    assert said.split(", ") == sorted(get_language_info(language)["name"] for language in STATEMENTS)


def test_a_fifth_suggested_question_is_refused_rather_than_dropped(editor, assistant):
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    fields = fields_of(editor, address)
    for name in ("starters", "starters_de"):
        answer = editor.post(address, {**fields, name: "One?\nTwo?\n\nThree?\nFour?\nFive?"})
        assert answer.status_code == 200 and "at most 4 suggested questions" in answer.content.decode()
    assert editor.post(address, {**fields, "starters": "One?\nTwo?\n\nThree?\nFour?\n"}).status_code == 302
