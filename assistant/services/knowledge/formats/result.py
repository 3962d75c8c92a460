"""What every reader of a format returns and raises, and the limits that all of them keep."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 10_000_000  # of a file
MAX_CHARS = 500_000  # of its text; the rest is left out

TEXT_SUFFIXES = ("txt", "md", "markdown", "text")
TABLE_SUFFIXES = ("csv", "tsv")
SUFFIXES = (*TEXT_SUFFIXES, *TABLE_SUFFIXES, "html", "htm", "pdf", "docx")

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")  # digits as they stand above the line

PROBLEMS = {
    "unsupported": "Files of this kind cannot be read. Use .txt, .md, .csv, .html, .pdf or .docx.",
    "not_that_format": "The content does not match the file's extension, or the file is damaged.",
    "binary": "This is a binary file, not text.",
    "unknown_encoding": (
        "The encoding of this text cannot be detected reliably. Choose it under “Encoding”, or save the text "
        "as UTF-8 and upload it again."
    ),
    "wrong_encoding": "The text is not in the chosen encoding. Choose another one under “Encoding”.",
    "encrypted": "This PDF is protected by a password. Upload a copy without one.",
    "no_text": "No text was found. A scanned document contains only images of text.",
    "too_large": "The file is too large once it is unpacked.",
    "too_long": "Reading the file took too long or too much memory.",
    "no_pypdf": "Reading PDF files requires the package pypdf, which is in requirements.lock.",
    "no_docx": "Reading .docx files requires the package python-docx, which is in requirements.lock.",
}


@dataclass(frozen=True)
class ExtractedText:
    """`title` is what the file calls itself; `note` says what was left out."""

    text: str
    title: str = ""
    note: str = ""


class Unreadable(Exception):
    """`code` is one of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(PROBLEMS[code])
        self.code = code
