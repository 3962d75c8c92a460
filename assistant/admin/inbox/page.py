"""The inbox page: its addresses, and what it reads. `changes` has what it changes; the page is drawn by
static/admin-extra/inbox, which `socket` tells what to read again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from assistant.admin.inbox import changes, shown
from assistant.admin.scoping import has_several, organizations
from assistant.errors import NotFound
from assistant.models import Conversation, ConversationFile, Tag
from assistant.services import audit
from assistant.services.conversations import inbox
from assistant.services.conversations.staff_texts import HAND_BACK_CHARS, NOTE_CHARS, REPLY_CHARS
from assistant.services.files import links

LISTED = 50


def urls(model_admin: Any) -> list[Any]:
    """The addresses of the page, below those of the conversations."""

    def address(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
        return path(f"inbox/{route}", model_admin.admin_site.admin_view(view), name=f"assistant_{name}")

    return [
        address("", require_GET(partial(page, model_admin)), "inbox"),
        address("list/", require_GET(partial(listed, model_admin)), "inbox_list"),
        address("<uuid:object_id>/", require_GET(partial(opened, model_admin)), "inbox_conversation"),
        address("<uuid:object_id>/files/<uuid:file_id>/", require_GET(partial(file, model_admin)), "inbox_file"),
        address(
            "<uuid:object_id>/files/<uuid:file_id>/thumbnail/",
            require_GET(partial(thumbnail, model_admin)),
            "inbox_thumbnail",
        ),
        *(
            address(
                f"<uuid:object_id>/{name}/", require_POST(partial(changes.changed, model_admin, change)), f"inbox_{name}"
            )
            for name, change in changes.CHANGES.items()
        ),
    ]


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    mine = list(organizations(request).values_list("pk", flat=True)[:LISTED])
    config = {
        "list": reverse("admin:assistant_inbox_list"),
        "me": request.user.pk,
        "tags": sorted(set(Tag.objects.filter(organization__in=mine).values_list("name", flat=True))),
        "replies": shown.replies(mine),
        "most_chars": {"reply": REPLY_CHARS, "note": NOTE_CHARS, "hand_back": HAND_BACK_CHARS},
        "several": has_several(request),
        "open": request.GET.get("conversation", ""),
    }
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Inbox",
        "config": config,
    }
    return TemplateResponse(request, "admin/assistant/inbox.html", context)


def listed(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The lines of a tab, with how many each tab has; `q` searches, `tag` filters."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rows = _rows(model_admin, request)
    name = request.GET.get("tab", "")
    chosen = name if name in inbox.TABS else inbox.WAITING
    counts = {one: inbox.tab(rows, one, request.user).count() for one in (inbox.WAITING, inbox.MINE)}
    found = inbox.tab(rows, chosen, request.user)
    if term := request.GET.get("q", "").strip()[:200]:
        found, _ = model_admin.get_search_results(request, found, term)
    if tag := request.GET.get("tag", ""):
        found = found.filter(tags__name=tag)
    lines = [shown.line(row) for row in found[: LISTED + 1]]
    # The time once more, as a condition for which there is an index.
    snoozed = rows.filter(snoozed=True, snoozed_until__gt=timezone.now())
    again = snoozed.order_by("snoozed_until").values_list("snoozed_until", flat=True).first()
    unread = inbox.tab(rows, inbox.MINE, request.user).filter(unread=True).count()
    return shown.answer(
        {
            "lines": lines[:LISTED],
            "more": len(lines) > LISTED,
            "counts": counts,
            "unread": unread,
            "again_at": shown.instant(again),
        }
    )


def _rows(model_admin: Any, request: HttpRequest) -> QuerySet[Any]:
    mine = model_admin.within_reach(request, Conversation.objects.all(), model_admin.view_rank)
    related = ("visitor", "organization", "assistant", "staff", "assigned")
    return inbox.annotated(mine, request.user, timezone.now()).select_related(*related).prefetch_related("tags")


def opened(model_admin: Any, request: HttpRequest, object_id: Any) -> HttpResponse:
    """One conversation, whole."""
    conversation = model_admin.get_object(request, str(object_id))
    if not model_admin.has_view_permission(request, conversation):
        raise PermissionDenied
    rows = _rows(model_admin, request)
    row = rows.filter(pk=conversation.pk).first()
    if row is None:  # nothing has been said in it
        return shown.answer({"error": "There is nothing in this conversation yet."}, status=404)
    audit.record_look(conversation)
    may_act = model_admin.may_operate(request, conversation)
    earlier = model_admin.get_queryset(request).filter(visitor=row.visitor_id, last_seq__gt=0)
    people = list(inbox.people(row.organization_id, request.user.pk))
    return shown.answer(shown.detail(request, row, people, earlier, may_act))


def file(model_admin: Any, request: HttpRequest, object_id: Any, file_id: Any) -> HttpResponse:
    """A file of a conversation, as a download."""
    return _answer(links.download, _file(model_admin, request, object_id, file_id))


def thumbnail(model_admin: Any, request: HttpRequest, object_id: Any, file_id: Any) -> HttpResponse:
    """A small picture of an image that was sent in a conversation."""
    return _answer(links.thumbnail, _file(model_admin, request, object_id, file_id))


def _answer(read: Callable[[ConversationFile], HttpResponse], found: ConversationFile) -> HttpResponse:
    try:
        return read(found)
    except NotFound as error:
        raise Http404(str(error)) from error


def _file(model_admin: Any, request: HttpRequest, object_id: Any, file_id: Any) -> ConversationFile:
    conversation = model_admin.get_object(request, str(object_id))
    if not model_admin.has_view_permission(request, conversation):
        raise PermissionDenied
    audit.record_look(conversation)
    try:
        return links.sent_in(conversation, file_id)
    except NotFound as error:
        raise Http404(str(error)) from error
