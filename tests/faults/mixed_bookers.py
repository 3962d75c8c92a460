"""One race by every way to a time at once: a model's tool call, a click on a card, the link in an e-mail, and staff.

Each round is on a calendar of its own, in a zone of its own, on the next day on which its clocks change.
"""

from __future__ import annotations

import multiprocessing
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from assistant.errors import ToolError
from assistant.llm import ToolCallRequest
from assistant.models import Appointment, Assistant, Calendar, Card, Conversation, Method, ToolCall, Turn, Visitor
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.availability import resources, slot_ids, slots
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.invitations import links
from assistant.services.conversations import card_answers
from assistant.services.conversations.messages import post_message
from assistant.tools.executor import Executor
from tests import make

# Offsets of 15, 30 and 45 minutes, a shift of half an hour, both sides of the date line, and a midnight that is skipped.
ZONES = (
    "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "America/St_Johns",
    "Asia/Kolkata", "Africa/Cairo", "Pacific/Pago_Pago",
)  # fmt: skip
STAFF = "front-desk"
CARD, LINK = 1, 2  # of each four bookers, by their numbers


def next_change(zone: ZoneInfo) -> date:
    """The next day on which its clocks change; some day soon where they never do."""
    today = timezone.now().astimezone(zone).date()

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(12), zone).utcoffset()

    days = [today + timedelta(days=ahead) for ahead in range(3, 400)]
    return next((day for day in days if offset(day) != offset(day - timedelta(days=1))), days[10])


def wanted(calendar: Calendar, booker: int) -> Pick:
    """One of four starts, a quarter of an hour apart, of an appointment of two hours: each overlaps every other."""
    service = calendar.services.select_related("organization").get()
    (offering,) = resources.offerings_of(service)
    now, day = timezone.now(), next_change(ZoneInfo(calendar.timezone))
    since = datetime.combine(day, time(), ZoneInfo(calendar.timezone)).astimezone(UTC)
    hours, rules = resources.hours_of(calendar), resources.rules_of(offering)
    offered = list(slots.starts(hours, rules, since, since + timedelta(minutes=135), now))[:4]
    return Pick(service, None if booker % 3 else calendar, offered[booker % len(offered)])


def prepare(bookers: int, rounds: int) -> Calendar:
    """A calendar for each round, and what each booker needs before they start. Returns the first."""
    home = make.organization("mixed")
    User.objects.create_superuser(STAFF)
    bot = make.assistant(home)
    unlimited = {"per_visitor_per_day": 1_000_000, "per_day": 1_000_000}  # a long run needs more than a day's calls
    fields = {"name": "appointment", "kind": "appointment", "description": "Book.", **unlimited}
    bot.methods.add(Method.objects.create(organization=home, **fields))
    made = []
    for round in range(rounds):
        rules = {"minutes": 120, "step_minutes": 15, "horizon_days": 500}
        zone = ZONES[round % len(ZONES)]
        calendar = make.calendar(home, name=f"{round}", timezone=zone, opens="01:00", closes="06:00", **rules)
        made.append(calendar)
        for booker in range(bookers):
            _prepare_booker(bot, calendar, round, booker)
    connection.close()
    # In a process of its own: the executor's threads would be lost to the bookers that are forked off this one.
    searching = multiprocessing.get_context("fork").Process(target=_search, args=(made, bookers))
    searching.start()
    searching.join()
    assert searching.exitcode == 0
    return made[0]


def _search(calendars: list[Calendar], bookers: int) -> None:
    """Show the card of times to those who come by it."""
    for round, calendar in enumerate(calendars):
        for booker in range(CARD, bookers, 4):
            day = wanted(calendar, booker).start_at.astimezone(ZoneInfo(calendar.timezone)).date().isoformat()
            _call(_talk(f"{round}.{booker}"), "find_times", service=str(calendar.services.get().pk), from_day=day)


