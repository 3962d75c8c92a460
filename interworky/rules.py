"""Request limits by path prefix: the table that `interworky.edge` applies."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import parse_cookie

from assistant.async_db import in_db
from assistant.errors import NotAllowed
from assistant.services import logins
from assistant.services.conversations.sessions import conversation_for_token
from interworky.edge import Rule, Slots
from widget import access
from widget.frames import MAX_FRAME_BYTES

FORM_BYTES = 65_536
MAIL_BYTES = 25_000_000  # with attachments, which are not kept
PROMPT_BYTES = 2_500_000  # the demonstration model is sent whole conversations

# Slots of synchronous views: each has a thread and may have a database connection. Log-ins, which hash passwords, have
# slots of their own, so that a flood of log-ins delays only log-ins.
PAGES, LOGINS, FILES = "pages", "logins", "files"
FILES_AT_ONCE = 2
FILE_BYTES = settings.FILE_MAX_MB * 1_000_000 + 16_384  # with the form around it

RULES = (
    Rule("/", FORM_BYTES, slots=PAGES),
    Rule("/api/", MAX_FRAME_BYTES),
    Rule("/api/v1/inbound-mail", MAIL_BYTES, slots=PAGES),
    # Only a visitor with a token may send more than a frame; examining a file takes a process and, with a scanner, a while.
    Rule("/api/v1/widget/files", MAX_FRAME_BYTES, known_bytes=FILE_BYTES, known_seconds=120, slots=FILES),
    Rule("/files/", 0, slots=PAGES),
    Rule("/pictures/", 0),
    Rule("/chat/", 0),
    Rule("/widget", 0),
    Rule("/static/", 0),
    Rule("/healthz", 0),
    Rule("/readyz", 0),
    Rule("/metrics", 0),
    Rule("/demo-llm/", PROMPT_BYTES),
    Rule("/admin/login/", FORM_BYTES, slots=LOGINS),
    Rule("/admin/", FORM_BYTES, known_bytes=settings.UPLOAD_MAX_MB * 1_000_000, slots=PAGES),
)


def slots() -> dict[str, Slots]:
    return {
        PAGES: Slots(settings.PAGE_THREADS, waiting=8 * settings.PAGE_THREADS),
        LOGINS: Slots(logins.AT_ONCE, waiting=logins.WAITING),
        FILES: Slots(FILES_AT_ONCE, waiting=8 * FILES_AT_ONCE),
    }


async def is_known(scope: Any) -> bool:
    """Whether a large body comes from somebody who may send one: a visitor's file, by their token, and anything else by the
    session of a member of staff."""
    if scope["path"].startswith("/api/"):
        return await in_db(_is_visitor)(scope["headers"])
    cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    session = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return bool(session) and await in_db(logins.is_staff_session)(session)


def _is_visitor(headers: access.Headers) -> bool:
    headers = list(headers)
    try:
        conversation_for_token(access.bearer(headers), access.origin_of(headers))
    except NotAllowed:
        return False
    return True
