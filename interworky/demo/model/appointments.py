"""Rules of the demonstration model about appointments: finding a time, picking one, and cancelling."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from interworky.demo.model import words
from interworky.demo.model.arguments import fill, plainest, properties, required
from interworky.demo.model.dialogue import MOVE, YES, Dialogue
from interworky.demo.model.reply import Reply, call
from interworky.demo.model.results import times

ORDINALS = ("first|1st|earliest|any|whichever", "second|2nd", "third|3rd", "fourth|4th", "fifth|5th", "sixth|6th")


def pick(dialogue: Dialogue) -> Reply | None:
    """One of the times just offered, chosen by its hour, by its place in the list, or by a yes to the only one."""
    tool, slots = (dialogue.moving and dialogue.tool("reschedule$")) or dialogue.tool("book$"), dialogue.slots
    if tool is None or not slots or dialogue.hears("cancel|instead of|another|other|tell|e-?mail"):
        return None
    if day := words.day_in(dialogue.said, dialogue.days):
        slots = [slot for slot in slots if words.WEEKDAYS[day.weekday()] in slot.day.lower() or not slot.day]
    if wished := words.clocks_in(dialogue.said):
        chosen = [slot for slot in slots if words.clocks_in(slot.clock) & wished]
        if not chosen and slots:
            return Reply(f"That time is not free. I can offer {times(slots)}. Which one suits you?")
    elif len(dialogue.said.split()) > 8:
        return None
    elif dialogue.hears("last|latest"):
        chosen = slots[-1:]
    elif place := next((n for n, ordinal in enumerate(ORDINALS, 1) if dialogue.hears(ordinal)), None):
        chosen = slots[place - 1 : place]
    elif dialogue.starts(YES) and dialogue.before.endswith(("Which one suits you?", "that for you?")):
        chosen = [slot for slot in slots if words.clocks_in(slot.clock) & words.clocks_in(dialogue.before)]
        if len(chosen) > 1:
            return Reply(f"Gladly. Which one: {times(slots)}?")
    else:
        return None
    if not chosen:
        return None
    argument = next((name for name in properties(tool) if "slot" in name), "slot")
    arguments = {**fill(tool, dialogue, dialogue.said, {})[0], argument: chosen[0].id}
    if "reference" in properties(tool):
        arguments["reference"] = dialogue.reference
    return call(tool, arguments)


WISH = (
    r"(?:an?|another|new|any|free|next|earlier|book|make|get|schedule) (?:\w+ )?(?:appointment|appt|booking|slot|time)s?"
    r"|come (?:in|by|over|round)|(?:fit|squeeze) me in|see (?:me|(?:a|the|your) (?:dentist|doctor|hygienist))|book|reserve"
    r"|availab(?:le|ility)|anything free|(?:free|open) (?:time|slot)s?"
    r"|appointments? (?:please|available|free|on|for|next|tomorrow|today)"
    r"|other times?|another day|termin|rendez-?vous|cita"
)


NO_WISH = r"my (?:appointment|booking)|cancel\w*|price|costs?|how much|open|opens|close[sd]?|hours"


def cancel(dialogue: Dialogue) -> Reply | None:
    tool = dialogue.tool("cancel$")
    if tool is None or not dialogue.hears(r"cancel (?:it|that|(?:my|the|this) (?:\w+ )?(?:appointment|booking))"):
        return None
    return call(tool, {"reference": dialogue.reference})


def find_times(dialogue: Dialogue) -> Reply | None:
    """A search for free times on the day and part of the day that the visitor mentions."""
    tool = dialogue.tool("find_times$")
    move = dialogue.tool("reschedule$") is not None and dialogue.hears(MOVE)
    if tool is None or (not move and dialogue.hears(NO_WISH)):
        return None
    day, part = words.day_in(dialogue.said, dialogue.days), words.part_of_day_in(dialogue.said)
    go_on = dialogue.starts(YES) and dialogue.before.endswith("Shall I look at another day?")
    another = go_on or (dialogue.searched is not None and dialogue.hears("another|other|else|next one"))
    instead = dialogue.searched is not None and (day or (part and len(dialogue.said.split()) < 8))
    if not (move or another or instead or (day and part) or dialogue.hears(WISH)):
        return None
    if day is None and dialogue.searched:
        day = dialogue.searched + timedelta(1 if another else 0)  # "… and in the afternoon?" stays on the day
    day = day or next(iter(dialogue.days), None)
    arguments: dict[str, Any] = {}
    for name, schema in properties(tool).items():
        if "part" in name:
            if part and part in schema.get("enum", [part]):
                arguments[name] = part
        elif day and re.search("(?<!week)day|date", name):
            arguments[name] = day.isoformat()
        if name in required(tool):
            arguments.setdefault(name, plainest(schema))
    return call(tool, arguments)


def search_again(dialogue: Dialogue) -> Reply | None:
    """The search for the service that the visitor named, else for the first, where the last one only listed them."""
    name, text = dialogue.results[-1]
    searched = [call for message in dialogue.messages for call in message.calls if call.name == name]
    services = re.findall(r"^- (.+?) \[service (\w+)\]", text, re.M)
    tool = dialogue.tool("find_times$")
    if (
        tool is None
        or not text.startswith("Which service?")
        or not services
        or (searched[-1].arguments or {}).get("service")
    ):
        return None
    said = [set(words.meaning(message.text)) for message in dialogue.heard[::-1] if message.role == "user"]
    shared = [(len(heard & set(words.meaning(title))), id) for heard in said for title, id in services]
    best = next((id for count, id in shared if count and count == max(n for n, _ in shared)), services[0][1])
    return call(tool, {**(searched[-1].arguments or {}), "service": best})
