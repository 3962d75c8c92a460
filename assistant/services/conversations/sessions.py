"""Visitors' sessions: a signed token, and the conversation that it authorises."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from assistant.errors import InputError, NotAllowed
from assistant.models import Assistant, Conversation, Visitor
from assistant.models.organizations.organization import is_timezone
from assistant.redaction import clean_name
from assistant.services.conversations import notices
from assistant.services.organizations import access, identity, networks, rate_limits, snapshots

TOKEN_SALT = "visitor"
_MINE = "conversation.id = %s AND conversation.visitor_id = %s AND conversation.assistant_id = %s"


@dataclass(frozen=True)
class Session:
    conversation: Conversation
    token: str
    expires_at: datetime


def open_session(
    assistant: Assistant, origin: str, *, token: str = "", locale: str = "", zone: str = "", address: str = ""
) -> Session:
    """A conversation to talk in: the one of `token` while that is good and open, else a new one.

    An unknown or expired token is not an error here; the visitor starts over. Of the visitor's IP `address` only a
    keyed hash is kept, which limits are counted by. Nor is a time zone that nobody knows an error: the visitor did not
    choose what their browser says. Raises `TooMuch` where a network begins too many.
    """
    try:
        conversation = conversation_for_token(token, origin) if token else None
    except NotAllowed:
        conversation = None
    if conversation is not None and conversation.assistant_id != assistant.pk:
        conversation = None
    if conversation is not None:
        rate_limits.hit("session", visitor=str(conversation.visitor_id))
    network = networks.network_of(address)
    begins = False
    if conversation is None or conversation.state == Conversation.State.CLOSED:
        rate_limits.hit("session.new", network=network)
        visitor = conversation.visitor if conversation else Visitor.objects.create(organization=assistant.organization)
        until = conversation.identified_until if conversation else None
        conversation = Conversation.objects.create(
            organization=assistant.organization, assistant=assistant, visitor=visitor, origin=origin[:300], network=network
        )
        conversation.identified_until, begins = until, True
    if network and network != conversation.network:
        conversation.network = network
        conversation.save(update_fields=["network"])
    update_visitor(conversation, locale=locale, zone=zone if is_timezone(zone) else "")
    if begins:
        notices.begin(conversation)
    return issue(conversation, origin)


def issue(conversation: Conversation, origin: str) -> Session:
    """A token for the conversation. That of a visitor who is logged in ends when what identified them does."""
    until = conversation.identified_until
    claims = {"v": str(conversation.visitor_id), "c": str(conversation.pk), "a": conversation.assistant_id, "o": origin}
    expires_at = timezone.now() + token_age()
    if until:
        claims["x"] = until
        expires_at = min(expires_at, datetime.fromtimestamp(until, UTC))
    return Session(conversation, signing.dumps(claims, salt=TOKEN_SALT), expires_at)


def token_age() -> timedelta:
    return timedelta(days=settings.VISITOR_TOKEN_DAYS)


def conversation_for_token(token: str, origin: str) -> Conversation:
    """The conversation that `token` authorises from `origin`.

    Raises `NotAllowed` with code token_required, token_expired or token_invalid; not_allowed where the assistant, the
    organization or the origin has been shut out since.
    """
    if not token:
        raise NotAllowed("No token.", code="token_required")
    try:
        claims = signing.loads(token, salt=TOKEN_SALT, max_age=token_age())
    except signing.SignatureExpired as error:
        raise NotAllowed("The token has expired.", code="token_expired") from error
    except signing.BadSignature as error:
        raise NotAllowed("The token is invalid.", code="token_invalid") from error
    until = claims.get("x")
    if until is not None and until <= time.time():
        raise NotAllowed("The visitor's login has expired.", code="token_expired")
    conversation = snapshots.conversation(_MINE, UUID(claims["c"]), UUID(claims["v"]), claims["a"])
    if conversation is None or claims["o"] != origin:
        raise NotAllowed("The token belongs to another conversation or origin.", code="token_invalid")
    if conversation.visitor.external_id and until is None:
        raise NotAllowed("The token is from before the visitor logged in.", code="token_invalid")
    conversation.identified_until = until
    if not access.admits(conversation.assistant, origin):
        raise NotAllowed("The assistant is not available from that origin.")
    return conversation


def visitor_of_token(token: str) -> UUID | None:
    """Whom a token of ours was issued to, also where there is no such visitor any more; None for any other text."""
    try:
        return UUID(signing.loads(token, salt=TOKEN_SALT, max_age=token_age())["v"])
    except signing.BadSignature:
        return None


def is_current(conversation: Conversation) -> bool:
    """Whether the token for which it was read is still that of its visitor, who may have logged in since."""
    rows = Conversation.objects.filter(pk=conversation.pk, visitor=conversation.visitor_id)
    rows = rows.filter(visitor__external_id=conversation.visitor.external_id)
    return rows.exists()


def update_visitor(
    conversation: Conversation,
    *,
    name: str = "",
    email: str = "",
    locale: str = "",
    zone: str = "",
    attributes: dict[str, Any] | None = None,
) -> tuple[str, ...]:
    """Save what a visitor says about themselves: data, not proof. Empty values change nothing, nor does anything that the
    organization's server has said of a visitor who is logged in. Returns the names of `attributes` that were ignored,
    because staff have not defined them or their values are of another type.

    Raises `InputError` for an unknown time zone.
    """
    if zone and not is_timezone(zone):
        raise InputError("Unknown time zone.")
    said = {"name": clean_name(name)[:120], "email": email[:254], "locale": locale[:12], "timezone": zone}
    changes: dict[str, Any] = {field: value for field, value in said.items() if value}
    ignored: tuple[str, ...] = ()
    if attributes:
        accepted, ignored = identity.accepted_attributes(conversation.organization, attributes)
        save_attributes(conversation.visitor_id, accepted, verified=False)
    # One UPDATE, which reads the row as it is then: another tab may prove the address, or log in, at the same moment.
    row = Visitor.objects.filter(pk=conversation.visitor_id)
    row.update(**{**changes, **_unless_signed(changes), "last_seen_at": timezone.now()})
    if changes.keys() & {"name", "email"}:
        changes.update(row.values("name", "email", "email_verified_at").first() or {})
    for field, value in changes.items():
        setattr(conversation.visitor, field, value)
    return ignored


def _unless_signed(said: dict[str, Any]) -> dict[str, Case]:
    """What becomes of the name and the address that a visitor says: nothing where their organization's server has said
    it. Another address than before is not proven."""
    changes = {}
    if "name" in said:
        signed = Q(external_id__isnull=False, name_verified_at__isnull=False)
        changes["name"] = Case(When(signed, then=F("name")), default=Value(said["name"]))
    if "email" in said:
        signed = Q(external_id__isnull=False, email_verified_at__isnull=False)
        changes["email"] = Case(When(signed, then=F("email")), default=Value(said["email"]))
        stays = When(signed | Q(email=said["email"]), then=F("email_verified_at"))
        changes["email_verified_at"] = Case(stays, default=None)
    return changes


def save_attributes(visitor_id: Any, accepted: dict[str, Any], *, verified: bool) -> None:
    """Save values as `identity.accepted_attributes` returns them. What a token has said, only a token changes."""
    if not accepted:
        return
    with transaction.atomic():
        visitor = Visitor.objects.select_for_update().get(pk=visitor_id)
        kept = dict(visitor.attributes)
        for name, value in accepted.items():
            if not verified and kept.get(name, {}).get("verified"):
                continue
            kept.pop(name, None)
            if value is not None:
                kept[name] = {"value": value, "verified": verified}
        visitor.attributes = kept
        visitor.save(update_fields=["attributes"])
