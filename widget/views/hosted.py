"""The chat as a page of its own."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assistant.async_db import in_db
from assistant.errors import NotAllowed, TooMuch
from assistant.services.organizations import access as organization_access
from assistant.services.organizations import networks, pictures, rate_limits
from widget import pages


async def chat(request: HttpRequest, key: str) -> HttpResponse:
    """The chat as a page, for links and for sites that would rather have an iframe."""
    try:
        rate_limits.hit("hosted", network=networks.network_of_request(request.META))
        assistant = await in_db(organization_access.for_widget)(key, settings.PUBLIC_URL)
    except (NotAllowed, TooMuch) as error:
        return pages.refused(request, error)
    organization = assistant.organization
    icon = await in_db(pictures.address)(assistant) or await in_db(pictures.address)(organization)
    shown = {"assistant": assistant, "public_url": settings.PUBLIC_URL, "icon": icon}
    response = render(request, "widget/hosted.html", shown)
    ancestors = "*" if organization.allow_any_origin else " ".join(["'self'", *organization.origins])
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    response.xframe_options_exempt = True  # frame-ancestors says it better
    return response
