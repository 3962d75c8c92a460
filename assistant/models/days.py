"""A run of days, such as a holiday."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models


class Days(models.Model):
    """Days, the first and the last included, and the reason for what is so on them."""

    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True
        ordering = ["first_day"]

    def __str__(self) -> str:
        return f"{self.first_day}–{self.last_day}"

    def clean(self) -> None:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError("The last day is before the first day. Change one of them.")
