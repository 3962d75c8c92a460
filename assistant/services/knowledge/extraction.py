"""A file's text as Markdown. Run as a program of its own, since files are anybody's: one that would take all memory, or
the processor for minutes, takes down a child and not the server that chats with visitors.

    extract(data, name) -> Extracted          in a child, from anywhere
    python -I extraction.py <name> < file     the child: JSON on its standard output

It imports nothing of ours, so that the child starts quickly and knows no secret.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from typing import Any

MAX_BYTES = 10_000_000  # of a file
MAX_CHARS = 500_000  # of its text; the rest is left out
MAX_PAGES = 300  # of a PDF
MAX_UNPACKED_BYTES = 60_000_000  # of a .docx, pictures and all
MAX_XML_BYTES = 15_000_000  # of what is parsed of it
SECONDS = 60  # of the processor
MEMORY_BYTES = 1_000_000_000

TEXT_SUFFIXES = ("txt", "md", "markdown", "text")
SUFFIXES = (*TEXT_SUFFIXES, "html", "htm", "pdf", "docx")

PROBLEMS = {
    "unsupported": "Files of this kind cannot be read. Use .txt, .md, .html, .pdf or .docx.",
    "not_that_format": "This is not what its name says: its content is of another format, or damaged.",
    "binary": "This is no text: it holds bytes that stand for no letter.",
    "encrypted": "This PDF is locked with a password. Save it without one.",
    "no_text": "No text was found in it. A scanned document holds pictures of text only.",
    "too_large": "This is too large: its content unpacks to more than can be read.",
    "too_long": "Reading it took too long, or too much memory, and was given up.",
    "no_pypdf": "Reading PDF files needs the package pypdf, which requirements.lock holds.",
    "no_docx": "Reading .docx files needs the package python-docx, which requirements.lock holds.",
}


@dataclass(frozen=True)
class Extracted:
    """`title` is what the file calls itself; `note` says what was left out."""

    text: str
    title: str = ""
    note: str = ""


class Unreadable(Exception):
    """`code` is one of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(PROBLEMS[code])
        self.code = code


def extract(data: bytes, name: str) -> Extracted:
    """The text of a file of that name, read in a child process. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large")
    command = [sys.executable, "-I", __file__, name[-80:]]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS + 15, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable("too_long") from error
    if child.returncode < 0:  # the system ended it, at one of its bounds
        raise Unreadable("too_long")
    if child.returncode:
        raise RuntimeError(child.stderr.decode(errors="replace")[-2000:])
    answer: dict[str, Any] = json.loads(child.stdout)
    if "code" in answer:
        raise Unreadable(answer["code"])
    return Extracted(**answer)


def read(data: bytes, name: str) -> Extracted:
    """`extract`, here and now."""
    kind = _kind(data, name)
    found = READERS[kind](data)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in _clean(found.text).split("\n"))).strip()
    if not re.search(r"\w", text):
        raise Unreadable("no_text")
    note = found.note
    if len(text) > MAX_CHARS:
        text, note = text[:MAX_CHARS], f"Only the first {MAX_CHARS:,} characters were read. {note}".strip()
    return Extracted(text, " ".join(_clean(found.title).split())[:200], note)


def _kind(data: bytes, name: str) -> str:
    """By what it holds, and by its name only where that does not tell."""
    suffix = name.rpartition(".")[2].lower()
    if data.lstrip().startswith(b"%PDF-") or (suffix == "pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/" in data:
        return "docx"
    if suffix in ("pdf", "docx"):
        raise Unreadable("not_that_format")
    if suffix not in SUFFIXES:
        raise Unreadable("unsupported")
    return "html" if suffix in ("html", "htm") else "text"


def _clean(text: str) -> str:
    """Without what no reader sees and databases refuse; every line ends alike."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    # C0 and C1 controls, bidirectional overrides, lone surrogates, zero-width marks and the invisible "tag" letters in
    # which an instruction to a model can hide from whoever looks at the text.
    return _UNSEEN.sub("", text)


_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


# --- Text and HTML ---------------------------------------------------------------------------------------------------


def decoded(data: bytes, charset: str = "") -> str:
    """Bytes as text: by their mark, what they were said to be, UTF-8, or what old editors wrote. Raises `Unreadable`."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    sample = data[:100_000]
    if b"\0" in sample or sum(byte < 9 or 13 < byte < 27 for byte in sample) > len(sample) // 100:
        raise Unreadable("binary")
    for encoding in (charset, "utf-8"):
        try:
            return data.decode(encoding) if encoding else data.decode("utf-8")
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _text(data: bytes) -> Extracted:
    return Extracted(decoded(data))


def _html(data: bytes) -> Extracted:
    charset = re.search(rb"""<meta[^>]{0,200}charset=["']?([\w-]{1,40})""", data[:4096], re.I)
    text = decoded(data, charset[1].decode() if charset else "")
    page, whole = _Page(text, _NOISE), _Page(text, _NEVER)
    if len(page.text) * 10 < len(whole.text):  # as when a <nav> is never closed
        page = whole
    return Extracted(page.text, page.title)


_NEVER = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas", "head"}
_NEVER |= {"select", "button", "textarea"}
_NOISE = _NEVER | {"nav", "footer", "aside", "form", "dialog"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {"p", "div", "section", "article", "main", "ul", "ol", "table", "header", "blockquote", "pre", "dl", "dt", "dd"}
_BLOCKS |= {"figure", "details", "summary"}
_CLOSED_BY_THE_NEXT = {"p", "li", "tr", "td", "th", "dt", "dd"}
_HIDING = {"display:none", "visibility:hidden", "opacity:0", "font-size:0", "font-size:0px"}
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}


