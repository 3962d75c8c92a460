"""The ledger of tool calls: each is a row before the act, claimed by one conditional write, and closed after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from assistant.errors import ToolError, TurnTaken
from assistant.models import Assistant, Card, Conversation, Delivery, Method, Organization, ToolCall, Turn
from assistant.services.conversations import cards
from assistant.services.methods import policy
from assistant.services.raw_sql import insert, listed

State = ToolCall.State
NOT_CONFIRMED = "The visitor did not confirm in time. Nothing was done."
NOT_BEGUN = "Not run: it was interrupted before it began. Nothing was done."
OUTCOME_UNKNOWN = (
    "It is unknown whether this took effect: it was interrupted while it was running. Tell the visitor, do not call it "
    "again, and offer to have a person check."
)
TOOK_EFFECT = "It took long, but it took effect. The visitor sees the receipt, with the reference "
GIVEN_UP = "Not run: it was given up before it could act. Nothing was done."
ORPHANED = timedelta(minutes=10)  # longer than a call that belongs to no turn may last, with everything around it

_ITS_TURN = Q(pk=OuterRef("turn_id")) | Q(opening_call=OuterRef("pk"))
_OF_OPEN_TURN = Exists(Turn.objects.open().filter(_ITS_TURN))
_ASKED = Card.objects.filter(call=OuterRef("pk"), kind__in=Card.ASKING)
_ANSWERED = Q(Exists(_ASKED.filter(state=Card.State.ANSWERED))) & ~Exists(_ASKED.filter(state=Card.State.OPEN))
_OPEN = Q(state__in=ToolCall.OPEN) | Q(_ANSWERED, state=State.WAITING)  # somebody is at it, or should be
_MESSAGES = Delivery.objects.filter(call=OuterRef("pk"), appointment=None)
_GIVEN_UP = Q(Exists(_MESSAGES.filter(state=Delivery.State.DEAD))) & ~Exists(_MESSAGES.exclude(state=Delivery.State.DEAD))
_OF_ENDED_TURN = Exists(Turn.objects.filter(_ITS_TURN, state__in=Turn.ENDED))


@dataclass(frozen=True)
class Place:
    """Where a call stands in its turn; the same place twice is the same call."""

    turn: Turn
    round: int
    ordinal: int


@dataclass(frozen=True)
class Act:
    """What a call would do: run `method`, for visitors of `assistant`, `at_once` or after a card has asked them."""

    method: Method
    risk: str
    assistant: Assistant | None
    at_once: bool


@dataclass(frozen=True)
class BegunCall:
    """A call and its row. `new`: there was none at its place before; then `refused` is why it may not run, or empty, and
    the row is claimed for the caller if it was to act at once."""

    row: ToolCall
    new: bool
    refused: str = ""


_FENCED = f"EXISTS(SELECT 1 FROM assistant_turn WHERE id = %s AND fence = %s AND state IN {listed(Turn.OPEN)})"


def begin(
    organization: Organization,
    name: str,
    arguments: dict[str, Any],
    act: Act | None,
    *,
    place: Place | None = None,
    key: str = "",
    **fields: Any,
) -> BegunCall:
    """Write the row of a call, unless its place, or its `key`, has one; `fields` are its columns. In the same transaction,
    `authorize` it, where it can `act`, and claim it by writing it, where it is to act at once: exactly one of all callers
    gets it as `new`, and it is never found not to have begun. Any other is PENDING.

    Raises `TurnTaken` where the turn has ended or another runner has it: one that slept through that starts nothing more.
    """
    with transaction.atomic():
        row = _row(organization, name, arguments, place, key, fields)
        refused = policy.why_not(row, act.method, act.assistant) if act else ""
        if act and not refused:
            row.method, row.risk = act.method, act.risk
            if act.at_once:
                row.state, row.started_at, row.attempts = State.SENT, timezone.now(), 1
        begun = _insert(row, place)
        return replace(begun, refused=refused) if begun.new else begun


def write(organization: Organization, name: str, arguments: dict[str, Any], **fields: Any) -> ToolCall:
    """The row of a call, PENDING; the one that is already there when its place, or its `key`, has one. As `begin`."""
    return begin(organization, name, arguments, None, **fields).row


def _row(
    organization: Organization,
    name: str,
    arguments: dict[str, Any],
    place: Place | None,
    key: str,
    fields: dict[str, Any],
) -> ToolCall:
    row = ToolCall(organization=organization, name=name[:64], arguments=arguments, **fields)
    row.idempotency_key = key or f"call-{row.pk}"
    row.model_call_id = row.model_call_id[:120]
    if place:
        row.turn, row.round, row.ordinal = place.turn, place.round, place.ordinal
    return row


def _insert(row: ToolCall, place: Place | None) -> BegunCall:
    """Insert the row unless its place or its key has one, and only under the turn's fence: what was inserted without it
    is rolled back with the transaction."""
    lease = (place.turn.pk, place.turn.fence) if place else ()
    written = insert(row, returning=_FENCED if place else "id", values=lease, or_nothing=True)
    if place:
        if not (written[0][0] if written else _holds(place.turn)):
            raise TurnTaken("The lease is lost; nothing may be begun.")
        place.turn.may_have_calls = True
    if written:
        return BegunCall(row, new=True)
    same: dict[str, Any] = {"turn": row.turn_id, "round": row.round, "ordinal": row.ordinal}
    if row.idempotency_key != f"call-{row.pk}":
        same = {"idempotency_key": row.idempotency_key}
    known = ToolCall.objects.select_related("method").get(**same, conversation=row.conversation_id)
    return BegunCall(known, new=False)


def _holds(turn: Turn) -> bool:
    return Turn.objects.open().filter(pk=turn.pk, fence=turn.fence).exists()


def authorize(row: ToolCall, method: Method, assistant: Assistant | None, risk: str) -> str:
    """Check the call against the policy as it is now, and record the method and risk it was checked by; "" or why not, as
    `policy.why_not` says it."""
    return admit(row, Act(method, risk, assistant, at_once=False))[0]


def admit(row: ToolCall, act: Act) -> tuple[str, bool]:
    """`authorize` a row and, where it is to act at once, `claim` it in the same transaction: why not, and whether that is
    done."""
    with transaction.atomic():
        if refused := policy.why_not(row, act.method, act.assistant):
            return refused, False
        row.method, row.risk = act.method, act.risk
        if act.at_once:
            return "", claim(row, method=act.method, risk=act.risk)
        row.save(update_fields=["method", "risk"])
        return "", False


def adopt(row: ToolCall, turn: Turn) -> None:
    """Count a visitor's click among the calls of the turn that runs it, before the model's first round."""
    if row.turn_id is None:
        row.turn, row.round, row.ordinal = turn, 0, 0
        row.save(update_fields=["turn", "round", "ordinal"])


def claim(row: ToolCall, **columns: Any) -> bool:
    """Claim the row for acting on it, from the state that it was read in: exactly one of all callers gets True, and none
    once its turn has ended. `columns` are set with it."""
    free = ToolCall.objects.filter(Q(_OF_OPEN_TURN) | ~_OF_ENDED_TURN, pk=row.pk, state=row.state)
    if not free.update(state=State.SENT, started_at=timezone.now(), attempts=F("attempts") + 1, **columns):
        return False
    row.refresh_from_db(fields=["state", "started_at", "attempts"])
    return True


def claim_again(row: ToolCall, seconds: float) -> bool:
    """Take over a row whose runner has been silent for longer than the call may last."""
    late = timezone.now() - timedelta(seconds=seconds)
    silent = ToolCall.objects.filter(pk=row.pk, state=State.SENT, started_at__lt=late, attempts=row.attempts)
    if not silent.update(started_at=timezone.now(), attempts=F("attempts") + 1):
        return False
    row.refresh_from_db(fields=["state", "started_at", "attempts"])
    return True


def close(row: ToolCall, state: str, result: str, *, code: str = "", sources: tuple[dict[str, str], ...] = ()) -> bool:
    """Record the call's outcome. False when another runner has closed it or taken it over, or when it cannot have failed:
    a call with a receipt has taken effect, since the receipt was given in the same transaction, and is closed as done.

    A late result is still the truth about a call that was given up as unknown, if its own runner reports it.
    """
    changes = {"state": state, "result": result, "code": code, "sources": list(sources), "finished_at": timezone.now()}
    without = state in (State.FAILED, State.UNKNOWN)
    mine = ToolCall.objects.filter(_open_to(row), pk=row.pk)
    if not mine.filter(**{"receipt": ""} if without else {}).update(**changes):
        if without:
            mine.update(**changes | {"state": State.DONE, "code": "", "result": Concat(Value(TOOK_EFFECT), "receipt")})
        return False
    for name, value in changes.items():
        setattr(row, name, value)
    return True


def _open_to(row: ToolCall) -> Q:
    """The call as its runner has it in `row`: neither ended nor taken over."""
    still = Q(state__in=[State.PENDING, State.WAITING, State.SENT], attempts=row.attempts)
    return still | Q(state=State.UNKNOWN, code="no_word") if row.state == State.SENT else still


def act_for(row: ToolCall) -> None:
    """Inside the transaction that acts: nobody closes the call before that has ended. Raises `ToolError` where it is closed
    already, as it is when its runner has given it up while a database thread was still at it.
    """
    if not ToolCall.objects.select_for_update(no_key=True).filter(_open_to(row), pk=row.pk).exists():
        raise ToolError(GIVEN_UP, code="given_up")


def wait_for_visitor(
    row: ToolCall,
    content: dict[str, Any],
    result: str,
    expires_at: datetime | None,
    kind: Card.Kind = Card.Kind.CONFIRM,
) -> bool:
    """Show the card of a call that does nothing until it is answered, at the latest by `expires_at`; without it, for as long
    as it takes. False when it is shown already."""
    with transaction.atomic():
        if not ToolCall.objects.filter(pk=row.pk, state=State.PENDING).update(state=State.WAITING, result=result):
            return False
        row.state, row.result = State.WAITING, result
        assert row.conversation is not None
        cards.add(row.conversation, kind, content, call=row, expires_at=expires_at)
        return True


def answer_of_visitor(row: ToolCall) -> Literal["confirm", "cancel", ""]:
    """What the visitor said on the call's card: read from the card, so that nobody else can say it for them."""
    card = row.cards.filter(kind__in=Card.ASKING, state=Card.State.ANSWERED).order_by("-created_at").first()
    return card.choice if card and card.choice in ("confirm", "cancel") else ""  # type: ignore[return-value]


