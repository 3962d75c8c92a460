"""A search by meaning: how passages get their vectors, who finds what by them, and that nothing depends on them."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest

from assistant import outbound, turns, voice
from assistant.async_db import in_db
from assistant.llm import ToolCallRequest
from assistant.models import Assistant, Conversation, Document, Embedding, Organization, Passage, Usage
from assistant.services.conversations.messages import post_message
from assistant.services.knowledge import vectors
from assistant.services.knowledge.search import fused, search
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.meanings import Meanings
from tests.assistant.services.knowledge.house import PARKEN, embed, found, headings, told, vector_of
from tests.fakes import ScriptedModel, always, calls, says

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_configured")]


# --- Finding ----------------------------------------------------------------------------------------------------------


def test_rankings_are_joined_by_place_and_of_equals_the_words_come_first() -> None:
    assert fused([1, 2, 3], [3, 4]) == [3, 1, 2, 4]
    assert fused([1, 2], [3, 4]) == [1, 3, 2, 4]
    assert fused([], [5, 6]) == [5, 6]


def test_a_german_question_finds_the_english_passage_by_what_it_means(mia: Assistant, server: Meanings) -> None:
    told(mia)
    assert headings(mia, PARKEN) == []
    embed(mia)
    (one,) = found(mia, PARKEN)
    assert (one.heading, one.ways, one.score) == ("House › Parking", ("meaning",), 1)


def test_what_words_find_and_what_meaning_finds_stand_side_by_side(mia: Assistant, server: Meanings) -> None:
    told(mia, "# Stehen\nKeine Karten.\n# Parking\nFree behind the house.\n# Parking\nHier darf jeder stehen.")
    embed(mia)
    assert [(one.text, one.ways) for one in found(mia, PARKEN)] == [
        ("Hier darf jeder stehen.", ("words", "meaning")),
        ("Keine Karten.", ("words",)),
        ("Free behind the house.", ("meaning",)),
    ]


def test_what_means_something_else_is_not_found_however_little_there_is(mia: Assistant, server: Meanings) -> None:
    told(mia)
    embed(mia)
    assert vector_of(mia, "Tut das weh?")
    assert found(mia, "Tut das weh?") == []


def test_no_passage_of_another_organization_or_assistant_is_found_by_its_meaning(mia: Assistant, server: Meanings) -> None:
    sister = make.assistant(mia.organization, name="Sister")
    other = make.assistant(make.organization("Other"))
    told(mia, "Parking of ours.", "Ours")
    told(mia, "Parking of the sister.", "Hers").assistants.add(sister)
    told(other, "Parking of others.", "Theirs")
    embed(mia)
    embed(other)
    assert [one.title for one in found(mia, PARKEN)] == ["Ours"]
    assert {one.title for one in found(sister, PARKEN)} == {"Ours", "Hers"}
    assert [one.title for one in found(other, PARKEN)] == ["Theirs"]


def test_access_is_checked_at_every_search_of_vectors_in_memory(mia: Assistant, server: Meanings) -> None:
    ours = told(mia)
    embed(mia)
    assert found(mia, PARKEN)
    ours.assistants.add(make.assistant(mia.organization, name="Sister"))
    assert found(mia, PARKEN) == []
    ours.assistants.clear()
    other = make.organization("Other")
    Document.objects.update(organization=other)
    assert found(mia, PARKEN) == []


def test_hidden_passages_take_no_places_in_the_results(mia: Assistant, server: Meanings) -> None:
    nearer = "\n".join(f"# {number}\nParking." for number in range(vectors.NEAREST + 10))
    told(mia, nearer, "Hers").assistants.add(make.assistant(mia.organization, name="Sister"))
    told(mia, "Parking at a price.", "Ours")
    embed(mia)
    assert [one.title for one in found(mia, PARKEN)] == ["Ours"]


def test_what_has_gone_since_is_not_found_and_takes_nobodys_place(mia: Assistant, server: Meanings) -> None:
    document = told(mia, "\n".join(f"# Parking {number}\nBehind house {number}." for number in range(8)))
    embed(mia)
    assert len(found(mia, PARKEN)) == 4
    document.passages.filter(position__lt=6).delete()
    assert headings(mia, PARKEN) == ["House › Parking 6", "House › Parking 7"]


def test_memory_has_a_bound_and_what_had_to_go_comes_back(mia: Assistant, server: Meanings) -> None:
    others = [mia, *(make.assistant(make.organization(f"O{number}")) for number in range(3))]
    for one in others:
        told(one)
        embed(one)
    matrices = vectors.Matrices(max_bytes=2 * 3 * 32 * 4)
    for one in [*others, *others]:
        known = Document.objects.filter(organization=one.organization).values_list("pk", flat=True)
        vector = vector_of(one, PARKEN)
        assert vector
        ((passage, _),) = vectors.nearest(one.organization, known, vector, matrices)
        assert Passage.objects.get(pk=passage).title == "House › Parking"
        assert sum(matrix.rows.nbytes for matrix in matrices.held.values()) <= matrices.max_bytes
    assert list(matrices.held) == [one.organization_id for one in others[-2:]]


def test_vectors_are_loaded_once_for_many_searches(mia: Assistant, server: Meanings, django_assert_num_queries: Any) -> None:
    told(mia)
    embed(mia)
    vector = vector_of(mia, PARKEN)
    search(mia.organization, mia, "", 4, vector)
    with django_assert_num_queries(3):  # what is visible, whether there is anything new, the passages
        search(mia.organization, mia, "", 4, vector)


# --- In use -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def talk(mia: Assistant, server: Meanings) -> Conversation:
    """A conversation whose assistant searches a text that has vectors."""
    method = mia.methods.create(
        organization=mia.organization, name="look_up", kind="knowledge", risk="read", description="x"
    )
    assert method
    told(mia, url="https://www.example.com/house")
    embed(mia)
    return make.conversation(mia)


async def test_a_visitor_is_answered_from_what_was_found_by_its_meaning(talk: Conversation) -> None:
    posted = await in_db(post_message)(talk, "c-1", PARKEN)
    model = ScriptedModel(calls("look_up", query=PARKEN), says("Hinter dem Haus."))
    await turns.run(posted.turn.pk, model_for=always(model))
    assert "Free behind the house." in model.requests[1][-1].text
    reply = await in_db(talk.messages.filter(role="assistant").get)()
    assert reply.sources == [{"title": "House", "url": "https://www.example.com/house"}]


async def test_a_voice_session_finds_the_same(talk: Conversation) -> None:
    result = await voice.run_call(talk, ToolCallRequest("call_1", "look_up", {"query": PARKEN}))
    assert "Free behind the house." in result.text


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(401), httpx.Response(200, json={"data": "?"})])
async def test_words_alone_answer_when_the_server_does_not_and_that_is_counted(
    talk: Conversation, server: Meanings, answer: httpx.Response
) -> None:
    server.answers = [answer]
    result = await voice.run_call(talk, ToolCallRequest("call_1", "look_up", {"query": "Parking, please"}))
    assert "Free behind the house." in result.text and result.outcome == "done"
    assert await in_db(Usage.objects.filter(task="search").exclude(cause="").count)() == 1
    progress = await in_db(vectors.progress)([talk.organization], "meanings-1")
    assert (progress.passages, progress.with_vector, progress.asked, progress.unanswered) == (3, 3, 1, 1)


def test_without_numpy_knowledge_is_indexed_and_searched_as_ever(
    talk: Conversation, mia: Assistant, sweep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    told(mia, "Bicycles go into the rack.", "Bicycles")
    assert sweep() == []
    assert headings(mia, "bicycles") == ["Bicycles"]
    assert found(mia, PARKEN) == []


def test_staff_see_how_far_it_has_come_and_why_it_does_not_go_on(talk: Conversation, server: Meanings) -> None:
    home = talk.organization
    editor = entered(member(home, "editor"))
    page = "/admin/assistant/document/"
    assert "3 of 3 passages have a vector" in editor.get(page).content.decode()
    told(talk.assistant, "New.", "New")
    server.answers = [httpx.Response(401)]
    embed(talk.assistant)
    body = editor.get(page).content.decode()
    assert "3 of 4 passages have a vector" in body and "unauthorized (401)" in body
    document = Document.objects.get(title="House")
    assert "3 of 3 passages can also be found by meaning" in editor.get(f"{page}{document.pk}/change/").content.decode()
    tried = editor.get(f"{page}search/", {"query": PARKEN}).content.decode()
    assert "Free behind the house." in tried and "100 % · meaning" in tried


def test_staff_of_others_see_neither_their_figures_nor_their_problems(talk: Conversation) -> None:
    Embedding.objects.update(problem="Problem of ours")
    other = make.organization("Other")
    body = entered(member(other, "editor")).get("/admin/assistant/document/").content.decode()
    assert "0 of 0 passages" in body and "Problem of ours" not in body


def test_staff_see_no_progress_where_vectors_are_not_set_up_or_switched_off(talk: Conversation, settings: Any) -> None:
    page = "/admin/assistant/document/"
    editor = entered(member(talk.organization, "editor"))
    Organization.objects.update(use_platform_providers="never")
    assert "which this organization does not allow" in editor.get(page).content.decode()
    settings.AI_ENVIRONMENT = {}
    assert "by meaning" not in editor.get(page).content.decode().lower()


def test_nothing_but_the_server_that_was_named_is_asked(talk: Conversation) -> None:
    """Not by an organization's row either: what is platform's to ask has the platform's address and key."""
    asked: set[str] = set()

    def note(request: httpx.Request) -> httpx.Response:
        asked.add(request.url.host)
        return httpx.Response(500)

    with outbound.transport_for_tests(httpx.MockTransport(note)):
        vector_of(talk.assistant, "Anything")
    assert asked == {"vectors.example.com"}
