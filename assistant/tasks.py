"""Celery tasks: each claims one row, does one slow thing, and writes the outcome. Safe to run twice at once.

What runs on a schedule is in `jobs`.
"""

from __future__ import annotations

import logging
import re
import smtplib
import time
from collections.abc import Callable
from email.header import Header
from email.utils import parseaddr, quote

from asgiref.sync import async_to_sync
from celery import shared_task
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.db import DatabaseError
from django.utils import timezone

from assistant import outbound
from assistant.async_db import fresh_connections, in_db
from assistant.errors import AddressRefused, InterworkyError, OutboundError, ToolError
from assistant.models import Delivery, Document, Embedding, StaffEvent
from assistant.providers import embeddings
from assistant.redaction import redacted
from assistant.services import admin_pages, renewal
from assistant.services.booking.calendar_sync import busy_times, connectors, entries
from assistant.services.booking.calendar_sync.remote import RemoteError
from assistant.services.conversations import handoffs
from assistant.services.deliveries import channels, outbox, staff_links, verification
from assistant.services.deliveries.posting import NotSent
from assistant.services.knowledge import documents, vectors
from assistant.services.knowledge.extraction import extract
from assistant.services.knowledge.formats.result import Unreadable
from assistant.services.notifications import push, webhooks
from assistant.services.notifications import queue as notifications

log = logging.getLogger(__name__)

PAGE_MAX_BYTES = 3_000_000
OUTCOME_SECONDS = 90.0  # that a database which is away is waited for; with the sending it stays below Celery's limit
OUTCOME_EVERY_SECONDS = 1.0
UNNAMED_ENCODING = (
    "The encoding of this page cannot be recognised with certainty. The page has to name it, as in <meta charset=utf-8>."
)
EMBEDDING_SECONDS = 45  # of one run; with the batch that is under way it stays below Celery's limit


