"""Verification of a visitor's e-mail address: a code that is mailed to it and typed into the chat.

The card of a call that needs it asks for the address first, so that nothing is mailed without the visitor's own click,
then for the code. The code is derived, not kept: what lies in the outbox is the e-mail without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from assistant import signatures
from assistant.errors import InputError, ToolError, TooMuch
from assistant.models import Card, Conversation, Delivery, Visitor
from assistant.sentences import label
from assistant.services import typed_numbers
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox
from assistant.services.organizations import rate_limits
from assistant.services.organizations.looks import letterhead, look_of

DIGITS = 6
WRONG_CODES = 5  # on one card: five guesses of a million
CODES_PER_VISITOR, CODES_PER_NETWORK = 5, 20  # in 24 hours
CODE_VALID_FOR = timedelta(minutes=30)  # from when the card is shown
KEY = "code:"  # how the outbox' keys of these e-mails begin


def is_proven(conversation: Conversation) -> bool:
    """Whether the visitor has proven that the address is theirs."""
    visitor = Visitor.objects.get(pk=conversation.visitor_id)
    return bool(visitor.email and visitor.email_verified_at)


def first_step(conversation: Conversation) -> dict[str, Any]:
    """What the card says before a code is mailed."""
    return {
        "text": label("prove_why", conversation.locale),
        "fields": [_email_field(conversation, conversation.visitor.email)],
        "confirm_label": label("send_code", conversation.locale),
    }


def _email_field(conversation: Conversation, value: str) -> dict[str, str]:
    return {"name": "email", "label": label("your_email_address", conversation.locale), "type": "email", "value": value}


def proceed(card: Card, choice: str, fields: dict[str, str]) -> bool:
    """Go to the next step; True when the address is proven, and the caller is to close the card.

    In the caller's transaction, under the conversation's lock. Raises `InputError` for a step that is not offered.
    """
    if choice == "again" and card.action:
        step = first_step(card.conversation)
        step["fields"] = [_email_field(card.conversation, card.action["email"])]
        _show(card, step)
    elif choice == "confirm" and "email" in fields:
        _mail_code(card, fields["email"])
    elif choice == "confirm" and "code" in fields and card.action:
        return _is_right(card, fields["code"])
    else:
        raise InputError("Please fill this in.")
    return False


def _mail_code(card: Card, address: str) -> None:
    try:
        email = outbox.visitors_address(card.conversation.organization, address)
    except ToolError as error:
        problem = label("no_more_codes" if error.code == "too_many_emails" else "bad_email", card.conversation.locale)
        return _show(card, {"fields": [_email_field(card.conversation, address)], "problem": problem})
    if _too_many(card.conversation):
        return _show(card, {"problem": label("no_more_codes", card.conversation.locale)})
    number = card.action.get("number", 0) + 1
    card.action = {**card.action, "email": email, "number": number}
    card.save(update_fields=["action"])
    _queue_code(card, email)
    say = partial(label, locale=card.conversation.locale)
    _show(
        card,
        {
            "text": say("code_sent", email=email),
            "fields": [
                {"name": "code", "label": say("code_from_mail"), "type": "code"},
                *card.content.get("with_code", []),  # what else the act needs to know
            ],
            "confirm_label": say("confirm"),
            "again_label": say("other_code"),
        },
    )


def _queue_code(card: Card, email: str) -> None:
    say = partial(label, locale=card.conversation.locale)
    organization = card.conversation.organization.name
    look = look_of(card.conversation.organization, card.conversation.assistant)
    about = {
        **letterhead(look, card.conversation.locale),
        "title": say("your_code"),
        "code": _mark(),
        "use": say("code_use", organization=organization),
        "unasked": say("code_unasked"),
    }
    outbox.queue_email(
        card.conversation.organization,
        outbox.Email(
            say("code_subject", organization=organization),
            text=render_to_string("assistant/code.txt", about),
            html=render_to_string("assistant/code.html", about),
        ),
        to=email,
        key=f"{KEY}{card.pk}:{card.action['number']}",
        conversation=card.conversation,
    )


def follow(delivery: Delivery) -> None:
    """Let the card that waits for a code say what became of the e-mail with it, unless it was sent."""
    labels = {
        Delivery.State.DEAD: ("problem", "code_not_sent"),
        Delivery.State.KEPT: ("text", "code_kept"),
        Delivery.State.LOGGED: ("text", "code_kept"),
    }
    if not delivery.key.startswith(KEY) or delivery.state not in labels or delivery.conversation_id is None:
        return
    id, _, number = delivery.key.removeprefix(KEY).partition(":")
    with transaction.atomic():
        # The conversation's lock orders this with the visitor's next step.
        Conversation.objects.select_for_update().get(pk=delivery.conversation_id)
        card = Card.objects.select_related("conversation").filter(pk=id, state=Card.State.OPEN).first()
        asks_for_code = card and any(field["name"] == "code" for field in card.content.get("fields", []))
        if card is None or not asks_for_code or str(card.action.get("number")) != number:
            return
        part, name = labels[Delivery.State(delivery.state)]
        cards.update(card, content={**card.content, part: label(name, card.conversation.locale, email=delivery.to)})


def _too_many(conversation: Conversation) -> bool:
    today = Delivery.objects.filter(key__startswith=KEY, created_at__gt=timezone.now() - timedelta(days=1))
    if today.filter(conversation__visitor=conversation.visitor_id).count() >= CODES_PER_VISITOR:
        return True
    network = conversation.network
    if network and today.filter(conversation__network=network).count() >= CODES_PER_NETWORK:
        return True
    try:
        rate_limits.hit("code", network=network)  # also what visitors who have erased themselves since were sent
    except TooMuch:
        return True
    return False


def _is_right(card: Card, code: str) -> bool:
    given = "".join(char for char in typed_numbers.in_ascii(code) if char.isdecimal())
    codes = _codes(str(card.pk), card.action["email"], card.action["number"])
    if any([constant_time_compare(given, code) for code in codes]):
        proven = {"email": card.action["email"], "email_verified_at": timezone.now()}
        Visitor.objects.filter(pk=card.conversation.visitor_id).update(**proven)
        return True
    card.action = {**card.action, "wrong": card.action.get("wrong", 0) + 1}
    card.save(update_fields=["action"])
    left = WRONG_CODES - card.action["wrong"]
    if left > 0:
        _show(card, {"problem": label("wrong_code", card.conversation.locale, count=left)})
    else:
        # The sweep that closes what was not confirmed in time closes its call.
        cards.update(card, state=Card.State.EXPIRED)
    return False


def _show(card: Card, step: dict[str, Any]) -> None:
    """The card with the next step; a problem is that of the last answer alone."""
    kept = {name: value for name, value in card.content.items() if name != "problem"}
    if "text" in step:
        kept.pop("again_label", None)
    cards.update(card, content={**kept, **step})


# --- The code itself -------------------------------------------------------------------------------------------------


def completed(delivery: Delivery) -> tuple[str, str]:
    """Text and HTML of an e-mail as it is sent: with the code, where it carries one."""
    if not delivery.key.startswith(KEY):
        return delivery.text, delivery.html
    card, _, number = delivery.key.removeprefix(KEY).partition(":")
    code = next(_codes(card, delivery.to, int(number)))
    return delivery.text.replace(_mark(), code), delivery.html.replace(_mark(), code)


def _mark() -> str:
    return "•" * DIGITS


def _codes(card: str, email: str, number: int) -> Iterator[str]:
    """The code, and those that a former SECRET_KEY makes: the e-mail may have left before the key was changed."""
    for digest in signatures.digests("interworky.verification", f"{card} {email} {number}"):
        yield f"{int(digest, 16) % 10**DIGITS:0{DIGITS}}"
