"""Personal data: export and erasure of visitors, and what was removed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import action, display

from assistant.admin.scoping import ReadOnly
from assistant.errors import NotFound
from assistant.models import Appointment, Conversation, Removal, Visitor
from assistant.services.organizations.roles import Act
from assistant.services.privacy import erasure, export
from assistant.services.privacy.zip_response import zip_response


class VisitorsData:
    """Export and erasure, for the admin of visitors: its list's actions, and buttons on a visitor's page."""

    actions = ["export_data", "erase"]
    operate_rank = Act.EXPORT.rank
    erase_rank = Act.ERASE.rank
    opts: Any
    admin_site: Any

    def change_view(
        self: Any, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With a button for each act that this user may do to the visitor."""
        held = self.rank(request, self.get_object(request, object_id))
        needed = {"export_data": self.operate_rank, "erase": self.erase_rank}
        buttons = [(name, getattr(self, name).short_description) for name, rank in needed.items() if held >= rank]
        return super().change_view(  # type: ignore[misc]
            request, object_id, form_url, {"object_actions": buttons, **(extra_context or {})}
        )

    @action(description="Export data", permissions=["operate"])
    def export_data(self: Any, request: HttpRequest, queryset: models.QuerySet[Visitor]) -> HttpResponseBase | None:
        rows = list(self.within_reach(request, queryset, self.operate_rank).select_related("organization")[:2])
        if len(rows) != 1:
            self.message_user(request, "Select one visitor to export.", messages.WARNING)
            return None
        [visitor] = rows
        name = f"visitor-{str(visitor.pk)[:8]}-{timezone.localdate():%Y-%m-%d}.zip"
        return zip_response(request, export.as_zip(visitor.organization, visitor), name)

    @action(description="Erase", permissions=["operate"])
    def erase(self: Any, request: HttpRequest, queryset: models.QuerySet[Visitor]) -> HttpResponse | None:
        rows = self.within_reach(request, queryset, self.erase_rank).select_related("organization")
        if not rows:
            self.message_user(request, "Only owners of the organization can erase a visitor.", messages.WARNING)
            return None
        if "sure" not in request.POST:
            return _ask_before_erasing(self, request, rows)
        erased = 0
        for visitor in rows:
            try:
                erasure.erase(visitor.organization, visitor.pk, by=request.user)
                erased += 1
            except NotFound:  # meanwhile erased by somebody else, or by retention
                continue
        said = f"Erased {erased} visitor{'' if erased == 1 else 's'}. Removed data lists what was deleted."
        self.message_user(request, said, messages.SUCCESS)
        return None


def _ask_before_erasing(model_admin: Any, request: HttpRequest, rows: models.QuerySet[Visitor]) -> HttpResponse:
    here = models.OuterRef("pk")
    now = timezone.now()
    theirs = Conversation.objects.filter(visitor=here).order_by().values("visitor").annotate(found=models.Count("pk"))
    coming = Appointment.objects.upcoming(now).filter(visitor=here).order_by().values("visitor")
    asked = rows.annotate(
        conversations_total=models.Subquery(theirs.values("found")),
        coming=models.Subquery(coming.annotate(found=models.Count("pk")).values("found")),
    )
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Erase visitors",
        "rows": asked[:100],
    }
    return TemplateResponse(request, "admin/assistant/erase_visitors.html", context)


@admin.register(Removal)
class RemovalAdmin(ReadOnly):
    empty_text = "Erased visitors appear here, and what was deleted because it was older than your organization keeps it."
    list_display = ["at", "organization", "reason", "by", "removed", "is_finished"]
    list_filter = ["organization", "reason"]
    list_select_related = ["organization", "by"]
    fields = ("organization", "reason", "visitor", "by", "removed", "at", "finished_at")
    readonly_fields = ["removed"]

    @display(description="Removed")
    def removed(self, obj: Removal) -> str:
        return ", ".join(f"{name}: {count}" for name, count in sorted(obj.counts.items())) or "Nothing"

    @display(description="State", label={"Finished": "success", "Clearing caches": "info"})
    def is_finished(self, obj: Removal) -> str:
        return "Finished" if obj.finished_at else "Clearing caches"
