"""Entry points of turns, for sockets and views on behalf of a visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from assistant.async_db import in_db, in_turn_db
from assistant.models import Conversation
from assistant.sentences import sentence
from assistant.services.conversations import card_answers, handoffs
from assistant.services.conversations.leases import request_stop, retry_turn
from assistant.services.conversations.messages import PostedMessage
from assistant.turns.beginning import post_and_begin
from assistant.turns.runner import start, stop_here

_posting: set[asyncio.Task[PostedMessage]] = set()


async def post(
    conversation: Conversation,
    client_id: str,
    text: str,
    page: dict[str, str] | None = None,
    files: Sequence[str] = (),
) -> PostedMessage:
    """Save a visitor's message and start its answer. Returning is the promise that it is saved."""
    return await post_to(lambda: conversation, client_id, text, page, files)


async def post_to(
    authorize: Callable[[], Conversation],
    client_id: str,
    text: str,
    page: dict[str, str] | None = None,
    files: Sequence[str] = (),
) -> PostedMessage:
    """`post`, in one hop with what finds the conversation and says that it may be written to. Raises what that raises."""
    # A task of its own: a visitor who leaves at this moment must not leave a turn behind that is claimed and not run.
    posting = asyncio.ensure_future(_post(authorize, client_id, text, page, files))
    _posting.add(posting)
    posting.add_done_callback(_posting.discard)
    return await asyncio.shield(posting)


async def _post(
    authorize: Callable[[], Conversation], client_id: str, text: str, page: dict[str, str] | None, files: Sequence[str]
) -> PostedMessage:
    posted, begun = await in_turn_db(lambda: post_and_begin(authorize(), client_id, text, page, files))()
    if posted.new and posted.turn:
        start(posted.turn.pk, begun)
    return posted


async def answer_card(conversation: Conversation, card_id: str, choice: str, fields: dict[str, str] | None) -> None:
    """Save a visitor's answer to a card, and let the assistant go on from it."""
    turn = await in_db(card_answers.answer)(conversation, card_id, choice, fields)
    if turn:
        start(turn.pk)


async def request_human(conversation: Conversation) -> None:
    """Ask for a person on behalf of the visitor."""
    turn = await in_db(handoffs.request_human)(conversation, sentence("human_request", conversation.locale))
    if turn:
        start(turn.pk)


async def retry(conversation: Conversation, turn_id: str) -> None:
    """Answer the message of a failed turn again."""
    turn = await in_db(retry_turn)(conversation, turn_id)
    start(turn.pk)


async def stop(conversation: Conversation, turn_id: str) -> None:
    """End a running reply where it is."""
    await in_db(request_stop)(conversation, turn_id)
    stop_here(turn_id)
