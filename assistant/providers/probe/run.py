"""One probe from its first check to its report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.llm import ToolSpec
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe.checks import CHECKS, list_models
from assistant.providers.probe.report import Report
from assistant.providers.probe.state import REQUEST_SECONDS, Probe

DEADLINE_SECONDS = 90.0


async def probe(
    provider: ProviderSettings,
    model: str = "",
    *,
    tools: Sequence[ToolSpec] = (),
    deadline_seconds: float = DEADLINE_SECONDS,
    request_seconds: float = REQUEST_SECONDS,
    realtime_azure: bool = False,
) -> Report:
    """Measure `model` (its model for replies by default) at `provider`.

    `tools` are the assistants' own: they are offered and never run.
    """
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


async def shutdowns(provider: ProviderSettings) -> dict[str, str]:
    """When models will end, as the server's own `/models` says: the text of a date by model. {} when it says nothing."""
    run = Probe(provider, provider.smart)
    await list_models(run)
    return run.shutdowns


def _left(run: Probe) -> list[str]:
    """The checks that have no outcome yet."""
    done = {check.name for check in run.checks}
    return [name for name in CHECKS if name not in done and (name != "own_tools" or run.own_tools)]
