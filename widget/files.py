"""The address of a file in a conversation: the link is the credential, for a few minutes, and leads to a download."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from assistant.errors import NotFound, TooMuch
from assistant.services.files import links
from assistant.services.organizations import networks, rate_limits
from widget import pages
from widget.appointments import holder_of


@require_safe
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file as an attachment, or a page that says why not."""
    try:
        rate_limits.hit("file.download", visitor=holder_of(token), network=networks.network_of_request(request.META))
        return links.download(links.of_link(token))
    except (NotFound, TooMuch) as error:
        response = pages.refused(request, error)
    for name, value in links.HEADERS.items():
        response[name] = value
    return response
