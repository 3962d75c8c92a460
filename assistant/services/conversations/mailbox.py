"""The mailbox that visitors' replies to e-mails come into, read by IMAP (RFC 3501).

A mail is marked as read after it was taken in. So none is lost where the connection ends in between or where one of them
cannot be read, and one that comes twice counts once (`email_replies`). One whose conversation takes in no more for now stays
unread, marked with a keyword, and is read after everything else; no more of it than its headers is fetched until then.
"""

from __future__ import annotations

import base64
import imaplib
import ipaddress
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import Error, InterfaceError, InternalError, OperationalError, ProgrammingError

from assistant.errors import TooMuch
from assistant.redaction import redacted
from assistant.services import failing_steps
from assistant.services.conversations import email_replies

log = logging.getLogger(__name__)

SECONDS = 20.0  # that the server may take for an answer
RUN_SECONDS = 40.0  # of one run; what is left is read by the next one, a minute later
WINDOW = 5000  # mails that are searched at once: the answer is one line, of which imaplib reads at most a million characters
MAX_BYTES = 25_000_000  # of a mail, as for one that is posted
JOB, STEP = "mailbox", "visitors' replies by e-mail"  # as staff read of it where it fails
READ, ODD = r"(\Seen)", r"(\Seen \Flagged)"
LATER = "InterworkyLater"  # a keyword that we add, where the server keeps any
PREVIEW = f"(RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(email_replies.RECIPIENTS).upper()})]<0.16384>)"


class Unusable(Exception):
    """Why the mailbox cannot be read, as the operator reads it; without the password."""


def open_mailbox(url: str, context: ssl.SSLContext | None = None) -> Any:
    """A connection to the mailbox of `imaps://user:password@host:993/INBOX`, logged in; encrypted, unless it does not leave
    this machine. Raises `Unusable`."""
    parts = urlsplit(url)
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    context = context or ssl.create_default_context()  # imaplib's own would take any certificate
    try:
        if parts.scheme == "imaps":
            box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=SECONDS)
        else:
            box = imaplib.IMAP4(host, parts.port or 143, timeout=SECONDS)
        try:
            if parts.scheme != "imaps":
                _encrypt(box, host, context)
            _log_in(box, user, password)
            folder = unquote(parts.path.strip("/")) or "INBOX"
            if box.select(quoted(folder))[0] != "OK":
                raise Unusable(f"The mailbox has no folder “{folder}”.")
        except Exception:
            _leave(box)
            raise
    except imaplib.IMAP4.readonly as error:
        raise Unusable("The folder can only be read, so that nothing in it can be marked as read.") from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise Unusable(f"{type(error).__name__}: {redacted(str(error), [password])[:200]}") from error
    return box


def _encrypt(box: imaplib.IMAP4, host: str, context: ssl.SSLContext) -> None:
    if _is_this_machine(host) and "LOGINDISABLED" not in box.capabilities:
        return
    if "STARTTLS" not in box.capabilities:
        raise Unusable("The server offers no encryption, so the password was not sent. Use imaps://, or port 993.")
    box.starttls(context)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _log_in(box: imaplib.IMAP4, user: str, password: str) -> None:
    if "AUTH=PLAIN" in box.capabilities:  # which takes letters that LOGIN does not
        box.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
    elif f"{user}{password}".isascii():
        box.login(user, password)
    else:
        raise Unusable("The server takes only ASCII letters in user and password.")


