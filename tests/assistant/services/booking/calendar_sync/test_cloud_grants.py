"""The grant of a calendar account: its tokens, its end, and the consent that it comes from."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.utils import timezone

from assistant.models import CalendarAccount, Delivery, OAuthClient, OutsideCalendar
from assistant.secrets import SecretUnreadable
from assistant.services.booking.calendar_sync import accounts, connectors, entries, oauth
from assistant.services.booking.calendar_sync.remote import RemoteError
from tests import make
from tests.assistant.services.booking.calendar_sync.cloud_accounts import (
    at,
    book,
    both,
    busy,
    connected,
    expire,
    google,
    read,
    work,
)
from tests.assistant.services.booking.calendar_sync.clouds import CLIENT

pytestmark = pytest.mark.django_db


# --- The grant --------------------------------------------------------------------------------------------------------


@both
def test_tokens_are_sealed_and_bound_to_their_account(account):
    assert account.access_token() == "access-1" and account.refresh_token() == "refresh-1"
    stored = repr(CalendarAccount.objects.values().get())
    assert "access-1" not in stored and "refresh-1" not in stored and CLIENT[1] not in stored
    other = CalendarAccount.objects.create(organization=make.organization("Other"), provider=account.provider, name="X")
    other.sealed_refresh = account.sealed_refresh
    with pytest.raises(SecretUnreadable):
        other.refresh_token()


@both
def test_a_token_that_has_expired_is_renewed_and_a_rotated_one_is_kept(account, cloud):
    expire(account)
    assert accounts.access_token(account.pk) == "access-2"
    account.refresh_from_db()
    assert account.refresh_token() == ("refresh-2" if cloud.rotates else "refresh-1")
    expire(account)
    assert accounts.access_token(account.pk) == "access-3", "with the newest refresh token"
    cloud.seen.clear()
    assert accounts.access_token(account.pk) == "access-3" and not cloud.seen


@both
def test_a_token_that_is_refused_before_its_time_is_renewed_once(mira, account, cloud):
    """Our clock may be behind, or the token was revoked."""
    cloud.access_tokens = {"another"}
    cloud.add("a", at(10), at(11))
    assert busy(read(mira)) == [(at(10), at(11))] and mira.last_error == ""
    cloud.trouble = lambda request: httpx.Response(401) if "calendars" in str(request.url) else None
    cloud.seen.clear()
    OutsideCalendar.objects.update(full_at=None)
    assert "Connect the account again" in read(mira).last_error
    assert len(cloud.asked("POST", "token$")) == 1 and len(cloud.asked("GET", "calendars")) == 2


@both
def test_a_withdrawn_grant_is_reported_once_and_not_used_again(mira, account, cloud):
    cloud.add("a", at(10), at(11))
    read(mira)
    book(mira.calendar, at(14))
    Delivery.objects.all().delete()
    cloud.refresh_tokens.clear()
    expire(account)
    work()
    cloud.seen.clear()
    for _ in range(3):
        OutsideCalendar.objects.update(full_at=None)
        read(mira)
        entries.retry(mira)
        work()
    account.refresh_from_db()
    assert account.state == "withdrawn" and not account.sealed_refresh and not cloud.seen
    assert "no longer grants access" in mira.last_error and busy(mira) == [(at(10), at(11))]
    (email,) = Delivery.objects.filter(subject__contains="has to be connected again")
    assert email.to == "team@example.com" and "Calendar accounts" in email.text


@both
def test_an_account_that_is_connected_again_goes_on_where_it_stopped(mira, account, cloud):
    cloud.refresh_tokens.clear()
    expire(account)
    booked = book(mira.calendar, at(14))
    work()
    connected(account, cloud)
    assert account.state == "connected" and account.problem == ""
    entries.retry(mira)
    work()
    assert list(cloud.kept()) == [booked.ics_uid] and read(mira).last_error == ""


@both
def test_a_refresh_that_fails_for_now_withdraws_nothing(account, cloud):
    expire(account)
    cloud.trouble = lambda request: httpx.Response(503)
    with pytest.raises(RemoteError, match="503"):
        accounts.access_token(account.pk)
    account.refresh_from_db()
    assert account.state == "connected" and "503" in account.problem and account.leased_until is None
    cloud.trouble = lambda request: None
    assert accounts.access_token(account.pk) == "access-2"
    account.refresh_from_db()
    assert account.problem == ""


@both
def test_of_two_workers_one_asks_for_a_new_token_and_the_other_waits_for_it(account, cloud):
    expire(account)
    first = accounts.claim(account)
    assert first and accounts.claim(account) is None
    got = []
    second = accounts.access_token(account.pk, sleep=lambda seconds: got.append(accounts.refresh(first)))
    assert got == [second] == ["access-2"] and len(cloud.asked("POST", "token$")) == 2, "the consent's, and one more"


@both
def test_a_refresh_that_comes_late_does_not_overwrite_a_new_grant(account, cloud):
    expire(account)
    late = accounts.claim(account)
    connected(account, cloud)
    kept = account.refresh_token()
    with pytest.raises(RemoteError, match="connected again"):
        accounts.refresh(late)
    account.refresh_from_db()
    assert account.state == "connected" and account.refresh_token() == kept


@both
def test_a_refresh_whose_worker_died_is_taken_over(account, cloud):
    expire(account, leased_until=timezone.now() - timedelta(seconds=1))
    assert accounts.access_token(account.pk) == "access-2"


@both
def test_disconnecting_revokes_where_that_is_possible_and_forgets_the_tokens(mira, account, cloud):
    said = accounts.disconnect(account)
    account.refresh_from_db()
    assert (account.state, account.sealed_access, account.sealed_refresh) == ("new", "", "")
    if cloud.provider == "google":
        assert not cloud.refresh_tokens and "revoked" in said
    else:
        assert "list of apps" in said
    cloud.seen.clear()
    assert "not connected" in read(mira).last_error and not cloud.seen


@google
def test_a_provider_that_cannot_be_told_keeps_nobody_from_disconnecting(account, cloud):
    cloud.trouble = lambda request: httpx.Response(500)
    assert "has not revoked the access" in accounts.disconnect(account)
    account.refresh_from_db()
    assert account.sealed_refresh == ""


@google
def test_a_grant_of_less_than_is_needed_is_refused_with_what_to_do(cloud):
    cloud.scope = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
    new = CalendarAccount.objects.create(organization=make.organization(), provider="google", name="Mira")
    with pytest.raises(RemoteError, match="leave all the boxes checked"):
        connected(new, cloud)
    new.refresh_from_db()
    assert new.state == "new" and not new.sealed_access


@both
def test_an_organizations_own_client_comes_before_the_installations(account, cloud, settings):
    assert oauth.client_for(account.organization, account.provider).id == CLIENT[0]
    own = OAuthClient(organization=account.organization, provider=account.provider, client_id="own")
    own.set_secret("s3cret")
    own.save()
    assert "s3cret" not in repr(OAuthClient.objects.values().get())
    client = oauth.client_for(account.organization, account.provider)
    assert (client.id, client.secret) == ("own", "s3cret") and "s3cret" not in repr(client)
    assert oauth.client_for(make.organization("Other"), account.provider).id == CLIENT[0]
    expire(account)
    with pytest.raises(oauth.GrantWithdrawn, match="another OAuth client"):
        accounts.access_token(account.pk)
    settings.CALENDAR_CLIENTS = {account.provider: ("", "", "common")}
    with pytest.raises(oauth.ClientMissing, match="_CALENDAR_CLIENT_ID"):
        oauth.client_for(make.organization("Third"), account.provider)


@both
def test_a_client_that_the_provider_refuses_is_reported_and_withdraws_nothing(account, cloud, settings):
    settings.CALENDAR_CLIENTS = {account.provider: (CLIENT[0], "expired", "common")}
    expire(account)
    with pytest.raises(RemoteError, match="refused the OAuth client"):
        accounts.access_token(account.pk)
    account.refresh_from_db()
    assert account.state == "connected"


@both
def test_the_calendars_of_an_account_are_listed_with_what_may_be_done(account, cloud):
    connectors.list_calendars(account)
    account.refresh_from_db()
    assert account.address == "mira@example.com"
    assert [(one["id"], one["writable"]) for one in account.calendars] == [(cloud.remote_id, True), ("holidays", False)]


# --- The state of a consent -------------------------------------------------------------------------------------------


def begun(account, cloud, session, user_id: int = 1) -> str:
    return cloud.consent(accounts.begin(account, user_id=user_id, session=session))["state"]


@both
def test_a_state_is_good_once_for_its_user_in_its_session(account, cloud):
    session = SessionStore()
    state = begun(account, cloud, session)
    for user_id, where in ((2, session), (1, SessionStore())):
        with pytest.raises(accounts.ConsentInvalid, match="another session"):
            accounts.use_state(state, user_id=user_id, session=where)
    assert accounts.use_state(state, user_id=1, session=session).account == account
    with pytest.raises(accounts.ConsentInvalid):
        accounts.use_state(state, user_id=1, session=session)


@both
def test_of_two_requests_with_one_state_the_second_is_refused(account, cloud):
    first, second = SessionStore(), SessionStore()
    state = begun(account, cloud, first)
    second.update(dict(first.items()))  # as it was loaded by another process at the same moment
    accounts.use_state(state, user_id=1, session=first)
    with pytest.raises(accounts.ConsentInvalid, match="has been used already"):
        accounts.use_state(state, user_id=1, session=second)


@both
def test_a_state_of_others_making_or_of_long_ago_is_refused(account, cloud, monkeypatch):
    session = SessionStore()
    state = begun(account, cloud, session)
    for forged in ("", "x", state[:-2], state.replace(state[:4], "AAAA", 1)):
        with pytest.raises(accounts.ConsentInvalid, match="link is invalid"):
            accounts.use_state(forged, user_id=1, session=session)
    later = time.time() + accounts.CONSENT_SECONDS + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    with pytest.raises(accounts.ConsentInvalid, match="longer than ten minutes"):
        accounts.use_state(state, user_id=1, session=session)


@both
def test_the_verifier_is_in_no_address_and_differs_each_time(account, cloud):
    session = SessionStore()
    one, two = (accounts.use_state(begun(account, cloud, session), user_id=1, session=session) for _ in range(2))
    assert one.verifier != two.verifier and len(one.verifier) >= 43
    assert one.verifier not in accounts.begin(account, user_id=1, session=session)
