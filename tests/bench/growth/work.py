"""What is asked of a database all day: by visitors, by the clock, and by staff who open a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assistant import jobs
from assistant.models import (
    Appointment,
    CalendarFeed,
    Card,
    Conversation,
    IdentityKey,
    Membership,
    Message,
    ToolCall,
    Turn,
    Visitor,
)
from assistant.services.booking.appointments import appointments, holds, lookup
from assistant.services.booking.calendar_sync import feeds
from assistant.services.booking.invitations import links
from assistant.services.conversations import (
    email_answers,
    handoffs,
    identification,
    idle,
    inbox,
    leases,
    messages,
    ratings,
    searching,
    sessions,
    summaries,
    transcripts,
)
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.state import change_state
from assistant.services.files import uploads
from assistant.services.knowledge import search
from assistant.services.methods import ledger
from assistant.services.privacy import erasure, export, own_data
from assistant.services.providers import health, statistics
from assistant.turns import beginning
from tests import make
from tests.assistant.services.files.pictures import png
from tests.bench.growth.plans import Statement, watched

VISITOR, CLOCK, STAFF, SEARCH = "visitor", "clock", "staff", "search and sums"
OLD = ("usage and counters",)  # steps that read all that they delete, which is old


@dataclass(frozen=True)
class Work:
    """Something that is done; `who` waits for it. `SEARCH` is what may read more with more rows, by its nature."""

    who: str
    name: str
    run: Callable[[], Any]


def measured(work: Work, big: set[str]) -> list[Statement]:
    """Do it, and undo it."""
    with transaction.atomic(), watched(big) as statements:
        work.run()
        transaction.set_rollback(True)
    return statements


def of_visitors(conversation: Conversation) -> Iterator[Work]:
    """`conversation` is as long as any."""
    session = sessions.open_session(conversation.assistant, make.ORIGIN)

    def token() -> str:
        # That of a visitor who has been here before: signed as theirs was.
        claims = {
            "v": str(conversation.visitor_id),
            "c": str(conversation.pk),
            "a": conversation.assistant_id,
            "o": make.ORIGIN,
        }
        return sessions.signing.dumps(claims, salt=sessions.TOKEN_SALT)

    def mine() -> Conversation:
        return sessions.conversation_for_token(token(), make.ORIGIN)

    def turn() -> None:
        posted, begun = beginning.post_and_begin(mine(), "growth", "And on Sunday?", {})
        assert begun and begun.prepared and posted.turn
        finish_turn(begun.turn, Outcome(Turn.State.DONE, "Until noon."))

    def call() -> None:
        posted, begun = beginning.post_and_begin(mine(), "growth", "And on Sunday?", {})
        assert begun and posted.turn
        method = conversation.assistant.methods.first()
        assert method
        act = ledger.Act(method, "read", conversation.assistant, at_once=True)
        place = ledger.Place(begun.turn, 1, 0)
        call = ledger.begin(conversation.organization, "look", {}, act, conversation=conversation, place=place)
        assert call.new and ledger.close(call.row, "done", "It is open.")
        assert ledger.done_names(conversation) is not None and ledger.receipts(conversation) is not None
        finish_turn(begun.turn, Outcome(Turn.State.DONE, "Until noon."))

    def rate() -> None:
        reply = conversation.messages.filter(role="assistant").order_by("-seq").first()
        assert reply
        messages.rate_message(conversation, str(reply.pk), -1)

    yield Work(VISITOR, "a new session", lambda: sessions.open_session(conversation.assistant, make.ORIGIN))
    yield Work(VISITOR, "a session again", lambda: sessions.open_session(
        conversation.assistant, make.ORIGIN, token=token(), locale="de"))  # fmt: skip
    yield Work(VISITOR, "resume of a long conversation", lambda: resume_session(mine(), 0))
    yield Work(VISITOR, "resume of a new one", lambda: resume_session(session.conversation, 0))
    yield Work(VISITOR, "a message, its turn and reply", turn)
    yield Work(VISITOR, "a turn with a call", call)
    yield Work(VISITOR, "a rating", rate)
    yield from _of_long_conversation(conversation, mine)
    yield from _of_bookings(conversation, mine)
    yield from _of_own_data(conversation)


def _of_long_conversation(conversation: Conversation, mine: Callable[[], Conversation]) -> Iterator[Work]:
    key = IdentityKey(organization=conversation.organization, name="Shop")
    key.set_secret(secret := "s" * 40)
    key.save()

    def log_in() -> None:
        now = timezone.now()
        claims = {"sub": "u-3", "aud": conversation.assistant.public_key, "iat": now, "exp": now + timedelta(hours=1)}
        identification.identify(conversation.assistant, make.ORIGIN, jwt.encode(claims, secret, "HS256"))

    for name, run in (
        ("a search in a conversation", lambda: searching.search(mine(), "words")),
        ("what staff have said is read", lambda: email_answers.mark_seen(mine(), 19_000)),
        ("a conversation is rated", lambda: ratings.rate_conversation(mine(), 4)),
        ("a person is asked for", lambda: handoffs.request_human(mine(), "A person, please.")),
        ("a transcript is asked for", lambda: transcripts.send(mine(), "ann@example.com")),
        ("a file is sent", lambda: uploads.receive(mine(), "a.png", png())),
        ("a conversation is closed", lambda: change_state(mine(), Conversation.State.CLOSED)),
        ("a visitor logs in", log_in),
        (
            "a search of documents",
            lambda: search.search(conversation.organization, conversation.assistant, "What costs it?"),
        ),
    ):
        yield Work(VISITOR, name, run)


def _of_bookings(conversation: Conversation, mine: Callable[[], Conversation]) -> Iterator[Work]:
    calendar = conversation.organization.calendars.get()
    past = conversation.appointments.first()
    assert past
    feed = CalendarFeed.objects.create(organization=conversation.organization)

    def book() -> None:
        free = make.offer(calendar).days[0][1][0].start_at
        held = holds.hold(make.pick(calendar, free), conversation=mine())
        appointments.confirm(held, name="Ann", email="ann@example.com")

    def change() -> None:
        coming = (
            Appointment.objects.upcoming(timezone.now()).filter(organization=conversation.organization).latest("start_at")
        )
        appointments.cancel(lookup.for_token(links.token_of(coming)))

    def page(address: str) -> Callable[[], None]:
        return lambda: _get(Client(HTTP_HOST="localhost"), address)

    yield Work(VISITOR, "times on offer", lambda: make.offer(calendar))
    yield Work(VISITOR, "an appointment is booked", book)
    yield Work(VISITOR, "an appointment is cancelled", change)
    yield Work(VISITOR, "a page of an appointment", page(reverse("appointment", args=[links.token_of(past)])))
    yield Work(VISITOR, "a page of feedback", page(reverse("feedback", args=[links.feedback_token(past)])))
    yield Work(VISITOR, "a calendar feed", page(feeds.address_of(feed).removeprefix(settings.PUBLIC_URL)))


def _of_own_data(conversation: Conversation) -> Iterator[Work]:
    """Of a visitor like most, who has proven their address."""
    Visitor.objects.filter(pk=conversation.visitor_id).update(email="ann@example.com", email_verified_at=timezone.now())
    theirs = Conversation.objects.filter(organization=conversation.organization).exclude(pk=conversation.pk)
    other = theirs.select_related("visitor", "organization").order_by("created_at")[0]
    long = Conversation.objects.get(pk=conversation.pk)
    home = conversation.organization
    yield Work(VISITOR, "own data: what there is", lambda: own_data.coverage(long).as_json())
    yield Work(VISITOR, "own data is exported", lambda: export.collect(home, other.visitor, own=True))
    yield Work(VISITOR, "own data is erased", lambda: erasure.erase(home, other.visitor_id))


def of_the_clock() -> Iterator[Work]:
    """All that the sweep and the hourly job do; what else runs by the clock is named here."""
    for name, run in (
        *((f"sweep: {name}", run) for name, run in jobs.SWEEP.items()),
        *((f"tidy: {name}", run) for name, run in jobs.TIDY.items() if name not in OLD),
        ("turns left behind", leases.turns_left_behind),
        ("idle conversations", idle.close_idle),
        ("summaries due", lambda: summaries.due(10)),
        ("models to measure", lambda: health.due_for_measuring(3)),
        ("metrics: what waits", statistics.waiting),
    ):
        yield Work(CLOCK, name, run)
    for name in OLD:
        yield Work(SEARCH, f"tidy: {name}", jobs.TIDY[name])
    yield Work(SEARCH, "metrics: totals of the month", lambda: (statistics.totals(), statistics.turns()))


def of_staff(conversation: Conversation) -> Iterator[Work]:
    """As a superuser, who sees all organizations, and as an owner of the largest."""
    users = get_user_model().objects
    people = {
        "all": users.create_superuser("growth-all", "all@example.com", "x"),
        "one": users.create_user("growth-one", "one@example.com", "x", is_staff=True),
    }
    Membership.objects.create(user=people["one"], organization=conversation.organization, role="owner")
    for scope, user in people.items():
        client = Client(raise_request_exception=True, HTTP_HOST="localhost")
        client.force_login(user)

        def page(address: str, client: Client = client) -> Callable[[], None]:
            return lambda: _get(client, address)

        yield Work(STAFF, f"Today ({scope})", page(reverse("admin:index")))
        yield from _of_inbox(conversation, scope, page)
        for model in admin.site._registry:
            if model._meta.app_label == "assistant":
                address = reverse(f"admin:assistant_{model._meta.model_name}_changelist")
                yield Work(STAFF, f"list of {model._meta.verbose_name_plural} ({scope})", page(address))
        yield Work(STAFF, f"a conversation ({scope})", page(_change(conversation)))
        yield Work(STAFF, f"a visitor ({scope})", page(_change(conversation.visitor)))
        yield Work(STAFF, f"an organization ({scope})", page(_change(conversation.organization)))
        yield Work(STAFF, f"an assistant ({scope})", page(_change(conversation.assistant)))
        talks = reverse("admin:assistant_conversation_changelist")
        for name, query in (
            ("conversations that wait", "state__exact=waiting"), ("with a failed reply", "happened=failed"),
            ("with a failed call", "happened=trouble"), ("rated unhelpful", "happened=disliked"),
        ):  # fmt: skip
            yield Work(SEARCH, f"{name} ({scope})", page(f"{talks}?{query}"))
        yield Work(SEARCH, f"search of conversations ({scope})", page(f"{talks}?q=words"))
        for days in (1, 7, 90):
            address = reverse("admin:assistant_usage_statistics") + f"?days={days}"
            yield Work(SEARCH, f"statistics of {days} days ({scope})", page(address))


def _of_inbox(conversation: Conversation, scope: str, page: Callable[[str], Callable[[], None]]) -> Iterator[Work]:
    for tab in inbox.TABS:
        yield Work(STAFF, f"inbox: {tab} ({scope})", page(reverse("admin:assistant_inbox_list") + f"?tab={tab}"))
    opened = reverse("admin:assistant_inbox_conversation", args=[conversation.pk])
    today = timezone.now().date()
    calendar = conversation.organization.calendars.get()
    week = f"?calendar={calendar.pk}&first={today}&last={today + timedelta(days=6)}"
    for name, address in (
        ("the inbox", reverse("admin:assistant_inbox")),
        ("inbox: a conversation", opened),
        ("the schedule", reverse("admin:assistant_schedule")),
        ("the schedule: a week", reverse("admin:assistant_schedule_events") + week),
        ("the schedule to print", reverse("admin:assistant_schedule_print")),
        ("notifications to choose", reverse("admin:assistant_notification_choices")),
    ):
        yield Work(STAFF, f"{name} ({scope})", page(address))


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def _change(row: Any) -> str:
    return reverse(f"admin:assistant_{row._meta.model_name}_change", args=[row.pk])


def of_deletion(conversation: Conversation) -> Iterator[Work]:
    """What a request for erasure deletes, and what staff delete; what belongs to it or refers to it is looked for."""
    user = get_user_model().objects.create_user("growth-gone", "gone@example.com", "x", is_staff=True)
    other = Conversation.objects.exclude(pk=conversation.pk)
    message = Message.objects.filter(turns__isnull=False).exclude(conversation=conversation)
    for name, rows in (
        ("visitor", Visitor.objects.exclude(pk=conversation.visitor_id)), ("conversation", other), ("message", message),
        ("turn", Turn.objects.exclude(conversation=conversation)), ("call", ToolCall.objects.exclude(turn=None)),
        ("card", Card.objects.exclude(conversation=conversation)),
        ("member of the team", get_user_model().objects.filter(pk=user.pk)),
    ):  # fmt: skip
        row = rows.first()
        if row is not None:  # read again each time: once it is deleted, it has no key
            yield Work(STAFF, f"a {name} is deleted", lambda row=row: type(row).objects.get(pk=row.pk).delete())  # type: ignore[misc]
