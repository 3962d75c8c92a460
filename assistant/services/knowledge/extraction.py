"""Extraction of a file's text as Markdown, in a child process.

Files come from untrusted sources: one that takes all memory, or the processor for minutes, ends a child and not the
server that chats with visitors.

    extract(data, name) -> ExtractedText      in a child, from anywhere

The child imports `formats` and nothing else of ours, so that it starts quickly and knows no secret; it gets the file on its
standard input and answers with JSON on its standard output.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.child_limits import bound_this_process
from assistant.services.knowledge.formats.charsets import decoded, decoded_as
from assistant.services.knowledge.formats.delimited import read_delimited
from assistant.services.knowledge.formats.pdf import read_pdf
from assistant.services.knowledge.formats.result import (
    MAX_BYTES,
    MAX_CHARS,
    SUFFIXES,
    TABLE_SUFFIXES,
    ExtractedText,
    Unreadable,
)
from assistant.services.knowledge.formats.web import read_page
from assistant.services.knowledge.formats.word import read_word

SECONDS = 60  # of the processor
MEMORY_BYTES = 1_000_000_000
ROOT = Path(__file__).parents[3]
CHILD = "import sys; sys.path.append(sys.argv.pop(1)); from assistant.services.knowledge.extraction import main; main()"

_META = re.compile(
    rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w:-]{1,40})|<\?xml[^>]{0,100}encoding=["']([\w:-]{1,40})""",
    re.I,
)


def extract(
    data: bytes,
    name: str,
    *,
    charset: str = "",
    chosen: str = "",
    program: str = CHILD,
    wait_seconds: float = SECONDS + 15,
) -> ExtractedText:
    """The text of a file of that name, read by `program` in a child process. `charset` is what its server says, `chosen`
    the encoding that staff have decided on. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large")
    command = [sys.executable, "-I", "-c", program, str(ROOT), name[-80:], charset[:60], chosen]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=wait_seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable("too_long") from error
    if child.returncode < 0:  # the system ended it, at one of its bounds
        raise Unreadable("too_long")
    if child.returncode:
        raise RuntimeError(child.stderr.decode(errors="replace")[-2000:])
    answer: dict[str, Any] = json.loads(child.stdout)
    if "code" in answer:
        raise Unreadable(answer["code"])
    return ExtractedText(**answer)


def read(data: bytes, name: str, *, charset: str = "", chosen: str = "") -> ExtractedText:
    """`extract`, here and now."""
    found = _found(_kind(data, name), data, charset, chosen)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in _clean(found.text).split("\n"))).strip()
    if not re.search(r"\w", text):
        raise Unreadable("no_text")
    note = found.note
    if len(text) > MAX_CHARS:
        text, note = text[:MAX_CHARS], f"Only the first {MAX_CHARS:,} characters were read. {note}".strip()
    return ExtractedText(text, " ".join(_clean(found.title).split())[:200], note)


def _found(kind: str, data: bytes, charset: str, chosen: str) -> ExtractedText:
    if kind == "pdf":
        return read_pdf(data)
    if kind == "docx":
        return read_word(data)
    if kind == "html" and not charset and (declared := _META.search(data[:4096])):
        charset = (declared[1] or declared[2]).decode()
        charset = "utf-8" if charset.lower().startswith("utf-16") else charset  # it was read as if it were ASCII
    text = decoded_as(data, chosen) if chosen else decoded(data, charset)
    broken = text.count("\ufffd")
    note = f"{broken} place{'s' if broken > 1 else ''} could not be decoded." if broken else ""
    if kind == "html":
        page = read_page(text)
        return ExtractedText(page.text, page.title, f"{page.note} {note}".strip())
    return ExtractedText(read_delimited(_clean(text)) if kind == "table" else text, note=note)


def _kind(data: bytes, name: str) -> str:
    """By what it holds, and by its name only where that does not tell."""
    suffix = name.rpartition(".")[2].lower()
    if data.lstrip().startswith(b"%PDF-") or (suffix == "pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith(b"PK\x03\x04") and (b"word/" in data or b"word\\" in data):
        return "docx"
    if suffix in ("pdf", "docx"):
        raise Unreadable("not_that_format")
    if suffix not in SUFFIXES or _OTHER_FORMAT.match(data[:4096]):
        raise Unreadable("unsupported")
    return "html" if suffix in ("html", "htm") else "table" if suffix in TABLE_SUFFIXES else "text"


# Text to a computer alone: RTF, and a page that was saved as an archive.
_OTHER_FORMAT = re.compile(
    rb"\s*\{\\rtf\d|(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?Content-Type:\s*multipart/related", re.IGNORECASE
)


def _clean(text: str) -> str:
    """Without what no reader sees and databases refuse; every line ends alike."""
    text = _LINE_END.sub("\n", text).replace("\u2029", "\n\n")
    # C0 and C1 controls, bidirectional overrides, lone surrogates, zero-width marks and the invisible "tag" letters in
    # in which an instruction to a model can hide from people who read the text.
    return _UNSEEN.sub("", text)


_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028]")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


def main() -> None:
    """The child: its arguments are the file's name, its charset and the encoding that was chosen."""
    bound_this_process(MEMORY_BYTES, SECONDS)
    name, charset, chosen = sys.argv[1:4]
    try:
        answer = asdict(read(sys.stdin.buffer.read(MAX_BYTES + 1), name, charset=charset, chosen=chosen))
    except Unreadable as error:
        answer = {"code": error.code}
    except (MemoryError, RecursionError):
        answer = {"code": "too_long"}
    sys.stdout.buffer.write(json.dumps(answer).encode())
