"""The audit log: who changed, looked at and exported what. Owners read and export it; nobody changes it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.text import Truncator
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from assistant.admin.scoping import ReadOnly
from assistant.admin.spreadsheets import as_csv
from assistant.models import AuditEntry
from assistant.services.organizations.roles import Act

MOST_ROWS = 50_000
HEADINGS = ("At", "Organization", "Who", "Network", "Action", "Type", "ID", "Name", "Detail", "Changes")


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    view_rank = operate_rank = Act.AUDIT.rank
    actions = None
    rows_name = "audit entries"  # the plural is the name of the page
    empty_text = "What members of the team change, look at and export appears here."
    list_before_template = "admin/assistant/audit_tools.html"
    list_display = ["at", "who", "organization", "act", "what", "changed_shortly", "network"]
    list_filter = ["organization", "act", ("at", RangeDateTimeFilter)]
    list_select_related = ["organization"]
    search_fields = ["by_name", "model", "name", "object_id", "detail", "network"]
    search_help_text = "Search for a user, a type such as provider, a name, an ID, or a network."
    fields = ("at", "by_name", "organization", "network", "act", "model", "object_id", "name", "detail", "changed")
    readonly_fields = ["changed"]

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(self.export)
        return [path("export/", export, name="assistant_auditentry_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        listed = self.get_changelist_instance(request)
        assert isinstance(listed, ChangeList)
        return as_csv("audit-log", HEADINGS, map(self._cells, listed.get_queryset(request)[:MOST_ROWS].iterator(2000)))

    def _cells(self, row: AuditEntry) -> list[str]:
        home = row.organization.name if row.organization else ""
        did = [row.get_act_display(), row.model, row.object_id, row.name, row.detail, self.changed(row)]
        return [row.at.isoformat(timespec="seconds"), home, row.by_name, row.network, *did]

    @display(description="Who", ordering="by_name")
    def who(self, obj: AuditEntry) -> str:
        return obj.by_name or "Not logged in"

    @display(description="What")
    def what(self, obj: AuditEntry) -> str:
        return " ".join(part for part in (obj.model, obj.name or obj.object_id, obj.detail and f"({obj.detail})") if part)

    @display(description="Changes")
    def changed(self, obj: AuditEntry) -> str:
        pairs = obj.changes.items()
        return "; ".join(
            f"{name}: {after}" if obj.act == "added" else f"{name}: {was} → {after}" for name, (was, after) in pairs
        )

    @display(description="Changes")
    def changed_shortly(self, obj: AuditEntry) -> str:
        return Truncator(self.changed(obj)).chars(100)
