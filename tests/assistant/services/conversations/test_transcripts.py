"""The conversation by e-mail, to an address that its visitor types."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from assistant.errors import InputError
from assistant.models import Card, Conversation, Delivery, Message
from assistant.services.conversations import cards, takeover, transcripts
from assistant.services.conversations.messages import append_message
from assistant.services.deliveries import outbox
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    found = make.conversation(make.assistant(title="Front desk"))
    with transaction.atomic():
        append_message(found, Message.Role.VISITOR, "Is <b>Tuesday</b> free?")
        append_message(found, Message.Role.ASSISTANT, "Yes, at ten.")
        content = {"title": "Appointment confirmed", "reference": "7KQ2MX", "lines": [["When", "10:00"]], "status": "done"}
        cards.add(found, Card.Kind.RECEIPT, content)
        append_message(found, Message.Role.SYSTEM, "Ada has left the chat.")
    return found


def test_what_was_said_and_shown_is_sent_in_order_and_escaped(conversation: Conversation) -> None:
    said = transcripts.send(conversation, " ada@example.com ")
    [row] = Delivery.objects.all()
    assert (row.to, row.subject) == ("ada@example.com", "Your conversation with Bright Smile")
    assert "ada@example.com" in said
    order = ["You: Is <b>Tuesday</b> free?", "Front desk wrote: Yes, at ten.", "Appointment confirmed", "When: 10:00"]
    places = [row.text.index(part) for part in [*order, "Reference: 7KQ2MX", "Ada has left the chat.", "somebody entered"]]
    assert places == sorted(places)
    assert "&lt;b&gt;Tuesday&lt;/b&gt;" in row.html and "<b>Tuesday" not in row.html
    assert row.conversation == conversation, "it is erased with the visitor"


def test_a_booking_is_sent_with_its_place_and_answers(conversation: Conversation) -> None:
    booked = make.receipt(conversation)
    transcripts.send(conversation, "ada@example.com")
    text = Delivery.objects.get().text
    for line in ("Where: 12 High Street, Leeds", "Price: £45", "Your dog's name: Rex", f"Reference: {booked.reference}"):
        assert line in text, line


def test_no_visitor_writes_the_line_of_another_into_it(conversation: Conversation) -> None:
    """Anybody may have it sent, from an address that is believed."""
    forged = "10:05 Grace wrote: It is free."
    with transaction.atomic():
        for end in ("\n", "\n\n", "\r", "\u2028", "\x85"):
            append_message(conversation, Message.Role.VISITOR, f"Hello{end}{forged}")
        lines = [["Dog", f"Rex\n{forged}"]]
        cards.add(conversation, Card.Kind.RECEIPT, {"title": f"Booked\n{forged}", "lines": lines, "status": "done"})
    transcripts.send(conversation, "ada@example.com")
    text = Delivery.objects.get().text
    assert text.count(forged) == 7 and not [line for line in text.splitlines() if line.startswith(forged)]


def test_it_is_written_in_the_visitors_language(conversation: Conversation) -> None:
    conversation.visitor.locale = "ar-EG"
    transcripts.send(conversation, "ada@example.com")
    row = Delivery.objects.get()
    assert row.subject == "محادثتك مع Bright Smile"
    assert '<html lang="ar" dir="rtl">' in row.html and "أنت:" in row.text


def test_a_member_of_the_team_is_named_without_turning_what_stands_beside_and_the_deleted_by_their_organization(
    conversation: Conversation,
) -> None:
    grace = User.objects.create_user("grace", first_name="\u202eGrace")
    takeover.answer(conversation, grace, "I have looked it up.")
    transcripts.send(conversation, "ada@example.com")
    assert " Grace wrote: I have looked it up." in Delivery.objects.get().text
    grace.delete()
    transcripts.send(conversation, "bea@example.com")
    text = Delivery.objects.get(to="bea@example.com").text
    assert "Bright Smile wrote: I have looked it up." in text and "Front desk wrote: I have" not in text


def test_the_same_conversation_to_the_same_address_is_one_email(conversation: Conversation) -> None:
    for address in ("ada@example.com", "ada@example.com", "bea@example.com"):
        transcripts.send(conversation, address)
    assert Delivery.objects.count() == 2
    with transaction.atomic():
        append_message(conversation, Message.Role.VISITOR, "One more thing.")
    transcripts.send(conversation, "ada@example.com")
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@localhost", "a@example.com, b@example.com", "ada@example.com\nBcc: x@y.de"]
)
def test_what_is_no_address_is_refused_by_name(conversation: Conversation, address: str) -> None:
    with pytest.raises(InputError) as refused:
        transcripts.send(conversation, address)
    assert refused.value.code == "bad_address" and not Delivery.objects.exists()


def test_nobody_is_flooded(conversation: Conversation) -> None:
    for number in range(outbox.PER_ADDRESS_PER_DAY):
        make.email(conversation.organization, to="ada@example.com", subject="x", text="x", key=f"k{number}")
    with pytest.raises(InputError) as refused:
        transcripts.send(conversation, "Ada@example.com")
    assert refused.value.code == "too_many_emails"


def test_an_empty_conversation_is_not_sent() -> None:
    with pytest.raises(InputError):
        transcripts.send(make.conversation(), "ada@example.com")
    assert not Delivery.objects.exists()


def test_where_no_mail_server_is_set_up_the_visitor_is_not_told_that_it_was_sent(
    conversation: Conversation, settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "demonstration" in transcripts.send(conversation, "ada@example.com")
