"""Handoffs: conversations that wait for a person, and the notices to the team.

That somebody was told is a claim like any other: it is made where a delivery to the team exists, and taken back when that
delivery fails. The waiting itself and the form stand whether anybody could be told or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistant.errors import ToolError
from assistant.models import Assistant, Card, Conversation, Delivery, Message, Method, Organization, ToolCall, Turn
from assistant.models.organizations.organization import OrganizationQuerySet
from assistant.sentences import label
from assistant.services.booking.availability import wording
from assistant.services.conversations import cards, email_answers, notices
from assistant.services.conversations.events import is_notified
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.sessions import update_visitor
from assistant.services.conversations.state import set_state
from assistant.services.deliveries import email_receipts
from assistant.services.organizations.office_hours import Office, office

CONTACT = "contact"  # the suffix of the tool that a form is sent to
FIELDS = {"email": "email", "name": "text", "message": "textarea"}
REQUIRED = {"email"}
LISTED = 20


@dataclass(frozen=True)
class HandoffOutcome:
    """What became of asking for a person: `problem` says why nobody could be told, "" where somebody was; `back` is when
    the team is there again, in words, where it is away just now."""

    problem: str
    away: bool = False
    back: str = ""


# --- Whom it reaches --------------------------------------------------------------------------------------------------


def method_of(assistant: Assistant) -> Method | None:
    """The method by which `assistant` asks for a person."""
    return assistant.methods.asking_for_a_person().filter(organization=assistant.organization_id).first()


def address_of(method: Method, organization: Organization) -> str:
    """The address that `method` notifies: its own, else the team's; "" where there is neither."""
    return str(method.config.get("to") or organization.team_email)


def reaches_somebody(assistant: Assistant) -> bool:
    """Whether a request for a person would notify anybody, so that visitors may be offered it."""
    method = method_of(assistant)
    return method is not None and bool(address_of(method, assistant.organization))


def without_address(organizations: OrganizationQuerySet) -> list[Method]:
    """The methods of `organizations` that ask for a person but would notify nobody."""
    found = Method.objects.asking_for_a_person().filter(organizations.as_owners(), organization__team_email="")
    used = found.filter(assistants__isnull=False).distinct().select_related("organization").order_by("pk")
    return [method for method in used if not address_of(method, method.organization)][:LISTED]


# --- Asking -----------------------------------------------------------------------------------------------------------


def request_human(conversation: Conversation, words: str) -> Turn | None:
    """Ask for a person, as the visitor's click on "Talk to a person" does: the conversation waits from now on.

    Through the assistant's handoff method where it has one, which tells the team; returns the turn that runs it. What
    the visitor sees until then, and keeps when a quota refuses the call, is that nobody has been told yet.
    """
    notices.require(conversation)
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.state in (Conversation.State.WAITING, Conversation.State.STAFF):
            return None
        method = method_of(conversation.assistant)
        if method is None:
            append_message(locked, Message.Role.SYSTEM, label("nobody_told_here", conversation.locale))
            set_state(locked, Conversation.State.WAITING)
            _offer_form(None, locked, "write_to_team", label("kept_for_team", locked.locale), "")
            return None
        message = append_message(locked, Message.Role.VISITOR, words)
        call = ToolCall.objects.create(
            organization_id=conversation.organization_id,
            conversation=conversation,
            name=method.name,
            arguments={"reason": "The visitor asked for a person."},
            initiator=ToolCall.Initiator.VISITOR,
            idempotency_key=f"human-{message.pk}",
        )
        set_state(locked, Conversation.State.WAITING)
        _offer_form(call, locked, "person_asked", label("not_told_yet", locked.locale), f"{method.name}_{CONTACT}")
        return begin_turn(message, call)


def wait_for_person(
    call: ToolCall,
    conversation: Conversation,
    *,
    reason: str,
    team: str,
    text: str,
    contact_tool: str,
    per_day: int,
) -> HandoffOutcome:
    """Let the conversation wait for a person, notify the team, and let the visitor leave an address. The waiting and the
    form stand whether anybody could be told or not. A second time for the same call changes nothing.

    `text` is what the visitor reads once the team is being told, during office hours; empty for ours.
    """
    with transaction.atomic():
        # Locked in the order in which a notice locks them.
        Organization.objects.filter(pk=conversation.organization_id).lock()
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        problem = _notify(call, conversation, reason, team, per_day)
        notified = not problem or (locked.state == Conversation.State.WAITING and is_notified(locked))
        team_is = office(conversation.organization, timezone.now())
        if locked.state in (Conversation.State.ASSISTANT, Conversation.State.WAITING):
            _wait(locked, team_is, notified=notified)
        conversation.state, conversation.staff = locked.state, locked.staff
        _offer_form(call, conversation, "person_asked", _said(conversation, team_is, notified, text), contact_tool)
    return HandoffOutcome(problem, not team_is.is_open, _back(conversation, team_is))


def _said(conversation: Conversation, team_is: Office, notified: bool, text: str) -> str:
    """What the form says of the request."""
    locale = conversation.locale
    if not notified:
        return label("nobody_told", locale)
    if team_is.is_open:
        return text or label("team_told", locale)
    back = _back(conversation, team_is, locale)
    return label("team_away", locale, when=back) if back else label("team_away_long", locale)


def _back(conversation: Conversation, team_is: Office, locale: str = "") -> str:
    """When the team is back, on the visitor's clock; "" where that is not known. English without a `locale`."""
    zone = wording.known_zone(conversation.visitor.timezone) if locale else None
    name = zone.key if zone else conversation.organization.timezone
    return wording.moment(team_is.opens_at, name, locale) if team_is.opens_at else ""


