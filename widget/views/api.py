"""The HTTP API: config, sessions, and everything that the socket does, for pages without one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone

from assistant import live, turns, voice
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, InputError, NotAllowed
from assistant.events import ConsentSaved
from assistant.llm import ToolCallRequest
from assistant.models import Assistant, Conversation, ConversationFile
from assistant.providers import realtime, router
from assistant.services.conversations import handoffs, identification, notices, ratings, searching, transcripts
from assistant.services.conversations.events import format_instant
from assistant.services.conversations.messages import rate_message as messages_rate_message
from assistant.services.conversations.sessions import Session, is_current, open_session, update_visitor
from assistant.services.conversations.state import change_state
from assistant.services.files import links, uploads
from assistant.services.organizations import access as organization_access
from assistant.services.organizations import networks, office_hours, pictures
from widget import access, feed, frames
from widget.assets import version
from widget.conditional import is_unchanged
from widget.views.api_view import address_of, answer, api_view, body_of, network_of, problem, raw_headers

HEARTBEAT_SECONDS = 15
OUTSIDE_TEXTS = ("launcher_label", "teaser", "page_messages")


@api_view("GET", limit="config", session=False)
async def config(request: HttpRequest, key: str) -> HttpResponse:
    shown = await in_db(_shown)(key, access.origin_of(raw_headers(request)), networks.network_of(address_of(request)))
    body = orjson.dumps(shown)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    response = HttpResponse(status=304) if is_unchanged(request, etag) else HttpResponse(body)
    response["Content-Type"] = "application/json"
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache"  # a change by staff shows at once; an unchanged answer is a 304
    return response


def _shown(key: str, origin: str, network: str) -> dict[str, Any]:
    try:
        assistant = organization_access.for_widget(key, origin)
    except NotAllowed:
        organization_access.record_refused_site(key, origin, network)
        raise
    organization_access.record_page(assistant, origin)
    return presentation(assistant)


def presentation(assistant: Assistant) -> dict[str, Any]:
    """What a page may know of an assistant: an allow-list, so that nothing slips out by being added to the model."""
    speaker, why_silent = voice.offered(assistant)
    return {
        "key": assistant.public_key,
        "version": version(),
        "name": assistant.name,
        "title": assistant.title or assistant.name,
        "organization": assistant.organization.name,
        "greeting": assistant.greeting,
        "disclosure": assistant.disclosure,
        "consent": bool(assistant.consent),  # its text comes with the session, whose server records that it is shown
        "starters": assistant.starter_list,
        "texts": {
            language: {name: text for name, text in texts.items() if name != notices.Kind.CONSENT}
            for language, texts in assistant.texts.items()
        },
        "accent": assistant.accent,
        **({"avatar": pictures.path_of(avatar)} if (avatar := pictures.of(assistant)) else {}),
        "position": assistant.position,
        "locale": assistant.locale,
        **{name: text for name in OUTSIDE_TEXTS if (text := getattr(assistant, name))},
        **({"outside": assistant.outside} if assistant.is_seen_outside else {}),
        "demo": router.is_demo(assistant),
        "human": (human := handoffs.reaches_somebody(assistant)),
        **({"office": office} if human and (office := _office(assistant)) else {}),
        "voice": speaker is not None,
        **({"voice_reason": why_silent} if speaker is None else {}),
        "max_chars": settings.MESSAGE_MAX_CHARS,
        **({"own_data": True} if assistant.organization.visitors_manage_data else {}),
        **({"files": files} if (files := uploads.offered(assistant)) else {}),
    }


def _office(assistant: Assistant) -> dict[str, str]:
    """Until when the team answers, or when it does again; empty where staff have not said."""
    times = office_hours.presence(assistant.organization, timezone.now())
    return {name: format_instant(at) for name, at in times.items()}


# --- Sessions, messages, events --------------------------------------------------------------------------------------


@api_view("POST", limit="session", session=False)
async def sessions(request: HttpRequest) -> HttpResponse:
    headers = raw_headers(request)
    asked = body_of(request)
    key, locale, zone = (asked.get(name, "") for name in ("key", "locale", "timezone"))
    if not all(isinstance(value, str) for value in (key, locale, zone)):
        raise InputError("key, locale and timezone are texts.")
    origin = access.origin_of(headers)
    address = address_of(request)
    assistant = await in_db(organization_access.for_widget)(key, origin)
    session = await in_db(open_session)(
        assistant, origin, token=access.bearer(headers), locale=frames.clean(locale), zone=zone, address=address
    )
    return answer(_opened(session), 201)


def _opened(session: Session) -> dict[str, str]:
    return {
        "token": session.token,
        "expires_at": format_instant(session.expires_at),
        "visitor": str(session.conversation.visitor_id),
        "conversation": str(session.conversation.pk),
    }


@api_view("POST", limit="identity", session=False)
async def identity(request: HttpRequest) -> HttpResponse:
    """A session for the user whom a token of the organization's server is about."""
    headers = raw_headers(request)
    asked = body_of(request)
    names = ("key", "identity", "id", "locale", "timezone")
    key, signed, subject, locale, zone = (asked.get(name, "") for name in names)
    if not all(isinstance(value, str) for value in (key, signed, subject, locale, zone)):
        raise InputError("key, identity, id, locale and timezone are texts.")
    origin = access.origin_of(headers)
    assistant = await in_db(organization_access.for_widget)(key, origin)
    try:
        session, stated = await in_db(identification.identify)(
            assistant, origin, signed, subject=subject, token=access.bearer(headers), locale=frames.clean(locale),
            zone=zone, address=address_of(request),
        )  # fmt: skip
    except NotAllowed as error:
        if "reason" not in error.details:
            raise
        # For the site's developers, who read it in the browser's console.
        return problem(error.code, 403, access.locale_of(headers), reason=error.details["reason"], detail=str(error))
    return answer({**_opened(session), "user": stated.subject, "ignored": list(stated.ignored)}, 201)


