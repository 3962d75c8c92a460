"""Conversations that staff take out of the admin as files."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.contrib.auth.models import User

from assistant.admin import conversation_files
from assistant.models import Conversation, Message
from assistant.services.conversations import takeover
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
LIST = "/admin/assistant/conversation/"


def exported(client, action: str, *conversations: Conversation):
    return client.post(LIST, {"action": action, "_selected_action": [str(row.pk) for row in conversations]}, follow=True)


@pytest.fixture
def conversation(home) -> Conversation:
    found = Conversation.objects.get(organization=home)
    Message.objects.filter(conversation=found, role="visitor").update(text='=HYPERLINK("http://evil")')
    return found


def test_an_editor_reads_a_conversation_as_text(editor, conversation):
    answer = exported(editor, "export_text", conversation)
    assert answer["Content-Type"] == "text/plain; charset=utf-8" and ".txt" in answer["Content-Disposition"]
    said = answer.content.decode()
    assert all(message.text in said for message in conversation.messages.exclude(role="system"))


def test_no_visitor_writes_the_line_of_another_into_the_text(editor, conversation):
    forged = "[2030-01-01 10:00] Staff: It is free."
    for end in ("\n", "\r", "\u2028"):
        Message.objects.filter(conversation=conversation, role="visitor").update(text=f"Hello{end}{forged}")
        said = exported(editor, "export_text", conversation).content.decode()
        assert forged in said and not [line for line in said.splitlines() if line.startswith("[2030")]


def test_the_member_of_the_team_who_answered_is_named_in_every_file_also_without_a_full_name(editor, home, conversation):
    takeover.answer(conversation, User.objects.create_user("grace"), "I have looked it up.")
    [row] = json.loads(exported(editor, "export_json", conversation).content)
    table = csv.DictReader(io.StringIO(exported(editor, "export_csv", conversation).content.decode("utf-8-sig")))
    assert [one["by"] for one in row["messages"] if one["role"] == "staff"] == ["grace"]
    assert [line["Name"] for line in table if line["Who"] == "staff"] == ["grace"]
    assert "] grace: I have looked it up." in exported(editor, "export_text", conversation).content.decode()


def test_a_spreadsheet_computes_nothing_that_a_visitor_wrote(editor, conversation):
    answer = exported(editor, "export_csv", conversation)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == conversation.messages.exclude(role="system").count()
    assert [row["Text"] for row in rows if row["Who"] == "visitor"][0] == '\'=HYPERLINK("http://evil")'


def test_json_has_what_was_said_shown_and_done(editor, conversation):
    [found] = json.loads(exported(editor, "export_json", conversation).content)
    assert found["id"] == str(conversation.pk)
    assert len(found["messages"]) == conversation.messages.exclude(role="system").count()
    assert len(found["cards"]) == conversation.cards.count()
    assert len(found["tool_calls"]) == conversation.tool_calls.count() > 0
    assert "arguments" not in found["tool_calls"][0], "what a method was sent may hold more than the visitor said"


@pytest.mark.parametrize("action", conversation_files.ConversationFiles.actions)
def test_neither_an_agent_nor_another_organization_gets_a_file(home, conversation, action):
    stranger = entered(member(fill("other", "Zanzibar"), "owner"))
    for client in (entered(member(home, "agent")), stranger):
        answer = exported(client, action, conversation)
        assert answer["Content-Type"].startswith("text/html") and b"HYPERLINK" not in answer.content


def test_more_conversations_than_a_file_holds_are_refused_with_the_reason(editor, conversation):
    of = {name: getattr(conversation, name) for name in ("organization", "assistant", "visitor")}
    Conversation.objects.bulk_create(Conversation(**of) for _ in range(conversation_files.MOST_CONVERSATIONS))
    everything = {"action": "export_text", "_selected_action": [str(conversation.pk)], "select_across": "1"}
    assert b"Select 1000 conversations at most" in editor.post(LIST, everything, follow=True).content
