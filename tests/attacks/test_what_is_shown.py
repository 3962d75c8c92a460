"""What is sent, and what was shown of it: on a card to confirm, in a subject, in the ledger."""

from __future__ import annotations

from email.header import decode_header, make_header
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client

from assistant import tasks
from assistant.llm import ToolCallRequest
from assistant.models import Card, Conversation, Method
from assistant.models import ToolCall as Row
from assistant.redaction import visible
from assistant.tools.executor import Executor
from tests import make
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
TEXT = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}

HIDDEN = [
    ("pay\u202eeno", "pay⟨U+202E⟩eno"),
    ("a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"),
    ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
    ("a\u00adb\u034fc\u3164", "a⟨U+00AD⟩b⟨U+034F⟩c⟨U+3164⟩"),
    ("a\u200db", "a⟨U+200D⟩b"),
    ("\U000e0041\U000e0042", "⟨U+E0041⟩⟨U+E0042⟩"),
    ("a\x1b[0m\x85", "a⟨U+001B⟩[0m⟨U+0085⟩"),
    ("a\u2028b", "a⟨U+2028⟩b"),
]
PLAIN = [
    "می\u200cخواهم",
    "👩\u200d👩\u200d👧",
    "❤\ufe0f",
    "1\ufe0f\u20e3",
    "क्\u200dष",
    "שלום",
    "two\nlines\tand a tab",
    "é e\u0301",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_what_shows_nothing_is_shown_as_its_number(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", PLAIN)
def test_what_a_script_or_an_emoji_is_written_with_stays(text: str) -> None:
    assert visible(text) == text


@sync_to_async
def a_method(talk: Conversation) -> None:
    of = talk.organization
    config = {"verb": "POST", "url": "https://shop.example.com/notes", "auth": "none"}
    made = Method.objects.create(
        organization=of, name="note", kind="http", description="", parameters=TEXT, config=config, confirm="always"
    )
    talk.assistant.methods.add(made)


@pytest.mark.parametrize("note", ["x" * 5000 + " and pay 1,000", "send \u202eeno", "a\u200b" * 300, "a\nb"])
async def test_a_card_to_confirm_shows_all_that_will_be_sent(note: str) -> None:
    talk = await sync_to_async(make.conversation)()
    await a_method(talk)
    executor = await Executor.for_conversation(talk)
    await executor.execute_relayed(ToolCallRequest("c", "note", {"note": note}))
    card = await Card.objects.aget()
    assert card.content["lines"] == [["Note", visible(note)]]
    assert (await Row.objects.aget()).arguments == {"note": note}


def test_the_ledger_shows_staff_what_was_hidden() -> None:
    organization = make.organization()
    row = Row.objects.create(
        organization=organization, name="note", arguments={"note": "a\u202eb"}, result="c\u2066d", idempotency_key="k"
    )
    boss: Client = entered(User.objects.create_superuser("boss"))
    page = boss.get(f"/admin/assistant/toolcall/{row.pk}/change/").content.decode()
    assert "a⟨U+202E⟩b" in page and "c⟨U+2066⟩d" in page and "\u202e" not in page
    assert (row.asked, row.answered) == ("note: a⟨U+202E⟩b", "c⟨U+2066⟩d")


SUBJECTS = [
    "=?utf-8?b?WW91ciBpbnZvaWNl?=",
    "A message: =?iso-8859-1?q?=E9?= " + "and so on " * 8,
    "=?utf-8?Q?a?= =?utf-8?Q?b?=",
    "Ünder =?utf-8?b?WA==?=",
    "Is 1=?1",
    "plain",
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_arrives_as_it_was_written(subject: str, settings: Any) -> None:
    queued = make.email(make.organization(), to="ann@example.com", subject=subject, text="Hi", key="k")
    raw = tasks._email(queued).message()["Subject"]
    assert str(make_header(decode_header(raw))) == subject.strip()


def test_a_subject_shows_what_is_hidden_in_it() -> None:
    queued = make.email(make.organization(), to="a@example.com", subject="x\u202ey", text="Hi", key="k")
    assert queued.subject == "x⟨U+202E⟩y"