def give_up_waiting() -> list[Card]:
    """Close the calls whose card ran out before it was answered; returns the cards that have run out now."""
    expired = []
    late = Q(state=Card.State.OPEN, expires_at__lte=timezone.now()) | Q(state=Card.State.EXPIRED)
    found = Card.objects.filter(late, kind__in=Card.ASKING, call__state=State.WAITING).select_related("call", "conversation")
    for card in found[:200]:
        with transaction.atomic():
            # The conversation's lock orders this with the visitor's own click.
            Conversation.objects.select_for_update().get(pk=card.conversation_id)
            card.refresh_from_db(fields=["state"])
            if card.state == Card.State.ANSWERED:
                continue
            if card.state == Card.State.OPEN:
                cards.update(card, state=Card.State.EXPIRED)
                expired.append(card)
            assert card.call is not None
            close(card.call, State.REFUSED, NOT_CONFIRMED, code="expired")
    return expired


def left_behind(turn: Turn) -> list[ToolCall]:
    """The model's calls that an earlier runner of this turn began and did not close."""
    if turn.fence == 1:
        return []  # nobody ran it before
    return list(
        turn.tool_calls.filter(state__in=[State.PENDING, State.SENT], initiator=ToolCall.Initiator.MODEL)
        .select_related("method", "organization", "conversation")
        .order_by("round", "ordinal")
    )


