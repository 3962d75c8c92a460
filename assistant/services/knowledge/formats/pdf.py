"""The text layer of PDF files, page by page."""

from __future__ import annotations

import io
import re
from typing import Any

from assistant.services.knowledge.formats.result import MAX_CHARS, ExtractedText, Unreadable

MAX_PAGES = 300


def read_pdf(data: bytes) -> ExtractedText:
    try:
        import pypdf
        from pypdf.errors import DependencyError
    except ImportError as error:
        raise Unreadable("no_pypdf") from error
    try:
        pdf = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if pdf.is_encrypted and not pdf.decrypt(""):  # many are locked against changes only, with an empty password
            raise Unreadable("encrypted")
        count = len(pdf.pages)
        title = str(pdf.metadata.get("/Title", "")) if pdf.metadata else ""
    except (Unreadable, MemoryError):
        raise
    except DependencyError as error:
        raise Unreadable("encrypted") from error
    except Exception as error:  # pypdf raises whatever a damaged file leads it into
        raise Unreadable("not_that_format") from error
    parts, chars, failed, pictures = [], 0, 0, 0
    for number in range(min(count, MAX_PAGES)):
        try:
            page = pdf.pages[number].extract_text()
        except MemoryError:
            raise
        except Exception:
            failed += 1
            continue
        pictures += not page.strip() and _has_picture(pdf.pages[number])
        if page.strip():
            # A word that was divided at the end of a line is one again.
            parts.append(f"## Page {number + 1}\n\n" + re.sub(r"(?<=[^\W\d_])-\n(?=[^\W\d_])", "", page))
            chars += len(page)
        if chars > MAX_CHARS:
            break
    notes = [f"Only the first {MAX_PAGES} of {count} pages were read."] if count > MAX_PAGES else []
    notes += [f"{failed} pages could not be read."] if failed else []
    notes += [f"Without text, perhaps scanned: {pictures} page{'s' if pictures > 1 else ''}."] if pictures else []
    return ExtractedText("\n\n".join(parts), title, " ".join(notes))


def _has_picture(page: Any) -> bool:
    """Whether a page shows something that is no text, as the pages of a scanner do."""
    try:
        return bool(page["/Resources"]["/XObject"])
    except (KeyError, TypeError):
        return False
