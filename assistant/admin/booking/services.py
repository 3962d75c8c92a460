"""Services: what can be booked, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminTextareaWidget

from assistant.admin.counting import count_of
from assistant.admin.scoping import (
    OneOrganizationForm,
    Scoped,
    ScopedStackedInline,
    ScopedTabularInline,
    has_several,
    organizations,
)
from assistant.admin.translations import Translations, TranslationsForm
from assistant.models import Appointment, Calendar, FormField, Offering, Service
from assistant.models.booking.services import lines_of
from assistant.sentences import CATALOGUES
from assistant.services.booking.availability import offers
from assistant.services.booking.messages import reminders
from assistant.services.organizations.roles import Act

PREFILLED = 6  # calendars, of those that a new service is offered on without asking


class ServiceForm(OneOrganizationForm):
    class Meta:
        model = Service
        fields = "__all__"
        widgets = {"colour": UnfoldAdminColorInputWidget(), "description": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "place" in self.fields:  # most are, and then the clock of the place must lead
            self.initial["place"] = Service.Place.IN_PERSON


class OfferingFormSet(forms.BaseInlineFormSet):
    """Calendars of the service's own organization, for superusers as well."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            calendar = getattr(form, "cleaned_data", {}).get("calendar")
            if calendar and calendar.organization_id != self.instance.organization_id:
                form.add_error("calendar", "This belongs to another organization. Choose one of the same organization.")


def usual_calendars(request: HttpRequest) -> list[int]:
    """What a new service is offered on unless staff remove a row: all calendars, if they are few and of one organization."""
    if has_several(request):
        return []
    found = Calendar.objects.filter(organization__in=organizations(request)).order_by("name").values_list("pk", flat=True)
    calendars = list(found[: PREFILLED + 1])
    return calendars if len(calendars) <= PREFILLED else []


class OfferingInline(ScopedTabularInline):
    model = Offering
    formset = OfferingFormSet
    fields = ["calendar", "minutes", "price", "order"]
    verbose_name, verbose_name_plural = "calendar", "calendars that offer it"

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else len(usual_calendars(request)) or 1


class FormFieldForm(TranslationsForm):
    def clean(self) -> dict[str, Any]:
        """Every option in the languages that have any: the order says which one is meant."""
        cleaned = super().clean() or self.cleaned_data
        wanted = len(lines_of(cleaned.get("options", "")))
        for language, catalogue in CATALOGUES.items():
            name = f"options_{language}"
            found = len(lines_of(cleaned.get(name, "")))
            if found and found != wanted:
                text = f"These are {found} of {wanted} options in {catalogue.name}. Enter each on a line, in the same order."
                self.add_error(name, text if wanted else "Only a choice has options. Leave this empty.")
        return cleaned


class FormFieldInline(Translations, ScopedStackedInline):
    model = FormField
    form = FormFieldForm
    translated = ("label", "help", "options")
    extra = 0
    verbose_name = "field"
    verbose_name_plural = "fields of your own that visitors fill in when they book"

    def get_fieldsets(self, request: HttpRequest, obj: Service | None = None) -> Any:
        own = (None, {"fields": (("label", "kind"), ("help", "options"), ("required", "order"))})
        if not self.has_change_permission(request, obj):
            return [own]
        about = "Shown to visitors who use this language. Leave empty to use the text above."
        # One to a row: Django opens a fieldset with an error, but looks for the field among the rows.
        names = tuple(name for _, names in self.in_each_language() for name in names)
        return [own, ("In other languages", {"fields": names, "classes": ["collapse"], "description": about})]

    def label_of(self, text: str, language: str) -> str:
        return f"{super().label_of(text, language)} · {CATALOGUES[language].name}"

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "options" and field is not None:
            field.widget.attrs["rows"] = 2
        return field


def never_open(services: Sequence[Service]) -> str:
    """What staff are told of services that nobody can book whatever is booked already."""
    named = ", ".join(f"“{one.name}”" for one in services)
    return (
        f"Visitors cannot find a time for {named}: on none of the days ahead is a calendar that offers it open for long "
        "enough. Check the length, breaks, notice and days ahead, and the opening hours of the calendars."
    )


@admin.register(Service)
class ServiceAdmin(Scoped):
    delete_rank = Act.DELETE.rank
    form = ServiceForm
    inlines = [OfferingInline, FormFieldInline]
    empty_text = "A service is what visitors book, such as a haircut of 45 minutes."
    list_display = ["name", "organization", "length", "price", "offered_on", "upcoming", "active"]
    list_filter = ["organization", "active"]
    search_fields = ["name", "description"]
    fieldsets = (
        (None, {"fields": ("organization", "name", "description", "active", ("colour", "order"))}),
        (
            "Time and price",
            {
                "fields": (
                    ("minutes", "price"),
                    ("buffer_before_minutes", "buffer_after_minutes"),
                    ("step_minutes", "capacity"),
                )
            },
        ),
        ("Place", {"fields": (("place", "location"),)}),
        (
            "Booking rules",
            {"fields": ("choice", ("notice_minutes", "horizon_days"), ("per_day", "per_visitor"), "approval")},
        ),
        ("Form", {"fields": (("ask_phone", "ask_notes"),)}),
        ("Reminders and feedback", {"fields": (("reminder_hours", "follow_up_hours"), "remind_team")}),
        ("Changes by visitors", {"fields": (("cancel_hours", "ask_cancel_reason"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Service]:
        ahead = Appointment.objects.upcoming(timezone.now()).filter(service=models.OuterRef("pk"))
        found = super().get_queryset(request).select_related("organization").prefetch_related("offerings__calendar")
        return found.annotate(ahead=count_of(ahead, "service"))

    def get_formset_kwargs(self, request: HttpRequest, obj: Service, inline: Any, prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, OfferingInline) and obj.pk is None and request.method == "GET":
            found["initial"] = [{"calendar": pk} for pk in usual_calendars(request)]
        return found

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "reminder_hours" in form.changed_data:
            reminders.skip_passed_of(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not form.instance.offerings.exists():
            text = "No calendar offers this service yet, so nobody can book it. Add one under “Calendars that offer it”."
            self.message_user(request, text, messages.WARNING)
        elif form.instance.active and not offers.is_ever_open(form.instance):
            self.message_user(request, never_open([form.instance]), messages.WARNING)

    @display(description="Length", ordering="minutes")
    def length(self, obj: Service) -> str:
        return f"{obj.minutes} min"

    @display(description="Calendars")
    def offered_on(self, obj: Service) -> str:
        return ", ".join(offering.calendar.name for offering in obj.offerings.all()) or "None yet"

    @display(description="Upcoming appointments", ordering="ahead")
    def upcoming(self, obj: Any) -> int:
        return obj.ahead
