"""Versions of an assistant's instructions, knowledge and greeting: what each one changed, and a button to restore it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from assistant.errors import NotFound
from assistant.models import Assistant, PromptVersion
from assistant.services.organizations import prompt_versions

SHOWN = 50  # versions; older ones stay in the database
AROUND = 1  # unchanged lines shown beside a change


@dataclass(frozen=True)
class Line:
    """`mark` is "+" for an added line, "-" for a removed one, " " for context, "…" for lines that are left out."""

    mark: str
    text: str = ""


@dataclass(frozen=True)
class ShownVersion:
    version: PromptVersion
    changes: list[tuple[str, list[Line]]]  # by the name of the text
    current: bool


class PromptVersions:
    """Adds the page to an assistant's admin."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.versions_view)
        own = path("<path:object_id>/versions/", view, name="assistant_assistant_versions")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def save_model(self, request: HttpRequest, obj: Assistant, form: Any, change: bool) -> None:
        prompt_versions.save(obj, request.user)

    def versions_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        assistant = self.get_object(request, object_id)  # type: ignore[attr-defined]
        may_edit = self.has_change_permission(request, assistant)  # type: ignore[attr-defined]
        if request.method == "POST":
            if not may_edit:
                raise PermissionDenied
            return self._go_back(request, assistant)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": assistant,
            "title": f"Versions of {assistant.name}",
            "assistant": assistant,
            "shown": history(assistant),
            "may_edit": may_edit,
            "file": prompt_versions.file_text(assistant),
        }
        return TemplateResponse(request, "admin/assistant/versions.html", context)

    def _go_back(self, request: HttpRequest, assistant: Assistant) -> HttpResponse:
        try:
            number = int(request.POST.get("number", ""))
            changed = prompt_versions.restore(assistant, number, request.user)
        except (ValueError, NotFound) as error:
            raise Http404("No such version.") from error
        if changed:
            self.log_change(request, assistant, f"Restored version {number}.")  # type: ignore[attr-defined]
        said = (
            f"Version {number} restored. It takes effect with the next message."
            if changed
            else "That version is already current."
        )
        messages.success(request, said)
        return HttpResponseRedirect(reverse("admin:assistant_assistant_versions", args=[assistant.pk]))


def history(assistant: Assistant) -> list[ShownVersion]:
    """Versions, the newest first, each with its changes to the one before."""
    rows = list(assistant.prompt_versions.select_related("by")[: SHOWN + 1])
    found = []
    for place, row in enumerate(rows[:SHOWN]):
        before = rows[place + 1] if place + 1 < len(rows) else None
        texts = [(name, getattr(before, name, ""), getattr(row, name)) for name in PromptVersion.TEXTS]
        changes = [(name, list(difference(old, new))) for name, old, new in texts if old != new]
        found.append(ShownVersion(row, changes, current=place == 0))
    return found


def difference(old: str, new: str) -> Iterator[Line]:
    """The changed lines, with the line before and after each change."""
    before, after = old.splitlines(), new.splitlines()
    groups = SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND)
    for number, group in enumerate(groups):
        if number:
            yield Line("…")
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (Line(" ", text) for text in before[a:b])
            else:
                yield from (Line("-", text) for text in before[a:b])
                yield from (Line("+", text) for text in after[c:d])
