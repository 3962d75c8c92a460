"""Notices: which disclosure was shown in which conversation, and the consent that is asked for before the first message.

A text gets a version when it is first shown, so that what was agreed to can be read after it has been changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from assistant.errors import Conflict, InputError
from assistant.models import Assistant, Conversation, Notice, NoticeText, Organization
from assistant.sentences import language

Kind = NoticeText.Kind


class ConsentRequired(InputError):
    code = "consent_required"


def is_due(conversation: Conversation) -> bool:
    """Whether its visitor still has to agree before they can begin."""
    return bool(conversation.assistant.consent) and conversation.consented_at is None and not conversation.last_seq


def require(conversation: Conversation) -> None:
    """Raises `ConsentRequired`. `conversation` was read for this request."""
    if is_due(conversation):
        raise ConsentRequired("The visitor has not agreed yet.")


def text_of(assistant: Assistant, kind: str, locale: str) -> tuple[str, str]:
    """The language in which a visitor of `locale` reads the text, and the text; both empty where there is none."""
    own = assistant.texts.get(language(locale), {}).get(kind)
    if own:
        return language(locale), own
    default = getattr(assistant, kind)
    return (language(assistant.locale), default) if default else ("", "")


def record(conversation: Conversation, kind: str) -> Notice | None:
    """Record that the text, as it is now, is shown in the conversation; once. None where the assistant has no such text."""
    spoken, text = text_of(conversation.assistant, kind, conversation.locale)
    if not text:
        return None
    found, _ = Notice.objects.get_or_create(
        conversation=conversation, text=_version(conversation.assistant, kind, spoken, text)
    )
    return found


def _version(assistant: Assistant, kind: str, spoken: str, text: str) -> NoticeText:
    rows = NoticeText.objects.filter(assistant=assistant, kind=kind, language=spoken).order_by("-version")
    while (newest := rows.first()) is None or newest.text != text:
        number = newest.version + 1 if newest else 1
        try:
            with transaction.atomic():
                return NoticeText.objects.create(assistant=assistant, kind=kind, language=spoken, version=number, text=text)
        except IntegrityError:  # another process has just shown it for the first time
            continue
    return newest


def agree(conversation: Conversation, text: str) -> None:
    """The visitor agrees to `text`, which is what their widget showed. A second time changes nothing.

    Raises `Conflict` where staff have changed the text meanwhile.
    """
    if conversation.consented_at is not None or not conversation.assistant.consent:
        return
    _, current = text_of(conversation.assistant, Kind.CONSENT, conversation.locale)
    if text.split() != current.split():
        raise Conflict("The text has been changed since it was shown.")
    now = timezone.now()
    with transaction.atomic():
        notice = record(conversation, Kind.CONSENT)
        assert notice
        Notice.objects.filter(pk=notice.pk, agreed_at=None).update(agreed_at=now)
        Conversation.objects.filter(pk=conversation.pk, consented_at=None).update(consented_at=now)
    conversation.consented_at = now


def begin(conversation: Conversation) -> None:
    """Of a conversation that was just made: the disclosure is shown; a visitor who has agreed to a text that is still in
    use is not asked again."""
    assistant = conversation.assistant
    spoken, text = text_of(assistant, Kind.DISCLOSURE, conversation.locale)
    if text:
        Notice.objects.create(conversation=conversation, text=_version(assistant, Kind.DISCLOSURE, spoken, text))
    if not assistant.consent:
        return
    current = {assistant.consent, *(texts.get(Kind.CONSENT) for texts in assistant.texts.values())}
    before = Notice.objects.filter(
        conversation__visitor=conversation.visitor_id, text__assistant=assistant, text__text__in=current - {None}
    )
    agreed = before.exclude(agreed_at=None).order_by("-agreed_at").values_list("agreed_at", flat=True).first()
    if agreed is not None:
        Conversation.objects.filter(pk=conversation.pk).update(consented_at=agreed)
        conversation.consented_at = agreed


def evidence(organization: Organization) -> Iterator[dict[str, Any]]:
    """Each showing of a text in an organization's conversations, oldest first; times are in UTC."""
    rows = Notice.objects.filter(conversation__organization=organization).order_by("shown_at", "pk")
    for row in rows.select_related("text__assistant").iterator(500):
        yield {
            "conversation": str(row.conversation_id),
            "assistant": row.text.assistant.name,
            "kind": row.text.kind,
            "language": row.text.language,
            "version": row.text.version,
            "version_since": row.text.since,
            "shown_at": row.shown_at,
            "agreed_at": row.agreed_at,
            "text": row.text.text,
        }
