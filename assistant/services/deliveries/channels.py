"""Sending through a message channel: one HTTP request for a text message or a webhook."""

from __future__ import annotations

import json
import logging
import re
from urllib.parse import quote_plus

from assistant.models import Delivery, MessageChannel
from assistant.secrets import SecretUnreadable
from assistant.services.deliveries.posting import NotSent, post

log = logging.getLogger(__name__)

_PLACE = re.compile(r"\{(to|text|id)\}")
PLACES = ("to", "text")  # that the body of a text message must hold


def send(delivery: Delivery) -> Delivery.State:
    """Send it. A text message without a gateway is written to the log. Raises `NotSent`."""
    channel = delivery.channel
    if channel is None or not channel.enabled:
        raise NotSent("The message channel was deleted or turned off.", for_good=True)
    if not channel.sealed_address:
        log.info("Delivery %s: a text message, and no gateway to send it with.", delivery.pk)
        return Delivery.State.LOGGED
    body, content_type = content(channel, delivery.to, delivery.text, str(delivery.pk))
    try:
        # The same for every attempt, so that one sent twice can be recognised.
        headers = {"Content-Type": content_type, "Idempotency-Key": str(delivery.pk), **channel.headers()}
        address = channel.address()
    except SecretUnreadable as error:
        raise NotSent("Its address or headers can no longer be decrypted. Enter both again.") from error
    post(address, headers, body)
    return Delivery.State.SENT


def content(channel: MessageChannel, to: str, text: str, id: str) -> tuple[bytes, str]:
    """The request's body and its type. What fills a place is escaped for the format and never looked through for others."""
    if channel.kind == MessageChannel.Kind.WEBHOOK:
        return text.encode(), "application/json"
    values = {"to": to, "text": text, "id": id}
    is_json = channel.format == MessageChannel.Format.JSON

    def fill(place: re.Match[str]) -> str:
        value = values[place[1]]
        return json.dumps(value)[1:-1] if is_json else quote_plus(value)

    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    return _PLACE.sub(fill, channel.body).encode(), kind


def check_body(body: str, format: str) -> None:
    """Raises `ValueError` for a text message's body that no gateway could read."""
    if missing := [f"{{{place}}}" for place in PLACES if f"{{{place}}}" not in body]:
        raise ValueError(f"Add {' and '.join(missing)}: they are replaced by the phone number and the message.")
    if format == MessageChannel.Format.JSON:
        try:
            json.loads(_PLACE.sub("x", body))
        except (ValueError, RecursionError) as error:
            raise ValueError('This is not JSON. Enter something like {"to": "{to}", "text": "{text}"}.') from error
