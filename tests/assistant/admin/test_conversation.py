"""What staff are told of a conversation is what the visitor finds."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistant.admin.conversations import HasFilter, transcript
from assistant.models import Conversation, Delivery, Message
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.sessions import open_session
from assistant.services.methods import ledger
from tests import make
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db


def test_closing_a_conversation_tells_staff_what_the_visitor_sees_and_can_do():
    assistant = make.assistant()
    session = open_session(assistant, make.ORIGIN)
    boss = entered(User.objects.create_superuser("boss"))
    page = boss.post(f"/admin/assistant/conversation/{session.conversation.pk}/close/", follow=True).content.decode()
    assert "Conversation closed. The visitor sees that it has ended, and can start a new one." in page
    shown = resume_session(Conversation.objects.get(), 0)
    assert shown.conversation["state"] == "closed"
    new = open_session(assistant, make.ORIGIN, token=session.token)
    assert new.conversation != session.conversation and new.conversation.visitor == session.conversation.visitor


def test_a_transcript_reads_the_calls_and_messages_of_its_conversation_alone():
    talk = make.conversation()
    later = make.conversation(talk.assistant)
    message = append_message(talk, Message.Role.VISITOR, "Book it, please.")
    turn = begin_turn(message)
    call = ledger.write(talk.organization, "book", {}, conversation=talk, place=ledger.Place(turn, 1, 0))
    # Of an appointment that another conversation is about by now.
    Delivery.objects.create(organization=talk.organization, conversation=later, call=call, key="k", to="a@example.com")
    with CaptureQueriesContext(connection) as asked:
        [exchange] = transcript(talk)
    [shown] = exchange.turns[0].tool_calls.all()
    assert [sent.key for sent in shown.deliveries.all()] == ["k"]
    found = [sql["sql"] for sql in asked if 'FROM "assistant_toolcall"' in sql["sql"] or 'FROM "assistant_del' in sql["sql"]]
    assert len(found) == 2 and all('"assistant_toolcall"."conversation_id" = ' in sql for sql in found)


@pytest.mark.parametrize("happened", sorted(HasFilter.found))
def test_a_filter_by_what_happened_reads_what_happened_once_for_all_conversations(happened: str):
    boss = entered(User.objects.create_superuser("boss"))
    with CaptureQueriesContext(connection) as asked:
        assert boss.get(f"/admin/assistant/conversation/?happened={happened}").status_code == 200
    [counted] = [sql["sql"] for sql in asked if sql["sql"].startswith("SELECT COUNT(*) FROM (SELECT")]
    assert " IN (SELECT " in counted
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {counted}")
            assert not any("CORRELATED" in step[3] for step in cursor.fetchall())
