"""Logos and avatars, for anybody: an address with a digest always shows the same picture, or nothing any more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from assistant.async_db import in_db
from assistant.errors import NotFound, TooMuch
from assistant.services.organizations import networks, pictures, rate_limits
from widget import pages
from widget.conditional import is_unchanged

HEADERS = {
    "Access-Control-Allow-Origin": "*",  # the widget fetches it on other sites, and draws it where they allow no images
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
async def show(request: HttpRequest, name: str) -> HttpResponse:
    try:
        rate_limits.hit("picture", network=networks.network_of_request(request.META))
        picture = await in_db(pictures.stored)(name)
    except (NotFound, TooMuch) as error:
        return pages.refused(request, error)
    etag = f'"{picture.pk}"'
    if is_unchanged(request, etag):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(bytes(picture.data), content_type=picture.type)
    response["ETag"] = etag
    for header, value in HEADERS.items():
        response[header] = value
    return response
