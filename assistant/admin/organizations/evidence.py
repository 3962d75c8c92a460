"""The export of notices: which disclosure and which consent text was shown when, in which version, and who agreed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from assistant.admin.spreadsheets import as_csv
from assistant.services.conversations import notices
from assistant.services.organizations.roles import Act

HEADINGS = (
    "conversation", "assistant", "kind", "language", "version", "version_since", "shown_at", "agreed_at", "text",
)  # fmt: skip


def evidence_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """A file for those who may export: CSV, or JSON with `?format=json`."""
    organization = model_admin.get_object(request, object_id)
    if model_admin.rank(request, organization) < Act.EXPORT.rank:
        raise PermissionDenied
    rows = notices.evidence(organization)
    if request.GET.get("format") == "json":
        body = {"organization": organization.name, "exported_at": timezone.now(), "notices": list(rows)}
        name = f'attachment; filename="notices-{timezone.localdate()}.json"'
        return JsonResponse(body, headers={"Content-Disposition": name}, json_dumps_params={"ensure_ascii": False})
    return as_csv("notices", HEADINGS, ([_cell(row[name]) for name in HEADINGS] for row in rows))


def _cell(value: Any) -> Any:
    return "" if value is None else value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value
