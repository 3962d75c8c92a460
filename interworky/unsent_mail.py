"""E-mails without a mail server: the log says that one was not sent, and nothing of what it says or to whom.

Django's backend for the console would print it whole, and what is in a log no erasure reaches. Who wants that, such as a
developer, sets EMAIL_URL=consolemail://.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger(__name__)


class UnsentBackend(BaseEmailBackend):
    delivery_state = "logged"

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            known = message.extra_headers.get("Message-ID", "")
            log.warning("an e-mail was not sent, because EMAIL_URL is not set: %s", known or "without an id")
        return len(email_messages)
