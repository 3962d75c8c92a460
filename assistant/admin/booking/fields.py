"""Form fields that take times, days and hours as staff write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from assistant.services.booking.availability.hours import Interval
from assistant.services.booking.staff import typed_hours

DAYS = [f"day_{weekday}" for weekday in range(7)]

Value = TypeVar("Value")


def parsed(parse: Callable[[str], Value], text: str) -> Value:
    """`parse(text)`, what it refuses as an error of the field."""
    try:
        return parse(text)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error


class DayField(forms.DateField):
    widget = UnfoldAdminTextInputWidget

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and value.strip():
            return parsed(typed_hours.parse_day, value)
        return super().to_python(value)


class HourField(forms.TimeField):
    widget = UnfoldAdminTextInputWidget

    def __init__(self, *, closing: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.closing = closing  # whether midnight is the end of the day

    def to_python(self, value: Any) -> time | None:
        if isinstance(value, str) and value.strip():
            return parsed(typed_hours.parse_time, value)
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return typed_hours.write_time(value, closing=self.closing) if isinstance(value, time) else value


class HoursWidget(UnfoldAdminTextInputWidget):
    """The hours of one weekday, with a button that copies them to the days below."""

    template_name = "admin/assistant/hours_input.html"

    class Media:
        js = ("admin-extra/hours.js",)


class HoursField(forms.CharField):
    """The hours of one day, such as 9–12:30, 13:30–18; none for a day that is closed."""

    widget = HoursWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        return parsed(typed_hours.parse_intervals, value or "") if not isinstance(value, list) else value

    def prepare_value(self, value: Any) -> Any:
        is_hours = isinstance(value, list) and all(isinstance(one, Interval) for one in value)
        return ", ".join(typed_hours.write_interval(one) for one in value) if is_hours else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []) != (data or "").strip()


def week_in(cleaned: Mapping[str, Any]) -> list[list[Interval]]:
    """The week that a form with a field for each of `DAYS` has cleaned; a day that is invalid has no hours."""
    return [cleaned.get(name) or [] for name in DAYS]


def refuse_overlaps(form: forms.BaseForm) -> None:
    """Say beside each of `DAYS` what its hours overlap. The day keeps what was typed."""
    for overlap in typed_hours.overlaps(week_in(form.cleaned_data)):
        form.add_error(DAYS[overlap.weekday], ValidationError(overlap.text, code="overlap"))
