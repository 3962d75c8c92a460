"""What is asked of a database all day: by visitors, by the clock, and by staff who open a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import reverse

from assistant.models import Card, Conversation, Membership, Message, ToolCall, Turn, Visitor
from assistant.services.booking.appointments import holds
from assistant.services.conversations import idle, leases, messages, sessions, summaries
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.deliveries import outbox
from assistant.services.knowledge import documents
from assistant.services.methods import ledger, replays
from assistant.services.providers import budgets, health, statistics
from assistant.turns import beginning
from tests import make
from tests.bench.growth.plans import Statement, watched

VISITOR, CLOCK, STAFF, SEARCH = "visitor", "clock", "staff", "search and sums"


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


def of_the_clock() -> Iterator[Work]:
    for name, run in (
        ("turns left behind", leases.turns_left_behind),
        ("e-mails due", outbox.enqueue_due),
        ("holds that have lapsed", holds.expire_holds),
        ("calls that wait for nobody", ledger.give_up_waiting),
        ("orphaned calls", ledger.close_orphans),
        ("documents due", documents.enqueue_due),
        ("documents to index anew", documents.index_due),
        ("replays left behind", replays.enqueue_due),
        ("idle conversations", idle.close_idle),
        ("summaries due", lambda: summaries.due(10)),
        ("models to measure", lambda: health.due_for_measuring(3)),
        ("metrics: what waits", statistics.waiting),
    ):
        yield Work(CLOCK, name, run)
    yield Work(SEARCH, "old usage and counters deleted", budgets.sweep)
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
            def get() -> None:
                answer = client.get(address)
                assert answer.status_code == 200, (address, answer.status_code)

            return get

        yield Work(STAFF, f"Today ({scope})", page(reverse("admin:index")))
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
        if row is not None:
            yield Work(STAFF, f"a {name} is deleted", row.delete)
