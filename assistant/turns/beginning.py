"""Beginning of a turn: prepared in the transaction that saves its message, so that the model is asked at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, transaction

from assistant import live, llm
from assistant.errors import BudgetExceeded
from assistant.models import Assistant, Conversation, Turn, Visitor
from assistant.outbound.transport import tls_context
from assistant.providers import completions, embeddings, router
from assistant.services.conversations.history import Earlier
from assistant.services.conversations.messages import PostedMessage, post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.organizations import snapshots
from assistant.tools.executor import Executor
from assistant.turns.context import Context, build_context

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedTurn:
    """Everything that the first request to the model needs. `model` has reserved its budget; it is None if the answer may
    come from the cache."""

    executor: Executor
    context: Context
    model: router.Router | None


@dataclass(frozen=True)
class ClaimedTurn:
    """A turn that is claimed for this process. `prepared` is None if that failed: its runner then runs into the same failure
    and reports it."""

    turn: Turn
    prepared: PreparedTurn | None = None


class _Unprepared(Exception):
    """The database failed while a turn was prepared, so that its transaction cannot be committed."""


def post_and_begin(
    conversation: Conversation,
    client_id: str,
    text: str,
    page: dict[str, str] | None,
    files: Sequence[str] = (),
) -> tuple[PostedMessage, ClaimedTurn | None]:
    """One hop, one transaction: save a message with its turn, claim the turn, reserve its budget and read its model's
    context. A failure in the second half does not lose the message; a turn that has to wait is queued. Raises what
    `post_message` raises."""
    begun: list[ClaimedTurn] = []

    def begin(turn: Turn, earlier: Earlier) -> None:
        begun.append(_begin(turn, earlier))

    try:
        posted = post_message(conversation, client_id, text, page, files, prepare=begin)
    except (_Unprepared, DatabaseError) as error:
        if not begun and not isinstance(error, _Unprepared):
            raise
        log.warning("a turn could not be prepared with its message", exc_info=True)
        return post_message(conversation, client_id, text, page, files), None
    return posted, _with_reservation(begun[0]) if begun and posted.new else None


def _with_reservation(begun: ClaimedTurn) -> ClaimedTurn:
    """The turn as it is once it is saved: not prepared where its reservation, which was saved with it, was refused."""
    if begun.turn.reserving is None:
        return begun
    reserving, begun.turn.reserving = begun.turn.reserving, None
    try:
        reserving.conclude()
    except (BudgetExceeded, DatabaseError) as error:
        log.debug("turn %s was not prepared: %s", begun.turn.pk, type(error).__name__)
        if begun.prepared and begun.prepared.model:
            with suppress(DatabaseError):  # a probe that is not given back ends by itself; the turn is saved, and has to run
                begun.prepared.model.give_up()
        return ClaimedTurn(begun.turn)
    return begun


def _begin(turn: Turn, earlier: Earlier) -> ClaimedTurn:
    turn.unsettled = []
    try:
        return ClaimedTurn(turn, _prepare(turn, earlier))
    except DatabaseError as error:
        raise _Unprepared from error
    except Exception as error:
        log.debug("turn %s was not prepared: %s", turn.pk, type(error).__name__)
        turn.reserving = None
        return ClaimedTurn(turn)


def _prepare(turn: Turn, earlier: Earlier) -> PreparedTurn:
    executor, _ = Executor.load(turn, embeddings.of_query, acted=earlier.acted)
    tools = executor.specs()
    context = build_context(turn, tools, earlier=earlier)
    if context.key:
        return PreparedTurn(executor, context, None)
    messages = [llm.ChatMessage("system", context.system), *context.history, *context.calls]
    return PreparedTurn(executor, context, router.model_of_turn(turn, messages, tools))


def warm_up() -> None:
    """Run the path of a turn once and leave nothing behind, so that the first visitor after a start does not pay for what
    is only loaded when it is needed: a connection, an organization, compiled statements and patterns."""
    tls_context()
    live.draft("warm-up")  # loads the cache's backend
    assistant = Assistant.objects.filter(enabled=True, organization__active=True).select_related("organization").first()
    if assistant is None:
        completions.read_whole("Hello.", [])
        return
    with transaction.atomic():
        visitor = Visitor.objects.create(organization=assistant.organization)
        Conversation.objects.create(organization=assistant.organization, assistant=assistant, visitor=visitor)
        conversation = snapshots.conversation("conversation.visitor_id = %s", visitor.pk)
        assert conversation
        posted, begun = post_and_begin(conversation, "warm-up", "Hello", {})
        completions.read_whole("Hello.", begun.prepared.executor.specs() if begun and begun.prepared else [])
        if posted.turn and begun:
            finish_turn(begun.turn, Outcome(Turn.State.DONE, "Hello."))
        transaction.set_rollback(True)
