"""Imports of methods from an API description, an MCP server or a sentence: a preview first, then what staff select.

Between the two pages the drafts are in the cache, sealed for one user and one organization: a document may hold
credentials, and a server may answer differently when it is asked again.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from unfold.widgets import CHECKBOX_CLASSES, UnfoldAdminFileFieldWidget

from assistant import llm
from assistant.admin.scoping import Scoped, organizations
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ImportRefused, ProviderError
from assistant.models import Assistant, Method, Organization
from assistant.models.methods.method import MAX_METHODS
from assistant.providers import router
from assistant.secrets import SecretUnreadable, seal, unseal
from assistant.services.methods import imports
from assistant.services.primary_keys import parse_pk
from assistant.tools import importing
from assistant.tools.importing import FoundDrafts, MethodDraft, documents, mcp, sentence
from assistant.tools.request import CREDENTIAL

WAIT_SECONDS = 3600  # until drafts that were not imported expire
ASK_SECONDS = 60.0
USER_CHARS, CREDENTIAL_CHARS = 120, 8000
INPUT = {"class": "iw-input"}


class DocumentForm(forms.Form):
    text = forms.CharField(
        label="Description",
        required=False,
        widget=forms.Textarea(
            {**INPUT, "class": "iw-input iw-mono", "rows": 8, "placeholder": "openapi: 3.1.0 …", "spellcheck": "false"}
        ),
    )
    file = forms.FileField(label="Or upload a file", required=False, widget=UnfoldAdminFileFieldWidget())
    base_url = forms.URLField(
        label="Base URL of the API",
        required=False,
        assume_scheme="https",
        widget=forms.TextInput({**INPUT, "placeholder": "https://api.example.com"}),
        help_text="Enter this only if the description has no address, or a wrong one. For example https://api.example.com.",
    )

    def found(self, organization: Organization) -> FoundDrafts:
        given = self.cleaned_data
        data = given["file"].read(documents.MAX_BYTES + 1) if given["file"] else given["text"]
        return importing.read(data, base_url=given["base_url"])


class ServerForm(forms.Form):
    url = forms.CharField(
        label="Server URL", max_length=2000, widget=forms.TextInput({**INPUT, "placeholder": "https://…/mcp"})
    )
    auth = forms.ChoiceField(
        label="Authentication",
        choices=[("none", "None"), ("bearer", "Bearer token"), ("header", "API key in a header")],
        widget=forms.Select(INPUT),
    )
    auth_name = forms.CharField(
        label="Header name", required=False, widget=forms.TextInput({**INPUT, "placeholder": "X-Api-Key"})
    )
    credential = forms.CharField(
        label="Credential",
        required=False,
        max_length=CREDENTIAL_CHARS,
        widget=forms.PasswordInput({**INPUT, "autocomplete": "off"}),
    )

    def found(self, organization: Organization) -> FoundDrafts:
        return async_to_sync(mcp.read)(**self.cleaned_data)


class SentenceForm(forms.Form):
    sentence = forms.CharField(
        label="What should visitors be able to do, and at which URL?",
        max_length=sentence.MAX_CHARS,
        widget=forms.Textarea(
            {
                **INPUT,
                "rows": 3,
                "placeholder": "Let visitors check their order status at https://api.example.com/orders/{order_id}",
            }
        ),
    )

    def found(self, organization: Organization) -> FoundDrafts:
        text = self.cleaned_data["sentence"]
        return sentence.read(text, async_to_sync(_asked)(organization, sentence.messages(text)))


FORMS: dict[str, type[DocumentForm | ServerForm | SentenceForm]] = {
    "document": DocumentForm,
    "server": ServerForm,
    "sentence": SentenceForm,
}


async def _asked(organization: Organization, question: list[llm.ChatMessage]) -> str:
    """What the organization's fast model answers. Raises `ImportRefused` when none does."""
    assistant = await in_db(organization.assistants.select_related("organization").first)()
    if assistant is None:
        raise ImportRefused("Create an assistant first: its model writes the draft.", code="no_assistant")
    try:
        async with asyncio.timeout(ASK_SECONDS):
            model = await router.model_for(assistant, task="fast")
            async with aclosing(model.stream(question, [])) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    if isinstance(piece, llm.Completion):
                        return piece.text
    except (ProviderError, BudgetExceeded) as error:
        raise ImportRefused(
            f"The draft could not be written, because no model answered: {error}", code="no_model"
        ) from error
    except TimeoutError as error:
        raise ImportRefused(
            "The model took too long to write a draft. Try again, or use a shorter description.", code="no_model"
        ) from error
    raise ImportRefused("The model wrote nothing. Try again, or describe the method differently.", code="no_model")


