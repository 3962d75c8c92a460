"""Every state of the widget in every theme on one page: for staff, and for anybody on a demonstration."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from assistant.errors import TooMuch
from assistant.services.organizations import networks, rate_limits
from widget import pages
from widget.assets import version


async def show(request: HttpRequest) -> HttpResponse:
    try:
        rate_limits.hit("hosted", network=networks.network_of_request(request.META))
    except TooMuch as error:
        return pages.refused(request, error)
    if not settings.DEMO_SITE:
        user = await request.auser()
        if not (user.is_active and user.is_staff):
            raise Http404
    response = render(request, "widget/gallery.html", {"version": version()})
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response
