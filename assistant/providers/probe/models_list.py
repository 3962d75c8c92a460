"""The models that a server lists at `/models`, as far as it does."""

from __future__ import annotations

from typing import Any

import orjson

from assistant import outbound
from assistant.errors import ProviderBadResponse
from assistant.providers.configuration import ProviderSettings

MAX_BYTES = 4_194_304
MAX_MODELS = 2000


async def fetch_models(provider: ProviderSettings, seconds: float) -> outbound.Response:
    """GET /models. Raises `OutboundError`."""
    return await outbound.fetch(
        "GET",
        provider.endpoint("models"),
        reach=provider.reach,
        headers=provider.request_headers(),
        deadline_seconds=seconds,
        max_bytes=MAX_BYTES,
    )


def listed(body: bytes) -> tuple[tuple[str, ...], dict[str, str]]:
    """The ids in an answer of `/models`, as they come, and the shutdown dates among them. Raises `ProviderBadResponse`."""
    document = parsed(body)
    if isinstance(document, dict):
        document = document.get("data", document.get("models"))
    if not isinstance(document, list):
        raise ProviderBadResponse("The list of models has an unknown format.")
    names, shutdowns = [], {}
    for item in document[:MAX_MODELS]:
        name = item if isinstance(item, str) else next(
            (item[key] for key in ("id", "name", "model") if isinstance(item, dict) and isinstance(item.get(key), str)), ""
        )  # fmt: skip
        if name and name.isprintable():
            names.append(name)
            if isinstance(item, dict) and isinstance(item.get("shutdown_date"), str):
                shutdowns[name] = item["shutdown_date"]
    return tuple(dict.fromkeys(names)), shutdowns


def parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
