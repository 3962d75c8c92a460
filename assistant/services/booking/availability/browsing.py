"""What a slots card shows, and how its visitor looks further: another day, month, service or calendar, without a model.

The ids on a card are ours: of services and calendars those of its menu, which is kept with the card and never sent, and of
times sealed ones. None is a permission; a time is looked at again under its calendar's lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from typing import Any

from django.utils import timezone

from assistant.errors import InputError, NotFound, ToolError
from assistant.models import Appointment, Calendar, Card, Conversation, Service
from assistant.sentences import label
from assistant.services.booking.availability import menus, offers, slot_ids, wording
from assistant.services.booking.availability.hours import DAY, INSTANT
from assistant.services.conversations import cards
from assistant.services.conversations.events import format_instant

DAYS_AT_ONCE = 3
MOST_SERVICES = 30  # on one card
LOOKED_BACK = timedelta(days=14)  # at a time, for the days before one
OFFERED_ON_CARD = 150  # times at most: a day of ten minutes is 144


@dataclass(frozen=True)
class BrowseRequest:
    """What a visitor wants to see: one `day`, the free days `after` or `before` one, or which days of a `month` are free;
    the next free days where it is none of them. `service` and `calendar` are ids from the card."""

    day: str = ""
    after: str = ""
    before: str = ""
    month: str = ""
    service: str = ""
    calendar: str = ""


# --- What a card shows -------------------------------------------------------------------------------------------------


def content(
    menu: menus.Menu,
    service: Service | None,
    calendar: Calendar | None,
    offer: offers.Offer | None,
    locale: str,
    problem: str = "",
) -> dict[str, Any]:
    """A slots card's content, as docs/protocol.md has it; without a service it asks which."""
    shown: dict[str, Any] = {"services": [_service(one, menu.only) for one in menu.services[:MOST_SERVICES]]}
    if service is None or offer is None:
        return {"title": label("which_service", locale), "days": [], **shown}
    return {**shown, **_view(menu, service, calendar, offer.days, offer, locale, problem)}


def action(menu: menus.Menu, tool: str) -> dict[str, Any]:
    """What an answer to the card starts, and what may be looked at on it. Never leaves the server."""
    chosen = {"services": [one.pk for one in menu.services], "calendar": menu.only.pk if menu.only else None}
    return {"tool": tool, "argument": "slot", "menu": chosen}


def _service(service: Service, only: Calendar | None) -> dict[str, Any]:
    offerings = [one for one in service.offerings.all() if only is None or one.calendar_id == only.pk]
    lengths = sorted({one.minutes or service.minutes for one in offerings})
    price = " / ".join(dict.fromkeys(price for one in offerings if (price := one.price or service.price)))
    said = {"price": price, "description": service.description.strip()}
    return {"id": str(service.pk), "name": service.name, "minutes": lengths, **{k: v for k, v in said.items() if v}}


def _view(
    menu: menus.Menu,
    service: Service,
    calendar: Calendar | None,
    days: Iterable[tuple[date, Iterable[offers.Slot]]],
    offer: offers.Offer,
    locale: str,
    problem: str = "",
) -> dict[str, Any]:
    calendars = [] if menu.only else [one.calendar for one in service.offerings.all()]
    said = {"calendar": str(calendar.pk) if calendar else "", "problem": problem}
    if len(calendars) > 1:
        said |= {"calendars": [{"id": str(one.pk), "name": one.name} for one in calendars]}  # type: ignore[dict-item]
    return {
        "title": menus.title(service, calendar),
        "timezone": offer.timezone,
        "service": str(service.pk),
        "first_day": offer.today.isoformat(),
        "last_day": (offer.today + service.horizon_days * DAY).isoformat(),
        "days": [
            {
                "date": day.isoformat(),
                "label": wording.day_label(day, offer.today, locale),
                "slots": [_button(slot, locale) for slot in slots],
            }
            for day, slots in days
        ],
        **{name: value for name, value in said.items() if value},
    }


def _button(slot: offers.Slot, locale: str) -> dict[str, str]:
    note = {"note": text} if (text := slot.note_in(locale)) else {}
    return {"id": slot.id, "label": slot.time_in(locale), **note, "start_at": format_instant(slot.start_at)}


# --- Looking further ---------------------------------------------------------------------------------------------------


def browse(conversation: Conversation, card_id: str, asked: BrowseRequest, now: datetime | None = None) -> dict[str, Any]:
    """What the visitor asks to see on an open slots card: a view as docs/protocol.md has it for `slots.shown`.

    Raises `NotFound` for a card of somebody else's, `InputError` for what is not to be seen there.
    """
    card = conversation.cards.filter(pk=card_id, kind=Card.Kind.SLOTS, state=Card.State.OPEN).first()
    if card is None or "menu" not in card.action:
        raise NotFound("No such card.")
    try:
        menu = _menu(conversation, card)
        return _found(menu, asked, conversation, card, now or timezone.now())
    except ToolError as error:
        raise InputError(str(error)) from error


def chosen(card: Card, slot: str) -> dict[str, str]:
    """What the card says of a time that was found by browsing: `picked`, such as "Tuesday 8 January 2030, 10:00", and the
    `title` of its service, which may be another than before. Raises `InputError` for an id that this card cannot have shown.
    """
    conversation = card.conversation
    try:
        menu = _menu(conversation, card) if "menu" in card.action else None
        pick = menu.pick(slot) if menu else None
    except ToolError:
        menu = pick = None
    if menu is None or pick is None:
        raise InputError("That time was not offered.")
    said = offers.describe(pick, conversation.visitor.timezone, conversation.locale)
    return {"picked": said, "title": menus.title(pick.service, menu.only)}


