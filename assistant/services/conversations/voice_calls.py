"""Voice calls: one at a time per conversation, each with a time limit, a reservation and its words in the conversation.

The browser talks to the provider itself and passes on what is said and used; it may be anybody's script. So what it passes
on is kept as spoken, its figures are estimates with a floor, and what it does not report stays reserved. The server begins
the call for it, and has the provider's id before the browser has what it needs to talk: every call can be hung up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from assistant import live
from assistant.errors import Conflict, InputError, NotFound
from assistant.llm import TokenUsage
from assistant.models import Conversation, Message, VoiceCall
from assistant.redaction import clean
from assistant.services.conversations import hang_ups, removed_calls
from assistant.services.conversations.messages import append_message
from assistant.services.providers import budgets

TASK = "assistant.voice.hang_up"
# What a minute of talk takes. A model reads the whole conversation again for each of its answers: some ten
# thousand tokens in a lively minute, most of them from the provider's cache. It speaks 20 tokens a second.
PROMPT_TOKENS_PER_MINUTE = 10_000
COMPLETION_TOKENS_PER_MINUTE = 1_200
HEARD_TOKENS_PER_SECOND = 10  # the least that a call can have used, whatever is reported: a tenth of a second is a token
MOST_TOKENS = 50_000_000  # that are believed of one call
REPORTED_WITHIN = timedelta(minutes=2)  # a call after its key, and the last words after its end
HANG_UP_ATTEMPTS = 6
RETRY_SECONDS = 20

_LINE = re.compile(r"[A-Za-z0-9_-]{1,50}")
ENDED_BY_BROWSER = (
    VoiceCall.Reason.VISITOR,
    VoiceCall.Reason.LIMIT,
    VoiceCall.Reason.NETWORK,
    VoiceCall.Reason.STAFF,
)


@dataclass(frozen=True)
class Speaker:
    """The model that speaks, and whose it is."""

    model: str
    health_key: str
    provider_name: str
    source: str
    provider_id: UUID | None = None


class CallRemoved(Conflict):
    """The call's conversation was removed while the provider began it."""


def offer(conversation: Conversation, speaker: Speaker) -> VoiceCall:
    """A new call, with the budget that it may use set aside; one that is still open ends. Raises `BudgetExceeded`."""
    end_open(conversation, VoiceCall.Reason.REPLACED)
    minutes = conversation.assistant.voice_minutes
    reservation = budgets.reserve(
        budgets.Requester(conversation.assistant, "voice", conversation),
        model=speaker.model,
        prompt_tokens=PROMPT_TOKENS_PER_MINUTE * minutes,
        completion_tokens=COMPLETION_TOKENS_PER_MINUTE * minutes,
    )
    try:
        with transaction.atomic():
            return VoiceCall.objects.create(
                organization_id=conversation.organization_id,
                conversation=conversation,
                model=speaker.model,
                health_key=speaker.health_key,
                provider_name=speaker.provider_name,
                source=speaker.source,
                provider_id=speaker.provider_id,
                seconds=minutes * 60,
                usage_id=reservation.usage_id,
            )
    except IntegrityError:
        budgets.settle(reservation, [])
        raise Conflict("Another call of this conversation has just begun.") from None


def withdraw(call: VoiceCall) -> None:
    """No key was issued for it: nothing was used."""
    VoiceCall.objects.filter(pk=call.pk).delete()
    if reservation := budgets.reservation_of(call.usage_id):
        budgets.settle(reservation, [])


def claim_start(conversation: Conversation, call_id: UUID, now: datetime | None = None) -> VoiceCall:
    """The call, for the one request that may have the provider begin it. From now on its time runs. Raises `Conflict`."""
    now = now or timezone.now()
    call = call_of(conversation, call_id)
    claimed = VoiceCall.objects.filter(pk=call.pk, state=VoiceCall.State.OFFERED).update(
        state=VoiceCall.State.ACTIVE, started_at=now, ends_at=now + timedelta(seconds=call.seconds)
    )
    found = VoiceCall.objects.select_related("conversation__assistant__organization").filter(pk=call.pk).first()
    if not claimed or found is None:
        raise Conflict("That call has begun already, or is over.")
    return found


