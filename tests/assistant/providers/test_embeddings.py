"""Vectors from a server: what is asked of it, what it may answer, and that a visitor never waits for it in vain."""

from __future__ import annotations

import logging
import random
import sys
import time
from typing import Any

import httpx
import pytest
from django.core.checks import run_checks

from assistant import outbound
from assistant.async_db import in_db
from assistant.errors import ProviderBadResponse, ProviderError
from assistant.management.doctor import examine
from assistant.models import Budget, Embedding, Organization, Provider, ProviderHealth, Spending, Usage
from assistant.providers import embeddings
from assistant.providers.configuration import load
from tests import make
from tests.assistant.meanings import KEY, Meanings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_configured")]
QUERY = "Where does grandmother's secret car go?"
OPENAI = "https://api.openai.com/v1"


async def ready(**fields: Any) -> Organization:
    """An organization with vectors, at a server that has been measured."""

    def made() -> Organization:
        home = make.organization(**fields)
        Embedding.objects.create(organization=home)
        return home

    home = await in_db(made)()
    await embeddings.space_of(home)
    return home


def searches() -> list[tuple[str, int]]:
    """Cause and tokens of each query that the server was asked about."""
    return list(Usage.objects.filter(task="search").order_by("pk").values_list("cause", "prompt_tokens"))


# --- The wire ---------------------------------------------------------------------------------------------------------


async def test_requests_follow_openais_form_and_vectors_are_put_in_the_order_of_the_texts(server: Meanings) -> None:
    provider = embeddings.configured()
    assert provider
    found, spent = await embeddings.ask(provider, ["parking", "price"], 1)
    assert [numbers.index(max(numbers)) for numbers in found] == [0, 1]
    assert (spent.prompt_tokens, spent.exact) == (7, True)
    (request,) = server.requests
    assert str(request.url) == "https://vectors.example.com/v1/embeddings"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.content == b'{"model":"meanings-1","input":["parking","price"],"encoding_format":"float"}'


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": []},
        {"data": [{"embedding": [1.0]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": [1.0, 2.0]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": []}]},
        {"data": [{"embedding": [1.0]}, {"embedding": [0.0]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": [None]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": "AACAPw=="}]},
        {"data": [{"embedding": [1.0]}, [1.0]]},
        {"data": [{"embedding": [1.0] * 20_000}] * 2},
    ],
)
def test_an_answer_that_is_not_a_vector_for_each_text_is_none(answer: Any) -> None:
    with pytest.raises(ProviderBadResponse):
        embeddings.vectors_in(answer, 2)


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (401, {"error": {"message": f"Wrong key {KEY}"}}, "unauthorized"),
        (404, {"error": {"message": "The model does not exist", "code": "model_not_found"}}, "model_not_found"),
        (429, {}, "rate_limited"),
        (500, {}, "server_error"),
        (200, {"choices": []}, "bad_response"),
    ],
)
async def test_failures_are_classified_as_those_of_chat_and_without_the_key(status: int, body: Any, cause: str) -> None:
    provider = embeddings.configured()
    assert provider
    with Meanings(httpx.Response(status, json=body)).serving(), pytest.raises(ProviderError) as caught:
        await embeddings.ask(provider, ["x"], 1)
    assert (caught.value.cause, KEY in str(caught.value)) == (cause, False)


# --- Measuring --------------------------------------------------------------------------------------------------------


async def test_a_model_is_measured_once_and_its_floor_lies_between_what_belongs_together_and_what_does_not(
    server: Meanings,
) -> None:
    home = await ready()
    space = await embeddings.space_of(home)
    assert (space.model, space.dimension, len(server.asked)) == ("meanings-1", 32, 1)
    alike, other = server.asked[0][0], server.asked[0][13]
    (question, right, wrong), _ = await embeddings.ask(embeddings.configured(), [alike, server.asked[0][12], other], 1)  # type: ignore[arg-type]
    assert embeddings._cosine(question, right) > space.floor > embeddings._cosine(question, wrong)


