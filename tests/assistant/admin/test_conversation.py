"""What staff are told of a conversation is what the visitor finds."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from assistant.models import Conversation
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.sessions import open_session
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
