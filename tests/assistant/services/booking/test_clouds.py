"""Google and Microsoft calendars: busy times are read, bookings entered once, and a grant is kept, renewed and withdrawn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import SessionStore
from django.utils import timezone

from assistant.models import BusyTime, CalendarAccount, Delivery, OAuthClient, OutsideCalendar, OutsideEntry
from assistant.secrets import SecretUnreadable
from assistant.services.booking import accounts, appointments, attempts, busy_times, connectors, entries, oauth
from assistant.services.booking.remote import RemoteError, wait_asked_for
from assistant.tasks import read_outside_calendar, write_outside_entry
from tests import make
from tests.assistant.services.booking.clouds import CLIENT, Cloud, Google, Microsoft, behind
from tests.assistant.services.booking.outside import make_due

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
both = pytest.mark.parametrize("cloud", [Google, Microsoft], indirect=True)
google = pytest.mark.parametrize("cloud", [Google], indirect=True)
microsoft = pytest.mark.parametrize("cloud", [Microsoft], indirect=True)


@pytest.fixture
def cloud(request, settings) -> Iterator[Cloud]:
    made = request.param()
    settings.CALENDAR_CLIENTS = {made.provider: (*CLIENT, "common")}
    with behind(made):
        yield made


@pytest.fixture
def account(cloud) -> CalendarAccount:
    made = CalendarAccount.objects.create(
        organization=make.organization(team_email="team@example.com"), provider=cloud.provider, name="Mira"
    )
    return connected(made, cloud)


@pytest.fixture
def mira(account, cloud) -> OutsideCalendar:
    """Mira's own calendar, for one of ours."""
    return OutsideCalendar.objects.create(
        organization=account.organization, calendar=make.calendar(account.organization, minutes=60), name="Mira's own",
        kind=account.provider, account=account, remote_id=cloud.remote_id, writes_bookings=True,
    )  # fmt: skip


def connected(account: CalendarAccount, cloud: Cloud) -> CalendarAccount:
    cloud.code = "code-1"
    user, session = User.objects.get_or_create(username="staff")[0], SessionStore()
    back = cloud.consent(accounts.begin(account, user_id=user.pk, session=session))
    consent = accounts.use_state(back["state"], user_id=user.pk, session=session)
    accounts.connect(consent, back["code"], user_id=user.pk)
    account.refresh_from_db()
    return account


def at(hour: int, days: int = 2) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def book(calendar, start):
    return appointments.confirm(appointments.hold(make.pick(calendar, start)), name="Ada", email="ada@example.com")


def read(mine: OutsideCalendar) -> OutsideCalendar:
    make_due(mine)
    read_outside_calendar(str(mine.pk))
    mine.refresh_from_db()
    return mine


def work() -> None:
    for pk in OutsideEntry.objects.due(timezone.now()).values_list("pk", flat=True):
        write_outside_entry(str(pk))


def busy(mine: OutsideCalendar) -> list[tuple[datetime, datetime]]:
    return list(mine.busy_times.values_list("start_at", "end_at"))


def expire(account: CalendarAccount, **fields) -> None:
    CalendarAccount.objects.filter(pk=account.pk).update(expires_at=timezone.now() - HOUR, **fields)


# --- Busy times ---------------------------------------------------------------------------------------------------------


@both
def test_busy_times_block_and_what_is_free_or_declined_or_cancelled_does_not(mira, cloud):
    cloud.add("a", at(10), at(11))
    cloud.add("b", at(11), at(12))
    free = {"transparency": "transparent"} if cloud.provider == "google" else {"showAs": "free"}
    cloud.add("c", at(14), at(15), **free)
    no = {"attendees": [{"self": True, "responseStatus": "declined"}]}
    no = no if cloud.provider == "google" else {"responseStatus": {"response": "declined"}}
    cloud.add("d", at(15), at(16), **no)
    gone = {"status": "cancelled"} if cloud.provider == "google" else {"isCancelled": True}
    cloud.add("e", at(16), at(17), **gone)
    assert busy(read(mira)) == [(at(10), at(12))] and mira.last_error == ""
    with pytest.raises(attempts.SlotTaken):
        appointments.hold(make.pick(mira.calendar, at(11)))
    assert "Dentist" not in repr(list(BusyTime.objects.values()))


@both
def test_a_whole_day_is_one_of_the_calendars_own_zone(mira, cloud):
    mira.calendar.timezone = "Asia/Kathmandu"
    mira.calendar.save()
    day: date = at(0, 5).date()
    if cloud.provider == "google":
        cloud.add("a", start={"date": f"{day}"}, end={"date": f"{day + timedelta(days=1)}"})
    else:
        midnight = datetime.combine(day, clock(), UTC)
        cloud.add("a", midnight, midnight + timedelta(days=1), isAllDay=True)
    start = datetime.combine(day, clock(), ZoneInfo("Asia/Kathmandu"))
    assert busy(read(mira)) == [(start, start + timedelta(days=1))]


