"""The rules of the demonstration model: the first rule that returns a reply wins.

It is a script that behaves like a good model: it never says that something was done unless a tool's result says so, it
takes days from the calendar in its instructions and slot ids from tool results, and it answers a tool's result with
text, so that it cannot loop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from assistant.llm import NOTE, ChatMessage, ToolCallRequest, ToolSpec
from interworky.demo.model import words
from interworky.demo.model.arguments import PASS_ON, fill, is_text, plainest, properties, required, spoken
from interworky.demo.model.talk import MOVE, NO, REFERENCE, YES, Slot, Talk, outcome, slots_in


@dataclass(frozen=True)
class Reply:
    text: str = ""
    calls: tuple[ToolCallRequest, ...] = ()


MAX_HEARD_CHARS = 4000  # of one message: more than visitors write, and as much as any rule reads at once


def reply(messages: list[ChatMessage], tools: list[ToolSpec], forced: str | None = None) -> Reply:
    """The next words or calls. `forced` names a tool that must be called, or is "required" for any."""
    talk = Talk([replace(m, text=m.text[:MAX_HEARD_CHARS]) if m.role == "user" else m for m in messages], tools)
    if talk.results:
        if again := search_again(talk):
            return again
        return Reply(" ".join(dict.fromkeys(report(talk, name, text) for name, text in talk.results)))
    if forced and tools:
        tool = next((tool for tool in tools if tool.name == forced), tools[0])
        return named(talk) or call(tool, fill(tool, talk, talk.said, {})[0])
    return next(answer for rule in RULES if (answer := rule(talk)) is not None)


def call(tool: ToolSpec, arguments: dict[str, Any]) -> Reply:
    return calls((tool, arguments))


def calls(*wishes: tuple[ToolSpec, dict[str, Any]]) -> Reply:
    """Calls with ids that are unique only within the reply; `wire` assigns the final ones."""
    return Reply(calls=tuple(ToolCallRequest(str(n), tool.name, arguments) for n, (tool, arguments) in enumerate(wishes)))


SORRY = "I'm sorry, that did not work just now. Please try again in a while, or call us."

# --- After a tool's result -------------------------------------------------------------------------------------------


ANSWERS = {
    "waiting": "Please check the details on the card and confirm there if they are right. Nothing happens before that.",
    "unproven": "Gladly. Please give your address on the card: a code by e-mail shows that the mailbox is yours, and "
    "nothing else is sent before that.",
    "declined": "No problem, I have left it at that. Is there anything else?",
    "unknown": "I cannot tell whether that has worked. Please let the team check before you try again.",
    "failed": SORRY,
}


def report(talk: Talk, name: str, result: str) -> str:
    """A tool's result as a sentence that says no more than the result does."""
    if passage := re.match(r"\[1\] [^\n]*\n(.*?)(?:\n\n\[2\] |\Z)", result, re.S):
        return passage[1]
    if result.startswith("Nothing was found"):
        return unknown(talk).text
    if name.endswith("find_times"):
        return offer(result, words.clocks_in(talk.said))
    if answer := readable(result):
        return answer
    ended = outcome(result)
    if ended == "taken":
        others = slots_in(result) or [slot for slot in talk.slots if slot.id not in _asked_for(talk)]
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


