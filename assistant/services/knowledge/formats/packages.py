"""Word files whose package is not quite as the standard has it, put right for a strict reader."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Container

_RELATION = re.compile(r"<Relationship\b[^<>]*>(?:\s*</Relationship>)?")
_TARGET = re.compile(r"\bTarget\s*=\s*[\"']([^\"']*)")
_EXTERNAL = re.compile(r"\bTargetMode\s*=\s*[\"']External")


def repaired(data: bytes) -> bytes:
    """The file with "/" between folders, as some writers for Windows do not have it, and without relations to parts that
    are not there, as converters leave them behind for images that they could not read (`Target="NULL"`)."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {
            entry.filename.replace("\\", "/").lstrip("/"): packed.read(entry)
            for entry in packed.infolist()
            if not entry.is_dir()
        }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as again:
        for name, content in parts.items():
            again.writestr(name, _without_dangling(name, content, parts) if name.endswith(".rels") else content)
    return out.getvalue()


def _without_dangling(name: str, content: bytes, parts: Container[str]) -> bytes:
    folder = posixpath.dirname(posixpath.dirname(name))

    def kept(relation: re.Match[str]) -> str:
        target = _TARGET.search(relation[0])
        part = posixpath.normpath(posixpath.join("/", folder, target[1])).lstrip("/") if target else ""
        return relation[0] if part in parts or _EXTERNAL.search(relation[0]) else ""

    return _RELATION.sub(kept, content.decode()).encode()
