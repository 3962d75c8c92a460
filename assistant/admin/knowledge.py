"""Documents that assistants search (texts, files and web pages), and the questions that none of them answered."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from assistant import outbound
from assistant.admin.scoping import OneOrganizationForm, ReadOnly, Scoped, organizations
from assistant.admin.states import column_labels
from assistant.errors import AddressRefused
from assistant.models import Assistant, Document, Method, Organization, Question
from assistant.providers import embeddings
from assistant.services.knowledge import documents, questions, vectors
from assistant.services.knowledge.extraction import MAX_BYTES, SUFFIXES
from assistant.services.knowledge.search import Found, in_prompt, search
from assistant.services.organizations import prompt_versions

MAX_AT_ONCE = 50  # files or pages that are added together
MAX_SHOWN = 100  # passages on a document's page
KINDS = (
    (
        Document.Kind.TEXT,
        "edit_note",
        "Write a text",
        "Type or paste it. Headings that start with # help the search find the right part.",
    ),
    (
        Document.Kind.FILE,
        "upload_file",
        "Upload files",
        "Text, Markdown, HTML, PDF or Word. Only the text is kept, not the file.",
    ),
    (Document.Kind.PAGE, "language", "Add web pages", "Read now, and again on the schedule that you choose."),
)


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """One or several files, each of a readable type and size; cleans to a list."""

    def __init__(self, *, many: bool, **kwargs: Any) -> None:
        accept = ",".join(f".{suffix}" for suffix in SUFFIXES)
        attrs = {"class": "iw-input", "accept": accept, **({"multiple": True} if many else {})}
        super().__init__(widget=ManyFiles(attrs) if many else forms.FileInput(attrs), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list) else [data] if data else []
        if self.required and not given:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(given) > MAX_AT_ONCE:
            raise ValidationError(f"At most {MAX_AT_ONCE} files can be added at a time.")
        cleaned = [super(FilesField, self).clean(one, None) for one in given]
        for one in cleaned:
            if one.size > MAX_BYTES:
                raise ValidationError(
                    f"{one.name} is larger than {MAX_BYTES // 1_000_000} MB. Upload a smaller file, or split it."
                )
            if one.name.rpartition(".")[2].lower() not in SUFFIXES:
                raise ValidationError(
                    f"{one.name} cannot be read. Upload a file of one of these types: {', '.join(SUFFIXES)}."
                )
        return cleaned


class AddressesField(forms.CharField):
    """URLs, one per line; cleans to a list."""

    widget = UnfoldAdminTextareaWidget({"rows": 6, "placeholder": "https://www.example.com/prices"})

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        found = list(dict.fromkeys(_page_address(line) for line in lines if line))
        if len(found) > MAX_AT_ONCE:
            raise ValidationError(f"At most {MAX_AT_ONCE} pages can be added at a time.")
        return found


def _page_address(text: str) -> str:
    """A URL that may be fetched, with https:// where the scheme is missing. Raises `ValidationError`."""
    url = text if "://" in text else f"https://{text}"
    if len(url) > 1000:
        raise ValidationError("A URL can have at most 1000 characters.")
    try:
        outbound.check_url(url, outbound.Reach.TENANT)
    except AddressRefused as error:
        raise ValidationError("%(url)s: %(why)s", params={"url": text[:120], "why": str(error)}) from error
    return url


