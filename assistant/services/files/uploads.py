"""Files as they come in: whether one is accepted, what it is, and which message it goes with.

The type of a file is determined by its content. An image is encoded again, which removes its metadata; a PDF is stored as it
is. Each has to pass the scanner, if there is one. The same limits apply to visitors and staff.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from assistant.errors import InputError, NotAllowed, NotFound
from assistant.models import Conversation, ConversationFile, FileTotal, Message
from assistant.services.files import storing
from assistant.services.files.images import NotAnImage, RewrittenImage, rewritten
from assistant.services.files.scanning import NotScanned, ThreatFound, scan

log = logging.getLogger(__name__)

PDF = "application/pdf"
SUFFIXES = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    PDF: (".pdf",),
}
NAME_CHARS = 100
MEGABYTE = 1_000_000

Scan = Callable[[bytes, Sequence[str]], None]


def offered(assistant: Any) -> dict[str, int] | None:
    """What a widget is told of the limits; None where visitors may not send files."""
    if not assistant.accepts_files:
        return None
    return {"max_bytes": settings.FILE_MAX_MB * MEGABYTE, "per_message": settings.FILES_PER_MESSAGE}


def receive(conversation: Conversation, name: str, data: bytes, *, by: Any = None, scanner: Scan = scan) -> ConversationFile:
    """Examine and store a file that the visitor sends, or the user `by`; it then waits for its message.

    Raises `NotAllowed` where visitors may not send files, `NotFound` where the conversation has been deleted meanwhile, and
    `InputError` with a code that says what is wrong with the file.
    """
    if by is None and not conversation.assistant.accepts_files:
        raise NotAllowed("This assistant does not accept files.")
    if not data:
        raise InputError("The file is empty. Choose another one.", code="file_type")
    if len(data) > settings.FILE_MAX_MB * MEGABYTE:
        raise InputError(f"The file is larger than {settings.FILE_MAX_MB} MB.", code="file_too_large")
    _refuse_if_full(conversation, len(data))  # before the work of examining it
    kind, content, thumbnail = examined(data, scanner=scanner)
    file = _begin(conversation, clean_name(name, kind), kind, len(content), by)
    try:
        storing.write(file.place, content)
        if thumbnail:
            storing.write(file.place + storing.THUMBNAIL, thumbnail)
    except BaseException as error:
        storing.drop(file)
        if isinstance(error, OSError):
            log.exception("The storage cannot be written to.")
            raise InputError("The file could not be stored.", code="unavailable") from error
        raise
    file.state = file.State.READY
    if not ConversationFile.objects.filter(pk=file.pk).update(state=file.state):
        storing.delete(file.place)  # its visitor was erased meanwhile
        raise NotFound("The conversation no longer exists.")
    return file


def _begin(conversation: Conversation, name: str, kind: str, size: int, by: Any) -> ConversationFile:
    """A row for a file that takes up `size` bytes, within the limits."""
    with transaction.atomic():
        # The limits of two files at once are counted one after the other.
        locked = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
        if locked is None:
            raise NotFound("No such conversation.")
        total, _ = FileTotal.objects.select_for_update().get_or_create(organization_id=locked.organization_id)
        _refuse_if_full(locked, size)
        FileTotal.objects.filter(pk=total.pk).update(bytes=F("bytes") + size)
        return ConversationFile.objects.create(
            organization_id=locked.organization_id,
            conversation=locked,
            name=name,
            type=kind,
            size=size,
            by_staff=by,
            from_staff=by is not None,
        )


def _refuse_if_full(conversation: Conversation, size: int) -> None:
    """Raises `InputError` where the conversation has as many files as it may have, or its organization has no room left."""
    if conversation.files.count() >= settings.FILES_PER_CONVERSATION:
        raise InputError("This conversation cannot have more files.", code="too_many_files")
    most = settings.FILES_ORGANIZATION_MB * MEGABYTE
    if FileTotal.objects.filter(organization=conversation.organization_id, bytes__gt=most - size).exists():
        log.warning("organization %s has reached FILES_ORGANIZATION_MB: a file was refused", conversation.organization_id)
        raise InputError("Your organization has used up its storage for files.", code="too_many_files")


def examined(data: bytes, *, scanner: Scan = scan) -> tuple[str, bytes, bytes]:
    """The type of a file by its content, what to store of it, and a thumbnail if it is an image.

    Raises `InputError` for a type that is not accepted, and for a file that the scanner has refused.
    """
    try:
        scanner(data, settings.FILE_SCANNER)
    except ThreatFound as error:
        raise InputError("The virus scanner rejected the file.", code="file_refused") from error
    except NotScanned as error:
        raise InputError("The file could not be scanned for viruses. Try again later.", code="file_not_checked") from error
    if data.startswith(b"%PDF-"):
        return PDF, data, b""
    try:
        image: RewrittenImage = rewritten(data)
    except NotAnImage as error:
        log.info("A file was refused: %s", error)
        raise InputError(
            "Only PNG, JPEG, WebP, GIF and PDF files can be sent. This one is of another type, or damaged.", code="file_type"
        ) from error
    return image.type, image.data, image.thumbnail


def clean_name(name: str, kind: str) -> str:
    """A name to show and to save under: without folders and what cannot be seen, and with an ending of its type, so that
    no system takes it for a program."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in unicodedata.normalize("NFC", name))
    plain = re.split(r"[/\\]", plain)[-1]
    plain = " ".join(re.sub(r'[<>:"|?*\[\]]', "_", plain).split()).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    known = SUFFIXES[kind]
    if dot and f".{suffix.lower()}" in known:
        return f"{stem[:NAME_CHARS].rstrip('. ')}.{suffix.lower()}"
    stem = stem if dot and len(suffix) <= 5 else plain
    return f"{stem[:NAME_CHARS].rstrip('. ') or 'file'}{known[0]}"