@both
def test_an_event_that_cannot_be_read_hides_no_other_and_is_counted(mira, cloud):
    cloud.add("a", at(10), at(11), start={"dateTime": "yesterday"})
    cloud.add("b", at(12), at(13))
    assert busy(read(mira)) == [(at(12), at(13))] and "1 event(s) could not be read" in busy_times.state_of(mira)


@both
def test_a_booking_of_ours_that_comes_back_does_not_block_its_own_time(mira, cloud):
    booked = book(mira.calendar, at(10))
    work()
    assert list(cloud.kept()) == [booked.ics_uid]
    assert busy(read(mira)) == []
    assert appointments.reschedule(booked, make.pick(mira.calendar, at(11))).start_at == at(11)


@google
def test_a_calendar_that_has_not_changed_costs_one_short_request(mira, cloud):
    for number in range(5):
        cloud.add(f"e{number}", at(10 + number), at(11 + number))
    read(mira)
    assert mira.sync_token and len(cloud.asked("GET", "/events")) == 3, "pages of two"
    cloud.seen.clear()
    read(mira)
    assert ["syncToken" in str(one.url) for one in cloud.asked("GET", "/events")] == [True]
    assert busy(mira) == [(at(10), at(15))] and mira.last_error == ""


@google
def test_an_event_that_is_new_moved_or_deleted_is_noticed_by_its_sync_token(mira, cloud):
    cloud.add("a", at(10), at(11))
    read(mira)
    cloud.add("b", at(12), at(13))
    assert busy(read(mira)) == [(at(10), at(11)), (at(12), at(13))]
    cloud.add("a", at(14), at(15))
    assert busy(read(mira)) == [(at(12), at(13)), (at(14), at(15))]
    cloud.put("b", {**cloud.events["b"], "status": "cancelled"}, 200)
    assert busy(read(mira)) == [(at(14), at(15))]


@google
def test_a_sync_token_that_is_gone_leads_to_a_whole_reading(mira, cloud):
    cloud.add("a", at(10), at(11))
    read(mira)
    cloud.oldest_token = 100
    cloud.changed["a"] = 0
    cloud.events["a"] = {**cloud.events["a"], "status": "cancelled"}
    assert busy(read(mira)) == [] and mira.last_error == ""


@google
def test_it_is_read_whole_once_a_day_since_time_goes_on(mira, cloud):
    read(mira)
    OutsideCalendar.objects.filter(pk=mira.pk).update(full_at=timezone.now() - 2 * busy_times.WHOLE_EVERY)
    cloud.seen.clear()
    read(mira)
    assert [("syncToken" in str(one.url), "timeMax" in str(one.url)) for one in cloud.seen] == [(False, True)]


@microsoft
def test_a_list_that_goes_on_at_another_server_is_not_followed(mira, cloud):
    page = {"value": [], "@odata.nextLink": "https://graph.microsoft.com.evil.example/v1.0/me"}
    cloud.trouble = lambda request: httpx.Response(200, json=page) if "calendarView" in str(request.url) else None
    read(mira)
    assert "not followed" in mira.last_error and not cloud.asked(path="evil")


# --- Bookings -----------------------------------------------------------------------------------------------------------


@both
def test_a_booking_is_entered_moved_and_removed(mira, cloud):
    booked = book(mira.calendar, at(10))
    work()
    assert cloud.kept() == {booked.ics_uid: (at(10), at(11))}
    booked = appointments.reschedule(booked, make.pick(mira.calendar, at(14)))
    work()
    assert cloud.kept() == {booked.ics_uid: (at(14), at(15))}
    appointments.cancel(booked)
    work()
    assert cloud.kept() == {} and not OutsideEntry.objects.pending().exists()


@both
def test_a_write_whose_answer_was_lost_is_repeated_without_a_double(mira, cloud):
    booked = book(mira.calendar, at(10))
    answer = cloud.answer

    def lost(request):
        done = answer(request)
        return httpx.Response(502) if request.method == "POST" else done

    cloud.answer = lost
    cloud.late = True  # and what was written is not found yet
    work()
    assert "502" in OutsideEntry.objects.get().last_error
    cloud.answer = answer
    assert entries.retry(mira) == 1
    work()
    assert list(cloud.kept()) == [booked.ics_uid] and len(cloud.events) == 1
    assert not OutsideEntry.objects.pending().exists()


@both
def test_what_staff_have_deleted_there_is_entered_again_by_the_next_change(mira, cloud):
    booked = book(mira.calendar, at(10))
    work()
    if cloud.provider == "google":
        (entry,) = cloud.events
        cloud.events[entry]["status"] = "cancelled"
    else:
        cloud.events.clear()
    appointments.reschedule(booked, make.pick(mira.calendar, at(14)))
    work()
    assert cloud.kept() == {booked.ics_uid: (at(14), at(15))}


