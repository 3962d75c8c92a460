"""Export and erasure of visitors in the admin: who may, what is asked first, and what is shown afterwards."""

from __future__ import annotations

import io
import zipfile

import pytest

from assistant.models import Removal, Visitor
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
VISITORS = "/admin/assistant/visitor/"


def chosen(action: str, *visitors: Visitor, **more: str) -> dict[str, object]:
    return {"action": action, "_selected_action": [str(visitor.pk) for visitor in visitors], **more}


def test_an_owner_is_asked_before_a_visitor_is_erased(home):
    owner, visitor = entered(member(home, "owner")), Visitor.objects.get()
    page = owner.get(f"{VISITORS}{visitor.pk}/change/").content.decode()
    assert 'value="erase"' in page and 'value="export_data"' in page
    asked = owner.post(VISITORS, chosen("erase", visitor)).content.decode()
    assert "Erase 1 visitor?" in asked and "1 upcoming appointment that will be cancelled" in asked
    assert Visitor.objects.filter(pk=visitor.pk).exists()
    owner.post(VISITORS, chosen("erase", visitor, sure="yes"))
    assert not Visitor.objects.filter(pk=visitor.pk).exists()
    removal = Removal.objects.get(visitor=visitor.pk)
    assert removal.by and removal.by.username == f"owner-{home.slug}"
    assert "Message: 2" in owner.get("/admin/assistant/removal/").content.decode()
    assert owner.post(VISITORS, chosen("erase", visitor, sure="yes"), follow=True).status_code == 200


def test_an_editor_exports_and_does_not_erase_and_a_viewer_does_neither(home, editor):
    visitor, viewer = Visitor.objects.get(), entered(member(home, "viewer"))
    answer = editor.post(VISITORS, chosen("export_data", visitor))
    assert answer["Content-Type"] == "application/zip" and "no-store" in answer["Cache-Control"]
    assert "Aardvark" in zipfile.ZipFile(io.BytesIO(answer.getvalue())).read("visitor.html").decode()
    page = editor.get(f"{VISITORS}{visitor.pk}/change/").content.decode()
    assert 'value="export_data"' in page and 'value="erase"' not in page
    assert "Only owners" in editor.post(VISITORS, chosen("erase", visitor, sure="yes"), follow=True).content.decode()
    assert b"export_data" not in viewer.get(f"{VISITORS}{visitor.pk}/change/").content
    for action in ("export_data", "erase"):
        assert viewer.post(VISITORS, chosen(action, visitor, sure="yes"), follow=True)["Content-Type"] != "application/zip"
    assert Visitor.objects.filter(pk=visitor.pk).exists()


def test_an_owner_neither_erases_nor_exports_visitors_of_another_organization(home):
    other = fill("other", "Zanzibar")
    owner, theirs = entered(member(home, "owner")), Visitor.objects.get(organization=other)
    answer = owner.post(VISITORS, chosen("export_data", theirs), follow=True)
    assert answer["Content-Type"] != "application/zip" and b"Zanzibar" not in answer.content
    owner.post(VISITORS, chosen("erase", theirs, sure="yes"), follow=True)
    assert Visitor.objects.filter(pk=theirs.pk).exists()


def test_an_owner_sets_how_long_data_is_kept(home):
    owner = entered(member(home, "owner"))
    page = owner.get(f"/admin/assistant/organization/{home.pk}/change/").content.decode()
    for name in ("keep_messages_days", "keep_visitors_days", "keep_ledger_days"):
        assert f'name="{name}"' in page
