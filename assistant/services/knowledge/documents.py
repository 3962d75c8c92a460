"""Documents, from their upload until a search can find them.

A row is claimed by one conditional write, read by `tasks`, and given its passages here. Its old passages stay until there
are new ones, so the content of a page that is down is still known.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from assistant import live
from assistant.models import Document, DocumentFile, Organization, Passage
from assistant.services import renewal
from assistant.services.knowledge.formats.result import MAX_CHARS, PROBLEMS, ExtractedText
from assistant.services.knowledge.passages import passages
from assistant.services.knowledge.search import indexed
from assistant.services.knowledge.words import VERSION

TASK = "assistant.tasks.read_document"
MAX_ATTEMPTS = 4  # of a document whose readers died
FIRST_WAIT_SECONDS = 60  # until a page that failed is tried again: twice as long each time, up to a day
MAX_DOCUMENTS = 1000  # of an organization
READ_AT_ONCE = 2  # of one organization's: slow pages of one must not keep every reader busy
BATCH = 500  # passages in a statement
INDEXED_AT_ONCE = 2000  # passages that `index_due` goes over in one run, and those of the document that it is at
NOT_COMPLETED = "Reading it was started several times but never finished."


def queue(document: Document, *, file: tuple[str, bytes] | None = None, encoding: str = "") -> None:
    """Save a document and have it read: a text at once, a file or page by a worker. `file` is its name and content,
    `encoding` that of a text file where staff have chosen it, also of one that could not be read without."""
    with transaction.atomic():
        known = Document.objects.select_for_update().filter(pk=document.pk).first()
        document.fence = known.fence + 1 if known else 0  # a reader that is at it comes too late
        document.state, document.attempts, document.code, document.problem = Document.State.QUEUED, 0, "", ""
        document.leased_until = document.next_read_at = None
        document.etag = document.last_modified = ""  # another address, perhaps
        document.text = document.text.replace("\0", "")[:MAX_CHARS]
        document.save()
        if file is not None:
            DocumentFile.objects.update_or_create(
                document=document,
                defaults={"name": file[0].replace("\0", "")[-200:], "data": file[1], "encoding": encoding},
            )
        else:
            DocumentFile.objects.filter(document=document).update(encoding=encoding)
        if has_to_be_read(document):
            live.queue_task(TASK, document.pk)
        else:
            _keep(document, ExtractedText(document.text, note=document.note))


def read_again(document: Document) -> bool:
    """Have it read again. False where there is nothing to read: a text, or a file that was read."""
    if not has_to_be_read(document):
        return False
    rows = Document.objects.filter(pk=document.pk).exclude(state=Document.State.READING, leased_until__gt=timezone.now())
    with transaction.atomic():
        if not rows.update(state=Document.State.QUEUED, attempts=0, next_read_at=None):
            return True  # somebody is at it
        live.queue_task(TASK, document.pk)
    return True


def enqueue_due(limit: int = 50) -> int:
    """Tell workers of the documents that are due, new pages and old ones alike. Returns how many."""
    due = Document.objects.due(timezone.now()).filter(organization__active=True).order_by("next_read_at", "created_at")
    place = Window(RowNumber(), partition_by="organization", order_by=["next_read_at", "created_at"])
    first = due.annotate(place=place).filter(
        place__lte=READ_AT_ONCE
    )  # of each, so that nobody's thousand hide another's one
    found = list(first.values_list("pk", flat=True)[:limit])
    for document_id in found:
        live.queue_task(TASK, document_id)
    return len(found)


def enqueue_next(organization_id: int) -> None:
    """Tell a worker of the organization's next document, which may have been turned away while others were being read."""
    due = Document.objects.due(timezone.now()).filter(organization=organization_id, organization__active=True)
    if next_id := due.order_by("next_read_at", "created_at").values_list("pk", flat=True).first():
        live.queue_task(TASK, next_id)


def index_due(limit: int = 50, passages: int = INDEXED_AT_ONCE) -> int:
    """Index again what an older version of `words` indexed: some documents, with up to about so many passages.

    Each is searched by its old words until its new ones are there. Rows stay what they are, with their vectors. Returns
    how many documents were indexed.
    """
    older = Document.objects.exclude(words_version=VERSION).order_by("pk").values_list("pk", flat=True)
    done = passages_done = 0
    for document_id in list(older[:limit]):
        if passages_done > passages:
            break
        with transaction.atomic():
            document = Document.objects.select_for_update().filter(pk=document_id).defer("text").first()
            if document is None:
                continue
            rows = list(document.passages.all())
            for row in rows:
                row.words = indexed(document.organization_id, row.title, row.text)
            Passage.objects.bulk_update(rows, ["words"], batch_size=BATCH)
            Document.objects.filter(pk=document_id).update(words_version=VERSION)
        done, passages_done = done + 1, passages_done + len(rows)
    return done


