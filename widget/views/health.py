"""Health checks: whether the process is alive, and whether it can do its work."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from assistant.async_db import in_db
from widget.views.api_view import answer


async def healthz(request: HttpRequest) -> HttpResponse:
    return answer({"status": "alive"})


async def readyz(request: HttpRequest) -> HttpResponse:
    missing = await in_db(_missing)()
    return answer({"status": "not ready" if missing else "ready", "missing": missing}, 503 if missing else 200)


def _missing() -> list[str]:
    """The names of what this server needs but cannot reach."""
    missing = []
    try:
        connection.ensure_connection()
        connection.cursor().execute("SELECT 1")
    except DatabaseError:
        missing.append("database")
    try:
        cache.set("readyz", 1, 5)
    except Exception:
        missing.append("redis")
    return missing
