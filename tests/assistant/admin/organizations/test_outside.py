"""What staff set of the chat on a page before it is opened."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from assistant.admin.organizations.install import script_tag
from assistant.models import Assistant
from tests import make
from widget.views.api import presentation

pytestmark = pytest.mark.django_db


def test_without_any_of_it_the_tag_asks_for_nothing_and_the_settings_say_nothing() -> None:
    assistant = make.assistant()
    assert script_tag(assistant).endswith('data-look="#0f766e right"></script>')
    assert not {"outside", "teaser", "launcher_label", "page_messages", "office"} & set(presentation(assistant))


def test_what_is_set_reaches_the_page_and_marks_the_tag() -> None:
    assistant = make.assistant(
        launcher_label="Questions?", offset_y=80, phone_position="left", hide_on="/checkout*\n\n", sound=True,
        teaser="Hello", teaser_after=0, translations={"de": {"teaser": "Hallo"}},
    )  # fmt: skip
    assert script_tag(assistant).endswith('data-look="#0f766e right more"></script>')
    shown = presentation(assistant)
    assert (shown["launcher_label"], shown["teaser"], shown["texts"]["de"]["teaser"]) == ("Questions?", "Hello", "Hallo")
    assert shown["outside"] == {
        "phone_position": "left", "offset": [None, 80], "hide_on": ["/checkout*"], "teaser_after": 0,
        "teaser_on_exit": False, "sound": True,
    }  # fmt: skip


def test_a_text_on_the_button_alone_is_enough_for_the_page_to_ask() -> None:
    assistant = make.assistant(launcher_label="Questions?")
    assert presentation(assistant)["outside"] == {} and "more" in script_tag(assistant)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("show_on", "prices"),
        ("hide_on", "/a /b"),
        ("show_on", "/p\n" * 51),
        ("page_messages", "/prices"),
        ("page_messages", "Hello there"),
        ("page_messages", "/prices " + "x" * 161),
        ("offset_x", 1000),
        ("z_index", 2**31),
        ("teaser_after", 601),
    ],
)
def test_what_a_page_could_not_follow_is_refused_where_it_is_saved(field: str, text: object) -> None:
    assistant = make.assistant()
    setattr(assistant, field, text)
    with pytest.raises(ValidationError) as refused:
        assistant.full_clean()
    assert set(refused.value.message_dict) == {field}


def test_paths_and_invitations_in_their_form_are_accepted() -> None:
    assistant = make.assistant(show_on="/help/*\r\n*/faq", page_messages="/prices* Shall I work it out?\n\n/ Hello")
    assistant.full_clean()


def test_the_admins_page_saves_them_and_their_texts_in_each_language(admin_client: Client) -> None:
    assistant = make.assistant()
    address = reverse("admin:assistant_assistant_change", args=[assistant.pk])
    page = admin_client.get(address)
    form = page.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    values |= {"teaser": "Hello", "teaser_de": "Hallo", "offset_x": "24", "show_on": "/help/*"}
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    answer = admin_client.post(address, {**sent, "methods": []})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    saved = Assistant.objects.get(pk=assistant.pk)
    assert (saved.teaser, saved.translations["de"]["teaser"], saved.offset_x, saved.show_on) == (
        "Hello",
        "Hallo",
        24,
        "/help/*",
    )
    assert "copy it once more" in page.content.decode()
