"""Accounts of staff: a second factor, forgotten passwords, sessions and notices."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from assistant.models import Delivery, Organization, PushSubscription
from assistant.services.deliveries import staff_links
from assistant.services.notifications import push
from assistant.services.organizations import members, rate_limits
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
PASSWORD, ANOTHER = "several words in a row", "quite different words now"
LOGIN, FACTORS, APP = "/admin/login/", "/admin/account/two-factor/", "/admin/account/two-factor/app/"


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


def log_in(client: Client, password: str = PASSWORD, name: str = "ada", **query: str) -> str:
    """Where it leads."""
    answer = client.post(LOGIN, {"username": name, "password": password}, query_params=query)
    return answer.headers.get("Location", "refused")


def code(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def add_app(client: Client) -> str:
    """Its secret."""
    secret = client.get(APP).context["form"].secret
    assert client.post(APP, {"code": code(secret)}).headers["Location"].endswith("/recovery-codes/")
    return secret


# --- Logging in -------------------------------------------------------------------------------------------------------


def test_without_a_second_factor_the_password_is_enough(ada):
    client = Client()
    assert log_in(client) == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert log_in(Client(), next="/admin/assistant/conversation/") == "/admin/assistant/conversation/"


def test_nobody_is_sent_to_another_site_after_logging_in(ada):
    assert log_in(Client(), next="https://evil.example/") == "/admin/"


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@Example.com"])
def test_an_address_names_the_user_who_alone_has_it(ada, name):
    assert log_in(Client(), name=name) == "/admin/"
    User.objects.create_user("another", "ada@example.com", PASSWORD, is_staff=True)
    assert log_in(Client(), name=name) == "refused"


def test_with_an_app_the_password_opens_nothing_until_its_code_is_given(ada):
    client = Client()
    log_in(client)
    secret = add_app(client)
    other = Client()
    assert log_in(other, next="/admin/assistant/conversation/") == f"{FACTORS}log-in/"
    assert other.get("/admin/").status_code == 302
    assert "Enter the code" in other.get(f"{FACTORS}log-in/").content.decode()
    assert other.post(f"{FACTORS}log-in/", {"code": "000000"}).status_code == 200
    assert other.get("/admin/").status_code == 302
    done = other.post(f"{FACTORS}log-in/", {"code": code(secret, 1)})
    assert done.headers["Location"] == "/admin/assistant/conversation/"
    assert other.get("/admin/").status_code == 200


def test_guessing_codes_is_limited(ada):
    client = Client()
    log_in(client)
    secret = add_app(client)
    other = Client()
    log_in(other)
    for number in range(6):
        other.post(f"{FACTORS}log-in/", {"code": f"00000{number}"})
    assert other.post(f"{FACTORS}log-in/", {"code": code(secret, 1)}).status_code == 200
    assert other.get("/admin/").status_code == 302


def test_a_recovery_code_lets_in_once(ada):
    client = Client()
    log_in(client)
    add_app(client)
    [one, *_] = client.get(f"{FACTORS}recovery-codes/").context["unused_codes"]
    for attempt, location in ((1, "/admin/"), (2, None)):
        other = Client()
        log_in(other)
        answer = other.post(f"{FACTORS}log-in/", {"code": one})
        assert answer.headers.get("Location") == location, attempt


def test_secrets_of_second_factors_are_sealed(ada):
    client = Client()
    log_in(client)
    secret = add_app(client)
    rows = {row.type: row.data for row in Authenticator.objects.all()}
    assert set(rows) == {"totp", "recovery_codes"} and secret not in str(rows)
    assert rows["totp"]["secret"].startswith("v1.") and rows["recovery_codes"]["seed"].startswith("v1.")


def test_the_owner_of_an_account_is_told_of_a_new_factor(ada, django_capture_on_commit_callbacks):
    client = Client()
    log_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        add_app(client)
    assert "Two-factor authentication is on" in set(Delivery.objects.values_list("subject", flat=True))
    assert set(Delivery.objects.values_list("to", "organization")) == {("ada@example.com", None)}


def test_a_session_that_is_older_has_to_confirm_the_password_first(ada):
    client = entered(ada)
    assert client.get(APP).headers["Location"].startswith("/admin/account/confirm/")
    where = f"/admin/account/confirm/?next={APP}"
    assert "Incorrect password" in client.post(where, {"password": "wrong"}).content.decode()
    assert client.post(where, {"password": PASSWORD}).headers["Location"] == APP
    assert client.get(APP).status_code == 200


# --- Required by the organization -------------------------------------------------------------------------------------


def test_a_member_without_a_required_factor_can_do_nothing_but_set_it_up(home, ada):
    Organization.objects.update(require_two_factor=True)
    client = Client()
    log_in(client)
    for page in ("/admin/", "/admin/assistant/conversation/", "/admin/password_change/", "/admin/account/sessions/"):
        assert client.get(page).headers.get("Location") == FACTORS, page
        assert client.post(page).status_code == 403, page
    assert client.get("/admin/", headers={"accept": "application/json"}).status_code == 403
    assert "requires two-factor" in client.get(FACTORS).content.decode()
    add_app(client)
    assert client.get("/admin/assistant/conversation/").status_code == 200


def test_a_required_factor_cannot_be_removed(home, ada):
    Organization.objects.update(require_two_factor=True)
    client = Client()
    log_in(client)
    add_app(client)
    assert "requires a second factor" in client.get(f"{APP}remove/").content.decode()
    client.post(f"{APP}remove/")
    assert Authenticator.objects.filter(type="totp").exists()
    Organization.objects.update(require_two_factor=False)
    client.post(f"{APP}remove/")
    assert not Authenticator.objects.exists()


def test_an_operator_resets_the_factors_of_one_user_by_name(home, ada, capsys):
    bob = member(home, "agent", "bob")
    for user, kind in ((ada, "totp"), (ada, "recovery_codes"), (bob, "totp")):
        Authenticator.objects.create(user=user, type=kind, data={})
    call_command("reset_two_factor", "ada")
    assert [row.user for row in Authenticator.objects.all()] == [bob]
    assert "deleted: 2" in capsys.readouterr().out
    call_command("reset_two_factor", "ada")
    assert "changepassword ada" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no user 'eve'"):
        call_command("reset_two_factor", "eve")


def test_recovery_codes_alone_are_no_second_factor(home, ada):
    Organization.objects.update(require_two_factor=True)
    Authenticator.objects.create(user=ada, type="recovery_codes", data={})
    assert members.lacks_two_factor(ada)


def test_another_organizations_rule_does_not_bind(home, ada):
    make.organization("Elsewhere", require_two_factor=True)
    assert not members.lacks_two_factor(ada)


# --- Forgotten passwords ----------------------------------------------------------------------------------------------


def ask(address: str, client: Client | None = None) -> str:
    return (client or Client()).post("/admin/password/", {"email": address}).content.decode()


def mailed_link() -> str:
    row = Delivery.objects.get(subject="Choose a new password")
    text, html = staff_links.completed(row, row.text, row.html)
    [address] = re.findall(r"http://localhost:\d+(/admin/password/\S+/\S+/)", text)
    assert address in html and address.split("/")[-2] not in str(list(Delivery.objects.values()))
    return address


def test_a_new_password_is_chosen_by_a_link_that_works_once_and_ends_all_sessions(ada):
    before = Client()
    log_in(before)
    assert "on its way" in ask("Ada@example.com")
    address, client = mailed_link(), Client()
    page = client.get(address, follow=True)
    assert "Choose a new password" in page.content.decode()
    where = page.redirect_chain[-1][0]
    assert client.post(where, {"new_password1": "short", "new_password2": "short"}).status_code == 200
    assert client.post(where, {"new_password1": ANOTHER, "new_password2": ANOTHER}).headers["Location"] == LOGIN
    assert before.get("/admin/").status_code == 302
    assert "cannot be used" in Client().get(address, follow=True).content.decode()
    assert log_in(Client()) == "refused" and log_in(Client(), ANOTHER) == "/admin/"
    assert Delivery.objects.filter(subject="Your password was changed", to="ada@example.com").exists()


def test_a_link_for_a_new_password_is_no_way_around_the_second_factor(ada):
    client = Client()
    log_in(client)
    add_app(client)
    ask("ada@example.com")
    client = Client()
    where = client.get(mailed_link(), follow=True).redirect_chain[-1][0]
    client.post(where, {"new_password1": ANOTHER, "new_password2": ANOTHER})
    assert client.get("/admin/").status_code == 302
    assert log_in(client, ANOTHER) == f"{FACTORS}log-in/"


def test_a_request_for_a_new_password_reveals_nothing_about_who_has_an_account(ada):
    assert ask("ada@example.com") == ask("nobody@example.com").replace("nobody", "ada")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    ask("ada@example.com")
    assert Delivery.objects.count() == 1


def test_links_are_mailed_to_one_address_a_few_times_an_hour(ada):
    said = [ask("ada@example.com") for _ in range(4)]
    assert "Too many links" in said[3] and Delivery.objects.count() == 3


# --- What ends with an old password -----------------------------------------------------------------------------------


def with_push(user: User, name: str) -> Client:
    """A browser in which they are logged in and have turned on notifications."""
    client = entered(user)
    session, row = client.session, PushSubscription(user=user, key=push.current_key(), digest=name)
    row.seal(f"https://push.example.com/{name}", "{}")
    row.save()
    push.keep_in_session(session, row)
    session.save()
    return client


def by_link(user: User, here: Client) -> None:
    ask(user.email)
    client = Client()
    where = client.get(mailed_link(), follow=True).redirect_chain[-1][0]
    client.post(where, {"new_password1": ANOTHER, "new_password2": ANOTHER})


def by_themselves(user: User, here: Client) -> None:
    fields = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert here.post("/admin/password_change/", fields).status_code == 302


def by_a_superuser(user: User, here: Client) -> None:
    root = entered(User.objects.create_superuser("root", "root@example.com", "x"))
    fields = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true"}
    assert root.post(f"/admin/auth/user/{user.pk}/password/", fields).status_code == 302
    assert root.get("/admin/").status_code == 200


def on_the_command_line(user: User, here: Client) -> None:
    user.set_password(ANOTHER)
    user.save()


@pytest.mark.parametrize("choose", [by_link, by_themselves, by_a_superuser, on_the_command_line])
def test_a_new_password_ends_the_other_sessions_and_what_was_turned_on_in_them(ada, home, choose):
    bob = with_push(member(home, "agent", "bob"), "bob")
    here, there = with_push(ada, "here"), with_push(ada, "there")
    choose(ada, here)
    # Before another request is made with an old session: that would end it, but nobody has to make one.
    assert list(PushSubscription.objects.values_list("digest", flat=True)) == ["bob"]
    assert there.cookies["sessionid"].value not in set(Session.objects.values_list("pk", flat=True))
    assert log_in(Client(), ANOTHER) == "/admin/"
    assert there.get("/admin/").status_code == 302 and bob.get("/admin/").status_code == 200
    assert here.get("/admin/").status_code == (200 if choose is by_themselves else 302)


# --- Lockout and sessions ---------------------------------------------------------------------------------------------


def test_a_user_is_told_once_a_day_that_somebody_guesses(ada):
    for _ in range(8):
        log_in(Client(), "a guess")
    [row] = Delivery.objects.all()
    assert (row.to, row.subject, row.organization) == ("ada@example.com", "Too many attempts to log in", None)
    for _ in range(8):
        log_in(Client(), "a guess", name="nobody")
    assert Delivery.objects.count() == 1


def test_sessions_are_listed_and_ended_everywhere_else(ada, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    here = Client(headers={"user-agent": "Firefox", "x-forwarded-for": "192.0.2.7"})
    there = Client(headers={"user-agent": "Safari", "x-forwarded-for": "6.6.6.6, 198.51.100.9"})
    for client in (here, there):
        log_in(client)
    body = here.get("/admin/account/sessions/").content.decode()
    assert all(seen in body for seen in ("Firefox", "192.0.2.7", "Safari", "198.51.100.9", "This session"))
    assert "6.6.6.6" not in body
    here.post("/admin/account/sessions/")
    assert here.get("/admin/").status_code == 200 and there.get("/admin/").status_code == 302


def test_a_session_is_seen_again_after_minutes_and_not_with_every_page(ada):
    client = Client()
    log_in(client)
    seen = UserSession.objects.get().last_seen_at
    client.get("/admin/")
    assert UserSession.objects.get().last_seen_at == seen


def test_nobody_sees_the_sessions_or_factors_of_others(home, ada):
    client = Client(headers={"user-agent": "Secret browser"})
    log_in(client)
    key = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Adas key", "credential": {}})
    other = member(home, "owner", "eve")
    other.set_password(PASSWORD)
    other.save()
    eve = Client()
    log_in(eve, name="eve")
    assert "Secret browser" not in eve.get("/admin/account/sessions/").content.decode()
    for page in ("remove/", ""):
        assert eve.get(f"{FACTORS}passkeys/{key.pk}/{page}").status_code == 404
        assert eve.post(f"{FACTORS}passkeys/{key.pk}/{page}", {"name": "x"}).status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()
