"""Usage of models, with its cost, and the limits and prices that staff set."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from assistant.admin.day_range import DayRangeFilter
from assistant.admin.providers import statistics
from assistant.admin.scoping import ReadOnly, Scoped
from assistant.models import Price, Usage
from assistant.services.organizations.roles import Act


class TaskFilter(DropdownFilter):
    """The tasks by name: what Django would offer, it would look for in every row."""

    title = parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("reply", "Replies"),
            ("fast", "Titles and summaries"),
            ("embed", "Vectors of passages"),
            ("search", "Vectors of searches"),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset.filter(task=self.value()) if self.value() else queryset


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
        "first_words",
        "whole_reply",
    ]
    list_filter = ["organization", "assistant", "source", TaskFilter, ("at", DayRangeFilter)]
    search_fields = ["provider_name", "model", "cause"]
    readonly_fields = ["outcome", "tokens", "cost", "first_words", "whole_reply"]
    fieldsets = (
        (None, {"fields": ("organization", "assistant", "conversation", "at", "task", "outcome")}),
        ("Provider and model", {"fields": ("provider_name", "source", "model")}),
        ("Tokens and cost", {"fields": ("tokens", "tokens_are", "cost", "cost_is", "prompt_price", "completion_price")}),
        ("Duration", {"fields": ("first_words", "whole_reply")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Usage]:
        return super().get_queryset(request).select_related("organization", "assistant", "conversation")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.statistics_view)
        return [path("statistics/", view, name="assistant_usage_statistics"), *super().get_urls()]

    def statistics_view(self, request: HttpRequest) -> HttpResponse:
        return statistics.page(request, self.admin_site.each_context(request))

    @display(description="Outcome", ordering="cause")
    def outcome(self, obj: Usage) -> str:
        return "reserved" if obj.reserved else obj.cause or "answered"

    @display(description="Tokens")
    def tokens(self, obj: Usage) -> str:
        return f"{obj.prompt_tokens} + {obj.completion_tokens}"

    @display(description="Time to the first word", ordering="first_token_ms")
    def first_words(self, obj: Usage) -> str:
        return _seconds(obj.first_token_ms)

    @display(description="Time to the whole reply", ordering="total_ms")
    def whole_reply(self, obj: Usage) -> str:
        return _seconds(obj.total_ms)

    @display(description="Cost", ordering="micros")
    def cost(self, obj: Usage) -> str:
        return "–" if obj.micros is None else f"${obj.micros / 1_000_000:.4f}"


def _seconds(ms: int | None) -> str:
    return "–" if ms is None else f"{ms / 1000:.1f} s"


@admin.register(Price)
class PriceAdmin(Scoped):
    """Rows without an organization are the installation's own; members see and set only theirs."""

    add_rank = change_rank = delete_rank = Act.PAY.rank
    list_select_related = ["organization"]
    list_display = ["model", "organization", "prompt", "completion", "updated_at"]
    list_filter = ["organization"]
    search_fields = ["model"]
    fields = ["organization", "model", ("prompt", "completion")]