def _asked_for(talk: Talk) -> set[str]:
    """All slots that were requested, free or not."""
    return {
        str(value)
        for m in talk.messages
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


# --- Appointments ----------------------------------------------------------------------------------------------------


def times(slots: list[Slot]) -> str:
    """ "10:00, 10:30 and 11:00 on Tuesday", at most five times of each of three days."""
    by_day: dict[str, list[str]] = {}
    for slot in slots:
        by_day.setdefault(slot.day, []).append(slot.clock)
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


def search_again(talk: Talk) -> Reply | None:
    """The search for the service that the visitor named, else for the first, where the last one only listed them."""
    name, text = talk.results[-1]
    searched = [call for message in talk.messages for call in message.calls if call.name == name]
    services = re.findall(r"^- (.+?) \[service (\w+)\]", text, re.M)
    tool = talk.tool("find_times$")
    if (
        tool is None
        or not text.startswith("Which service?")
        or not services
        or (searched[-1].arguments or {}).get("service")
    ):
        return None
    said = [set(words.meaning(message.text)) for message in talk.heard[::-1] if message.role == "user"]
    shared = [(len(heard & set(words.meaning(title))), id) for heard in said for title, id in services]
    best = next((id for count, id in shared if count and count == max(n for n, _ in shared)), services[0][1])
    return call(tool, {**(searched[-1].arguments or {}), "service": best})


ORDINALS = ("first|1st|earliest|any|whichever", "second|2nd", "third|3rd", "fourth|4th", "fifth|5th", "sixth|6th")


def pick(talk: Talk) -> Reply | None:
    """One of the times just offered, chosen by its hour, by its place in the list, or by a yes to the only one."""
    tool, slots = (talk.moving and talk.tool("reschedule$")) or talk.tool("book$"), talk.slots
    if tool is None or not slots or talk.hears("cancel|instead of|another|other|tell|e-?mail"):
        return None
    if day := words.day_in(talk.said, talk.days):
        slots = [slot for slot in slots if words.WEEKDAYS[day.weekday()] in slot.day.lower() or not slot.day]
    if wished := words.clocks_in(talk.said):
        chosen = [slot for slot in slots if words.clocks_in(slot.clock) & wished]
        if not chosen and slots:
            return Reply(f"That time is not free. I can offer {times(slots)}. Which one suits you?")
    elif len(talk.said.split()) > 8:
        return None
    elif talk.hears("last|latest"):
        chosen = slots[-1:]
    elif place := next((n for n, ordinal in enumerate(ORDINALS, 1) if talk.hears(ordinal)), None):
        chosen = slots[place - 1 : place]
    elif talk.starts(YES) and talk.before.endswith(("Which one suits you?", "that for you?")):
        chosen = [slot for slot in slots if words.clocks_in(slot.clock) & words.clocks_in(talk.before)]
        if len(chosen) > 1:
            return Reply(f"Gladly. Which one: {times(slots)}?")
    else:
        return None
    if not chosen:
        return None
    argument = next((name for name in properties(tool) if "slot" in name), "slot")
    arguments = {**fill(tool, talk, talk.said, {})[0], argument: chosen[0].id}
    if "reference" in properties(tool):
        arguments["reference"] = talk.reference
    return call(tool, arguments)


WISH = (
    r"(?:an?|another|new|any|free|next|earlier|book|make|get|schedule) (?:\w+ )?(?:appointment|appt|booking|slot|time)s?"
    r"|come (?:in|by|over|round)|(?:fit|squeeze) me in|see (?:me|(?:a|the|your) (?:dentist|doctor|hygienist))|book|reserve"
    r"|availab(?:le|ility)|anything free|(?:free|open) (?:time|slot)s?"
    r"|appointments? (?:please|available|free|on|for|next|tomorrow|today)"
    r"|other times?|another day|termin|rendez-?vous|cita"
)


NO_WISH = r"my (?:appointment|booking)|cancel\w*|price|costs?|how much|open|opens|close[sd]?|hours"


def cancel(talk: Talk) -> Reply | None:
    tool = talk.tool("cancel$")
    if tool is None or not talk.hears(r"cancel (?:it|that|(?:my|the|this) (?:\w+ )?(?:appointment|booking))"):
        return None
    return call(tool, {"reference": talk.reference})


def find_times(talk: Talk) -> Reply | None:
    """A search for free times on the day and part of the day that the visitor mentions."""
    tool = talk.tool("find_times$")
    move = talk.tool("reschedule$") is not None and talk.hears(MOVE)
    if tool is None or (not move and talk.hears(NO_WISH)):
        return None
    day, part = words.day_in(talk.said, talk.days), words.part_of_day_in(talk.said)
    go_on = talk.starts(YES) and talk.before.endswith("Shall I look at another day?")
    another = go_on or (talk.searched is not None and talk.hears("another|other|else|next one"))
    instead = talk.searched is not None and (day or (part and len(talk.said.split()) < 8))
    if not (move or another or instead or (day and part) or talk.hears(WISH)):
        return None
    if day is None and talk.searched:
        day = talk.searched + timedelta(1 if another else 0)  # "… and in the afternoon?" stays on the day
    day = day or next(iter(talk.days), None)
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


# --- Other tools -----------------------------------------------------------------------------------------------------


def is_email(name: str) -> bool:
    return re.search(r"message|e_?mail|notify|contact", name) is not None and re.search(HANDOFF, name) is None


def named(talk: Talk) -> Reply | None:
    """Tools requested by their exact names: called once, or once for each value given."""
    wanted = [tool for tool in talk.tools if re.search(rf"(?<![\w-]){re.escape(tool.name)}(?![\w-])", talk.said)]
    wishes: list[tuple[ToolSpec, dict[str, Any]]] = []
    for tool in wanted:
        name = next((n for n in required(tool) if properties(tool)[n].get("type") == "string"), "")
        values = re.findall(rf"\bwith (?:the {spoken(name)} )?(\w+)", talk.said) if name else []
        filled = fill(tool, talk, talk.said, {})[0]
        wishes += [(tool, {**filled, name: value}) for value in values] or [(tool, filled)]
    return calls(*wishes) if wishes else None


def repeated(talk: Talk) -> Reply | None:
    """The answer to "Answer with the single word: ok", which checks whether the model responds at all."""
    word = re.match(r"(?:answer|reply|respond) with (?:only |just )?the (?:single )?word:? \W*(\w+)\W*$", talk.said, re.I)
    return Reply(word[1]) if word else None


def message(talk: Talk) -> Reply | None:
    """An e-mail to the team, once the visitor has said everything it needs."""
    said, answers = talk.request
    tool = next((tool for tool in talk.tools if is_email(tool.name)), None)
    if tool is None or not re.search(rf"\b(?:{'|'.join(PASS_ON)}|running late)\b", said, re.I):
        return None
    arguments, question = fill(tool, talk, said, answers)
    return Reply(f"I can pass that on. {question}") if question else call(tool, arguments)


def is_for_visitor(name: str) -> bool:
    return name.startswith("send_")


def mail_me(talk: Talk) -> Reply | None:
    """An e-mail to the visitor, by a tool named after its content: "send_price_list"."""
    if not talk.hears(r"e-?mail|mail|send") or not talk.hears("me|my|us"):
        return None
    heard = set(words.meaning(talk.said))
    tools = (tool for tool in talk.tools if is_for_visitor(tool.name) and not required(tool))
    tool = next((tool for tool in tools if heard & set(words.meaning(tool.name[5:].replace("_", " ")))), None)
    return call(tool, {}) if tool else None


def lookup(talk: Talk) -> Reply | None:
    """The tool whose name, choices and description have most in common with the question, if that is enough."""
    said, answers = talk.request
    heard = set(words.meaning(said))

    def shared(tool: ToolSpec) -> float:
        choices = [str(choice) for schema in properties(tool).values() for choice in schema.get("enum", [])]
        texts = ((2.0, tool.name), (1.0, " ".join(choices)), (0.5, tool.description))
        return sum(weight * len(heard & set(words.meaning(text.replace("_", " ")))) for weight, text in texts)

    others = [
        t
        for t in talk.tools
        if not (is_email(t.name) or is_for_visitor(t.name))
        and not is_search(t)
        and not re.search(rf"find_times$|book$|cancel$|reschedule$|{HANDOFF}", t.name)
    ]
    tool = max(others, key=shared, default=None)
    if tool is None or shared(tool) < 2:
        return None
    arguments, question = fill(tool, talk, said, answers)
    return Reply(question) if question else call(tool, arguments)


def is_search(tool: ToolSpec) -> bool:
    return required(tool) == ["query"]


def guides(talk: Talk) -> Reply | None:
    """A search in the organization's texts, if the tool's description covers the question."""
    tool = next((tool for tool in talk.tools if is_search(tool)), None)
    about = set(words.meaning(tool.description)) if tool else set()
    return search(talk) if len(about & set(words.meaning(talk.said))) >= 2 else None


def search(talk: Talk) -> Reply | None:
    """A knowledge search as the last resort before admitting ignorance."""
    tool = next((tool for tool in talk.tools if is_search(tool)), None)
    return call(tool, {"query": talk.said[:300]}) if tool and words.meaning(talk.said) else None


def answered(talk: Talk) -> Reply | None:
    """Continue what our question was asked for, now that the visitor has answered it."""
    return (message(talk) or lookup(talk)) if talk.request[1] else None


# --- Talk ------------------------------------------------------------------------------------------------------------

HANDOFF = r"human|person|hand_?off|staff"


def person(talk: Talk) -> Reply | None:
    who = r"(?:\w+ ){0,3}(?:human|person|someone|somebody|agent|receptionist|team member)"
    if talk.hears("are you") or not talk.hears(
        rf"(?:talk|speak|chat|connect|put|get|want|need) {who}|human please|call me(?: back)?"
    ):
        return None
    if tool := talk.tool(HANDOFF):
        return call(
            tool, {name: talk.said if is_text(name) else plainest(properties(tool)[name]) for name in required(tool)}
        )
    reach = words.best_lines("phone number", talk.sections)
    return Reply("I cannot fetch anybody myself." + (f" This is how to reach the team:\n\n{reach}" if reach else ""))


def nature(talk: Talk) -> Reply | None:
    kind = r"(?:real|human|person|ai|robot|bot|machine|chat ?bot|computer|chatgpt)"
    if not talk.hears(rf"are you (?:an? |really |actually |the )*{kind}|who made you|(?:which|what) model"):
        return None
    return Reply(
        "I'm a demonstration: a small script that speaks the language of AI models, so that you can try everything "
        "without a key. Connect a real model, and it takes my place."
    )


HELP = "How can I help you?"
SMALL_TALK = {
    r"hi+|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)": f"Hello! {HELP}",
    r"hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi": f"Hallo! Ich bin nur eine Vorführung auf Englisch. {HELP}",
    r"bonjour|bonsoir|salut": f"Bonjour ! Je ne suis qu'une démonstration et je parle surtout anglais. {HELP}",
    r"hola|buen(?:os|as) (?:d[ií]as|tardes|noches)": f"¡Hola! Soy solo una demostración y hablo sobre todo inglés. {HELP}",
    r"how are you|how[’']?s it going|how do you do|what[’']?s up": "Very well, thank you! What can I do for you?",
    r"thank(?:s| you)|cheers|much appreciated|danke|merci|gracias": "You're welcome! Is there anything else?",
    r"(?:good ?)?bye|see you|ciao|tschüss|au revoir|adi[oó]s|have a (?:nice|good)": "Goodbye, and take care!",
    NO: "All right. I'm here if you need anything.",
    YES: "Good. What can I do for you?",
}


def small_talk(talk: Talk) -> Reply | None:
    if len(talk.said.split()) > 7:
        return None
    return next((Reply(answer) for pattern, answer in SMALL_TALK.items() if talk.starts(pattern)), None)


def known(talk: Talk) -> Reply | None:
    said = talk.said
    for word, ahead in (("today", 0), ("tomorrow", 1)):
        if talk.hears(word) and len(talk.days) > ahead:
            said += f" {words.WEEKDAYS[talk.days[ahead].weekday()]}"
    text = words.best_lines(re.sub(r"\b(today|tomorrow)\b", "", said, flags=re.I), talk.sections)
    return Reply(text) if text else None


def abilities(talk: Talk) -> Reply | None:
    if not talk.hears(r"what (?:can|do) you do|how can you help|what can i (?:ask|do)|who are you|help"):
        return None
    return Reply(f"I'm the assistant on this site, as a demonstration. {suggestion(talk)}")


def corrected(talk: Talk) -> Reply | None:
    """The correction that an instruction at the end asks for: something in our reply was wrong."""
    if talk.messages and talk.messages[-1].text.startswith(NOTE) and talk.heard:
        return Reply("I'm sorry, I cannot say that for certain. Please ask the team.")
    return None


def unknown(talk: Talk) -> Reply:
    return Reply(f"I'm sorry, I don't know that. {suggestion(talk)}")


def suggestion(talk: Talk) -> str:
    topics = [section.heading.lower() for section in talk.sections if section.heading][:4]
    abilities = [f"tell you about {_listed(topics, 'or')}"] if topics else []
    if talk.tool("find_times$"):
        abilities.append("look for a free appointment")
    if any(is_email(tool.name) for tool in talk.tools):
        abilities.append("pass a message on to the team")
    return f"I can {_listed(abilities, 'or')}." if abilities else "Is there anything else?"


RULES: tuple[Callable[[Talk], Reply | None], ...] = (
    corrected,
    named,
    repeated,
    answered,
    pick,
    nature,
    person,
    mail_me,
    message,
    cancel,
    find_times,
    guides,
    lookup,
    known,
    abilities,
    small_talk,
    search,
    unknown,
)
