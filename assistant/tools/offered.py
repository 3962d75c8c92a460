"""The tools that an organization's assistants offer to models, for a probe: described, never run."""

from __future__ import annotations

import logging

from assistant.llm import ToolSpec
from assistant.models import Method, Organization
from assistant.tools.tool import tools_of

log = logging.getLogger(__name__)

MAX_TOOLS = 40


def tools_offered(organization: Organization | None) -> list[ToolSpec]:
    """The tools of `organization`, in the form that visitors' turns offer them; of everybody that the platform's providers
    answer for where it is None. Reads the database and nothing else; one that cannot be described is left out."""
    methods = Method.objects.filter(enabled=True, organization__active=True).select_related("organization")
    if organization is not None:
        methods = methods.filter(organization=organization)
    else:
        methods = methods.exclude(organization__use_platform_providers=Organization.PlatformProviders.NEVER)
    specs: dict[str, ToolSpec] = {}
    for method in methods.order_by("pk")[:MAX_TOOLS]:
        try:
            for tool in tools_of(method):
                spec = ToolSpec(tool.name, tool.operation.description(tool.method), tool.schema)
                specs.setdefault(spec.name, spec)
        except Exception as error:  # a half-made method is no reason not to measure a model
            log.warning("method %s cannot be offered: %s", method.pk, type(error).__name__)
    return list(specs.values())[:MAX_TOOLS]
