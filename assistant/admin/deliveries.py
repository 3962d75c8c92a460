"""Deliveries: every e-mail, text message and webhook that was queued, and its outcome."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.decorators import action, display

from assistant.admin.day_range import DayRangeFilter
from assistant.admin.scoping import ReadOnly
from assistant.admin.states import column_labels
from assistant.models import Delivery
from assistant.services.deliveries import outbox
from assistant.services.organizations.roles import Act


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    operate_rank = Act.SEND_AGAIN.rank
    empty_text = "E-mails and other messages that the assistants, appointments and notices send appear here."
    list_display = ["subject", "kind", "to", "organization", "shown_state", "attempts", "last_error", "created_at"]
    list_filter = ["organization", "kind", "state", ("created_at", DayRangeFilter)]
    search_fields = ["to", "subject", "text", "appointment__reference"]
    actions = ["send_again"]
    fieldsets = (
        (None, {"fields": ("organization", "kind", "channel", "to", "reply_to", "subject", "shown_text", "has_invitation")}),
        (
            "Delivery",
            {"fields": ("shown_state", "attempts", "last_error", "created_at", "next_attempt_at", "sent_at")},
        ),
        ("Source", {"fields": ("conversation", "appointment", "message_id")}),
    )
    readonly_fields = ["shown_text", "has_invitation", "shown_state", "message_id"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Delivery]:
        return super().get_queryset(request).select_related("organization", "conversation", "appointment", "channel")

    @action(description="Send again", permissions=["operate"])
    def send_again(self, request: HttpRequest, queryset: models.QuerySet[Delivery]) -> None:
        again = sum(outbox.redrive(row) for row in self.within_reach(request, queryset, self.operate_rank))
        level = messages.SUCCESS if again else messages.WARNING
        self.message_user(request, f"Queued again: {again}. Only failed messages can be sent again.", level)

    def object_actions(self, obj: Delivery) -> list[str]:
        return ["send_again"] if obj.state == Delivery.State.DEAD else []

    @display(description="Text")
    def shown_text(self, obj: Delivery) -> str:
        return render_to_string("admin/assistant/block.html", {"text": obj.text})

    @display(description="State", ordering="state", label=column_labels(Delivery))
    def shown_state(self, obj: Delivery) -> str:
        return obj.state_label

    @display(description="Invitation attached", boolean=True)
    def has_invitation(self, obj: Delivery) -> bool:
        return bool(obj.ics)
