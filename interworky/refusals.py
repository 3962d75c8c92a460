"""Error pages for requests that are refused before they reach a view."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For a form over a limit, a page that names the limit; otherwise Django's page for a bad request."""
    match exception:
        case RequestDataTooBig():
            reason = f"A form may hold {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1_000_000} MB of text at most."
        case TooManyFieldsSent():
            reason = f"A form may hold {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields at most."
        case TooManyFilesSent():
            reason = f"A form may hold {settings.DATA_UPLOAD_MAX_NUMBER_FILES:,} files at most."
        case _:
            return defaults.bad_request(request, exception)
    return render(request, "413.html", {"reason": reason}, status=413)
