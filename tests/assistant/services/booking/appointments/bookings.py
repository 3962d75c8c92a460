"""Calls that hold times and book them."""

from __future__ import annotations

from datetime import UTC, datetime

from assistant.models import Appointment, Conversation, ToolCall
from assistant.services.booking.appointments import appointments, holds
from tests import make

NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)


def call_of(conversation: Conversation) -> ToolCall:
    number = ToolCall.objects.count()
    return ToolCall.objects.create(
        organization=conversation.organization, conversation=conversation, name="book", idempotency_key=str(number)
    )


def held(calendar, conversation, start_at=NINE, now=NOW, **fields) -> Appointment:
    return holds.hold(make.pick(calendar, start_at), conversation=conversation, now=now, **fields)


def booked(calendar, conversation, start_at=NINE, now=NOW, email="ann@example.com", **fields) -> Appointment:
    hold = held(calendar, conversation, start_at, now, call=call_of(conversation))
    return appointments.confirm(hold, name="Ann", email=email, now=now, **fields)