class _Page(HTMLParser):
    """What a reader of the page would see, as Markdown: no script, no hidden element, no navigation."""

    def __init__(self, text: str, skipped: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._skipped = skipped
        self._skipping = ""  # the element that is left out with all that is in it
        self._depth = 0
        self._in_title = False
        self._ended = False  # whether an element has just ended
        self._parts: list[str] = []
        self._main: list[int] = []  # where <main> begins and ends among the parts
        self.title = ""
        self.feed(_closed(text))
        self.close()

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:  # for `<![` and a word that it does not know; browsers take it for a comment
            return self.parse_bogus_comment(i)

    @property
    def text(self) -> str:
        return self._joined(slice(*self._main) if len(self._main) == 2 else slice(None)) or self._joined(slice(None))

    def _joined(self, part: slice) -> str:
        lines = [" ".join(line.split()) for line in "".join(self._parts[part]).split("\n")]
        # Without the marks of list items and cells that held nothing, or only elements that stand by themselves.
        return re.sub(r"\n{3,}", "\n\n", "\n".join("" if line in ("-", "|") else line for line in lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title" and not self.title
        if (self._skipping == tag and tag in _CLOSED_BY_THE_NEXT) or (
            self._skipping == "p" and (tag in _BLOCKS or tag in _HEADINGS)
        ):
            self._skipping = ""
        if self._skipping:
            self._depth += tag == self._skipping
        elif tag in _VOID:
            self._parts.append("\n" if tag in ("br", "hr") else " ")
        elif tag in self._skipped or _is_hidden(dict(attrs)):
            self._skipping, self._depth = tag, 1
        elif tag in _HEADINGS:
            self._parts.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag == "tr":
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append(" | ")
        elif tag in _BLOCKS:
            self._parts.append("\n\n")
            if tag == "main" and not self._main:
                self._main.append(len(self._parts))
        elif self._ended:  # "<b>£55</b><span>30 minutes</span>" may stand in two lines: it must not become "£5530 minutes"
            self._parts.append(" ")
        self._ended = False

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if self._skipping:
            self._depth -= tag == self._skipping
            if not self._depth:
                self._skipping = ""
            return
        self._ended = True
        if tag == "main" and len(self._main) == 1:
            self._main.append(len(self._parts))
        if tag in _BLOCKS or tag in _HEADINGS:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = (self.title + data)[:300]
        elif not self._skipping:
            self._ended = False
            # Within an element, a line break is a space.
            self._parts.append(data.replace("\n", " "))


def _closed(text: str) -> str:
    """`text` with every `<` that opens what is never closed as the plain character that the parser would find it to be:
    after looking for the end from each of them, which takes minutes for a page of nothing but `<a`."""
    before, mark, rest = text.rpartition("-->")
    text = before + mark + rest.replace("<!--", "&lt;!--")
    end = text.rfind(">") + 1
    return text[:end] + text[end:].replace("<", "&lt;")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    """What visitors of the page do not see must not speak to a model in its name."""
    style = re.sub(r"\s", "", attributes.get("style") or "").lower().split(";")
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or not _HIDING.isdisjoint(style)


# --- PDF and Word ----------------------------------------------------------------------------------------------------


def _pdf(data: bytes) -> Extracted:
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
    parts, chars, failed = [], 0, 0
    for number in range(min(count, MAX_PAGES)):
        try:
            page = pdf.pages[number].extract_text()
        except MemoryError:
            raise
        except Exception:
            failed += 1
            continue
        if page.strip():
            # A word that was divided at the end of a line is one again.
            parts.append(f"## Page {number + 1}\n\n" + re.sub(r"(?<=[^\W\d_])-\n(?=[^\W\d_])", "", page))
            chars += len(page)
        if chars > MAX_CHARS:
            break
    notes = [f"Only the first {MAX_PAGES} of {count} pages were read."] if count > MAX_PAGES else []
    notes += [f"{failed} pages could not be read."] if failed else []
    return Extracted("\n\n".join(parts), title, " ".join(notes))


def _docx(data: bytes) -> Extracted:
    try:
        import docx
    except ImportError as error:
        raise Unreadable("no_docx") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
        # No more than this comes out of each: zipfile stops at the size that the entry names.
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES or len(entries) > 2000:
            raise Unreadable("too_large")
        if sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels"))) > MAX_XML_BYTES:
            raise Unreadable("too_large")
        document = docx.Document(io.BytesIO(data))
        return Extracted("\n\n".join(_blocks(document)), document.core_properties.title or "")
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # zipfile, lxml and docx each have errors of their own
        raise Unreadable("not_that_format") from error


def _blocks(document: Any) -> Iterator[str]:
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            # Cells that were merged stand in a row several times.
            rows = (dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells) for row in block.rows)
            yield "\n".join(" | ".join(row) for row in rows)
        elif block.text.strip():
            style = (block.style.name if block.style is not None else "") or ""
            level = re.fullmatch(r"Heading ([1-6])", style)
            marker = "# " if style == "Title" else f"{'#' * int(level[1])} " if level else "- " if "List" in style else ""
            yield marker + block.text.strip()


READERS: dict[str, Callable[[bytes], Extracted]] = {"text": _text, "html": _html, "pdf": _pdf, "docx": _docx}


def _bound_this_process() -> None:
    """Where the system can: no more memory and processor than a file is worth."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, SECONDS)):
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):
            continue  # some systems know a limit and do not let it be set


def _main() -> None:
    _bound_this_process()
    try:
        answer = asdict(read(sys.stdin.buffer.read(MAX_BYTES + 1), sys.argv[1]))
    except Unreadable as error:
        answer = {"code": error.code}
    except (MemoryError, RecursionError):
        answer = {"code": "too_long"}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    _main()
