"""The outbox: stored with the change it reports, sent by a worker, and its outcome shown on the receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from assistant import jobs, tasks
from assistant.errors import ToolError, ToolRefused
from assistant.models import Card, Delivery, Organization, ToolCall
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox
from tests import make

pytestmark = pytest.mark.django_db


def queued(**fields) -> Delivery:
    of = fields.pop("organization", None) or make.organization(f"Org {Organization.objects.count()}")
    return make.email(of, **{"to": "ann@example.com", "subject": "Hello", "text": "Hi.", "key": "k", **fields})


def receipt_of(conversation, **content) -> tuple[ToolCall, Card]:
    call = ToolCall.objects.create(
        organization=conversation.organization, conversation=conversation, name="email", idempotency_key="i"
    )
    with transaction.atomic():
        return call, cards.add(conversation, "receipt", {"title": "Sent", "status": "sending", **content}, call=call)


# --- Promising -------------------------------------------------------------------------------------------------------


def test_the_same_promise_twice_is_one_row():
    assert (
        queued(key="a").pk
        == make.email(make.organization("B"), to="b@example.com", subject="Other", text="Other", key="a").pk
    )


def test_a_task_is_queued_once_the_transaction_has_committed(queued_tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as told_later:
        delivery = queued()
        assert queued_tasks == []
    for tell in told_later:
        tell()
    assert queued_tasks == [("assistant.tasks.deliver", str(delivery.pk))]


def test_the_queued_name_is_a_task():
    assert tasks.deliver.name == outbox.TASK


def test_an_unreachable_broker_loses_no_email(monkeypatch, django_capture_on_commit_callbacks):
    def away(*_, **__):
        raise ConnectionError("broker")

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        delivery = queued()
    assert Delivery.objects.get(pk=delivery.pk).state == "queued"


def test_the_sweep_finds_what_was_forgotten_and_leaves_the_rest(queued_tasks):
    now = timezone.now()
    ago = now - timedelta(minutes=5)
    forgotten = queued(key="forgotten")
    crashed = queued(key="crashed")
    for delivery, fields in {
        forgotten: {"next_attempt_at": ago},
        crashed: {"state": "sending", "leased_until": ago},
        queued(key="at work"): {"state": "sending", "leased_until": now + timedelta(minutes=1), "next_attempt_at": ago},
        queued(key="later"): {"next_attempt_at": now + timedelta(minutes=1)},
        queued(key="sent"): {"state": "sent", "next_attempt_at": ago},
        queued(key="dead"): {"state": "dead", "next_attempt_at": ago},
    }.items():
        Delivery.objects.filter(pk=delivery.pk).update(**fields)
    jobs.sweep()
    assert {id for _, id in queued_tasks} == {str(forgotten.pk), str(crashed.pk)}


# --- Addresses and headers --------------------------------------------------------------------------------------------

BAD_ADDRESSES = [
    *("a@b.co, c@d.co", "a@b.co;c@d.co", "a@b.co c@d.co", "a@b.co\nBcc: c@d.co", "a@b.co\r\n", "a@b.co\x00", "a@b.co "),
    *(
        "Bob <a@b.co>",
        '"a b"@c.de',
        '"a@b.co,"@c.de',
        "a@[127.0.0.1]",
        "-oX@b.co",
        "a@",
        "@b.co",
        "a",
        "",
        "a@b..co",
        "a..b@c.co",
    ),
    *("a@b.co%0aBcc:c@d.co", "a(comment)@b.co", "a" * 65 + "@b.co", "a@" + "b" * 64 + ".co", "ü@b.de", "a@b.co\u2028c@d.co"),
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_anything_but_one_plain_address_is_refused(address):
    for field in ("to", "reply_to"):
        if address or field == "to":
            with pytest.raises(ToolError) as refused:
                queued(**{field: address})
            assert refused.value.code == "bad_email"
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("address", ["a@b", "a@localhost", "a@x.test", *BAD_ADDRESSES])
def test_what_a_visitor_types_must_be_a_public_address(address):
    if address.strip() == "a@b.co":
        return  # a stray blank or line end around it is a slip of the finger, and is cut off
    with pytest.raises(ToolError):
        outbox.visitors_address(make.organization(), address)


def test_an_address_of_another_script_goes_out_in_ascii():
    assert outbox.visitors_address(make.organization(), " a@bücher.de ") == "a@xn--bcher-kva.de"
    assert queued(to="a@bücher.de").to == "a@xn--bcher-kva.de"


def test_staff_may_set_an_address_of_their_own_network():
    assert queued(to="root@localhost").to == "root@localhost"


@pytest.mark.parametrize(
    "subject", ["A\r\nBcc: c@d.co", "A\nB", "A\x0bB", "A\x00B", "A\x85B", "A\u2028B", "A\u2029B", "A\u202eB", "A\ud800B"]
)
def test_a_subject_is_one_visible_line(subject):
    stored = queued(subject=subject).subject
    assert stored in ("A Bcc: c@d.co", "A B", "A⟨U+0000⟩B", "A⟨U+202E⟩B", "A⟨U+D800⟩B")


def test_an_address_that_got_many_mails_today_gets_no_more_from_visitors():
    organization = make.organization()
    for number in range(outbox.PER_ADDRESS_PER_DAY):
        queued(organization=organization, key=str(number), to="Victim@example.com")
    with pytest.raises(ToolRefused) as refused:
        outbox.visitors_address(organization, "victim@example.com")
    assert refused.value.code == "too_many_emails"
    assert outbox.visitors_address(make.organization("B"), "victim@example.com") == "victim@example.com"


# --- Claiming and settling --------------------------------------------------------------------------------------------


def test_a_row_is_claimed_once_until_its_lease_lapses():
    delivery = queued()
    first = outbox.claim(delivery.pk)
    assert first is not None
    assert (first.state, first.fence, first.attempts) == ("sending", 1, 1)
    assert outbox.claim(delivery.pk) is None
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    second = outbox.claim(delivery.pk)
    assert second is not None
    assert second.fence == 2
    assert second.message_id == first.message_id


def test_a_worker_whose_lease_is_lost_cannot_write():
    delivery = queued()
    slow = outbox.claim(delivery.pk)
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    fast = outbox.claim(delivery.pk)
    assert outbox.failed(slow, "too late", for_good=True) is False
    assert outbox.sent(fast) is True
    assert outbox.sent(slow) is False
    assert Delivery.objects.get().state == "sent"


def test_waits_grow_and_end_within_about_a_day():
    delivery = queued()
    waits = []
    for _ in range(outbox.MAX_ATTEMPTS):
        Delivery.objects.update(next_attempt_at=timezone.now())
        before = timezone.now()
        outbox.failed(outbox.claim(delivery.pk), "451 later", for_good=False)
        waits.append((Delivery.objects.get().next_attempt_at - before).total_seconds())
    assert Delivery.objects.get().state == "dead"
    assert 15 <= waits[0] <= 31
    assert 12 * 3600 < sum(waits[:-1]) < 24 * 3600
    assert max(waits) <= 3601


def test_a_refusal_for_good_is_not_tried_again_until_staff_say_so(queued_tasks, django_capture_on_commit_callbacks):
    delivery = queued()
    outbox.failed(outbox.claim(delivery.pk), "550 no such user", for_good=True)
    assert outbox.claim(delivery.pk) is None
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("dead", "550 no such user")
    with django_capture_on_commit_callbacks(execute=True):
        assert outbox.redrive(delivery) is True
    assert outbox.redrive(delivery) is False
    assert queued_tasks == [("assistant.tasks.deliver", str(delivery.pk))]
    assert outbox.claim(delivery.pk).attempts == 1


# --- The receipt ------------------------------------------------------------------------------------------------------


def test_the_receipt_follows_the_message():
    conversation = make.conversation()
    call, card = receipt_of(conversation)
    delivery = queued(organization=conversation.organization, conversation=conversation, call=call)
    seq = conversation.last_seq
    outbox.sent(outbox.claim(delivery.pk))
    card.refresh_from_db()
    assert card.content["status"] == "done"
    assert conversation.events.filter(seq__gt=seq).values_list("type", flat=True).get() == "card.updated"


def test_the_receipt_says_when_a_message_could_not_be_delivered_and_when_it_is_tried_again():
    conversation = make.conversation()
    call, card = receipt_of(conversation)
    delivery = queued(organization=conversation.organization, conversation=conversation, call=call)
    outbox.failed(outbox.claim(delivery.pk), "550", for_good=True)
    card.refresh_from_db()
    assert (card.content["status"], card.content["note"]) == ("failed", "It could not be delivered.")
    outbox.redrive(delivery)
    card.refresh_from_db()
    assert card.content["status"] == "sending"


def test_a_try_that_failed_for_now_is_not_worth_an_event():
    conversation = make.conversation()
    call, card = receipt_of(conversation, note="")
    delivery = queued(organization=conversation.organization, conversation=conversation, call=call)
    outbox.failed(outbox.claim(delivery.pk), "451", for_good=False)
    assert conversation.events.filter(type="card.updated").count() == 0


@pytest.mark.parametrize("state", [Delivery.State.KEPT, Delivery.State.LOGGED])
def test_the_receipt_of_a_message_that_stayed_here_says_that_it_was_not_sent(state):
    conversation = make.conversation()
    call, card = receipt_of(conversation)
    delivery = queued(organization=conversation.organization, conversation=conversation, call=call)
    outbox.sent(outbox.claim(delivery.pk), state)
    card.refresh_from_db()
    assert "was not sent" in card.content["note"]


def test_a_message_that_is_tried_for_long_is_said_to_be_not_sent_yet_and_that_once():
    conversation = make.conversation()
    call, card = receipt_of(conversation, note="")
    delivery = queued(organization=conversation.organization, conversation=conversation, call=call)
    for _ in range(outbox.DELAYED_AFTER + 2):
        Delivery.objects.update(next_attempt_at=timezone.now())
        outbox.failed(outbox.claim(delivery.pk), "451", for_good=False)
    card.refresh_from_db()
    assert card.content["note"] == "It has not been sent yet. We keep trying."
    assert conversation.events.filter(type="card.updated").count() == 1


def test_a_message_to_several_has_failed_when_it_reached_none_of_them():
    conversation = make.conversation()
    call, card = receipt_of(conversation)
    both = [
        queued(organization=conversation.organization, conversation=conversation, call=call, key=key) for key in ("a", "b")
    ]
    statuses = []
    for settle in (lambda row: outbox.failed(row, "550", for_good=True), outbox.sent):
        settle(outbox.claim(both.pop().pk))
        card.refresh_from_db()
        statuses.append(card.content["status"])
    assert statuses == ["sending", "done"]


def test_an_outcome_is_kept_though_its_receipt_cannot_be_brought_up_to_date():
    conversation = make.conversation()
    call, card = receipt_of(conversation)
    Card.objects.filter(pk=card.pk).update(content=["not", "pairs"])
    delivery = queued(organization=conversation.organization, conversation=conversation, call=call)
    assert outbox.failed(outbox.claim(delivery.pk), "550", for_good=True) is True
    assert Delivery.objects.get().state == "dead"
