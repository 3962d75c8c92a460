"""Search in a conversation: as it was written or differently, in each language, and in no other conversation."""

from __future__ import annotations

import pytest
from django.db import transaction

from assistant.errors import InputError
from assistant.models import Card, Conversation, Message
from assistant.services.conversations import cards, searching
from assistant.services.conversations.events import earlier_events, resume_session
from assistant.services.conversations.messages import append_message, post_message
from assistant.services.conversations.searching import search
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> Conversation:
    return make.conversation()


def say(talk: Conversation, *texts: str, role: str = "visitor") -> None:
    with transaction.atomic():
        for text in texts:
            append_message(talk, role, text)


def texts(talk: Conversation, query: str) -> list[str]:
    return [one["text"] for one in search(talk, query).found]


def marked(talk: Conversation, query: str) -> list[str]:
    """What is marked in the newest line that was found."""
    found = search(talk, query).found[0]
    return [found["text"][start:end] for start, end in found["marks"]]


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("When does the Café open?", "cafe"), ("Grüße aus der Straße", "GRUSSE strasse"),
        ("L’ouverture à Noël", "l'ouverture noel"),
        ("¿Cuándo abren mañana?", "manana"), ("Amanhã de manhã não posso", "nao"), ("Perché è così?", "perche cosi"),
        ("Eén kop koffie", "een"), ("Zażółć gęślą jaźń", "zazolc gesla"), ("İstanbul'da ılık ışık", "istanbul ilik"),
        ("أين يقع المكتب؟", "اين"), ("مُحَمَّد في العيادة", "محمد"), ("רְפוּאָה שלום", "רפואה"),
        ("Ещё вопрос", "еще"), ("Їжак і ґанок", "їжак"),
        ("मेरा अपॉइंटमेंट कब है", "अपॉइंटमेंट"), ("予約をガイドでキャンセルしたい", "ガイド"), ("我想预约明天下午", "预约"),
        ("Call 020 7946 0000", "7946 0000"), ("الرقم ١٢٣٤", "1234"), ("Where is the check-up?", "CHECK-UP"),
    ],
)  # fmt: skip
def test_what_is_written_alike_in_its_language_is_found(talk, written, query):
    say(talk, "Something else", written)
    assert texts(talk, query) == [written]


def test_a_booking_is_found_by_its_place_and_by_what_its_form_asked(talk):
    booked = make.receipt(talk)
    assert marked(talk, "high street leeds") == ["High", "Street", "Leeds"]
    assert marked(talk, "rex") == ["Rex"] and marked(talk, booked.reference) == [booked.reference]


def test_all_words_have_to_be_there_in_any_order_and_the_newest_is_first(talk):
    say(talk, "A haircut on Tuesday", "Tuesday, a haircut please", "Only Tuesday")
    assert texts(talk, "tuesday haircut") == ["Tuesday, a haircut please", "A haircut on Tuesday"]
    assert texts(talk, "haircut friday") == [] == texts(talk, "") == texts(talk, "?!")


def test_the_words_are_marked_as_they_were_written(talk):
    say(talk, "Die Größe der STRASSE und die Straße")
    assert marked(talk, "strasse grosse") == ["Größe", "STRASSE", "Straße"]
    say(talk, "cafe\u0301 👋🏽 cafe")
    assert marked(talk, "cafe") == ["cafe\u0301", "cafe"]


def test_of_a_long_text_there_is_the_part_around_the_words(talk):
    say(talk, "word " * 200 + "the needle is here " + "word " * 200)
    (found,) = search(talk, "needle").found
    assert found["text"].startswith("…word") and found["text"].endswith("…") and len(found["text"]) < 150
    assert marked(talk, "needle") == ["needle"]


def test_replies_are_searched_as_they_are_read_and_files_and_cards_as_well(talk):
    say(talk, "It takes **45 minutes**.", role="assistant")
    assert texts(talk, "45 minutes") == ["It takes 45 minutes."]
    say(talk, "")
    talk.messages.filter(text="").update(files=[{"id": "f", "name": "Röntgen.pdf", "type": "application/pdf", "size": 1}])
    assert texts(talk, "rontgen") == ["Röntgen.pdf"]
    content = {"title": "Check-up", "reference": "BS-4821", "lines": [["When", "Tuesday at ten"]]}
    cards.add(talk, Card.Kind.RECEIPT, content)
    (found,) = search(talk, "bs-4821").found
    assert (found["kind"], "role" in found) == ("card", False) and "Tuesday at ten" in found["text"]


def test_nobody_finds_what_others_have_said(talk):
    say(talk, "My secret")
    other = make.conversation(talk.assistant)
    elsewhere = make.conversation(make.assistant(make.organization("Elsewhere")))
    assert texts(other, "secret") == [] == texts(elsewhere, "secret")


def test_a_search_is_bounded_and_says_so(talk):
    say(talk, *["hello"] * 4)
    for most, more in ((3, True), (4, False)):
        results = search(talk, "hello", most=most)
        assert (len(results.found), results.more) == (most, more)
    with pytest.raises(InputError):
        search(talk, "a" * 101)


def test_a_message_beyond_measure_is_searched_in_its_beginning_and_the_rest_goes_on(talk):
    say(talk, "An early word", "early " + "x" * searching.LINE_CHARS + " late", "hello")
    assert len(texts(talk, "early")) == 2 and texts(talk, "late") == []
    assert search(talk, "late").more and search(talk, "early").more, "not everything was looked at"
    Message.objects.filter(text__contains="late").delete()
    assert not search(talk, "early").more


def test_what_is_searched_of_a_conversation_is_bounded(talk, queued_tasks):
    enough = searching.MOST_CHARS // searching.LINE_CHARS
    say(talk, "The first word", *["y" * searching.LINE_CHARS] * enough)
    assert texts(talk, "first") == [] and search(talk, "first").more


def test_older_events_come_in_order_until_there_are_none(talk):
    for number in range(5):
        post_message(talk, f"c-{number}", f"Message {number}")
    newest = resume_session(talk, 0, limit=2)
    assert newest.more
    shown, more = earlier_events(talk, newest.events[0]["seq"], limit=2)
    assert ([event["message"]["text"] for event in shown], more) == (["Message 1", "Message 2"], True)
    assert [event["seq"] for event in earlier_events(talk, shown[0]["seq"], limit=2)[0]] == [1]
    assert earlier_events(talk, 1) == ([], False)
