"""The WebSocket consumer: frames in, events out. It translates and decides nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from typing import Any

import orjson
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from assistant import events, live, turns
from assistant.async_db import in_db
from assistant.errors import InputError, NotAllowed, TooMuch
from assistant.models import Conversation
from assistant.sentences import sentence
from assistant.services.conversations import email_answers, notices
from assistant.services.conversations.events import render_message
from assistant.services.conversations.messages import rate_message
from assistant.services.conversations.sessions import conversation_for_token, update_visitor
from assistant.services.conversations.state import change_state
from assistant.services.organizations import rate_limits
from widget import access, feed, frames
from widget.timeouts import within

log = logging.getLogger(__name__)

OPEN_SECONDS = 5
SEND_SECONDS = 10
FRAMES_PER_SECOND = 10
FRAMES_AT_ONCE = 40

BAD_FRAME, TOKEN, FORBIDDEN, NO_OPEN, TOO_MUCH = 4400, 4401, 4403, 4408, 4429
TOO_SLOW = 1013


class WidgetConsumer(AsyncWebsocketConsumer):
    conversation: Conversation | None = None
    closed = False
    origin = ""
    network = ""

    def __init__(self, open_seconds: float = OPEN_SECONDS, send_seconds: float = SEND_SECONDS) -> None:
        super().__init__()
        self.open_seconds = open_seconds  # within which `session.open` must come
        self.send_seconds = send_seconds  # within which what is sent must be read

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.sending = asyncio.Lock()  # what is read for the widget goes out before what happens meanwhile
        async with AsyncExitStack() as self.until_gone, AsyncExitStack() as self.while_subscribed:
            await super().__call__(scope, receive, send)

    async def dispatch(self, message: dict[str, Any]) -> None:
        # The parent closes old database connections on every event; ours live on threads that do so themselves.
        if handler := getattr(self, get_handler_name(message), None):
            await handler(message)

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        # Once: frames that were under way, and timers, come after it too.
        if not self.closed:
            self.closed = True
            await super().close(code, reason)

    async def _close_in_time(self, code: int, reason: str) -> None:
        try:
            await within(self.send_seconds, self.close(code, reason))
        except TimeoutError:
            log.info("a socket could not be closed in time")

    # --- Opening ----------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        await self.accept()  # first: a browser that is refused earlier learns nothing but 1006
        self.tokens, self.counted_at = float(FRAMES_AT_ONCE), time.monotonic()
        try:
            self.origin = access.origin_of(self.scope["headers"])
            peer = (self.scope.get("client") or ("", 0))[0]
            self.network = access.network_of(self.scope["headers"], peer)
            rate_limits.hit("socket", network=self.network)
            access.refuse_full_network(self.network)
        except NotAllowed:
            await self.close(FORBIDDEN, "not_allowed")
            return
        except TooMuch:
            await self.close(TOO_MUCH, "too_much")
            return
        self.until_gone.enter_context(access.connection_of_network(self.network))
        timer = asyncio.get_running_loop().call_later(self.open_seconds, self._close_unopened)
        self.until_gone.callback(timer.cancel)

    def _close_unopened(self) -> None:
        if self.conversation is None:
            self.closing = asyncio.ensure_future(self.close(NO_OPEN, "no session.open"))

    # --- Frames in --------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.closed:
            return
        if not self._is_within_rate():
            await self.close(TOO_MUCH, "too_much")
            return
        try:
            frame = frames.parse(text_data) if text_data is not None else None
        except InputError as error:
            # A value that is refused ends no conversation: the widget would send it again on its next connection, and on
            # every one after that.
            if self.conversation and (of := _named(text_data)):
                await self._refuse(error.code, of)
                return
            frame = None
        if frame is None or (self.conversation is None and not isinstance(frame, frames.SessionOpen)):
            await self.close(BAD_FRAME, "bad_frame")
            return
        of = getattr(frame, "id", frame.type)
        try:
            await self._act_on(frame)
        except TooMuch as error:
            if isinstance(frame, frames.SessionOpen):
                # What was asked for is missing on this socket from now on: the widget comes back later, and asks again.
                await self.close(TOO_MUCH, "too_much")
            else:
                await self._refuse(error.code, of, error.retry_after_seconds)
        except NotAllowed as error:
            await self.close(FORBIDDEN if error.code == "not_allowed" else TOKEN, error.code)
        except InputError as error:
            await self._refuse(error.code, of)
        except DatabaseError:
            # No acknowledgement: the widget keeps what it sent, and sends it again.
            log.warning("a frame could not be saved", exc_info=True)
            await self._refuse("unavailable", of)
        except Exception:
            log.exception("a %s frame failed", frame.type)
            await self._refuse("internal", of)

    def _is_within_rate(self) -> bool:
        now = time.monotonic()
        self.tokens = min(FRAMES_AT_ONCE, self.tokens + (now - self.counted_at) * FRAMES_PER_SECOND) - 1
        self.counted_at = now
        return self.tokens >= 0

    async def _act_on(self, frame: frames.Frame) -> None:
        if isinstance(frame, frames.SessionOpen):
            await self._open(frame)
            return
        if isinstance(frame, frames.MessageSend):
            await self._post(frame)
            return
        conversation = await self._counted(frame)
        match frame:
            case frames.Ping():
                await self._send_event(events.Pong(await in_db(_newest_seq)(conversation)))
            case frames.TurnStop():
                await turns.stop(conversation, frame.turn)
            case frames.TurnRetry():
                await turns.retry(conversation, frame.turn)
            case frames.CardAnswer():
                await turns.answer_card(conversation, frame.card, frame.choice, frame.fields)
            case frames.SlotsBrowse():
                await self._send_event(await in_db(feed.browsed)(conversation, frame))
            case frames.MessageRate():
                await in_db(rate_message)(conversation, frame.message, frame.value)
            case frames.HumanRequest():
                await turns.request_human(conversation)
            case frames.VisitorUpdate():
                await in_db(update_visitor)(conversation, **frame.said())
            case frames.ConsentGive():
                await in_db(notices.agree)(conversation, frame.text)
                await self._send_event(events.ConsentSaved())
            case frames.ConversationClose() | frames.ConversationNew():
                await in_db(change_state)(conversation, Conversation.State.CLOSED)
            case frames.ConversationSeen():
                await in_db(email_answers.mark_seen)(conversation, frame.seq)
            case frames.Typing():
                typing = {"type": "visitor.typing", "conversation": str(conversation.pk)}
                live.announce_to_staff(conversation.organization_id, typing)

    async def _open(self, frame: frames.SessionOpen) -> None:
        self.token = frame.token
        conversation = await in_db(self._authorize)(frame)
        if self.conversation is None or self.conversation.pk != conversation.pk:
            await self._subscribe_to(conversation)
        self.conversation = conversation
        async with self.sending:
            await self._send_event(await in_db(feed.ready)(conversation, frame.after, self.subscription, self.network))

    async def _post(self, frame: frames.MessageSend) -> None:
        def authorize() -> Conversation:
            self.conversation = self._authorize(frame)
            return self.conversation

        posted = await turns.post_to(authorize, frame.id, frame.text, frame.page, frame.files)
        if not posted.new:
            # The first acknowledgement was lost; the rows give it again.
            await self._send_event(events.MessageAdded(posted.message.seq, render_message(posted.message)))

    async def _counted(self, frame: frames.Frame) -> Conversation:
        """The conversation, once the frame is counted: what acts also looks whether it is still ours, for an assistant can
        be switched off while its sockets are open. Raises `TooMuch`, `NotAllowed`."""
        assert self.conversation is not None
        if rate_limits.LIMITS[frame.type].shared:
            self.conversation = await in_db(self._authorize)(frame)
        else:
            rate_limits.hit(frame.type, visitor=str(self.conversation.visitor_id), network=self.network)
        return self.conversation

    def _authorize(self, frame: frames.Frame) -> Conversation:
        conversation = conversation_for_token(self.token, self.origin)
        rate_limits.hit(frame.type, visitor=str(conversation.visitor_id), network=self.network)
        return conversation

    async def _subscribe_to(self, conversation: Conversation) -> None:
        await self.while_subscribed.aclose()
        self.while_subscribed.enter_context(access.connection_of_visitor(str(conversation.visitor_id), self._give_way))
        # Subscribe before reading: what is committed in between arrives twice, and its `seq` shows that.
        self.subscription = await self.while_subscribed.enter_async_context(live.subscribe(live.group(conversation.pk)))
        forwarding = asyncio.create_task(self._forward_events(conversation, self.subscription))
        self.while_subscribed.callback(forwarding.cancel)

    def _give_way(self) -> None:
        self.leaving = asyncio.ensure_future(self._close_in_time(TOO_MUCH, "too_much"))

    # --- Events out -------------------------------------------------------------------------------------------------

    async def _forward_events(self, conversation: Conversation, subscription: live.Subscription) -> None:
        while True:
            try:
                payloads = await feed.next_events(conversation, subscription)
            except NotAllowed as error:
                # From a task of its own: closing cancels this one.
                self.leaving = asyncio.ensure_future(self._close_in_time(TOKEN, error.code))
                return
            for payload in payloads:
                async with self.sending:
                    await self._send_text(payload.text)

    async def _send_event(self, event: events.WidgetEvent) -> None:
        await self._send_text(orjson.dumps(event.payload()).decode())

    async def _refuse(self, code: str, of: str | None, retry_after: int | None = None) -> None:
        locale = self.conversation.locale if self.conversation else access.locale_of(self.scope["headers"])
        await self._send_event(events.Error(code, sentence(code, locale), of, retry_after))

    async def _send_text(self, text: str) -> None:
        if self.closed:
            return
        try:
            await within(self.send_seconds, self.send(text_data=text))
        except TimeoutError:
            # A reader that does not read costs memory here and nothing there: it comes back and resumes.
            await self._close_in_time(TOO_SLOW, "too slow")
        except OSError:
            self.closed = True  # it has gone, and what remains of it is told so in a moment


def _newest_seq(conversation: Conversation) -> int:
    return Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation.pk)


def _named(text: str | None) -> str | None:
    """What a refused frame is called in `error`: its id, or else its type; None for what is no frame of a known type."""
    try:
        value = frames.load(text or "")
    except InputError:
        return None
    kind, id = value.get("type"), value.get("id")
    if not isinstance(kind, str) or kind not in frames.FRAMES or kind == frames.SessionOpen.type:
        return None
    return id[:64] if isinstance(id, str) and id else kind
