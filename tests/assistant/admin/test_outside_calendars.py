"""Outside calendars and feeds as staff set them up: secrets go in and never come out, and a failure is said."""

from __future__ import annotations

import pytest

from assistant.models import CalendarFeed, OutsideCalendar
from assistant.services.booking.calendar_sync import feeds
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.booking.calendar_sync.outside_calendars import ADDRESS, read, source

pytestmark = pytest.mark.django_db
ADD = "/admin/assistant/outsidecalendar/add/"


def typed(calendar, **fields):
    given = {"organization": calendar.organization_id, "calendar": calendar.pk, "name": "Mira's own", "kind": "ics"}
    return {
        **given,
        "enabled": "on",
        "reads_busy": "on",
        "address": ADDRESS,
        "username": "mira",
        "password": "s3cret",
        **fields,
    }


def page(client, row):
    return client.get(f"/admin/assistant/{row._meta.model_name}/{row.pk}/change/").content.decode()


def test_staff_add_a_calendar_and_its_secrets_are_on_no_page(boss):
    calendar = make.calendar()
    boss.post(ADD, typed(calendar, address=ADDRESS.replace("https", "webcal")))
    saved = OutsideCalendar.objects.get()
    assert saved.address() == ADDRESS and saved.password() == "s3cret"
    shown = page(boss, saved) + boss.get("/admin/assistant/outsidecalendar/").content.decode()
    assert "private-4f1a" not in shown and "s3cret" not in shown and "calendar.example.com" in shown


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"address": ""}, "Enter the address, such as"),
        ({"address": "http://127.0.0.1/a.ics"}, "address"),
        ({"address": "http://calendar.example.com/a.ics"}, "begins with https://"),
        ({"writes_bookings": "on"}, "is for reading only"),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_entered_with_the_reason(boss, fields, why):
    answer = boss.post(ADD, typed(make.calendar(), **fields)).content.decode()
    assert why in answer and not OutsideCalendar.objects.exists() and "s3cret" not in answer


def test_another_server_needs_the_password_again(boss):
    mine = source(make.calendar(), password="s3cret", username="mira")
    change = typed(mine.calendar, address="https://elsewhere.example.com/a.ics", password="")
    answer = boss.post(f"/admin/assistant/outsidecalendar/{mine.pk}/change/", change).content.decode()
    mine.refresh_from_db()
    assert "belongs to another server" in answer and mine.address() == ADDRESS and mine.password() == "s3cret"


def test_a_calendar_that_cannot_be_read_is_on_the_first_page_and_on_its_own(boss):
    mine = source(make.calendar())
    read(mine, 503)
    for shown in (boss.get("/admin/").content.decode(), page(boss, mine)):
        assert "The server answered with 503." in shown


def test_the_address_of_a_feed_is_shown_to_editors_and_renewed_by_them(boss):
    feed = CalendarFeed.objects.create(organization=make.organization())
    former = feeds.address_of(feed)
    assert former in page(boss, feed)
    assert former not in page(entered(member(feed.organization, "viewer")), feed)
    boss.post("/admin/assistant/calendarfeed/", {"action": "renew", "_selected_action": [feed.pk]})
    assert former not in page(boss, feed)
