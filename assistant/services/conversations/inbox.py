"""The inbox: which conversations want a person, who sees to each, and how far each member of staff has read.

Every change is published to the organization's staff, whose pages read the rows again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import BooleanField, Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from assistant import events, live
from assistant.errors import InputError
from assistant.models import Conversation, ConversationRead, Message, Tag
from assistant.redaction import clean, shows_something
from assistant.services.organizations.roles import Act, Role, may

State = Conversation.State
WAITING, MINE, OPEN, CLOSED = "waiting", "mine", "open", "closed"
TABS = (WAITING, MINE, OPEN, CLOSED)
MOST_TAGS = 10


def annotated(conversations: QuerySet[Any], user: Any, now: datetime) -> QuerySet[Any]:
    """The conversations with what a line of the inbox shows: `last_text` and `last_files`, `visitor_seq` (of the visitor's
    last message), `unread` for `user`, and `snoozed` until the time that staff chose or the visitor writes."""
    messages = Message.objects.filter(conversation=OuterRef("pk")).exclude(role=Message.Role.SYSTEM).order_by("-seq")
    visitors = messages.filter(role=Message.Role.VISITOR)
    read = ConversationRead.objects.filter(conversation=OuterRef("pk"), user=user.pk).values("seq")
    found = conversations.filter(last_seq__gt=0).annotate(
        last_text=Subquery(messages.values("text")[:1]),
        last_files=Subquery(messages.values("files")[:1]),
        last_role=Subquery(messages.values("role")[:1]),
        visitor_seq=Coalesce(Subquery(visitors.values("seq")[:1]), 0),
        read_seq=Coalesce(Subquery(read[:1]), 0),
    )
    with_person = Q(state__in=[State.WAITING, State.STAFF]) | Q(assigned=user.pk)
    return found.annotate(
        unread=_flag(with_person & Q(visitor_seq__gt=F("read_seq"))),
        snoozed=_flag(Q(snoozed_until__gt=now, visitor_seq__lte=F("snoozed_seq"))),
    )


def people(organization_id: int, by: int | None) -> QuerySet[User]:
    """Who can be given a conversation: the active members of its organization who may answer, and the user `by`."""
    answering = [role for role in Role if may(role, Act.ANSWER)]
    members = Q(memberships__organization=organization_id, memberships__role__in=answering)
    return User.objects.filter(members | Q(pk=by), is_active=True).distinct().order_by("first_name", "username")


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def tab(rows: QuerySet[Any], name: str, user: Any) -> QuerySet[Any]:
    """The rows of one tab, of `annotated` ones: those that wait longest first, else the newest first."""
    match name:
        case "waiting":
            return rows.filter(state=State.WAITING, snoozed=False).order_by("waiting_since", "pk")
        case "mine":
            mine = Q(assigned=user.pk) | Q(staff=user.pk)
            return rows.filter(mine, snoozed=False).exclude(state=State.CLOSED).order_by("-last_message_at", "pk")
        case "closed":
            return rows.filter(state=State.CLOSED).order_by("-last_message_at", "pk")
        case _:
            return rows.exclude(state=State.CLOSED).order_by("-last_message_at", "pk")


def publish(conversation: Conversation, kind: str = "changed", **data: Any) -> None:
    """Let the organization's staff know that something about the conversation has changed, once that is committed."""
    payload = {"type": kind, "conversation": str(conversation.pk), **data}
    transaction.on_commit(lambda: live.announce_to_staff(conversation.organization_id, payload))


def mark_read(conversation: Conversation, user: Any, seq: int) -> None:
    """`user` has read up to `seq`; never less than before. The visitor sees that somebody has."""
    with transaction.atomic():
        row, _ = ConversationRead.objects.get_or_create(conversation=conversation, user=user)
        read = min(seq, conversation.last_seq)
        if ConversationRead.objects.filter(pk=row.pk, seq__lt=read).update(seq=read):
            publish(conversation, "read", by=user.pk)
            transaction.on_commit(lambda: live.announce(conversation.pk, events.ConversationRead(read)))


def assign(conversation: Conversation, user: Any) -> None:
    """Give the conversation to a member of staff, or to nobody."""
    _change(conversation, lambda row: setattr(row, "assigned", user), ["assigned"])


def snooze(conversation: Conversation, until: datetime | None) -> None:
    """Leave the conversation out of what waits until then, or until the visitor writes; None brings it back."""

    def change(row: Conversation) -> None:
        row.snoozed_until, row.snoozed_seq = until, row.last_seq

    _change(conversation, change, ["snoozed_until", "snoozed_seq"])


def _change(conversation: Conversation, change: Callable[[Conversation], Any], fields: list[str]) -> None:
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        change(locked)
        locked.save(update_fields=fields)
        publish(locked)


def add_tag(conversation: Conversation, name: str) -> None:
    """Tag the conversation; a name that is new becomes a tag of the organization. Those that colleagues add stay."""
    wanted = " ".join(clean(name).split())[:40]
    if not shows_something(wanted):
        raise InputError("Enter a tag, such as “refund”.")
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        tag, _ = Tag.objects.get_or_create(organization_id=locked.organization_id, name=wanted)
        if locked.tags.exclude(pk=tag.pk).count() >= MOST_TAGS:
            raise InputError(f"A conversation has at most {MOST_TAGS} tags.")
        locked.tags.add(tag)
        publish(locked)


def remove_tag(conversation: Conversation, name: str) -> None:
    """Take the tag from the conversation; the organization keeps it."""
    with transaction.atomic():
        conversation.tags.remove(*conversation.tags.filter(name=clean(name)))
        publish(conversation)
