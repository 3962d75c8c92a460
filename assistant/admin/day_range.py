"""A filter by days: from one to another, both of them whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

from assistant.services.days import midnight

EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)  # as far as every zone's clock and both databases go


class DayRangeFilter(RangeDateFilter):
    """For columns that hold moments. Unfold's own compares them with the last day's midnight, and so leaves that day out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name, zone = self.field_path, timezone.get_current_timezone()
        if first := _day(self.used_parameters.get(f"{name}_from")):
            queryset = queryset.filter(**{f"{name}__gte": midnight(first, zone)})
        if last := _day(self.used_parameters.get(f"{name}_to")):
            queryset = queryset.filter(**{f"{name}__lt": midnight(last + timedelta(days=1), zone)})
        return queryset


def _day(text: Any) -> date | None:
    """The day that `text` names; None where it names none."""
    found = parse_date_str(text) if text else None
    return min(max(found, EARLIEST), LATEST) if found else None
