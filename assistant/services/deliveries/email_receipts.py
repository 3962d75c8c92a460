"""E-mails that tool calls ask for, and the receipts that show visitors what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from assistant.errors import ToolRefused
from assistant.models import Card, Conversation, Delivery, Organization, ToolCall
from assistant.redaction import visible
from assistant.sentences import label
from assistant.services import admin_pages
from assistant.services.booking.availability import wording
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox
from assistant.services.methods import ledger
from assistant.services.organizations.looks import letterhead, look_of

NETWORK_AT_LEAST = 5  # messages in 24 hours from one network to one recipient; a quarter of the total where that is more


@dataclass(frozen=True)
class EmailContent:
    """An e-mail's content. `lines` are label and value of what the visitor gave; `detailed` lists them in the e-mail, with
    time and place. `to_team` adds the link to the conversation in the admin, which nobody else should see."""

    subject: str
    body: str
    lines: tuple[tuple[str, str], ...] = ()
    detailed: bool = False
    to_team: bool = True
    reply_to: str = ""
    receipt_title: str = ""  # empty: the visitor gets no receipt
    receipt_lines: tuple[tuple[str, str], ...] = ()  # `lines` in the visitor's language, where they are the team's there


def queue_with_receipt(
    call: ToolCall,
    organization: Organization,
    conversation: Conversation | None,
    recipients: Sequence[str],
    content: EmailContent,
    *,
    per_recipient_per_day: int,
) -> str:
    """Queue the e-mail to each recipient, with its receipt, in one transaction; returns the receipt's reference.

    A second time for the same call changes nothing. Raises `ToolError` for an invalid address and `ToolRefused` when the
    daily limit of a recipient is reached.
    """
    reference = f"M-{call.pk.hex[:6].upper()}"
    with transaction.atomic():
        # Orders the counting below among all who write for this organization at the same moment.
        Organization.objects.filter(pk=organization.pk).lock()
        text, html = render(organization, conversation, content, reference)
        for number, address in enumerate(dict.fromkeys(map(outbox.plain_address, recipients))):
            key = f"{call.idempotency_key}-{number}"
            _check_cap(organization, address, key, per_recipient_per_day, conversation.network if conversation else "")
            outbox.queue_email(
                organization,
                outbox.Email(content.subject, text, html, content.reply_to),
                to=address,
                key=key,
                conversation=conversation,
                call=call,
            )
        if conversation:
            _add_receipt(call, conversation, content, reference)
        ledger.give_receipt(call, reference)
    return reference


def _add_receipt(call: ToolCall, conversation: Conversation, content: EmailContent, reference: str) -> None:
    """Show the visitor that the e-mail is being sent, once for each call."""
    if not content.receipt_title or call.cards.filter(kind=Card.Kind.RECEIPT).exists():
        return
    card = {
        "title": content.receipt_title,
        "reference": reference,
        "lines": [[name, visible(value)] for name, value in content.receipt_lines or content.lines],
        "status": "sending",
    }
    cards.add(conversation, Card.Kind.RECEIPT, card, call=call)


def render(
    organization: Organization, conversation: Conversation | None, content: EmailContent, reference: str
) -> tuple[str, str]:
    """Text and HTML of the e-mail; what visitors wrote is escaped in the one and plain in the other. Our own
    words in it are in English for a team, and in the visitor's language for the visitor."""
    locale = conversation.locale if conversation and not content.to_team else ""
    assistant = conversation.assistant if conversation else None
    context = {
        **letterhead(look_of(organization, assistant), locale),
        "content": content,
        "organization": organization,
        "reference": reference,
        "conversation": conversation,
        "admin_url": admin_pages.address("assistant_conversation_change", conversation.pk)
        if content.to_team and conversation
        else "",
        "sent_from": label(
            "sent_from",
            locale,
            organization=organization.name,
            at=wording.moment(timezone.now(), organization.timezone, locale),
            reference=reference,
        ),
    }
    return render_to_string("assistant/email_content.txt", context), render_to_string(
        "assistant/email_content.html", context
    )


def _check_cap(organization: Organization, address: str, key: str, most: int, network: str) -> None:
    day_ago = timezone.now() - timedelta(days=1)
    rows = Delivery.objects.to_address(address).filter(organization=organization, created_at__gt=day_ago)
    today = rows.exclude(key=key)
    share = max(NETWORK_AT_LEAST, -(-most // 4))  # who could use up the day's messages would silence everybody else
    if network and today.filter(conversation__network=network).count() >= share:
        text = "The daily limit of messages from this visitor's network to that address is reached."
        raise ToolRefused(text, code="too_many_emails")
    if today.count() >= most:
        raise ToolRefused("The daily limit of messages to that address is reached.", code="too_many_emails")
