"""What the calendar page sends: times as staff type them, checked field by field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from assistant.admin.booking.fields import DayField, HourField
from assistant.models import Appointment, Calendar, Service
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.invitations import form_fields

LONGEST = 24 * 60  # minutes


def validate_phone(text: str) -> None:
    """As the form of visitors does."""
    asked = {"name": "phone", "type": "tel", "optional": True}
    if found := form_fields.problems([asked], {"phone": text}, "en"):
        raise ValidationError(found["phone"])


def own_input(field: dict[str, Any], before: str = "") -> forms.Field:
    """The input for a field that staff have added, with what was answered before. What is required is not checked by it."""
    shown: dict[str, Any] = {"label": field["label"], "help_text": field.get("help", ""), "required": False}
    if field["type"] == "checkbox":
        return forms.BooleanField(**shown, initial=before == form_fields.TICKED)
    if field["type"] == "select":
        # What staff no longer offer can stay as it was answered.
        options = [*field["options"], *([before] if before and before not in field["options"] else [])]
        field["options"] = options
        return forms.ChoiceField(**shown, choices=[("", "Not answered"), *((one, one) for one in options)], initial=before)
    return forms.CharField(**shown, max_length=form_fields.MOST_CHARS, initial=before)


def entered(own: list[dict[str, Any]], cleaned: dict[str, Any]) -> dict[str, str]:
    """What was entered in staff's own fields, by their names, ticks as the form of visitors has them."""
    values = {field["name"]: cleaned.get(field["name"], "") for field in own}
    return {name: form_fields.TICKED if value is True else value or "" for name, value in values.items()}


class TimeForm(forms.Form):
    """A time on one of the `calendars`, in that calendar's zone."""

    calendar = forms.ModelChoiceField(
        Calendar.objects.none(), error_messages={"invalid_choice": "There is no such calendar. Choose another one."}
    )
    day = DayField()
    time = HourField()
    anyway = forms.BooleanField(required=False)  # although the calendar is closed
    notify = forms.BooleanField(required=False)

    def __init__(self, data: Any, calendars: QuerySet[Calendar]) -> None:
        super().__init__(data)
        field = self.fields["calendar"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = calendars

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"calendar", "day", "time"} <= set(cleaned):
            cleaned["start_at"] = self.instant("time", cleaned["day"], cleaned["time"])
        return cleaned

    def instant(self, field: str, day: date, at: wall_time) -> datetime:
        """That wall time in UTC; the first of two. Adds an error to `field` for one that the clocks skip."""
        zone = ZoneInfo(self.cleaned_data["calendar"].timezone)
        local = datetime.combine(day, at, zone)
        found = local.astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            self.add_error(field, "The clocks skip this time on that day. Choose an hour later or earlier.")
        return found

    @property
    def within(self) -> Literal["open", "any"]:
        return "any" if self.cleaned_data["anyway"] else "open"


class MoveForm(TimeForm):
    """A new time for an appointment, and a new length where one is given."""

    minutes = forms.IntegerField(min_value=5, max_value=LONGEST, required=False)
    message = forms.CharField(max_length=500, required=False)

    def pick(self, appointment: Appointment) -> Pick:
        typed, now = self.cleaned_data["minutes"], appointment.end_at - appointment.start_at
        there = self.cleaned_data["calendar"]
        # On another calendar a service may take longer; on its own, an appointment keeps the length that it was given.
        kept = now if there.pk == appointment.calendar_id else None
        length = timedelta(minutes=typed) if typed else kept
        return Pick(appointment.service, there, self.cleaned_data["start_at"], self.within, length)


class CancelForm(forms.Form):
    """What is said of a cancellation."""

    reason = forms.CharField(max_length=300, required=False)
    message = forms.CharField(max_length=500, required=False)
    notify = forms.BooleanField(required=False)


class BookForm(TimeForm):
    service = forms.ModelChoiceField(
        Service.objects.none(), error_messages={"invalid_choice": "That calendar does not offer this service."}
    )
    minutes = forms.IntegerField(min_value=5, max_value=LONGEST, required=False)
    name = forms.CharField(max_length=120)
    email = forms.EmailField(required=False)
    phone = forms.CharField(max_length=40, required=False, validators=[validate_phone])
    reason = forms.CharField(max_length=300, required=False)

    def __init__(self, data: Any, calendars: QuerySet[Calendar]) -> None:
        super().__init__(data, calendars)
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Service.objects.filter(active=True, calendars__in=calendars).select_related("organization").distinct()
        )
        self.own = self._own_fields(str((data or {}).get("service", "")))
        for one in self.own:
            self.fields[one["name"]] = own_input(one)

    def ask_for_time_alone(self) -> None:
        """Whether there is time can be asked before it is known for whom."""
        self.fields["name"].required = False
        self.own = [{**one, "optional": True} for one in self.own]

    def _own_fields(self, service: str) -> list[dict[str, Any]]:
        """What staff have added to the form of the service that was chosen."""
        try:
            found = self.fields["service"].to_python(service)
        except ValidationError:  # said of the field itself
            found = None
        return form_fields.own_fields(found) if found else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        service, calendar = cleaned.get("service"), cleaned.get("calendar")
        if service and calendar and not service.offerings.filter(calendar=calendar).exists():
            self.add_error("service", "That calendar does not offer this service. Choose another one.")
        checked = [one for one in self.own if one["name"] in cleaned]
        for name, why in form_fields.problems(checked, self.answers(), "en").items():
            self.add_error(name, why)
        return cleaned

    def answers(self) -> dict[str, str]:
        return entered(self.own, self.cleaned_data)

    def pick(self) -> Pick:
        cleaned = self.cleaned_data
        length = timedelta(minutes=cleaned["minutes"]) if cleaned.get("minutes") else None
        return Pick(cleaned["service"], cleaned["calendar"], cleaned["start_at"], self.within, length)


class BlockForm(TimeForm):
    """A time in which nothing is booked; on another day than it began where `until_day` says so."""

    until_day = DayField(required=False)
    until = HourField(closing=True)
    reason = forms.CharField(max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "start_at" in cleaned and "until" in cleaned:
            day = cleaned.get("until_day") or cleaned["day"]
            if cleaned["until"] == wall_time():  # the end of the day
                day += timedelta(days=1)
            cleaned["end_at"] = self.instant("until", day, cleaned["until"])
            if cleaned["end_at"] <= cleaned["start_at"]:
                self.add_error("until", "It ends before it begins. Change one of the times.")
        return cleaned