def quoted(folder: str) -> str:
    """A folder's name as IMAP has it: modified UTF-7, in quotes."""

    def encoded(letters: re.Match[str]) -> str:
        text = base64.b64encode(letters[0].encode("utf-16-be")).decode()
        return f"&{text.rstrip('=').replace('/', ',')}-"

    name = re.sub(r"[^\x20-\x7e]+", encoded, folder.replace("&", "&-"))
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read_mailbox(
    url: str,
    open_: Callable[[str], Any] = open_mailbox,
    *,
    window: int = WINDOW,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Take in what has not been read in the mailbox, and mark it as read. Returns how many mails."""
    try:
        box = open_(url)
    except Unusable as problem:
        log.error("The mailbox of INBOUND_IMAP_URL cannot be read, so visitors' replies do not come in: %s", problem)
        failing_steps.record(JOB, [STEP], [STEP])
        return 0
    failing_steps.record(JOB, [STEP], [])
    count, ends = 0, clock() + RUN_SECONDS
    try:
        for uid in _unread(box, window, lambda: clock() > ends):
            count += _take(box, uid)
    except (OSError, imaplib.IMAP4.error) as error:
        log.warning("Reading the mailbox of INBOUND_IMAP_URL ended early: %s", type(error).__name__)
    except Error:
        log.warning("Reading the mailbox of INBOUND_IMAP_URL ended early: the database is away.", exc_info=True)
    finally:
        _leave(box)
    return count


def _unread(box: Any, window: int, is_over: Callable[[], bool]) -> Iterator[str]:
    """The UIDs of what has not been read, each once, until time is over: what was put off comes last, then the oldest first.
    They are valid for this connection."""
    exists, known = int((box.untagged_responses.get("EXISTS") or [b"0"])[-1]), set[str]()
    orders = [("UNSEEN", "UNKEYWORD", LATER), ("UNSEEN", "KEYWORD", LATER)] if _keeps_keywords(box) else [("UNSEEN",)]
    for wanted, first in product(orders, range(1, exists + 1, window)):
        if is_over():
            return
        status, lines = box.uid("SEARCH", f"{first}:{min(first + window - 1, exists)}", *wanted)
        if status != "OK":
            log.warning("The server of INBOUND_IMAP_URL has refused a search.")
            continue
        for uid in b" ".join(line or b"" for line in lines).decode().split():
            if is_over():
                return
            if uid not in known:  # what was put off in this run is found again
                known.add(uid)
                yield uid


def _keeps_keywords(box: Any) -> bool:
    """Whether the server lets us make a keyword (`\\*`), or has ours already (RFC 3501, 7.1)."""
    lasting = b" ".join(line or b"" for line in box.untagged_responses.get("PERMANENTFLAGS") or [])
    return rb"\*" in lasting or LATER.lower() in lasting.decode(errors="replace").lower()


def _take(box: Any, uid: str) -> bool:
    """Take one mail in, and mark it. One that is too large or that nothing can read is flagged, for people to find."""
    about, headers = _parts(box.uid("FETCH", uid, PREVIEW))
    size = re.search(rb"RFC822\.SIZE (\d+)", about)
    if size is None:
        return False  # it was deleted meanwhile
    if int(size[1]) > MAX_BYTES:
        log.warning("A mail of the mailbox has %s bytes and was left out.", int(size[1]))
        box.uid("STORE", uid, "+FLAGS", ODD)
        return False
    if email_replies.is_limited(headers or b""):
        return _put_off(box, uid)
    _, raw = _parts(box.uid("FETCH", uid, "(BODY.PEEK[])"))
    if raw is None:
        return False
    flags = READ
    try:
        email_replies.receive(raw)
    except TooMuch:
        return _put_off(box, uid)
    except ValueError:
        log.warning("A mail of the mailbox is not a valid message.")
        flags = ODD
    except (OperationalError, InterfaceError):
        raise
    except (InternalError, ProgrammingError):  # such as a standby that only reads, or a table that is still to be made
        log.exception("The database refuses a mail of the mailbox, which is tried again later.")
        return _put_off(box, uid)
    except Exception:
        log.exception("A mail of the mailbox could not be taken in.")
        flags = ODD
    box.uid("STORE", uid, "+FLAGS", flags)
    return True


def _put_off(box: Any, uid: str) -> bool:
    """Leave it unread, for one of the next minutes, when what is newer comes first."""
    if _keeps_keywords(box):
        box.uid("STORE", uid, "+FLAGS", f"({LATER})")
    return False


def _parts(said: Any) -> tuple[bytes, bytes | None]:
    """What a server says of one mail, and the text that it sends with that."""
    about = b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in said[1])
    return about, next((part[1] for part in said[1] if isinstance(part, tuple)), None)


def _leave(box: Any) -> None:
    """End the connection, whatever is left of it."""
    try:
        box.logout()
    except (OSError, imaplib.IMAP4.error):
        with suppress(OSError):
            box.shutdown()
