"""Office hours: when an organization's team answers visitors, in the organization's time zone, and the days it is away."""

from __future__ import annotations

from datetime import time

from django.db import models

from assistant.models.booking.calendars import OpeningHours
from assistant.models.days import Days
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


class OfficeClosure(Days):
    """Days on which nobody of the team answers."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="closures")
