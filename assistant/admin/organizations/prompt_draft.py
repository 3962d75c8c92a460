"""The draft of an assistant's next texts: written, tried on questions that it answered badly, and published."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from assistant.admin.organizations.prompt_versions import difference
from assistant.errors import Conflict
from assistant.models import Assistant, PromptDraft, PromptVersion, Question, Replay
from assistant.services.knowledge import questions
from assistant.services.methods import replays
from assistant.services.organizations import prompt_versions
from assistant.services.primary_keys import parse_pk

TRIED = 10  # questions that are offered, those that were asked most often
REPLAYS = 10  # that are shown, the newest


class DraftForm(forms.ModelForm):
    # Of the draft that is being changed: 0 where there is none yet.
    edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)

    class Meta:
        model = PromptDraft
        fields = PromptVersion.TEXTS
        widgets = {
            "instructions": UnfoldAdminTextareaWidget({"rows": 10}),
            "knowledge": UnfoldAdminTextareaWidget({"rows": 14}),
            "greeting": UnfoldAdminTextInputWidget(),
        }

    def clean(self) -> dict[str, Any]:
        """With line ends as they are elsewhere, and not as browsers send them."""
        given = super().clean() or {}
        return {name: "\n".join(value.splitlines()) if isinstance(value, str) else value for name, value in given.items()}


class PromptDrafts:
    """Adds the page to an assistant's admin."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.draft_view)
        return [path("<path:object_id>/draft/", view, name="assistant_assistant_draft"), *super().get_urls()]  # type: ignore[misc]

    def draft_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        assistant = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self.has_change_permission(request, assistant):  # type: ignore[attr-defined]
            raise PermissionDenied
        draft = prompt_versions.draft_of(assistant)
        form = DraftForm(request.POST or None, initial=_shown_texts(assistant, draft))
        if request.method == "POST" and form.is_valid():
            try:
                return self._act(request, assistant, form.cleaned_data)
            except Conflict as error:  # what was typed stays in the form
                messages.error(request, f"{error} Copy what you need from below, and open this page again.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": assistant,
            "title": f"Draft for {assistant.name}",
            "assistant": assistant,
            "draft": draft,
            "form": form,
            "changes": _changes(assistant, draft),
            "overtaken": draft is not None and draft.based_on < prompt_versions.newest_number(assistant),
            "file": prompt_versions.file_text(assistant),
            "questions": _to_try(assistant),
            "selected": request.POST.getlist("question") or request.GET.getlist("question"),
            "replays": Replay.objects.filter(conversation__assistant=assistant).exclude(texts={})[:REPLAYS],
        }
        return TemplateResponse(request, "admin/assistant/draft.html", context)

    def _act(self, request: HttpRequest, assistant: Assistant, given: dict[str, Any]) -> HttpResponse:
        """What the button says that was pressed. Raises `Conflict`."""
        edits = given["edits"]
        if "discard" in request.POST:
            prompt_versions.discard(assistant, edits=edits)
            messages.success(request, "The draft was discarded. Visitors get the same texts as before.")
            return _to("change", assistant)
        draft = prompt_versions.save_draft(assistant, given, request.user, edits=edits)
        chosen = list(_to_try(assistant, request.POST.getlist("question")))
        if "publish" in request.POST:
            number = prompt_versions.publish(assistant, request.user, edits=draft.edits)
            for question in chosen:
                questions.answer(question, request.user, version=number)
            self.log_change(request, assistant, f"Published version {number}.")  # type: ignore[attr-defined]
            answered = f" Questions marked as answered: {len(chosen)}." if chosen else ""
            messages.success(request, f"Version {number} is published. It takes effect with the next message.{answered}")
            return _to("versions", assistant)
        if "try" in request.POST:
            _try(request, draft, chosen)
        else:
            messages.success(request, "Draft saved. Visitors get the published texts until you publish it.")
        return _to("draft", assistant, question=[question.pk for question in chosen])


def _to(page: str, assistant: Assistant, **query: Any) -> HttpResponse:
    address = reverse(f"admin:assistant_assistant_{page}", args=[assistant.pk])
    return HttpResponseRedirect(f"{address}?{urlencode(query, doseq=True)}" if any(query.values()) else address)


def _try(request: HttpRequest, draft: PromptDraft, chosen: list[Question]) -> None:
    """Have the assistant answer the chosen questions again, with the draft."""
    if not chosen:
        messages.warning(request, "Draft saved. Select the questions to try it on.")
        return
    begun = 0
    for question in chosen:
        replay = replays.begin(question.conversation, request.user, message=question.message, texts=draft.texts)
        begun += replay.texts == draft.texts and replay.message_id == question.message_id
    messages.success(request, f"Draft saved. Questions being answered with it: {begun}. The replies appear below.")
    if begun < len(chosen):
        messages.warning(request, f"Not started: {len(chosen) - begun}. Another replay of the same conversation is running.")


def _shown_texts(assistant: Assistant, draft: PromptDraft | None) -> dict[str, Any]:
    texts = draft.texts if draft else {name: getattr(assistant, name) for name in PromptVersion.TEXTS}
    return {**texts, "edits": draft.edits if draft else 0}


def _changes(assistant: Assistant, draft: PromptDraft | None) -> list[tuple[str, Any]]:
    """What publishing would change: each text with its changed lines. White space at its ends is none."""
    texts = draft.texts if draft else {}
    found = ((name, list(difference(getattr(assistant, name).strip(), text))) for name, text in texts.items())
    return [(name, lines) for name, lines in found if lines]


def _to_try(assistant: Assistant, chosen: list[str] | None = None) -> Any:
    """Open questions that the assistant was asked, all or those of these ids."""
    rows = Question.objects.filter(state=Question.State.OPEN, conversation__assistant=assistant, message__isnull=False)
    if chosen is not None:
        rows = rows.filter(pk__in=map(parse_pk, chosen))
    return rows.select_related("conversation__assistant", "message")[:TRIED]
