"""Organizations: their allowed sites, members and limits."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_GET
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from assistant.admin.booking.calendars import SpanForm
from assistant.admin.booking.fields import DAYS, HoursField, refuse_overlaps, week_in
from assistant.admin.booking.holidays import holidays_view
from assistant.admin.counting import count_of
from assistant.admin.first_run import pages as first_run
from assistant.admin.organizations.evidence import evidence_view
from assistant.admin.organizations.install import COPY_SCRIPT, install_steps, may_allow
from assistant.admin.organizations.pictures import ABOUT, PictureField, PictureForm, WithPicture
from assistant.admin.scoping import Scoped, ScopedStackedInline, ScopedTabularInline
from assistant.models import Budget, Membership, OfficeClosure, Organization
from assistant.sentences import CATALOGUES
from assistant.services.booking.staff import typed_hours
from assistant.services.conversations import handoffs
from assistant.services.organizations import access, office_hours, pictures
from assistant.services.organizations.roles import Act, Rank


class BudgetInline(ScopedStackedInline):
    model = Budget
    edit_rank = Act.PAY.rank
    verbose_name = verbose_name_plural = "limits"
    tab = True
    fields = (
        ("visitor_day_tokens", "network_day_tokens"),
        ("day_tokens", "month_tokens"),
        ("day_dollars", "month_dollars"),
        "requests_per_minute",
        "sentence",
    )


class ClosureInline(ScopedTabularInline):
    model = OfficeClosure
    form = SpanForm
    edit_rank = Act.GOVERN.rank
    verbose_name, verbose_name_plural = "day away", "days on which nobody answers"
    fields = ["first_day", "last_day", "reason"]
    tab = True


class OrganizationForm(PictureForm):
    """An organization with the week of its office: one field for each weekday."""

    picture = "logo"
    logo = PictureField(
        pictures.LOGO, help_text=f"Shown in e-mails to visitors and on the pages of their appointments. {ABOUT}"
    )

    day_0, day_1, day_2, day_3, day_4, day_5, day_6 = (HoursField(label=name) for name in typed_hours.WEEKDAYS)
    website = forms.URLField(required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget())
    team_language = forms.ChoiceField(
        choices=[(code, one.name) for code, one in CATALOGUES.items()],
        required=False,
        initial="en",
        widget=UnfoldAdminSelectWidget(),
        help_text=Organization._meta.get_field("team_language").help_text,
    )

    class Meta:
        widgets = {"allowed_origins": UnfoldAdminTextareaWidget({"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = office_hours.week_of(self.instance) if self.instance.pk else [[]] * len(DAYS)
        for name, intervals in zip(DAYS, week, strict=True):
            if name in self.fields:  # not for those who may only look, nor where an organization is added
                self.fields[name].initial = intervals

    def clean_team_language(self) -> str:
        return self.cleaned_data["team_language"] or self.instance.team_language

    def clean(self) -> dict[str, Any]:
        """Require allowed sites, or any site: forgetting them is the most common reason why a widget does not show."""
        cleaned = super().clean() or self.cleaned_data
        if "allowed_origins" in cleaned and not cleaned["allowed_origins"].strip() and not cleaned.get("allow_any_origin"):
            self.add_error(
                "allowed_origins",
                "Enter the sites that may show the widget, such as https://www.example.com, or allow any site.",
            )
        refuse_overlaps(self)
        return cleaned


ABOUT_HOURS = (
    "When your team answers visitors who ask for a person, in the organization's time zone, such as 9–12:30, 13:30–18. At "
    "other times visitors read when you are back. Leave all days empty if there are no fixed hours."
)


@admin.register(Organization)
class OrganizationAdmin(WithPicture, Scoped):
    organization_path = "pk"
    add_rank = delete_rank = Rank.SUPERUSER
    change_rank = Act.GOVERN.rank
    form = OrganizationForm

    class Media:
        js = (COPY_SCRIPT,)

    inlines = [BudgetInline, ClosureInline]
    empty_text = "An organization owns assistants, methods, documents and conversations."
    list_display = ["name", "sites", "assistant_count", "member_count", "is_active"]
    search_fields = ["name", "slug", "website"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["install"]
    change_form_outer_before_template = "admin/assistant/organization_actions.html"
    change_form_outer_after_template = "admin/assistant/origin_form.html"
    fieldsets = (
        (
            None,
            {"fields": ("name", "slug", "website", "logo", "team_email", "team_language", "phone", "timezone", "active")},
        ),
        ("Allowed sites", {"fields": ("allowed_origins", "allow_any_origin", "install")}),
        ("Office hours", {"fields": DAYS, "description": ABOUT_HOURS}),
        ("Conversations", {"fields": ("close_after_hours",)}),
        ("Models", {"fields": ("use_platform_providers",)}),
        ("Security", {"fields": ("require_two_factor",)}),
        ("Privacy", {"fields": ("keep_messages_days", "keep_visitors_days", "keep_ledger_days", "visitors_manage_data")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Organization]:
        counted = super().get_queryset(request).prefetch_related("assistants")
        members = Membership.objects.filter(organization=models.OuterRef("pk"))
        return counted.annotate(members=count_of(members, "organization"))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(lambda request, object_id: holidays_view(self, request, object_id))
        holidays = path("<path:object_id>/holidays/", view, name="assistant_organization_holidays")
        view = self.admin_site.admin_view(require_GET(partial(evidence_view, self)))
        notices = path("<path:object_id>/notices/export/", view, name="assistant_organization_notices")
        return [holidays, notices, *first_run.urls(self), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            return self.fieldsets
        if obj is not None:
            office = ("Office hours", {"fields": ("office_week",)})
            return tuple(office if name == "Office hours" else (name, rest) for name, rest in self.fieldsets)
        return (*self.fieldsets[:1], ("Allowed sites", {"fields": ("allowed_origins", "allow_any_origin")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "office_week"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            office_hours.set_week(form.instance, week_in(form.cleaned_data))

    @display(description="Office hours")
    def office_week(self, obj: Organization) -> str:
        return "; ".join(map(str, obj.office_hours.all())) or "None"

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
