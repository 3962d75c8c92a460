"""Embeddings through OpenAI's API: one server and one model, which the operator sets.

    vector = await of_query(organization, "Where can I park?")    # None if it does not come in time; never raises
    space = await space_of(organization)                          # measured when it is first asked for
    found = await of_passages(organization, space, texts)         # None for a text that the model refuses

The similarity of two texts is a cosine, and what counts as a large one differs from model to model. So a model is measured
before it is used, on a few questions whose answers are known.
Source: https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import asyncio
import logging
import math
import statistics
import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

import orjson
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from assistant import outbound
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, OutboundError, ProviderBadResponse, ProviderError, ProviderUnavailable
from assistant.llm import TokenUsage
from assistant.models import Embedding, Organization
from assistant.models import Usage as UsageRow
from assistant.providers import router
from assistant.providers.completions import CONNECT_SECONDS, classified, estimated_tokens, from_outbound
from assistant.providers.configuration import ProviderSettings
from assistant.services.knowledge import vectors
from assistant.services.knowledge.vectors import Space, Vector
from assistant.services.providers import budgets, health
from assistant.services.providers.budgets import Attempt, Requester, Reservation

log = logging.getLogger(__name__)

QUERY_SECONDS = 0.8  # a visitor waits; without a vector the words alone decide
BATCH_SECONDS = 60.0  # a laptop's processor may need them
KEPT_SECONDS = 3600  # a query's vector
PLACES = 500  # per organization; the newer query takes the place of the older
MAX_ANSWER_BYTES = 33_554_432
MAX_DIMENSION = 16_384
SHORTEST = 200  # characters of a text's beginning that are still worth a vector
OF_TEXT = {"bad_request", "context_too_long", "content_filter"}  # a text is to blame, since others were taken before
BY_CHANCE = 2.5  # standard deviations above the mean that texts reach which have nothing to do with each other

# Questions, and the texts that answer them and no other: paraphrases, and texts in another language than the question.
MEASURED_ON = (
    ("Where can I leave my car?", "Parking is free for two hours behind the house; the entrance is on Mill Street."),
    ("What does it cost to have it repaired?", "Repairs: 45 an hour, spare parts extra. You get an estimate beforehand."),
    ("Are you there at the weekend?", "Opening hours: Monday to Friday from nine to six, Saturday until one."),
    ("Can I bring back what I bought?", "Returns are accepted within 30 days, unused and with the receipt."),
    ("How long until my parcel arrives?", "We ship every morning. Orders are delivered within three working days."),
    ("Is there something without meat?", "Vegetarian dishes: lentil curry, mushroom risotto, grilled vegetables."),
    ("Do I have to be sent by my doctor?", "No referral is needed. New patients bring a list of their medicines."),
    ("I cannot log in any more", "To choose a new password, follow the link that we send to your e-mail address."),
    ("Darf mein Hund mitkommen?", "Pets are welcome in all rooms; please keep dogs on a lead in the restaurant."),
    ("¿Cómo puedo cancelar mi cita?", "Appointments can be cancelled or moved free of charge until 24 hours before."),
    ("Avez-vous des places pour les tout-petits ?", "Our nursery takes care of children from one to six years."),
    ("Wie hoch ist die Miete?", "The flat costs 900 a month, heating and water included."),
)


# --- Who is asked -----------------------------------------------------------------------------------------------------


def configured() -> ProviderSettings | None:
    """The server that makes vectors, its model in `smart`; None where none is named, or the extra is not installed."""
    provider = router.platform().embedding
    return provider if provider and vectors.installed() else None


def provider_for(organization: Organization) -> ProviderSettings | None:
    """The same, if this organization's texts may be sent there: where the platform's servers may answer for it."""
    provider = configured()
    return provider if provider and router.may_use_platform(organization, health.own(organization)) else None


def known_space() -> Space | None:
    """Where the vectors lie, if that has been measured."""
    provider = configured()
    return _space(provider, health.standings([_place(provider)])[_place(provider)]) if provider else None


def _place(provider: ProviderSettings) -> tuple[str, str]:
    """Its health is separate: chat goes on when vectors are late, and vice versa."""
    return health.health_key(None, provider.name, provider.base_url, provider.key), provider.smart


def _space(provider: ProviderSettings, standing: health.Standing) -> Space | None:
    dimension, floor = standing.capabilities.get("dimension"), standing.capabilities.get("floor")
    return Space(provider.smart, dimension, floor) if dimension and floor is not None else None


# --- What is asked ----------------------------------------------------------------------------------------------------


async def of_query(organization: Organization, text: str, *, seconds: float = QUERY_SECONDS) -> Vector | None:
    """The vector of a query; None if it is not there within `seconds`, for any reason. Logs no text."""
    try:
        ready = await in_db(_looked_up)(organization, " ".join(text.split()))
        if not isinstance(ready, _Request):
            return ready
        (numbers,) = await _answered(ready, seconds)
        assert ready.space
        return Vector(numbers, ready.space)
    except (ProviderError, BudgetExceeded) as error:
        cause = error.cause if isinstance(error, ProviderError) else error.code
        log.info("organization %s: searched by words alone: %s", organization.pk, cause)
    except Exception as error:
        # Without its traceback, which may quote what was asked.
        log.error("organization %s: searched by words alone: %s", organization.pk, type(error).__name__)
    return None


async def space_of(organization: Organization) -> Space:
    """Where the model's vectors lie, measured if it has not been. Raises `ProviderError`, `BudgetExceeded`."""
    provider = await in_db(provider_for)(organization)
    if provider is None:
        raise ProviderUnavailable("No server may make vectors of this organization's texts.")
    space = await in_db(known_space)()
    if space is None:
        questions, texts = zip(*MEASURED_ON, strict=True)
        request = await in_db(_opened)(organization, provider, "embed", [*questions, *texts])
        numbers = await _answered(request, BATCH_SECONDS)
        space = Space(provider.smart, len(numbers[0]), floor_between(numbers[: len(texts)], numbers[len(texts) :]))
        key, model = request.place
        facts = {"dimension": space.dimension, "floor": space.floor}
        await in_db(health.measured)(key, model, facts, name=provider.name)
        log.info("%s/%s: texts belong together from a cosine of %.2f", provider.name, model, space.floor)
    return space


