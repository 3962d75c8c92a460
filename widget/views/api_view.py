"""What every API view has in common: its methods, its rate limit, CORS, and refusals as problem documents."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from assistant.async_db import in_db
from assistant.errors import Conflict, InputError, InterworkyError, NotAllowed, NotFound, TooMuch
from assistant.models import Conversation
from assistant.sentences import sentence
from assistant.services.conversations.sessions import conversation_for_token
from assistant.services.organizations import rate_limits
from widget import access, frames

log = logging.getLogger(__name__)

MAX_BODY_BYTES = frames.MAX_FRAME_BYTES
STATUS = {
    "token_required": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "not_allowed": 403,
    "message_too_long": 413,
    "unsupported_media_type": 415,
    "file_type": 415,
    "file_too_large": 413,
    "file_not_checked": 503,
    "unavailable": 503,
}
KINDS = {NotFound: 404, Conflict: 409, TooMuch: 429, NotAllowed: 403, InputError: 400}

View = Callable[..., Any]  # async; the stubs of `path` know no other kind


def api_view(*methods: str, limit: str, session: bool = True) -> Callable[[View], View]:
    """An API view: its methods, its row of `rate_limits.LIMITS`, CORS for the page that asks, and every refusal as a problem
    document. With `session` the view is handed the conversation that the request's bearer token authorises.

    Bearer tokens are the only credential here, so there is nothing for a forged form to ride on.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def checked(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if request.method == "OPTIONS":
                return _with_cors(request, _preflight(methods))
            if request.method in methods:
                return _with_cors(request, await _answer(view, request, limit, session, kwargs))
            response = problem("method_not_allowed", 405, access.locale_of(raw_headers(request)))
            response["Allow"] = ", ".join(methods)
            return _with_cors(request, response)

        checked.limit, checked.methods, checked.session = limit, methods, session  # type: ignore[attr-defined]
        return checked

    return decorate


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = ", ".join(methods)
    response["Access-Control-Allow-Headers"] = "authorization, content-type, last-event-id"
    response["Access-Control-Max-Age"] = "600"
    return response


async def _answer(
    view: View, request: HttpRequest, limit: str, session: bool, parameters: dict[str, Any]
) -> HttpResponseBase:
    """What the view returns, or a problem document that says why it did not, in the visitor's language where it is known."""
    admitted: tuple[Conversation, ...] = ()

    def locale() -> str:
        return admitted[0].locale if admitted else access.locale_of(raw_headers(request))

    try:
        admitted = await _admit(request, limit, session)
        response: HttpResponseBase = await view(request, *admitted, **parameters)
        return response
    except InputError as error:
        return refusal(error, locale())
    except DatabaseError:
        log.warning("%s could not be served", request.path, exc_info=True)
        return problem("unavailable", 503, locale())
    except InterworkyError as error:
        log.exception("%s failed", request.path)
        return problem(error.code, 500, locale())
    except (Http404, SuspiciousOperation):
        raise
    except Exception:
        log.exception("%s failed", request.path)
        return problem("internal", 500, locale())


async def _admit(request: HttpRequest, limit: str, session: bool) -> tuple[Conversation, ...]:
    """Count the request; with `session`, the conversation of its token, in a tuple. Raises `NotAllowed`, `TooMuch`."""
    headers, network = raw_headers(request), network_of(request)
    if not session:
        await _counted(limit, network)
        return ()
    token, origin = access.bearer(headers), access.origin_of(headers)

    def look() -> Conversation:
        conversation = conversation_for_token(token, origin)
        rate_limits.hit(limit, visitor=str(conversation.visitor_id), network=network)
        return conversation

    return (await in_db(look)(),)


async def _counted(limit: str, network: str) -> None:
    if rate_limits.LIMITS[limit].shared:
        await in_db(rate_limits.hit)(limit, network=network)
    else:
        rate_limits.hit(limit, network=network)


def _with_cors(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["Origin"])
    origin = request.headers.get("origin", "")
    # A refusal may be read by the page that was refused: it holds a code, and its owner learns what to fix. A preflight
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
