"""What every request of a logged-in member passes: the list of their sessions, and the demand for a second factor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from assistant.services.organizations import members

SEEN_AGAIN_AFTER = timedelta(minutes=5)


def _look(request: HttpRequest) -> HttpResponse | None:
    """None, or the response instead of the page that was asked for."""
    user = request.user
    if not isinstance(user, User):
        return None
    _record_session(request)
    free = (reverse("mfa_index"), reverse("account_reauthenticate"), reverse("admin:logout"))
    if request.path_info.startswith(free) or not members.lacks_two_factor(user):
        return None
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "text/html"):
        return HttpResponseRedirect(reverse("mfa_index"))
    return HttpResponseForbidden("Set up two-factor authentication first.")


def _record_session(request: HttpRequest) -> None:
    """One write in a few minutes says often enough when a session was last used."""
    recent = timezone.now() - SEEN_AGAIN_AFTER
    key = request.session.session_key
    if key and not UserSession.objects.filter(session_key=key, last_seen_at__gt=recent).exists():
        UserSession.objects.create_from_request(request)


@sync_and_async_middleware
def staff_guard(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    def is_admin(request: HttpRequest) -> bool:
        return request.path_info.startswith(reverse("admin:index"))

    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponse:
            refused = await sync_to_async(_look)(request) if is_admin(request) else None
            return refused or await get_response(request)

        return later

    def now(request: HttpRequest) -> HttpResponse:
        return (_look(request) if is_admin(request) else None) or get_response(request)

    return now
