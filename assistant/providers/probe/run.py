"""One probe from its first check to its report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.llm import ToolSpec
from assistant.providers import presets
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe.checks import CHECKS, list_models
from assistant.providers.probe.report import Report
from assistant.providers.probe.state import REQUEST_SECONDS, Probe

DEADLINE_SECONDS = 90.0
LOCAL_TIMES = 3  # as much of both for a model on one's own machine, which is loaded first and writes slowly


async def probe(
    provider: ProviderSettings,
    model: str = "",
    *,
    tools: Sequence[ToolSpec] = (),
    deadline_seconds: float | None = None,
    request_seconds: float | None = None,
    realtime_azure: bool = False,
) -> Report:
    """Measure `model` (its model for replies by default) at `provider`.

    `tools` are the assistants' own: they are offered and never run. `deadline_seconds` is for all of it, `request_seconds`
    for each question: by default what suits the address, and no less than the provider's own limit of silence.
    """
    if deadline_seconds is None:
        deadline_seconds = DEADLINE_SECONDS * _times(provider)
    if request_seconds is None:
        request_seconds = seconds_for_a_request(provider)
    run = Probe(provider, model or provider.smart, realtime_azure, tools, request_seconds)
    try:
        async with asyncio.timeout(deadline_seconds):
            for name, check in CHECKS.items():
                run.doing = name
                if not await check(run):
                    break
    except TimeoutError:
        silent = ", ".join(name.replace("_", " ") for name in _left(run))
        run.add(
            "deadline", "failed", "timeout", f"Stopped after {deadline_seconds:g} seconds. Not answered by then: {silent}."
        )
    for name in _left(run):
        run.add(name, "skipped")
    return run.report()


def seconds_for_a_request(provider: ProviderSettings) -> float:
    return max(REQUEST_SECONDS * _times(provider), provider.silence_seconds or 0)


def _times(provider: ProviderSettings) -> int:
    return LOCAL_TIMES if presets.is_local(provider.base_url) else 1


async def shutdowns(provider: ProviderSettings) -> dict[str, str]:
    """When models will end, as the server's own `/models` says: the text of a date by model. {} when it says nothing."""
    run = Probe(provider, provider.smart)
    await list_models(run)
    return run.shutdowns


def _left(run: Probe) -> list[str]:
    """The checks that have no outcome yet."""
    done = {check.name for check in run.checks}
    return [name for name in CHECKS if name not in done and (name != "own_tools" or run.own_tools)]