def close_with(turn: Turn) -> None:
    """Close what the turn leaves open, in the transaction that ends it; a card that waits for the visitor waits on, and what
    they have answered meanwhile is the next turn's.

    A row that is locked just now is being written by its runner, which may want the conversation's lock next, which
    the caller has: that one is left to its runner, and to `close_orphans`.
    """
    mine = Q(turn=turn) | Q(pk=turn.opening_call_id) if turn.opening_call_id else Q(turn=turn)
    rows = ToolCall.objects.filter(mine, _OPEN, ~_OF_OPEN_TURN).order_by()
    _close_open(rows.select_for_update(skip_locked=True, of=("self",)))


def reopen(call_id: UUID | None) -> None:
    """Let a call that its turn closed before it began be run by another turn, as a retry wants it."""
    if call_id is None:
        return
    closed = ToolCall.objects.filter(pk=call_id, state=State.FAILED, code="not_begun")
    closed.update(state=State.PENDING, result="", code="", finished_at=None)


def orphans() -> QuerySet[ToolCall]:
    """Open calls that nobody will close: their turn has ended, or, where they have none, the
    process that ran them must have died."""
    late = timezone.now() - ORPHANED
    silent = Q(started_at__lt=late) | Q(started_at=None, created_at__lt=late)
    unended = Q(state__in=[*ToolCall.OPEN, State.WAITING])  # as `_OPEN` says, too, but in a form for which there is an index
    return ToolCall.objects.filter(unended, _OPEN, ~_OF_OPEN_TURN, silent | Q(_OF_ENDED_TURN)).order_by()


