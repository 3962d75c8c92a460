"""What is posted to a team's webhook, and the signature by which a program knows that it is from here.

Signed as Standard Webhooks has it (standardwebhooks.com), which has a library for most languages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

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
        address, secret = row.webhook.address(), row.webhook.secret()
    except SecretUnreadable:
        raise NotSent("The address or the secret cannot be read any longer. Enter both again.", for_good=True) from None
    body = body_of(row)
    signed = row.webhook.kind == TeamWebhook.Kind.JSON and secret
    headers = signature(secret, str(row.pk), int(time.time()), body) if signed else {}
    post(address, {"Content-Type": "application/json", **headers}, body)


def signature(secret: str, id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that sign `body`. The id is the same for every attempt, so that one sent twice can be recognized."""
    made = hmac.digest(key_of(secret), f"{id}.{at}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
    }


SECRET_PREFIX, LEAST_BYTES = "whsec_", 24


def key_of(secret: str) -> bytes:
    """The key that `whsec_` and base64 stand for. Raises `ValueError`."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:  # not ASCII, or no base64
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) < LEAST_BYTES:
        raise ValueError("Enter whsec_ and at least 24 random bytes in base64, such as from: openssl rand -base64 32")
    return key
