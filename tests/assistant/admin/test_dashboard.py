"""The first page: what it says is so."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from assistant.models import Delivery
from assistant.services.deliveries import outbox
from tests import make
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    return entered(User.objects.create_superuser("boss"))


def queued(of, key: str) -> Delivery:
    return outbox.queue_email(of, to="ann@example.com", subject="Hello", text="Hi.", key=key)


def test_mails_that_are_tried_again_are_counted_beside_those_that_were_given_up(boss):
    home = make.organization()
    assert "could not be sent yet" not in boss.get("/admin/").content.decode()
    queued(home, "not tried yet")
    for key, for_good in (("for now", False), ("for good", True)):
        outbox.failed(outbox.claim(queued(home, key).pk), "No answer", for_good=for_good)
    counts = {number.label: number.count for number in boss.get("/admin/").context["numbers"]}
    assert (counts["E-mails that could not be sent yet"], counts["E-mails given up"]) == (1, 1)
    assert "Trying again" in boss.get("/admin/assistant/delivery/").content.decode()


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("interworky.demo.mailbox.MailboxBackend", "kept in the demo mailbox"),
        ("django.core.mail.backends.console.EmailBackend", "written to the server's log"),
    ],
)
def test_the_first_page_says_when_e_mails_are_not_sent(boss, settings, backend, said):
    make.organization()
    assert "E-mails are not sent" not in boss.get("/admin/").content.decode()
    settings.EMAIL_BACKEND = backend
    first = boss.get("/admin/").content.decode()
    assert "E-mails are not sent" in first and said in first
