"""Log-ins in the audit log: who got in, who was refused, and what became of passwords and second factors."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from assistant.models import AuditEntry, Membership, Organization
from assistant.services.organizations import rate_limits
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_accounts import ANOTHER, FACTORS, PASSWORD, add_app, ask, log_in, mailed_link
from tests.assistant.admin.test_roles import LIST
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(queued_tasks: list[Any], settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    rate_limits.reset()
    cache.clear()


@pytest.fixture
def home() -> Organization:
    return make.organization()


@pytest.fixture
def ada(home: Organization) -> User:
    user = member(home, "agent", "ada")
    user.email = "ada@example.com"
    user.set_password(PASSWORD)
    user.save()
    return user


def entries(user: User, **query: Any) -> list[tuple[str, str, str]]:
    """What the log says of the account: who did it, what, and the detail."""
    rows = AuditEntry.objects.filter(model="user", object_id=str(user.pk), **query).exclude(act="changed").order_by("pk")
    return [(row.by_name, row.act, row.detail) for row in rows]


def come(address: str = "203.0.113.77") -> Client:
    return Client(REMOTE_ADDR=address)


def test_logging_in_and_out_is_recorded_with_the_network(ada):
    client = come()
    log_in(client)
    client.post("/admin/logout/")
    assert entries(ada) == [("ada", "logged_in", ""), ("ada", "logged_out", "")]
    assert {row.network for row in AuditEntry.objects.all()} == {"203.0.113.0/24"}


def test_a_wrong_password_is_recorded_of_the_account_and_by_nobody_and_is_itself_not_kept(ada):
    log_in(come(), "Tr0ub4dor&3")
    log_in(come(), "Tr0ub4dor&3", name="no-such-colleague")
    assert entries(ada) == [("", "refused", "wrong password")]
    said = str(list(AuditEntry.objects.values()))
    assert "Tr0ub4dor" not in said and "no-such-colleague" not in said and "203.0.113.77" not in said


def test_a_lockout_is_recorded_once_however_often_it_refuses(ada):
    for _ in range(12):
        log_in(come(), "a guess")
    details = [detail for _, _, detail in entries(ada, act="refused")]
    assert details.count("too many attempts") == 1 and details.count("wrong password") == 5


def test_each_organization_of_a_member_reads_of_their_log_ins_and_no_other_does(home, ada):
    second, foreign = make.organization("Second"), make.organization("Foreign")
    Membership.objects.create(user=ada, organization=second, role="owner")
    log_in(come())
    found = AuditEntry.objects.filter(act="logged_in")
    assert {row.organization for row in found} == {home, second}
    page = entered(member(foreign, "owner", "eve")).get(LIST.format("auditentry")).content.decode()
    assert "203.0.113.0/24" not in page


def test_a_factor_that_is_wrong_and_a_recovery_code_are_recorded_and_codes_are_not(ada):
    client = come()
    log_in(client)
    secret = add_app(client)
    [recovery, *_] = client.get(f"{FACTORS}recovery-codes/").context["unused_codes"]
    before, other = len(entries(ada)), come("198.51.100.4")
    log_in(other)
    assert len(entries(ada)) == before  # the password alone is no log-in
    other.post(f"{FACTORS}log-in/", {"code": "000000"})
    other.post(f"{FACTORS}log-in/", {"code": recovery})
    assert entries(ada)[before:] == [
        ("", "refused", "wrong second factor"), ("ada", "done", "recovery code used"), ("ada", "logged_in", "")
    ]  # fmt: skip
    said = str(list(AuditEntry.objects.values()))
    assert recovery not in said and secret not in said and "000000" not in said


def test_factors_that_are_added_and_removed_are_recorded(ada):
    client = come()
    log_in(client)
    add_app(client)
    client.post(f"{FACTORS}app/remove/")
    acts = [(row.by_name, row.act) for row in AuditEntry.objects.filter(model="authenticator").order_by("pk")]
    assert ("ada", "added") in acts and ("ada", "deleted") in acts


def test_a_new_password_is_recorded_when_it_is_asked_for_and_when_it_is_chosen(ada):
    ask("ADA@example.com", come())
    assert entries(ada) == [("", "done", "new password asked for")]
    client = come()
    where = client.get(mailed_link(), follow=True).redirect_chain[-1][0]
    client.post(where, {"new_password1": ANOTHER, "new_password2": ANOTHER})
    assert ("ada", "done", "new password chosen by a link") in entries(ada)
    assert ANOTHER not in str(list(AuditEntry.objects.values()))


def test_sessions_that_are_ended_elsewhere_are_recorded(ada):
    here, there = come(), come()
    log_in(here)
    log_in(there)
    here.post("/admin/account/sessions/")
    assert entries(ada)[-1] == ("ada", "done", "logged out everywhere else")


def test_a_wrong_password_at_a_confirmation_is_recorded(ada):
    client = come()
    log_in(client)
    client.post("/admin/account/confirm/", {"password": "another guess"})
    assert entries(ada)[-1] == ("ada", "refused", "wrong password at a confirmation")


def test_log_ins_can_be_filtered_and_exported(home: Organization, ada):
    owner = entered(member(home, "owner", "boss"))
    log_in(come())
    log_in(come(), "a guess")
    text = owner.get(LIST.format("auditentry") + "export/?act__exact=refused").content.decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(text))
    assert [(row[2], row[4], row[7], row[8]) for row in rows] == [("", "Log-in refused", "ada", "wrong password")]
