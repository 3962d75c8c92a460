"""Export of what is stored about one visitor: a zip with JSON for programs and HTML for people."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone

from assistant.errors import NotFound
from assistant.models import ConversationFile, Organization, Visitor
from assistant.services.files import storing
from assistant.services.privacy import inventory
from assistant.services.privacy.inventory import Erasure, Table

UNREADABLE = {"html", "ics", "data"}  # left to the JSON: other forms of what is shown anyway


def collect(organization: Organization, visitor: Visitor) -> dict[str, Any]:
    """What erasure would remove: for each table the visitor's rows, with the fields that are about them.

    Raises `ValueError` for a visitor of another organization.
    """
    if visitor.organization_id != organization.pk:
        raise ValueError("The visitor belongs to another organization.")
    with transaction.atomic():
        tables = {
            model._meta.verbose_name_plural.title(): _rows(visitor, model, table)  # type: ignore[union-attr]
            for model, table in inventory.models()
            if table.owner and table.erasure != Erasure.UNLINKED
        }
    return {
        "organization": organization.name,
        "exported_at": timezone.now(),
        "tables": {name: rows for name, rows in tables.items() if rows},
    }


def as_zip(organization: Organization, visitor: Visitor) -> bytes:
    """`visitor.json`, `visitor.html`, and the files that the visitor has sent and was sent, each under its id and name."""
    found = collect(organization, visitor)
    shown = [(name, [_shown(row) for row in rows]) for name, rows in found["tables"].items()]
    page = render_to_string("assistant/visitor_export.html", {**found, "shown": shown})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visitor.json", json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        archive.writestr("visitor.html", page)
        for sent in ConversationFile.objects.filter(conversation__visitor=visitor, message__isnull=False).order_by("at"):
            with suppress(NotFound):  # its row is in the export all the same
                archive.writestr(f"files/{sent.pk} {sent.name}", storing.read(sent.place))
    return file.getvalue()


def _rows(visitor: Visitor, model: type[Model], table: Table) -> list[dict[str, Any]]:
    fields = [*inventory.fields(model, table.shown.split()), *inventory.visitors_fields(model, table)]
    rows = inventory.rows_of(visitor, model, table).order_by("pk")
    found = [{field.name: _value(field, row) for field in fields} for row in rows]
    return sorted(found, key=_moment)


def _moment(row: dict[str, Any]) -> tuple[datetime, int]:
    at = next((row[name] for name in ("at", "created_at", "last_at") if row.get(name)), datetime.min.replace(tzinfo=UTC))
    return at, row.get("seq", 0)


def _value(field: Any, row: Model) -> Any:
    return getattr(row, field.attname)


def _shown(row: dict[str, Any]) -> list[tuple[str, Any]]:
    """The row's values that a person can read, with their names."""
    found = ((name.replace("_", " "), value) for name, value in row.items() if name not in UNREADABLE)
    return [
        (name, json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict | list) else value)
        for name, value in found
        if value not in (None, "", {}, [])
    ]
