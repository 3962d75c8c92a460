"""Uploading, seeing and removing logos and avatars."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory

from assistant.models import Assistant, AuditEntry, Organization, Picture
from assistant.services.organizations import pictures
from tests import make
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.files.pictures import jpeg, png
from tests.assistant.services.organizations.test_pictures import SVG, upload

pytestmark = pytest.mark.django_db
RUN = "/admin/assistant/organization/{}/first-run/{}/"


def page_of(row: Any) -> str:
    return f"/admin/assistant/{row._meta.model_name}/{row.pk}/change/"


def posted(client: Client, page: str, **changes: Any) -> Any:
    """Send the page's form as it stands, with these changes."""
    answer = client.get(page)
    forms = [
        answer.context["adminform"].form,
        *(one.formset.management_form for one in answer.context["inline_admin_formsets"]),
    ]
    values: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False and bound.name not in ("avatar", "logo"):
                values[bound.html_name] = ["on"] if value is True else value
    for one in answer.context["inline_admin_formsets"]:
        values[f"{one.formset.prefix}-INITIAL_FORMS"] = 0
        values[f"{one.formset.prefix}-TOTAL_FORMS"] = 0
    return client.post(page, {**values, **changes})


def file(data: bytes, name: str = "me.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/html")


@pytest.mark.parametrize("name", ["avatar", "logo"])
def test_a_picture_is_uploaded_seen_replaced_and_removed(home: Organization, boss: Client, name: str) -> None:
    row: Any = Assistant.objects.get(organization=home) if name == "avatar" else home
    page = page_of(row)
    answer = posted(boss, page, **{name: file(png())})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    first = Picture.objects.get()
    assert f'src="/pictures/{first.file_name}"' in boss.get(page).content.decode()
    assert posted(boss, page).status_code == 302 and Picture.objects.get() == first, "untouched, it stays"
    assert posted(boss, page, **{name: file(jpeg("at home"))}).status_code == 302
    second = Picture.objects.get()
    assert second != first and b"at home" not in bytes(second.data)
    assert posted(boss, page, **{f"{name}-clear": "on"}).status_code == 302
    assert not Picture.objects.exists() and "/pictures/" not in boss.get(page).content.decode()


@pytest.mark.parametrize(("data", "said"), [(SVG, "SVG is not accepted"), (b"", "is empty"), (b"<p>", "is not a JPEG")])
def test_what_is_no_picture_is_refused_beside_its_field_and_the_earlier_one_stays(
    home: Organization, boss: Client, data: bytes, said: str
) -> None:
    kept = pictures.keep(home, upload(png()))
    answer = posted(boss, page_of(home), logo=file(data), phone="030 123")
    assert answer.status_code == 200 and said in str(answer.context["adminform"].form.errors["logo"])
    assert Picture.objects.get() == kept and "030 123" in answer.content.decode()


def test_a_picture_beside_another_error_is_asked_for_again(home: Organization, boss: Client) -> None:
    answer = posted(boss, page_of(home), logo=file(png()), name="")
    assert "Choose the picture again" in str(answer.context["adminform"].form.errors["logo"])
    assert not Picture.objects.exists()


def test_a_picture_cannot_be_replaced_and_removed_at_once(home: Organization, boss: Client) -> None:
    kept = pictures.keep(home, upload(png()))
    answer = posted(boss, page_of(home), **{"logo": file(jpeg()), "logo-clear": "on"})
    assert "not both" in str(answer.context["adminform"].form.errors["logo"]) and Picture.objects.get() == kept


def test_who_may_only_look_sees_the_picture_and_cannot_change_it(home: Organization) -> None:
    mia = Assistant.objects.get(organization=home)
    kept, viewer = pictures.keep(mia, upload(png())), entered(member(home, "viewer"))
    body = viewer.get(page_of(mia)).content.decode()
    assert f'src="/pictures/{kept.file_name}"' in body and 'type="file"' not in body
    assert viewer.post(page_of(mia), {"avatar-clear": "on"}).status_code == 403 and Picture.objects.get() == kept


def test_nobody_changes_the_picture_of_another_organization(home: Organization, editor: Client) -> None:
    other = Assistant.objects.get(organization=fill("theirs", "Zanzibar"))
    assert editor.post(page_of(other), {"avatar": file(png())}).status_code == 404
    assert not Picture.objects.exists()


def test_a_new_assistant_can_have_a_picture_from_the_start(home: Organization, boss: Client) -> None:
    answer = boss.get("/admin/assistant/assistant/add/")
    assert re.search(
        r'<input type="file" name="avatar"[^>]* accept="image/png,image/jpeg,image/webp,image/gif"', answer.content.decode()
    )


def test_the_audit_log_names_a_picture_without_its_content(home: Organization, boss: Client) -> None:
    posted(boss, page_of(home), logo=file(png()))
    entry = AuditEntry.objects.get(model="picture")
    assert (entry.name, entry.changes["data"]) == ("Logo", ["", "•••"])


def test_the_set_up_takes_a_logo_and_an_avatar_and_asks_for_neither(boss: Client, home: Organization) -> None:
    step = RUN.format(home.pk, "organization")
    about = {"name": home.name, "website": home.website, "timezone": "UTC"}
    assert 'enctype="multipart/form-data"' in boss.get(step).content.decode()
    assert boss.post(step, {**about, "logo": file(png())}).status_code == 302
    assert pictures.of(home) and f"/pictures/{pictures.of(home).file_name}" in boss.get(step).content.decode()  # type: ignore[union-attr]
    assert boss.post(step, about).status_code == 302 and pictures.of(home)
    step, mia = RUN.format(home.pk, "assistant"), Assistant.objects.get(organization=home)
    about = {"name": mia.name, "locale": "en", "accent": mia.accent, "knowledge": ""}
    refused = boss.post(step, {**about, "avatar": file(SVG)})
    assert refused.status_code == 200 and "SVG is not accepted" in refused.content.decode()
    assert boss.post(step, {**about, "avatar": file(png())}).status_code == 302 and pictures.of(mia)


def test_the_set_up_begins_an_organization_with_its_logo(boss: Client) -> None:
    boss.post("/admin/assistant/organization/first-run/", {"name": "Salon", "timezone": "UTC", "logo": file(png())})
    assert str(Picture.objects.get(organization__name="Salon")) == "Logo"


class Noting(SimpleUploadedFile):
    """Notes of each read whether a transaction waits for it."""

    waiting: ClassVar[list[bool]] = []

    def read(self, *args: Any) -> bytes:
        self.waiting.append(connection.in_atomic_block)
        return super().read(*args)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_waits_while_a_picture_is_drawn() -> None:
    home, Noting.waiting = make.organization(), []
    request = RequestFactory().post(page_of(home), {"name": ""})
    request.user, request._dont_enforce_csrf_checks = User.objects.create_superuser("boss"), True  # type: ignore[attr-defined]
    request.FILES["logo"] = Noting("me.png", png())
    site.get_model_admin(Organization).changeform_view(request, str(home.pk))
    assert Noting.waiting and not any(Noting.waiting)
