"""Google and Microsoft calendars: busy times are read, bookings entered once, and a grant is kept, renewed and withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.utils import timezone

from assistant.models import BusyTime, OutsideCalendar, OutsideEntry
from assistant.services.booking.appointments import appointments, attempts, holds
from assistant.services.booking.calendar_sync import busy_times, entries
from assistant.services.booking.calendar_sync.remote import wait_asked_for
from tests import make
from tests.assistant.services.booking.calendar_sync.cloud_accounts import at, book, both, busy, google, microsoft, read, work

pytestmark = pytest.mark.django_db


# --- Busy times -------------------------------------------------------------------------------------------------------


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
        holds.hold(make.pick(mira.calendar, at(11)))
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


# --- Bookings ---------------------------------------------------------------------------------------------------------


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


# --- Limits and failures ----------------------------------------------------------------------------------------------


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


@both
@pytest.mark.parametrize("text", ["<html>", "[" * 100_000, '{"items": NaN'])
def test_an_answer_that_cannot_be_read_keeps_what_was_known_and_says_so(text, mira, cloud):
    cloud.add("a", at(10), at(11))
    read(mira)
    OutsideCalendar.objects.update(full_at=None)
    cloud.trouble = lambda request: httpx.Response(200, text=text) if "calendars" in str(request.url) else None
    assert "not valid JSON" in read(mira).last_error and busy(mira) == [(at(10), at(11))]


def test_a_time_to_wait_is_read_in_both_of_its_forms_and_bounded():
    now = datetime(2030, 1, 7, 9, tzinfo=UTC)
    said = {"30": 30, "Mon, 07 Jan 2030 09:02:00 GMT": 120, "Mon, 07 Jan 2030 08:00:00 GMT": 0, "99999999999": 6 * 3600}
    assert {text: wait_asked_for({"retry-after": text}, now).total_seconds() for text in said} == said
    assert wait_asked_for({"retry-after": "soon"}, now) is wait_asked_for({}, now) is None