def claim(document_id: UUID | str) -> Document | None:
    """Lease a document to this reader, under a new `fence`; None when it is not due, gone, or another's, and when as many
    of its organization's are being read as may be."""
    now = timezone.now()
    changes = {"state": Document.State.READING, "fence": F("fence") + 1, "attempts": F("attempts") + 1}
    with transaction.atomic():
        # The lock makes the readers of one organization count one after the other.
        owner = Organization.objects.select_for_update(no_key=True).filter(documents__pk=document_id).first()
        reading = Document.objects.filter(organization=owner, state=Document.State.READING, leased_until__gt=now)
        if owner is None or reading.count() >= READ_AT_ONCE:
            return None
        if not Document.objects.due(now).filter(pk=document_id).update(**changes, leased_until=now + renewal.LEASE):
            return None
    document = Document.objects.get(pk=document_id)
    if document.kind == Document.Kind.FILE and document.attempts > MAX_ATTEMPTS:
        failed(document, "no_word", NOT_COMPLETED)
        return None
    return document


@dataclass(frozen=True)
class PageVersion:
    """What a site said of a page's version, to be told the next time."""

    etag: str = ""
    last_modified: str = ""


def keep(document: Document, found: ExtractedText, seen: PageVersion = PageVersion()) -> bool:
    """It was read: replace its passages. False when the lease was lost meanwhile, and another reader's text counts."""
    with transaction.atomic():
        if not _still_mine(document):
            return False
        document.etag, document.last_modified = seen.etag[:200], seen.last_modified[:60]
        document.title = document.title or found.title
        _keep(document, found)
        DocumentFile.objects.filter(document=document).delete()
        return True


def unchanged(document: Document) -> bool:
    """The site says that the page is what it was."""
    with transaction.atomic():
        if not _still_mine(document):
            return False
        _settle(document)
        return True


def failed(document: Document, code: str, problem: str = "") -> bool:
    """It could not be read, for the reason in `PROBLEMS` or in `problem`. What was known of it before stays known."""
    with transaction.atomic():
        if not _still_mine(document):
            return False
        document.state, document.leased_until = Document.State.FAILED, None
        document.code, document.problem = code, (problem or PROBLEMS[code])[:300]
        if document.kind == Document.Kind.PAGE and document.refresh_hours:
            wait = min(FIRST_WAIT_SECONDS * 2 ** min(document.attempts - 1, 20), 86_400)
            document.next_read_at = timezone.now() + timedelta(seconds=wait)
        document.save()
        return True


def has_to_be_read(document: Document) -> bool:
    """Whether there is something that a worker has to look into: a page, or a file whose text is not out yet."""
    return document.kind == Document.Kind.PAGE or DocumentFile.objects.filter(document=document).exists()


def _still_mine(document: Document) -> bool:
    held = Document.objects.select_for_update().filter(pk=document.pk, fence=document.fence, state=Document.State.READING)
    return held.first() is not None


def _keep(document: Document, found: ExtractedText) -> None:
    """A passage that is still there stays the row it is, with its vector: pages are read every day and change seldom."""
    document.text, document.note, document.words_version = found.text, found.note[:300], VERSION
    _settle(document)
    before: dict[tuple[str, ...], list[Passage]] = defaultdict(list)
    for row in document.passages.all():
        before[row.title, row.text, row.words].append(row)
    new, moved = [], []
    for position, part in enumerate(passages(found.text, str(document))):
        words = indexed(document.organization_id, part.title, part.text)
        if same := before[part.title, part.text, words]:
            row = same.pop()
            moved += [row] if row.position != position else []
            row.position = position
        else:
            new.append(Passage(document=document, position=position, title=part.title, text=part.text, words=words))
    gone = [row.pk for rest in before.values() for row in rest]
    for at in range(0, len(gone), BATCH):
        Passage.objects.filter(pk__in=gone[at : at + BATCH]).delete()
    Passage.objects.bulk_update(moved, ["position"], batch_size=BATCH)
    Passage.objects.bulk_create(new, batch_size=BATCH)


def _settle(document: Document) -> None:
    now = timezone.now()
    document.state, document.leased_until, document.attempts = Document.State.READY, None, 0
    document.code, document.problem, document.read_at = "", "", now
    again = document.kind == Document.Kind.PAGE and document.refresh_hours
    document.next_read_at = now + timedelta(hours=document.refresh_hours) if again else None
    document.save()
