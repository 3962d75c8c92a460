"""Unanswered questions of visitors: collected, counted, and answered by staff with a text."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from assistant.models import Document, Message, Question, StaffEvent, ToolCall, Turn
from assistant.services import admin_pages
from assistant.services.knowledge.words import stems
from assistant.services.notifications import queue as notifications

# What a reply says that does not know: patterns and not a model judge it, as they do claims (engine.claims). What is not
# caught here is a question less on a list. In small letters and behind one boundary, the search of a reply takes a tenth of
# the time.
_NOT_KNOWN = re.compile(
    r"""
    \b(?:
      i\s+(?:really\s+|honestly\s+|also\s+|unfortunately\s+)?(?:do\s?n[o']t|don’t)\s+
        (?:(?:actually|currently|seem\s+to)\s+)?(?:know\b|have\s+(?:(?:any|that|this|the|enough|specific|more|further)\s+)*
        (?:information|details?|answer|data)\b|find\s+(?:any|that|this|information))
    | i(?:\s+am|['’]m)\s+not\s+(?:sure|certain|aware)\b
    | i\s+(?:could\s?n[o']t|couldn’t|can\s?not|can['’]t|was\s+unable\s+to|was\s?n['’]t\s+able\s+to)\s+
        (?:find|say\s+for\s+certain|answer)\b
    | wei(?:ß|ss)\s+ich\s+(?:leider\s+|das\s+|es\s+)*nicht\b | ich\s+wei(?:ß|ss)\s+(?:es\s+|das\s+|leider\s+)*nicht\b
    | keine\s+(?:\w+\s+){0,2}(?:informationen|angaben|auskunft)\b | nicht\s+(?:bekannt|sicher)\b
    | liegen\s+mir\s+(?:\w+\s+){0,3}nicht\s+vor\b | konnte\s+(?:ich\s+)?(?:\w+\s+){0,3}nicht\s+finden\b
    | je\s+(?:ne\s+)?(?:le\s+)?sais\s+pas\b
    | je\s+n['’]ai\s+(?:malheureusement\s+)?(?:pas|aucune?)\s+(?:\w+\s+|d['’]){0,2}(?:informations?|réponse)
    | je\s+n['’]ai\s+(?:rien|pas)\s+trouvé | je\s+ne\s+suis\s+pas\s+s[ûu]re?\b
    | no\s+(?:lo\s+)?sé\b | no\s+(?:tengo|dispongo\s+de)\s+(?:\w+\s+){0,2}(?:información|datos|respuesta)
    | no\s+(?:he\s+)?(?:encontré|encontrado)\b | no\s+estoy\s+segur[oa]\b
    | non\s+(?:lo\s+)?so\b | non\s+(?:ho|dispongo\s+di)\s+(?:\w+\s+){0,2}(?:informazioni|risposta) | non\s+ho\s+trovato\b
    | não\s+sei\b | não\s+tenho\s+(?:\w+\s+){0,2}(?:informaç|resposta) | não\s+(?:encontrei|achei)\b
    | (?:weet\s+ik|ik\s+weet)\s+(?:het\s+|dat\s+|helaas\s+)*niet\b | geen\s+(?:\w+\s+){0,2}informatie\b
    )
    | لا\s+أعرف | ليس\s+لدي | لا\s+أملك | لم\s+أجد
    """,
    re.VERBOSE,
)


def does_not_know(reply: str) -> bool:
    """Whether a reply says that it has no answer."""
    return _NOT_KNOWN.search(reply.lower()) is not None


def record_unanswered(turn: Turn, reply: str) -> None:
    """Note the question of a turn that has ended with `reply`, if nothing was found about it or the reply did not know."""
    if not reply or turn.opening_call_id:  # a click is no question
        return
    searches = turn.tool_calls.searches().filter(state=ToolCall.State.DONE)
    found = [bool(sources) for sources in searches.values_list("sources", flat=True)]
    if found and not any(found):
        note(turn.message, Question.Reason.NOT_FOUND)
    elif does_not_know(reply):
        note(turn.message, Question.Reason.UNSURE)


def record_disliked(reply: Message) -> None:
    """Note the question of a reply that its visitor has rated down."""
    turn = reply.turn
    if turn is not None and not turn.opening_call_id:
        note(turn.message, Question.Reason.DISLIKED)


def _tell_staff(message: Message, key: str, text: object) -> None:
    link = admin_pages.address("assistant_question_changelist")
    title = f"A question without a good answer: {text}"
    notifications.notify(
        message.conversation.organization, StaffEvent.QUESTION, title, key=f"question:{key}:{message.pk}", link=link
    )


def note(message: Message, reason: str) -> None:
    """Count a visitor's message, under its words in any order; each message once. What staff have set aside stays there,
    what they have answered is open again."""
    text = " ".join(message.text.split())
    if not text:  # nothing but a file
        return
    asked = sorted(set(stems(text[:2000]))) or [text.casefold()[:300]]
    key = hashlib.sha256(" ".join(asked).encode(errors="replace")).hexdigest()
    organization_id, now = message.conversation.organization_id, timezone.now()
    newest = {"text": text[:300], "reason": reason, "conversation": message.conversation, "message": message}
    for _ in range(2):
        with transaction.atomic():
            known = Question.objects.select_for_update().filter(organization=organization_id, key=key).first()
            if known is not None:
                if known.last_at < message.at:  # else this very message has been counted
                    known.times += 1
                for name, value in {**newest, "last_at": now}.items():
                    setattr(known, name, value)
                if known.state == Question.State.ANSWERED:  # the answer was none, or is gone
                    known.state = Question.State.OPEN
                    known.closed_by = known.closed_at = None
                known.save()
                return
            try:
                with transaction.atomic():
                    Question.objects.create(organization_id=organization_id, key=key, first_at=now, last_at=now, **newest)
                    _tell_staff(message, key, newest["text"])
                return
            except IntegrityError:
                continue  # asked twice at the same moment: the second time round it is known


def answer(question: Question, by: Any = None, *, document: Document | None = None, version: int | None = None) -> None:
    """Staff have answered it: with `document`, with prompt version `version`, or otherwise. `by` is the user."""
    question.document, question.version = document or question.document, version
    _close(question, Question.State.ANSWERED, by)


def set_aside(question: Question, by: Any = None) -> None:
    _close(question, Question.State.DISMISSED, by)


def _close(question: Question, state: str, by: Any) -> None:
    question.state, question.closed_by, question.closed_at = state, by, timezone.now()
    question.save(update_fields=["state", "document", "version", "closed_by", "closed_at"])
