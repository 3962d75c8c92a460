"""Identification: a visitor becomes the user that the organization's own server says they are.

A visitor who was known by a token in their browser alone gets another token, and the former one is no longer valid: it may
have been somebody else's. Their conversation goes on, and joins those that the user has had in other browsers.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone

from assistant import live
from assistant.errors import NotAllowed
from assistant.models import Appointment, Assistant, Conversation, Turn, Visitor, VoiceCall
from assistant.models.organizations.organization import is_timezone
from assistant.services.conversations.sessions import (
    Session,
    conversation_for_token,
    issue,
    save_attributes,
    update_visitor,
)
from assistant.services.organizations import identity, networks, rate_limits
from assistant.services.organizations.identity import Identity


def identify(
    assistant: Assistant,
    origin: str,
    signed: str,
    *,
    subject: str = "",
    token: str = "",
    locale: str = "",
    zone: str = "",
    address: str = "",
) -> tuple[Session, Identity]:
    """A session of the user whom `signed` is about, in the open conversation that they had last, or a new one. `token` is
    that of this browser, where it has one: what was said under it by somebody who was not logged in becomes the user's.

    Raises `NotAllowed` with code identity_refused, and `TooMuch`.
    """
    stated = identity.verify(assistant, signed, subject)
    try:
        current = conversation_for_token(token, origin) if token else None
    except NotAllowed:
        current = None
    if current and current.assistant_id != assistant.pk:
        current = None
    network = networks.network_of(address)
    try:
        conversation = _joined(assistant, stated, current, origin, network)
    except IntegrityError:  # another tab has made the same user at the same moment
        conversation = _joined(assistant, stated, current, origin, network)
    conversation.identified_until = int(stated.expires_at.timestamp())
    update_visitor(conversation, locale=locale, zone=zone if is_timezone(zone) else "")
    return issue(conversation, origin), stated


def _joined(assistant: Assistant, stated: Identity, current: Conversation | None, origin: str, network: str) -> Conversation:
    ended: list[UUID] = []
    with transaction.atomic():
        users = Visitor.objects.select_for_update().filter(organization=assistant.organization_id)
        user = users.filter(external_id=stated.subject).first()
        # Whom this browser's token is about, while nobody has logged in under it.
        known = users.filter(pk=current.visitor_id, external_id=None).first() if current else None
        if user is not None and known is not None:
            ended = _move(known, user)
        elif user is None and known is not None:
            # The tokens that this browser has had are no longer valid: they say nothing of a login.
            user, ended = known, list(known.conversations.values_list("pk", flat=True))
        if user is not None:
            rate_limits.hit("identity", visitor=str(user.pk))
        _state(user := user or Visitor(organization=assistant.organization), stated)
        conversation = _open_conversation(assistant, user, current)
        if conversation is None:
            rate_limits.hit("session.new", network=network)
            conversation = Conversation.objects.create(
                organization=assistant.organization, assistant=assistant, visitor=user, origin=origin[:300]
            )
        if network and network != conversation.network:
            conversation.network = network
            conversation.save(update_fields=["network"])
    conversation.visitor, conversation.assistant = user, assistant
    for id in ended:
        live.check_sessions(id)
    return conversation


def _move(known: Visitor, user: Visitor) -> list[UUID]:
    """Give the user what the visitor of this browser has said and booked; returns their conversations, whose tokens are no
    longer valid."""
    moved = list(Conversation.objects.select_for_update().filter(visitor=known).order_by("pk").values_list("pk", flat=True))
    calls = VoiceCall.objects.not_over().filter(conversation=OuterRef("pk"))
    Conversation.objects.filter(~Exists(calls), pk__in=moved, last_seq=0).delete()  # opened, and nothing said
    Conversation.objects.filter(pk__in=moved).update(visitor=user)
    Appointment.objects.filter(visitor=known).update(visitor=user)
    if not Turn.objects.filter(conversation__in=moved, ended_at=None).exists():
        known.delete()  # a turn at work may still write for them
    return moved


def _state(user: Visitor, stated: Identity) -> None:
    now = timezone.now()
    user.external_id, user.identified_at = stated.subject, now
    if stated.name:
        user.name, user.name_verified_at = stated.name, now
    if stated.email:
        user.email, user.email_verified_at = stated.email, now
    user.save()
    save_attributes(user.pk, stated.attributes or {}, verified=True)


def _open_conversation(assistant: Assistant, user: Visitor, current: Conversation | None) -> Conversation | None:
    """Where this browser was, or else the user's latest: history across devices."""
    theirs = Conversation.objects.select_for_update().filter(visitor=user, assistant=assistant)
    unended = theirs.exclude(state=Conversation.State.CLOSED)
    here = unended.filter(pk=current.pk).first() if current else None
    if here and here.last_seq:
        return here
    # By an expression: for the column itself, SQLite would walk through all conversations of the assistant in its order.
    said_last = Coalesce("last_message_at", "created_at").desc()
    return unended.filter(last_seq__gt=0).order_by(said_last, "-created_at").first() or here
