"""A search by meaning: how passages get their vectors, who finds what by them, and that nothing depends on them."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from assistant import jobs, outbound, tasks, turns, voice
from assistant.async_db import in_db
from assistant.llm import ToolCallRequest
from assistant.models import Assistant, Conversation, Document, Embedding, Organization, Passage, PassageVector, Usage
from assistant.providers import embeddings
from assistant.services.conversations.messages import post_message
from assistant.services.knowledge import documents, vectors
from assistant.services.knowledge.search import Found, fused, search
from assistant.services.knowledge.vectors import Vector
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.meanings import ENVIRONMENT, Meanings
from tests.fakes import ScriptedModel, always, calls, says

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_configured")]
HOUSE = """# Parking
Free behind the house.

# Prices
Whitening is 290.

# Hours
We open at nine.
"""
LONG = "\n".join(f"# Room {number}\nWhere it is." for number in range(1, 36))  # more than a batch
PARKEN = "Wo kann mein Wagen stehen?"


@pytest.fixture
def mia() -> Assistant:
    return make.assistant()


def told(of: Assistant, body: str = HOUSE, title: str = "House", **fields: Any) -> Document:
    document = Document(organization=of.organization, title=title, text=body, **fields)
    documents.queue(document)
    return document


def embed(of: Assistant, **options: Any) -> Embedding:
    tasks.embed_passages(str(of.organization_id), **options)
    return Embedding.objects.get(organization=of.organization)


def vector_of(of: Assistant, query: str) -> Vector | None:
    return async_to_sync(embeddings.of_query)(of.organization, query)


def found(of: Assistant, query: str) -> list[Found]:
    return search(of.organization, of, query, 4, vector_of(of, query))


def headings(of: Assistant, query: str) -> list[str]:
    return [one.heading for one in found(of, query)]


def with_vectors(model: str = "meanings-1") -> int:
    return PassageVector.objects.filter(model=model, dimension=32).count()


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


# --- Getting them -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sweep(queued_tasks: list[tuple[str, str]], django_capture_on_commit_callbacks: Any) -> Any:
    def run() -> list[str]:
        """The organizations that are handed over."""
        queued_tasks.clear()
        with django_capture_on_commit_callbacks(execute=True):
            jobs.embed()
        return [organization for _, organization in queued_tasks]

    return run


def test_the_sweep_queues_organizations_until_none_lacks_vectors(
    mia: Assistant, server: Meanings, sweep: Any, settings: Any
) -> None:
    home = str(mia.organization_id)
    assert sweep() == []
    told(mia)
    told(make.assistant(make.organization("Closed", active=False)))
    told(make.assistant(make.organization("Private", use_platform_providers="never")))
    assert sweep() == [home]
    embed(mia)
    assert sweep() == []
    told(mia, "Parking for guests.", "Guests")
    assert sweep() == [home]
    settings.AI_ENVIRONMENT = {}
    assert sweep() == []


def test_indexing_waits_for_nobody(mia: Assistant, server: Meanings) -> None:
    server.late = True
    told(mia)
    assert headings(mia, "parking") == ["House › Parking"]
    assert server.asked == []


def test_a_killed_task_is_gone_on_with_when_its_lease_lapses_and_nothing_is_asked_twice(
    mia: Assistant, server: Meanings, sweep: Any
) -> None:
    told(mia, LONG)
    # As far as a worker came that was killed after its first batch:
    dead = vectors.claim(mia.organization_id)
    assert dead
    space = async_to_sync(embeddings.space_of)(mia.organization)
    first = vectors.batch(dead, space)
    given = async_to_sync(embeddings.of_passages)(mia.organization, space, [row.text for row in first])
    assert vectors.keep(dead, space, dict(zip([row.pk for row in first], given, strict=True)))

    assert with_vectors() == vectors.BATCH
    before = list(server.texts)
    embed(mia)
    assert sweep() == [] and server.texts == before  # it may be alive
    Embedding.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert sweep() == [str(mia.organization_id)]
    embed(mia)
    assert server.texts[len(before) :] == [f"House › Room {number}\nWhere it is." for number in (33, 34, 35)]
    assert with_vectors() == 35
    # And should it wake up, it writes nothing any more.
    assert not vectors.keep(dead, space, {first[0].pk: None})
    vectors.give_back(dead)
    assert with_vectors() == 35


def test_a_run_goes_through_all_batches(mia: Assistant, server: Meanings) -> None:
    told(mia, LONG)
    embed(mia)
    assert [len(texts) for texts in server.asked[1:]] == [32, 3]
    assert with_vectors() == 35


def test_passages_that_lack_a_vector_are_looked_for_some_at_a_time(mia: Assistant, server: Meanings) -> None:
    told(mia)
    embed(mia)
    told(mia, "Parking for guests.", "Guests")
    claimed = vectors.claim(mia.organization_id)
    assert claimed
    space = async_to_sync(embeddings.space_of)(mia.organization)
    assert [row.title for row in vectors.batch(claimed, space, looked_at=2)] == ["Guests"]


def test_a_run_that_has_lost_its_lease_stops(mia: Assistant) -> None:
    class Slow(Meanings):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            await in_db(Embedding.objects.update)(fence=9)
            return await super().__call__(request)

    told(mia, LONG)
    with Slow().serving() as server:
        assert embed(mia).leased_until  # as the other one has it
    assert len(server.texts) == vectors.BATCH and with_vectors() == 0


def test_a_run_that_takes_too_long_is_continued_by_another(
    mia: Assistant,
    server: Meanings,
    queued_tasks: list[tuple[str, str]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    told(mia)
    with django_capture_on_commit_callbacks(execute=True):
        assert embed(mia, seconds=-1).leased_until is None
    assert queued_tasks == [(vectors.TASK, str(mia.organization_id))]


def test_another_model_makes_all_vectors_anew_and_none_of_the_old_is_compared_with_it(
    mia: Assistant, server: Meanings, sweep: Any, settings: Any
) -> None:
    told(mia)
    embed(mia)
    assert headings(mia, PARKEN) == ["House › Parking"]
    settings.AI_ENVIRONMENT = {**ENVIRONMENT, "EMBEDDING_MODEL": "meanings-2"}
    assert found(mia, PARKEN) == []  # until the new ones are there
    assert sweep() == [str(mia.organization_id)]
    embed(mia)
    assert (with_vectors("meanings-1"), with_vectors("meanings-2")) == (0, 3)
    assert headings(mia, PARKEN) == ["House › Parking"]


def test_the_same_model_with_other_vectors_at_another_server_is_measured_and_made_anew(
    mia: Assistant, server: Meanings, sweep: Any, settings: Any
) -> None:
    told(mia)
    embed(mia)
    settings.AI_ENVIRONMENT = {**ENVIRONMENT, "EMBEDDING_BASE_URL": "https://elsewhere.example.com/v1"}
    server.dimension = 48
    assert sweep() == [str(mia.organization_id)]
    embed(mia)
    assert set(PassageVector.objects.values_list("dimension", flat=True)) == {48}
    assert headings(mia, PARKEN) == ["House › Parking"]


def test_a_passage_that_the_model_refuses_keeps_none_of_the_others_from_theirs(
    mia: Assistant, server: Meanings, sweep: Any
) -> None:
    server.refuses = re.compile("Whitening")
    told(mia)
    embed(mia)
    assert dict(PassageVector.objects.values_list("passage__title", "dimension")) == {
        "House › Parking": 32, "House › Prices": 0, "House › Hours": 32,
    }  # fmt: skip
    assert sweep() == []  # it is not asked about again and again
    assert headings(mia, "whitening") == ["House › Prices"]


def test_of_a_passage_that_is_too_long_for_the_model_the_beginning_counts(mia: Assistant, server: Meanings) -> None:
    server.refuses = re.compile(r"(?s)^.{700}")
    told(mia, "Parking is behind the house, " + "and so on " * 75)
    embed(mia)
    assert with_vectors() == 1
    assert 350 < len(server.texts[-1]) < 700 and server.texts[-1].startswith("House\nParking")


def test_a_failure_is_reported_waited_out_and_recovered_from(mia: Assistant, server: Meanings, sweep: Any) -> None:
    told(mia)
    server.answers = [httpx.Response(503)] * 2
    for minutes in (1, 2):
        row = embed(mia)
        assert row.next_at and row.leased_until is None and "server_error" in row.problem
        wait = row.next_at - timezone.now()
        assert timedelta(minutes=minutes - 0.2) < wait < timedelta(minutes=minutes + 0.2)
        asked = len(server.asked)
        assert sweep() == [] and embed(mia) and len(server.asked) == asked
        Embedding.objects.update(next_at=timezone.now())
    assert headings(mia, "parking") == ["House › Parking"]
    row = embed(mia)
    assert (row.problem, row.failures, row.next_at, with_vectors()) == ("", 0, None, 3)


def test_a_page_that_is_read_again_keeps_the_vectors_of_what_is_still_there(mia: Assistant, server: Meanings) -> None:
    document = told(mia)
    embed(mia)
    kept = set(document.passages.values_list("pk", flat=True))
    document.text = HOUSE.replace("290", "310") + "\n# Team\nAmara."
    documents.queue(document)
    embed(mia)
    assert len(kept & set(document.passages.values_list("pk", flat=True))) == 2
    assert server.texts[3:] == ["House › Prices\nWhitening is 310.", "House › Team\nAmara."]
    assert [row.position for row in document.passages.all()] == [0, 1, 2, 3]


def test_vectors_go_with_their_passages(mia: Assistant, server: Meanings) -> None:
    document = told(mia)
    embed(mia)
    document.delete()
    assert not PassageVector.objects.exists() and not Passage.objects.exists()


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