def connected(call: VoiceCall, provider_call: str) -> None:
    """The provider has begun the call, under this id. Raises `Conflict` if it has ended here meanwhile; it is hung up.

    Raises `CallRemoved` if its row is gone: the caller, who knows the provider, is to hang up. If that fails, the visitor's
    tombstone has what another attempt takes."""
    with transaction.atomic():
        known = VoiceCall.objects.filter(pk=call.pk).update(provider_call=provider_call)
        # An end from now on finds the id; one that came before did not.
        ended = VoiceCall.objects.filter(pk=call.pk, state=VoiceCall.State.ENDED).update(next_attempt_at=timezone.now())
    if not known:
        removed_calls.keep(call, provider_call)
        raise CallRemoved("That call is over.")
    if ended:
        live.queue_task(TASK, call.pk)
        raise Conflict("That call is over.")


def not_connected(call: VoiceCall) -> None:
    """No call came of it. Nothing was used: without the provider's answer nobody can talk."""
    _end(call, VoiceCall.Reason.NOT_BEGUN)
    VoiceCall.objects.filter(pk=call.pk).update(usage=None)
    if reservation := budgets.reservation_of(call.usage_id):
        budgets.settle(reservation, [])


def add_line(conversation: Conversation, call_id: UUID, line: str, role: str, text: str, *, stopped: bool) -> bool:
    """Save what was said in a call as a message, once per `line`; returns whether it is new. Raises `Conflict` once the
    call has been over for a while."""
    text = clean(text).strip()
    if role not in (Message.Role.VISITOR, Message.Role.ASSISTANT) or not _LINE.fullmatch(line) or not text:
        raise InputError("A line has an id, a role and a text.")
    call = call_of(conversation, call_id)
    over = call.ended_at is not None and call.ended_at < timezone.now() - REPORTED_WITHIN
    if not call.provider_call or over:
        raise Conflict("That call is not in progress.")
    state = Message.State.STOPPED if stopped else Message.State.COMPLETE
    try:
        with transaction.atomic():
            append_message(conversation, role, text, client_id=f"voice-{line}", state=state, spoken=True)
    except IntegrityError:
        if not conversation.messages.filter(client_id=f"voice-{line}").exists():
            raise
        return False
    return True


def say_not_done(conversation: Conversation, text: str) -> None:
    with transaction.atomic():
        append_message(conversation, Message.Role.SYSTEM, text)


def end(conversation: Conversation, call_id: UUID, reason: str, tokens: TokenUsage | None) -> None:
    """The browser's last word on a call: why it ended, and what it has used. It is hung up, if it is not yet over."""
    if reason not in ENDED_BY_BROWSER:
        raise InputError("A call ends for one of the reasons of the protocol.")
    call = call_of(conversation, call_id)
    _end(call, VoiceCall.Reason(reason))
    call.refresh_from_db()
    if tokens is not None and call.started_at and call.ended_at and timezone.now() < call.ended_at + REPORTED_WITHIN:
        _settle(call, tokens)


def end_open(conversation: Conversation, reason: VoiceCall.Reason) -> None:
    """End the conversation's call, if it has one."""
    for call in conversation.voice_calls.exclude(state=VoiceCall.State.ENDED):
        _end(call, reason)


