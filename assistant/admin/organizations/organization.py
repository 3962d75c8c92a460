"""Organizations: their allowed sites, members and limits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from assistant.admin.counting import count_of
from assistant.admin.organizations.install import COPY_SCRIPT, install_steps, may_allow
from assistant.admin.organizations.people import admit_members
from assistant.admin.scoping import Rank, Scoped, ScopedStackedInline, ScopedTabularInline, rank_in
from assistant.models import Budget, Membership, Organization
from assistant.services.conversations import handoffs
from assistant.services.organizations import access


class MembersFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Refuse to leave an organization without an owner if it had one."""
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms and form.instance.user_id]
        had = any(form.initial.get("role") == Membership.Role.OWNER for form in self.initial_forms)
        if had and not any(form.cleaned_data.get("role") == Membership.Role.OWNER for form in kept):
            raise ValidationError("An organization needs at least one owner. Make another member an owner first.")


class MembersInline(ScopedTabularInline):
    model = Membership
    formset = MembersFormSet
    edit_rank = Rank.OWNER
    verbose_name = "member"
    verbose_name_plural = "members"
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers add members: the choices are the users of the whole installation."""
        return rank_in(request, None) == Rank.SUPERUSER

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if rank_in(request, None) == Rank.SUPERUSER else ["user"]


class BudgetInline(ScopedStackedInline):
    model = Budget
    edit_rank = Rank.OWNER
    verbose_name = verbose_name_plural = "limits"
    tab = True
    fields = (
        ("visitor_day_tokens", "network_day_tokens"),
        ("day_tokens", "month_tokens"),
        ("day_dollars", "month_dollars"),
        "requests_per_minute",
        "sentence",
    )


class OrganizationForm(forms.ModelForm):
    website = forms.URLField(required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget())

    class Meta:
        widgets = {"allowed_origins": UnfoldAdminTextareaWidget({"rows": 4})}

    def clean(self) -> dict[str, Any]:
        """Require allowed sites, or any site: forgetting them is the most common reason why a widget does not show."""
        cleaned = super().clean() or self.cleaned_data
        if "allowed_origins" in cleaned and not cleaned["allowed_origins"].strip() and not cleaned.get("allow_any_origin"):
            self.add_error(
                "allowed_origins",
                "Enter the sites that may show the widget, such as https://www.example.com, or allow any site.",
            )
        return cleaned


@admin.register(Organization)
class OrganizationAdmin(Scoped):
    organization_path = "pk"
    add_rank = delete_rank = Rank.SUPERUSER
    change_rank = Rank.OWNER
    form = OrganizationForm

    class Media:
        js = (COPY_SCRIPT,)

    inlines = [MembersInline, BudgetInline]
    empty_text = "An organization owns assistants, methods, documents and conversations."
    list_display = ["name", "sites", "assistant_count", "member_count", "is_active"]
    search_fields = ["name", "slug", "website"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["install"]
    change_form_outer_after_template = "admin/assistant/origin_form.html"
    fieldsets = (
        (None, {"fields": ("name", "slug", "website", "team_email", "phone", "timezone", "active")}),
        ("Allowed sites", {"fields": ("allowed_origins", "allow_any_origin", "install")}),
        ("Models", {"fields": ("use_platform_providers",)}),
        ("Privacy", {"fields": ("keep_messages_days", "keep_visitors_days", "keep_ledger_days")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Organization]:
        counted = super().get_queryset(request).prefetch_related("assistants")
        members = Membership.objects.filter(organization=models.OuterRef("pk"))
        return counted.annotate(members=count_of(members, "organization"))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return super().get_fieldsets(request, obj)
        return (*self.fieldsets[:1], ("Allowed sites", {"fields": ("allowed_origins", "allow_any_origin")}))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        admit_members(Membership.objects.filter(organization=form.instance))

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for method in handoffs.without_address(Organization.objects.filter(pk=obj.pk)):
            text = (
                f"Nobody is notified when a visitor asks for a person through {method.name}: enter an e-mail address there, "
                "or a team e-mail here."
            )
            self.message_user(request, text, messages.WARNING)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        obj = super().get_object(request, object_id, from_field)
        obj.may_allow = may_allow(request, obj.pk)  # `install` is not given the request
        return obj

    @display(description="Script tags")
    def install(self, obj: Any) -> str:
        asking = access.refused_sites(Organization.objects.filter(pk=obj.pk))
        steps = [
            install_steps(row, asking, may_allow=obj.may_allow) for row in obj.assistants.select_related("organization")
        ]
        return render_to_string("admin/assistant/install.html", {"steps": steps, "organization": obj})

    @display(description="Allowed sites")
    def sites(self, obj: Organization) -> str:
        return "Any site" if obj.allow_any_origin else ", ".join(obj.allowed_origins.split()) or "None yet"

    @display(description="Assistants")
    def assistant_count(self, obj: Organization) -> int:
        return len(obj.assistants.all())

    @display(description="Members", ordering="members")
    def member_count(self, obj: Any) -> int:
        return obj.members

    @display(description="State", ordering="active", label={"On": "success", "Off": "danger"})
    def is_active(self, obj: Organization) -> str:
        return "On" if obj.active else "Off"
