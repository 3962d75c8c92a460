"""The time zone of the admin: that of the user's organizations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from assistant.admin.scoping import organizations


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """The zone that all of the user's organizations share; None (the installation's) where they have several."""
    if not request.user.is_authenticated:
        return None
    names = list(organizations(request).order_by().values_list("timezone", flat=True).distinct()[:2])
    return ZoneInfo(names[0]) if len(names) == 1 else None


@sync_and_async_middleware
def staff_zone(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    def is_admin(request: HttpRequest) -> bool:
        return request.path_info.startswith(reverse("admin:index"))

    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponse:
            if not is_admin(request):
                return await get_response(request)
            with timezone.override(await sync_to_async(zone_of)(request)):
                return await get_response(request)

        return later

    def now(request: HttpRequest) -> HttpResponse:
        if not is_admin(request):
            return get_response(request)
        with timezone.override(zone_of(request)):
            return get_response(request)

    return now
