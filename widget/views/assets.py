"""The built widget: the loader, and its modules under their version."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from assistant.services import pinned_loader
from widget.assets import assets, version
from widget.conditional import is_unchanged


async def loader(request: HttpRequest) -> HttpResponse:
    if request.GET.get("v") == pinned_loader.pin().version:
        return _asset(request, "loader.js", "public, max-age=31536000, immutable")
    # An earlier version is there no more. A page that has pinned it by its digest refuses this one.
    return _asset(request, "loader.js", "public, max-age=300, stale-while-revalidate=86400")


async def module(request: HttpRequest, build: str, name: str) -> HttpResponse:
    if build != version():
        # A page from before a deployment: the newest modules speak the same wire.
        return _asset(request, name, "public, max-age=60")
    return _asset(request, name, "public, max-age=31536000, immutable")


def _asset(request: HttpRequest, name: str, caching: str) -> HttpResponse:
    asset = assets().get(name)
    if asset is None:
        raise Http404
    if is_unchanged(request, asset.etag):
        response = HttpResponse(status=304)
    else:
        accepted = request.headers.get("accept-encoding", "")
        encoding = "br" if "br" in accepted else "gzip" if "gzip" in accepted else ""
        response = HttpResponse({"br": asset.br, "gzip": asset.gzip}.get(encoding, asset.body), content_type=asset.type)
        if encoding:
            response["Content-Encoding"] = encoding
    response["ETag"] = asset.etag
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"  # code, the same for everyone: module scripts are fetched with CORS
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
