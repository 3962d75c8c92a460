"""The text of a mail: which of its parts people read, in which charset, and HTML as plain text.

Mail programs name charsets that Python has never heard of, and leave out the ends of HTML elements. Neither may cost a word
of what somebody has written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from html.parser import HTMLParser

from assistant.redaction import clean
from assistant.services.knowledge.formats import charsets
from assistant.services.knowledge.formats.result import Unreadable

READ_CHARS = 500_000  # of one part: the styles of an HTML mail alone may take a fifth of that


@dataclass(frozen=True)
class MailText:
    """`is_cited` says that the lines which begin with ">" were marked as quotes by the mail program, in HTML; `is_whole`
    that nothing was left out for its length."""

    text: str = ""
    is_cited: bool = False
    is_whole: bool = True


def text_of(mail: EmailMessage) -> MailText:
    """What the mail says, in lines; in HTML only where it has no plain text with words in it."""
    found = MailText()
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        if part is not None:
            found = _read([part, *(one for one in texts_below(mail) if one.get_content_subtype() == kind)])
            if found.text.strip():
                return found
    if not mail.is_multipart() and mail.get_content_maintype() in ("text", "multipart"):
        return _read([mail])  # text of another kind, or called an attachment, or of parts whose ends nobody finds
    return found


def texts_below(mail: EmailMessage) -> list[Message]:
    """Further parts that are text of the mail and no attachment, as Apple Mail makes them around a picture."""
    if mail.get_content_type() != "multipart/mixed":
        return []
    first = [mail.get_body((kind,)) for kind in ("plain", "html")]
    return [
        part
        for part in mail.iter_parts()
        if isinstance(part, EmailMessage)
        and part.get_content_type() in ("text/plain", "text/html")
        and not part.is_attachment()
        and not part.get_filename()
        and all(part is not one for one in first)
    ]


def _read(parts: list[Message]) -> MailText:
    texts, is_cited, is_whole = list[str](), False, True
    for part in parts:
        payload = part.get_payload(decode=True)
        text = decoded(payload if isinstance(payload, bytes) else b"", part.get_content_charset() or "")
        is_whole &= len(text) <= READ_CHARS
        text = re.sub(r"\r\n?", "\n", text[:READ_CHARS])
        if part.get_content_subtype() == "html":
            text, has_quote = html_as_text(text)
            is_cited |= has_quote
        texts.append(clean(text))
    return MailText("\n".join(texts), is_cited, is_whole)


# --- Charsets ---------------------------------------------------------------------------------------------------------


def decoded(data: bytes, charset: str) -> str:
    """Bytes of a mail as text. What it names as its charset is believed where Python or the web has such a one and the bytes
    can be in it; else they are recognised, and what cannot be read is replaced: a mail is never refused for a letter."""
    encoding = charsets.known(charset)
    is_wide = encoding.startswith(("utf-16", "utf-32"))  # whose lines have zero bytes; mails hardly are
    if not encoding or (is_wide and b"\0" not in data) or b"\x1b" in data:  # of a change of alphabet
        try:
            return charsets.decoded(data)
        except Unreadable:
            return data.decode(encoding or "cp1252", "replace")
    for name in (encoding, "utf-8") if _is_of_many_bytes(encoding) else ("utf-8", encoding):
        try:  # any bytes are text of a charset with one byte a letter: what is UTF-8 as well is that
            return data.decode(name).removeprefix("\ufeff")
        except ValueError:
            continue
    return data.decode(encoding, "replace")


def _is_of_many_bytes(encoding: str) -> bool:
    return len(bytes(range(256)).decode(encoding, "replace")) != 256


# --- HTML -------------------------------------------------------------------------------------------------------------

_BREAKS = {"p", "div", "tr", "li", "blockquote", "ul", "ol", "table", "hr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_BROKEN = re.compile(r"<(?:br|p|div|tr|li|hr|blockquote|h[1-6])\b", re.IGNORECASE)
_CONDITION = re.compile(r"<!\[[^>\n]{0,200}>")
_COMMENT = re.compile(r"<!--(?:-?>|.*?-->)", re.DOTALL)
_SCRIPT = re.compile(r"<script\b[^<>]*>.*?</script\s*>", re.DOTALL | re.IGNORECASE)
# No element can be within these, so that one without an end is over at the next tag, whichever that is.
_UNSEEN = re.compile(r"<(script|style|title)\b[^<>]*>(?:[^<]|<(?![a-z/]))*(?:</\1\s*>)?", re.IGNORECASE)


class _Text(HTMLParser):
    """The text of an HTML mail, with ">" before the lines of quotes."""

    def __init__(self, *, keeps_lines: bool) -> None:
        super().__init__()
        self.lines: list[tuple[int, list[str]]] = [(0, [])]  # how deep each is in quotes, and its pieces
        self.quotes: list[bool] = []  # of the `blockquote` elements that are open, whether each is a quote
        self.depth = 0  # how many are
        self.preformatted = int(keeps_lines)
        self.has_quote = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self.quotes.append(not _is_indented(dict(attrs)))
            self.depth += self.quotes[-1]
            self.has_quote |= self.quotes[-1]
        self.preformatted += tag == "pre"
        self._space(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote" and self.quotes:
            self.depth -= self.quotes.pop()
        self.preformatted -= tag == "pre" and self.preformatted > 0
        if tag != "br":
            self._space(tag)

    def _space(self, tag: str) -> None:
        depth, pieces = self.lines[-1]
        if tag == "br" or (tag in _BREAKS and "".join(pieces).strip()):
            self._break()
        elif tag in _BREAKS and depth != self.depth:
            self.lines[-1] = (self.depth, pieces)
        elif tag in ("td", "th"):
            pieces.append(" ")

    def _break(self) -> None:
        self.lines.append((self.depth, []))

    def handle_data(self, data: str) -> None:
        first, *others = data.split("\n") if self.preformatted else [re.sub(r"[ \t\n]+", " ", data)]
        self.lines[-1][1].append(first)
        for line in others:
            self._break()
            self.lines[-1][1].append(line)

    def text(self) -> str:
        return "\n".join(f"{'>' * min(depth, 3)} {''.join(pieces).strip()}".strip() for depth, pieces in self.lines)


def html_as_text(html: str) -> tuple[str, bool]:
    """The text, and whether it has quotes: their lines begin with ">"."""
    reader = _Text(keeps_lines=not _BROKEN.search(html))
    reader.feed(_without_hidden(html))
    reader.close()
    return reader.text(), reader.has_quote


def _is_indented(attributes: dict[str, str | None]) -> bool:
    """Whether people have only moved words of their own to the right: Gmail makes a quote without a line for that."""
    style = re.sub(r"\s", "", (attributes.get("style") or "").lower())
    return "border:none" in style and attributes.get("type") != "cite"


def _without_hidden(html: str) -> str:
    """Without what nobody sees. What has no end would hide all that follows: a comment is text then, an element is short."""
    html = _CONDITION.sub("", html).replace("<![", " ")  # Outlook's; the parser raises on odd ones
    last = html.rfind("-->") + 3
    html = _COMMENT.sub("", html[:last]) + html[last:] if last > 2 else html
    html = html.replace("<!--", " ")
    last = html.lower().rfind("</script")
    end = html.find(">", last) + 1 if last >= 0 else 0
    html = _UNSEEN.sub("", _SCRIPT.sub("", html[:end]) + html[end:])
    last = html.rfind(">") + 1  # the parser would look for the end of each tag behind that up to the end of the mail
    return html[:last] + html[last:].replace("<", "&lt;")
