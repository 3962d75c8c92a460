"""Documents that assistants search (texts, files and web pages), and the questions that none of them answered."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from assistant.admin.counting import count_of
from assistant.admin.day_range import DayRangeFilter
from assistant.admin.knowledge_forms import DocumentForm, FileForm, NewFilesForm, NewPagesForm, WrittenField
from assistant.admin.scoping import ReadOnly, Scoped, organizations
from assistant.admin.states import column_labels
from assistant.models import Assistant, Document, Method, Organization, Passage, Question, Replay, Turn
from assistant.providers import embeddings
from assistant.services.knowledge import documents, questions, vectors
from assistant.services.knowledge.formats.result import MAX_CHARS
from assistant.services.knowledge.search import FoundPassage, in_prompt, search
from assistant.services.organizations import prompt_versions
from assistant.services.primary_keys import NO_ROW, parse_pk

MAX_SHOWN = 100  # passages on a document's page
KINDS = (
    (
        Document.Kind.TEXT,
        "edit_note",
        "Write a text",
        "Type or paste a text. Headings that start with # help the search find the right part.",
    ),
    (
        Document.Kind.FILE,
        "upload_file",
        "Upload files",
        "Text, Markdown, CSV, HTML, PDF or Word. Only the text is kept, not the file.",
    ),
    (Document.Kind.PAGE, "language", "Add web pages", "The pages are read now, and again on the schedule that you choose."),
)


@admin.register(Document)
class DocumentAdmin(Scoped):
    form = DocumentForm
    empty_text = "Add texts, files or web pages that assistants can search."
    list_display = ["shown_title", "kind", "organization", "searched_by", "passage_count", "shown_state", "read_at"]
    list_filter = ["organization", "kind", "state"]
    search_fields = ["title", "url", "text"]
    actions = ["read_again"]
    list_before_template = "admin/assistant/documents.html"
    change_form_outer_before_template = "admin/assistant/document_state.html"
    change_form_outer_after_template = "admin/assistant/document_passages.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Document]:
        found = super().get_queryset(request).select_related("organization").prefetch_related("assistants__organization")
        passages = Passage.objects.filter(document=models.OuterRef("pk"))
        return found.annotate(passages_total=count_of(passages, "document"))

    # --- The form ---------------------------------------------------------------------------------------------------

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        if db_field.name == "text":
            long = f"A text has at most {MAX_CHARS:,} characters, and this one has %(show_value)d. Save it as several texts."
            kwargs |= {"form_class": WrittenField, "error_messages": {"max_length": long}}
            kwargs["help_text"] = f"At most {MAX_CHARS:,} characters. Lines that begin with # are headings."
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Document | None = None, change: bool = False, **kwargs: Any) -> Any:
        kind = obj.kind if obj else request.GET.get("kind", "")
        new = {Document.Kind.FILE: NewFilesForm, Document.Kind.PAGE: NewPagesForm}
        known = {Document.Kind.FILE: FileForm}
        kwargs["form"] = (known if obj else new).get(Document.Kind(kind), DocumentForm)
        return type("Form", (super().get_form(request, obj, change, **kwargs),), {"kind": kind})

    def get_fieldsets(self, request: HttpRequest, obj: Document | None = None) -> Any:
        kind = obj.kind if obj else request.GET.get("kind", "")
        editable = self.has_change_permission(request, obj) if obj else True
        fields: dict[str, tuple[str, ...]] = {
            Document.Kind.TEXT: ("title", "text", "url"),
            Document.Kind.FILE: (
                ("title", *(("upload", "encoding") if editable else ()), "url") if obj else ("upload", "encoding", "url")
            ),
            Document.Kind.PAGE: (("title", "url", "refresh_hours") if obj else ("addresses", "refresh_hours")),
        }
        return [(None, {"fields": ("organization", *fields[Document.Kind(kind)], "assistants")})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        question = self._question(request)
        if question is None:
            return {}
        return {"organization": question.organization_id, "title": question.text[:200], "text": f"{question.text}\n\n"}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        kinds = {kind.value: label for kind, _, label, _ in KINDS}
        kind = request.GET.get("kind", "")
        if kind not in kinds:
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Add documents", "kinds": KINDS}
            return TemplateResponse(request, "admin/assistant/document_kinds.html", context)
        return super().add_view(request, form_url, {**(extra_context or {}), "title": kinds[kind]})

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if change:
            file = next(map(_content, given.get("upload") or ()), None)
            documents.queue(obj, file=file, encoding=given.get("encoding", ""))
            return
        obj.kind = form.kind
        if obj.kind == Document.Kind.TEXT:
            documents.queue(obj)
        rows: list[Document] = []
        for number, one in enumerate(given.get("upload") or given.get("addresses") or ()):
            row = obj if number == 0 else Document(organization=obj.organization, kind=obj.kind, url=given.get("url", ""))
            if obj.kind == Document.Kind.FILE:
                row.title = PurePath(one.name).stem.replace("_", " ")[:200]
                documents.queue(row, file=_content(one), encoding=given.get("encoding", ""))
            else:
                row.url, row.refresh_hours = one, given["refresh_hours"]
                documents.queue(row)
            row.assistants.set(given.get("assistants") or ())
            rows.append(row)
        obj.added_together = rows  # type: ignore[attr-defined]
        question = self._question(request)
        if question is not None and question.organization_id == obj.organization_id:
            questions.answer(question, request.user, document=obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Several are named one by one, each with its state: Django would speak of the first alone."""
        together = [row.pk for row in getattr(obj, "added_together", ())]
        if len(together) < 2:
            return super().response_add(request, obj, post_url_continue)
        known = Document.objects.in_bulk(together)
        rows = [known[pk] for pk in together if pk in known]
        for row in rows[1:]:
            self.log_addition(request, row, [{"added": {}}])
        pages = [reverse("admin:assistant_document_change", args=[row.pk]) for row in rows]
        named = [(page, row, row.get_state_display().lower()) for page, row in zip(pages, rows, strict=True)]
        links = format_html_join(", ", '<a href="{}">{}</a> ({})', named)
        self.message_user(request, format_html("{} documents were added: {}.", len(rows), links), messages.SUCCESS)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return self.response_post_save_add(request, obj)

    def _question(self, request: HttpRequest) -> Question | None:
        """The question that is being answered, as the address names it."""
        number = request.GET.get("question", "")
        visible = self.admin_site.get_model_admin(Question).get_queryset(request)
        found: Question | None = visible.filter(pk=parse_pk(number)).first()
        return found

    # --- Reading again, and trying a question -----------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        mine = organizations(request)
        with_documents = mine.filter(documents__isnull=False).distinct()
        searching = Method.objects.filter(kind="knowledge", enabled=True, assistants__isnull=False)
        silent = list(with_documents.exclude(pk__in=searching.values("organization"))[:5])
        return super().changelist_view(request, {**(extra_context or {}), "silent": silent, "meaning": _meaning(mine)})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        document = self.get_object(request, object_id)
        rows = list(document.passages.all()[: MAX_SHOWN + 1])
        may_read = self.may_operate(request, document) and documents.has_to_be_read(document)
        context = {"passages": rows[:MAX_SHOWN], "more": len(rows) > MAX_SHOWN, "may_read_again": may_read}
        if maker := embeddings.provider_for(document.organization):
            context["with_vector"] = vectors.of_document(document, maker.smart)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_urls(self) -> list[Any]:
        try_out = self.admin_site.admin_view(self.search_view)
        return [path("search/", try_out, name="assistant_document_search"), *super().get_urls()]

    def search_view(self, request: HttpRequest) -> HttpResponse:
        """What a question finds, as the model would get it, and what is in its prompt anyway."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        assistants = self.admin_site.get_model_admin(Assistant).get_queryset(request)
        wanted = request.GET.get("assistant", "")
        chosen = (assistants.filter(pk=number) if (number := parse_pk(wanted)) != NO_ROW else assistants).first()
        query = request.GET.get("query", "")[:300]
        method = chosen.methods.filter(kind="knowledge", enabled=True).first() if chosen else None
        found: list[FoundPassage] = []
        from_prompt: list[FoundPassage] = []
        if chosen and query:
            vector = async_to_sync(embeddings.of_query)(chosen.organization, query)
            found = search(chosen.organization, chosen, query, method.config.get("passages", 4) if method else 8, vector)
            from_prompt = in_prompt(chosen, query)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Test a question",
            "assistants": assistants,
            "chosen": chosen,
            "query": query,
            "found": found,
            "from_prompt": from_prompt,
            "is_told": bool(chosen and (chosen.knowledge.strip() or prompt_versions.instructions(chosen).strip())),
            "searches": method is not None,
        }
        return TemplateResponse(request, "admin/assistant/document_search.html", context)

    @action(description="Read again", permissions=["operate"])
    def read_again(self, request: HttpRequest, queryset: models.QuerySet[Document]) -> None:
        begun = sum(documents.read_again(row) for row in self.within_reach(request, queryset, self.operate_rank))
        level = messages.SUCCESS if begun else messages.WARNING
        self.message_user(
            request, f"Being read again: {begun}. Texts, and files that have been read, do not change by themselves.", level
        )

    # --- The list ---------------------------------------------------------------------------------------------------

    @display(description="Title", ordering="title")
    def shown_title(self, obj: Document) -> str:
        return str(obj)

    @display(description="Searched by")
    def searched_by(self, obj: Document) -> str:
        return ", ".join(assistant.name for assistant in obj.assistants.all()) or "All assistants"

    @display(description="Passages", ordering="passages_total")
    def passage_count(self, obj: Any) -> int:
        return obj.passages_total

    @display(description="State", ordering="state", label=column_labels(Document))
    def shown_state(self, obj: Document) -> str:
        return obj.get_state_display()


def _meaning(mine: models.QuerySet[Organization]) -> dict[str, Any] | None:
    """Whether these organizations' documents are searched by meaning too, and how many have been indexed; None where no
    embedding model is set up."""
    maker = embeddings.configured()
    if maker is None:
        return None
    only = mine[0] if len(mine[:2]) == 1 else None
    if only and embeddings.provider_for(only) is None:
        return {"withheld": True}
    return {"model": maker.smart, "progress": vectors.progress(mine, maker.smart)}


def _content(file: Any) -> tuple[str, bytes]:
    return file.name, file.read()


class StateFilter(DropdownFilter):
    """Open questions by default."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Question.State.choices[1:], ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        chosen = self.value() or Question.State.OPEN
        return queryset if chosen == "all" else queryset.filter(state=chosen)


