"""Services: what visitors book, and the calendars that offer it."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from assistant.models.booking.calendars import Calendar
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization
from assistant.sentences import language

MOST_REMINDERS, LONGEST_REMINDER_HOURS = 5, 720


def parse_reminder_hours(text: str) -> list[int]:
    """ "24, 2" as numbers, the longest first. Raises `ValueError` that says what it takes."""
    words = [word for word in re.split(r"[,;\s]+", text.strip()) if word]
    wrong = [word for word in words if not (word.isascii() and word.isdigit() and 1 <= int(word) <= LONGEST_REMINDER_HOURS)]
    if wrong:
        raise ValueError(
            f"“{wrong[0][:20]}” is not a number of hours. Enter whole hours up to {LONGEST_REMINDER_HOURS}, such as 24, 2."
        )
    hours = sorted({int(word) for word in words}, reverse=True)
    if len(hours) > MOST_REMINDERS:
        raise ValueError(f"These are {len(hours)} reminders. Enter {MOST_REMINDERS} at most.")
    return hours


def validate_reminder_hours(text: str) -> None:
    try:
        parse_reminder_hours(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class Service(models.Model):
    """What a visitor books, such as a haircut: its length, its rules, and the calendars on which it is offered."""

    class Place(models.TextChoices):
        IN_PERSON = "in_person", "In person"
        PHONE = "phone", "By phone"
        LINK = "link", "Video call or link"

    class Choice(models.TextChoices):
        FAIREST = "fairest", "The one with the fewest upcoming appointments"
        FIRST = "first", "The first in order"

    class Ask(models.TextChoices):
        NO = "no", "Not asked"
        OPTIONAL = "optional", "Optional"
        REQUIRED = "required", "Required"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="services")
    name = NameField(max_length=80, help_text="The name that visitors see, such as Cut and finish.")
    description = models.TextField(
        max_length=500, blank=True, help_text="What visitors and the assistant should know, such as what is included."
    )
    active = models.BooleanField(
        default=True, help_text="Whether the service can be booked. Existing appointments stay when you turn this off."
    )
    colour = models.CharField(
        max_length=7,
        default="#0f766e",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Enter a colour such as #0f766e.")],
        help_text="The colour of the service in the calendar.",
    )
    order = models.PositiveSmallIntegerField(default=0, help_text="Services with lower numbers are listed first.")
    minutes = models.PositiveIntegerField(
        "length in minutes",
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
        help_text="How long an appointment takes.",
    )
    buffer_before_minutes = models.PositiveIntegerField(
        "break before, in minutes",
        default=0,
        validators=[MaxValueValidator(240)],
        help_text="How long is kept free before each appointment.",
    )
    buffer_after_minutes = models.PositiveIntegerField(
        "break after, in minutes",
        default=0,
        validators=[MaxValueValidator(240)],
        help_text="How long is kept free after each appointment.",
    )
    step_minutes = models.PositiveIntegerField(
        "step in minutes",
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
        help_text=(
            "The time from one offered start to the next. For example, 15 offers 9:00, 9:15 and 9:30. Leave "
            "empty to use the length plus its breaks."
        ),
    )
    price = models.CharField(max_length=60, blank=True, help_text="The price as visitors see it, such as £45 or from £45.")
    place = models.CharField(
        max_length=10,
        choices=Place.choices,
        blank=True,
        help_text="Where it takes place. If it is in person, visitors see the local time there.",
    )
    location = models.CharField(
        max_length=200,
        blank=True,
        help_text="The address, the phone number or the link. Leave empty for the location of the calendar.",
    )
    capacity = models.PositiveSmallIntegerField(
        "places",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text=(
            "How many visitors can book the same time on one calendar. Enter 1 for an appointment, or 12 for a "
            "class of twelve."
        ),
    )
    choice = models.CharField(
        "if the visitor does not mind",
        max_length=10,
        choices=Choice.choices,
        default=Choice.FAIREST,
        help_text="Which of the free calendars gets the appointment.",
    )
    notice_minutes = models.PositiveIntegerField(
        "notice in minutes",
        default=120,
        validators=[MaxValueValidator(43_200)],
        help_text="How long before it starts an appointment must be booked. For example, 120 means two hours.",
    )
    horizon_days = models.PositiveIntegerField(
        "days ahead",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="How many days ahead appointments can be booked.",
    )
    per_day = models.PositiveSmallIntegerField(
        "at most per day",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many appointments of this service one calendar takes in a day. Leave empty for no limit.",
    )
    per_visitor = models.PositiveSmallIntegerField(
        "at most per visitor",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many upcoming appointments of this service one visitor may have. Leave empty for no limit.",
    )
    approval = models.BooleanField(
        "staff approve each booking",
        default=False,
        help_text="Visitors request a time, which is kept for them, and the team confirms or declines it.",
    )
    cancel_hours = models.PositiveSmallIntegerField(
        "latest change, in hours",
        default=0,
        validators=[MaxValueValidator(720)],
        help_text="Visitors can move or cancel it themselves until this long before the start. 0 means until it starts.",
    )
    ask_cancel_reason = models.BooleanField(
        "ask why it is cancelled", default=False, help_text="Visitors may give a reason; the team reads it."
    )
    ask_phone = models.CharField(
        "phone number",
        max_length=10,
        choices=Ask.choices,
        default=Ask.NO,
        help_text=("Whether visitors are asked for it when they book. They always give their name and e-mail address."),
    )
    ask_notes = models.CharField(
        "notes",
        max_length=10,
        choices=Ask.choices,
        default=Ask.NO,
        help_text="Whether visitors are asked what else the team should know.",
    )
    reminder_hours = models.CharField(
        "reminders, hours before",
        max_length=40,
        blank=True,
        default="24",
        validators=[validate_reminder_hours],
        help_text=(
            "For example, 24, 2 reminds the visitor a day and two hours before it starts. Leave empty for no reminder."
        ),
    )
    remind_team = models.BooleanField("remind the team as well", default=False)
    follow_up_hours = models.PositiveSmallIntegerField(
        "ask for feedback, hours after",
        null=True,
        blank=True,
        validators=[MaxValueValidator(720)],
        help_text="How long after its end the visitor is asked how it was. Leave empty to ask nobody.",
    )
    calendars: models.ManyToManyField[Calendar, Offering] = models.ManyToManyField(
        Calendar, through="Offering", related_name="services"
    )

    class Meta:
        ordering = ["organization", "order", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def reminders(self) -> list[int]:
        """How many hours before the start visitors are reminded, the longest first."""
        return parse_reminder_hours(self.reminder_hours)


class Offering(models.Model):
    """A service on one calendar, with what differs there."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="offerings", db_index=False)
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="offerings")
    order = models.PositiveSmallIntegerField(default=0, help_text="Calendars with lower numbers are listed first.")
    minutes = models.PositiveIntegerField(
        "other length",
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
        help_text="How many minutes it takes on this calendar, if that differs from the service.",
    )
    price = models.CharField(
        "other price",
        max_length=60,
        blank=True,
        help_text="What it costs on this calendar, if that differs from the service.",
    )

    class Meta:
        ordering = ["order", "calendar__name", "pk"]
        constraints = [models.UniqueConstraint(fields=["service", "calendar"], name="one_offering_per_service_and_calendar")]

    def __str__(self) -> str:
        return f"{self.service} · {self.calendar}"


