"""Assistants: their instructions, knowledge, methods, appearance and model."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.translation import get_language_info
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminColorInputWidget, UnfoldAdminTextareaWidget

from assistant.admin.counting import count_of
from assistant.admin.first_run import problems
from assistant.admin.organizations.install import COPY_SCRIPT, install_steps, may_allow
from assistant.admin.organizations.pictures import ABOUT, PictureField, PictureForm, WithPicture
from assistant.admin.organizations.prompt_draft import PromptDrafts
from assistant.admin.organizations.prompt_versions import PromptVersions
from assistant.admin.scoping import OneOrganizationForm, Scoped
from assistant.admin.translations import Translations, TranslationsForm
from assistant.engine.grammars import STATEMENTS
from assistant.models import Assistant, Conversation, Method, Organization
from assistant.services.organizations import access, pictures, prompt_versions
from assistant.services.organizations.roles import Act
from assistant.services.primary_keys import parse_pk


class AssistantForm(PictureForm, TranslationsForm, OneOrganizationForm):
    picture = "avatar"
    avatar = PictureField(
        pictures.AVATAR,
        help_text=f"Shown as a circle, instead of the first letter of the title. {ABOUT}",
    )

    class Meta:
        widgets = {
            "accent": UnfoldAdminColorInputWidget(),
            "methods": UnfoldAdminCheckboxSelectMultipleWidget(),
            "instructions": UnfoldAdminTextareaWidget({"rows": 10}),
            "knowledge": UnfoldAdminTextareaWidget({"rows": 14}),
            "starters": UnfoldAdminTextareaWidget({"rows": 4}),
            "consent": UnfoldAdminTextareaWidget({"rows": 3}),
            **{name: UnfoldAdminTextareaWidget({"rows": 3}) for name in ("show_on", "hide_on", "page_messages")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        methods: Any = self.fields.get("methods")
        if methods is not None:
            methods.label_from_instance = lambda method: Truncator(f"{method.name}: {method.description}").chars(120)
            methods.widget = methods.widget.widget  # without Django's buttons to add and change one
            methods.widget.choices = methods.choices
            methods.help_text = "" if methods.queryset.exists() else "There are no methods yet. Add them under Methods."


THOROUGHLY = ", ".join(sorted(get_language_info(language)["name"] for language in STATEMENTS))
CLAIMS = (
    "What a reply says was booked, sent or changed is checked against what was done. In every language of the widget, "
    f"patterns know the usual wordings; in {THOROUGHLY}, any other statement about the visitor's matter is judged as well, "
    "by the fast model. In the other languages this works less well: about one in ten claims in unusual words gets through."
)

COPY_AGAIN = (
    "Once any of these is set, pages ask for the settings before the chat is opened. The script tag above changes for that: "
    "if it was pasted earlier, copy it once more. Attributes of the tag override what is set here."
)


@admin.register(Assistant)
class AssistantAdmin(WithPicture, PromptDrafts, PromptVersions, Translations, Scoped):
    delete_rank = Act.DELETE.rank
    form = AssistantForm
    translated = ("greeting", "starters", "disclosure", "consent", "launcher_label", "teaser", "page_messages")

    class Media:
        js = (COPY_SCRIPT,)

    empty_text = "An assistant answers visitors on your site."
    list_display = ["name", "organization", "method_count", "conversation_count", "last_conversation", "is_enabled"]
    list_filter = ["organization", "enabled"]
    search_fields = ["name", "public_key", "organization__name"]
    readonly_fields = ["install", "versions"]
    change_form_outer_after_template = "admin/assistant/origin_form.html"
    fieldsets = (
        ("Installation", {"fields": ("install",)}),
        ("Basics", {"fields": ("organization", "name", "enabled", "instructions", "versions")}),
        ("Knowledge", {"fields": ("knowledge",)}),
        ("Methods", {"fields": ("methods",), "description": CLAIMS}),
        (
            "Appearance",
            {
                "fields": (
                    "title",
                    "avatar",
                    "greeting",
                    "starters",
                    "disclosure",
                    "consent",
                    ("accent", "position"),
                    "locale",
                )
            },
        ),
        (
            "Button on the page",
            {
                "fields": (
                    "launcher_label",
                    ("offset_x", "offset_y"),
                    "phone_position",
                    ("phone_offset_x", "phone_offset_y"),
                    ("show_on", "hide_on"),
                    "z_index",
                    "sound",
                ),
                "description": COPY_AGAIN,
                "classes": ["collapse"],
            },
        ),
        (
            "Invitations",
            {
                "fields": ("teaser", "page_messages", ("teaser_after", "teaser_on_exit")),
                "description": COPY_AGAIN,
                "classes": ["collapse"],
            },
        ),
        (
            "Model",
            {
                "fields": (
                    "provider",
                    ("model", "fast_model"),
                    "fallback_model",
                    ("temperature", "max_output_tokens"),
                    ("history_messages", "history_tokens"),
                ),
                "description": "Leave these empty to use the provider's default models.",
            },
        ),
        (
            "Voice",
            {
                "fields": (("voice", "voice_minutes"), "voice_name"),
                "description": "Visitors see a microphone where the assistant's provider offers voice: OpenAI or Azure "
                "OpenAI, with a voice model set. What is said is kept in the conversation, as the visitor's browser passes "
                "it on.",
            },
        ),
        ("Summaries, cached answers and limits", {"fields": ("makes_notes", "reuse_answers_hours", "limit_sentence")}),
        ("Files", {"fields": ("accepts_files",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = list(super().get_fieldsets(request, obj))
        if self.has_change_permission(request, obj):
            about = "Shown to visitors who use this language. Leave empty to use the text above."
            found[7:7] = [
                (f"How it looks · {name}", {"fields": fields, "classes": ["collapse"], "description": about})
                for name, fields in self.in_each_language()
            ]
        return found if obj is not None else found[1:]  # a tag exists once the assistant does

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Assistant]:
        conversations = Conversation.objects.filter(assistant=models.OuterRef("pk"))
        return (
            super()
            .get_queryset(request)
            .select_related("organization")
            .annotate(
                conversations_total=count_of(conversations, "assistant"),
                methods_total=count_of(Method.objects.filter(assistants=models.OuterRef("pk"), enabled=True), "assistants"),
                latest=models.Subquery(
                    conversations.filter(last_message_at__isnull=False)
                    .order_by("-last_message_at")
                    .values("last_message_at")[:1]
                ),
            )
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.instance.enabled and not problems.has_model(form.instance):
            self.message_user(request, problems.nobody_answers(form.instance), messages.WARNING)

    def get_urls(self) -> list[Any]:
        origin = self.admin_site.admin_view(require_POST(self.origin_view))
        return [path("<path:object_id>/origin/", origin, name="assistant_assistant_origin"), *super().get_urls()]

    def origin_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Allow or ignore a site whose page asked for this assistant and was refused."""
        assistant = self.get_object(request, object_id)
        if not may_allow(request, assistant.organization_id):
            return HttpResponse(status=403)
        act = "allow" if "allow" in request.POST else "ignore"
        refused = assistant.refused_origins.filter(pk=parse_pk(request.POST.get(act, ""))).first()
        if refused is None:
            self.message_user(request, "That site is no longer in the list.", messages.WARNING)
        elif act == "allow":
            access.allow(refused)
            self.message_user(request, f"{refused.origin} can show the widget now.", messages.SUCCESS)
        else:
            access.ignore(refused)
            self.message_user(
                request,
                f"{refused.origin} is ignored from now on. You can still add it to the allowed sites.",
                messages.SUCCESS,
            )
        return HttpResponseRedirect(reverse("admin:assistant_assistant_change", args=[assistant.pk]))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        obj = super().get_object(request, object_id, from_field)
        obj.may_allow = may_allow(request, obj.organization_id)  # `install` is not given the request
        return obj

    @display(description="Script tag")
    def install(self, obj: Any) -> str:
        asking = access.refused_sites(Organization.objects.filter(pk=obj.organization_id))
        steps = [install_steps(obj, asking, may_allow=obj.may_allow)]
        return render_to_string("admin/assistant/install.html", {"steps": steps})

    @display(description="Versions")
    def versions(self, obj: Assistant) -> str:
        context = {
            "assistant": obj,
            "count": obj.prompt_versions.count() if obj.pk else 0,
            "draft": prompt_versions.draft_of(obj) if obj.pk else None,
            "file": prompt_versions.file_text(obj),
        }
        return render_to_string("admin/assistant/versions_link.html", context)

    @display(description="Methods", ordering="methods_total")
    def method_count(self, obj: Any) -> int:
        return obj.methods_total

    @display(description="Conversations", ordering="conversations_total")
    def conversation_count(self, obj: Any) -> int:
        return obj.conversations_total

    @display(description="Last message", ordering="latest")
    def last_conversation(self, obj: Any) -> Any:
        return obj.latest

    @display(description="State", ordering="enabled", label={"On": "success", "Off": "danger"})
    def is_enabled(self, obj: Assistant) -> str:
        return "On" if obj.enabled else "Off"
