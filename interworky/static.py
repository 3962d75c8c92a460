"""Static files through WhiteNoise, without a thread for every other request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise for an async server: its sync middleware would make Django leave the event loop for each request."""

    sync_capable = False
    async_capable = True
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        super().__init__(get_response)
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        known = self.find_file(request.path_info) if self.autorefresh else self.files.get(request.path_info)
        if known is None:
            return await self.get_response(request)
        found = known.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = await sync_to_async(file.read, thread_sensitive=False)()
        response = HttpResponse(body, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
