"""Export of what is stored about one visitor: a zip with JSON for programs and HTML for people."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone

from assistant.errors import NotFound
from assistant.models import AuditEntry, ConversationFile, Delivery, Organization, Visitor
from assistant.services import audit
from assistant.services.files import storing
from assistant.services.privacy import inventory, own_emails
from assistant.services.privacy.inventory import About, Erasure, Table

MAX_FILES_BYTES = 200 * 2**20  # in one zip
IN_MEMORY_BYTES = 2**20  # a larger zip lies in a temporary file, which no name leads to
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


def as_zip(
    organization: Organization, *visitors: Visitor, own: bool = False, most: int = MAX_FILES_BYTES
) -> SpooledTemporaryFile[bytes]:
    """A temporary file, which the caller closes: `visitor.json`, `visitor.html`, and the files that the visitors have sent
    and were sent, each under its id and name, up to `most` bytes. With `own`, for the visitors themselves.

    Not for within a transaction: one file after the other is read and opened here, while everybody else goes on to write.
    """
    with transaction.atomic():
        found = collect(organization, *visitors, own=own)
        sent = ConversationFile.objects.filter(conversation__visitor__in=visitors, message__isnull=False)
        files = list(sent.order_by("at", "pk"))
    with ExitStack() as stack:
        file = stack.enter_context(SpooledTemporaryFile(IN_MEMORY_BYTES))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            left_out = _add_files(archive, files, most)
            found = {**found, **({"files_left_out": left_out} if left_out else {})}
            shown = [(name, [_shown(row) for row in rows]) for name, rows in found["tables"].items()]
            page = render_to_string("assistant/visitor_export.html", {**found, "shown": shown, "own": own})
            archive.writestr("visitor.json", json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
            archive.writestr("visitor.html", page)
        file.seek(0)
        stack.pop_all()
    return file


def recorded(organization: Organization, *visitors: Visitor, by: str, how: str, own: bool = False) -> IO[bytes]:
    """`as_zip` for somebody who is no member of the staff, with an entry in the audit log for each visitor."""
    with ExitStack() as stack:
        file = stack.enter_context(as_zip(organization, *visitors, own=own))
        with transaction.atomic():
            for visitor in visitors:
                audit.record_outside(organization, by, AuditEntry.Act.EXPORTED, visitor, how)
        stack.pop_all()
    return file


def _add_files(archive: zipfile.ZipFile, files: Sequence[ConversationFile], most: int) -> list[dict[str, Any]]:
    """Returns those that are not in it, each with the reason."""
    left_out, taken = [], 0
    for file in files:
        why = f"A download holds at most {most // 2**20} MB of files." if taken + file.size > most else ""
        if not why:
            try:
                content = storing.read(file.place)
            except NotFound:  # its row is in the export all the same
                why = "It could not be read."
            else:
                taken += file.size
                # Pictures and PDFs are compressed as they are.
                archive.writestr(f"files/{file.pk} {file.name}", content, zipfile.ZIP_STORED)
        if why:
            left_out.append({"id": file.pk, "name": file.name, "size": file.size, "why": why})
    return left_out


def _rows(
    organization: Organization, visitors: Sequence[Visitor], model: type[Model], table: Table, own: bool
) -> list[dict[str, Any]]:
    names = OWN[model.__name__].split() if own else [*table.shown.split(), *table.names(About.VISITOR)]
    fields = inventory.fields(model, names)
    rows = [row for visitor in visitors for row in inventory.rows_of(visitor, model, table).order_by("pk")]
    if own and model is Delivery:
        rows = own_emails.own(organization, visitors, rows)
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
