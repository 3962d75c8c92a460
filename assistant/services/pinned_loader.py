"""The built loader of the widget, as a page can pin it: its version, and its digest for Subresource Integrity."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

LOADER = Path(settings.BASE_DIR) / "static" / "widget" / "dist" / "loader.js"


@dataclass(frozen=True)
class Pin:
    """`integrity` is the value of a script tag's attribute of that name; `version` changes when the loader does."""

    version: str
    integrity: str


def pin_of(body: bytes) -> Pin:
    digest = hashlib.sha384(body).digest()
    return Pin(digest.hex()[:12], f"sha384-{base64.b64encode(digest).decode()}")


@cache
def pin() -> Pin:
    return pin_of(LOADER.read_bytes())