async def of_passages(organization: Organization, space: Space, texts: Sequence[str]) -> list[list[float] | None]:
    """A vector for each of `texts`, of a long one perhaps for its beginning. Raises `ProviderError`, `BudgetExceeded`."""
    provider = await in_db(provider_for)(organization)
    if provider is None or provider.smart != space.model:
        raise ProviderUnavailable("Another server makes vectors now, or none.")
    try:
        found = await _answered(await in_db(_opened)(organization, provider, "embed", list(texts)), BATCH_SECONDS)
    except ProviderError as error:
        if error.cause not in OF_TEXT:
            raise
        if len(texts) > 1:
            half = len(texts) // 2
            first = await of_passages(organization, space, texts[:half])
            return first + await of_passages(organization, space, texts[half:])
        if error.cause != "content_filter" and len(texts[0]) >= 2 * SHORTEST:
            return await of_passages(organization, space, [texts[0][: len(texts[0]) // 2]])
        return [None]
    if len(found[0]) != space.dimension:
        raise ProviderBadResponse(f"The vectors have {len(found[0])} numbers, and had {space.dimension} when measured.")
    return list(found)


def floor_between(questions: Sequence[Sequence[float]], texts: Sequence[Sequence[float]]) -> float:
    """The cosine half-way between texts that answer the question in their place and those that answer another, and never
    one that the others reach by chance. Raises `ProviderError` for a model to which all are alike.
    """
    cosines = [[_cosine(question, text) for text in texts] for question in questions]
    together = [row[place] for place, row in enumerate(cosines)]
    apart = [cosine for place, row in enumerate(cosines) for other, cosine in enumerate(row) if other != place]
    near, far = statistics.fmean(together), statistics.fmean(apart)
    chance = far + BY_CHANCE * statistics.pstdev(apart)
    if near <= chance:
        raise ProviderError(
            "The model does not recognise which texts belong together. Check that it is an embedding model.", cause="empty"
        )
    return round(max((near + far) / 2, chance), 4)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(map(mul, one, other)) / (math.hypot(*one) * math.hypot(*other))


# --- One request, and what it owes to budget and health ---------------------------------------------------------------


@dataclass(frozen=True)
class _Request:
    provider: ProviderSettings
    task: str  # "embed" for passages, "search" for a visitor's query
    texts: list[str] = field(repr=False)
    reservation: Reservation
    space: Space | None = None
    cache_key: str = ""
    was_failing: bool = False  # failures of the server are on record: a success is recorded too

    @property
    def place(self) -> tuple[str, str]:
        return _place(self.provider)


def _looked_up(organization: Organization, text: str) -> Vector | _Request | None:
    """The vector of a query, or how to get one; None where there is no use in asking. Raises `BudgetExceeded`."""
    provider = provider_for(organization)
    if provider is None or not text or not Embedding.objects.filter(pk=organization.pk).exists():
        return None
    place = _place(provider)
    standing = health.standings([place])[place]
    space = _space(provider, standing)
    if space is None:
        return None
    key = salted_hmac("embeddings.query", f"{provider.base_url}\n{provider.smart}\n{text}", algorithm="sha256").hexdigest()
    if kept := _recalled(organization, key):
        return Vector(kept, space)
    if standing.state == "open" or (standing.state == "half-open" and not health.claim_probe(*place)):
        return None
    try:
        return _opened(organization, provider, "search", [text], space=space, cache_key=key, was_failing=not standing.well)
    except BudgetExceeded:
        health.give_back_probe(*place)
        raise


def _opened(organization: Organization, provider: ProviderSettings, task: str, texts: list[str], **more: Any) -> _Request:
    reservation = budgets.reserve(
        Requester(None, task, owner=organization),
        model=provider.smart,
        prompt_tokens=estimated_tokens(_body(provider, texts)),
        completion_tokens=0,
    )
    return _Request(provider, task, texts, reservation, **more)


async def _answered(request: _Request, seconds: float) -> list[list[float]]:
    """The vectors of its texts, in their order. Raises `ProviderError`."""
    began = time.monotonic()
    cause = "stopped"
    spent: TokenUsage | None = None
    numbers: list[list[float]] = []
    try:
        numbers, spent = await ask(request.provider, request.texts, seconds)
        cause = ""
        return numbers
    except ProviderError as error:
        cause = error.cause
        spent = None if cause in ("timeout", "cut_off", "bad_response") else TokenUsage()  # a refusal costs nothing
        raise
    finally:
        key, model = request.place
        attempt = Attempt(
            request.provider.name, UsageRow.Source.PLATFORM, key, model, cause=cause, usage=spent,
            total_ms=round((time.monotonic() - began) * 1000),
        )  # fmt: skip
        # Not to be cut short by a visitor's stop: the budget would stay spent.
        await asyncio.shield(in_db(_closed)(request, attempt, numbers))


def _closed(request: _Request, attempt: Attempt, numbers: list[list[float]]) -> None:
    budgets.settle(request.reservation, [attempt])
    if request.task != "search":  # background work has its own timeout, and says nothing about a visitor's
        return
    if attempt.cause == "stopped":
        health.give_back_probe(*request.place)
    elif attempt.cause:
        health.failed(*request.place, attempt.cause, name=request.provider.name)
    elif request.was_failing:
        health.succeeded(*request.place)
    if numbers:
        _kept(request, numbers[0])


def _recalled(organization: Organization, key: str) -> Sequence[float]:
    try:
        kept_key, data = cache.get(_cache_place(organization.pk, key)) or ("", b"")
    except Exception:
        log.warning("the cache is unavailable: a query's vector was not looked up", exc_info=True)
        return ()
    return array("f", data) if kept_key == key else ()


def _kept(request: _Request, numbers: Sequence[float]) -> None:
    place = _cache_place(request.reservation.asking.organization.pk, request.cache_key)
    try:
        cache.set(place, (request.cache_key, array("f", numbers).tobytes()), KEPT_SECONDS)
    except Exception:
        log.warning("the cache is unavailable: a query's vector was not stored", exc_info=True)


def _cache_place(organization_id: int, key: str) -> str:
    return f"vector.{organization_id}.{int(key[:8], 16) % PLACES}"


# --- The wire ---------------------------------------------------------------------------------------------------------


async def ask(provider: ProviderSettings, texts: Sequence[str], seconds: float) -> tuple[list[list[float]], TokenUsage]:
    """The vectors of `texts` in their order, and what they took. Raises `ProviderError`."""
    content = _body(provider, texts)
    answered = False
    try:
        async with (
            asyncio.timeout(seconds),
            outbound.stream(
                "POST",
                provider.endpoint("embeddings", provider.smart),
                reach=provider.reach,
                headers={**provider.request_headers(), "Content-Type": "application/json", "Accept": "application/json"},
                content=content,
                connect_seconds=min(CONNECT_SECONDS, seconds),
                read_seconds=seconds,
                max_bytes=MAX_ANSWER_BYTES,
            ) as answer,
        ):
            answered = True
            body = b"".join([chunk async for chunk in answer.chunks()])
    except OutboundError as error:
        raise from_outbound(error, answered) from error
    except TimeoutError as error:
        raise ProviderError("The server took too long.", cause="timeout") from error
    said = _json(body)
    if answer.status != 200:
        raise classified(answer.status, said, answer.headers, sent=content, key=provider.key)
    counted = said.get("usage") if isinstance(said, dict) else None
    tokens = counted.get("prompt_tokens") if isinstance(counted, dict) else None
    spent = (
        TokenUsage(tokens) if isinstance(tokens, int) and tokens > 0 else TokenUsage(estimated_tokens(content), exact=False)
    )
    return vectors_in(said, len(texts)), spent


def _body(provider: ProviderSettings, texts: Sequence[str]) -> bytes:
    return orjson.dumps({"model": provider.smart, "input": list(texts), "encoding_format": "float"})


def vectors_in(said: Any, wanted: int) -> list[list[float]]:
    """The vectors in an answer, by their `index`. Raises `ProviderBadResponse` for anything but `wanted` of one length."""
    rows = said.get("data") if isinstance(said, Mapping) else None
    if not isinstance(rows, list) or len(rows) != wanted or not all(isinstance(row, dict) for row in rows):
        raise ProviderBadResponse("The answer is not that of embeddings.")
    places = [row.get("index", place) for place, row in enumerate(rows)]
    if all(isinstance(place, int) for place in places) and sorted(places) == list(range(wanted)):
        rows = [rows[places.index(place)] for place in range(wanted)]
    found = [row.get("embedding") for row in rows]
    length = len(found[0]) if isinstance(found[0], list) else 0
    for numbers in found:
        fits = isinstance(numbers, list) and 0 < len(numbers) == length <= MAX_DIMENSION
        if not fits or not all(type(number) in (float, int) for number in numbers) or not any(numbers):
            raise ProviderBadResponse("The answer holds something else than vectors of one length.")
    return found


def _json(body: bytes) -> Any:
    """As JSON if possible, otherwise as text; the text of a web page is dropped."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return "" if body.lstrip()[:1] == b"<" else body[:2000].decode(errors="replace")
