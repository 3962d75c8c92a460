"""What was asked of models, what it took and cost, and the limits and prices that staff set."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from assistant.admin.scoping import Rank, ReadOnly, Scoped, organizations, rank_in
from assistant.models import Price, Usage
from assistant.services import usage


@admin.register(Usage)
class UsageAdmin(ReadOnly):
    list_display = [
        "at",
        "organization",
        "provider_name",
        "model",
        "task",
        "outcome",
        "tokens",
        "cost",
        "first_token_ms",
        "total_ms",
    ]
    list_filter = ["organization", "assistant", "source", "task", ("at", RangeDateFilter)]
    search_fields = ["provider_name", "model", "cause"]
    date_hierarchy = "at"
    list_before_template = "admin/assistant/usage_summary.html"
    readonly_fields = ["outcome", "tokens", "cost"]
    fieldsets = (
        (None, {"fields": ("organization", "assistant", "conversation", "at", "task", "outcome")}),
        ("Who was asked", {"fields": ("provider_name", "source", "model")}),
        ("What it took", {"fields": ("tokens", "tokens_are", "cost", "cost_is", "prompt_price", "completion_price")}),
        ("How long it took", {"fields": ("first_token_ms", "total_ms")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Usage]:
        return super().get_queryset(request).select_related("organization", "assistant", "conversation")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        mine = list(organizations(request)[:100])
        only = mine[0] if len(mine) == 1 else None
        everybody = rank_in(request, None) == Rank.SUPERUSER
        seen = {organization.pk for organization in mine}
        rows = usage.statistics(only, by_organization=not everybody) if mine else []
        summary = {
            "statistics": [row for row in rows if everybody or row.organization_id in seen],
            "bars": _bars(usage.daily(only)) if only or everybody else [],
        }
        return super().changelist_view(request, {**(extra_context or {}), **summary})

    @display(description="Outcome", ordering="cause")
    def outcome(self, obj: Usage) -> str:
        return "reserved" if obj.reserved else obj.cause or "answered"

    @display(description="Tokens")
    def tokens(self, obj: Usage) -> str:
        return f"{obj.prompt_tokens} + {obj.completion_tokens}"

    @display(description="Cost", ordering="micros")
    def cost(self, obj: Usage) -> str:
        return "–" if obj.micros is None else f"${obj.micros / 1_000_000:.4f}"


def _bars(days: list[usage.Day]) -> list[dict[str, Any]]:
    most = max((day.requests for day in days), default=0) or 1
    return [{"day": day.day, "count": day.requests, "top": 100 - round(100 * day.requests / most)} for day in days]


@admin.register(Price)
class PriceAdmin(Scoped):
    """Rows without an organization are the installation's own; members see and set only theirs."""

    add_rank = change_rank = delete_rank = Rank.OWNER
    list_display = ["model", "organization", "prompt", "completion", "updated_at"]
    list_filter = ["organization"]
    search_fields = ["model"]
    fields = ["organization", "model", ("prompt", "completion")]
