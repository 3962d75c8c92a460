"""Staff's answers by e-mail, to visitors who have left an address and do not read them in the widget.

Once for each answer, after a few minutes, all that have come in by then in one e-mail. Its reply address is signed: mail
to it is from somebody who got ours, and belongs to that conversation (`email_replies`).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.template.loader import render_to_string
from django.utils import timezone

from assistant import signatures
from assistant.errors import ToolError
from assistant.models import Conversation, Message
from assistant.sentences import label
from assistant.services.conversations import inbox
from assistant.services.conversations.staff_texts import public_name
from assistant.services.deliveries import outbox
from assistant.services.files.uploads import with_files
from assistant.services.organizations.looks import letterhead, look_of

log = logging.getLogger(__name__)

AFTER = timedelta(minutes=3)
AT_ONCE = 50
SALT, SIGNED_CHARS = "reply address", 16
MARK = "##-"  # begins the line above which an answer is written


def expect(conversation: Conversation) -> None:
    """What staff have answered will be sent by e-mail unless the visitor reads it; in the caller's transaction."""
    if conversation.visitor.email:
        Conversation.objects.filter(pk=conversation.pk).update(mail_due_at=timezone.now() + AFTER)


def mark_seen(conversation: Conversation, seq: int) -> None:
    """The visitor has read up to `seq`, but never further than there is something."""
    behind = Conversation.objects.filter(pk=conversation.pk, seen_seq__lt=seq)
    if behind.update(seen_seq=Greatest(F("seen_seq"), Least(F("last_seq"), seq))):
        inbox.publish(conversation, "seen")


def send_due(limit: int = AT_ONCE) -> int:
    """Queue the e-mails that are due. Returns how many conversations were looked at."""
    due = Conversation.objects.filter(mail_due_at__lte=timezone.now()).order_by("mail_due_at")
    found = list(due.values_list("pk", flat=True)[:limit])
    for pk in found:
        _try(pk)
    return len(found)


def _try(conversation_id: UUID) -> None:
    try:
        _send(conversation_id)
    except Exception:  # one that cannot be sent must not hold up the others, so it comes after them the next time
        log.exception("conversation %s: its answers could not be queued as an e-mail", conversation_id)
        Conversation.objects.filter(pk=conversation_id).update(mail_due_at=timezone.now() + AFTER)


@transaction.atomic
def _send(conversation_id: UUID) -> None:
    related = ("visitor", "assistant", "organization")
    locked = Conversation.objects.select_for_update(of=("self",)).select_related(*related).get(pk=conversation_id)
    if locked.mail_due_at is None or locked.mail_due_at > timezone.now():
        return  # another process has sent it, or more has been said
    said = locked.messages.order_by("seq")
    last = said.filter(role=Message.Role.VISITOR).last()
    known = max(locked.seen_seq, locked.mailed_seq, last.seq if last else 0)
    answers = list(said.filter(role=Message.Role.STAFF, seq__gt=known).select_related("staff"))
    locked.mail_due_at = None
    if answers and locked.visitor.email:
        locked.mailed_seq = answers[-1].seq
        _queue(locked, answers)
    locked.save(update_fields=["mail_due_at", "mailed_seq"])


def _queue(conversation: Conversation, answers: list[Message]) -> None:
    locale, reply_to = conversation.locale, reply_address(conversation)
    context = {
        **letterhead(look_of(conversation.organization, conversation.assistant), locale),
        "above": f"{MARK} {label('answer_above', locale)} -##" if reply_to else "",
        "answers": [
            (label("answer_by", locale, name=_name(conversation, answer)), with_files(answer.text, answer.files))
            for answer in answers
        ],
        "how": label("answer_by_mail", locale) if reply_to else label("answer_in_chat", locale, site=conversation.origin),
    }
    try:
        outbox.queue_email(
            conversation.organization,
            outbox.Email(
                label("answer_subject", locale, organization=conversation.organization.name),
                text=render_to_string("assistant/answer.txt", context),
                html=render_to_string("assistant/answer.html", context),
                reply_to=reply_to,
            ),
            to=outbox.public_address(conversation.visitor.email),
            key=f"answer:{conversation.pk}:{answers[-1].seq}",
            conversation=conversation,
        )
    except ToolError:  # the answer stands in the widget all the same
        log.warning("conversation %s: what its visitor has left is no address that can be written to", conversation.pk)


def _name(conversation: Conversation, answer: Message) -> str:
    """Who has written it; the organization where their account has been deleted since."""
    return public_name(answer.staff) if answer.staff else conversation.organization.name


# --- The reply address ------------------------------------------------------------------------------------------------


def reply_address(conversation: Conversation) -> str:
    """The signed address of the conversation; "" where no replies come in."""
    mailbox, _, domain = settings.INBOUND_EMAIL_ADDRESS.partition("@")
    name = UUID(str(conversation.pk)).hex
    return f"{mailbox}+{name}{signatures.sign(SALT, name, SIGNED_CHARS)}@{domain}" if domain else ""


def conversation_at(address: str) -> Conversation | None:
    """The conversation whose address it is; None for any other address, and for one with a wrong signature."""
    mailbox, _, domain = settings.INBOUND_EMAIL_ADDRESS.lower().partition("@")
    local, _, place = address.lower().strip().partition("@")
    name, _, token = local.partition("+")
    if not domain or place != domain or name != mailbox or len(token) != 32 + SIGNED_CHARS:
        return None
    pk, signature = token[:32], token[32:]
    if not signatures.is_signed(SALT, pk, signature, SIGNED_CHARS):
        return None
    related = ("visitor", "assistant", "organization", "staff", "assigned")
    return Conversation.objects.select_related(*related).filter(pk=UUID(hex=pk)).first()
