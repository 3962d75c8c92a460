"""How passages get their vectors: runs, leases and failures."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from assistant.async_db import in_db
from assistant.models import Assistant, Embedding, Passage, PassageVector
from assistant.providers import embeddings
from assistant.services.knowledge import documents, vectors
from tests import make
from tests.assistant.meanings import ENVIRONMENT, Meanings
from tests.assistant.services.knowledge.house import HOUSE, LONG, PARKEN, embed, found, headings, told, with_vectors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_configured")]


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