def offer_again(card: Card) -> None:
    """Where a card that was not answered in time kept one for its visitor: say so, and offer the free ones close to it."""
    held = Appointment.objects.filter(call=card.call_id, confirmed_at=None).first() if card.call_id else None
    if held is None or card.call is None:
        return
    conversation = card.conversation
    try:
        pick = slot_ids.read(str(card.call.arguments.get("slot", "")), menus.bookable(conversation.organization))
        menu = menus.menu_of(conversation.organization, [pick.service.pk], pick.calendar.pk if pick.calendar else None)
    except ToolError:
        return  # it is not booked here any more
    zone, locale = conversation.visitor.timezone, conversation.locale
    offer = offers.near(menu.services[0], menu.only, held.start_at, visitor_timezone=zone)
    shown = content(menu, menu.services[0], menu.only, offer, locale, label("hold_expired", locale))
    cards.add(conversation, Card.Kind.SLOTS, shown, action=action(menu, card.call.name))


def _menu(conversation: Conversation, card: Card) -> menus.Menu:
    kept = card.action["menu"]
    return menus.menu_of(conversation.organization, kept["services"], kept["calendar"])


def _found(menu: menus.Menu, asked: BrowseRequest, conversation: Conversation, card: Card, now: datetime) -> dict[str, Any]:
    wanted = asked.service or card.content.get("service", "")
    service = next((one for one in menu.services if str(one.pk) == wanted), None)
    if service is None:
        raise InputError("That service is not on the card.")
    calendar = menu.only
    if asked.calendar and menu.only is None:
        offerings = service.offerings.all()
        calendar = next((one.calendar for one in offerings if str(one.calendar_id) == asked.calendar), None)
        if calendar is None:
            raise InputError("That calendar is not on the card.")
    zone, locale = conversation.visitor.timezone, conversation.locale
    search = offers.Search(service, calendar, zone, now)
    if asked.month:
        days = _free_days(search, asked.month)
        return {**_view(menu, service, calendar, (), search.offer(()), locale), "month": asked.month, "free": days}
    offer = _offer(search, asked, service, calendar, zone, now)
    problem = label("nothing_then", locale) if offer.problem else ""
    problem = problem if offer.days else label("nothing_free", locale)
    return _view(menu, service, calendar, offer.days, offer, locale, problem)


def _offer(
    search: offers.Search, asked: BrowseRequest, service: Service, calendar: Calendar | None, zone: str, now: datetime
) -> offers.Offer:
    """The days that were asked for, or what is free instead of them."""
    if asked.day:
        day = offers.parse_day(asked.day, search.today)
        if search.today <= day <= last_day(search) and (slots := _times_of(search, day)):
            return search.offer(((day, slots),))
        return offers.offer(service, calendar, from_day=asked.day, visitor_timezone=zone, now=now)
    if asked.before and (earlier := days_before(search, offers.parse_day(asked.before, search.today))):
        return search.offer(earlier)
    if asked.after and (later := days_after(search, offers.parse_day(asked.after, search.today))):
        return search.offer(later)
    problem = "full" if asked.before or asked.after else ""
    return search.offer(tuple(islice(_by_day(search, search.now, search.end), DAYS_AT_ONCE)), problem)


def last_day(search: offers.Search) -> date:
    """The last day that can be booked, on the clock that leads."""
    return search.end.astimezone(search.zone).date()


def _times_of(search: offers.Search, day: date) -> tuple[offers.Slot, ...]:
    found = search.free(search.midnight(day), search.midnight(day + DAY) - INSTANT)
    return tuple(islice(found, OFFERED_ON_CARD))


def days_after(search: offers.Search, day: date) -> offers.DaysOffered:
    """The next free days after one."""
    if day >= last_day(search):
        return ()
    since = max(search.midnight(day + DAY), search.now) if day >= search.today else search.now
    return tuple(islice(_by_day(search, since, search.end), DAYS_AT_ONCE))


def _by_day(search: offers.Search, since: datetime, until: datetime) -> Iterator[tuple[date, tuple[offers.Slot, ...]]]:
    """The days that have something free, each with its times, thinned as on a new card."""
    for day, slots in groupby(search.free(since, until), key=lambda slot: slot.local.date()):
        of_day = tuple(slots)
        yield day, of_day[:: -(-len(of_day) // offers.SLOTS_PER_DAY)]


def days_before(search: offers.Search, day: date) -> offers.DaysOffered:
    """The last free days before one, looked for backwards, a stretch at a time."""
    found: list[tuple[date, tuple[offers.Slot, ...]]] = []
    day = min(day, last_day(search) + DAY)
    while len(found) < DAYS_AT_ONCE and day > search.today:
        since = max(day - LOOKED_BACK, search.today)
        found = [*_by_day(search, search.midnight(since), search.midnight(day) - INSTANT), *found]
        day = since
    return tuple(found[-DAYS_AT_ONCE:])


def _free_days(search: offers.Search, month: str) -> list[str]:
    """Which days of a month, YYYY-MM, have something free. Raises `InputError` for another text."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) or month < "1900":
        raise InputError("A month is written like 2030-01.")
    first = date.fromisoformat(f"{month}-01")
    if not search.today.replace(day=1) <= first <= last_day(search):
        return []
    last = (first + 31 * DAY).replace(day=1)
    found = search.free(search.midnight(first), search.midnight(last) - INSTANT)
    return [day.isoformat() for day, _ in groupby(found, key=lambda slot: slot.local.date())]
