"""The sidebar: the pages that this user may open, with the number of rows that need attention."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from assistant.admin.dashboard import a_script_answers
from assistant.admin.scoping import organizations
from assistant.models import Conversation, Delivery, Question
from assistant.providers import router

# Group, then title, icon and model of each line.
PAGES = (
    (
        "",
        (
            ("Conversations", "chat", "conversation"),
            ("Appointments", "event_available", "appointment"),
            ("Visitors", "person_search", "visitor"),
            ("Unanswered questions", "contact_support", "question"),
        ),
    ),
    (
        "Setup",
        (
            ("Organizations", "apartment", "organization"),
            ("Members", "groups", "membership"),
            ("Assistants", "smart_toy", "assistant"),
            ("Methods", "bolt", "method"),
            ("Documents", "menu_book", "document"),
            ("Services", "content_cut", "service"),
            ("Calendars", "calendar_month", "calendar"),
            ("Outside calendars", "sync", "outsidecalendar"),
            ("Calendar accounts", "manage_accounts", "calendaraccount"),
            ("OAuth clients", "key", "oauthclient"),
            ("Calendar feeds", "rss_feed", "calendarfeed"),
            ("Message texts", "edit_note", "messagetemplate"),
            ("Message channels", "sms", "messagechannel"),
            ("Webhooks", "webhook", "teamwebhook"),
            ("Canned replies", "quickreply", "cannedreply"),
            ("Tags", "sell", "tag"),
            ("Providers", "hub", "provider"),
            ("Identity keys", "key", "identitykey"),
            ("Visitor attributes", "sell", "visitorattribute"),
        ),
    ),
    (
        "Activity",
        (
            ("Deliveries", "outgoing_mail", "delivery"),
            ("Tool calls", "receipt_long", "toolcall"),
            ("Replays", "replay", "replay"),
            ("Usage", "toll", "usage"),
            ("Prices", "payments", "price"),
            ("Removed data", "delete_sweep", "removal"),
            ("Audit log", "policy", "auditentry"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation: only models that have an admin, and that this user may see."""
    admins = {model._meta.model_name: model_admin for model, model_admin in admin.site._registry.items()}
    statistics = reverse("admin:assistant_usage_statistics")
    schedule = reverse("admin:assistant_schedule")
    inbox = reverse("admin:assistant_inbox")
    groups: list[dict[str, Any]] = [
        {"title": "", "items": [{"title": "Today", "icon": "home", "link": reverse("admin:index")}]}
    ]
    for title, pages in PAGES:
        items = []
        for label, icon, name in pages:
            model_admin = admins.get(name)
            if model_admin is not None and model_admin.has_view_permission(request):
                link = reverse(f"admin:{model_admin.opts.app_label}_{name}_changelist")
                item = {"title": label, "icon": icon, "link": link, **_badge(request, name, model_admin)}
                # The URLs of these pages lie below those of lists, but they are entries of their own here.
                here: dict[str, Any] = {"active": False} if request.path in (statistics, schedule, inbox) else {}
                if name == "conversation":
                    items.append({"title": "Inbox", "icon": "inbox", "link": inbox, "badge": item.pop("badge", None)})
                if name == "appointment":
                    items.append({"title": "Calendar", "icon": "calendar_today", "link": schedule})
                items.append({**item, **here})
        if title:
            groups.append({"title": title, "separator": True, "items": items})
        else:
            groups[0]["items"] += items
    if admins["user"].has_view_permission(request):
        users = {"title": "Users", "icon": "group", "link": reverse("admin:auth_user_changelist")}
        groups.append({"title": "", "separator": True, "items": [users]})
    if admins["usage"].has_view_permission(request):
        groups[0]["items"].append({"title": "Statistics", "icon": "monitoring", "link": statistics})
    return groups


def environment(request: HttpRequest) -> list[str] | None:
    """Unfold's label at the top of every page: whether visitors are answered by a script."""
    if not any(one.source == "demo" for one in router.platform().usable):
        return None  # it is for nobody, and no page has to look who else answers
    return ["Demonstration model", "warning"] if a_script_answers(organizations(request)) else None


def _badge(request: HttpRequest, name: str, model_admin: Any) -> dict[str, str]:
    waiting = {
        "conversation": Conversation.State.WAITING,
        "delivery": Delivery.State.DEAD,
        "question": Question.State.OPEN,
    }.get(name)
    count = model_admin.get_queryset(request).filter(state=waiting).count() if waiting else 0
    return {"badge": str(count)} if count else {}
