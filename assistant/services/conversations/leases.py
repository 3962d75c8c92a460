"""Leases on turns: claimed by one conditional write, renewed while a runner works, void once the fence is old."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from assistant import live
from assistant.errors import Conflict, NotFound, TurnTaken
from assistant.models import Conversation, Message, ToolCall, Turn
from assistant.services.methods import ledger
from assistant.services.organizations import snapshots
from assistant.services.raw_sql import execute, insert, new


def begin_turn(message: Message, opening_call: ToolCall | None = None) -> Turn:
    """Queue the answer to `message`. Inside the caller's transaction."""
    turn = new_turn(message, opening_call)
    insert(turn)
    return turn


def new_turn(message: Message, opening_call: ToolCall | None = None, *, claimed: bool = False) -> Turn:
    """The turn that is to answer `message`, not saved yet; with `claimed`, begun by its first runner: that is for the answer
    to a new message before which its conversation has nothing to answer."""
    now, held_at = timezone.now(), _clocks()
    turn = new(
        Turn,
        conversation=message.conversation,
        message=message,
        opening_call=opening_call,
        deadline_at=now + timedelta(seconds=settings.ASSISTANT_TURN_SECONDS),
    )
    if claimed:
        turn.state, turn.fence, turn.attempts = Turn.State.RUNNING, 1, 1
        turn.started_at, turn.leased_until = now, now + lease_duration()
        turn.held_at, turn.may_have_calls = held_at, False
    return turn


RENEWED_AT_ONCE = 200  # leases in a statement
MAX_ATTEMPTS = 4  # a turn that took this many runners down with it is given up


def claim_turn(turn_id: UUID | str) -> Turn:
    """Claim the turn for this runner: its `fence` and `leased_until` are the runner's from then on.

    Raises `TurnTaken` when it has ended, somebody holds it, or an earlier message of the conversation is not answered.
    """
    now, held_at = timezone.now(), _clocks()
    free = Turn.objects.claimable().next_in_line().filter(pk=turn_id)
    try:
        with transaction.atomic():
            taken = free.update(
                state=Turn.State.RUNNING,
                fence=F("fence") + 1,
                attempts=F("attempts") + 1,
                leased_until=now + lease_duration(),
                started_at=Coalesce("started_at", now),
            )
    except IntegrityError as error:  # two turns of one conversation at the same moment
        raise TurnTaken("Another turn of this conversation runs.") from error
    if not taken:
        raise TurnTaken("Another runner holds this turn.")
    turn = Turn.objects.select_related("message", "opening_call__method").get(pk=turn_id)
    conversation = snapshots.conversation("conversation.id = %s", turn.conversation_id)
    if conversation is None:
        raise TurnTaken("The conversation was erased.")
    turn.conversation = turn.message.conversation = conversation
    if turn.opening_call:
        turn.opening_call.conversation = conversation
    turn.held_at = held_at
    return turn


def lease_duration() -> timedelta:
    return timedelta(seconds=settings.ASSISTANT_LEASE_SECONDS)


def renew_lease(turn: Turn) -> bool:
    """Renew the lease; returns whether the visitor has asked to stop. Raises `TurnTaken` when it is lost."""
    held_at = _clocks()
    mine = Turn.objects.filter(pk=turn.pk, fence=turn.fence, state=Turn.State.RUNNING)
    if not mine.update(leased_until=timezone.now() + lease_duration()):
        raise TurnTaken("The lease is lost.")
    turn.held_at = held_at
    return mine.filter(stop_requested_at__isnull=False).exists()


def renew_leases(turns: Sequence[Turn], at_once: int = RENEWED_AT_ONCE) -> dict[UUID, bool]:
    """Renew the leases of turns, `at_once` in a statement; returns those renewed by id, with whether the visitor has
    asked to stop. Of one that is missing, the lease is lost or its row locked at this moment: `renew_lease` knows."""
    held_at, until = _clocks(), timezone.now() + lease_duration()
    renewed: dict[UUID, bool] = {}
    for start in range(0, len(turns), at_once):
        some = turns[start : start + at_once]
        mine = ", ".join(["(%s, %s)"] * len(some))
        # The column itself: SQLite 3.40 now and then says "not null" of it in RETURNING where it is null.
        found = execute(
            "UPDATE assistant_turn SET leased_until = %s WHERE id IN ("
            f"SELECT id FROM assistant_turn WHERE state = 'running' AND (id, fence) IN (VALUES {mine}){_skip_locked()}"
            ") RETURNING id, stop_requested_at",
            until,
            *(value for turn in some for value in (turn.pk, turn.fence)),
        )
        renewed |= {UUID(str(id)): stop_requested_at is not None for id, stop_requested_at in found}
    for turn in turns:
        if turn.pk in renewed:
            turn.held_at = held_at
    return renewed


def _skip_locked() -> str:
    return " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


def holds_lease(turn: Turn) -> bool:
    """Whether the lease of `turn`, as its runner has it, still runs by the runner's own clocks.

    Both are asked: the monotonic one stands still while a machine sleeps, and the wall clock can be set back.
    """
    (monotonic, wall), seconds = turn.held_at, settings.ASSISTANT_LEASE_SECONDS
    return time.monotonic() - monotonic < seconds and time.time() - wall < seconds


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()


def give_back_lease(turn: Turn) -> None:
    """Release the lease, so that another runner continues at once when this one shuts down."""
    Turn.objects.filter(pk=turn.pk, fence=turn.fence, state=Turn.State.RUNNING).update(
        leased_until=timezone.now(), attempts=F("attempts") - 1
    )


def request_stop(conversation: Conversation, turn_id: str) -> None:
    """Ask the runner to stop. Does nothing for a turn that has already ended."""
    turn = conversation.turns.filter(pk=turn_id).first()
    if turn is None:
        raise NotFound("No such turn.")
    if Turn.objects.open().filter(pk=turn.pk).update(stop_requested_at=timezone.now()):
        live.ask_to_stop(turn.pk)


def retry_turn(conversation: Conversation, turn_id: str) -> Turn:
    """A new turn for the same message, after one that failed or was cut off.

    Raises `Conflict` when it did not fail, or when the message is being answered already.
    """
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        turn = conversation.turns.filter(pk=turn_id).select_related("message").first()
        if turn is None:
            raise NotFound("No such turn.")
        if locked.state == Conversation.State.STAFF:
            raise Conflict("A person answers here.")
        newest = turn.message.turns.order_by("-created_at").first()
        if newest != turn or not turn.retryable:
            raise Conflict("There is nothing to try again.")
        # With the click that set it off: one that was not carried out is carried out now, one that was keeps its result.
        ledger.reopen(turn.opening_call_id)
        return begin_turn(turn.message, turn.opening_call)


def turns_left_behind(limit: int = 50) -> list[UUID]:
    """Turns that should run and do not: their runner died, or never began."""
    forgotten = timezone.now() - timedelta(seconds=2)
    found = Turn.objects.claimable().next_in_line().filter(created_at__lt=forgotten).order_by("created_at")
    return list(found.values_list("pk", flat=True)[:limit])
