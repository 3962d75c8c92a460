"""Web Push: the browsers in which staff have turned on notifications, and what is sent to them.

What is sent is encrypted for one browser (RFC 8291), so that the push service, which is the browser's maker's, reads nothing
of it. It still holds no more than a lock screen may show: what has happened, in which organization, and where to look.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from contextlib import suppress
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.signals import pre_delete
from django.utils import timezone
from webpush import VAPID, WebPush, WebPushSubscription

from assistant import outbound
from assistant.errors import AddressRefused, InputError
from assistant.models import (
    Membership,
    Notification,
    NotificationChoice,
    Organization,
    PushKey,
    PushSubscription,
    StaffEvent,
)
from assistant.models.booking.outside_calendars import origin_of
from assistant.redaction import clean
from assistant.secrets import SecretUnreadable
from assistant.services.deliveries import outbox
from assistant.services.deliveries.posting import NotSent, post
from assistant.services.notifications.choices import DEFAULTS

log = logging.getLogger(__name__)

MOST_BROWSERS = 10  # of one person; another one takes the place of the oldest
ADDRESS_CHARS = 1000
POINT_BYTES, AUTH_BYTES = 65, 16
IN_SESSION = "push"  # the key under which a session lists what was turned on in it
GONE = {404, 410}
# How long a push service keeps what a sleeping device has not fetched, and whether it wakes one for it (RFC 8030).
HOUR = 3600
SECONDS = {StaffEvent.WAITING: HOUR, StaffEvent.MESSAGE: 4 * HOUR}
OTHERS_SECONDS = 24 * HOUR
URGENT = {StaffEvent.WAITING, StaffEvent.MESSAGE}
TEST = "test:"  # how the keys of tests begin


# --- The installation's keys ------------------------------------------------------------------------------------------


def current_key() -> PushKey:
    """The key for new subscriptions, made on first use, and again where the last one does not open any more: then FIELD_KEYS
    has lost the key that it was sealed with."""
    newest = PushKey.objects.first()
    if newest is not None:
        try:
            newest.private_key()
            return newest
        except SecretUnreadable:
            log.warning("The key for push notifications cannot be read any longer; browsers have to be added again.")
    return rotate()


def rotate() -> PushKey:
    """Make a new key pair. Browsers that were added with an older one keep it until their page adds them again; what none
    of them needs is deleted."""
    private, _, public = VAPID.generate_keys()
    made = PushKey(public_key=public)
    made.set_private_key(private.decode())
    with transaction.atomic():
        made.save()
        PushKey.objects.exclude(pk=made.pk).filter(subscriptions__isnull=True).delete()
    return made


# --- Browsers ---------------------------------------------------------------------------------------------------------


def subscribe(user: User, address: str, p256dh: str, auth: str, *, key: str, user_agent: str) -> PushSubscription:
    """Push to this browser from now on; one that is known already is taken over by `user`. `key` is the public key that it
    has subscribed with. Raises `InputError`."""
    _check(address, p256dh, auth)
    keys = orjson.dumps({"p256dh": p256dh, "auth": auth}).decode()
    for _ in range(2):
        # Somebody else may add the same browser at this moment, or the key be replaced: what they did is there by now.
        with suppress(IntegrityError):
            return _added(user, address, keys, clean(key), browser_in_words(user_agent))
    raise InputError("Another account has turned on notifications in this browser at the same moment. Try again.")


def _added(user: User, address: str, keys: str, key: str, browser: str) -> PushSubscription:
    used = PushKey.objects.filter(public_key=key).first()
    if used is None:
        raise InputError("The key of this installation has changed. Reload the page, and turn notifications on again.")
    digest = digest_of(address)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # so that two browsers at once are counted one after the other
        row = PushSubscription.objects.filter(digest=digest).first() or PushSubscription(digest=digest)
        row.user, row.key, row.browser, row.last_error = user, used, browser, ""
        row.seal(address, keys)
        row.save()
        kept = PushSubscription.objects.filter(user=user).order_by("-created_at").values_list("pk", flat=True)
        PushSubscription.objects.filter(pk__in=list(kept[MOST_BROWSERS:])).exclude(pk=row.pk).delete()
    return row


def digest_of(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _check(address: str, p256dh: str, auth: str) -> None:
    try:
        if len(address) > ADDRESS_CHARS or not (address.isascii() and address.isprintable()):
            raise ValueError("too long, or no URL")
        if not origin_of(address).startswith("https://"):
            raise ValueError("not https")
    except ValueError as error:
        raise InputError("The address that the browser has given is not one of a push service.") from error
    try:
        outbound.check_url(address, outbound.Reach.TENANT)
        point, secret = _decoded(p256dh), _decoded(auth)
        if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
            raise ValueError("a key of the wrong length")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except AddressRefused as error:
        raise InputError("The address that the browser has given is not one of a public push service.") from error
    except ValueError as error:
        raise InputError("The keys that the browser has given cannot be used. Turn notifications on again.") from error


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# The first that matches: most browsers claim to be several others.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox",
            "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}  # fmt: skip
SYSTEMS = {"iPhone": "an iPhone", "iPad": "an iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS",
           "Mac OS X": "a Mac", "Linux": "Linux"}  # fmt: skip


def browser_in_words(user_agent: str) -> str:
    """Such as "Firefox on Windows"."""
    browser = next((name for sign, name in BROWSERS.items() if f"{sign}/" in user_agent), "A browser")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser


# --- What ends with a session -----------------------------------------------------------------------------------------


def watch() -> None:
    """Have browsers that were added in a session removed with it: by a log-out, wherever it is made, or as it expires."""
    pre_delete.connect(_ended, sender=Session, dispatch_uid="push-session")


def _ended(instance: Session, **_: Any) -> None:
    ids = instance.get_decoded().get(IN_SESSION, [])
    if ids:
        PushSubscription.objects.filter(pk__in=ids).delete()


def keep_in_session(session: Any, row: PushSubscription) -> None:
    session[IN_SESSION] = [*(pk for pk in session.get(IN_SESSION, []) if pk != str(row.pk)), str(row.pk)][-MOST_BROWSERS:]


def is_on_in(session_key: str) -> bool:
    """Whether a browser was added in this session, and still is pushed to."""
    session = Session.objects.filter(pk=session_key).first()
    ids = session.get_decoded().get(IN_SESSION, []) if session else []
    return PushSubscription.objects.filter(pk__in=ids).exists()


# --- What is sent -----------------------------------------------------------------------------------------------------


def subscriptions(organization: Organization, event: StaffEvent, only: Any = None) -> QuerySet[PushSubscription]:
    """The browsers of those members who want the event pushed, `only` this one's where it is about them alone."""
    own = NotificationChoice.objects.filter(user=OuterRef("user"), event=event)
    wanted = Q(Exists(own.filter(push=True)))
    if DEFAULTS[event].push:
        wanted |= Q(~Exists(own))
    members = Q(user__memberships__organization=organization, user__is_active=True)
    found = PushSubscription.objects.filter(members, wanted).distinct()
    return found.filter(user=only.pk) if only else found


