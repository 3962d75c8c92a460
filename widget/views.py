"""HTTP: the loader and its modules, config, sessions, and everything the socket does for those who have none."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from assistant import live, turns, voice
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, Conflict, InputError, InterworkyError, NotAllowed, NotFound, TooMuch
from assistant.llm import ToolCallRequest
from assistant.models import Assistant, Conversation
from assistant.providers import realtime, router
from assistant.sentences import sentence
from assistant.services.conversations import handoffs
from assistant.services.conversations.events import format_instant
from assistant.services.conversations.messages import rate_message as messages_rate_message
from assistant.services.conversations.sessions import conversation_for_token, open_session, update_visitor
from assistant.services.conversations.state import change_state
from assistant.services.organizations import access as organization_access
from assistant.services.organizations import networks, rate_limits
from widget import access, feed, frames, pages
from widget.assets import assets, version

log = logging.getLogger(__name__)

MAX_BODY_BYTES = frames.MAX_FRAME_BYTES
HEARTBEAT_SECONDS = 15
STATUS = {
    "token_required": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "not_allowed": 403,
    "message_too_long": 413,
    "unsupported_media_type": 415,
}
KINDS = {NotFound: 404, Conflict: 409, TooMuch: 429, NotAllowed: 403, InputError: 400}

View = Callable[..., Any]  # async; the stubs of `path` know no other kind


# --- What every door of the API does ----------------------------------------------------------------------------------


def door(*methods: str, limit: str, session: bool = True) -> Callable[[View], View]:
    """An API view: its methods, its row of `limits.LIMITS`, CORS for the page that asks, and every refusal as a problem
    document. With `session` the view is handed the conversation that the request's bearer token authorises.

    Bearer tokens are the only credential here, so there is nothing for a forged form to ride on.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def checked(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase
            admitted: tuple[Conversation, ...] = ()

            def locale() -> str:
                return admitted[0].locale if admitted else access.locale_of(raw_headers(request))

            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
                response["Access-Control-Allow-Methods"] = ", ".join(methods)
                response["Access-Control-Allow-Headers"] = "authorization, content-type, last-event-id"
                response["Access-Control-Max-Age"] = "600"
            elif request.method not in methods:
                response = problem("method_not_allowed", 405, locale())
                response["Allow"] = ", ".join(methods)
            else:
                try:
                    admitted = await _admit(request, limit, session)
                    response = await view(request, *admitted, **kwargs)
                except InputError as error:
                    response = refusal(error, locale())
                except DatabaseError:
                    log.warning("%s could not be served", request.path, exc_info=True)
                    response = problem("unavailable", 503, locale())
                except InterworkyError as error:
                    log.exception("%s failed", request.path)
                    response = problem(error.code, 500, locale())
                except (Http404, SuspiciousOperation):
                    raise
                except Exception:
                    log.exception("%s failed", request.path)
                    response = problem("internal", 500, locale())
            return _with_cors(request, response)

        checked.limit, checked.methods, checked.session = limit, methods, session  # type: ignore[attr-defined]
        return checked

    return decorate


async def _admit(request: HttpRequest, limit: str, session: bool) -> tuple[Conversation, ...]:
    """Count the request; with `session`, the conversation of its token, in a tuple. Raises `NotAllowed`, `TooMuch`."""
    headers, network = raw_headers(request), network_of(request)
    if not session:
        await _counted(limit, network=network)
        return ()
    token, origin = access.bearer(headers), access.origin_of(headers)

    def look() -> Conversation:
        conversation = conversation_for_token(token, origin)
        rate_limits.hit(limit, visitor=str(conversation.visitor_id), network=network)
        return conversation

    return (await in_db(look)(),)


async def _counted(limit: str, **whose: str) -> None:
    if rate_limits.LIMITS[limit].shared:
        await in_db(rate_limits.hit)(limit, **whose)
    else:
        rate_limits.hit(limit, **whose)


def _with_cors(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["Origin"])
    origin = request.headers.get("origin", "")
    # A refusal may be read by the page that was refused: it holds a code, and its owner learns what to mend. A preflight
    # names no organization; what follows it is judged by its own origin.
    if origin and origin != "null":
        response["Access-Control-Allow-Origin"] = origin
    return response


def problem(code: str, status: int, locale: str = "", **more: Any) -> HttpResponse:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": sentence(code, locale), "status": status, "code": code, **more}
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/problem+json")


def refusal(error: InputError, locale: str = "") -> HttpResponse:
    status = STATUS.get(error.code) or next(status for kind, status in KINDS.items() if isinstance(error, kind))
    response = problem(error.code, status, locale)
    if isinstance(error, TooMuch):
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


def body_of(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json" or request.headers.get("content-encoding", "identity") != "identity":
        # A form could be sent across sites without asking first; JSON cannot.
        raise InputError("The body must be plain application/json.", code="unsupported_media_type")
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise InputError("The body is too large.", code="message_too_long")
    raw = request.body
    if len(raw) > MAX_BODY_BYTES:
        raise InputError("The body is too large.", code="message_too_long")
    return frames.load(raw)


def raw_headers(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    return list(request.scope["headers"])  # type: ignore[attr-defined]


def address_of(request: HttpRequest) -> str:
    return access.address_of(raw_headers(request), request.META.get("REMOTE_ADDR", ""))


def network_of(request: HttpRequest) -> str:
    return access.network_of(raw_headers(request), request.META.get("REMOTE_ADDR", ""))


def answer(value: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(orjson.dumps(value), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


# --- Loader, modules, config --------------------------------------------------------------------------------------------


async def loader(request: HttpRequest) -> HttpResponse:
    return _asset(request, "loader.js", "public, max-age=300, stale-while-revalidate=86400")


async def module(request: HttpRequest, build: str, name: str) -> HttpResponse:
    if build != version():
        # A page from before a deployment: the newest modules speak the same wire.
        return _asset(request, name, "public, max-age=60")
    return _asset(request, name, "public, max-age=31536000, immutable")


def _asset(request: HttpRequest, name: str, caching: str) -> HttpResponse:
    asset = assets().get(name)
    if asset is None:
        raise Http404
    if request.headers.get("if-none-match") == asset.etag:
        response = HttpResponse(status=304)
    else:
        accepted = request.headers.get("accept-encoding", "")
        encoding = "br" if "br" in accepted else "gzip" if "gzip" in accepted else ""
        response = HttpResponse({"br": asset.br, "gzip": asset.gzip}.get(encoding, asset.body), content_type=asset.type)
        if encoding:
            response["Content-Encoding"] = encoding
    response["ETag"] = asset.etag
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"  # code, the same for everyone: module scripts are fetched with CORS
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@door("GET", limit="config", session=False)
async def config(request: HttpRequest, key: str) -> HttpResponse:
    shown = await in_db(_shown)(key, access.origin_of(raw_headers(request)), networks.network_of(address_of(request)))
    body = orjson.dumps(shown)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    response = HttpResponse(status=304) if request.headers.get("if-none-match") == etag else HttpResponse(body)
    response["Content-Type"] = "application/json"
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=60"
    return response


def _shown(key: str, origin: str, network: str) -> dict[str, Any]:
    try:
        assistant = organization_access.for_widget(key, origin)
    except NotAllowed:
        organization_access.saw_refused(key, origin, network)
        raise
    organization_access.saw(assistant, origin)
    return presentation(assistant)


def presentation(assistant: Assistant) -> dict[str, Any]:
    """What a page may know of an assistant: an allow-list, so that nothing slips out by being added to the model."""
    speaker, why_silent = voice.offered(assistant)
    return {
        "key": assistant.public_key,
        "version": version(),
        "name": assistant.name,
        "title": assistant.title or assistant.name,
        "greeting": assistant.greeting,
        "disclosure": assistant.disclosure,
        "starters": assistant.starter_list,
        "texts": assistant.texts,
        "accent": assistant.accent,
        "position": assistant.position,
        "locale": assistant.locale,
        "demo": router.is_demo(assistant),
        "human": handoffs.reaches_somebody(assistant),
        "voice": speaker is not None,
        **({"voice_reason": why_silent} if speaker is None else {}),
        "max_chars": settings.MESSAGE_MAX_CHARS,
    }


# --- Sessions, messages, events --------------------------------------------------------------------------------------


@door("POST", limit="session", session=False)
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
    return answer(
        {
            "token": session.token,
            "expires_at": format_instant(session.expires_at),
            "visitor": str(session.conversation.visitor_id),
            "conversation": str(session.conversation.pk),
        },
        201,
    )


@door("POST", limit="message.send")
async def messages(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    frame = frames.build(frames.MessageSend, body_of(request))
    posted = await turns.post(conversation, frame.id, frame.text, frame.page)
    return answer({"seq": posted.message.seq, "turn": str(posted.turn.pk) if posted.turn else None}, 202)


@door("GET", limit="events")
async def events(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    network = network_of(request)
    after = _seq(request.headers.get("last-event-id") or request.GET.get("after") or "0")
    if "text/event-stream" not in request.headers.get("accept", ""):
        return answer((await in_db(feed.resumed)(conversation, after, network)).payload())
    access.room_for_network(network)
    await in_db(feed.admit)(conversation, network)  # while a refusal can still be a status
    response = StreamingHttpResponse(_stream(conversation, after, network), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise InputError("A seq is a whole number.")
    return int(text)


async def _stream(conversation: Conversation, after: int, network: str) -> AsyncIterator[bytes]:
    """Server-sent events: where we stand, then what happens, and a comment every few seconds to keep proxies awake."""
    gone = asyncio.Event()
    async with live.subscribe(live.group(conversation.pk)) as ear:
        with access.place_of_network(network), access.place_of_visitor(str(conversation.visitor_id), gone.set):
            yield _sse((await in_db(feed.ready)(conversation, after, ear, network)).payload())
            while not gone.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        payloads = await feed.happened(conversation, ear)
                except TimeoutError:
                    # Nobody may stay for longer than they are welcome.
                    if not await in_db(_still_welcome)(conversation):
                        return
                    yield b": still here\n\n"
                else:
                    for payload in payloads:
                        yield _sse(payload)


def _still_welcome(conversation: Conversation) -> bool:
    conversation.assistant.refresh_from_db()
    return organization_access.admits(conversation.assistant, conversation.origin)


def _sse(payload: dict[str, Any]) -> bytes:
    number = b"id: %d\n" % payload["seq"] if "seq" in payload else b""
    return number + b"data: " + orjson.dumps(payload) + b"\n\n"


@door("POST", limit="turn.stop")
async def stop_turn(request: HttpRequest, conversation: Conversation, turn: UUID) -> HttpResponse:
    await turns.stop(conversation, str(turn))
    return HttpResponse(status=204)


@door("POST", limit="turn.retry")
async def retry_turn(request: HttpRequest, conversation: Conversation, turn: UUID) -> HttpResponse:
    await turns.retry(conversation, str(turn))
    return HttpResponse(status=204)


@door("POST", limit="card.answer")
async def answer_card(request: HttpRequest, conversation: Conversation, card: UUID) -> HttpResponse:
    frame = frames.build(frames.CardAnswer, {**body_of(request), "card": str(card)})
    await turns.answer_card(conversation, str(card), frame.choice, frame.fields)
    return HttpResponse(status=204)


@door("POST", limit="message.rate")
async def rate_message(request: HttpRequest, conversation: Conversation, message: UUID) -> HttpResponse:
    frame = frames.build(frames.MessageRate, {**body_of(request), "message": str(message)})
    await in_db(messages_rate_message)(conversation, str(message), frame.value)
    return HttpResponse(status=204)


@door("POST", limit="session-key")
async def session_key(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    try:
        key = await voice.session_key(conversation)
    except realtime.Refused as refused:
        return answer(refused.body, refused.status or 503)
    except BudgetExceeded as error:
        return problem(error.code, 429, conversation.locale)
    return answer(key.as_json())


@door("POST", limit="tool-call")
async def tool_calls(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    await voice.refuse_unless_offered(conversation.assistant)
    asked = body_of(request)
    id, name, arguments = asked.get("call"), asked.get("name"), asked.get("arguments")
    if not (isinstance(id, str) and isinstance(name, str) and isinstance(arguments, dict) and 0 < len(id) <= 120):
        raise InputError("A call has a call id, a name and arguments.")
    result = await voice.run_call(conversation, ToolCallRequest(id, name, arguments))
    return answer({"output": result.text, "outcome": result.outcome})


@door("POST", limit="human.request")
async def human(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    await turns.request_human(conversation)
    return HttpResponse(status=204)


@door("POST", limit="visitor.update")
async def visitor(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    frame = frames.build(frames.VisitorUpdate, body_of(request))
    await in_db(update_visitor)(conversation, name=frame.name, email=frame.email, locale=frame.locale, zone=frame.timezone)
    return HttpResponse(status=204)


@door("POST", limit="conversation.close")
async def close_conversation(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    await in_db(change_state)(conversation, Conversation.State.CLOSED)
    return HttpResponse(status=204)


# --- A page of our own, and how we are ---------------------------------------------------------------------------------


async def hosted(request: HttpRequest, key: str) -> HttpResponse:
    """The chat as a page, for links and for sites that would rather have an iframe."""
    try:
        rate_limits.hit("hosted", network=networks.network_of_request(request.META))
        assistant = await in_db(organization_access.for_widget)(key, settings.PUBLIC_URL)
    except TooMuch as error:
        return pages.refused(request, error, 429)
    except NotAllowed as error:
        return pages.refused(request, error, 404)
    response = render(request, "widget/hosted.html", {"assistant": assistant, "public_url": settings.PUBLIC_URL})
    organization = assistant.organization
    ancestors = "*" if organization.allow_any_origin else " ".join(["'self'", *organization.origins])
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    response.xframe_options_exempt = True  # frame-ancestors says it better
    return response


async def healthz(request: HttpRequest) -> HttpResponse:
    return answer({"status": "alive"})


async def readyz(request: HttpRequest) -> HttpResponse:
    missing = await in_db(_missing)()
    return answer({"status": "not ready" if missing else "ready", "missing": missing}, 503 if missing else 200)


def _missing() -> list[str]:
    """What this server lacks to do its work, in words."""
    from django.core.cache import cache
    from django.db import connection

    missing = []
    try:
        connection.ensure_connection()
        connection.cursor().execute("SELECT 1")
    except DatabaseError:
        missing.append("database")
    try:
        cache.set("readyz", 1, 5)
    except Exception:
        missing.append("redis")
    return missing
