"""The search for free times as a tool: what the model reads of them, and the card that the visitor sees."""

from __future__ import annotations

from typing import Any

from assistant.llm import ToolResult
from assistant.models import Calendar, Card, Service, Visitor
from assistant.sentences import label
from assistant.services.booking.availability import browsing, menus, offers, wording, zone_names
from assistant.services.conversations import cards
from assistant.tools.kind import Context

ANY = "any"  # weak models fill in every parameter that they see


def menu_of(context: Context) -> menus.Menu:
    """What this method lets visitors book. Raises `ToolError` where that is nothing."""
    return menus.menu_of(context.organization, context.config.get("services") or [], context.config.get("calendar"))


def visitor_of(context: Context) -> Visitor | None:
    return context.conversation.visitor if context.conversation else None


def locale_of(context: Context) -> str:
    return context.conversation.locale if context.conversation else ""


def zone_of(context: Context) -> str:
    visitor = visitor_of(context)
    return visitor.timezone if visitor else ""


def _chosen(arguments: dict[str, Any], name: str) -> str:
    text = str(arguments.get(name) or "").strip()
    return "" if text.lower() == ANY else text


_PROBLEMS = {
    "past": "That day is over.",
    "too_far": "That day is further ahead than can be booked.",
    "closed": "There are no times on that day.",
    "full": "Nothing is free then.",
}


def find_times(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Show free times as a card, and name them with their ids to the model."""
    menu = menu_of(context)
    service = menu.service(_chosen(arguments, "service"))
    if service is None:
        which = f"Which service? Ask the visitor if that is not clear, then call this again.\n{menu.text()}"
        if show(context, None, None, None):
            which += "\nThe visitor sees these services and can choose one there."
        return ToolResult(which)
    calendar = menu.calendar(service, _chosen(arguments, "calendar"))
    offer = offers.offer(
        service,
        calendar,
        from_day=arguments.get("from_day") or "",
        to_day=arguments.get("to_day") or "",
        part_of_day=_chosen(arguments, "part_of_day"),
        weekday=_chosen(arguments, "weekday"),
        after=arguments.get("after") or "",
        before=arguments.get("before") or "",
        visitor_timezone=zone_of(context),
    )
    if not offer.days:
        return ToolResult(f"Nothing can be booked for {service} in the next {service.horizon_days} days.")
    text = [f"{_PROBLEMS[offer.problem]} The next free times:" if offer.problem else "Free times:"]
    for day, free in offer.days:
        text.append(f"{wording.day_label(day, offer.today)} ({day.isoformat()}):")
        text.extend(f"- {slot.label} [slot {slot.id}]" for slot in free)
    text.append(f"These are for: {menu.line(service, calendar)}")
    zone = zone_names.current(offer.timezone)
    text.append(f"Times are in {zone}. Today is {wording.day_label(offer.today)} ({offer.today.isoformat()}).")
    if wording.reads_twelve_hours(locale_of(context)):
        text.append("The visitor reads them on a 12-hour clock: 2:30 PM for 14:30.")
    if show(context, service, calendar, offer, "nothing_then" if offer.problem else ""):
        text.append("The visitor sees these times as buttons and can choose one there.")
    return ToolResult("\n".join(text))


def show(
    context: Context,
    service: Service | None,
    calendar: Calendar | None,
    offer: offers.Offer | None,
    problem: str = "",
) -> bool:
    """Put the times on a card, or the services to choose from, once per call; those of earlier turns are spent.

    Times take the place of the services that the same turn has shown: the model has chosen for the visitor by then.
    """
    conversation = context.conversation
    if conversation is None or context.dry_run:
        return False
    if context.call.cards.filter(kind=Card.Kind.SLOTS).exists():
        return True
    tool = f"{context.method.name}_book"
    shown = conversation.cards.filter(kind=Card.Kind.SLOTS, state=Card.State.OPEN, action__tool=tool)
    for card in shown.exclude(call__turn=context.call.turn_id).select_related("conversation"):
        cards.update(card, state=Card.State.EXPIRED)
    menu = menu_of(context)
    said = label(problem, conversation.locale) if problem else ""
    content = browsing.content(menu, service, calendar, offer, conversation.locale, said)
    for card in shown.filter(call__turn=context.call.turn_id).select_related("conversation"):
        if not card.content["days"]:
            card.call = context.call
            card.save(update_fields=["call"])
            cards.update(card, content=content)
            return True
    cards.add(conversation, Card.Kind.SLOTS, content, call=context.call, action=browsing.action(menu, tool))
    return True
