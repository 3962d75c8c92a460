"""Names that nobody can see are refused wherever one is entered; scripts and emojis that need such characters are not."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.test import Client

from assistant.admin.accounts.invitations import SignUpForm
from assistant.errors import InputError
from assistant.models import Invitation, Organization, Tag
from assistant.models.names import NameField, validate_name
from assistant.redaction import shows_something
from assistant.services.conversations import inbox
from tests import make
from tests.assistant.admin.test_first_setup import as_shown
from tests.assistant.admin.test_repeated_forms import FORMS, page_of
from tests.assistant.admin.test_scoping import entered

INVISIBLE = [
    "\u200b", "\u200d\u200d", "\u2800", "\u202e\u202c", "\u2067\u2069", "\u00ad", "\u0301", "\u0301\u20dd", "\u3164",
    "\u115f\u1160", "\uffa0", "\ufeff", "\u2060", "\ufe0f", "\U000e0041", "\u034f", "\u180e", "\u17b4", "\u00a0\u3000\u2003",
    " \u200b \u2800 ", "\u2028",
]  # fmt: skip
SEEN = [
    "Mia", "#1", "…", "美容室", "क्‍ष", "می‌خواهم", "👩‍⚕️", "❤️", "🇩🇪", "1️⃣", "e\u0301", "한국", "\u200bMia",
    "🏴\U000e0067\U000e0062\U000e007f",
    "שָׁלוֹם", "\U0001fadf",  # an emoji of a later Unicode
]  # fmt: skip
# Names of rows by which nobody recognises anything: of the system, of visitors, or of a fixed form.
OTHERWISE = {
    "Appointment.name", "AuditEntry.by_name", "AuditEntry.name", "AppointmentNotice.name", "Conversation.title",
    "ConversationFile.name", "DocumentFile.name", "Notification.title", "Passage.title", "ProviderHealth.name",
    "Usage.provider_name", "Visitor.name", "VoiceCall.provider_name", "ToolCall.name", "Method.name",
    "VisitorAttribute.name", "Assistant.voice_name", "OutsideCalendar.username",
}  # fmt: skip


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_a_text_of_invisible_characters_shows_nothing(text: str) -> None:
    assert not shows_something(text)


@pytest.mark.parametrize("text", SEEN, ids=ascii)
def test_a_text_in_any_script_with_what_it_is_written_with_is_a_name(text: str) -> None:
    assert shows_something(text)
    validate_name(text)


def test_every_name_that_staff_enter_is_of_a_field_that_refuses_what_nobody_sees() -> None:
    named = {
        f"{model.__name__}.{field.name}": field
        for model in apps.get_app_config("assistant").get_models()
        for field in model._meta.fields
        if isinstance(field, models.CharField) and field.name.endswith(("name", "title", "label"))
    }
    assert {name for name, field in named.items() if not isinstance(field, NameField)} == OTHERWISE


# --- Where names are entered ------------------------------------------------------------------------------------------


@pytest.fixture
def home(db: None) -> Organization:
    return make.organization()


@pytest.fixture
def boss(db: None) -> Client:
    return entered(User.objects.create_superuser("boss"))


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize("model", [name for name in FORMS if name not in ("invitation", "method")])
@pytest.mark.parametrize("text", ["\u200b", "\u2800"], ids=ascii)
def test_a_form_refuses_a_name_that_nobody_sees_beside_its_field(boss: Client, home: Organization, model, text) -> None:
    query, filled = FORMS[model]
    name = "title" if model == "document" else "name"
    address = page_of(model, query)
    form = as_shown(boss, address) | {"organization": home.pk, **filled, name: text}
    said = errors_of(boss.post(address, form))
    assert set(said) <= {name, "address", "secret"} and "Nobody could see this" in said[name][0]
    # Secrets are never shown, and so asked for again.
    assert {"\u200b": "ZERO WIDTH SPACE", "\u2800": "BRAILLE PATTERN BLANK"}[text] in said[name][0]


def test_the_set_up_refuses_names_that_nobody_sees(boss: Client, home: Organization) -> None:
    steps = f"/admin/assistant/organization/{home.pk}/first-run/"
    asked = [
        (f"{steps}organization/", {"name": "\u3164", "timezone": "UTC"}, "name"),
        (f"{steps}assistant/", {"name": "\u200d", "locale": "en", "accent": "#0f766e"}, "name"),
        (f"{steps}services/", {"day_0": "9-17", "name_0": "\u202e", "minutes_0": 30}, "name_0"),
    ]
    for address, form, field in asked:
        assert "Nobody could see this" in boss.post(address, form).context["form"].errors[field][0]


def test_people_have_names_that_can_be_seen(boss: Client, home: Organization) -> None:
    address = "/admin/auth/user/add/"
    form = as_shown(boss, address) | {"password1": "correct-horse-9", "password2": "correct-horse-9"}
    assert list(errors_of(boss.post(address, {**form, "username": "\u3164"}))) == ["username"]  # a letter, to Django
    user = User.objects.create_user("kim")
    address = f"/admin/auth/user/{user.pk}/change/"
    said = errors_of(boss.post(address, as_shown(boss, address) | {"first_name": "\u2800", "last_name": "\u200b"}))
    assert list(said) == ["first_name", "last_name"]
    given = {"first_name": "\u115f", "password": "correct-horse-battery", "again": "correct-horse-battery"}
    assert list(SignUpForm(Invitation(organization=home, email="a@example.com"), given).errors) == ["first_name"]


def test_the_inbox_makes_no_tag_that_nobody_sees(home: Organization) -> None:
    talk = make.conversation(make.assistant(home))
    with pytest.raises(InputError, match="Enter a tag"):
        inbox.add_tag(talk, "\u200b")
    assert not Tag.objects.exists()
