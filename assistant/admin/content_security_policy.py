"""The admin's Content-Security-Policy: scripts from our own files only, and nothing from other servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware

# No page has an inline script, so that 'self' without nonces admits exactly our own files; a nonce would add nothing, and
# neither Unfold's templates nor Django's `Media` carry one. 'unsafe-eval' has to stay for Alpine, on which Unfold's pages
# are built: it compiles their attributes, which reach for `localStorage` and other globals that Alpine's build for strict
# policies does not know. Markup that strangers write is escaped everywhere, since Alpine would compile its attributes as
# well. Inline styles have to stay for the theme's colours, a <style> of Unfold's, and for what htmx and Alpine write.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


@sync_and_async_middleware
def content_security_policy(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    def protected(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.path_info.startswith(reverse("admin:index")):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponse:
            return protected(request, await get_response(request))

        return later

    def now(request: HttpRequest) -> HttpResponse:
        return protected(request, get_response(request))

    return now
