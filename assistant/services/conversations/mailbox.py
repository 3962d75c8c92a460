"""The mailbox that visitors' replies to e-mails come into, read by IMAP (RFC 3501).

A mail is marked as read after it was taken in. So none is lost where the connection ends in between or where one of them
cannot be read, and one that comes twice counts once (`email_replies`).
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
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import DatabaseError

from assistant.redaction import redacted
from assistant.services.conversations import email_replies

log = logging.getLogger(__name__)

SECONDS = 20.0  # that the server may take for an answer
RUN_SECONDS = 40.0  # of one run; what is left is read by the next one, a minute later
WINDOW = 5000  # mails that are searched at once: the answer is one line, of which imaplib reads at most a million characters
MAX_BYTES = 25_000_000  # of a mail, as for one that is posted
READ, ODD = r"(\Seen)", r"(\Seen \Flagged)"


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


def read_mailbox(url: str, open_: Callable[[str], Any] = open_mailbox, *, window: int = WINDOW) -> int:
    """Take in what has not been read in the mailbox, and mark it as read. Returns how many mails."""
    try:
        box = open_(url)
    except Unusable as problem:
        log.error("The mailbox of INBOUND_IMAP_URL cannot be read, so visitors' replies do not come in: %s", problem)
        return 0
    count, ends = 0, time.monotonic() + RUN_SECONDS
    try:
        for uid in _unread(box, window):
            if time.monotonic() > ends:
                break
            count += _take(box, uid)
    except (OSError, imaplib.IMAP4.error) as error:
        log.warning("Reading the mailbox of INBOUND_IMAP_URL ended early: %s", type(error).__name__)
    except DatabaseError:
        log.warning("Reading the mailbox of INBOUND_IMAP_URL ended early: the database is away.", exc_info=True)
    finally:
        _leave(box)
    return count


def _unread(box: Any, window: int) -> Iterator[str]:
    """The UIDs of what has not been read, oldest first; valid for this connection."""
    exists = int((box.untagged_responses.get("EXISTS") or [b"0"])[-1])
    for first in range(1, exists + 1, window):
        status, [found] = box.uid("SEARCH", f"{first}:{min(first + window - 1, exists)}", "UNSEEN")
        if status == "OK":
            yield from (found or b"").decode().split()


def _take(box: Any, uid: str) -> bool:
    """Take one mail in, and mark it. One that is too large or that nothing can read is flagged, for people to find."""
    size = re.search(rb"RFC822\.SIZE (\d+)", _answer(box.uid("FETCH", uid, "(RFC822.SIZE)")))
    if size is None:
        return False  # it was deleted meanwhile
    if int(size[1]) > MAX_BYTES:
        log.warning("A mail of the mailbox has %s bytes and was left out.", int(size[1]))
        box.uid("STORE", uid, "+FLAGS", ODD)
        return False
    _, parts = box.uid("FETCH", uid, "(BODY.PEEK[])")
    raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
    if raw is None:
        return False
    flags = READ
    try:
        if email_replies.receive(raw) == email_replies.LIMITED:
            return False  # too many at once: it stays unread, for one of the next minutes
    except ValueError:
        log.info("A mail of the mailbox is no message.")
    except DatabaseError:
        raise
    except Exception:
        log.exception("A mail of the mailbox could not be taken in.")
        flags = ODD
    box.uid("STORE", uid, "+FLAGS", flags)
    return True


def _answer(said: Any) -> bytes:
    return b" ".join(part if isinstance(part, bytes) else b"" for part in said[1])


def _leave(box: Any) -> None:
    """End the connection, whatever is left of it."""
    try:
        box.logout()
    except (OSError, imaplib.IMAP4.error):
        with suppress(OSError):
            box.shutdown()
