"""Request limits by path prefix: the table that `interworky.edge` applies."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import parse_cookie

from assistant.async_db import in_db
from assistant.services import logins
from interworky.edge import Rule, Slots
from widget.frames import MAX_FRAME_BYTES

FORM_BYTES = 65_536
MAIL_BYTES = 25_000_000  # with attachments, which are not kept
PROMPT_BYTES = 2_500_000  # the demonstration model is sent whole conversations

# Slots of synchronous views: each has a thread and may have a database connection. Log-ins, which hash passwords, have
# slots of their own, so that a flood of log-ins delays only log-ins.
PAGES, LOGINS = "pages", "logins"

RULES = (
    Rule("/", FORM_BYTES, slots=PAGES),
    Rule("/api/", MAX_FRAME_BYTES),
    Rule("/api/v1/inbound-mail", MAIL_BYTES, slots=PAGES),
    Rule("/chat/", 0),
    Rule("/widget", 0),
    Rule("/static/", 0),
    Rule("/healthz", 0),
    Rule("/readyz", 0),
    Rule("/metrics", 0),
    Rule("/demo-llm/", PROMPT_BYTES),
    Rule("/admin/login/", FORM_BYTES, slots=LOGINS),
    Rule("/admin/", FORM_BYTES, staff_bytes=settings.UPLOAD_MAX_MB * 1_000_000, slots=PAGES),
)


def slots() -> dict[str, Slots]:
    return {
        PAGES: Slots(settings.PAGE_THREADS, waiting=8 * settings.PAGE_THREADS),
        LOGINS: Slots(logins.AT_ONCE, waiting=logins.WAITING),
    }


async def is_staff(scope: Any) -> bool:
    """Whether the request's session belongs to a member of staff."""
    cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    session = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return bool(session) and await in_db(logins.is_staff_session)(session)
