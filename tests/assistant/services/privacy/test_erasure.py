"""Erasure: nothing of the visitor stays, nothing of anybody else goes, and nothing comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from assistant.errors import NotAllowed, NotFound, TurnTaken
from assistant.models import (
    Appointment,
    Card,
    Conversation,
    Delivery,
    Message,
    Method,
    Organization,
    Removal,
    Spending,
    ToolCall,
    Turn,
    Usage,
    Visitor,
)
from assistant.services.conversations.leases import claim_turn, renew_lease
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.sessions import conversation_for_token, open_session
from assistant.services.deliveries import outbox
from assistant.services.methods import ledger
from assistant.services.organizations import answer_cache
from assistant.services.privacy import erasure, inventory
from tests import make
from tests.assistant.services.privacy.planted import bytes_with, plant, rows_with

pytestmark = pytest.mark.django_db
MINE, OTHERS = "qzvisitorwordqz", "qzneighbourwordqz"


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


def snapshot(visitor: Visitor) -> dict[str, list[Any]]:
    return {
        model.__name__: list(inventory.rows_of(visitor, model, table).order_by("pk").values())
        for model, table in inventory.models()
        if table.owner
    }


def test_no_row_holds_a_word_of_an_erased_visitor_and_the_other_organizations_are_untouched():
    visitor, neighbour = plant("one", MINE), plant("two", OTHERS)
    before = snapshot(neighbour)
    assert {name.partition(".")[0] for name in rows_with(MINE)} >= {"Visitor", "Message", "ToolCall", "Delivery"}
    erasure.erase(visitor.organization, visitor.pk)
    assert list(rows_with(MINE)) == []
    left = [name for name in rows_with(str(visitor.pk)) if name != "Removal.visitor"]
    assert left == []
    assert snapshot(neighbour) == before


def test_a_visitor_is_erased_once_and_the_second_time_changes_nothing():
    visitor = plant("one", MINE)
    staff = User.objects.create_user("staff")
    first = erasure.erase(visitor.organization, visitor.pk, by=staff)
    again = erasure.erase(visitor.organization, str(visitor.pk))
    assert (again.pk, again.by, again.counts) == (first.pk, staff, first.counts)
    assert Removal.objects.count() == 1 and first.counts["Message"] == 2


def test_a_visitor_of_another_organization_cannot_be_erased_nor_be_known_to_have_been():
    visitor, neighbour = plant("one", MINE), plant("two", OTHERS)
    for _ in range(2):
        with pytest.raises(NotFound):
            erasure.erase(neighbour.organization, visitor.pk)
        if Visitor.objects.filter(pk=visitor.pk).exists():
            erasure.erase(visitor.organization, visitor.pk)


def test_usage_and_appointments_stay_as_numbers_without_the_person():
    visitor = plant("one", MINE)
    appointment = Appointment.objects.get(visitor=visitor)
    reference = appointment.reference
    Usage.objects.update(prompt_tokens=70, micros=9)
    erasure.erase(visitor.organization, visitor.pk)
    used = Usage.objects.get()
    assert (used.prompt_tokens, used.micros, used.conversation, used.turn) == (70, 9, None, None)
    appointment.refresh_from_db()
    assert (appointment.visitor, appointment.name, appointment.email, appointment.phone) == (None, "", "", "")
    assert appointment.state == Appointment.State.CANCELLED and appointment.reference != reference
    assert not Spending.objects.filter(scope="visitor").exists()


def test_the_log_of_the_admin_forgets_the_names_of_erased_rows():
    visitor, neighbour = plant("one", MINE), plant("two", OTHERS)
    staff = User.objects.create_user("staff")
    for row in (Appointment.objects.get(visitor=visitor), Appointment.objects.get(visitor=neighbour)):
        LogEntry.objects.create(
            user=staff,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
        )
    erasure.erase(visitor.organization, visitor.pk)
    assert list(rows_with(MINE)) == [] and "LogEntry.object_repr" in set(rows_with(OTHERS))


# --- Late writers -----------------------------------------------------------------------------------------------------


def running_turn() -> Turn:
    talk = make.conversation()
    return claim_turn(post_message(talk, "1", f"I am {MINE}").turn.pk)


def erased(turn: Turn) -> Removal:
    talk = turn.conversation
    return erasure.erase(talk.organization, talk.visitor_id)


def test_a_running_turn_cannot_bring_anything_back():
    turn = running_turn()
    home = turn.conversation.organization
    method = Method.objects.create(organization=home, name="look_up", kind="http", description="Looks up.")
    call = ledger.write(
        home, "look_up", {"for": MINE}, conversation=turn.conversation, method=method, place=ledger.Place(turn, 1, 0)
    )  # fmt: skip
    assert ledger.claim(call)
    erased(turn)
    with pytest.raises(TurnTaken):
        renew_lease(turn)
    with pytest.raises(TurnTaken):
        finish_turn(turn, Outcome(Turn.State.DONE, f"Hello {MINE}"))
    with pytest.raises(TurnTaken):
        ledger.write(
            turn.conversation.organization, "look_up", {"for": MINE}, conversation=turn.conversation,
            place=ledger.Place(turn, 2, 0),
        )  # fmt: skip
    assert not ledger.close(call, ToolCall.State.DONE, f"Found {MINE}")
    assert list(rows_with(MINE)) == []
    assert not Message.objects.exists() and not Turn.objects.exists()


def test_a_queued_email_is_not_sent_and_one_that_is_being_sent_writes_nothing():
    talk = make.conversation()
    new = {"to": f"{MINE}@example.com", "subject": MINE, "text": MINE, "conversation": talk}
    queued = make.email(talk.organization, key="1", **new)
    sending = outbox.claim(make.email(talk.organization, key="2", **new).pk)
    assert sending is not None
    erasure.erase(talk.organization, talk.visitor_id)
    assert outbox.claim(queued.pk) is None
    assert not outbox.sent(sending) and not outbox.failed(sending, MINE, for_good=False)
    assert list(rows_with(MINE)) == [] and not Delivery.objects.due(timezone.now()).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("late", ["message", "card", "call", "e-mail", "note", "appointment", "conversation"])
def test_a_late_insert_fails_in_its_own_transaction(late):
    talk = make.conversation()
    calendar = make.calendar(talk.organization)
    visitor, now = talk.visitor, timezone.now()
    erasure.erase(talk.organization, visitor.pk)
    hour = now + timedelta(hours=1)
    inserts = {
        "message": lambda: post_message(talk, "1", MINE),
        "card": lambda: Card.objects.create(conversation=talk, kind="receipt", content={"title": MINE}),
        "call": lambda: ledger.write(talk.organization, "look_up", {"for": MINE}, conversation=talk),
        "e-mail": lambda: make.email(
            talk.organization, to="a@example.com", subject=MINE, text=MINE, key="1", conversation=talk
        ),
        "note": lambda: talk.notes.create(text=MINE),
        "appointment": lambda: Appointment.objects.create(
            organization=talk.organization, calendar=calendar, service=calendar.services.get(), visitor=visitor, name=MINE,
            start_at=now, end_at=hour, busy_from=now, busy_until=hour, timezone="UTC",
        ),
        "conversation": lambda: make.conversation(talk.assistant, visitor=visitor, title=MINE),
    }  # fmt: skip
    with pytest.raises((IntegrityError, NotFound)), transaction.atomic():
        inserts[late]()
    assert list(rows_with(MINE)) == []


def test_a_widget_with_an_old_token_is_let_in_as_somebody_new():
    assistant = make.assistant()
    session = open_session(assistant, make.ORIGIN, address="192.0.2.1")
    old = session.conversation.visitor_id
    erasure.erase(assistant.organization, old)
    with pytest.raises(NotAllowed):
        conversation_for_token(session.token, make.ORIGIN)
    again = open_session(assistant, make.ORIGIN, token=session.token, address="192.0.2.1")
    assert again.conversation.visitor_id != old and not Visitor.objects.filter(pk=old).exists()


# --- Limits go on -----------------------------------------------------------------------------------------------------


def test_calls_of_the_day_are_counted_for_a_day_after_their_visitor_is_erased():
    visitor = plant("one", MINE)
    call = ToolCall.objects.get(conversation__visitor=visitor)
    ToolCall.objects.filter(pk=call.pk).update(state="done")
    erasure.erase(visitor.organization, visitor.pk)
    counter = ToolCall.objects.get()
    assert (counter.method, counter.name, counter.state) == (call.method, call.name, "done")
    assert counter.pk != call.pk and counter.arguments == {} and counter.result == ""
    ToolCall.objects.update(created_at=timezone.now() - timedelta(hours=25))
    erasure.drop_counters()
    assert not ToolCall.objects.exists()


def test_emails_to_an_address_are_counted_after_the_visitor_who_gave_it_is_erased():
    talk = make.conversation()
    for number in range(outbox.PER_ADDRESS_PER_DAY):
        new = {"to": "ada@example.com", "subject": MINE, "text": MINE, "key": str(number), "conversation": talk}
        outbox.sent(outbox.claim(make.email(talk.organization, **new).pk))
    erasure.erase(talk.organization, talk.visitor_id)
    assert not list(rows_with("ada@example.com"))
    with pytest.raises(Exception, match="too many|limit|day"):
        outbox.visitors_address(talk.organization, "Ada@example.com")
    other = make.organization("Other")
    assert outbox.visitors_address(other, "ada@example.com") == "ada@example.com"


# --- Outside the rows -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_caches_and_free_pages_hold_nothing_once_a_removal_is_finished():
    visitor = plant("one", MINE)
    turn = Turn.objects.get()
    assistant = Conversation.objects.get().assistant
    assistant.reuse_answers_hours = 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete")
            assert cursor.fetchone()[0] == 1
        assert set(bytes_with(MINE)) == {"database"}
    cache.set(f"draft.{turn.pk}.0", MINE)
    answer_cache.keep(assistant, "00000001", MINE)
    removal = erasure.erase(visitor.organization, visitor.pk)
    assert cache.get(f"draft.{turn.pk}.0") is None and answer_cache.recall(assistant, "00000001") == ""
    # A runner that has not yet noticed writes once more.
    cache.set(f"draft.{turn.pk}.{turn.fence + 1}", MINE)
    answer_cache.keep(assistant, "00000002", MINE)
    assert erasure.finish_due() == 0  # too early
    assert erasure.finish_due(timezone.now() + erasure.LATE_WRITES) == 1
    removal.refresh_from_db()
    assert removal.finished_at and removal.pending == {}
    assert cache.get(f"draft.{turn.pk}.{turn.fence + 1}") is None and answer_cache.recall(assistant, "00000002") == ""
    assert list(bytes_with(MINE)) == [] and list(rows_with(MINE)) == []


@pytest.mark.django_db(transaction=True)
def test_the_mailbox_of_the_demonstration_loses_the_emails_of_an_erased_visitor(settings, tmp_path):
    settings.DATA_DIR, settings.EMAIL_BACKEND = tmp_path, "interworky.demo.mailbox.MailboxBackend"
    from assistant.tasks import deliver

    talk, neighbour = make.conversation(), make.conversation(make.assistant(make.organization("Other")))
    for one, word in ((talk, MINE), (neighbour, OTHERS)):
        address = f"{word}@example.com"
        row = make.email(one.organization, to=address, subject=word, text=word, key=word, conversation=one)
        deliver(str(row.pk))
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 2
    erasure.erase(talk.organization, talk.visitor_id)
    [left] = (tmp_path / "mail").glob("*.eml")
    assert OTHERS in left.read_text()


def test_what_is_logged_of_an_erasure_is_an_id(caplog):
    caplog.set_level("DEBUG")
    visitor = plant("one", MINE)
    caplog.clear()
    erasure.erase(visitor.organization, visitor.pk)
    assert str(visitor.pk) in caplog.text and MINE not in caplog.text
    assert Organization.objects.count() == 1
