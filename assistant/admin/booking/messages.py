"""Staff's own texts of the messages about appointments: edited, shown with sample data, and sent to oneself."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from assistant.admin.scoping import OneOrganizationForm, Scoped
from assistant.errors import InterworkyError
from assistant.models import MessageTemplate
from assistant.sentences import CATALOGUES
from assistant.services.booking.messages import emails, message_templates
from assistant.services.deliveries import outbox


class MessageTemplateForm(OneOrganizationForm):
    class Meta:
        model = MessageTemplate
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [("", "Every language"), *((code, one.name) for code, one in CATALOGUES.items())]
        self.fields["language"] = forms.ChoiceField(
            choices=languages,
            required=False,
            widget=UnfoldAdminSelectWidget(),
            help_text=(
                "Visitors who read this language get this text. Messages to the team are in the team's language, "
                "which is set on the organization's page."
            ),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("subject", "text"):
            try:
                message_templates.check(cleaned.get(name, ""), cleaned.get("audience", ""))
            except ValueError as error:
                self.add_error(name, str(error))
        return cleaned


@admin.register(MessageTemplate)
class MessageTemplateAdmin(Scoped):
    form = MessageTemplateForm
    empty_text = "Messages about appointments have standard texts until you write your own here."
    list_display = ["message", "audience", "shown_language", "organization", "subject"]
    list_filter = ["organization", "message", "audience"]
    fieldsets = (
        (None, {"fields": ("organization", ("message", "audience", "language"), "subject", "text", "placeholders")}),
        ("With sample data", {"fields": ("preview",)}),
    )
    readonly_fields = ["placeholders", "preview"]
    actions = ["send_test"]

    @display(description="Placeholders")
    def placeholders(self, obj: MessageTemplate) -> str:
        known = message_templates.placeholders(MessageTemplate.Audience.VISITOR).items()
        own = ", ".join(f"{{{name}}}" for name in message_templates.TYPED)
        listed = "\n".join(f"{{{name}}}: {meaning}" for name, meaning in known)
        return render_to_string("admin/assistant/block.html", {"text": f"{listed}\nTo the team also {own}."})

    @display(description="Preview")
    def preview(self, obj: MessageTemplate) -> str:
        if obj.pk is None:
            return "Save it to see it with sample data."
        email = email_of(obj)
        return render_to_string("admin/assistant/block.html", {"text": f"{email.subject}\n\n{email.text}"})

    @display(description="Language")
    def shown_language(self, obj: MessageTemplate) -> str:
        return CATALOGUES[obj.language].name if obj.language in CATALOGUES else "Every language"

    @action(description="Send a test to me", permissions=["operate"])
    def send_test(self, request: HttpRequest, queryset: models.QuerySet[MessageTemplate]) -> None:
        address = getattr(request.user, "email", "")
        if not address:
            self.message_user(request, "Your user has no e-mail address. Add one, then send the test.", messages.WARNING)
            return
        for template in self.within_reach(request, queryset, self.operate_rank):
            email = email_of(template)
            try:
                outbox.queue_email(
                    template.organization,
                    outbox.Email(f"Test: {email.subject}", email.text, email.html),
                    to=address,
                    key=f"test:{uuid.uuid4()}",
                )
            except InterworkyError as error:
                self.message_user(request, str(error), messages.WARNING)
                return
        self.message_user(request, f"Queued for {address}, with sample data.", messages.SUCCESS)


def email_of(template: MessageTemplate) -> outbox.Email:
    """The message as it would be sent, of an appointment that nobody has booked."""
    appointment = message_templates.sample(template.organization, template.language)
    change: Any = template.message
    if template.audience == MessageTemplate.Audience.TEAM:
        return emails.teams_email(appointment, change, template)
    return emails.visitors_email(appointment, change, template=template)