@shared_task(name=outbox.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def deliver(delivery_id: str) -> None:
    """Send one message of the outbox, if it is due and nobody else is at it.

    A worker that dies in between leaves a lease that lapses; who sends it again does so under the same Message-ID.
    """
    delivery = outbox.claim(delivery_id)
    if delivery is None:
        return
    lease = renewal.Renewal(delivery)
    try:
        state = SENDERS[Delivery.Kind(delivery.kind)](delivery)
    except NotSent as problem:
        outbox.failed(delivery, str(problem), for_good=problem.for_good)
    except Exception as error:  # whatever a mail backend raises is this row's outcome
        log.warning("Delivery %s, attempt %s: %s", delivery.pk, delivery.attempts, type(error).__name__)
        text, for_good = _judged(error)
        outbox.failed(delivery, text, for_good=for_good)
    else:
        _once_the_database_is_back(lambda: outbox.sent(delivery, state))
    finally:
        lease.stop()
    for followed in (verification.follow, handoffs.follow, _report_failure):
        try:
            followed(delivery)
        except Exception:  # the outcome stands whatever becomes of what shows it
            log.exception("Delivery %s: what waits for it could not be brought up to date.", delivery.pk)


@shared_task(name=notifications.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def send_notification(notification_id: str) -> None:
    """Send one notification to staff, if it is due, still of interest, and nobody else is at it."""
    row = notifications.claim(notification_id)
    if row is None:
        return
    try:
        if row.webhook is not None:
            webhooks.send(row)
            notifications.sent(row)
        elif row.subscription is not None:
            push.send(row)
            notifications.sent(row)
        else:
            notifications.send_email(row)
    except NotSent as error:
        log.warning("Notification %s, attempt %s: %s", row.pk, row.attempts, error)
        notifications.failed(row, str(error), for_good=error.for_good)
    except ToolError as error:  # the user's address is none
        notifications.failed(row, str(error), for_good=True)
    except Exception:
        log.exception("Notification %s could not be sent.", row.pk)
        notifications.failed(row, "Sending it failed because of an internal error.")


def _once_the_database_is_back(
    write: Callable[[], object], *, seconds: float = OUTCOME_SECONDS, every: float = OUTCOME_EVERY_SECONDS
) -> None:
    """What has left us must not leave us twice because its outcome could not be written just then."""
    ends = time.monotonic() + seconds
    while True:
        try:
            with fresh_connections():
                write()
            return
        except DatabaseError:
            if time.monotonic() > ends:
                raise
            log.warning("an outcome cannot be written yet", exc_info=True)
            time.sleep(every)


def _report_failure(delivery: Delivery) -> None:
    """Tell staff of an e-mail that was given up; but not of one that was to tell them something."""
    told_staff = delivery.key.startswith(notifications.OF_NOTIFICATION)
    if delivery.state == Delivery.State.DEAD and delivery.organization and not told_staff:
        link = admin_pages.address("assistant_delivery_change", delivery.pk)
        title = f"An e-mail to {delivery.to} could not be delivered: {delivery.subject}"
        about = StaffEvent.DELIVERY, title
        notifications.notify(delivery.organization, *about, key=f"delivery:{delivery.pk}:{delivery.fence}", link=link)


@shared_task(name=documents.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def read_document(document_id: str) -> None:
    """Read a file or a page, if it is due and nobody else is at it."""
    document = documents.claim(document_id)
    if document is None:
        return
    lease = renewal.Renewal(document)
    try:
        if document.kind == Document.Kind.PAGE:
            _read_page(document)
        else:
            file = document.file
            documents.keep(document, extract(bytes(file.data), file.name, chosen=file.encoding))
    except Unreadable as error:
        page = document.kind == Document.Kind.PAGE and error.code == "unknown_encoding"
        documents.failed(document, error.code, UNNAMED_ENCODING if page else "")
    except AddressRefused:
        documents.failed(document, "address_refused", "This address cannot be reached from here: it is not a public one.")
    except OutboundError as error:
        documents.failed(document, error.code, str(error))
    except Exception:
        log.exception("Document %s could not be read.", document.pk)
        documents.failed(document, "internal", "Reading it failed because of an internal error.")
    finally:
        lease.stop()
        documents.enqueue_next(document.organization_id)


def _read_page(document: Document) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml"}
    if document.passages.exists():  # else "not modified" would leave it empty
        headers |= {"If-None-Match": document.etag} if document.etag else {}
        headers |= {"If-Modified-Since": document.last_modified} if document.last_modified else {}
    answer = async_to_sync(outbound.fetch)(
        "GET", document.url, reach=outbound.Reach.TENANT, headers=headers, max_bytes=PAGE_MAX_BYTES, max_redirects=5
    )
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status == 304:
        documents.unchanged(document)
    elif answer.status != 200:
        documents.failed(document, "status", f"The site answered with {answer.status} instead of the page.")
    elif kind not in ("text/html", "application/xhtml+xml"):
        found = f"the type {kind[:60]}" if kind else "no content type"
        documents.failed(document, "not_html", f"Expected HTML; the response has {found}.")
    else:
        seen = documents.PageVersion(answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
        charset = re.search(r"charset=[\"']?([\w-]{1,40})", answer.headers.get("content-type", ""), re.I)
        # What the server says of the letters outweighs what the page says.
        documents.keep(document, extract(answer.body, "page.html", charset=charset[1] if charset else ""), seen)


@shared_task(name=vectors.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def embed_passages(organization_id: str, seconds: float = EMBEDDING_SECONDS) -> None:
    """Give an organization's passages the vectors that they lack, if nobody else is at it, for so many seconds."""
    embedding = vectors.claim(int(organization_id))
    if embedding is None:
        return
    lease = renewal.Renewal(embedding)
    unfinished = False
    try:
        unfinished = async_to_sync(_embed)(embedding, seconds)
    except InterworkyError as error:
        log.warning("Organization %s: no vectors for now: %s", embedding.pk, getattr(error, "cause", error.code))
        vectors.failed(embedding, str(error))
    except Exception:
        log.exception("Organization %s: no vectors for now.", embedding.pk)
        vectors.failed(embedding, "Indexing failed because of an internal error.")
    finally:
        lease.stop()
        vectors.give_back(embedding, unfinished=unfinished)


async def _embed(embedding: Embedding, seconds: float) -> bool:
    """Whether there is more to do. Raises what the server or the budget says against it."""
    space = await embeddings.space_of(embedding.organization)
    ends = time.monotonic() + seconds
    batches, after = 0, 0
    while passages := await in_db(vectors.batch)(embedding, space, after):
        if time.monotonic() > ends:
            return True
        texts = [f"{passage.title}\n{passage.text}" for passage in passages]
        found = await embeddings.of_passages(embedding.organization, space, texts)
        batches, after = batches + 1, passages[-1].pk
        given = dict(zip((passage.pk for passage in passages), found, strict=True))
        if not await in_db(vectors.keep)(embedding, space, given, shown=batches % vectors.SHOWN_EVERY == 0):
            return False  # somebody else has the lease
    return False


@shared_task(name=busy_times.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def read_outside_calendar(outside_id: str) -> None:
    """Read the busy times of an outside calendar, if it is due and nobody else is at it."""
    outside = busy_times.claim(outside_id)
    if outside is None:
        return
    lease = renewal.Renewal(outside)
    try:
        since, until = busy_times.window(timezone.now())
        whole = busy_times.must_be_whole(outside)
        busy_times.keep(outside, connectors.to(outside).read(since, until, whole=whole))
    except RemoteError as error:
        busy_times.failed(outside, str(error), asked_to_wait=error.wait)
    except Exception:
        log.exception("Outside calendar %s could not be read.", outside.pk)
        busy_times.failed(outside, "Reading it failed because of an internal error.")
    finally:
        lease.stop()


@shared_task(name=entries.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def write_outside_entry(entry_id: str) -> None:
    """Bring one appointment's entry in an outside calendar up to date, if it is due and nobody else is at it."""
    entry = entries.claim(entry_id)
    if entry is None:
        return
    lease = renewal.Renewal(entry)
    try:
        connector, event = connectors.to(entry.outside), entries.event_of(entry)
        if event is None:
            connector.remove(entry.appointment_id)
        else:
            connector.write(entry.appointment_id, event)
    except RemoteError as error:
        entries.failed(entry, str(error), asked_to_wait=error.wait)
    except Exception:
        log.exception("Outside entry %s could not be written.", entry.pk)
        entries.failed(entry, "Writing it failed because of an internal error.")
    else:
        entries.written(entry)
    finally:
        lease.stop()


def _send_email(delivery: Delivery) -> Delivery.State:
    backend = get_connection()
    email = _email(delivery)
    email.connection = backend
    email.send()
    return outbox.state_with(backend)


# How each kind of message leaves us: a function that sends it, and says what became of it or raises.
SENDERS: dict[Delivery.Kind, Callable[[Delivery], Delivery.State]] = {
    Delivery.Kind.EMAIL: _send_email,
    Delivery.Kind.SMS: channels.send,
    Delivery.Kind.WEBHOOK: channels.send,
}


def _email(delivery: Delivery) -> EmailMultiAlternatives:
    text, html = staff_links.completed(delivery, *verification.completed(delivery))
    email = EmailMultiAlternatives(
        _literal(delivery.subject),
        text,
        from_email=_sender(delivery),
        to=[delivery.to],
        reply_to=[delivery.reply_to] if delivery.reply_to else None,
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated"},
    )
    if html:
        email.attach_alternative(html, "text/html")
    if delivery.ics:
        # As an alternative it is what calendars act on; as a file it is what other readers can save.
        email.attach_alternative(delivery.ics, f"text/calendar; method={delivery.ics_method}")
        email.attach("invitation.ics", delivery.ics.encode(), "application/ics")
    return email


def _literal(subject: str) -> str:
    """A subject that every mail client shows as it is written: what looks like an encoded word (RFC 2047) is encoded once
    more, since whatever a visitor or a model wrote would be decoded otherwise, and could say something else."""
    return Header(subject, "utf-8").encode().replace("\n ", " ") if subject.isascii() and "=?" in subject else subject


def _sender(delivery: Delivery) -> str:
    """Our address, under the name of the organization that writes."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = outbox.one_line(delivery.organization.name, 60) if delivery.organization else name
    # What looks like an encoded word is decoded by some mail clients even within quotes.
    return f'"{quote(name.replace("=?", "= ?"))}" <{address}>'


# Answers that are about the log-in, which the operator has to put right: the mail itself is not at fault.
LOG_IN_CODES = {530, 534, 535, 538}
# So are these, of Postfix, Exchange and Exim: the server takes our mail to nobody outside.
NOT_OUR_SERVER = re.compile(r"\brelay(?:ing)?\b", re.IGNORECASE)
TOO_LARGE = 552  # the one answer to a sender that is about the message (RFC 1870)


def _judged(error: Exception) -> tuple[str, bool]:
    """What staff read of a failure, without our password, and whether the same message would be refused again.

    Never raises: an outcome that cannot be described is still an outcome.
    """
    try:
        return redacted(_words(error), [settings.EMAIL_HOST_PASSWORD]), _is_for_good(error)
    except Exception as problem:
        log.warning("What a mail server said could not be read: %s", type(problem).__name__)
        return type(error).__name__, False


def _is_for_good(error: Exception) -> bool:
    """Whether the same message would be refused again: a 5xx to the recipient or the content, or one that is malformed.

    A refused connection, encryption, log-in or sender (which is always ours) is the operator's to put right, so it is
    tried again.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(_is_refusal(code, reply) for code, reply in error.recipients.values())
        case smtplib.SMTPSenderRefused():
            return error.smtp_code == TOO_LARGE
        case smtplib.SMTPDataError():
            return _is_refusal(error.smtp_code, error.smtp_error)
        case BadHeaderError() | UnicodeError():
            return True
    return False


def _is_refusal(code: int, reply: bytes | str) -> bool:
    return code >= 500 and code not in LOG_IN_CODES and not NOT_OUR_SERVER.search(_text(reply))


def _words(error: Exception) -> str:
    """The server's own words where there are some."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            replies = [f"{code} {_text(reply)}" for code, reply in error.recipients.values()]
            return "Recipient refused: " + "; ".join(replies)
        case smtplib.SMTPResponseException():
            return f"{type(error).__name__}: {error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
