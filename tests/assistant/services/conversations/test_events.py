"""Durable events: recorded, announced, and rendered from their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import transaction

from assistant import events
from assistant.services.conversations.events import record_event, render_event, resume_session
from assistant.services.conversations.messages import post_message
from tests import make

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Waved(events.WidgetEvent):
    type: ClassVar[str] = "visitor.waved"
    durable: ClassVar[bool] = True
    from_row: ClassVar[Mapping[str, str]] = {"message": "message_id"}
    seq: int
    message: str
    hand: str


def test_a_new_durable_event_needs_its_class_alone_to_be_rendered_and_read_back(monkeypatch):
    monkeypatch.setitem(events.EVENTS, Waved.type, Waved)
    talk = make.conversation()
    message = post_message(talk, "m-1", "Hello").message
    with transaction.atomic():
        row = record_event(talk, "visitor.waved", message=message, data={"hand": "left"})
    assert render_event(row) == Waved(row.seq, str(message.pk), "left")
    shown = {"type": "visitor.waved", "seq": row.seq, "message": str(message.pk), "hand": "left"}
    assert resume_session(talk, row.seq - 1).events == [shown]


def test_every_class_of_an_event_is_in_the_table_and_each_durable_one_can_be_rendered():
    assert {"message.added", "turn.ended", "pong"} <= events.EVENTS.keys()
    assert not {"", "reply.ended"} & events.EVENTS.keys()  # the base, and what the engine alone says
    for event in events.EVENTS.values():
        assert set(event.from_row) <= event.__dataclass_fields__.keys()
        assert not event.durable or "seq" in event.__dataclass_fields__