def test_a_model_that_cannot_tell_texts_apart_is_not_used() -> None:
    chance = random.Random(5)
    noise = [[chance.gauss() for _ in range(64)] for _ in range(24)]
    for numbers in (noise, [[1.0, 0.5]] * 24):
        with pytest.raises(ProviderError, match="does not recognise"):
            embeddings.floor_between(numbers[:12], numbers[12:])


# --- A query ----------------------------------------------------------------------------------------------------------


async def test_a_query_is_asked_about_once_and_counted(server: Meanings) -> None:
    home = await ready()
    first = await embeddings.of_query(home, QUERY)
    again = await embeddings.of_query(home, f"  {QUERY}\n")
    assert first and again and list(again.numbers) == pytest.approx(list(first.numbers))
    assert server.texts == [QUERY]
    assert await in_db(searches)() == [("", 7)]
    days_and_months = Spending.objects.filter(organization=home).exclude(period__contains="T")
    assert await in_db(list)(days_and_months.values_list("tokens", flat=True)) == [14, 14]  # with the measuring


async def test_no_organization_is_served_from_what_another_one_asked(server: Meanings) -> None:
    await embeddings.of_query(await ready(), QUERY)
    await embeddings.of_query(await ready(name="Other"), QUERY)
    assert server.texts == [QUERY, QUERY]


