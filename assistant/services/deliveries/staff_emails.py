"""E-mails to staff with a link that is a credential.

The outbox keeps the e-mail without its link: everybody who may read an organization's deliveries would hold it otherwise.
The link is derived when the e-mail is sent (`services.deliveries.staff_links`), from what the delivery's key names.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string

from assistant.models import Delivery, Organization
from assistant.services.deliveries import outbox

MARK = "••••••"


@dataclass(frozen=True)
class StaffEmail:
    """`button` is the label of the link; empty for an e-mail without one."""

    subject: str
    text: str
    button: str = ""
    small: str = ""


def queue(email: StaffEmail, *, to: str, key: str, organization: Organization | None = None) -> Delivery:
    """Queue the e-mail in the caller's transaction. Raises `ToolError` where `to` is not one plain address."""
    about = {"email": email, "link": MARK}
    return outbox.queue_email(
        organization,
        outbox.Email(
            email.subject,
            text=render_to_string("assistant/staff_email.txt", about),
            html=render_to_string("assistant/staff_email.html", about),
        ),
        to=to,
        key=key,
    )