@microsoft
def test_doubles_that_are_there_all_the_same_are_removed(mira, cloud):
    booked = book(mira.calendar, at(10))
    work()
    (entry,) = cloud.events.values()
    cloud.events["double"] = dict(entry)
    appointments.reschedule(booked, make.pick(mira.calendar, at(14)))
    work()
    assert len(cloud.events) == 1 and cloud.kept() == {booked.ics_uid: (at(14), at(15))}


# --- Limits and failures ------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(429, headers={"Retry-After": "5400"}), "limits how often it is asked (429)"),
        (httpx.Response(503, headers={"Retry-After": "5400"}), "answered with 503"),
    ],
    ids=["429", "503"],
)
def test_a_provider_that_asks_us_to_wait_is_left_alone_for_that_long(answer, said, mira, cloud):
    cloud.add("a", at(10), at(11))
    read(mira)
    book(mira.calendar, at(14))
    cloud.trouble = lambda request: answer
    work()
    OutsideCalendar.objects.update(full_at=None)
    read(mira)
    assert said in mira.last_error and busy(mira) == [(at(10), at(11))]
    entry = OutsideEntry.objects.get()
    assert said in entry.last_error
    for again in (mira.next_read_at, entry.next_attempt_at):
        assert timedelta(minutes=85) < again - timezone.now() <= timedelta(minutes=90)


@google
def test_googles_other_way_to_say_that_it_was_asked_too_often_is_understood(mira, cloud):
    body = {"error": {"code": 403, "errors": [{"domain": "usageLimits", "reason": "rateLimitExceeded"}]}}
    cloud.trouble = lambda request: httpx.Response(403, json=body) if "events" in str(request.url) else None
    assert "limits how often" in read(mira).last_error


@both
@pytest.mark.parametrize(
    ("status", "said"), [(403, "Check who may use the calendar"), (404, "no longer has that calendar"), (500, "500")]
)
def test_another_refusal_keeps_what_was_known_and_says_why(status, said, mira, cloud):
    cloud.add("a", at(10), at(11))
    read(mira)
    OutsideCalendar.objects.update(full_at=None)
    cloud.trouble = lambda request: httpx.Response(status, text="<html>") if "calendars" in str(request.url) else None
    assert said in read(mira).last_error and busy(mira) == [(at(10), at(11))]


def test_a_time_to_wait_is_read_in_both_of_its_forms_and_bounded():
    now = datetime(2030, 1, 7, 9, tzinfo=UTC)
    said = {"30": 30, "Mon, 07 Jan 2030 09:02:00 GMT": 120, "Mon, 07 Jan 2030 08:00:00 GMT": 0, "99999999999": 6 * 3600}
    assert {text: wait_asked_for({"retry-after": text}, now).total_seconds() for text in said} == said
    assert wait_asked_for({"retry-after": "soon"}, now) is wait_asked_for({}, now) is None


# --- The grant ----------------------------------------------------------------------------------------------------------


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
    assert "no longer accepts the access" in mira.last_error and busy(mira) == [(at(10), at(11))]
    (letter,) = Delivery.objects.filter(subject__contains="has to be connected again")
    assert letter.to == "team@example.com" and "Calendar accounts" in letter.text


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
        assert not cloud.refresh_tokens and "forgotten" in said
    else:
        assert "list of apps" in said
    cloud.seen.clear()
    assert "not connected" in read(mira).last_error and not cloud.seen


@google
def test_a_provider_that_cannot_be_told_keeps_nobody_from_disconnecting(account, cloud):
    cloud.trouble = lambda request: httpx.Response(500)
    assert "could not be told" in accounts.disconnect(account)
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


# --- The state of a consent ---------------------------------------------------------------------------------------------


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
    with pytest.raises(accounts.ConsentInvalid, match="used already"):
        accounts.use_state(state, user_id=1, session=second)


@both
def test_a_state_of_others_making_or_of_long_ago_is_refused(account, cloud, monkeypatch):
    session = SessionStore()
    state = begun(account, cloud, session)
    for forged in ("", "x", state[:-2], state.replace(state[:4], "AAAA", 1)):
        with pytest.raises(accounts.ConsentInvalid, match="not made here"):
            accounts.use_state(forged, user_id=1, session=session)
    later = time.time() + accounts.CONSENT_SECONDS + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    with pytest.raises(accounts.ConsentInvalid, match="Too much time"):
        accounts.use_state(state, user_id=1, session=session)


@both
def test_the_verifier_is_in_no_address_and_differs_each_time(account, cloud):
    session = SessionStore()
    one, two = (accounts.use_state(begun(account, cloud, session), user_id=1, session=session) for _ in range(2))
    assert one.verifier != two.verifier and len(one.verifier) >= 43
    assert one.verifier not in accounts.begin(account, user_id=1, session=session)
