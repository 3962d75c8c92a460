"""Logos of organizations and avatars of assistants: redrawn from what staff upload, kept, and where they are public."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from assistant.errors import InputError, NotFound
from assistant.models import Assistant, Organization, Picture
from assistant.services.files.images import DrawnImage, NotAnImage, Shape, drawn
from assistant.services.files.scanning import NotScanned, ThreatFound, scan

log = logging.getLogger(__name__)

MAX_MB = 5  # of what is uploaded; what is kept of it is a few kilobytes
AVATAR = Shape(256, 256, crop=True)
LOGO = Shape(600, 200)
FILE_NAME = re.compile(r"([0-9a-f]{40})\.[a-z]{3}")
SMALLER = "Save a smaller copy, such as one 1000 pixels wide, and choose that."
ACCEPTED = "image/png,image/jpeg,image/webp,image/gif"

Owner = Assistant | Organization
Scan = Callable[[bytes, Sequence[str]], None]
Drawer = Callable[[bytes, Shape], DrawnImage]


def examined(file: BinaryIO, shape: Shape, *, scanner: Scan = scan, drawer: Drawer = drawn) -> DrawnImage:
    """What to keep of an uploaded file. It takes a process and up to some seconds: not for a transaction.

    Raises `InputError` with a sentence for staff.
    """
    data = file.read(MAX_MB * 1_000_000 + 1)
    if not data:
        raise InputError("The file is empty. Choose another one.", code="file_type")
    if len(data) > MAX_MB * 1_000_000:
        raise InputError(f"The file is larger than {MAX_MB} MB. Choose a smaller one.", code="file_too_large")
    try:
        scanner(data, settings.FILE_SCANNER)
        return drawer(data, shape)
    except ThreatFound as error:
        raise InputError("The virus scanner refused the file.", code="file_refused") from error
    except NotScanned as error:
        raise InputError("The file could not be scanned for viruses. Try again later.", code="file_not_checked") from error
    except NotAnImage as error:
        log.info("A picture was refused: %s", error)
        raise InputError(_reason(data, str(error)), code="file_type") from error


def _reason(data: bytes, problem: str) -> str:
    if b"<svg" in data[:4096].lower():
        return "SVG is not accepted, because it can contain programs. Save the picture as PNG and choose that."
    problem = problem.lower()  # a sentence of ours, or the name of what a decoder raised, such as MemoryError
    if any(word in problem for word in ("pixels", "bomb", "memory")):
        return f"The picture has too many pixels. {SMALLER}"
    if "too long" in problem:
        return f"Reading the picture took too long. {SMALLER}"
    if "frames" in problem:
        return "The animation is too long. Choose a picture that does not move."
    return "This file is not a JPEG, PNG, WebP or GIF, or it is damaged. Choose another file."


def keep(owner: Owner, picture: DrawnImage) -> Picture:
    """The picture as the owner's, in place of an earlier one."""
    digest = hashlib.sha256(f"{owner._meta.model_name} {owner.pk}\n".encode() + picture.data).hexdigest()[:40]
    about = {"data": picture.data, "type": picture.type, "width": picture.width, "height": picture.height}
    with transaction.atomic():
        _lock(owner)
        _rows(owner).exclude(pk=digest).delete()
        return Picture.objects.get_or_create(pk=digest, defaults={**about, **_whose(owner)})[0]


def remove(owner: Owner) -> None:
    """Delete the owner's picture, if there is one."""
    with transaction.atomic():
        _lock(owner)
        _rows(owner).delete()


def of(owner: Owner) -> Picture | None:
    """The owner's picture, without its content."""
    return _rows(owner).defer("data").first() if owner.pk else None


def address(owner: Owner) -> str:
    """Where anybody can see it; "" without a picture."""
    found = of(owner)
    return settings.PUBLIC_URL + path_of(found) if found else ""


def path_of(picture: Picture) -> str:
    """Its address on this server."""
    return reverse("picture", args=[picture.file_name])


def stored(file_name: str) -> Picture:
    """The picture of an address. Raises `NotFound`."""
    named = FILE_NAME.fullmatch(file_name)  # first: PostgreSQL refuses a NUL, and no driver takes half a character
    found = Picture.objects.filter(pk=named[1]).first() if named else None
    if found is None or found.file_name != file_name:
        raise NotFound("No such picture.")
    return found


def _lock(owner: Owner) -> None:
    """Two who change the picture at once do so one after the other."""
    Organization.objects.filter(pk=owner.organization_id if isinstance(owner, Assistant) else owner.pk).lock()


def _whose(owner: Owner) -> dict[str, Owner | None]:
    if isinstance(owner, Assistant):
        return {"assistant": owner, "organization": owner.organization}
    return {"assistant": None, "organization": owner}


def _rows(owner: Owner) -> QuerySet[Picture]:
    return Picture.objects.filter(**_whose(owner))
