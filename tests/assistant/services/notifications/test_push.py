"""Notifications are pushed to the browsers of those who want them, encrypted, signed, and for as long as they are wanted."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.db.models.signals import pre_save
from django.test import Client
from django.utils import timezone

from assistant import outbound, tasks
from assistant.errors import InputError
from assistant.models import Conversation, Membership, Notification, PushKey, PushSubscription, StaffEvent
from assistant.secrets import new_key
from assistant.services.conversations import inbox, takeover
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from assistant.services.notifications import choices, push, queue
from assistant.services.notifications.choices import Choice
from assistant.services.organizations import members
from tests import make

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


@pytest.fixture
def talk() -> Conversation:
    made = make.conversation()
    post_message(made, "c-1", "My knee hurts. Is there a lift?")
    return made


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@dataclass
class Browser:
    """A browser, and its push service: takes what is sent to its address if it is signed, and reads it as RFC 8291 says."""

    address: str = "https://push.example.com/send/secret-address"
    status: int = 201
    shown: list[dict[str, Any]] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.private, self.auth = ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes ok"
        self.point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def keys(self) -> dict[str, str]:
        return {"p256dh": encoded(self.point), "auth": encoded(self.auth)}

    def added_by(self, user: User) -> PushSubscription:
        self.key = push.current_key().public_key
        return push.subscribe(user, self.address, **self.keys(), key=self.key, user_agent=FIREFOX)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == self.address
        self.asked.append(request)
        self._check_signature(request.headers["authorization"])
        if self.status == 201:
            self.shown.append(self._read(request.content))
        return httpx.Response(self.status)

    def _check_signature(self, header: str) -> None:
        """RFC 8292: by the key that the browser subscribed with, and for this push service."""
        scheme, _, rest = header.partition(" ")
        token, key = (part.strip().partition("=")[2] for part in rest.split(","))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
        claims = jwt.decode(token, public, ["ES256"], audience="https://push.example.com")
        assert scheme == "vapid" and key == self.key and claims["sub"].startswith("mailto:")

    def _read(self, body: bytes) -> dict[str, Any]:
        salt, length = body[:16], body[20]
        point, sealed = body[21 : 21 + length], body[21 + length :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = derived(self.private.exchange(ec.ECDH(), theirs), self.auth, b"WebPush: info\x00" + self.point + point, 32)
        key = derived(shared, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = derived(shared, salt, b"Content-Encoding: nonce\x00", 12)
        text, _, padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\x02")
        assert padding.strip(b"\x00") == b""
        return json.loads(text)


def colleague(talk: Conversation, name: str = "ann", *events: StaffEvent) -> User:
    """A member of the organization, who has these events alone pushed; without any, as it is for everybody."""
    user = User.objects.create_user(name, f"{name}@example.com", is_staff=True)
    Membership.objects.create(user=user, organization=talk.organization, role="editor")
    if events:
        choices.keep(user, {event: Choice(push=event in events) for event in StaffEvent})
    return user


def sent_to(browser: Browser, *, later: bool = True) -> list[str]:
    """The titles that the browser has shown once everything is sent that is due by then, or now."""
    if later:
        Notification.objects.update(next_attempt_at=timezone.now())
    with outbound.transport_for_tests(httpx.MockTransport(browser)):
        for pk in Notification.objects.due(timezone.now()).filter(subscription__isnull=False).values_list("pk", flat=True):
            tasks.send_notification(str(pk))
    return [shown["title"] for shown in browser.shown]


# --- What arrives -----------------------------------------------------------------------------------------------------


def test_a_browser_shows_at_once_that_a_visitor_waits_and_leads_to_the_conversation(talk):
    browser = Browser()
    row = browser.added_by(colleague(talk))
    change_state(talk, "waiting")
    assert sent_to(browser, later=False) == ["A visitor asks for a person"]
    [shown] = browser.shown
    assert shown["url"] == f"/admin/assistant/conversation/inbox/?conversation={talk.pk}"
    assert (shown["body"], shown["conversation"]) == ("Bright Smile", str(talk.pk))
    [request] = browser.asked
    assert (request.headers["content-encoding"], request.headers["urgency"]) == ("aes128gcm", "high")
    assert 0 < int(request.headers["ttl"]) <= 24 * 3600 and len(request.headers["topic"]) <= 32
    row.refresh_from_db()
    assert row.sent_at is not None and Notification.objects.get().state == "sent"
    assert sent_to(browser) == ["A visitor asks for a person"]  # once


def test_what_is_pushed_holds_neither_the_visitors_name_nor_what_they_wrote(talk):
    talk.visitor.name = "Zaphod"
    talk.visitor.save()
    browser = Browser()
    browser.added_by(colleague(talk))
    change_state(talk, "waiting")
    sent_to(browser)
    assert not {word for word in ("Zaphod", "knee") if word in json.dumps(browser.shown)}


def test_a_newer_notification_of_the_same_conversation_takes_the_place_of_the_last(talk):
    ann, browser = colleague(talk), Browser()
    browser.added_by(ann)
    takeover.take_over(talk, ann)
    for number in (2, 3):
        post_message(talk, f"c-{number}", "Hello?")
    sent_to(browser)
    assert len({request.headers["topic"] for request in browser.asked}) == 1 == len({one["tag"] for one in browser.shown})


def test_a_message_is_pushed_after_some_seconds_to_those_alone_who_do_not_read_it(talk):
    ann, browser = colleague(talk), Browser()
    browser.added_by(ann)
    takeover.take_over(talk, ann)
    post_message(talk, "c-2", "Hello?")
    assert sent_to(browser, later=False) == []
    talk.refresh_from_db()
    inbox.mark_read(talk, ann, talk.last_seq)
    assert sent_to(browser) == []
    post_message(talk, "c-3", "Are you there?")
    assert sent_to(browser) == ["A visitor writes in one of my conversations"]


def test_an_event_is_pushed_to_those_who_chose_it_and_to_nobody_of_another_organization(talk):
    other = make.conversation(make.assistant(make.organization("Other")))
    for home, name, events in (
        (talk, "ann", [StaffEvent.WAITING]),
        (talk, "bob", [StaffEvent.BUDGET]),
        (talk, "new", []),
        (other, "eve", [StaffEvent.WAITING]),
    ):
        Browser(f"https://push.example.com/{name}").added_by(colleague(home, name, *events))
    change_state(talk, "waiting")
    assert set(Notification.objects.values_list("user__username", flat=True)) == {"ann", "new"}
    Notification.objects.all().delete()
    queue.notify(talk.organization, StaffEvent.BUDGET, "Nearly used up", key="b")
    assert set(Notification.objects.values_list("user__username", flat=True)) == {"bob"}


# --- What fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_its_push_service_does_not_know_any_longer_is_removed(talk, status):
    browser = Browser(status=status)
    browser.added_by(colleague(talk))
    change_state(talk, "waiting")
    sent_to(browser)
    assert not PushSubscription.objects.exists() and not Notification.objects.exists()


@pytest.mark.parametrize(("status", "state"), [(429, "queued"), (503, "queued"), (400, "dead"), (403, "dead")])
def test_what_a_push_service_refuses_is_tried_again_or_given_up_and_the_browser_says_why(talk, status, state):
    browser = Browser(status=status)
    row = browser.added_by(colleague(talk))
    change_state(talk, "waiting")
    sent_to(browser)
    row.refresh_from_db()
    assert Notification.objects.get().state == state
    assert row.last_error == f"The server answered with {status}." and row.sent_at is None
    Notification.objects.update(state="queued")
    browser.status = 201
    assert len(sent_to(browser)) == 1
    row.refresh_from_db()
    assert row.last_error == ""


def test_nothing_is_pushed_to_an_address_that_has_come_to_be_private(talk):
    browser = Browser()
    row = browser.added_by(colleague(talk))
    row.seal("http://127.0.0.1:9/x", row.keys())
    row.save()
    change_state(talk, "waiting")
    assert sent_to(browser) == [] and browser.asked == []
    row.refresh_from_db()
    assert "127.0.0.1" not in row.last_error != ""


# --- Browsers ---------------------------------------------------------------------------------------------------------


def test_a_browsers_address_and_keys_are_stored_sealed_and_it_is_named_in_words(talk):
    browser = Browser()
    row = browser.added_by(colleague(talk))
    row.refresh_from_db()
    stored = json.dumps(list(PushSubscription.objects.values()), default=str)
    assert not [one for one in ("secret-address", *browser.keys().values()) if one in stored]
    assert (row.browser, row.address(), json.loads(row.keys())) == ("Firefox on Windows", browser.address, browser.keys())


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://push.example.com/x"},
        {"address": "https://127.0.0.1/x"},
        {"address": "https://10.0.0.7/x"},
        {"address": "https://push.example.com/" + "x" * 2000},
        {"address": "nonsense"},
        {"address": "https://[push.example.com/x"},
        {"address": "https://push.example.com/\x00"},
        {"address": "https://push.example.com/\ud800"},
        {"address": "https://push.example.com:99999/x"},
        {"address": f"https://{'a.' * 450}com/x"},
        {"p256dh": "\x00"},
        {"auth": "\ud800"},
        {"key": "a key with \x00 in it"},
        {"key": "a key with \ud800 in it"},
        {"auth": encoded(b"short")},
        {"auth": "%%%"},
        {"p256dh": encoded(b"\x04" + b"\x01" * 64)},
        {"p256dh": ""},
        {"key": "unknown"},
    ],
)
def test_what_is_no_public_push_service_or_no_key_is_refused(talk, wrong):
    good = {"address": "https://push.example.com/x", **Browser().keys(), "key": push.current_key().public_key}
    with pytest.raises(InputError):
        push.subscribe(colleague(talk), **{**good, **wrong}, user_agent=FIREFOX)
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(("collisions", "added"), [(1, True), (2, False)])
def test_two_accounts_that_add_one_browser_at_once_are_no_fault_of_the_server(talk, collisions, added):
    ann, bob, browser, left = colleague(talk), colleague(talk, "bob"), Browser(), [None] * collisions

    def be_faster(instance: PushSubscription, **_: Any) -> None:
        if left:
            left.pop()
            row = PushSubscription(user=bob, key=instance.key, digest=instance.digest)
            PushSubscription.objects.bulk_create([row])

    pre_save.connect(be_faster, sender=PushSubscription)
    try:
        if added:
            assert browser.added_by(ann).user == ann
        else:
            with pytest.raises(InputError, match="at the same moment"):
                browser.added_by(ann)
    finally:
        pre_save.disconnect(be_faster, sender=PushSubscription)
    assert PushSubscription.objects.filter(user=ann).count() == added


def test_a_browser_belongs_to_the_person_who_turned_it_on_last(talk):
    browser = Browser()
    browser.added_by(colleague(talk, "ann"))
    bob = colleague(talk, "bob")
    browser.added_by(bob)
    assert PushSubscription.objects.get().user == bob


def test_one_browser_more_than_the_most_takes_the_place_of_the_oldest(talk):
    ann = colleague(talk)
    rows = [Browser(f"https://push.example.com/{n}").added_by(ann) for n in range(push.MOST_BROWSERS + 1)]
    kept = set(PushSubscription.objects.values_list("pk", flat=True))
    assert len(kept) == push.MOST_BROWSERS and rows[0].pk not in kept and rows[-1].pk in kept


def test_who_was_removed_from_the_organization_or_deactivated_gets_nothing_more(talk):
    ann, browser = colleague(talk), Browser()
    browser.added_by(ann)
    change_state(talk, "waiting")
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert sent_to(browser) == []
    User.objects.filter(pk=ann.pk).update(is_active=True)
    change_state(talk, "assistant")
    change_state(talk, "waiting")
    members.remove(Membership.objects.get(user=ann))
    assert sent_to(browser) == []
    assert set(Notification.objects.values_list("state", flat=True)) == {"withdrawn"}


# --- Sessions and keys ------------------------------------------------------------------------------------------------


def logged_in(user: User, browser: Browser) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    push.keep_in_session(session, browser.added_by(user))
    session.save()
    return client


def test_logging_out_ends_what_was_turned_on_in_that_session_and_nothing_else(talk):
    ann = colleague(talk)
    here = logged_in(ann, Browser("https://push.example.com/here"))
    logged_in(ann, Browser("https://push.example.com/there"))
    here.logout()
    assert [row.address() for row in PushSubscription.objects.all()] == ["https://push.example.com/there"]
    members.end_sessions(ann)
    assert not PushSubscription.objects.exists()


def test_a_removed_member_has_no_browser_left(talk):
    ann = colleague(talk)
    logged_in(ann, Browser())
    members.remove(Membership.objects.get(user=ann))
    assert not PushSubscription.objects.exists()


def test_the_key_is_made_once_and_kept_sealed():
    made = push.current_key()
    assert push.current_key() == made and PushKey.objects.count() == 1
    made.refresh_from_db()
    assert "PRIVATE" in made.private_key() and "PRIVATE" not in made.sealed_private_key
    assert len(decoded(made.public_key)) == push.POINT_BYTES


def test_after_a_rotation_browsers_are_pushed_to_with_the_key_that_they_know(talk):
    ann, browser = colleague(talk), Browser()
    browser.added_by(ann)
    push.rotate()
    change_state(talk, "waiting")
    assert len(sent_to(browser)) == 1
    assert browser.key != push.current_key().public_key
    browser.added_by(ann)  # as its page does when it sees another key
    push.rotate()
    assert PushKey.objects.count() == 2  # the browser's, and the newest; the first has nobody any more


def test_where_the_key_cannot_be_read_any_longer_there_is_a_new_one_and_browsers_are_added_again(talk, settings):
    browser = Browser()
    browser.added_by(colleague(talk))
    settings.FIELD_KEYS = [new_key()]
    assert push.current_key().public_key != browser.key
    change_state(talk, "waiting")
    sent_to(browser)
    assert browser.asked == [] and not PushSubscription.objects.exists()
