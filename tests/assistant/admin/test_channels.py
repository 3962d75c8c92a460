"""Message channels as staff set them up: secrets go in and never come out, and what cannot work is refused."""

from __future__ import annotations

import pytest

from assistant.models import Delivery, MessageChannel
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
ADD = "/admin/assistant/messagechannel/add/"
ADDRESS = "https://gateway.example.com/messages?key=k3y-of-the-gateway"
BODY = '{"to": "{to}", "text": "{text}"}'


def typed(of, **fields):
    given = {"organization": of.pk, "name": "Gateway", "kind": "sms", "format": "json", "body": BODY, "per_day": 100}
    ticked = dict.fromkeys(["enabled", "sends_changes", "sends_reminders"], "on")
    return {**given, **ticked, "address": ADDRESS, "headers": "X-Key: s3cret", **fields}


def page(client, row):
    return client.get(f"/admin/assistant/messagechannel/{row.pk}/change/").content.decode()


def test_staff_set_up_a_gateway_and_its_secrets_are_on_no_page(boss):
    of = make.organization()
    boss.post(ADD, typed(of))
    saved = MessageChannel.objects.get()
    assert saved.address() == ADDRESS and saved.headers() == {"X-Key": "s3cret"}
    shown = page(boss, saved) + boss.get("/admin/assistant/messagechannel/").content.decode()
    assert "k3y-of-the-gateway" not in shown and "s3cret" not in shown and "https://gateway.example.com" in shown
    viewer = entered(member(of, "viewer"))
    assert "id_address" not in page(viewer, saved) and "Send a test" not in page(viewer, saved)
    boss.post(f"/admin/assistant/messagechannel/{saved.pk}/change/", typed(of, address="", headers="", name="Ours"))
    saved.refresh_from_db()
    assert (saved.name, saved.headers()) == ("Ours", {"X-Key": "s3cret"}), "what is left empty is kept"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"body": '{"to": "{to}"}'}, "Add {text}: "),
        ({"body": "{to} {text}"}, "This is not JSON"),
        ({"body": "[" * 990 + '"{to} {text}"' + "]" * 990}, "This is not JSON"),  # deeper than can be read
        ({"body": ""}, "Add {to} and {text}: "),
        ({"headers": "s3cret"}, "Line 1 is not a header"),
        ({"headers": "X Key: s3cret"}, "Line 1 is not a header"),
        ({"address": "http://127.0.0.1/sms"}, "address"),
        ({"address": "ftp://example.com"}, "address"),
        ({"address": "", "headers": "X-Key: a"}, "Enter the address that the header is for."),
        ({"kind": "webhook", "address": "", "headers": ""}, "Enter the address, such as"),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_entered_with_the_reason(boss, settings, fields, why):
    settings.OUTBOUND_ALLOWED_ORIGINS = []
    text = boss.post(ADD, typed(make.organization(), **fields)).content.decode().replace("&quot;", '"')
    assert why in text and not MessageChannel.objects.exists() and "s3cret" not in text


def test_another_server_needs_its_headers_again(boss):
    of = make.organization()
    boss.post(ADD, typed(of))
    row = MessageChannel.objects.get()
    moved = typed(of, address="https://elsewhere.example.com/", headers="")
    text = boss.post(f"/admin/assistant/messagechannel/{row.pk}/change/", moved).content.decode()
    assert "belongs to another server" in text
    row.refresh_from_db()
    assert row.address() == ADDRESS


def test_a_test_goes_to_the_organizations_own_number(boss):
    of = make.organization(phone="+44 20 7946 0000")
    boss.post(ADD, typed(of))
    boss.post(ADD, typed(of, kind="webhook", name="Hook"))
    chosen = {"action": "send_test", "_selected_action": [row.pk for row in MessageChannel.objects.all()]}
    boss.post("/admin/assistant/messagechannel/", chosen)
    found = dict(Delivery.objects.values_list("kind", "to"))
    assert found == {"sms": "+442079460000", "webhook": "https://gateway.example.com"}
    of.phone = ""
    of.save()
    said = boss.post("/admin/assistant/messagechannel/", chosen, follow=True).content.decode()
    assert "no phone number with a country code" in said


def test_nobody_sends_a_test_through_another_organizations_channel(boss):
    boss.post(ADD, typed(make.organization(phone="+44 20 7946 0000")))
    stranger = entered(member(make.organization("Other"), "editor"))
    row = MessageChannel.objects.get()
    stranger.post("/admin/assistant/messagechannel/", {"action": "send_test", "_selected_action": [row.pk]})
    assert not Delivery.objects.exists()
    assert stranger.get(f"/admin/assistant/messagechannel/{row.pk}/change/").status_code in (302, 404)
