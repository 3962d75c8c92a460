"""Conversations and visitors: the transcript on the left, turns and tool calls on the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import Truncator, smart_split, unescape_string_literal
from django.views.decorators.http import require_GET, require_POST
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from assistant.admin import notifications, results
from assistant.admin.conversation_files import ConversationFiles
from assistant.admin.counting import count_of
from assistant.admin.day_range import DayRangeFilter
from assistant.admin.inbox import page as inbox
from assistant.admin.privacy import VisitorsData
from assistant.admin.scoping import ReadOnly, has_several
from assistant.admin.states import column_labels
from assistant.errors import InputError
from assistant.models import Appointment, Card, Conversation, Delivery, Message, ToolCall, Turn, Visitor
from assistant.services.conversations import staff_texts, takeover
from assistant.services.conversations.state import change_state, leave_note
from assistant.services.organizations import identity
from assistant.services.organizations.roles import Act


@dataclass
class Exchange:
    """A message and what followed it: what the visitor saw (messages and cards), and the turns that produced it."""

    at: datetime
    new_day: bool
    items: list[Message | Card] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)


def transcript(conversation: Conversation) -> list[Exchange]:
    """The conversation in the order in which the visitor saw it, by message that was answered."""
    turns: dict[UUID, list[Turn]] = {}
    # By the conversation, too: of thousands of turns and calls alone, PostgreSQL reads both tables from end to end.
    sent = models.Prefetch("deliveries", Delivery.objects.filter(call__conversation=conversation))
    calls = ToolCall.objects.filter(conversation=conversation).select_related("method").prefetch_related(sent)
    ledger = models.Prefetch("tool_calls", calls)
    for turn in conversation.turns.prefetch_related(ledger):
        turns.setdefault(turn.message_id, []).append(turn)
    rows: list[tuple[int, datetime, Message | Card]] = [
        (message.seq, message.at, message) for message in conversation.messages.select_related("staff")
    ]
    shown = conversation.events.filter(type="card.added", card__isnull=False).select_related("card")
    rows += [(event.seq, event.at, event.card) for event in shown if event.card]
    exchanges: list[Exchange] = []
    for _, at, item in sorted(rows, key=lambda row: row[0]):
        new_day = not exchanges or timezone.localdate(at) != timezone.localdate(exchanges[-1].at)
        if new_day or item.pk in turns:
            exchanges.append(Exchange(at, new_day))
        exchanges[-1].items.append(item)
        exchanges[-1].turns += turns.get(item.pk, [])
        exchanges[-1].at = at
    return exchanges


class HasFilter(DropdownFilter):
    title = "event"
    parameter_name = "happened"
    # Selected once and not asked for each conversation: SQLite would read all failed replies for each of them.
    found = {
        "booking": Appointment.objects.all(),
        "failed": Turn.objects.filter(state=Turn.State.FAILED),
        "trouble": ToolCall.objects.filter(state__in=[ToolCall.State.FAILED, ToolCall.State.UNKNOWN]),
        "disliked": Message.objects.filter(rating=-1),
    }
    rated = {"bad": (1, 2), "middling": (3,), "good": (4, 5)}  # the conversation itself

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("booking", "Appointment booked"),
            ("failed", "Reply failed"),
            ("trouble", "Tool call failed"),
            ("disliked", "Reply rated unhelpful"),
            ("bad", "Rated 1 or 2 of 5"),
            ("middling", "Rated 3 of 5"),
            ("good", "Rated 4 or 5 of 5"),
            ("commented", "Rated, with a comment"),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if scores := self.rated.get(self.value() or ""):
            return queryset.filter(rating__in=scores)
        if self.value() == "commented":
            return queryset.filter(rating__isnull=False).exclude(rating_comment="")
        rows = self.found.get(self.value() or "")
        return queryset if rows is None else queryset.filter(pk__in=rows.order_by().values("conversation"))


class PersonFilter(DropdownFilter):
    """Whether the assistant has handled the conversation alone."""

    title = "handled by"
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "The assistant alone"), ("yes", "A person was asked for, or took part")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        alone = {"no": True, "yes": False}.get(self.value() or "")
        return queryset if alone is None else queryset.filter(last_seq__gt=0, person_at__isnull=alone)


def _back_to(conversation: Conversation, part: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:assistant_conversation_change", args=[conversation.pk]) + part)


# Of the relations that `ConversationAdmin.search_fields` names, those that lead to many rows.
MANY: dict[str, Any] = {"messages": Message, "appointments": Appointment}


@admin.register(Conversation)
class ConversationAdmin(ConversationFiles, ReadOnly):
    operate_rank = Act.ANSWER.rank
    empty_text = "Conversations appear here as soon as a visitor writes to an assistant."
    list_display = [
        "title_or_id",
        "visitor",
        "assistant_name",
        "organization",
        "shown_state",
        "message_count",
        "shown_rating",
        "last_message_at",
    ]
    list_filter = [
        "organization",
        "assistant",
        "state",
        PersonFilter,
        HasFilter,
        ("created_at", DayRangeFilter),
        ("rated_at", DayRangeFilter),
    ]
    search_fields = [
        "title",
        "messages__text",
        "visitor__name",
        "visitor__email",
        "appointments__reference",
        "appointments__email",
    ]
    search_help_text = "Search for words of a message, a visitor's name or e-mail, or a reference such as 7KQ2MX."
    change_form_template = "admin/assistant/conversation.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Conversation]:
        found = super().get_queryset(request).select_related("organization", "assistant__organization", "visitor")
        # Counted for the rows of the page alone: a join would count, and group, all messages that there are.
        said = Message.objects.exclude(role=Message.Role.SYSTEM).filter(conversation=models.OuterRef("pk"))
        return found.annotate(said=count_of(said, "conversation"))

    def search(self, request: HttpRequest, rows: models.QuerySet[Any], term: str) -> tuple[models.QuerySet[Any], bool]:
        """As Django's, with a subquery for each relation: joined, every message of a conversation would meet every other."""
        for word in smart_split(term):
            word = unescape_string_literal(word) if word[:1] in "\"'" and word[:1] == word[-1:] else word
            found = models.Q()
            for name in self.search_fields:
                relation, _, rest = name.partition("__")
                if relation in MANY:
                    others = MANY[relation].objects.filter(conversation=models.OuterRef("pk"))
                    found |= models.Q(models.Exists(others.filter(**{f"{rest}__icontains": word})))
                else:
                    found |= models.Q(**{f"{name}__icontains": word})
            rows = rows.filter(found)
        return rows, False

    def get_urls(self) -> list[Any]:
        acts = {"close": self.close, "note": self.leave_note, "answer": self.answer, "typing": self.typing}
        seq = self.admin_site.admin_view(require_GET(self.seq_view))
        return [
            *inbox.urls(self),
            *results.urls(self),
            *notifications.urls(self),
            *(self._act(name, view) for name, view in acts.items()),
            path("<path:object_id>/seq/", seq, name="assistant_conversation_seq"),
            *super().get_urls(),
        ]

    def _act(self, name: str, view: Callable[[HttpRequest, Conversation], HttpResponse]) -> URLPattern:
        """The route of a button on the page, for staff who may act in the conversation's organization."""

        @require_POST
        def checked(request: HttpRequest, object_id: str) -> HttpResponse:
            conversation = self.get_object(request, object_id)
            if not self.may_operate(request, conversation):
                return HttpResponse(status=403)
            return view(request, conversation)

        address = f"<path:object_id>/{name}/"
        return path(address, self.admin_site.admin_view(checked), name=f"assistant_conversation_{name}")

    def close(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        change_state(conversation, Conversation.State.CLOSED)
        self.message_user(
            request, "Conversation closed. The visitor sees that it has ended, and can start a new one.", messages.SUCCESS
        )
        return _back_to(conversation)

    def leave_note(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        try:
            leave_note(conversation, request.user, request.POST.get("text", ""))
        except InputError as error:
            self.message_user(request, str(error), messages.ERROR)
        return _back_to(conversation, "#notes")

    def answer(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        try:
            if "hand_back" in request.POST:
                takeover.hand_back(conversation)
            else:
                takeover.answer(conversation, request.user, request.POST.get("text", ""))
        except InputError as error:
            self.message_user(request, str(error), messages.ERROR)
        return _back_to(conversation, "#answer")

    def typing(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        takeover.typing(conversation)
        return HttpResponse(status=204)

    def seq_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The newest `seq` as JSON, from which the page knows whether there is more to show."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        return JsonResponse({"seq": self.get_object(request, object_id).last_seq})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        turns = conversation.turns
        context = {
            "conversation": conversation,
            "reply_chars": staff_texts.REPLY_CHARS,
            "note_chars": staff_texts.NOTE_CHARS,
            "exchanges": transcript(conversation),
            "appointments": conversation.appointments.select_related("calendar"),
            "deliveries": conversation.deliveries.all(),
            "notes": conversation.notes.select_related("by"),
            "totals": turns.aggregate(
                prompt=models.Sum("prompt_tokens"),
                completion=models.Sum("completion_tokens"),
                first=models.Avg("first_token_ms"),
                failed=models.Count("pk", filter=models.Q(state=Turn.State.FAILED)),
            ),
            "other_conversations": self.get_queryset(request)
            .filter(visitor=conversation.visitor)
            .exclude(pk=conversation.pk)[:5],
            "attributes": identity.shown_attributes(conversation.visitor),
            "may_operate": self.may_operate(request, conversation),
            "may_replay": self.rank(request, conversation) >= Act.SET_UP.rank,
            "has_several": has_several(request),
            "title": "",
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    @display(description="Conversation", ordering="title", header=True)
    def title_or_id(self, obj: Conversation) -> list[str]:
        return [str(obj), Truncator(obj.summary).chars(140)]

    @display(description="Assistant", ordering="assistant__name")
    def assistant_name(self, obj: Conversation) -> str:
        return obj.assistant.name

    @display(description="State", ordering="state", label=column_labels(Conversation))
    def shown_state(self, obj: Conversation) -> str:
        return obj.get_state_display()

    @display(description="Rating", ordering="rating")
    def shown_rating(self, obj: Conversation) -> str:
        return f"{obj.rating} of 5" if obj.rating else ""

    @display(description="Messages", ordering="said")
    def message_count(self, obj: Any) -> int:
        return obj.said


@admin.register(Visitor)
class VisitorAdmin(VisitorsData, ReadOnly):
    empty_text = "Visitors appear here as soon as they open the chat."
    list_display = ["__str__", "email", "organization", "locale", "conversation_count", "last_seen_at"]
    list_filter = ["organization", ("last_seen_at", DayRangeFilter)]
    search_fields = ["name", "email", "phone", "external_id"]
    ordering = ["-last_seen_at"]
    fieldsets = (
        (None, {"fields": ("name", "email", "email_verified_at", "phone", "locale", "timezone", "organization")}),
        ("Login on your site", {"fields": ("external_id", "identified_at", "name_verified_at", "facts")}),
        ("Activity", {"fields": ("recent_conversations", "bookings", "created_at", "last_seen_at")}),
    )
    readonly_fields = ["recent_conversations", "bookings", "facts"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Visitor]:
        found = super().get_queryset(request).select_related("organization")
        conversations = Conversation.objects.filter(visitor=models.OuterRef("pk"))
        return found.annotate(conversation_count=count_of(conversations, "visitor"))

    @display(description="Attributes")
    def facts(self, obj: Visitor) -> str:
        return render_to_string("admin/assistant/attributes.html", {"attributes": identity.shown_attributes(obj)})

    @display(description="Conversations")
    def recent_conversations(self, obj: Visitor) -> str:
        rows = [(row, row.last_message_at or row.created_at) for row in obj.conversations.all()[:20]]
        return render_to_string("admin/assistant/links.html", {"kind": "conversation", "rows": rows})

    @display(description="Appointments")
    def bookings(self, obj: Visitor) -> str:
        rows = [(row, row.start_at) for row in obj.appointments.all()[:20]]
        return render_to_string("admin/assistant/links.html", {"kind": "appointment", "rows": rows})

    @display(description="Conversations", ordering="conversation_count")
    def conversation_count(self, obj: Any) -> int:
        return obj.conversation_count
