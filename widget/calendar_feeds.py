"""The address of a private calendar feed: the link is the credential, as with the page of an appointment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.views.decorators.http import require_safe

from assistant.errors import NotFound, TooMuch
from assistant.services.booking.calendar_sync import feeds
from assistant.services.organizations import networks, rate_limits
from widget.appointments import holder_of
from widget.conditional import is_unchanged

HEADERS = {"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The feed, or 304 where the subscriber's copy is the current one."""
    try:
        rate_limits.hit("appointment", visitor=holder_of(token), network=networks.network_of_request(request.META))
        text, etag = feeds.read(feeds.for_token(token))
    except TooMuch as error:
        return _plain("Too many requests.", 429, {"Retry-After": str(error.retry_after_seconds)})
    except NotFound:
        return _plain("No such calendar. Its address may have been renewed.", 404, {})
    if is_unchanged(request, etag):
        return HttpResponseNotModified(headers={**HEADERS, "ETag": etag})
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers={**HEADERS, "ETag": etag})


def _plain(text: str, status: int, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8", headers={**HEADERS, **headers})
