"""What is said of a request that is refused before a view has seen it."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A form beyond our limits is named as such, with the limit; anything else is a plain bad request."""
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
