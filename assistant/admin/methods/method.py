"""Methods: what an assistant may do. The kind is chosen first; its settings are then part of the method's form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.widgets import CHECKBOX_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from assistant.admin.counting import count_of
from assistant.admin.first_run import problems
from assistant.admin.methods.imports import Imports
from assistant.admin.methods.secrets import SecretsForm
from assistant.admin.methods.testing import TestingPage
from assistant.admin.rows import FixedField, ParametersField
from assistant.admin.scoping import OneOrganizationForm, RelatedRowsField, Scoped, organizations
from assistant.admin.states import value_labels
from assistant.admin.translations import Translations, TranslationsForm
from assistant.models import Assistant, Method, Organization, ToolCall
from assistant.models.methods.method import MAX_METHODS
from assistant.services.conversations import handoffs
from assistant.services.primary_keys import parse_pk
from assistant.tools import KINDS
from assistant.tools.kind import Kind
from assistant.tools.parameters import check_schema
from assistant.tools.request import CREDENTIAL
from assistant.tools.tool import tools_of


def config_form(kind: Kind, organization: Organization, **arguments: Any) -> forms.Form:
    """The kind's own form, with the admin's classes."""
    form = kind.form(organization, prefix="config", **arguments)
    for field in form.fields.values():
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 4
        check = isinstance(field.widget, forms.CheckboxInput)
        field.widget.attrs.setdefault("class", " ".join(CHECKBOX_CLASSES) if check else "iw-input")
    return form


class MethodForm(TranslationsForm, OneOrganizationForm):
    """`kind`, `organization` and `editable` are set on the subclass that `MethodAdmin.get_form` makes."""

    kind: Kind
    organization: Organization
    editable = True
    visible_assistants: models.QuerySet[Assistant]

    parameters = ParametersField(
        label="Parameters", help_text="What the model has to find out before it calls the method, such as order_id."
    )
    fixed = FixedField(
        label="Fixed values",
        help_text="Sent with every call, such as shop = main-street. The model neither sees nor changes them.",
    )
    assistants = RelatedRowsField(
        Assistant.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        label="Assistants",
        help_text="The assistants that may use this method.",
    )

    class Meta:
        widgets = {
            "description": UnfoldAdminTextareaWidget({"rows": 2}),
            "instruction": UnfoldAdminTextareaWidget({"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("instance") is None:
            usual = {"name": self._free_name(), "description": self.kind.usual_description}
            kwargs["instance"] = Method(organization=self.organization, kind=self.kind_name, **usual)
        super().__init__(*args, **kwargs)
        method = self.instance
        bound = {"data": self.data} if self.is_bound else {"initial": method.config}
        self.config = config_form(self.kind, method.organization, **bound)
        self.secrets = SecretsForm(self.kind, method, self.data if self.is_bound else None)
        for form in (self.config, self.secrets):
            for field in form.fields.values():
                field.disabled = not self.editable
        if "assistants" in self.fields:
            chosen: Any = self.fields["assistants"]
            chosen.label_from_instance = lambda assistant: assistant.name
            chosen.queryset = self.visible_assistants.filter(organization=method.organization)
            adding = method._state.adding
            chosen.initial = chosen.queryset if adding else method.assistants.values_list("pk", flat=True)

    kind_name = ""

    def _free_name(self) -> str:
        """The kind's usual name, where no other method of the organization has it."""
        taken = self.organization.methods.filter(name=self.kind.usual_name).exists()
        return "" if taken else self.kind.usual_name

    @property
    def changed_data(self) -> list[str]:
        """For the history: names of fields, never values."""
        return [*super().changed_data, *self.config.changed_data, *self.secrets.changed_data]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "parameters" in cleaned:
            try:
                check_schema(cleaned["parameters"], cleaned.get("fixed") or {})
            except ValidationError as error:
                self.add_error("parameters", error)
        others = Method.objects.filter(organization=self.instance.organization).exclude(pk=self.instance.pk)
        if self.instance._state.adding and others.count() >= MAX_METHODS:
            self.add_error(None, f"An organization can have at most {MAX_METHODS} methods. Delete some first.")
        taken = {tool.name for other in others for tool in tools_of(other)}
        candidate = Method(name=cleaned.get("name", ""), kind=self.instance.kind)
        for tool in tools_of(candidate):
            if tool.name in taken:
                self.add_error("name", f"The model already knows another method as {tool.name}. Choose a different name.")
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors:
            self.secrets.ask_again()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        config_fits, secrets_fit = self.config.is_valid(), self.secrets.is_valid()
        if not (config_fits and secrets_fit):
            self.add_error(None, "Some of the settings below are not valid. Correct the ones that are marked.")
            return
        self.instance.config = self.config.cleaned_data
        if not self.errors:
            self.secrets.apply()
            try:
                self.kind.check(self.instance)
            except ValidationError as error:
                self.add_error(None, error.messages)


