"""Export of what is stored about one visitor: a zip with JSON for programs and HTML for people."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone

from assistant.errors import NotFound
from assistant.models import ConversationFile, Delivery, Organization, Visitor
from assistant.services.files import storing
from assistant.services.privacy import inventory, own_letters
from assistant.services.privacy.inventory import About, Erasure, Table

UNREADABLE = {"html", "ics", "data"}  # left to the JSON: other forms of what is shown anyway


# What visitors download themselves: what they have said, seen, booked and been sent. Not what the team has noted for itself,
# nor how replies were made, in which there may be what a method has read in the organization's own systems.
OWN = {
    "Visitor": "id external_id identified_at name name_verified_at email email_verified_at phone locale timezone attributes "
               "created_at last_seen_at",
    "Conversation": "id title language origin created_at last_message_at consented_at state rating rating_comment rated_at",
    "Message": "id conversation seq role text state page sources files rating spoken at",
    "ConversationFile": "id conversation message name type size at",
    "Notice": "conversation text shown_at agreed_at",
    "VoiceCall": "id conversation seconds created_at started_at ended_at",
    "Card": "id conversation kind state content choice created_at",
    "Delivery": "id conversation appointment kind to subject text html ics state created_at sent_at",
    "Appointment": "id state start_at end_at timezone price created_at conversation reference visitor_timezone name email "
                   "phone reason answers cancel_reason",
    "AppointmentNotice": "appointment created_at",
    "Feedback": "appointment score comment created_at updated_at",
}  # fmt: skip


def collect(organization: Organization, *visitors: Visitor, own: bool = False) -> dict[str, Any]:
    """What erasure would remove: for each table the visitors' rows, with the fields that are about them; with `own`, what of
    it the visitors may download themselves.

    Raises `ValueError` for a visitor of another organization.
    """
    if any(visitor.organization_id != organization.pk for visitor in visitors):
        raise ValueError("The visitor belongs to another organization.")
    with transaction.atomic():
        tables = {
            model._meta.verbose_name_plural.title(): _rows(organization, visitors, model, table, own)  # type: ignore[union-attr]
            for model, table in inventory.models()
            if table.owner and table.erasure != Erasure.UNLINKED and (model.__name__ in OWN or not own)
        }
    return {
        "organization": organization.name,
        "exported_at": timezone.now(),
        "tables": {name: rows for name, rows in tables.items() if rows},
    }


def as_zip(organization: Organization, *visitors: Visitor, own: bool = False) -> bytes:
    """`visitor.json`, `visitor.html`, and the files that the visitors have sent and were sent, each under its id and name.
    With `own`, for the visitors themselves."""
    found = collect(organization, *visitors, own=own)
    shown = [(name, [_shown(row) for row in rows]) for name, rows in found["tables"].items()]
    page = render_to_string("assistant/visitor_export.html", {**found, "shown": shown, "own": own})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visitor.json", json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        archive.writestr("visitor.html", page)
        sent_files = ConversationFile.objects.filter(conversation__visitor__in=visitors, message__isnull=False)
        for sent in sent_files.order_by("at"):
            with suppress(NotFound):  # its row is in the export all the same
                archive.writestr(f"files/{sent.pk} {sent.name}", storing.read(sent.place))
    return file.getvalue()


def _rows(
    organization: Organization, visitors: Sequence[Visitor], model: type[Model], table: Table, own: bool
) -> list[dict[str, Any]]:
    names = OWN[model.__name__].split() if own else [*table.shown.split(), *table.names(About.VISITOR)]
    fields = inventory.fields(model, names)
    rows = [row for visitor in visitors for row in inventory.rows_of(visitor, model, table).order_by("pk")]
    if own and model is Delivery:
        rows = own_letters.own(organization, visitors, rows)
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