@admin.register(Question)
class QuestionAdmin(ReadOnly):
    class Media:
        css = {"all": ("admin-extra/styles/transcript.css",)}

    empty_text = "Questions that the assistants could not answer well appear here."
    change_form_outer_before_template = "admin/assistant/question.html"
    list_display = ["text", "times", "reason_label", "organization", "last_at", "conversation_link", "answer"]
    list_filter = ["organization", StateFilter, "reason", ("last_at", DayRangeFilter)]
    search_fields = ["text"]
    actions = ["set_answered", "set_aside"]
    fieldsets = (
        (None, {"fields": ("text", "times", "reason", "state", "closed", "answer", "organization")}),
        ("Asked in", {"fields": ("conversation_link", "first_at", "last_at")}),
    )
    readonly_fields = ["conversation_link", "answer", "closed"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Question]:
        related = ("organization", "conversation__assistant", "document", "message", "closed_by")
        return super().get_queryset(request).select_related(*related)

    def get_fieldsets(self, request: HttpRequest, obj: Question | None = None) -> Any:
        (name, options), *others = super().get_fieldsets(request, obj)
        open_still = obj is not None and obj.closed_at is None
        return [(name, {"fields": [one for one in options["fields"] if one != "closed" or not open_still]}), *others]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        question = self.get_object(request, object_id)
        turn = Turn.objects.filter(message=question.message_id).order_by("-created_at").first()
        context = {
            "turn": turn,
            "replies": turn.replies.order_by("seq") if turn else [],
            "replays": Replay.objects.filter(message=question.message_id)[:5] if turn else [],
            "may_set_up": self.may_operate(request, question),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    @action(description="Mark as answered", permissions=["operate"])
    def set_answered(self, request: HttpRequest, queryset: models.QuerySet[Question]) -> None:
        rows = list(self.within_reach(request, queryset, self.operate_rank))
        for row in rows:
            questions.answer(row, request.user)
        self.message_user(
            request, f"Answered: {len(rows)}. They are open again when they are asked again.", messages.SUCCESS
        )

    @action(description="Dismiss", permissions=["operate"])
    def set_aside(self, request: HttpRequest, queryset: models.QuerySet[Question]) -> None:
        rows = list(self.within_reach(request, queryset, self.operate_rank))
        for row in rows:
            questions.set_aside(row, request.user)
        self.message_user(
            request, f"Dismissed: {len(rows)}. They stay dismissed when they are asked again.", messages.SUCCESS
        )

    def object_actions(self, obj: Question) -> list[str]:
        return ["set_answered", "set_aside"] if obj.state == Question.State.OPEN else []

    @display(description="Closed")
    def closed(self, obj: Question) -> str:
        when = date_format(localtime(obj.closed_at), "j M Y, H:i") if obj.closed_at else "-"
        return f"{when} by {obj.closed_by}" if obj.closed_at and obj.closed_by else when

    @display(description="Reason", ordering="reason")
    def reason_label(self, obj: Question) -> str:
        return obj.get_reason_display()

    @display(description="Conversation")
    def conversation_link(self, obj: Question) -> str:
        address = reverse("admin:assistant_conversation_change", args=[obj.conversation_id])
        return format_html('<a class="iw-link" href="{}">{}</a>', address, obj.conversation)

    @display(description="Answer")
    def answer(self, obj: Question) -> str:
        if obj.document:
            address = reverse("admin:assistant_document_change", args=[obj.document_id])
            return format_html('<a class="iw-link" href="{}">{}</a>', address, obj.document)
        if obj.version:
            address = reverse("admin:assistant_assistant_versions", args=[obj.conversation.assistant_id])
            return format_html('<a class="iw-link" href="{}">Version {} of the texts</a>', address, obj.version)
        address = f"{reverse('admin:assistant_document_add')}?kind=text&question={obj.pk}"
        return format_html('<a class="iw-link" href="{}">Write an answer</a>', address)
