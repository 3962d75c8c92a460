"""An organization with a row of everything that staff can see, and one word in every text of it."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from assistant.models import (
    Appointment,
    Assistant,
    AuditEntry,
    Budget,
    Calendar,
    CalendarAccount,
    CalendarFeed,
    CannedReply,
    Conversation,
    Delivery,
    Document,
    IdentityKey,
    Invitation,
    Membership,
    MessageChannel,
    MessageTemplate,
    Method,
    OAuthClient,
    Organization,
    OutsideCalendar,
    Price,
    Provider,
    Question,
    RefusedOrigin,
    Removal,
    Replay,
    Service,
    TeamWebhook,
    ToolCall,
    Turn,
    Usage,
    Visitor,
    VisitorAttribute,
)
from assistant.services.booking.invitations import receipts
from assistant.services.conversations import cards
from assistant.services.conversations.messages import append_message
from assistant.services.knowledge import documents

ORIGIN = "https://www.example.com"
METHOD_SECRET = "mtd-4b1d7c-do-not-show-9f"
PROVIDER_SECRET = "prv-77aa01-do-not-show-3c"


def fill(slug: str, word: str) -> Organization:
    """`word` stands in every text that staff of this organization may read, and nowhere else."""
    home = Organization.objects.create(
        name=f"{word} Ltd", slug=slug, website=ORIGIN, allowed_origins=ORIGIN, team_email=f"{slug}-team@example.com"
    )
    calendar = Calendar.objects.create(organization=home, name=f"{word} chair", location=word)
    calendar.hours.create(weekday=0, opens=time(9), closes=time(17))
    service = Service.objects.create(organization=home, name=f"{word} cut", description=word, location=word)
    service.offerings.create(calendar=calendar, price=word)
    service.form_fields.create(label=word, kind="choice", options=word, help=word)
    MessageTemplate.objects.create(organization=home, message="reminder", subject=word, text=word)
    calendar.special_hours.create(
        first_day=date(2030, 12, 27), last_day=date(2030, 12, 27), opens=time(9), closes=time(12), reason=word
    )
    calendar.closures.create(first_day=date(2030, 12, 24), last_day=date(2030, 12, 26), reason=word)
    CalendarFeed.objects.create(organization=home, calendar=calendar)
    channel = MessageChannel(organization=home, name=word, body=f'{{"to": "{{to}}", "text": "{{text}} {word}"}}')
    channel.set_address(f"https://gateway.example.com/{PROVIDER_SECRET}")
    channel.set_headers(f"X-Key: {PROVIDER_SECRET}")
    channel.save()
    outside = OutsideCalendar(organization=home, calendar=calendar, name=word, username=word, last_error=word, note=word)
    outside.set_address(f"https://calendar.example.com/{PROVIDER_SECRET}.ics")
    outside.save()
    client = OAuthClient(organization=home, client_id=word)
    client.set_secret(PROVIDER_SECRET)
    client.save()
    account = CalendarAccount(
        organization=home, name=word, address=word, problem=word, calendars=[{"id": word, "name": word, "writable": True}]
    )
    account.set_tokens(PROVIDER_SECRET, PROVIDER_SECRET)
    account.save()
    CannedReply.objects.create(organization=home, shortcut="word", text=word)
    method = Method.objects.create(
        organization=home,
        name="order_status",
        kind="http",
        description=word,
        instruction=word,
        public_label=word,
        config={"verb": "GET", "url": "https://api.example.com/orders/{order_id}", "auth": "none", "timeout_seconds": 5},
        parameters={
            "type": "object",
            "properties": {"order_id": {"type": "string", "description": word}},
            "required": ["order_id"],
            "additionalProperties": False,
        },
    )
    assistant = Assistant.objects.create(
        organization=home, name=f"{word} Mia", instructions=word, knowledge=word, title=word, greeting=word, starters=word
    )
    assistant.methods.add(method)
    VisitorAttribute.objects.create(organization=home, name="plan", label=f"Plan {word}"[:60])
    key = IdentityKey(organization=home, name=f"Shop {word}"[:60])
    key.set_secret(PROVIDER_SECRET + "-long-enough-for-hs256")
    key.save()
    visitor = Visitor.objects.create(
        organization=home,
        external_id=f"{word} 7",
        name=word,
        email=f"{slug}@example.com",
        phone=word[:40],
        attributes={"plan": {"value": word, "verified": True}},
    )
    talk = Conversation.objects.create(
        organization=home, assistant=assistant, visitor=visitor, title=word, origin=ORIGIN, last_message_at=timezone.now()
    )
    now = timezone.now()
    start = now + timedelta(days=2)
    appointment = Appointment.objects.create(
        organization=home,
        calendar=calendar,
        visitor=visitor,
        conversation=talk,
        state="confirmed",
        service=service,
        start_at=start,
        busy_from=start,
        end_at=start + timedelta(minutes=30),
        busy_until=start + timedelta(minutes=30),
        timezone="UTC",
        name=word,
        reason=word,
        price=word,
        answers=[{"field": 0, "label": word, "given": word, "value": word}],
    )
    with transaction.atomic():
        message = append_message(talk, "visitor", word, page={"url": f"javascript:{word}", "title": word})
        turn = Turn.objects.create(
            conversation=talk,
            message=message,
            deadline_at=now,
            ended_at=now,
            state="failed",
            detail=word,
            model=word,
            provider=word,
        )
        call = ToolCall.objects.create(
            organization=home,
            conversation=talk,
            turn=turn,
            method=method,
            name="order_status",
            arguments={"order_id": word},
            result=word,
            state="failed",
            idempotency_key=slug,
        )
        cards.add(
            talk, "slots", {"title": word, "days": [{"label": word, "slots": [{"id": "1", "label": word}]}]}, call=call
        )
        cards.add(talk, "receipt", {**receipts.receipt(appointment, "confirmed", note=word), "title": word}, call=call)
        append_message(talk, "assistant", word, turn=turn, sources=[{"title": word, "url": word}], rating=-1)
    hook = TeamWebhook(organization=home, name=word, last_error=word)
    hook.set_address(f"https://hooks.example.com/{PROVIDER_SECRET}")
    hook.save()
    talk.tags.create(organization=home, name=word[:40])
    document = Document(organization=home, title=word, text=f"# {word}\n{word}", problem=word, note=word)
    documents.queue(document)
    document.assistants.add(assistant)
    Question.objects.create(
        organization=home,
        conversation=talk,
        key=slug,
        text=word,
        reason="disliked",
        document=document,
        first_at=now,
        last_at=now,
    )
    Delivery.objects.create(
        organization=home,
        conversation=talk,
        appointment=appointment,
        call=call,
        key=slug,
        to=f"{slug}@example.com",
        subject=word,
        text=word,
        last_error=word,
        state="dead",
    )
    call_now = {"name": word, "arguments": word, "outcome": "done", "result": word, "recorded": False}
    now_said = {"message": str(message.pk), "text": f"{word} now", "calls": [call_now], "caught": [word], "problem": word}
    measured = {"provider": word, "model": word, "prompt_tokens": 1, "completion_tokens": 1, "total_ms": 1}
    Replay.objects.create(
        organization=home, conversation=talk, state="done", total=1, results=[{**now_said, **measured}], problem=word
    )
    clerk = User.objects.create_user(f"clerk-{slug}", first_name=word, is_staff=True)
    Membership.objects.create(user=clerk, organization=home, role="viewer")
    Invitation.objects.create(organization=home, email=f"{word.lower()}@example.com", role="agent")
    AuditEntry.objects.create(
        organization=home, by_name=word, act="changed", model="method", name=word, changes={"name": [word, word]}
    )
    Removal.objects.create(organization=home, reason="retention", counts={"Message": 3})
    RefusedOrigin.objects.create(assistant=assistant, origin=word, last_at=now)
    provider = Provider(organization=home, name=word, base_url="https://llm.example.com/v1", smart=word)
    provider.set_key(f"sk-{PROVIDER_SECRET}", provider.base_url)
    provider.save()
    method.set_secret("credential", METHOD_SECRET)
    method.save()
    Price.objects.create(organization=home, model=word, prompt=1, completion=2)
    Budget.objects.create(organization=home, sentence=word)
    Usage.objects.create(
        organization=home,
        assistant=assistant,
        conversation=talk,
        provider_name=word,
        model=word,
        task="reply",
        cause=word[:30],
    )
    return home


def member(of: Organization, role: str, name: str = "") -> User:
    user = User.objects.create_user(name or f"{role}-{of.slug}", is_staff=True)
    Membership.objects.create(user=user, organization=of, role=role)
    return user
