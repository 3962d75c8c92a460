"""Replies to tool results, and to questions about what the assistant can do."""

from __future__ import annotations

import json
import re

from interworky.demo.model import words
from interworky.demo.model.dialogue import REFERENCE, Dialogue, Slot, outcome, slots_in
from interworky.demo.model.languages import Language
from interworky.demo.model.purposes import HANDOFF, is_email, is_for_visitor

SORRY = "I'm sorry, that did not work just now. Please try again in a while, or call us."

NOT_SENT = "No e-mail is sent, since this is a demonstration"  # what a tool says where no mail server is set up
KEPT = "As this is a demonstration without a mail server, no e-mail leaves it. What you wrote is kept here for the team."
KEPT_FOR_VISITOR = "As this is a demonstration without a mail server, no e-mail leaves it: yours is kept on its server."

ANSWERS = {
    "waiting": "Please check the details on the card and confirm there if they are right. Nothing happens before that.",
    "unproven": "Gladly. Please give your address on the card: a code by e-mail shows that the mailbox is yours, and "
    "nothing else is sent before that.",
    "declined": "No problem, I have left it at that. Is there anything else?",
    "unknown": "I cannot tell whether that has worked. Please let the team check before you try again.",
    "failed": SORRY,
}


def report(dialogue: Dialogue, name: str, result: str) -> str:
    """A tool's result as a sentence that says no more than the result does."""
    if passage := re.match(r"\[1\] [^\n]*\n(.*?)(?:\n\n\[2\] |\Z)", result, re.S):
        return passage[1]
    if result.startswith("Nothing was found"):
        return no_answer(dialogue)
    if name.endswith("find_times"):
        return offer(result, words.clocks_in(dialogue.said))
    if answer := readable(result):
        return answer
    ended = outcome(result)
    if ended == "taken":
        others = slots_in(result) or [slot for slot in dialogue.slots if slot.id not in _asked_for(dialogue)]
        still = f"Still free: {times(others)}. Would one of those suit you?" if others else "Shall I look at another day?"
        return f"I'm sorry, somebody else was faster. {still}"
    if ended in ANSWERS:
        return ANSWERS[ended]
    if "no appointment with that reference" in result:
        return "I could not find that appointment. Could you tell me its reference?"
    if ended == "done" and name.endswith("book"):
        reference = REFERENCE.search(result)
        mail = " A confirmation is on its way to you by e-mail." if "on its way" in result else ""
        return "Your appointment is booked" + (f", with the reference {reference[1]}." if reference else ".") + mail
    if NOT_SENT in result and (re.search(HANDOFF, name) or is_email(name) or is_for_visitor(name)):
        return KEPT_FOR_VISITOR if is_for_visitor(name) else KEPT
    if ended == "done" and is_email(name):
        return "Your message to the team is on its way."
    if ended == "done" and is_for_visitor(name):
        return "It is on its way to your mailbox."
    if re.search(HANDOFF, name) and "notice to the team" in result:
        return "A notice to the team is on its way. You can leave your e-mail on the card, in case nobody is free just now."
    if re.search(HANDOFF, name) and "could be told" in result:
        return "Nobody from the team could be told just now. What you write on the card is kept in this conversation."
    text = result.replace("The visitor sees a receipt.", "").strip()
    return text[:500] if len(text.split()) > 1 else SORRY


def translated(language: Language, dialogue: Dialogue) -> str | None:
    """The last result in the visitor's language; None where the demonstration has no words for it in that language."""
    name, result = dialogue.results[-1]
    if name.endswith("find_times"):
        slots = slots_in(result)
        return language.says["free"].replace("{times}", _plain_times(slots)) if slots else language.says["none"]
    if NOT_SENT in result and (re.search(HANDOFF, name) or is_email(name)):
        return language.says["kept"]
    if re.search(HANDOFF, name) and "notice to the team" in result:
        return language.says["told"]
    if re.search(HANDOFF, name) and "could be told" in result:
        return language.says["not_told"]
    return language.says["waiting"] if outcome(result) == "waiting" else None


def _plain_times(slots: list[Slot]) -> str:
    """Clocks alone, at most five of the first day: the card has the days, in the visitor's language."""
    return ", ".join([slot.shown for slot in slots if slot.day == slots[0].day][:5])


def _asked_for(dialogue: Dialogue) -> set[str]:
    """All slots that were requested, free or not."""
    return {
        str(value)
        for m in dialogue.messages
        for c in m.calls
        if c.name.endswith("book")
        for value in (c.arguments or {}).values()
    }


def readable(result: str) -> str | None:
    """An API's JSON response in words, or None if there is none."""
    found = re.search(r"[{\[].*[}\]]", result, re.S)
    try:
        data = json.loads(found[0]) if found else None
    except ValueError:
        return None
    if isinstance(data, list):
        names = [str(item.get("name", item) if isinstance(item, dict) else item) for item in data[:10]]
        return f"Here is what I found: {', '.join(names)}." if names else "I found nothing there."
    if not isinstance(data, dict):
        return None
    for key in ("summary", "answer", "text", "message", "detail", "error"):
        if isinstance(data.get(key), str):
            return str(data[key])
    facts = [f"{key.replace('_', ' ')}: {value}" for key, value in data.items() if isinstance(value, str | int | float)]
    return f"Here is what I found. {', '.join(facts)}." if facts else None


def times(slots: list[Slot]) -> str:
    """ "10:00, 10:30 and 11:00 on Tuesday", at most five times of each of three days."""
    by_day: dict[str, list[str]] = {}
    for slot in slots:
        by_day.setdefault(slot.day, []).append(slot.shown)
    parts = []
    for day, clocks in list(by_day.items())[:3]:
        shown = [*clocks[:4], "others"] if len(clocks) > 5 else clocks
        parts.append(_listed(shown) + (f" on {day}" if day else ""))
    return "; ".join(parts)


def _listed(items: list[str], last: str = "and") -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def offer(result: str, wished: set[int]) -> str:
    slots = slots_in(result)
    if not slots:
        return "I could not find a free time there. Shall I look at another day?"
    exactly = [slot for slot in slots if words.clocks_in(slot.clock) & wished]
    if len(exactly) == 1 or len(slots) == 1:
        return f"There is {times(exactly or slots)}. Shall I take that for you?"
    if problem := re.match(r"(.+?\.) The next free times:", result):
        return f"{problem[1]} The next free times are {times(slots)}. Which one suits you?"
    return f"These times are free: {times(slots)}. Which one suits you?"


def no_answer(dialogue: Dialogue) -> str:
    """That it does not know, and what it can do instead."""
    return f"I'm sorry, I don't know that. {suggestion(dialogue)}"


def suggestion(dialogue: Dialogue) -> str:
    topics = [section.heading.lower() for section in dialogue.sections if section.heading][:4]
    abilities = [f"tell you about {_listed(topics, 'or')}"] if topics else []
    if dialogue.tool("find_times$"):
        abilities.append("look for a free appointment")
    if any(is_email(tool.name) for tool in dialogue.tools):
        abilities.append("pass a message on to the team")
    return f"I can {_listed(abilities, 'or')}." if abilities else "Is there anything else?"
