"""What every reader of a format returns and raises, and the limits that all of them keep."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 10_000_000  # of a file
MAX_CHARS = 500_000  # of its text; the rest is left out

TEXT_SUFFIXES = ("txt", "md", "markdown", "text")
TABLE_SUFFIXES = ("csv", "tsv")
SUFFIXES = (*TEXT_SUFFIXES, *TABLE_SUFFIXES, "html", "htm", "pdf", "docx")

PROBLEMS = {
    "unsupported": "Files of this kind cannot be read. Use .txt, .md, .csv, .html, .pdf or .docx.",
    "not_that_format": "This is not what its name says: its content is of another format, or damaged.",
    "binary": "This is no text: it holds bytes that stand for no letter.",
    "unknown_encoding": (
        "The encoding of this text cannot be recognised with certainty. Choose it under “Encoding”, or save the text "
        "as UTF-8 and upload it again."
    ),
    "wrong_encoding": "This text is not in the encoding that was chosen for it. Choose another one under “Encoding”.",
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
