"""The built widget's files, read and compressed once, and the version that names the build."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import brotli
from django.conf import settings

DIST = Path(settings.BASE_DIR) / "static" / "widget" / "dist"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json"}


@dataclass(frozen=True)
class Asset:
    body: bytes
    gzip: bytes
    br: bytes
    type: str
    etag: str


@cache
def assets() -> dict[str, Asset]:
    """Every built file by name, compressed once."""
    found = {}
    for path in sorted(DIST.rglob("*")):
        if path.suffix in TYPES:
            body = path.read_bytes()
            found[path.relative_to(DIST).as_posix()] = Asset(
                body,
                gzip.compress(body, mtime=0),
                brotli.compress(body),
                TYPES[path.suffix],
                f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            )
    return found


@cache
def version() -> str:
    """Names the build by its content, so that a module's address never changes its meaning."""
    return hashlib.sha256("".join(asset.etag for asset in assets().values()).encode()).hexdigest()[:10]