def lines_of(text: str) -> list[str]:
    """What stands there, one per line, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class FormField(models.Model):
    """A question of staff's own that visitors answer when they book a service."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        CHOICE = "choice", "Choice"
        CHECKBOX = "checkbox", "Checkbox"
        NUMBER = "number", "Number"

    service = models.ForeignKey(Service, models.CASCADE, related_name="form_fields")
    label = NameField(max_length=120, help_text="The label that visitors see, such as Your dog's name.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)
    options = models.TextField(
        max_length=1000,
        blank=True,
        help_text="The options of a choice, one per line. Leave empty for other kinds of fields.",
    )
    required = models.BooleanField(
        default=False, help_text="Whether visitors have to fill it in. If it is a checkbox, they have to tick it."
    )
    help = models.CharField(max_length=200, blank=True, help_text="Shown below the field, such as where to find the number.")
    order = models.PositiveSmallIntegerField(default=0, help_text="Fields with lower numbers are asked first.")
    translations = models.JSONField(
        default=dict, blank=True, editable=False
    )  # language → {"label": …, "help": …, "options": …}

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def option_list(self) -> list[str]:
        return lines_of(self.options)

    def text_in(self, name: str, locale: str) -> str:
        """Its `label` or `help` in the language of `locale`; as it stands where there is none in that."""
        return self.translations.get(language(locale), {}).get(name) or getattr(self, name)

    def options_in(self, locale: str) -> list[str]:
        """What there is to choose from, in the order of `option_list`."""
        own = lines_of(self.translations.get(language(locale), {}).get("options", ""))
        return own if len(own) == len(self.option_list) else self.option_list

    def clean(self) -> None:
        if self.kind == self.Kind.CHOICE and len(self.option_list) < 2:
            raise ValidationError({"options": "A choice needs two options or more, one per line."})
        if self.kind != self.Kind.CHOICE and self.option_list:
            raise ValidationError({"options": "Only a choice has options. Change the kind, or leave this empty."})
