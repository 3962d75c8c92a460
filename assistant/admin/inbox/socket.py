"""The inbox's WebSocket: says which conversations have changed, who is looking at one, and who is typing.

It carries no texts: the page reads them from the admin's own addresses, which check permissions. Frames in:
`watch {conversation}` (empty for none), `typing {}`, and `here {}` every few seconds. Out: `changed`, `read`,
`visitor.typing`, `staff.here {conversation, user, name, typing}`, and `missed` where events may have been lost.

With `?only=notices` it is any other page's: `ready {push}` says whether notifications are on in this browser, and it carries
`notice {id, event, title, link, conversation}` alone, of what this person has chosen to be told of.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import urlsplit

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, parse_cookie

from assistant import events, live
from assistant.admin.inbox.shown import name_of
from assistant.admin.scoping import organizations
from assistant.async_db import in_db
from assistant.errors import TooMuch
from assistant.models import Conversation, StaffEvent
from assistant.services import logins
from assistant.services.notifications import choices, push
from assistant.services.organizations import members, rate_limits

log = logging.getLogger(__name__)

NOT_SIGNED_IN, FORBIDDEN, BAD_FRAME, TOO_MUCH = 4401, 4403, 4400, 4429
FRAME_BYTES = 500
SEND_SECONDS = 10
MOST_ORGANIZATIONS = 50


class InboxConsumer(AsyncWebsocketConsumer):
    user: Any = None
    watched: Conversation | None = None
    may_write = False
    only_notices = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with contextlib.AsyncExitStack() as self.until_gone:
            await super().__call__(scope, receive, send)

    async def connect(self) -> None:
        await self.accept()  # first: a browser that is refused earlier learns nothing but 1006
        if not self._is_our_page():
            return await self.close(FORBIDDEN)
        self.user, found = await in_db(self._admitted)()
        if self.user is None:
            return await self.close(NOT_SIGNED_IN)
        self.only_notices = self.scope.get("query_string", b"") == b"only=notices"
        for organization_id in found:
            group = live.staff_group(organization_id)
            subscription = await self.until_gone.enter_async_context(live.subscribe(group))
            forwarding = asyncio.create_task(self._forward(subscription, organization_id))
            self.until_gone.callback(forwarding.cancel)
        await self._send({"type": "ready", **({"push": await in_db(self._is_pushed_to)()} if self.only_notices else {})})

    def _is_our_page(self) -> bool:
        """Whether the page that opens the socket comes from the host that it opens it to: cookies alone prove nothing."""
        headers = dict(self.scope["headers"])
        origin, host = (headers.get(name, b"").decode("latin-1").lower() for name in (b"origin", b"host"))
        return bool(host) and urlsplit(origin).netloc == host

    def _admitted(self) -> tuple[Any, list[int]]:
        """The member of staff whose session it is, and the organizations that they see; None without a second factor where
        their organization requires one."""
        user = logins.user_of_session(self._cookies())
        if user is None or members.lacks_two_factor(user):
            return None, []
        return user, list(organizations(_as_request(user)).values_list("pk", flat=True)[:MOST_ORGANIZATIONS])

    def _cookies(self) -> dict[str, str]:
        return parse_cookie(dict(self.scope["headers"]).get(b"cookie", b"").decode("latin-1"))

    def _is_pushed_to(self) -> bool:
        return push.is_on_in(self._cookies().get(settings.SESSION_COOKIE_NAME, ""))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.user is None:
            return  # refused; the socket is closing
        try:
            frame = orjson.loads(text_data or "") if len(text_data or "") <= FRAME_BYTES else None
        except orjson.JSONDecodeError:
            frame = None
        if not isinstance(frame, dict):
            return await self.close(BAD_FRAME)
        try:
            rate_limits.hit("inbox", visitor=str(self.user.pk))
        except TooMuch:
            return await self.close(TOO_MUCH)
        match frame:
            case {"type": "watch", "conversation": str(conversation_id)}:
                await self._watch(conversation_id)
            case {"type": "typing"} if self.watched and self.may_write:
                self._say(typing=True)
                live.announce(self.watched.pk, events.StaffTyping())
            case {"type": "here"}:
                await self._still_there()

    async def _watch(self, conversation_id: str) -> None:
        if self.watched:
            self._say(gone=True)
        self.watched, self.may_write = await in_db(self._found)(conversation_id)
        if self.watched:
            self._say()

    def _found(self, conversation_id: str) -> tuple[Conversation | None, bool]:
        request = _as_request(self.user)
        try:
            mine = Conversation.objects.filter(organization__in=organizations(request))
            found = mine.filter(pk=conversation_id).first() if conversation_id else None
        except ValidationError:  # not a valid id
            found = None
        conversations: Any = admin.site.get_model_admin(Conversation)
        return found, found is not None and conversations.may_operate(request, found)

    async def _still_there(self) -> None:
        """The user's session may have ended, and their role may have changed, since they opened the page."""
        user, _ = await in_db(self._admitted)()
        if user is None:
            return await self.close(NOT_SIGNED_IN)
        if self.watched:
            self.watched, self.may_write = await in_db(self._found)(str(self.watched.pk))
        if self.watched:
            self._say()

    def _say(self, **more: bool) -> None:
        """Let the others know who looks at the conversation."""
        if self.watched:
            shown = {"conversation": str(self.watched.pk), "user": self.user.pk, "name": name_of(self.user)}
            live.announce_to_staff(self.watched.organization_id, {"type": "staff.here", **shown, **more})

    async def disconnect(self, code: int) -> None:
        self._say(gone=True)

    async def _forward(self, subscription: live.Subscription, organization_id: int) -> None:
        while True:
            payload = await subscription.next()
            if self.only_notices != (payload is not None and payload["type"] == "notice"):
                continue
            if self.only_notices and not await self._wants(payload or {}, organization_id):
                continue
            await self._send(payload if payload is not None else {"type": "missed"})

    async def _wants(self, notice: dict[str, Any], organization_id: int) -> bool:
        """Whether the person is told of this in the page; asked each time, since they may have been removed or logged out,
        and such a page says of itself nothing."""
        user, found = await in_db(self._admitted)()
        if user is None:
            await self.close(NOT_SIGNED_IN)
            return False
        theirs = organization_id in found and notice["only"] in (None, user.pk)
        return theirs and (await in_db(choices.of_user)(user))[StaffEvent(notice["event"])].in_page

    async def _send(self, payload: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(text_data=orjson.dumps(payload).decode())
        except TimeoutError:
            log.info("an inbox does not read what it is sent")
            await self.close()


def _as_request(user: Any) -> HttpRequest:
    """What the helpers of `scoping` ask for."""
    request = HttpRequest()
    request.user = user
    return request
