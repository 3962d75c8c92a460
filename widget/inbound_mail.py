"""Visitors' replies to e-mails, as a mail provider posts them: one MIME message each."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from assistant.errors import TooMuch
from assistant.services.conversations import email_replies
from assistant.services.organizations import networks, rate_limits

log = logging.getLogger(__name__)

KEY_CHARS = 16  # at least; without such a key nothing is taken in


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """200 with what became of the mail, also of one that is not wanted: a provider that is refused would send it again. That
    is what it is to do after 429, with the seconds to wait."""
    try:
        rate_limits.hit("inbound-mail", network=networks.network_of_request(request.META))
    except TooMuch as error:
        return _later(error)
    key, given = settings.INBOUND_EMAIL_KEY, request.headers.get("authorization", "")
    if len(key) < KEY_CHARS or not constant_time_compare(given, f"Bearer {key}"):
        return _said("not_allowed", 403)
    try:
        outcome = email_replies.receive(request.body)
    except TooMuch as error:
        log.info("a mail is to come again in %s seconds: its conversation has had too many", error.retry_after_seconds)
        return _later(error)
    except ValueError:
        return _said("bad_input", 400)
    log.info("a mail came in: %s", outcome)
    return _said(outcome, 200)


def _later(error: TooMuch) -> HttpResponse:
    return _said("too_much", 429, {"Retry-After": str(error.retry_after_seconds)})


def _said(outcome: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"outcome": outcome}, status=status, headers=headers)