@api_view("POST", limit="message.send")
async def messages(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    frame = frames.build(frames.MessageSend, body_of(request))
    posted = await turns.post(conversation, frame.id, frame.text, frame.page, frame.files)
    return answer({"seq": posted.message.seq, "turn": str(posted.turn.pk) if posted.turn else None}, 202)


@api_view("POST", limit="file.upload")
async def upload_file(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """A file as multipart/form-data; it waits for the message that names it."""
    file = await in_db(_received)(request, conversation)
    return answer(uploads.shown([file])[0], 201)


def _received(request: HttpRequest, conversation: Conversation) -> ConversationFile:
    if request.content_type != "multipart/form-data":
        raise InputError("The body must be multipart/form-data.", code="unsupported_media_type")
    try:
        sent = request.FILES.get("file")
    except MultiPartParserError as error:
        raise InputError("Invalid form data.") from error
    if sent is None or len(request.FILES) > 1:
        raise InputError("Send one file at a time, in the field “file”.")
    return uploads.receive(conversation, sent.name or "", sent.read())


@api_view("GET", "DELETE", limit="file")
async def file(request: HttpRequest, conversation: Conversation, file: UUID) -> HttpResponse:
    """GET: a link to a file of the conversation. DELETE: a file that was not sent."""
    if request.method == "DELETE":
        await in_db(uploads.remove_unsent)(conversation, file)
        return HttpResponse(status=204)
    url, expires_at = await in_db(links.link_to)(conversation, file)
    return answer({"url": url, "expires_at": format_instant(expires_at)})


@api_view("GET", limit="events")
async def events(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    network = network_of(request)
    after = _seq(request.headers.get("last-event-id") or request.GET.get("after") or "0")
    if before := request.GET.get("before"):
        return answer(await in_db(feed.earlier)(conversation, _seq(before), network))
    if "text/event-stream" not in request.headers.get("accept", ""):
        return answer((await in_db(feed.resumed)(conversation, after, network)).payload())
    access.refuse_full_network(network)
    await in_db(feed.admit)(conversation, network)  # while a refusal can still be a status
    response = StreamingHttpResponse(_stream(conversation, after, network), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@api_view("POST", limit="search")
async def search(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """A POST, so that no log of addresses has what was searched for."""
    text = body_of(request).get("text")
    if not isinstance(text, str):
        raise InputError("text is what to search for.")
    return answer((await in_db(searching.search)(conversation, text)).as_json())


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise InputError("A seq is a whole number.")
    return int(text)


async def _stream(conversation: Conversation, after: int, network: str) -> AsyncIterator[bytes]:
    """Server-sent events: the state, then each event, and a comment every few seconds to keep proxies from closing it."""
    gone = asyncio.Event()
    async with live.subscribe(live.group(conversation.pk)) as subscription:
        with access.connection_of_network(network), access.connection_of_visitor(str(conversation.visitor_id), gone.set):
            ready = await in_db(feed.ready)(conversation, after, subscription, network)
            yield _sse(live.Payload(ready.payload()))
            while not gone.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        payloads = await feed.next_events(conversation, subscription)
                except NotAllowed:
                    return
                except TimeoutError:
                    # An assistant can be switched off while its streams are open.
                    if not await in_db(_is_still_admitted)(conversation):
                        return
                    yield b": still here\n\n"
                else:
                    for payload in payloads:
                        yield _sse(payload)


def _is_still_admitted(conversation: Conversation) -> bool:
    conversation.assistant.refresh_from_db()
    return organization_access.admits(conversation.assistant, conversation.origin) and is_current(conversation)


def _sse(payload: live.Payload) -> bytes:
    number = b"id: %d\n" % payload["seq"] if "seq" in payload else b""
    return number + b"data: " + payload.encoded + b"\n\n"


@api_view("POST", limit="turn.stop")
async def stop_turn(request: HttpRequest, conversation: Conversation, turn: UUID) -> HttpResponse:
    await turns.stop(conversation, str(turn))
    return HttpResponse(status=204)


@api_view("POST", limit="turn.retry")
async def retry_turn(request: HttpRequest, conversation: Conversation, turn: UUID) -> HttpResponse:
    await turns.retry(conversation, str(turn))
    return HttpResponse(status=204)


@api_view("POST", limit="card.answer")
async def answer_card(request: HttpRequest, conversation: Conversation, card: UUID) -> HttpResponse:
    frame = frames.build(frames.CardAnswer, {**body_of(request), "card": str(card)})
    await turns.answer_card(conversation, str(card), frame.choice, frame.fields)
    return HttpResponse(status=204)


@api_view("POST", limit="slots.browse")
async def browse_slots(request: HttpRequest, conversation: Conversation, card: UUID) -> HttpResponse:
    frame = frames.build(frames.SlotsBrowse, {**body_of(request), "card": str(card)})
    return answer((await in_db(feed.browsed)(conversation, frame)).payload())


@api_view("POST", limit="message.rate")
async def rate_message(request: HttpRequest, conversation: Conversation, message: UUID) -> HttpResponse:
    frame = frames.build(frames.MessageRate, {**body_of(request), "message": str(message)})
    await in_db(messages_rate_message)(conversation, str(message), frame.value)
    return HttpResponse(status=204)


@api_view("POST", limit="session-key")
async def session_key(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    notices.require(conversation)
    try:
        key = await voice.session_key(conversation)
    except realtime.Refused as refused:
        return answer(refused.body, refused.status or 503)
    except BudgetExceeded as error:
        return problem(error.code, 429, conversation.locale)
    return answer(key.as_json())


@api_view("POST", limit="tool-call")
async def tool_calls(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    await voice.refuse_unless_offered(conversation.assistant)
    asked = body_of(request)
    id, name, arguments = asked.get("call"), asked.get("name"), asked.get("arguments")
    if not (isinstance(id, str) and isinstance(name, str) and isinstance(arguments, dict) and 0 < len(id) <= 120):
        raise InputError("A call has a call id, a name and arguments.")
    result = await voice.run_call(conversation, ToolCallRequest(id, name, arguments))
    return answer({"output": result.text, "outcome": result.outcome})


@api_view("POST", limit="human.request")
async def human(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    await turns.request_human(conversation)
    return HttpResponse(status=204)


@api_view("POST", limit="consent.give")
async def consent(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    frame = frames.build(frames.ConsentGive, body_of(request))
    await in_db(notices.agree)(conversation, frame.text)
    return answer(ConsentSaved().payload())


@api_view("POST", limit="visitor.update")
async def visitor(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    frame = frames.build(frames.VisitorUpdate, body_of(request))
    await in_db(update_visitor)(conversation, **frame.said())
    return HttpResponse(status=204)


@api_view("POST", limit="conversation.close")
async def close_conversation(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    await in_db(change_state)(conversation, Conversation.State.CLOSED)
    return HttpResponse(status=204)


@api_view("POST", limit="conversation.rate")
async def rate_conversation(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    asked = body_of(request)
    value, comment = asked.get("value"), asked.get("comment", "")
    if not (isinstance(value, int) and not isinstance(value, bool) and isinstance(comment, str)):
        raise InputError("A rating has a value, and may have a comment.")
    if len(comment) > ratings.COMMENT_CHARS:
        raise InputError("The comment is too long.", code="message_too_long")
    await in_db(ratings.rate_conversation)(conversation, value, frames.clean(comment))
    return HttpResponse(status=204)


@api_view("POST", limit="transcript")
async def send_transcript(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    email = body_of(request).get("email")
    if not isinstance(email, str):
        raise InputError("The address is a text.", code="bad_address")
    return answer({"text": await in_db(transcripts.send)(conversation, frames.clean(email))}, 202)
