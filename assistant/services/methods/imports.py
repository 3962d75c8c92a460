"""Saving imported methods: all that staff selected, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from assistant.errors import ImportRefused
from assistant.models import Assistant, Method, Organization
from assistant.models.methods.method import MAX_METHODS


class SourcedDraft(Protocol):
    """What an import found; `source` finds the method that an earlier import made of it, and is empty for none."""

    @property
    def source(self) -> str: ...

    @property
    def name(self) -> str: ...


Draft = TypeVar("Draft", bound=SourcedDraft)


@dataclass(frozen=True)
class ImportResult:
    created: tuple[Method, ...]
    updated: tuple[Method, ...]


def apply(
    organization: Organization,
    drafts: Sequence[Draft],
    fit: Callable[[Method, Draft], None],
    *,
    assistants: Iterable[Assistant] = (),
) -> ImportResult:
    """Make a method of each draft, or bring the one up to date that was made of it before; `assistants` get the new ones.

    `fit` puts a draft into a method and raises `ValidationError` where it does not go. Raises `ImportRefused`, and has
    stored nothing, when one does not fit, a name is taken, or there would be more than `MAX_METHODS`.
    """
    with transaction.atomic():
        # Two imports at once would each see room for their own.
        Organization.objects.filter(pk=organization.pk).lock()
        before = list(Method.objects.filter(organization=organization))
        applied = _save_each(organization, drafts, fit, before)
        for assistant in assistants:
            if assistant.organization_id == organization.pk:
                assistant.methods.add(*applied.created)
    return applied


def _save_each(
    organization: Organization, drafts: Sequence[Draft], fit: Callable[[Method, Draft], None], before: list[Method]
) -> ImportResult:
    """A method of each draft, saved one by one, so that each name is compared with those saved before it."""
    known = {method.source: method for method in before if method.source}
    names = {method.name for method in before}
    created: list[Method] = []
    updated: list[Method] = []
    for draft in drafts:
        method = known.get(draft.source) or Method(organization=organization, source=draft.source)
        new = method._state.adding
        if new and len(before) + len(created) >= MAX_METHODS:  # before the rest is saved: an import can have thousands
            room = max(0, MAX_METHODS - len(before))
            text = f"An organization can have at most {MAX_METHODS} methods, so {room} more can be added. Select fewer."
            raise ImportRefused(text, code="limit")
        try:
            fit(method, draft)
        except ValidationError as error:
            raise ImportRefused(f"{draft.name}: {' '.join(error.messages)}", code="does_not_fit") from error
        if new and method.name in names:
            raise ImportRefused(f"Another method is named {method.name} by now. Import again.", code="name_taken")
        names.add(method.name)
        if draft.source:
            known[draft.source] = method
        method.save()
        (created if new else updated).append(method)
    return ImportResult(tuple(created), tuple(updated))
