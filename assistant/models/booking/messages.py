"""What is sent about appointments: what scheduled jobs have sent, staff's own texts, and what visitors answer."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assistant.models.booking.appointments import Appointment
from assistant.models.organizations.organization import Organization


class AppointmentNotice(models.Model):
    """That a reminder or a follow-up of an appointment has been sent, or that its time had passed when it was booked.

    For a start before `covers_until` it is not sent again, however often the appointment is moved.
    """

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="notices", db_index=False)
    name = models.CharField(max_length=20)  # as in `services.booking.messages.reminders`
    covers_until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appointment", "name"], name="one_notice_of_a_name")]

    def __str__(self) -> str:
        return f"{self.appointment} · {self.name}"


class Feedback(models.Model):
    """What a visitor says of an appointment afterwards; they can change it."""

    appointment = models.OneToOneField(Appointment, models.CASCADE, related_name="feedback")
    score = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    comment = models.TextField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=1, score__lte=5), name="feedback_is_from_1_to_5")
        ]

    def __str__(self) -> str:
        return f"{self.score} of 5"


class MessageTemplate(models.Model):
    """Staff's own text of one message about appointments, in place of the one in our catalogues."""

    class Message(models.TextChoices):
        REQUESTED = "requested", "Request received"
        CONFIRMED = "confirmed", "Confirmation"
        MOVED = "moved", "Change"
        CANCELLED = "cancelled", "Cancellation"
        DECLINED = "declined", "Refusal"
        REMINDER = "reminder", "Reminder"
        FOLLOW_UP = "follow_up", "Follow-up after the visit"

    class Audience(models.TextChoices):
        VISITOR = "visitor", "The visitor"
        TEAM = "team", "The team"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="message_templates", db_index=False)
    message = models.CharField(max_length=10, choices=Message.choices)
    audience = models.CharField("sent to", max_length=8, choices=Audience.choices, default=Audience.VISITOR)
    language = models.CharField(
        max_length=12,
        blank=True,
        help_text=(
            "Visitors who read this language get this text. Leave empty to use it for every language that has no "
            "text of its own."
        ),
    )
    subject = models.CharField(max_length=200, blank=True, help_text="Leave empty to use the standard subject.")
    text = models.TextField(max_length=4000, help_text="Shown above the details of the appointment.")

    class Meta:
        verbose_name = "message text"
        ordering = ["organization", "message", "audience", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "message", "audience", "language"],
                name="one_template_per_message_and_language",
                violation_error_message="There is a text for this message, recipient and language already. Edit that one.",
            )
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.get_message_display(), self.get_audience_display(), self.language)))
