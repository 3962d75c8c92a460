"""Assistants: who each one is, what it knows, what it may do, and how it looks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.text import Truncator
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminColorInputWidget, UnfoldAdminTextareaWidget

from assistant.admin.organizations.install import install_steps
from assistant.admin.organizations.prompt_versions import PromptVersions
from assistant.admin.scoping import OneOrganizationForm, Scoped
from assistant.models import Assistant
from assistant.services.organizations import prompt_versions


class AssistantForm(OneOrganizationForm):
    class Meta:
        widgets = {
            "accent": UnfoldAdminColorInputWidget(),
            "methods": UnfoldAdminCheckboxSelectMultipleWidget(),
            "instructions": UnfoldAdminTextareaWidget({"rows": 10}),
            "knowledge": UnfoldAdminTextareaWidget({"rows": 14}),
            "starters": UnfoldAdminTextareaWidget({"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        methods: Any = self.fields.get("methods")
        if methods is not None:
            methods.label_from_instance = lambda method: Truncator(f"{method.name}: {method.description}").chars(120)
            methods.widget = methods.widget.widget  # without the buttons that add and change
            methods.widget.choices = methods.choices
            methods.help_text = "" if methods.queryset.exists() else "There are no methods yet."


@admin.register(Assistant)
class AssistantAdmin(PromptVersions, Scoped):
    form = AssistantForm
    list_display = ["name", "organization", "method_count", "conversation_count", "last_conversation", "is_enabled"]
    list_filter = ["organization", "enabled"]
    search_fields = ["name", "public_key", "organization__name"]
    readonly_fields = ["install", "versions"]
    fieldsets = (
        ("On your site", {"fields": ("install",)}),
        ("Who it is", {"fields": ("organization", "name", "enabled", "instructions", "versions")}),
        ("What it knows", {"fields": ("knowledge",)}),
        ("What it may do", {"fields": ("methods",)}),
        (
            "How it looks",
            {"fields": ("title", "greeting", "starters", "disclosure", ("accent", "position"), "locale")},
        ),
        (
            "The model",
            {
                "fields": (
                    "provider",
                    ("model", "fast_model"),
                    "fallback_model",
                    ("temperature", "max_output_tokens"),
                    ("history_messages", "history_tokens"),
                ),
                "description": "Which model answers is the provider's default, unless one is named here.",
            },
        ),
        ("Beside the conversation", {"fields": ("makes_notes", "reuse_answers_hours", "limit_sentence")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        return found if obj is not None else found[1:]  # a tag exists once the assistant does

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Assistant]:
        return (
            super()
            .get_queryset(request)
            .select_related("organization")
            .annotate(
                conversations_total=models.Count("conversations", distinct=True),
                methods_total=models.Count("methods", filter=models.Q(methods__enabled=True), distinct=True),
                latest=models.Max("conversations__last_message_at"),
            )
        )

    @display(description="Script tag")
    def install(self, obj: Assistant) -> str:
        return render_to_string("admin/assistant/install.html", {"steps": [install_steps(obj)]})

    @display(description="Versions")
    def versions(self, obj: Assistant) -> str:
        told = {
            "assistant": obj,
            "count": obj.prompt_versions.count() if obj.pk else 0,
            "file": prompt_versions.file_text(obj),
        }
        return render_to_string("admin/assistant/versions_link.html", told)

    @display(description="Methods", ordering="methods_total")
    def method_count(self, obj: Any) -> int:
        return obj.methods_total

    @display(description="Conversations", ordering="conversations_total")
    def conversation_count(self, obj: Any) -> int:
        return obj.conversations_total

    @display(description="Last message", ordering="latest")
    def last_conversation(self, obj: Any) -> Any:
        return obj.latest

    @display(description="State", ordering="enabled", label={"on": "success", "off": "danger"})
    def is_enabled(self, obj: Assistant) -> str:
        return "on" if obj.enabled else "off"