def _notify(call: ToolCall, conversation: Conversation, reason: str, team: str, per_day: int) -> str:
    """Queue the e-mail to the team; "" or why that cannot be."""
    if not team:
        return "The team has no e-mail address here."
    content = email_receipts.EmailContent(
        subject=f"A visitor asks for a person: {reason}",
        body="A visitor of the website would like to talk to a person.",
        lines=(("Reason", reason), *_known(conversation)),
        detailed=True,
    )
    try:
        with transaction.atomic():
            email_receipts.queue_with_receipt(
                call, conversation.organization, conversation, [team], content, per_recipient_per_day=per_day
            )
    except ToolError as error:
        return str(error)
    return ""


def _wait(conversation: Conversation, team_is: Office, *, notified: bool) -> None:
    """Show the visitor that the conversation waits, whether the team was notified and when it is there; what is shown
    already is not said again. Inside the caller's transaction."""
    waits = conversation.state == Conversation.State.WAITING
    if not waits or is_notified(conversation) != notified:
        away = not team_is.is_open
        set_state(conversation, Conversation.State.WAITING, notified=notified, away=away, opens_at=team_is.opens_at)


def follow(delivery: Delivery) -> None:
    """Correct what the visitor reads when the notice to the team was not sent, or was sent in the end."""
    if delivery.call_id is None or delivery.conversation_id is None:
        return
    call = ToolCall.objects.select_related("method").filter(pk=delivery.call_id).first()
    if call is None or call.method is None or not call.method.asks_for_a_person or call.name != call.method.name:
        return
    not_told = {Delivery.State.DEAD: "nobody_told", Delivery.State.KEPT: "not_mailed", Delivery.State.LOGGED: "not_mailed"}
    why = not_told.get(Delivery.State(delivery.state), "")
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(pk=delivery.conversation_id)
        if conversation.state == Conversation.State.WAITING:
            _wait(conversation, office(conversation.organization, timezone.now()), notified=not why)
        card = _open_form(call, conversation)
        if card is not None and why:
            cards.update(card, content={**card.content, "text": label(why, conversation.locale)})


# --- The form ---------------------------------------------------------------------------------------------------------


def show_form(call: ToolCall, conversation: Conversation, *, contact_tool: str) -> None:
    """Let the visitor leave an address; one form at a time is enough."""
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        if not conversation.cards.filter(kind=Card.Kind.CONTACT, state=Card.State.OPEN).exists():
            _offer_form(call, conversation, "write_to_team", label("leave_address", conversation.locale), contact_tool)


def _open_form(call: ToolCall | None, conversation: Conversation) -> Card | None:
    """The form of `call` that the visitor has not filled in, else that of an earlier call."""
    forms = conversation.cards.filter(kind=Card.Kind.CONTACT, state=Card.State.OPEN).select_related("conversation")
    return forms.filter(call=call).first() or forms.last()


def _offer_form(call: ToolCall | None, conversation: Conversation, title: str, text: str, contact_tool: str) -> None:
    """Show the form, or say `text` on the one that stands there. Without a `contact_tool`, what is filled in stays in the
    conversation."""
    content = {"title": label(title, conversation.locale), "text": text}
    if card := _open_form(call, conversation):
        if content != {name: card.content.get(name) for name in content}:
            cards.update(card, content={**card.content, **content})
        return
    if call is not None and call.cards.filter(kind=Card.Kind.CONTACT).exists():
        return  # it is filled in
    fields = [
        {
            "name": name,
            "label": label(name, conversation.locale),
            "type": kind,
            "value": getattr(conversation.visitor, name, ""),
            **({} if name in REQUIRED else {"optional": True}),
        }
        for name, kind in FIELDS.items()
    ]
    action = {"tool": contact_tool} if contact_tool else {}
    cards.add(conversation, Card.Kind.CONTACT, {**content, "fields": fields}, call=call, action=action)


def name_visitor(conversation: Conversation, given: Mapping[str, Any]) -> None:
    """Keep the name and the address that a visitor has left: what they say of themselves, not proof."""
    update_visitor(conversation, name=str(given.get("name") or ""), email=str(given.get("email") or ""))
    email_answers.expect(conversation)


def leave_contact(
    call: ToolCall,
    organization: Organization,
    conversation: Conversation | None,
    given: dict[str, Any],
    *,
    team: str,
    per_day: int,
) -> str:
    """Forward an address to the team; returns the receipt's reference. The address is not verified."""
    locale = conversation.locale if conversation else ""
    content = email_receipts.EmailContent(
        subject="A visitor has left an address",
        body="A visitor of the website would like to be contacted. The address is as they typed it.",
        lines=_lines(given),
        detailed=True,
        receipt_title=label("message_to", locale, name=organization.name),
        receipt_lines=_lines(given, locale),
    )
    with transaction.atomic():
        reference = email_receipts.queue_with_receipt(
            call, organization, conversation, [team], content, per_recipient_per_day=per_day
        )
        if conversation is not None:
            name_visitor(conversation, given)
        _clear_note(call)
    return reference


def _lines(given: dict[str, Any], locale: str = "") -> tuple[tuple[str, str], ...]:
    return tuple((label(name, locale), str(given[name])) for name in FIELDS if given.get(name))


def _clear_note(call: ToolCall) -> None:
    """From here on a receipt says what becomes of what was filled in, so the form need not."""
    forms = Card.objects.select_related("conversation").filter(kind=Card.Kind.CONTACT, conversation=call.conversation_id)
    for card in forms.filter(state=Card.State.ANSWERED):
        if call.idempotency_key == f"card-{card.pk}" and card.content.get("note"):
            cards.update(card, content={name: value for name, value in card.content.items() if name != "note"})


def _known(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    visitor = conversation.visitor
    return tuple((label(name), value) for name, value in (("name", visitor.name), ("email", visitor.email)) if value)