@admin.register(Method)
class MethodAdmin(Translations, Scoped):
    form = MethodForm
    translated = ("public_label",)
    empty_text = "A method lets an assistant act, such as sending an e-mail or calling your API."
    list_display = ["name", "is_enabled", "organization", "kind_label", "shown_risk", "used_by", "calls_24h", "failed_24h"]
    list_filter = ["organization", "risk", "enabled"]
    search_fields = ["name", "description", "public_label"]
    change_form_template = "admin/assistant/method.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Method]:
        recent = ToolCall.objects.filter(
            method=models.OuterRef("pk"), dry_run=False, created_at__gte=timezone.now() - timedelta(days=1)
        ).order_by()
        failed = recent.filter(state__in=[ToolCall.State.FAILED, ToolCall.State.UNKNOWN])
        return (
            super()
            .get_queryset(request)
            .select_related("organization")
            .prefetch_related("assistants")
            .annotate(calls_today=count_of(recent, "method"), failures_today=count_of(failed, "method"))
        )

    # --- The form ---------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Method | None = None, change: bool = False, **kwargs: Any) -> Any:
        organization, name = (obj.organization, obj.kind) if obj else self._chosen(request)
        if name not in KINDS:
            raise Http404("No such kind of method.")
        attributes = {
            "kind": KINDS[name],
            "kind_name": name,
            "organization": organization,
            "editable": self.has_change_permission(request, obj),
            "visible_assistants": self.admin_site.get_model_admin(Assistant).get_queryset(request),
        }
        return type("MethodForm", (super().get_form(request, obj, change, **kwargs),), attributes)

    def get_fieldsets(self, request: HttpRequest, obj: Method | None = None) -> Any:
        kind = KINDS.get(obj.kind if obj else self._chosen(request)[1])
        # Operations with a suffix are labelled for what each of them does: see `Operation.label`.
        labelled = kind is None or any(not operation.suffix for operation in kind.operations)
        what = ("name", "enabled", "description", "instruction", *(["public_label"] if labelled else []))
        sections: list[Any] = [("Basics", {"fields": (("organization", *what) if obj else what)})]
        if labelled and self.has_change_permission(request, obj):
            fields = tuple(name for _, names in self.in_each_language() for name in names)
            about = (
                "Shown to visitors who use this language. Leave empty to use the text above if it is in this language, "
                "and otherwise a standard text."
            )
            sections.append(("Status text by language", {"fields": fields, "classes": ["collapse"], "description": about}))
        if kind and kind.own_parameters:
            sections.append(("Input", {"fields": ("parameters", "fixed")}))
        care: list[Any] = []
        if kind is None or any(operation.risk is None for operation in kind.operations):
            care.append("risk")
        if kind is None or any(operation.confirm is None for operation in kind.operations):
            care.append("confirm")
        care += ["per_visitor_per_day", "per_network_per_day", "per_day"]
        sections.append(("Confirmation and limits", {"fields": tuple(care)}))
        if self.has_change_permission(request, obj):
            sections.append(("Access", {"fields": ("assistants",)}))
        return sections

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        organization, name = self._chosen(request)
        if organization is None or name not in KINDS:
            return self._choose(request)
        return super().add_view(request, form_url, {**(extra_context or {}), "title": f"Add method: {KINDS[name].label}"})

    def _chosen(self, request: HttpRequest) -> tuple[Any, str]:
        """The organization and the kind that the address names; of a single organization, that one."""
        mine = organizations(request, self.add_rank)
        wanted = request.GET.get("organization", "")
        if wanted:
            found = mine.filter(pk=parse_pk(wanted)).first()
            if found is None:
                raise Http404("No such organization.")
        else:
            found = mine.first() if len(mine[:2]) == 1 else None
        return found, request.GET.get("kind", "")

    def _choose(self, request: HttpRequest) -> HttpResponse:
        chosen, _ = self._chosen(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Add method",
            "kinds": KINDS,
            "organizations": organizations(request, self.add_rank),
            "chosen": chosen,
        }
        return TemplateResponse(request, "admin/assistant/method_kinds.html", context)

    def save_model(self, request: HttpRequest, obj: Method, form: Any, change: bool) -> None:
        before = set(obj.secrets)
        super().save_model(request, obj, form, change)
        if lost := before - set(obj.secrets):
            text = f"The server has changed, so these secrets were deleted: {', '.join(sorted(lost))}. Enter them again."
            self.message_user(request, text, messages.WARNING)
        if obj.config.get("auth", "none") != "none" and CREDENTIAL not in obj.secrets:
            text = "This method cannot work yet: enter its credential under Secrets."
            self.message_user(request, text, messages.WARNING)
        if obj.asks_for_a_person and not handoffs.address_of(obj, obj.organization):
            text = (
                "Nobody is notified when a visitor asks for a person. Enter an e-mail address here, or the team e-mail of "
                "the organization."
            )
            self.message_user(request, text, messages.WARNING)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "assistants" in form.cleaned_data:
            form.instance.assistants.set(form.cleaned_data["assistants"])
        if form.instance.enabled and not form.instance.assistants.filter(enabled=True).exists():
            self.message_user(request, problems.nobody_offers(form.instance), messages.WARNING)

    # --- Testing ----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        return [*Imports(self).urls(), *TestingPage(self).urls(), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        method = self.get_object(request, object_id)
        test_url = reverse("admin:assistant_method_test", args=[method.pk]) if self.may_operate(request, method) else ""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "test_url": test_url})

    # --- The list ---------------------------------------------------------------------------------------------------

    actions_list = ["import_methods"]

    @action(description="Import methods", icon="download", permissions=["add"])
    def import_methods(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:assistant_method_import")

    @display(description="Kind", ordering="kind")
    def kind_label(self, obj: Method) -> str:
        return KINDS[obj.kind].label if obj.kind in KINDS else f"{obj.kind} (no longer available)"

    @display(description="Risk", ordering="risk", label=value_labels("risk"))
    def shown_risk(self, obj: Method) -> str:
        """The highest risk among its operations."""
        order = list(Method.Risk)
        kind = KINDS.get(obj.kind)
        risks = [Method.Risk(operation.risk_of(obj)) for operation in kind.operations] if kind else [Method.Risk(obj.risk)]
        return max(risks, key=order.index).label

    @display(description="Used by")
    def used_by(self, obj: Method) -> str:
        return ", ".join(assistant.name for assistant in obj.assistants.all()) or "No assistant"

    @display(description="Calls in 24 h", ordering="calls_today")
    def calls_24h(self, obj: Any) -> int:
        return obj.calls_today

    @display(description="Failed in 24 h", ordering="failures_today")
    def failed_24h(self, obj: Any) -> int:
        return obj.failures_today

    @display(description="State", ordering="enabled", label={"On": "success", "Off": "danger"})
    def is_enabled(self, obj: Method) -> str:
        return "On" if obj.enabled else "Off"