def _prepare_booker(bot: Assistant, calendar: Calendar, round: int, booker: int) -> None:
    name = f"{round}.{booker}"
    if booker % 4 == LINK:
        pick = wanted(calendar, 0)
        elsewhere = pick.start_at - timedelta(days=1) if booker % 8 == LINK else pick.start_at + timedelta(days=1)
        found = slots_near(calendar, elsewhere + timedelta(hours=2 * (booker // 8)))
        held = holds.hold(Pick(pick.service, calendar, found))
        appointments.confirm(held, name=name, email=f"link{name}@example.com")
        return
    email = f"ann{name}@example.com"
    make.conversation(bot, visitor=Visitor.objects.create(organization=bot.organization, name=name, email=email))


def _talk(name: str) -> Conversation:
    return Conversation.objects.select_related("assistant__organization", "visitor").get(visitor__name=name)


def slots_near(calendar: Calendar, start_at: datetime) -> datetime:
    """The first free start from an instant on."""
    offer = make.offer(calendar, from_day=start_at.astimezone(ZoneInfo(calendar.timezone)).date().isoformat())
    return next(slot.start_at for slot in offer.slots if slot.start_at >= start_at)


def race(calendar: Calendar, round: int, booker: int) -> None:
    calendar = calendar.organization.calendars.get(name=f"{round}")
    ways = (_by_tool, _by_card, _by_link, _by_staff)
    ways[booker % 4](calendar, wanted(calendar, booker), f"{round}.{booker}")


def _by_tool(calendar: Calendar, pick: Pick, name: str) -> None:
    talk = _talk(name)
    _call(talk, "book", slot=slot_ids.issue(pick.service, pick.calendar, pick.start_at))
    _click(talk, Card.Kind.CONFIRM, "confirm")


def _by_card(calendar: Calendar, pick: Pick, name: str) -> None:
    talk = _talk(name)
    shown = talk.cards.filter(kind=Card.Kind.SLOTS).latest("created_at").content["days"][0]["slots"]
    _click(talk, Card.Kind.SLOTS, shown[0]["id"])
    _click(talk, Card.Kind.CONFIRM, "confirm")


def _by_link(calendar: Calendar, pick: Pick, name: str) -> None:
    own = Appointment.objects.get(email=f"link{name}@example.com")
    page, slot = f"/appointments/{links.token_of(own)}/", slot_ids.issue(pick.service, calendar, pick.start_at)
    answer = Client(SERVER_NAME="localhost").post(page, {"do": "move", "slot": slot})
    if answer.status_code != 302:
        text = answer.content.decode()
        raise ToolError(text, code="slot_taken" if "just been taken" in text else "refused")


def _by_staff(calendar: Calendar, pick: Pick, name: str) -> None:
    """On the calendar page of the admin."""
    staff = Client(SERVER_NAME="localhost")
    staff.force_login(User.objects.get(username=STAFF))
    local = pick.start_at.astimezone(ZoneInfo(calendar.timezone))
    typed = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "name": name, "email": f"staff{name}@example.com"}
    about = {"calendar": calendar.pk, "service": pick.service.pk, "notify": "on"}
    answer = staff.post("/admin/assistant/appointment/schedule/book/", {**about, **typed})
    if answer.status_code != 200:
        raise ToolError(answer.content.decode(), code=answer.json()["code"])


def _call(talk: Conversation, tool: str, **arguments: str) -> None:
    turn = post_message(talk, f"m{talk.messages.count()}", "Hello").turn
    assert turn is not None
    request = ToolCallRequest("c", f"appointment_{tool}", arguments)

    async def run() -> str:
        executor = await Executor.for_turn(await Turn.objects.select_related(*RELATED).aget(pk=turn.pk))
        return (await executor.execute(request, round=1, ordinal=0)).outcome

    _raise_unless(talk, async_to_sync(run)())


def _click(talk: Conversation, kind: str, choice: str) -> None:
    card = talk.cards.filter(kind=kind).latest("created_at")
    turn = card_answers.answer(talk, str(card.pk), choice, {})

    async def run() -> str:
        executor = await Executor.for_turn(await Turn.objects.select_related(*RELATED).aget(pk=turn.pk))
        call = await ToolCall.objects.select_related("conversation").aget(pk=turn.opening_call_id)
        return (await executor.execute_opening_call(call)).outcome

    _raise_unless(talk, async_to_sync(run)())


def _raise_unless(talk: Conversation, outcome: str) -> None:
    if outcome not in ("done", "waiting"):
        call = ToolCall.objects.filter(conversation=talk).latest("created_at")
        raise ToolError(call.result or outcome, code=call.code or outcome)


RELATED = ("conversation__assistant__organization", "conversation__visitor", "message")