@dataclass(frozen=True)
class Account:
    """A server that needs a credential: asked for once, for all drafts that use it."""

    origin: str
    auth: str
    auth_name: str

    @classmethod
    def of(cls, draft: MethodDraft) -> Account | None:
        auth, origin = draft.config.get("auth", "none"), _origin(draft)
        return None if auth == "none" or not origin else cls(origin, auth, draft.config.get("auth_name", ""))

    @property
    def address(self) -> str:
        return _shown(self.origin)

    @property
    def label(self) -> str:
        words = {"bearer": "Bearer token", "basic": "Password", "header": self.auth_name, "query": self.auth_name}
        return words.get(self.auth, "Credential")


@dataclass(frozen=True)
class Line:
    """One draft as the page shows it."""

    number: int
    draft: MethodDraft
    state: str  # new, changed, same or refused
    changes: str = ""

    @property
    def ticked(self) -> bool:
        return self.state == "changed"

    @property
    def parameters(self) -> list[dict[str, Any]]:
        schema = self.draft.parameters
        return [
            {
                "name": name,
                "type": node.get("type") or "one of several types",
                "required": name in schema.get("required", []),
                "description": node.get("description", ""),
                "enum": ", ".join(str(value) for value in node.get("enum", [])[:12]),
            }
            for name, node in schema.get("properties", {}).items()
        ]


class Imports:
    """The pages, for `MethodAdmin`, whose permissions to add a method apply to them."""

    def __init__(self, methods: Scoped) -> None:
        self.methods = methods

    def urls(self) -> list[Any]:
        view = self.methods.admin_site.admin_view
        return [
            path("import/", view(self.start), name="assistant_method_import"),
            path("import/<str:token>/", view(self.preview), name="assistant_method_import_preview"),
        ]

    # --- Source -----------------------------------------------------------------------------------------------

    def start(self, request: HttpRequest) -> HttpResponse:
        organization = self._organization(request)
        chosen = request.POST.get("source", "")
        filled = {name: form(prefix=name) for name, form in FORMS.items()}
        if organization and request.method == "POST" and chosen in FORMS:
            form = filled[chosen] = FORMS[chosen](request.POST, request.FILES, prefix=chosen)
            if form.is_valid():
                try:
                    found = form.found(organization)
                    return redirect("admin:assistant_method_import_preview", self._keep(request, organization, found))
                except ImportRefused as refused:
                    form.add_error(None, forms.ValidationError(str(refused), code=refused.code))
        context = {
            "title": "Import methods",
            "organization": organization,
            "organizations": organizations(request, self.methods.add_rank),
            "forms": filled,
        }
        return self._page(request, "admin/assistant/import.html", context)

    def _organization(self, request: HttpRequest) -> Organization | None:
        """The organization in the query string, or the user's only one; None where they have to choose."""
        if not self.methods.has_add_permission(request):
            raise PermissionDenied
        mine = organizations(request, self.methods.add_rank)
        wanted = request.GET.get("organization", "")
        if not wanted:
            return mine.first() if len(mine[:2]) == 1 else None
        found = mine.filter(pk=parse_pk(wanted)).first()
        if found is None:
            raise Http404("No such organization.")
        return found

    def _keep(self, request: HttpRequest, organization: Organization, found: FoundDrafts) -> str:
        token = secrets.token_urlsafe(16)
        sealed = seal(json.dumps(found.as_json()), "import", organization.pk, request.user.pk, token)
        cache.set(f"import.{token}", (organization.pk, sealed), WAIT_SECONDS)
        return token

    def _kept(self, request: HttpRequest, token: str) -> tuple[Organization, FoundDrafts]:
        """Raises `Http404` for an import of another user or organization, and for one that has expired."""
        organization_id, sealed = cache.get(f"import.{token}") or (0, "")
        organization = organizations(request, self.methods.add_rank).filter(pk=organization_id).first()
        if organization is None:
            raise Http404("No such import.")
        try:
            stored = unseal(sealed, "import", organization.pk, request.user.pk, token)
        except SecretUnreadable as error:
            raise Http404("No such import.") from error
        return organization, FoundDrafts.from_json(json.loads(stored))

    # --- Preview ---------------------------------------------------------------------------------------------

    def preview(self, request: HttpRequest, token: str) -> HttpResponse:
        if not self.methods.has_add_permission(request):
            raise PermissionDenied
        try:
            organization, found = self._kept(request, token)
        except Http404:
            if cache.get(f"import.{token}"):
                raise
            ended = "This import was completed before, or has expired. If its methods are not in the list, start again."
            self.methods.message_user(request, ended, messages.WARNING)
            return redirect("admin:assistant_method_import")
        rows = list(Method.objects.filter(organization=organization))
        found = importing.validated(found, rows)
        accounts = list(dict.fromkeys(a for draft in found.drafts if not draft.problems and (a := Account.of(draft))))
        problem = ""
        if request.method == "POST":
            try:
                applied = self._apply(request, organization, found, accounts)
            except ImportRefused as refused:
                problem = str(refused)
            else:
                cache.delete(f"import.{token}")
                self.methods.message_user(request, _counted(applied), messages.SUCCESS)
                return redirect("admin:assistant_method_changelist")
        context = {
            "organization": organization,
            "found": found,
            "accounts": list(enumerate(accounts)),
            "assistants": self._assistants(request, organization),
            "chosen": set(request.POST.getlist("assistant")),
            "problem": problem,
            **_previewed(request, found, rows),
        }
        return self._page(request, "admin/assistant/import_preview.html", context)

    def _apply(
        self, request: HttpRequest, organization: Organization, found: FoundDrafts, accounts: list[Account]
    ) -> imports.ImportResult:
        numbers = set(map(parse_pk, request.POST.getlist("draft")))
        ticked = [draft for number, draft in enumerate(found.drafts) if number in numbers]
        if not ticked:
            raise ImportRefused("Select at least one method.", code="nothing")
        if bad := next((draft for draft in ticked if draft.problems), None):
            raise ImportRefused(f"{bad.name}: {bad.problems[0].text}", code=bad.problems[0].code)
        given = {account: self._credential(request, number) for number, account in enumerate(accounts)}
        drafts = []
        for draft in ticked:
            user, credential = given.get(Account.of(draft), ("", ""))  # type: ignore[arg-type]
            if user and draft.config.get("auth") == "basic":
                draft = replace(draft, config={**draft.config, "auth_user": user})
            if credential:
                draft = replace(draft, secrets={**draft.secrets, CREDENTIAL: credential})
            drafts.append(draft)
        wanted = map(parse_pk, request.POST.getlist("assistant"))
        assistants = self._assistants(request, organization).filter(pk__in=wanted)
        return imports.apply(organization, drafts, importing.fit, assistants=assistants)

    def _credential(self, request: HttpRequest, number: int) -> tuple[str, str]:
        user, credential = (request.POST.get(f"{name}-{number}", "").strip() for name in ("user", "credential"))
        for name, text, most in (("user name", user, USER_CHARS), ("credential", credential, CREDENTIAL_CHARS)):
            if len(text) > most:
                raise ImportRefused(
                    f"A {name} of {len(text):,} characters is too long: the limit is {most:,}.", code="too_long"
                )
        return user, credential

    def _assistants(self, request: HttpRequest, organization: Organization) -> models.QuerySet[Assistant]:
        visible = self.methods.admin_site.get_model_admin(Assistant).get_queryset(request)
        return visible.filter(organization=organization)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.methods.admin_site.each_context(request), "opts": self.methods.opts}
        return TemplateResponse(request, template, {**common, **context})


