"""The mailbox: what is sent is kept once, can be read, and is nobody else's to read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from assistant.models import Delivery
from assistant.services.booking.appointments import appointments, holds
from interworky.demo import mailbox
from interworky.demo.seed import machine_timezone
from tests import make

NOW = datetime(2030, 1, 7, 8, tzinfo=UTC)

ICS = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Example//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:1@example.com",
        "DTSTAMP:20300101T000000Z",
        "DTSTART:20300108T140000Z",
        "DTEND:20300108T143000Z",
        "SUMMARY:Appointment with Dr. Moss",
        "LOCATION:12 Harbour Street",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)


@pytest.fixture(autouse=True)
def here(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.EMAIL_BACKEND = "interworky.demo.mailbox.MailboxBackend"
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "[::1]", "chat.example.com"]
    return tmp_path / "mail"


def send(message_id: str = "<1@interworky>", ics: str = "", html: str = "", **fields: Any) -> None:
    given = {"subject": "Your appointment", "body": "Hello Ada", "to": ["ada@example.com"], **fields}
    message = EmailMultiAlternatives(**given, headers={"Message-ID": message_id})
    if html:
        message.attach_alternative(html, "text/html")
    if ics:
        message.attach_alternative(ics, "text/calendar; method=REQUEST")
        message.attach("invitation.ics", ics.encode(), "application/ics")
    assert mailbox.MailboxBackend().send_messages([message]) == 1


def here_client() -> Client:
    """Of somebody who has opened the link that was printed."""
    client = Client(headers={"host": "localhost:8000"})
    assert client.get(f"/demo/mailbox/?key={mailbox.key()}").status_code == 302
    return client


def read(path: str) -> str:
    return here_client().get(path).content.decode()


def test_a_mail_that_is_sent_twice_is_one(here: Path):
    send()
    send()
    send("<2@interworky>")
    assert len(list(here.iterdir())) == 2
    assert {path.suffix for path in here.iterdir()} == {".eml"}


def test_a_message_id_cannot_name_a_file_elsewhere(here: Path, tmp_path: Path):
    send("<../../escaped@interworky>")
    assert [path.parent for path in tmp_path.rglob("*.eml")] == [here]


def test_the_newest_mail_comes_first():

    for number in (1, 2, 3):
        send(f"<{number}@interworky>", subject=f"Mail {number}")
        os.utime(mailbox.folder() / f"{mailbox.id_of(f'<{number}@interworky>')}.eml", (number, number))
    page = read("/demo/mailbox/")
    assert page.index("Mail 3") < page.index("Mail 2") < page.index("Mail 1")


def test_an_empty_mailbox_says_so():
    assert "Nothing yet." in read("/demo/mailbox/")


def test_a_mail_shows_its_headers_its_text_and_its_invitation_on_the_local_clock():
    send(ics=ICS, reply_to=["team@example.com"])
    page = read(f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/")
    for shown in ("ada@example.com", "team@example.com", "Hello Ada", "Appointment with Dr. Moss", "12 Harbour Street"):
        assert shown in page
    start_at = datetime(2030, 1, 8, 14, tzinfo=UTC).astimezone(ZoneInfo(machine_timezone()))
    assert f"{start_at:%A} {start_at.day} January 2030, {start_at:%H:%M}–" in page


def test_when_a_mail_was_sent_is_read_on_the_local_clock_too(settings):
    message = EmailMultiAlternatives("Hi", "Hello", "a@example.com", ["ada@example.com"])
    message.extra_headers = {"Message-ID": "<2@interworky>", "Date": "Tue, 08 Jan 2030 14:00:00 -0000"}
    mailbox.MailboxBackend().send_messages([message])
    with timezone.override("Asia/Tokyo"):
        shown = dict(mailbox.get(mailbox.id_of("<2@interworky>")).headers)
    assert shown["Date"] == "Tuesday 8 January 2030, 23:00 (JST)"


@pytest.mark.django_db
@pytest.mark.parametrize("audience", ["visitor", "team"])
def test_a_mail_about_an_appointment_is_on_the_clock_that_its_text_names(audience: str):
    salon = make.organization(timezone="Asia/Kathmandu", team_email="team@example.com")
    calendar = make.calendar(salon, timezone="Asia/Kathmandu")
    start_at = datetime(2030, 1, 8, 5, 15, tzinfo=UTC)
    held = holds.hold(make.pick(calendar, start_at), now=NOW)
    appointments.confirm(held, name="Ann", email="ann@example.com", now=NOW)
    sent = Delivery.objects.get(key__endswith=f":{audience}")
    send(sent.message_id, ics=sent.ics, body=sent.text)
    page = read(f"/demo/mailbox/{mailbox.id_of(sent.message_id)}/")
    assert page.count("Tuesday 8 January 2030, 11:00–11:30") >= 2 and "(Asia/Kathmandu)" in page
    assert "<b>Tuesday 8 January 2030, 11:00–11:30</b>" in " ".join(page.split())
    listed = mailbox.newest()[0]
    assert f"{listed.received_at.astimezone(ZoneInfo('Asia/Kathmandu')):%H:%M}" in read("/demo/mailbox/")


def test_a_cancelled_invitation_is_shown_as_cancelled():
    send(ics=ICS.replace("METHOD:REQUEST", "METHOD:CANCEL"))
    assert "Cancelled" in read(f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/")


@pytest.mark.parametrize(
    "ics", ["nonsense", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", ICS.replace("20300108T140000Z", "soon")]
)
def test_a_broken_invitation_is_left_out_and_the_mail_still_opens(ics: str):
    send(ics=ics)
    page = read(f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/")
    assert "Hello Ada" in page and 'class="invitation' not in page


def test_the_invitation_can_be_downloaded_as_it_was_sent():
    send(ics=ICS)
    response = here_client().get(f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/attachments/1")
    assert response.content.decode() == ICS
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''invitation.ics"
    assert here_client().get(f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/attachments/2").status_code == 404


def test_a_mails_own_html_runs_nothing_and_fetches_nothing():
    send(html="<p>Hello</p><script>alert(1)</script>", subject="<script>alert(2)</script>")
    path = f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/"
    page = read(path)
    assert "<script" not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    framed = here_client().get(path + "html")
    assert (
        "default-src 'none'" in framed["Content-Security-Policy"] and "script-src" not in framed["Content-Security-Policy"]
    )
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("id", ["0" * 24, "..", "x", "..%2f..%2fkeys", "A" * 24])
def test_what_is_not_a_mail_is_not_found(id: str):
    assert here_client().get(f"/demo/mailbox/{id}/").status_code == 404


@pytest.mark.parametrize(
    "caller",
    [
        {"headers": {"host": "chat.example.com"}},
        {"headers": {"host": "localhost"}, "REMOTE_ADDR": "192.0.2.7"},
        {"headers": {"host": "localhost", "x-real-ip": "192.0.2.7"}},
        {"headers": {"host": "localhost:8000"}},  # a proxy that says nothing, or the server itself
        {"headers": {"host": "localhost:8000", "cookie": "mailbox=" + "0" * 32}},
    ],
)
@pytest.mark.parametrize("path", ["", "{id}/", "{id}/html", "{id}/attachments/1", "?key=" + "0" * 32])
def test_without_the_printed_link_it_asks_for_a_log_in(caller: dict[str, Any], path: str):
    send(ics=ICS)
    response = Client(**caller).get("/demo/mailbox/" + path.format(id=mailbox.id_of("<1@interworky>")))
    assert response.status_code == 302 and response["Location"].startswith("/admin/login/")


def test_the_printed_link_opens_it_and_does_not_stay_in_the_address():
    client = Client()
    opened = client.get(f"/demo/mailbox/?key={mailbox.key()}")
    assert (opened.status_code, opened["Location"]) == (302, "/demo/mailbox/")
    assert opened.cookies["mailbox"]["httponly"] and opened.cookies["mailbox"]["path"] == "/demo/mailbox/"
    assert client.get("/demo/mailbox/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("staff", "status"), [(True, 200), (False, 302)])
def test_from_elsewhere_staff_may_read_it(staff: bool, status: int):
    user = get_user_model().objects.create_user("ada", is_staff=staff)
    client = Client(headers={"host": "chat.example.com"})
    client.force_login(user)
    assert client.get("/demo/mailbox/").status_code == status


def test_it_is_not_there_where_mails_go_out_for_real(settings: Any):
    send()
    client = here_client()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    for path in ("/demo/mailbox/", f"/demo/mailbox/{mailbox.id_of('<1@interworky>')}/"):
        assert client.get(path).status_code == 404
