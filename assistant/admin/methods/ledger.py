"""Tool calls: every call of a method, by a model, a visitor's click or a test by staff."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.decorators import display

from assistant.admin.day_range import DayRangeFilter
from assistant.admin.scoping import ReadOnly
from assistant.admin.states import column_labels
from assistant.models import ToolCall
from assistant.redaction import visible


@admin.register(ToolCall)
class LedgerAdmin(ReadOnly):
    empty_text = "Every call of a method appears here, by a model, a visitor or a test."
    list_display = ["name", "organization", "shown_state", "initiator", "risk", "receipt", "took", "dry_run", "created_at"]
    list_filter = ["organization", "method", "state", "initiator", "dry_run", ("created_at", DayRangeFilter)]
    search_fields = ["name", "receipt", "result", "idempotency_key"]
    ordering = ["-created_at"]
    fieldsets = (
        (None, {"fields": ("name", "method", "shown_state", "code", "receipt", "risk", "dry_run", "initiator")}),
        ("Arguments and result", {"fields": ("shown_arguments", "shown_result")}),
        ("Timing", {"fields": ("created_at", "started_at", "finished_at", "took", "attempts", "idempotency_key")}),
        ("Source", {"fields": ("organization", "conversation")}),
    )
    readonly_fields = ["shown_state", "took", "shown_arguments", "shown_result"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ToolCall]:
        return super().get_queryset(request).select_related("organization", "method", "conversation")

    @display(description="State", ordering="state", label=column_labels(ToolCall))
    def shown_state(self, obj: ToolCall) -> str:
        return obj.get_state_display()

    @display(description="Duration")
    def took(self, obj: ToolCall) -> str:
        if not obj.started_at or not obj.finished_at:
            return "–"
        return f"{(obj.finished_at - obj.started_at).total_seconds() * 1000:.0f} ms"

    @display(description="Arguments")
    def shown_arguments(self, obj: ToolCall) -> str:
        return _block(json.dumps(obj.arguments, indent=2, ensure_ascii=False))

    @display(description="Result")
    def shown_result(self, obj: ToolCall) -> str:
        return _block(obj.result)


def _block(text: Any) -> str:
    return render_to_string("admin/assistant/block.html", {"text": visible(str(text))})
