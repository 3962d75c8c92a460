"""Office hours: when an organization's team answers visitors, in the organization's time zone, and the days it is away."""

from __future__ import annotations

from datetime import time

from django.core.exceptions import ValidationError
from django.db import models

from assistant.models.booking.calendars import OpeningHours
from assistant.models.organizations.organization import Organization


class OfficeHours(models.Model):
    """When the team answers on one weekday. An organization without any has not said when it does."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="office_hours")
    weekday = models.PositiveSmallIntegerField(choices=OpeningHours.Weekday.choices)
    opens = models.TimeField()
    closes = models.TimeField()  # as in `OpeningHours`: not after `opens`, on the next day

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "office hours"

    def __str__(self) -> str:
        end = "24:00" if self.closes == time() else f"{self.closes:%H:%M}"
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{end}"


class OfficeClosure(models.Model):
    """Days, first and last included, on which nobody of the team answers."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="closures")
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["first_day"]

    def __str__(self) -> str:
        return f"{self.first_day}–{self.last_day}"

    def clean(self) -> None:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError("The last day is before the first day. Change one of them.")
