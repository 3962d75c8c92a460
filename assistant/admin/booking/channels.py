"""Message channels: gateways for text messages, and webhooks, as staff set them up and try them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.decorators import action, display

from assistant import outbound
from assistant.admin.booking.outside_calendars import WithButtons
from assistant.admin.scoping import OneOrganizationForm
from assistant.admin.secret_inputs import UnfoldSecretInput, ask_again
from assistant.errors import AddressRefused
from assistant.models import MessageChannel
from assistant.models.booking.channels import parse_headers
from assistant.models.booking.outside_calendars import origin_of
from assistant.services.booking.invitations import phones
from assistant.services.booking.messages import channels, message_templates
from assistant.services.deliveries import channels as sending
from assistant.services.deliveries import outbox


class MessageChannelForm(OneOrganizationForm):
    """Address and headers go in and never come out."""

    address = forms.CharField(
        required=False,
        max_length=2000,
        widget=UnfoldSecretInput({"autocomplete": "off"}, render_value=False),
        help_text=(
            "The address to which messages are posted, such as https://gateway.example.com/messages. Stored "
            "encrypted. Without it, text messages are only written to the server's log."
        ),
    )
    headers = forms.CharField(
        label="Header",
        required=False,
        max_length=2000,
        widget=UnfoldSecretInput({"autocomplete": "off"}, render_value=False),
        help_text=(
            "Enter a header such as Authorization: Bearer abc. Stored encrypted, and sent to this address's "
            "server only. Leave empty to keep it."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kind = cleaned.get("kind") or self.instance.kind
        if kind == MessageChannel.Kind.SMS:
            self._check(cleaned, "body", lambda body: sending.check_body(body, cleaned.get("format", "")))
        elif "address" in self.fields and not cleaned.get("address") and not self.instance.sealed_address:
            self.add_error("address", "Enter the address, such as https://www.example.com/hooks/appointments.")
        if cleaned.get("headers"):
            self._check(cleaned, "headers", parse_headers)
        if cleaned.get("address"):
            self._check_address(cleaned)
        elif cleaned.get("headers") and not self.instance.sealed_address:
            self.add_error("address", "Enter the address that the header is for.")
        return cleaned

    def _check(self, cleaned: dict[str, Any], name: str, check: Any) -> None:
        try:
            check(cleaned.get(name, ""))
        except ValueError as error:
            self.add_error(name, str(error))

    def _check_address(self, cleaned: dict[str, Any]) -> None:
        address = cleaned["address"] = cleaned["address"].strip()
        try:
            outbound.check_url(address, outbound.Reach.TENANT)
            moved = origin_of(address) != self.instance.origin
        except (AddressRefused, ValueError) as error:
            self.add_error("address", str(error))
            return
        if moved and self.instance.sealed_headers and not cleaned.get("headers"):
            self.add_error("headers", "The stored header belongs to another server. Enter the one for this address.")

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and "address" in self.fields:
            ask_again(self, ["address"], "the address")
            ask_again(self, ["headers"], "the header")


@admin.register(MessageChannel)
class MessageChannelAdmin(WithButtons):
    form = MessageChannelForm
    empty_text = "Visitors get e-mails. A channel also sends them text messages, or notifies one of your programs."
    list_display = ["name", "organization", "kind", "enabled", "sends_changes", "sends_reminders", "origin"]
    list_filter = ["organization", "kind", "enabled"]
    search_fields = ["name"]
    actions = ["send_test"]
    buttons = ("send_test",)
    readonly_fields = ["origin", "sent"]
    fieldsets = (
        (None, {"fields": ("organization", "name", "kind", "enabled")}),
        ("Request", {"fields": ("origin", "address", "headers", "format", "body")}),
        ("What is sent", {"fields": (("sends_changes", "sends_reminders"), "per_day", "sent")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.rank(request, obj) >= self.change_rank:
            return self.fieldsets
        secret = ("address", "headers")
        return [(title, {"fields": [one for one in part["fields"] if one not in secret]}) for title, part in self.fieldsets]

    def save_model(self, request: HttpRequest, obj: MessageChannel, form: Any, change: bool) -> None:
        if address := form.cleaned_data.get("address"):
            obj.set_address(address)
        if headers := form.cleaned_data.get("headers"):
            obj.set_headers(headers)
        super().save_model(request, obj, form, change)

    @action(description="Send a test", permissions=["operate"])
    def send_test(self, request: HttpRequest, queryset: Any) -> None:
        """A text message to the organization's own number; to a webhook, an appointment that nobody has booked."""
        for channel in self.within_reach(request, queryset, self.operate_rank).select_related("organization"):
            appointment = message_templates.sample(channel.organization, "")
            key, to = f"test:{uuid.uuid4()}", channel.origin
            text = channels.text_message(appointment, "confirmed")
            if channel.kind == MessageChannel.Kind.WEBHOOK:
                text = channels.as_json(channels.payload(appointment, "confirmed", key))
            elif not (to := phones.dialled(channel.organization.phone, channel.organization)):
                said = (
                    "The organization has no phone number with a country code to send the test to. Enter one on the "
                    "organization's page."
                )
                self.message_user(request, said, messages.WARNING)
                continue
            outbox.queue_to_channel(channel, to=to, subject=f"Test of {channel.name}", text=text, key=key)
            self.message_user(request, f"Queued for {to}. See Deliveries for the outcome.", messages.SUCCESS)

    @display(description="Latest messages")
    def sent(self, obj: MessageChannel) -> str:
        rows = obj.deliveries.order_by("-created_at")[:5] if obj.pk else []
        said = (f"{row.created_at:%Y-%m-%d %H:%M} {row.state_label}: {row.last_error or row.to}" for row in rows)
        return "; ".join(said) or "None yet"