async def test_a_late_server_keeps_nobody_waiting_and_neither_query_nor_key_is_logged(
    server: Meanings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home = await ready()
    assert embeddings.QUERY_SECONDS <= 0.8
    server.late = True
    began = time.monotonic()
    assert await embeddings.of_query(home, QUERY, seconds=0.05) is None
    assert time.monotonic() - began < 5
    assert await in_db(searches)() == [("timeout", 0)]
    assert "searched by words alone: timeout" in caplog.text
    assert "grandmother" not in caplog.text and KEY not in caplog.text


async def test_whatever_breaks_a_query_goes_without_and_its_text_stays_out_of_the_log(
    server: Meanings, caplog: pytest.LogCaptureFixture
) -> None:
    home = await ready()

    def broken(request: httpx.Request) -> httpx.Response:
        raise RuntimeError(f"cannot send {request.content!r}")

    with outbound.transport_for_tests(httpx.MockTransport(broken)):
        assert await embeddings.of_query(home, QUERY) is None
    assert "RuntimeError" in caplog.text and "grandmother" not in caplog.text


async def test_a_server_that_is_down_is_left_alone_and_chat_is_not_held_against_it(server: Meanings, settings: Any) -> None:
    settings.AI_ENVIRONMENT = {
        "EMBEDDING_MODEL": "m", "AI_API_KEY": "k", "AI_BASE_URL": "https://one.example.com", "AI_MODEL": "chat",
    }  # fmt: skip
    home = await ready()
    server.answers = [httpx.Response(500)] * 9
    for number in range(9):
        assert await embeddings.of_query(home, f"Question {number}") is None
    assert len(await in_db(searches)()) == 5
    shut = await in_db(list)(ProviderHealth.objects.filter(open_until__isnull=False).values_list("name", flat=True))
    assert [name.endswith("-embeddings") for name in shut] == [True]


async def test_a_server_that_is_back_is_asked_again(server: Meanings) -> None:
    home = await ready()
    server.answers = [httpx.Response(401)]
    assert await embeddings.of_query(home, "One") is None
    assert await embeddings.of_query(home, "Two") is None
    past = "2020-01-01T00:00Z"
    await in_db(ProviderHealth.objects.filter(open_until__isnull=False).update)(open_until=past)
    assert await embeddings.of_query(home, "Three")
    assert server.texts == ["One", "Three"]


async def test_a_spent_budget_sends_nothing(server: Meanings) -> None:
    home = await ready()
    await in_db(Budget.objects.create)(organization=home, day_tokens=1)
    assert await embeddings.of_query(home, QUERY) is None
    assert server.texts == []


@pytest.mark.parametrize("wish", ["never", "alone"])
async def test_an_organization_that_excludes_platform_providers_sends_them_no_text(server: Meanings, wish: str) -> None:
    home = await ready()

    def keep_out() -> None:
        Organization.objects.update(use_platform_providers=wish)
        Provider.objects.create(organization=home, name="Own", preset="openai", smart="m")

    await in_db(keep_out)()
    await in_db(home.refresh_from_db)()
    assert await embeddings.of_query(home, QUERY) is None
    with pytest.raises(ProviderError):
        await embeddings.space_of(home)
    assert server.texts == []


async def test_where_no_passage_has_a_vector_no_query_is_sent(server: Meanings) -> None:
    await ready()
    assert await embeddings.of_query(await in_db(make.organization)("New"), QUERY) is None
    assert server.texts == []


async def test_without_the_extra_nothing_is_asked_and_a_check_names_what_is_missing(
    server: Meanings, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await ready()
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert await embeddings.of_query(home, QUERY) is None
    assert server.texts == []
    (said,) = [one for one in run_checks() if one.id == "assistant.W004"]
    assert "EMBEDDING_MODEL" in said.msg and "numpy" in said.msg and "requirements-vectors.lock" in said.hint


def test_no_warning_with_the_extra_installed_or_without_a_model(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [one for one in run_checks() if one.id == "assistant.W004"]
    settings.AI_ENVIRONMENT = {}
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert not [one for one in run_checks() if one.id == "assistant.W004"]


def test_the_doctor_names_the_server_and_reports_its_refusal(server: Meanings) -> None:
    def findings() -> list[tuple[str, str]]:
        return [(one.level, one.text) for one in examine(ask=True).findings if "vectors" in f"{one.about} {one.text}"]

    assert findings() == [("ok", "vectors by meanings-1 at https://vectors.example.com")]
    server.answers = [httpx.Response(401)]
    assert ("warning", "unauthorized (401)") in findings()


# --- The environment --------------------------------------------------------------------------------------------------

POOL = {"AI_A_URL": "https://a.example.com", "AI_A_KEY": "key-of-a", "AI_A_SMART": "chat", "AI_A_ENABLED": "false",
        "AI_B_URL": "https://b.example.com", "AI_B_KEY": "key-of-b", "AI_B_SMART": "chat"}  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "address", "key"),
    [
        (POOL, "https://b.example.com/v1", "key-of-b"),
        ({**POOL, "EMBEDDING_BASE_URL": "http://localhost:1"}, "http://localhost:1/v1", ""),
        ({**POOL, "EMBEDDING_BASE_URL": "http://localhost:1", "EMBEDDING_API_KEY": "own"}, "http://localhost:1/v1", "own"),
        ({**POOL, "EMBEDDING_API_KEY": "sk-own-0123456789"}, OPENAI, "sk-own-0123456789"),
        ({"AI_API_KEY": "sk-chat-0123456789"}, OPENAI, "sk-chat-0123456789"),
    ],
)  # fmt: skip
def test_the_embedding_server_has_its_own_key_or_is_the_first_provider(
    environment: dict[str, str], address: str, key: str
) -> None:
    found = load({**environment, "EMBEDDING_MODEL": "m"})
    assert found.embedding and not found.errors
    assert (found.embedding.base_url, found.embedding.key, found.embedding.smart) == (address, key, "m")


@pytest.mark.parametrize(
    ("environment", "variable", "code"),
    [
        ({"EMBEDDING_MODEL": "m"}, "EMBEDDING_MODEL", "url_missing"),
        ({"EMBEDDING_MODEL": "m", "EMBEDDING_BASE_URL": "ftp://x"}, "EMBEDDING_BASE_URL", "url_scheme"),
        ({"EMBEDDING_MODEL": "m", "EMBEDDING_BASE_URL": OPENAI}, "EMBEDDING_API_KEY", "key_missing"),
        ({"EMBEDDING_BASE_URL": "http://localhost:8080"}, "EMBEDDING_BASE_URL", "model_missing"),
        ({"AI_EMBEDDING_MODEL": "m"}, "AI_EMBEDDING_MODEL", "unknown_variable"),
    ],
)
def test_problems_of_the_embedding_configuration_are_named(environment: dict[str, str], variable: str, code: str) -> None:
    found = load(environment)
    assert found.embedding is None
    assert (variable, code) in [(problem.variable, problem.code) for problem in found.problems]
    assert not found.configured  # the demonstration model still answers who has set up nothing else
