"""What is posted to a team's webhook."""

from __future__ import annotations

import orjson

from assistant.models import Notification, TeamWebhook
from assistant.secrets import SecretUnreadable
from assistant.services.conversations.events import format_instant
from assistant.services.deliveries.posting import NotSent, post


def body_of(row: Notification) -> bytes:
    """A Slack-compatible message, in which nothing of a visitor's is markup; or the event as JSON."""
    assert row.webhook is not None
    if row.webhook.kind == TeamWebhook.Kind.SLACK:
        plain = row.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return orjson.dumps({"text": f"{plain}\n{row.link}".strip()})
    return orjson.dumps(
        {
            "id": str(row.pk),
            "event": row.event,
            "title": row.title,
            "url": row.link,
            "organization": row.organization.slug,
            "conversation": str(row.conversation_id) if row.conversation_id else None,
            "at": format_instant(row.created_at),
        }
    )


def send(row: Notification) -> None:
    """Raises `NotSent`."""
    assert row.webhook is not None
    try:
        address = row.webhook.address()
    except SecretUnreadable:
        raise NotSent("The address cannot be read any longer. Enter it again.", for_good=True) from None
    post(address, {"Content-Type": "application/json"}, body_of(row))
