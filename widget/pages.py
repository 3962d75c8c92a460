"""Pages for visitors whose request is refused."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from assistant.errors import InputError, TooMuch
from assistant.sentences import sentence
from widget import access


def refused(request: HttpRequest, error: InputError) -> HttpResponse:
    """The error's sentence, in the language that the browser asks for: 429 for too many requests, else 404."""
    locale = access.locale_in(request.headers.get("accept-language", ""))
    response = HttpResponse(sentence(error.code, locale), "text/plain; charset=utf-8", 404)
    if isinstance(error, TooMuch):
        response.status_code = 429
        response["Retry-After"] = str(error.retry_after_seconds)
    return response