def remove_unsent(conversation: Conversation, file_id: UUID | str, *, from_staff: bool = False) -> None:
    """Delete a file that no message has yet. Raises `NotFound` for any other."""
    waiting = conversation.files.filter(pk=file_id, message=None, from_staff=from_staff).first()
    if waiting is None or not storing.drop(waiting):
        raise NotFound("No such file.")


# --- Messages ---------------------------------------------------------------------------------------------------------


def ready(
    conversation: Conversation, ids: Sequence[str], *, client_id: str | None = None, from_staff: bool = False
) -> list[ConversationFile]:
    """The files that a message of the visitor, or of staff, is to have; those that the message of that `client_id` has are
    its own. Raises `InputError` where one is missing or there are too many."""
    if len(set(ids)) > settings.FILES_PER_MESSAGE:
        raise InputError("A message cannot have that many files.", code="too_many_files")
    free = Q(message=None) | (Q(message__client_id=client_id) if client_id else Q())
    rows = conversation.files.filter(free, pk__in=ids, from_staff=from_staff, state=ConversationFile.State.READY)
    found = {str(row.pk): row for row in rows}
    if missing := set(ids) - set(found):
        raise NotFound(f"{len(missing)} of the files no longer exist.")
    return [found[id] for id in dict.fromkeys(ids)]


def shown(files: Sequence[ConversationFile]) -> list[dict[str, Any]]:
    """Files as their message and every widget has them."""
    return [{"id": str(file.pk), "name": file.name, "type": file.type, "size": file.size} for file in files]


def attach(message: Message, files: Sequence[ConversationFile]) -> None:
    """Let `message` have these files, which are ready. Inside the transaction that saves the message."""
    ConversationFile.objects.filter(pk__in=[file.pk for file in files]).update(message=message)


def described(files: Sequence[dict[str, Any]]) -> str:
    """Files as a model, a plain transcript and an e-mail have them: a line each, which says that there is a file."""
    return "\n".join(f"[file: {file['name']}, {file['type']}, {size_of(file['size'])}]" for file in files)


def with_files(text: str, files: Sequence[dict[str, Any]]) -> str:
    """The text of a message, and its files below it."""
    return "\n".join(filter(None, (text, described(files))))


def size_of(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(1, round(size / 1000))} KB"
