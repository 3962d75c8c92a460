"""A visitor and a calendar to book."""

from __future__ import annotations

import pytest

from assistant.models import Calendar, Conversation
from tests import make


@pytest.fixture
def conversation() -> Conversation:
    organization = make.organization(team_email="team@example.com")
    return make.conversation(make.assistant(organization))


@pytest.fixture
def calendar(conversation: Conversation) -> Calendar:
    return make.calendar(conversation.organization, location="12 High Street")
