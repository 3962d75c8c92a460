"""The row of each table that the others are copies of, made by the models."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone

from assistant.models import (
    Appointment,
    AppointmentNotice,
    AuditEntry,
    BusyTime,
    Card,
    Conversation,
    ConversationFile,
    ConversationNote,
    ConversationRead,
    Delivery,
    Document,
    Event,
    Feedback,
    Message,
    Method,
    Notice,
    NoticeText,
    Notification,
    OutsideCalendar,
    OutsideEntry,
    Passage,
    Provider,
    Question,
    Removal,
    Spending,
    StaffEvent,
    ToolCall,
    Turn,
    Usage,
    VoiceCall,
)  # fmt: skip
from tests import make
from tests.bench.growth.tables import DAYS


def pattern() -> Conversation:
    now = timezone.now()
    organization = make.organization(website="https://www.example.com", visitors_manage_data=True)
    assistant = make.assistant(organization, accepts_files=True)
    Provider.objects.create(organization=organization, name="Own", base_url="https://llm.example.com/v1", smart="big")
    method = Method.objects.create(organization=organization, name="look", kind="http", description="Looks.", risk="read")
    assistant.methods.add(method)
    document = Document.objects.create(organization=organization, title="Prices", state="ready", words_version=1)
    Passage.objects.create(document=document, position=0, text="It costs 5.", words="cost five")
    conversation = make.conversation(assistant, last_message_at=now, titled_at=now, last_seq=20_000, network="n")
    said = {"conversation": conversation, "seq": 1, "text": "When are you open?"}
    message = Message.objects.create(**said, role=Message.Role.VISITOR, client_id="c-1")
    turn = Turn.objects.create(conversation=conversation, message=message, state="done", deadline_at=now, ended_at=now)
    Event.objects.create(conversation=conversation, seq=1, type="message.added", message=message)
    call = ToolCall.objects.create(
        organization=organization,
        conversation=conversation,
        turn=turn,
        method=method,
        name="look",
        state="done",
        idempotency_key="call-0",
    )
    Card.objects.create(conversation=conversation, call=call, kind="receipt", state="closed")
    booked = make.pick(make.calendar(organization), now - timedelta(days=DAYS + 1))
    appointment = Appointment.objects.create(
        organization=organization,
        calendar=booked.calendar,
        service=booked.service,
        conversation=conversation,
        visitor=conversation.visitor,
        state="confirmed",
        start_at=booked.start_at,
        busy_from=booked.start_at,
        end_at=booked.start_at + timedelta(minutes=1),
        busy_until=booked.start_at + timedelta(minutes=1),
        timezone="UTC",
    )
    Delivery.objects.create(
        organization=organization,
        conversation=conversation,
        key="key-0",
        to="a@example.com",
        subject="Yours",
        text="Hello.",
        state="sent",
        sent_at=now,
    )
    Question.objects.create(
        organization=organization,
        conversation=conversation,
        key="0",
        text="Do you sell socks?",
        reason="unsure",
        state="answered",
        first_at=now,
        last_at=now,
    )
    Spending.objects.create(organization=organization, scope="visitor", subject="0", period="2026-01-01")
    Usage.objects.create(
        organization=organization,
        assistant=assistant,
        conversation=conversation,
        turn=turn,
        provider_name="Own",
        model="big",
        source="organization",
        health_key="k",
        task="reply",
        prompt_tokens=9,
        completion_tokens=9,
        first_token_ms=9,
        total_ms=9,
    )
    _beside(conversation, message, appointment)
    return conversation


def _beside(conversation: Conversation, message: Message, appointment: Appointment) -> None:
    """What comes with conversations and appointments, and what is written of staff."""
    now, organization = timezone.now(), conversation.organization
    user = get_user_model().objects.create_user("growth-pattern", "pattern@example.com", "x", is_staff=True)
    shown = NoticeText.objects.create(
        assistant=conversation.assistant, kind="disclosure", language="en", version=1, text="I am a program."
    )
    Notice.objects.create(conversation=conversation, text=shown)
    Notification.objects.create(
        organization=organization, user=user, conversation=conversation, event=StaffEvent.WAITING, key="told-0", state="sent"
    )
    AuditEntry.objects.create(
        organization=organization, by=user, by_name="growth-pattern", act="looked", model="conversation"
    )
    Removal.objects.create(organization=organization, reason="retention", finished_at=now)
    ConversationRead.objects.create(conversation=conversation, user=user, seq=1)
    ConversationNote.objects.create(conversation=conversation, by=user, text="Rang back.")
    ConversationFile.objects.create(
        organization=organization, conversation=conversation, message=message, name="a.png", size=9000, state="ready"
    )
    VoiceCall.objects.create(
        organization=organization, conversation=conversation, state="ended", model="voice", health_key="k", seconds=60,
        ended_at=now,
    )  # fmt: skip
    until = appointment.start_at + timedelta(hours=24)
    AppointmentNotice.objects.create(appointment=appointment, name="reminder:24", covers_until=until)
    Feedback.objects.create(appointment=appointment, score=5)
    outside = OutsideCalendar.objects.create(
        organization=organization, calendar=appointment.calendar, name="Own", kind="caldav", writes_bookings=True,
        next_read_at=now + timedelta(days=1),
    )  # fmt: skip
    OutsideEntry.objects.create(outside=outside, appointment=appointment, wanted=1, written=1)
    BusyTime.objects.create(
        source=outside, calendar=appointment.calendar, start_at=appointment.start_at, end_at=appointment.end_at
    )