def _origin(draft: MethodDraft) -> str:
    return Method(config=draft.config).origin


def _shown(origin: str) -> str:
    """An origin without the default port of its scheme."""
    scheme, _, port = origin.rpartition(":")
    return scheme if (scheme.partition(":")[0], port) in (("https", "443"), ("http", "80")) else origin


def _previewed(request: HttpRequest, found: FoundDrafts, rows: list[Method]) -> dict[str, Any]:
    """What the preview shows of the drafts; a form that came back with a problem keeps what was selected."""
    lines = _lines(found, rows)
    if request.method == "POST":
        ticked = set(request.POST.getlist("draft"))
    else:
        ticked = {str(line.number) for line in lines if line.ticked}
    return {
        "title": f"Import from {found.title}",
        "lines": lines,
        "ticked": ticked,
        "usable": sum(line.state != "refused" for line in lines),
        "refused": sum(line.state == "refused" for line in lines),
        "goes_to": sorted({_shown(origin) for draft in found.drafts if (origin := _origin(draft))}),
        "room": max(0, MAX_METHODS - len(rows)),
        "most": MAX_METHODS,
        "checkbox": " ".join(CHECKBOX_CLASSES),
    }


def _lines(found: FoundDrafts, rows: list[Method]) -> list[Line]:
    known = {method.source: method for method in rows if method.source}
    lines = []
    for number, draft in enumerate(found.drafts):
        method = known.get(draft.source)
        changed = ", ".join(importing.changes(method, draft)) if method and not draft.problems else ""
        state = "refused" if draft.problems else "new" if method is None else "changed" if changed else "same"
        lines.append(Line(number, draft, state, changed))
    groups = list(dict.fromkeys(draft.group for draft in found.drafts))
    return sorted(lines, key=lambda line: groups.index(line.draft.group))


def _counted(applied: imports.ImportResult) -> str:
    parts = [f"{len(rows)} {word}" for rows, word in ((applied.created, "created"), (applied.updated, "updated")) if rows]
    return f"Methods imported: {', '.join(parts)}."
