"""An organization's provider, as the settings that requests are made from."""

from __future__ import annotations

import logging
from dataclasses import replace

from assistant.models import Provider as Row
from assistant.outbound import Reach
from assistant.providers import configuration
from assistant.providers.configuration import Problem, ProviderSettings
from assistant.providers.presets import PRESETS

log = logging.getLogger(__name__)


def from_row(row: Row) -> ProviderSettings | None:
    """The settings of a row, with its own key and no other; None, and a line in the log, when it cannot be used yet."""
    provider, problems = examined(row)
    if provider is None:
        log.warning("provider %s is not usable: %s", row.pk, ", ".join(problem.code for problem in problems))
    return provider


def examined(row: Row) -> tuple[ProviderSettings | None, list[Problem]]:
    """The settings of a row, and what is wrong with them; a problem's variable is the row's field."""
    preset = row.preset if row.preset in PRESETS else ""
    url = row.base_url or (PRESETS[preset].base_url if preset else "")
    values = {
        "URL": url,
        "KEY": row.key(url) if url else "",
        "SMART": row.smart,
        "FAST": row.fast,
        "REALTIME": row.realtime,
        "AUTH": row.auth,
        "API_VERSION": row.api_version,
    }
    provider, problems = configuration.build(
        {name: value for name, value in values.items() if value},
        name=row.name,
        preset=preset,
        variables={name: "base_url" if name == "URL" else name.lower() for name in values},
        source=f"organization {row.organization_id}",
        reach=Reach.OPERATOR if row.set_by_operator else Reach.TENANT,
    )
    if provider is None:
        return None, problems
    return replace(
        provider,
        name=row.name,
        weight=row.weight,
        headers=(*provider.headers, *(row.headers or {}).items()),
        max_output_tokens=row.max_output_tokens,
    ), problems


def what_is_wrong(row: Row) -> str:
    """Why a row cannot be used yet, for staff; "" when it can."""
    provider, problems = examined(row)
    wrong = [f"{found.variable.replace('_', ' ')} {found.message}" for found in problems if found.level == "error"]
    return "" if provider else "; ".join(wrong)
