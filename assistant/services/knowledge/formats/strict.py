"""Word files in the "Strict Open XML" form, whose names python-docx does not know."""

from __future__ import annotations

import io
import re
import zipfile

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")


def with_usual_names(data: bytes) -> bytes:
    """The file with the names that Word writes by default; the same bytes where it has them already."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if not _STRICT.search(packed.read("word/document.xml")):
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as again:
            for entry in packed.infolist():
                content = packed.read(entry)
                if entry.filename.endswith((".xml", ".rels")):
                    content = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", content)
                again.writestr(entry.filename, content)
    return out.getvalue()
