"""Export and erasure over HTTP: by visitors themselves, from the widget, and by an organization's own server."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from assistant.async_db import in_db
from assistant.errors import NotAllowed
from assistant.models import Conversation
from assistant.services.privacy import own_data, server_requests
from assistant.services.privacy.zip_response import zip_response
from widget import access
from widget.views.api_view import answer, api_view, body_of, problem, raw_headers

NAME = "visitor.zip"


@api_view("GET", limit="data")
async def covers(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    return answer(await in_db(lambda: own_data.coverage(conversation).as_json())())


@api_view("POST", limit="data.export")
async def export(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    return zip_response(request, await in_db(own_data.download)(conversation), NAME)


@api_view("POST", limit="data.erase", session=False)
async def erase(request: HttpRequest) -> HttpResponse:
    """Not for a session alone: a token whose visitor is erased already gets the same answer again."""
    headers = raw_headers(request)
    confirmed = body_of(request).get("confirm") is True
    await in_db(own_data.erase)(access.bearer(headers), access.origin_of(headers), confirmed=confirmed)
    return HttpResponse(status=204)


@api_view("POST", limit="data.server", session=False)
async def export_for_server(request: HttpRequest) -> HttpResponseBase:
    try:
        file = await in_db(server_requests.export)(access.bearer(raw_headers(request)))
    except NotAllowed as error:
        return _refused(error)
    return zip_response(request, file, NAME)


@api_view("POST", limit="data.server", session=False)
async def erase_for_server(request: HttpRequest) -> HttpResponse:
    try:
        return answer({"erased": await in_db(server_requests.erase)(access.bearer(raw_headers(request)))})
    except NotAllowed as error:
        return _refused(error)


def _refused(error: NotAllowed) -> HttpResponse:
    """For the server's developers, unlike what visitors read."""
    reason = error.details.get("reason", "malformed")  # without one, the header itself was refused
    about = {"title": "The request was refused.", "reason": reason, "detail": str(error)}
    return problem("not_allowed", 403 if reason in server_requests.FORBIDDEN else 401, **about)