def close_orphans(limit: int = 500) -> int:
    """Close the calls that nobody else will close; returns how many."""
    with transaction.atomic():
        return _close_open(orphans().select_for_update(skip_locked=True, of=("self",)), limit)


def _close_open(rows: QuerySet[ToolCall], limit: int | None = None) -> int:
    """What may have begun becomes unknown, and its runner may still report the outcome; the rest has not begun."""
    found = dict(rows.values_list("pk", "state")[:limit])
    sent = [pk for pk, state in found.items() if state == State.SENT]
    now = timezone.now()
    ToolCall.objects.filter(pk__in=sent, state=State.SENT).update(
        state=State.UNKNOWN, result=OUTCOME_UNKNOWN, code="no_word", finished_at=now
    )
    ToolCall.objects.filter(pk__in=found.keys() - sent, state__in=[State.PENDING, State.WAITING]).update(
        state=State.FAILED, result=NOT_BEGUN, code="not_begun", finished_at=now
    )
    return len(found)


def _done(conversation: Conversation) -> QuerySet[ToolCall]:
    """The calls that have changed something in this conversation: one whose messages were all given up has not."""
    return conversation.tool_calls.filter(state=State.DONE, dry_run=False).exclude(_GIVEN_UP)


def done_names(conversation: Conversation) -> set[str]:
    """The tools that have changed something in this conversation."""
    return set(_done(conversation).values_list("name", flat=True))


def receipts(conversation: Conversation) -> list[tuple[str, str]]:
    """Of the calls that have changed something in this conversation: the tool's name and the visitor's reference."""
    return list(_done(conversation).exclude(receipt="").values_list("name", "receipt"))


def reload(row: ToolCall) -> None:
    """Read the row again."""
    row.refresh_from_db()


def give_receipt(row: ToolCall, reference: str) -> None:
    """Save the reference that the visitor was given. Inside the transaction that made it true."""
    ToolCall.objects.filter(pk=row.pk).update(receipt=reference[:40])
    row.receipt = reference[:40]