def is_theirs(row: Notification) -> bool:
    """Whether the person still belongs to the organization that the notification is of."""
    return Membership.objects.filter(user=row.user, organization=row.organization, user__is_active=True).exists()


def content_of(row: Notification) -> bytes:
    """What the browser shows: no visitor's name and no text of theirs."""
    place = urlsplit(row.link)
    shown = {
        "title": "Notifications work in this browser" if row.key.startswith(TEST) else row.get_event_display(),
        "body": row.organization.name,
        "url": f"{place.path}?{place.query}" if place.query else place.path,
        "event": row.event,
        "conversation": str(row.conversation_id or ""),
        "notice": row.key.rpartition(":")[0],  # what an open page may have shown already
        "tag": topic_of(row),
    }
    return orjson.dumps(shown)


def topic_of(row: Notification) -> str:
    """What a newer notification replaces, on the push service and on the screen: one of the same event and conversation."""
    about = f"{row.event}:{row.conversation_id or row.key}"
    return base64.urlsafe_b64encode(hashlib.sha256(about.encode()).digest()[:18]).decode()  # at most 32 characters


def send(row: Notification) -> None:
    """Push to the row's browser. One that its push service does not know any longer, or whose keys do not open any more, is
    removed: its page says that notifications are off. Raises `NotSent`."""
    subscription = row.subscription
    assert subscription is not None
    try:
        post(*_request(row, subscription))
    except SecretUnreadable:
        log.warning("A browser of user %s is removed: what it was added with cannot be read any longer.", row.user_id)
        subscription.delete()
    except NotSent as problem:
        if problem.status in GONE:
            subscription.delete()
            return
        PushSubscription.objects.filter(pk=subscription.pk).update(last_error=outbox.one_line(str(problem), 300))
        raise
    else:
        PushSubscription.objects.filter(pk=subscription.pk).update(sent_at=timezone.now(), last_error="")


def _request(row: Notification, subscription: PushSubscription) -> tuple[str, dict[str, str], bytes]:
    """Address, headers and body. Raises `SecretUnreadable`, and `NotSent` for what a library refuses."""
    address, keys = subscription.address(), orjson.loads(subscription.keys())
    private, event = subscription.key.private_key(), StaffEvent(row.event)
    try:
        sender = WebPush(private.encode(), _public_pem(private), _contact(), SECONDS.get(event, OTHERS_SECONDS))
        made = sender.get(content_of(row), WebPushSubscription(endpoint=address, keys=keys))
    except ValueError:  # without its words, in which the address stands
        raise NotSent("The address or the keys of this browser cannot be used.", for_good=True) from None
    return (
        address,
        {
            **made.headers,
            "content-type": "application/octet-stream",
            "topic": topic_of(row),
            "urgency": "high" if event in URGENT else "normal",
        },
        made.encrypted,
    )


def _public_pem(private: str) -> bytes:
    key = load_pem_private_key(private.encode(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _contact() -> str:
    """Whom a push service writes to where something is wrong with what it gets."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
