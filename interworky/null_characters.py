"""Null characters in addresses of staff's pages and in session cookies are refused: PostgreSQL cannot search for one.

What is typed into a form is cleaned or refused where it is read, so that the rest of the form is not lost. Visitors' pages
search by nothing in their addresses that they have not checked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware

REFUSAL = "The address or the session cookie has a null character (%00). Remove it and try again."


@sync_and_async_middleware
def refuse_null_characters(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponse:
            return _refused() if _has_null(request) else await get_response(request)

        return later

    def now(request: HttpRequest) -> HttpResponse:
        return _refused() if _has_null(request) else get_response(request)

    return now


def _has_null(request: HttpRequest) -> bool:
    if "\0" in request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""):  # it is sent as "\\000"
        return True
    is_staffs = request.path_info.startswith(reverse("admin:index"))
    return is_staffs and ("\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""))


def _refused() -> HttpResponse:
    return HttpResponseBadRequest(REFUSAL, content_type="text/plain; charset=utf-8")