class DocumentForm(OneOrganizationForm):
    """`kind` is set on the subclass that `DocumentAdmin.get_form` makes."""

    kind: str

    class Meta:
        widgets = {
            "text": UnfoldAdminTextareaWidget({"rows": 18}),
            "assistants": UnfoldAdminCheckboxSelectMultipleWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.kind == Document.Kind.PAGE
        if "url" in self.fields:
            link: Any = self.fields["url"]
            link.label, link.required = ("URL", True) if page else ("Link", False)
            link.help_text = "" if page else "Shown with answers as the source, such as https://www.example.com/prices."
        if "assistants" in self.fields:
            chosen: Any = self.fields["assistants"]
            chosen.widget = chosen.widget.widget  # without Django's buttons to add and change one
            chosen.widget.choices = chosen.choices
        if self.kind == Document.Kind.TEXT:
            for name in {"title", "text"} & set(self.fields):
                self.fields[name].required = True

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if self.kind == Document.Kind.PAGE:
            return _page_address(url)
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise ValidationError("Enter a link that starts with https:// or http://.")
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        home = cleaned.get("organization") or getattr(self.instance, "organization", None)
        others = Document.objects.filter(organization=home).exclude(pk=self.instance.pk)
        new = len(cleaned.get("upload") or cleaned.get("addresses") or [1])
        if home and self.instance._state.adding and others.count() + new > documents.MAX_DOCUMENTS:
            self.add_error(None, f"An organization can have at most {documents.MAX_DOCUMENTS} documents. Delete some first.")
        wanted = cleaned.get("addresses") or ([cleaned.get("url")] if self.kind == Document.Kind.PAGE else [])
        for url in others.filter(kind=Document.Kind.PAGE, url__in=wanted).values_list("url", flat=True):
            self.add_error("addresses" if "addresses" in self.fields else "url", f"{url} has already been added.")
        return cleaned


class NewFilesForm(DocumentForm):
    upload = FilesField(many=True, label="Files", help_text=f"Up to {MAX_BYTES // 1_000_000} MB each.")


class FileForm(DocumentForm):
    upload = FilesField(
        many=False,
        required=False,
        label="Replace the file",
        help_text="The new file replaces the text read from the old one.",
    )


class NewPagesForm(DocumentForm):
    addresses = AddressesField(
        label="URLs", help_text="One per line, such as https://www.example.com/prices. Links on a page are not followed."
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
        return found.annotate(passages_total=models.Count("passages"))

    # --- The form ---------------------------------------------------------------------------------------------------

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
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
            Document.Kind.FILE: (("title", *(("upload",) if editable else ()), "url") if obj else ("upload", "url")),
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
            documents.queue(obj, file=next(map(_content, given.get("upload") or ()), None))
            return
        obj.kind = form.kind
        if obj.kind == Document.Kind.TEXT:
            documents.queue(obj)
        for number, one in enumerate(given.get("upload") or given.get("addresses") or ()):
            row = obj if number == 0 else Document(organization=obj.organization, kind=obj.kind, url=given.get("url", ""))
            if obj.kind == Document.Kind.FILE:
                row.title = PurePath(one.name).stem.replace("_", " ")[:200]
                documents.queue(row, file=_content(one))
            else:
                row.url, row.refresh_hours = one, given["refresh_hours"]
                documents.queue(row)
            row.assistants.set(given.get("assistants") or ())
        question = self._question(request)
        if question is not None and question.organization_id == obj.organization_id:
            questions.answer(question, obj)

    def _question(self, request: HttpRequest) -> Question | None:
        """The question that is being answered, as the address names it."""
        number = request.GET.get("question", "")
        visible = self.admin_site.get_model_admin(Question).get_queryset(request)
        found: Question | None = visible.filter(pk=number).first() if number.isdecimal() and len(number) < 18 else None
        return found

    # --- Reading again, and trying a question -----------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        mine = organizations(request)
        told = mine.filter(documents__isnull=False).distinct()
        searching = Method.objects.filter(kind="knowledge", enabled=True, assistants__isnull=False)
        silent = list(told.exclude(pk__in=searching.values("organization"))[:5])
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
        chosen = assistants.filter(pk=wanted).first() if wanted.isdecimal() and len(wanted) < 18 else assistants.first()
        query = request.GET.get("query", "")[:300]
        method = chosen.methods.filter(kind="knowledge", enabled=True).first() if chosen else None
        found: list[Found] = []
        told: list[Found] = []
        if chosen and query:
            vector = async_to_sync(embeddings.of_query)(chosen.organization, query)
            found = search(chosen.organization, chosen, query, method.config.get("passages", 4) if method else 8, vector)
            told = in_prompt(chosen, query)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Test a question",
            "assistants": assistants,
            "chosen": chosen,
            "query": query,
            "found": found,
            "told": told,
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
    empty_text = "Questions that the assistants could not answer well appear here."
    list_display = ["text", "times", "reason_label", "organization", "last_at", "talk", "answer"]
    list_filter = ["organization", StateFilter, "reason"]
    search_fields = ["text"]
    actions = ["set_aside"]
    fieldsets = (
        (None, {"fields": ("organization", "text", "times", "reason", "state", "answer")}),
        ("Asked in", {"fields": ("talk", "first_at", "last_at")}),
    )
    readonly_fields = ["talk", "answer"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Question]:
        return super().get_queryset(request).select_related("organization", "conversation", "document")

    @action(description="Dismiss", permissions=["operate"])
    def set_aside(self, request: HttpRequest, queryset: models.QuerySet[Question]) -> None:
        rows = list(self.within_reach(request, queryset, self.operate_rank))
        for row in rows:
            questions.set_aside(row)
        self.message_user(
            request, f"Dismissed: {len(rows)}. They stay dismissed when they are asked again.", messages.SUCCESS
        )

    def object_actions(self, obj: Question) -> list[str]:
        return ["set_aside"] if obj.state == Question.State.OPEN else []

    @display(description="Reason", ordering="reason")
    def reason_label(self, obj: Question) -> str:
        return obj.get_reason_display()

    @display(description="Conversation")
    def talk(self, obj: Question) -> str:
        address = reverse("admin:assistant_conversation_change", args=[obj.conversation_id])
        return format_html('<a class="iw-link" href="{}">{}</a>', address, obj.conversation)

    @display(description="Answer")
    def answer(self, obj: Question) -> str:
        if obj.document:
            address = reverse("admin:assistant_document_change", args=[obj.document_id])
            return format_html('<a class="iw-link" href="{}">{}</a>', address, obj.document)
        address = f"{reverse('admin:assistant_document_add')}?kind=text&question={obj.pk}"
        return format_html('<a class="iw-link" href="{}">Write an answer</a>', address)
