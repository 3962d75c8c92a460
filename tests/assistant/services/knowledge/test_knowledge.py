"""Documents: read, cut into passages, found again; and the questions that they do not answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from assistant import jobs
from assistant.models import Assistant, Document, Message, Method, Passage, Question
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message, rate_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.knowledge import documents, questions
from assistant.services.knowledge.formats.result import ExtractedText
from assistant.services.knowledge.search import search
from tests import make
from tests.assistant.services.knowledge.documents import after, file, found, page, text
from tests.assistant.services.knowledge.fetched_site import HTML, Site

pytestmark = pytest.mark.django_db


# --- Searching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("Where can I park my car?", "Parking"),
        ("wheelchair access", "Parking"),
        ("How much is whitening?", "Whitening"),
        ("When may I drink coffee after an extraction", "After an extraction"),
        ("do you work with cigna", "Insurance"),
        ("insured by Bupa", "Insurance"),
        ("oeffnungszeit freitag", "Öffnungszeiten"),
        ("Wann habt ihr freitags offen?", "Öffnungszeiten"),
        ("料金はいくらですか", "料金"),
    ],
)
def test_the_passage_that_says_most_comes_first(mia: Assistant, query: str, heading: str) -> None:
    text(mia)
    assert found(mia, query)[:1] == [f"Practice › {heading}"]


@pytest.mark.parametrize("query", ["helicopter tours", "", "the a of", "Do you have a swimming pool for dogs?", "?!"])
def test_a_query_about_an_unknown_topic_finds_nothing(mia: Assistant, query: str) -> None:
    text(mia)
    assert found(mia, query) == []


@pytest.mark.parametrize(
    "query",
    [
        "park' OR 1=1 --",
        'park" OR "a" NEAR/3 "b',
        "park* ^title: (unclosed",
        "park & | ! <-> :*",
        "park\0ing \x01 parking",
        "park \\ \\' ''",
        "parking " * 2000,
        "parking " + " ".join(f"w{n}" for n in range(9)),
        "\ud800 parking",
    ],
)
def test_a_query_is_data_whatever_it_holds(mia: Assistant, query: str) -> None:
    text(mia)
    assert all(heading.startswith("Practice") for heading in found(mia, query))


def test_an_assistant_searches_what_is_ticked_for_it_or_for_nobody_and_nothing_of_others(mia: Assistant) -> None:
    sister, stranger = make.assistant(mia.organization), make.assistant(make.organization("Other"))
    text(mia, "# All\nParking for all.", "A")
    text(mia, "# Mine\nParking for me.", "B").assistants.add(mia)
    text(mia, "# Hers\nParking for her.", "C").assistants.add(sister)
    text(stranger, "# Theirs\nParking for them.", "D")
    assert sorted(found(mia, "parking")) == ["A › All", "B › Mine"]
    assert sorted(found(sister, "parking")) == ["A › All", "C › Hers"]
    assert found(stranger, "parking") == ["D › Theirs"]
    assert [one.title for one in search(mia.organization, None, "parking", 9)].count("D") == 0
    assert len(search(mia.organization, None, "parking", 9)) == 3


def test_another_organization_is_kept_apart_by_the_index_itself(mia: Assistant) -> None:
    stranger = make.assistant(make.organization("Other"))
    text(stranger, f"# Trap\nparking o{mia.organization_id}o parking")
    assert not Passage.objects.having([f"o{mia.organization_id}o"], ["park"]).exclude(
        words__contains=f"o{mia.organization_id}o"
    )
    assert found(mia, "parking") == []


def test_the_index_follows_every_change_and_removal(mia: Assistant) -> None:
    document = text(mia)
    document.text = "# Bicycles\nPut your bicycle into the rack."
    documents.queue(document)
    assert found(mia, "parking") == [] and found(mia, "bicycles") == ["Practice › Bicycles"]
    Passage.objects.update(words=f"o{mia.organization_id}o tricyc")
    assert found(mia, "bicycles") == [] and found(mia, "tricycle") == ["Practice › Bicycles"]
    mia.organization.delete()
    assert not Passage.objects.having([f"o{mia.organization_id}o"], ["tricyc"])


def test_the_database_finds_the_candidates_by_its_index(mia: Assistant) -> None:
    text(mia)
    rows = Passage.objects.having([f"o{mia.organization_id}o"], ["park", "hous"]).order_by()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "assistant_passage_words" in rows.explain()


# --- Claims -----------------------------------------------------------------------------------------------------------


def test_a_document_is_read_once_however_often_it_is_handed_over(mia: Assistant) -> None:
    site = Site(httpx.Response(200, headers=HTML, content=b"<p>Crowns"))
    document = page(mia)
    assert documents.claim(document.pk) is not None
    assert documents.claim(document.pk) is None
    assert site.visit(document).state == "reading" and site.asked == []


def test_a_reader_that_lost_its_lease_or_comes_after_a_change_writes_nothing(mia: Assistant) -> None:
    claimed = documents.claim(page(mia).pk)
    assert claimed
    documents.queue(Document.objects.get(pk=claimed.pk))
    assert not documents.keep(claimed, ExtractedText("old"))
    assert not documents.failed(claimed, "no_text")
    assert not documents.unchanged(claimed)
    assert Document.objects.get(pk=claimed.pk).state == "queued"


def test_what_a_dead_worker_left_is_taken_up_and_given_up_when_it_kills_again(
    mia: Assistant, queued_tasks: list[tuple[str, str]], django_capture_on_commit_callbacks: Any
) -> None:
    document = file(mia, "a.txt", b"Parking")
    for _ in range(documents.MAX_ATTEMPTS):
        assert documents.claim(document.pk)
        Document.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        jobs.sweep()
    assert (documents.TASK, str(document.pk)) in queued_tasks
    assert (after(document).state, document.code) == ("failed", "no_word")


# --- Questions --------------------------------------------------------------------------------------------------------


DOES_NOT_KNOW = [
    "I'm sorry, I don't know that.",
    "I don’t have any information about parking. Shall I pass it on?",
    "Unfortunately I don't have that information.",
    "I'm not sure about that.",
    "I couldn't find anything about swimming pools.",
    "I could not find that in our documents.",
    "I cannot answer that.",
    "I am not aware of a discount.",
    "Das weiß ich leider nicht.",
    "Ich weiß es nicht.",
    "Dazu habe ich leider keine Informationen.",
    "Das ist mir nicht bekannt.",
    "Dazu konnte ich leider nichts finden, und nicht sicher bin ich auch.",
    "Je ne sais pas.",
    "Je n'ai pas d'informations à ce sujet.",
    "Je n’ai malheureusement aucune information là-dessus.",
    "No lo sé, lo siento.",
    "No tengo información sobre eso.",
    "Non lo so.",
    "Non ho informazioni su questo.",
    "Não sei.",
    "Não tenho essa informação.",
    "Dat weet ik helaas niet.",
    "لا أعرف ذلك.",
    "ليس لدي معلومات عن ذلك.",
]

KNOWS = [
    "You can park behind the house.",
    "We don't open on Sundays.",
    "I don't think you need an appointment: just come in.",
    "Do you know your reference?",
    "You don't have to bring anything.",
    "If you're not sure, call us.",
    "I have found three free times.",
    "Ich habe drei freie Termine gefunden.",
    "Sie müssen nichts mitbringen.",
    "Wir haben keine Parkplätze, aber die Straße ist frei.",
    "Vous pouvez vous garer derrière la maison.",
    "No hay problema.",
    "Sí, abrimos los sábados.",
    "Non c'è problema.",
    "Não há problema.",
    "Dat kan zeker.",
    "يمكنك الوقوف خلف المنزل.",
    "I know that this is unpleasant.",
    "It does not hurt.",
    "I'm sure we can help.",
]


def test_replies_that_do_not_know_are_told_from_those_that_do() -> None:
    assert [reply for reply in DOES_NOT_KNOW if not questions.does_not_know(reply)] == []
    assert [reply for reply in KNOWS if questions.does_not_know(reply)] == []


def exchange(of: Assistant, said: str, reply: str, *searches: bool) -> Message:
    """A turn with its reply, and searches that found something or did not; returns the reply."""
    conversation = make.conversation(of)
    method, _ = Method.objects.get_or_create(organization=of.organization, name="look_up", kind="knowledge")
    turn = post_message(conversation, "c-1", said).turn
    assert turn
    turn = claim_turn(turn.pk)
    for number, good in enumerate(searches):
        conversation.tool_calls.create(
            organization=of.organization,
            turn=turn,
            method=method,
            name="look_up",
            state="done",
            round=1,
            ordinal=number,
            sources=[{"title": "House", "url": ""}] if good else [],
            idempotency_key=f"{turn.pk}-{number}",
        )
    message = finish_turn(turn, Outcome("done", reply))
    assert message
    questions.record_unanswered(turn, reply)
    return message


@pytest.mark.parametrize(
    ("reply", "searches", "reason"),
    [
        ("I'm sorry, I don't know that.", (), "unsure"),
        ("Please ask the team.", (False,), "not_found"),
        ("Please ask the team.", (False, False), "not_found"),
        ("Behind the house.", (False, True), None),
        ("I'm sorry, I don't know that.", (True,), "unsure"),
        ("Behind the house.", (), None),
    ],
)
def test_a_question_is_listed_when_nothing_was_found_or_nothing_known(
    mia: Assistant, reply: str, searches: tuple[bool, ...], reason: str | None
) -> None:
    exchange(mia, "Where can I park?", reply, *searches)
    assert list(Question.objects.values_list("reason", flat=True)) == ([reason] if reason else [])


def test_the_same_question_is_counted_in_any_words_order_and_leads_to_the_newest_conversation(mia: Assistant) -> None:
    for said in ("Do you have a swimming pool?", "swimming POOL", "Is there a pool for swimming?"):
        last = exchange(mia, said, "I don't know that.")
    exchange(mia, "Is there a sauna?", "I don't know that.")
    exchange(make.assistant(make.organization("Other")), "swimming pool", "I don't know that.")
    row = Question.objects.get(organization=mia.organization, text="Is there a pool for swimming?")
    assert (row.times, row.conversation_id) == (3, last.conversation_id)
    assert Question.objects.count() == 3


def test_a_thumb_down_lists_the_question_once(mia: Assistant) -> None:
    reply = exchange(mia, "Where can I park?", "On the roof.")
    for value in (1, -1, 0, -1):
        rate_message(reply.conversation, str(reply.pk), value)
    row = Question.objects.get()
    assert (row.reason, row.times, row.text) == ("disliked", 1, "Where can I park?")


def test_an_answered_question_is_open_when_it_is_asked_again_and_one_set_aside_is_not(mia: Assistant) -> None:
    exchange(mia, "Swimming pool?", "I don't know that.")
    row = Question.objects.get()
    questions.answer(row, document=text(mia, "We have none.", "Pool"))
    assert Question.objects.get().state == "answered"
    exchange(mia, "Swimming pool?", "I don't know that.")
    row = Question.objects.get()
    assert (row.state, row.times) == ("open", 2)
    questions.set_aside(row)
    exchange(mia, "Swimming pool?", "I don't know that.")
    assert Question.objects.get().state == "dismissed"


def test_a_question_goes_with_the_conversation_that_asked_it(mia: Assistant) -> None:
    exchange(mia, "Swimming pool?", "I don't know that.").conversation.delete()
    assert not Question.objects.exists()


@pytest.mark.parametrize("said", ["?", "💥", "\u202e", "x" * 4000, "the the the"])
def test_a_question_without_words_is_listed_like_any_other(mia: Assistant, said: str) -> None:
    for _ in range(2):
        exchange(mia, said, "I don't know that.")
    assert Question.objects.get().times == 2
