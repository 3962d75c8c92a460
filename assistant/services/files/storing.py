"""Contents of files: sealed, under random names, in the storage that the settings call `conversations`.

A row is there before its content, and a `DroppedFile` from the transaction that deletes the row until its content is gone:
nothing is in the storage that the database does not know of, and the storage is never listed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assistant.errors import NotFound
from assistant.models import ConversationFile, DroppedFile, FileTotal
from assistant.secrets import SecretUnreadable, seal_bytes, unseal_bytes

log = logging.getLogger(__name__)

THUMBNAIL = ".thumbnail"
BATCH = 200
LATE_WRITES = timedelta(minutes=5)  # an upload that was under way when its row was deleted has ended by then
UNSENT_FOR = timedelta(days=1)  # that a file waits for its message


def _storage() -> Storage:
    return storages["conversations"]


def write(place: str, content: bytes) -> None:
    """Store `content`, sealed. Raises `OSError` where the storage cannot be written to."""
    # In folders of some thousand files each, as file systems like it.
    name = _storage().save(_path(place), ContentFile(seal_bytes(content, "conversation file", place)))
    if name != _path(place):  # the storage avoids a name that is taken, and a random one never is
        raise OSError("A place in the storage is taken.")


def read(place: str) -> bytes:
    """What `write` was given. Raises `NotFound` where it is gone or cannot be opened."""
    try:
        with _storage().open(_path(place)) as file:
            return unseal_bytes(file.read(), "conversation file", place)
    except (OSError, SecretUnreadable) as error:
        log.error("A file cannot be read from the storage: %s", type(error).__name__)
        raise NotFound("The file cannot be read.") from error


def delete(place: str) -> None:
    """Delete a content and its thumbnail; nothing happens where they are gone."""
    for name in (place, place + THUMBNAIL):
        _storage().delete(_path(name))


def _path(place: str) -> str:
    return f"{place[:2]}/{place}"


def drop(file: ConversationFile) -> bool:
    """Delete a file that no message has, and its content at once, or where the storage fails, later. False where a message
    has it by now, or it is gone."""
    with transaction.atomic():
        unsent = ConversationFile.objects.select_for_update().filter(pk=file.pk, message=None).first()
        if unsent is None:
            return False
        unsent.delete()
    for dropped in DroppedFile.objects.filter(place=file.place, deleted_at=None):
        _finish(dropped, timezone.now())
    return True


def delete_dropped(now: datetime | None = None) -> int:
    """Drop files that no message has taken in a day; delete contents whose rows were deleted, and return how many."""
    now = now or timezone.now()
    for file in ConversationFile.objects.filter(message=None, at__lt=now - UNSENT_FOR).order_by("at")[:BATCH]:
        drop(file)
    deleted = sum(_finish(dropped, now) for dropped in DroppedFile.objects.filter(deleted_at=None).order_by("at")[:BATCH])
    for dropped in DroppedFile.objects.filter(deleted_at__isnull=False, at__lt=now - LATE_WRITES).order_by("at")[:BATCH]:
        if _is_deleted(dropped):
            dropped.delete()
    return deleted


def _finish(dropped: DroppedFile, now: datetime) -> bool:
    """Delete a content, and take it out of the total of its organization, once."""
    if not _is_deleted(dropped):
        return False
    with transaction.atomic():
        if DroppedFile.objects.filter(pk=dropped.pk, deleted_at=None).update(deleted_at=now):
            total = FileTotal.objects.filter(organization=dropped.organization_id)
            total.update(bytes=F("bytes") - dropped.size)
    return True


def _is_deleted(dropped: DroppedFile) -> bool:
    try:
        delete(dropped.place)
    except Exception:  # of whatever storage it is
        log.exception("dropped file %s could not be deleted yet", dropped.pk)
        return False
    return True