def end_due(now: datetime | None = None) -> int:
    """End the calls whose time is over, whose conversation is no longer the assistant's, or that nobody has begun, and hand
    over those that are to be hung up. Returns how many were ended."""
    now = now or timezone.now()
    calls, ended = VoiceCall.objects, 0
    active = calls.filter(state=VoiceCall.State.ACTIVE)
    taken = Q(conversation__state__in=[Conversation.State.STAFF, Conversation.State.CLOSED])
    for due, reason in (
        (active.filter(ends_at__lte=now), VoiceCall.Reason.LIMIT),
        (active.filter(taken), VoiceCall.Reason.STAFF),
        (
            calls.filter(state=VoiceCall.State.OFFERED, created_at__lt=now - REPORTED_WITHIN),
            VoiceCall.Reason.NOT_BEGUN,
        ),
    ):
        ended += sum(_end(call, reason, now) for call in due)
    for pk in calls.filter(next_attempt_at__lte=now).values_list("pk", flat=True):
        live.queue_task(TASK, pk)
    hang_ups.enqueue_due(now)
    return ended


def _end(call: VoiceCall, reason: VoiceCall.Reason, now: datetime | None = None) -> bool:
    now = now or timezone.now()
    with transaction.atomic():
        ended = bool(
            VoiceCall.objects.filter(pk=call.pk)
            .exclude(state=VoiceCall.State.ENDED)
            .update(state=VoiceCall.State.ENDED, reason=reason, ended_at=now)
        )
        # Whatever ended it here, only the provider can say that it is over there.
        if ended and VoiceCall.objects.filter(pk=call.pk).exclude(provider_call="").update(next_attempt_at=now):
            live.queue_task(TASK, call.pk)
    return ended


def _settle(call: VoiceCall, tokens: TokenUsage) -> None:
    assert call.started_at and call.ended_at
    reservation = budgets.reservation_of(call.usage_id)
    if reservation is None:
        return
    lasted = min(call.ended_at - call.started_at, timedelta(seconds=call.seconds)).total_seconds()
    prompt = min(max(tokens.prompt_tokens, int(lasted * HEARD_TOKENS_PER_SECOND)), MOST_TOKENS)
    completion = min(max(tokens.completion_tokens, 0), MOST_TOKENS)
    used = budgets.Attempt(
        call.provider_name,
        call.source,
        call.health_key,
        call.model,
        provider_id=call.provider_id,
        usage=TokenUsage(prompt, completion, exact=False),
        total_ms=int(lasted * 1000),
    )
    budgets.settle(reservation, [used])


def claim_hang_up(call_id: str, now: datetime | None = None) -> VoiceCall | None:
    """The call, if it is to be hung up and nobody else is at it."""
    now = now or timezone.now()
    call = VoiceCall.objects.filter(pk=call_id, next_attempt_at__lte=now).first()
    if call is None:
        return None
    last = call.attempts + 1 >= HANG_UP_ATTEMPTS
    later = None if last else now + timedelta(seconds=RETRY_SECONDS * 2**call.attempts)
    claimed = VoiceCall.objects.filter(pk=call.pk, next_attempt_at=call.next_attempt_at).update(
        attempts=call.attempts + 1, next_attempt_at=later
    )
    return VoiceCall.objects.select_related("conversation__assistant__organization").get(pk=call.pk) if claimed else None


def hung_up(call: VoiceCall) -> None:
    VoiceCall.objects.filter(pk=call.pk).update(hung_up_at=timezone.now(), next_attempt_at=None)


def call_of(conversation: Conversation, call_id: UUID) -> VoiceCall:
    call = conversation.voice_calls.filter(pk=call_id).first()
    if call is None:
        raise NotFound("No such call.")
    return call


def last_words(conversation: Conversation, count: int) -> list[tuple[str, str]]:
    """Role and text of the newest messages, the oldest first."""
    found = conversation.messages.exclude(role=Message.Role.SYSTEM).order_by("-seq").values_list("role", "text")[:count]
    return list(found)[::-1]


def words_of_visitor(conversation: Conversation, count: int = 50) -> tuple[str, ...]:
    said = conversation.messages.filter(role=Message.Role.VISITOR).order_by("-seq").values_list("text", flat=True)
    return tuple(said[:count])
