"""The kinds of methods, one row each."""

from __future__ import annotations

from assistant.tools import appointment, http
from assistant.tools.kind import Kind

KINDS: dict[str, Kind] = {
    "http": http.KIND,
    "appointment": appointment.KIND,
}
