"""The audit log: complete, masked, scoped, and never changed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from assistant.models import (
    Appointment,
    Assistant,
    AuditEntry,
    Calendar,
    Conversation,
    Membership,
    Method,
    Organization,
    Provider,
    Visitor,
)
from assistant.models.audit import AppendOnly
from assistant.services import audit
from assistant.services.privacy import erasure
from tests.assistant.admin.filled import PROVIDER_SECRET, fill, member
from tests.assistant.admin.test_dashboard import NO_ROWS
from tests.assistant.admin.test_roles import LIST, act_on, contents, post_everywhere
from tests.assistant.admin.test_scoping import entered, fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Organization:
    found = fill("home", "Aardvark")
    Organization.objects.filter(pk=found.pk).update(name="Home")
    AuditEntry.objects.get()._meta.model._base_manager.all().delete()  # what `fill` has put in
    return found


@pytest.fixture
def owner(home: Organization) -> Client:
    client = entered(member(home, "owner", "ada"))
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    return client


def entries(**query: Any) -> list[tuple[str, str, str]]:
    found = AuditEntry.objects.filter(**query).order_by("pk")
    return [(row.act, row.model, row.detail) for row in found]


def change(row: Any) -> str:
    return f"{LIST.format(row._meta.model_name)}{row.pk}/change/"


# --- Changes ----------------------------------------------------------------------------------------------------------


def test_a_change_is_recorded_with_who_what_when_and_from_which_network(home, owner):
    form = {**fields_of(owner, change(home)), **NO_ROWS}
    assert owner.post(change(home), {**form, "name": "Elsewhere"}).status_code == 302
    [entry] = AuditEntry.objects.all()
    assert (entry.act, entry.organization, entry.by_name, entry.network) == ("changed", home, "ada", "192.0.2.0/24")
    assert (entry.model, entry.object_id, entry.name) == ("organization", str(home.pk), "Elsewhere")
    assert entry.changes == {"name": ["Home", "Elsewhere"]}


def test_secrets_and_personal_values_are_masked(home, owner):
    row = Provider.objects.get(organization=home)
    form = {"name": "Own", "base_url": row.base_url, "smart": "m", "timeout_seconds": 20, "weight": 1, "headers": "{}"}
    assert owner.post(change(row), {**form, "key": "sk-0123456789"}).status_code == 302
    address = f"{LIST.format('organization')}{home.pk}/change/"
    owner.post(address, {**fields_of(owner, address), **NO_ROWS, "team_email": "private@example.com"})
    appointment = Appointment.objects.get(organization=home)
    with audit.acting(User.objects.get(username="ada"), "2001:db8:1:2:3::4"):
        appointment.name, appointment.state = "Grace Hopper", "attended"
        appointment.save()
    said = str(list(AuditEntry.objects.values()))
    for hidden in ("sk-0123456789", PROVIDER_SECRET, row.sealed_key, "private@example.com", "Grace", "6789"):
        assert hidden not in said
    assert AuditEntry.objects.get(model="provider").changes["sealed_key"] == [audit.MASK, audit.MASK]
    assert AuditEntry.objects.get(model="organization").changes["team_email"][1] == audit.MASK
    entry = AuditEntry.objects.get(model="appointment")
    assert entry.changes == {"name": [audit.MASK, audit.MASK], "state": ["confirmed", "attended"]}
    assert (entry.name, entry.network) == ("", "2001:db8:1::/48")


def test_what_an_assistant_may_do_is_recorded_by_name(home, owner):
    row, method = Assistant.objects.get(organization=home), Method.objects.get(organization=home)
    with audit.acting(User.objects.get(username="ada"), "192.0.2.1"):
        row.methods.remove(method)
        row.methods.add(method)
        row.methods.add(method)  # which it may already
    assert [entry.changes["methods"] for entry in AuditEntry.objects.order_by("pk")] == [
        [str(method), ""], ["", str(method)]
    ]  # fmt: skip


def test_roles_invitations_and_removals_are_recorded(home, owner, queued_tasks):
    colleague = Membership.objects.get(user=member(home, "viewer", "eve"))
    owner.post(f"{LIST.format('invitation')}add/", {"organization": home.pk, "email": "new@example.com", "role": "agent"})
    owner.post(change(colleague), {"role": "editor"})
    owner.post(f"{LIST.format('membership')}{colleague.pk}/delete/", {"post": "yes"})
    assert entries() == [("added", "invitation", ""), ("changed", "member", ""), ("deleted", "member", "")]
    assert AuditEntry.objects.get(act="changed").changes == {"role": ["viewer", "editor"]}


def test_a_colleague_who_joins_is_who_did_it(home, owner, queued_tasks):
    from assistant.services.organizations import members

    invitation = members.invite(home, "new@example.com", "agent", None)
    link = f"/admin/invitation/{members.token_of(invitation.pk, 1)}/"
    words = "several words in a row"
    Client().post(link, {"first_name": "New", "last_name": "One", "password": words, "again": words})
    joined = AuditEntry.objects.get(model="member")
    assert (joined.act, joined.by_name, joined.organization) == ("added", "new@example.com", home)
    assert words not in str(list(AuditEntry.objects.values()))


def test_nothing_is_recorded_of_a_change_that_was_not_made(home, owner):
    row = Method.objects.get(organization=home)
    owner.post(change(row), {**fields_of(owner, change(row)), "name": "not a name!"})
    owner.post(change(row), fields_of(owner, change(row)))
    assert [act for act, model, _ in entries() if act in ("changed", "added")] == []


def test_what_no_signal_sees_is_recorded_from_the_response(home, owner):
    talk = Conversation.objects.get(organization=home)
    owner.post(f"{LIST.format('conversation')}{talk.pk}/answer/", {"text": "Hello"})
    act_on(owner, Visitor.objects.get(organization=home), "erase")
    assert ("done", "conversation", "answer") in entries()
    assert [entry.object_id for entry in AuditEntry.objects.filter(detail="answer")] == [str(talk.pk)]


def test_every_change_that_an_editor_can_make_leaves_an_entry(home):
    """Whatever is posted anywhere: where a table differs afterwards, the log has grown."""
    client = entered(member(home, "editor"))
    AuditEntry.objects.create(organization=home, act="added")
    before, counted = contents(), AuditEntry.objects.count()
    post_everywhere(client, home, share=6)
    assert contents() != before
    assert AuditEntry.objects.count() > counted


def test_a_table_that_staff_set_is_watched_or_named_as_left_out():
    stored = {model.__name__ for model in apps.get_models()}
    assert stored >= audit.UNWATCHED and not audit.UNWATCHED & audit.ALSO_WATCHED
    watched = {model.__name__ for model in apps.get_models() if audit.is_watched(model)}
    assert {"Organization", "Membership", "Method", "Provider", "Service", "User", "Authenticator"} <= watched


# --- Looks and exports ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Conversation, Visitor, Appointment], ids=lambda model: model.__name__)
def test_opening_a_row_about_a_visitor_is_recorded_once(home, owner, model):
    row = model.objects.get(organization=home)
    for _ in range(3):
        assert owner.get(change(row)).status_code == 200
    assert entries() == [("looked", str(model._meta.verbose_name), "")]
    assert AuditEntry.objects.get().object_id == str(row.pk) and AuditEntry.objects.get().name == ""


def test_opening_a_setting_is_no_look_at_personal_data(home, owner):
    owner.get(change(Calendar.objects.filter(organization=home).first()))
    assert entries() == []


def test_exports_are_recorded(home, owner):
    act_on(owner, Visitor.objects.get(organization=home), "export_data").getvalue()
    owner.get("/admin/assistant/appointment/schedule/export/")
    owner.get(LIST.format("auditentry") + "export/")
    assert entries() == [
        ("exported", "visitor", "export data"),
        ("exported", "", "schedule export"),
        ("exported", "audit log", "export"),
    ]
    page = owner.get(LIST.format("auditentry")).content.decode()
    assert "audit log (export)" in page and "3 audit entries" in " ".join(page.split())


def test_a_stranger_who_is_refused_leaves_nothing_in_the_log_of_others(home):
    stranger = entered(member(fill("other", "Zanzibar"), "owner", "eve"))
    theirs = Visitor.objects.get(organization=home)
    stranger.get(change(theirs))
    stranger.post(LIST.format("visitor"), {"action": "export_data", "_selected_action": [theirs.pk]}).getvalue()
    assert not AuditEntry.objects.filter(organization=home).exists()


# --- The log itself ---------------------------------------------------------------------------------------------------


def test_an_entry_is_never_changed_or_deleted_but_outlives_its_user(home, owner):
    owner.get(change(Visitor.objects.get(organization=home)))
    entry = AuditEntry.objects.get()
    for act in (
        entry.save, entry.delete, AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(by_name="x"),
        lambda: AuditEntry.objects.bulk_update([entry], ["by_name"]),
    ):  # fmt: skip
        with pytest.raises(AppendOnly):
            act()
    for address in (f"{LIST.format('auditentry')}{entry.pk}/delete/", LIST.format("auditentry") + "add/"):
        assert entered(User.objects.create_superuser(f"boss{len(address)}")).post(address).status_code == 403
    User.objects.get(username="ada").delete()
    entry.refresh_from_db()
    assert (entry.by, entry.by_name) == (None, "ada")


def test_the_log_says_nothing_of_an_erased_visitor_but_a_random_id(home, owner):
    visitor = Visitor.objects.get(organization=home)
    owner.get(change(visitor))
    erasure.erase(home, visitor.pk, by=User.objects.get(username="ada"))
    assert "Aardvark" not in str(list(AuditEntry.objects.values()))


def test_owners_alone_read_the_log_and_of_their_organization_alone(home, owner):
    owner.get(change(Visitor.objects.get(organization=home)))
    page = LIST.format("auditentry")
    assert "192.0.2.0/24" in owner.get(page).content.decode()
    assert entered(member(home, "editor")).get(page).status_code == 403
    both = member(fill("other", "Zanzibar"), "owner", "eve")
    Membership.objects.create(user=both, organization=home, role="editor")
    assert "192.0.2.0/24" not in entered(both).get(page).content.decode()


def test_the_csv_computes_nothing_and_follows_the_filters(home, owner):
    AuditEntry.objects.create(organization=home, by_name="=1+1", act="changed", model="method", name="@SUM(A1)")
    AuditEntry.objects.create(organization=home, by_name="bob", act="looked", model="visitor")
    text = owner.get(LIST.format("auditentry") + "export/?act__exact=changed").content.decode("utf-8-sig")
    [heading, row] = csv.reader(io.StringIO(text))
    assert (row[2], row[7], heading[2]) == ("'=1+1", "'@SUM(A1)", "Who")
