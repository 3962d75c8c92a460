"""Links to files: signed, for a few minutes, and to nothing but a download."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from assistant.errors import NotFound
from assistant.models import Conversation, ConversationFile
from assistant.services.files import storing

SALT = "conversation file"
GOOD_FOR = timedelta(minutes=5)
# Whatever a file holds, no browser runs it as a page of ours: it is saved, as the type that we found.
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address is the credential
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def link_to(conversation: Conversation, file_id: UUID | str) -> tuple[str, datetime]:
    """The address of a file in this conversation, and until when it is good. Raises `NotFound`."""
    file = sent_in(conversation, file_id)
    token = signing.dumps(str(file.pk), salt=SALT)
    address = settings.PUBLIC_URL + reverse("conversation-file", args=[token])
    return address, (timezone.now() + GOOD_FOR).astimezone(UTC)


def of_link(token: str) -> ConversationFile:
    """The file of a link. Raises `NotFound` for a link that has expired or is not ours."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature as error:
        raise NotFound("The link has expired.") from error
    file = ConversationFile.objects.filter(pk=pk, message__isnull=False).first()
    if file is None:
        raise NotFound("The file has been deleted.")
    return file


def sent_in(conversation: Conversation, file_id: UUID | str) -> ConversationFile:
    """A file that a message of this conversation has. Raises `NotFound`."""
    file = conversation.files.filter(pk=file_id, message__isnull=False).first()
    if file is None:
        raise NotFound("No such file.")
    return file


def download(file: ConversationFile) -> HttpResponse:
    """The file as an attachment. Raises `NotFound` where its content cannot be read."""
    response = HttpResponse(storing.read(file.place), content_type=file.type, headers=HEADERS)
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    return response


def thumbnail(file: ConversationFile) -> HttpResponse:
    """A small picture of an image, drawn anew from its pixels. Raises `NotFound` where there is none."""
    content = storing.read(file.place + storing.THUMBNAIL)
    headers = {**HEADERS, "Cache-Control": "private, max-age=3600"}
    return HttpResponse(content, content_type="image/png", headers=headers)
