"""Posting to a team's webhook, through the egress guard."""

from __future__ import annotations

import orjson
from asgiref.sync import async_to_sync

from assistant import outbound
from assistant.errors import OutboundError
from assistant.models import Notification, TeamWebhook
from assistant.secrets import SecretUnreadable
from assistant.services.conversations.events import format_instant

SECONDS = 15.0


class WebhookFailed(Exception):
    """`str(error)` says to staff why, without the address; `for_good` that the same would be refused again."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


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


def post(row: Notification) -> None:
    """Raises `WebhookFailed`."""
    assert row.webhook is not None
    try:
        address = row.webhook.address()
        answer = async_to_sync(outbound.fetch)(
            "POST",
            address,
            reach=outbound.Reach.TENANT,
            headers={"Content-Type": "application/json"},
            content=body_of(row),
            deadline_seconds=SECONDS,
            max_bytes=65_536,
        )
    except SecretUnreadable:
        raise WebhookFailed("The address cannot be read any longer. Enter it again.", for_good=True) from None
    except OutboundError as error:
        raise WebhookFailed(str(error)) from None
    if not 200 <= answer.status < 300:
        gone = answer.status in (401, 403, 404, 410)
        raise WebhookFailed(f"The server answered with {answer.status}.", for_good=gone)
