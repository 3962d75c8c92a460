"""The links in e-mails to staff, put in as an e-mail is sent."""

from __future__ import annotations

from assistant.models import Delivery
from assistant.services import passwords
from assistant.services.deliveries.staff_emails import MARK
from assistant.services.organizations import members

LINKS = {members.KEY: members.link_of, passwords.KEY: passwords.link_of}


def completed(delivery: Delivery, text: str, html: str) -> tuple[str, str]:
    """Text and HTML of an e-mail as it is sent: with its link, where it carries one."""
    for prefix, link_of in LINKS.items():
        if delivery.key.startswith(prefix):
            link = link_of(delivery.key.removeprefix(prefix))
            return text.replace(MARK, link), html.replace(MARK, link)
    return text, html
