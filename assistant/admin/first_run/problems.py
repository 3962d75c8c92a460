"""What is set up but cannot work: said where it is saved, and on the first page."""

from __future__ import annotations

from assistant.models import Assistant, Method
from assistant.models.organizations.organization import OrganizationQuerySet
from assistant.providers import router

WATCHED = 20


def nobody_answers(assistant: Assistant) -> str:
    """What is said of an assistant that was saved and for which no model would be asked."""
    return (
        f"{assistant.name} cannot answer: no provider of the organization can be used, and none is set up for all "
        "organizations. Add a provider, or complete one."
    )


def nobody_offers(method: Method) -> str:
    return f"No assistant may use {method.name} yet. Choose one under Access, or turn the method off."


def without_model(organizations: OrganizationQuerySet) -> list[Assistant]:
    """The enabled assistants of these organizations for which no model would be asked."""
    rows = Assistant.objects.filter(organizations.as_owners(), enabled=True, organization__active=True)
    watched = (
        rows.select_related("organization")
        .prefetch_related("organization__providers")
        .order_by("organization_id", "pk")[:WATCHED]
    )
    return [assistant for assistant in watched if not has_model(assistant)]


def has_model(assistant: Assistant) -> bool:
    """Whether any model would be asked to answer for `assistant`, the demonstration included."""
    return any(router.candidates(assistant))


def not_offered(organizations: OrganizationQuerySet) -> list[Method]:
    """The enabled methods that no enabled assistant may use."""
    rows = Method.objects.filter(organizations.as_owners(), enabled=True).exclude(assistants__enabled=True)
    return list(rows.select_related("organization").order_by("pk")[:WATCHED])
