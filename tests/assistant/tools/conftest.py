"""The counted kind, registered, and the rows around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django import forms

from assistant.models import Assistant, Conversation, Message, Method, Turn
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.tools import KINDS
from assistant.tools.kind import Kind, Operation
from tests import make

from .acts import Acts


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> Acts:
    counted = Acts()
    operation = Operation(counted.run, effects=frozenset({"done"}), seconds=lambda method: 1.0)
    monkeypatch.setitem(KINDS, "counted", Kind("Counted", "Counts.", "bolt", forms.Form, (operation,)))
    monkeypatch.setitem(
        KINDS,
        "harmless",
        Kind(
            "Harmless",
            "Counts.",
            "bolt",
            forms.Form,
            (Operation(counted.run, idempotent=True, seconds=lambda m: 1.0),),
        ),
    )
    return counted


ONE_TEXT = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 50}}, "required": ["text"]}


@pytest.fixture
def method(db: object) -> Callable[..., Method]:
    def made(of: Assistant, name: str = "do_it", **fields: Any) -> Method:
        defaults: dict[str, Any] = {"kind": "counted", "description": "Does it.", "parameters": ONE_TEXT}
        row = Method.objects.create(organization=of.organization, name=name, **{**defaults, **fields})
        of.methods.add(row)
        return row

    return made


@pytest.fixture
def talk(db: object) -> Conversation:
    return make.conversation()


@pytest.fixture
def conversation(db: object) -> Conversation:
    """A visitor of a practice whose assistant books appointments."""
    conversation = make.conversation(make.assistant(make.organization(team_email="team@example.com")))
    calendar = make.calendar(conversation.organization, name="Check-up")
    method = Method.objects.create(
        organization=conversation.organization,
        name="appointment",
        kind="appointment",
        config={"calendar": calendar.pk},
        description="Appointments at our practice.",
    )
    conversation.assistant.methods.add(method)
    return conversation


@pytest.fixture
def turn(talk: Conversation) -> Turn:
    message = append_message(talk, Message.Role.VISITOR, "Hello")
    begun = begin_turn(message)
    return Turn.objects.select_related("conversation__assistant__organization", "conversation__visitor").get(pk=begun.pk)
