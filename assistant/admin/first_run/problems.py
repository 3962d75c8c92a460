"""What is set up but cannot work: said where it is saved, and on the first page."""

from __future__ import annotations

from django.db.models import QuerySet

from assistant.models import Assistant, Method, Organization
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


def without_model(organizations: QuerySet[Organization]) -> list[Assistant]:
    """The enabled assistants of these organizations for which no model would be asked."""
    rows = Assistant.objects.filter(organization__in=organizations, enabled=True, organization__active=True)
    watched = rows.select_related("organization").prefetch_related("organization__providers")[:WATCHED]
    return [assistant for assistant in watched if not has_model(assistant)]


def has_model(assistant: Assistant) -> bool:
    """Whether any model would be asked to answer for `assistant`, the demonstration included."""
    return any(router.candidates(assistant))


def not_offered(organizations: QuerySet[Organization]) -> list[Method]:
    """The enabled methods that no enabled assistant may use."""
    rows = Method.objects.filter(organization__in=organizations, enabled=True).exclude(assistants__enabled=True)
    return list(rows.select_related("organization").order_by("pk")[:WATCHED])
