"""The export of notices: dated, in versions, of one organization, and in the audit log."""

from __future__ import annotations

import csv
import io
import json

import pytest

from assistant.models import Assistant, AuditEntry
from assistant.services.conversations import notices
from assistant.services.conversations.sessions import open_session
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db


def at(home) -> str:
    return f"/admin/assistant/organization/{home.pk}/notices/export/"


def test_every_showing_is_exported_with_its_version_and_when_it_was_agreed_to():
    home, other = make.organization("Salon"), make.organization("Garage")
    assistant = make.assistant(home, consent="We keep this.", disclosure="You talk to a machine.")
    open_session(make.assistant(other, disclosure="Of others."), make.ORIGIN)
    talk = open_session(assistant, make.ORIGIN).conversation
    notices.record(talk, "consent")
    notices.agree(talk, "We keep this.")
    Assistant.objects.filter(pk=assistant.pk).update(disclosure="You talk to software.")
    open_session(Assistant.objects.get(pk=assistant.pk), make.ORIGIN)
    owner = entered(member(home, "owner"))
    found = json.loads(owner.get(at(home), {"format": "json"}).content)["notices"]
    assert [(row["kind"], row["version"], row["text"], bool(row["agreed_at"])) for row in found] == [
        ("disclosure", 1, "You talk to a machine.", False),
        ("consent", 1, "We keep this.", True),
        ("disclosure", 2, "You talk to software.", False),
    ]
    rows = list(csv.DictReader(io.StringIO(owner.get(at(home)).content.decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == [row["text"] for row in found]
    assert AuditEntry.objects.filter(organization=home, act="exported").count() == 2


def test_viewers_do_not_export_it():
    home = make.organization("Salon")
    assert entered(member(home, "viewer")).get(at(home)).status_code == 403
    assert entered(member(home, "editor")).get(at(home)).status_code == 200
