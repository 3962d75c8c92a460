"""A request as the rules see it: the conversation, the knowledge, and the times that were offered."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from assistant.llm import NOTE, ChatMessage, ToolSpec
from interworky.demo.model import words

YES = r"(?:yes|yeah|yep|yup|sure|ok|okay|fine|great|perfect|please do|go ahead|take it|book it|that works|sounds good)"
NO = r"(?:never ?mind|forget it|no,? thank(?:s| you)|no|nope|nothing)"

MOVE = r"\b(?:move|reschedule|change|postpone|shift)\b.{0,60}\b(?:appointment|booking|it)\b"
NOTES = re.compile(re.escape(NOTE) + r".*?\](?=\n\n|\Z)", re.S)
REFERENCE = re.compile(r"\b[Rr]eference\W+(?:is\W+)?([A-Z0-9]{6})\b")

# A call's outcome, by the words of its result: the first match counts.
OUTCOMES = {
    "unproven": r"proves? with a mailed code",
    "waiting": r"asked to confirm|\(waiting\)",
    "taken": r"slot_taken|no longer (?:free|available)|already taken|been taken|just taken",
    "declined": r"declined|said no\b|does not want|decided against|changed (?:his|her|their) mind",
    "unknown": r"\b(?:it is unknown|not known) whether\b|nobody knows whether",
    "failed": r"\b(?:failed|error|not possible|could not|cannot|refused|rejected|limit|not allowed|unknown|invalid"
    r"|timed? ?out)\b",
    "done": r"\b(?:booked|confirmed|sent|handed over|queued|delivered|done|on its way|accepted)\b",
}


def outcome(result: str) -> str:
    return next((name for name, pattern in OUTCOMES.items() if re.search(pattern, result, re.I)), "")


# Our questions for a tool's parameters: `asked_for` finds in the conversation which one was asked.
ASK_MESSAGE = "What would you like me to tell the team?"
ASK_CHOICE = "Which {name} do you mean: {choices}?"
ASK_VALUE = "Could you tell me your {name}, please?"


def asked_for(text: str) -> str | None:
    """The parameter that our question asks for, by its spoken name, or None for any other text."""
    if text.endswith(ASK_MESSAGE):
        return "message"
    found = re.search(r"Which ([\w -]+) do you mean: .*\?$|Could you tell me your ([\w -]+), please\?$", text, re.S)
    return (found[1] or found[2]) if found else None


@dataclass(frozen=True)
class Slot:
    id: str
    clock: str  # "10:30", as it was written
    day: str  # the last text above or beside it that names a weekday
    shown: str  # as the visitor reads it: "10:30", or "10:30 AM"


_SCAN = re.compile(
    rf"(?P<day>\b(?:{'|'.join(words.WEEKDAYS)})\b(?:,? \d{{1,2}} [A-Z]\w+)?)"
    r"|(?P<clock>\b\d{1,2}:\d\d\b)|\[slot (?P<id>[^\]\s]+)\]|(?P<line>\n)",
    re.I,
)


def slots_in(result: str) -> list[Slot]:
    """The slots in a tool's result, written as "Tuesday 8 January … 10:00 [slot …]"."""
    found: list[Slot] = []
    show = _twelve_hours if "12-hour clock" in result else str
    day = clock = ""
    for match in _SCAN.finditer(result):
        if match["day"]:
            day = match["day"]
        elif match["clock"]:
            clock = clock or match["clock"]  # a second one beside it is the same time in another zone
        else:
            if match["id"] and clock:
                found.append(Slot(match["id"], clock, day, show(clock)))
            clock = ""
    return found


def _twelve_hours(clock: str) -> str:
    hour, _, minute = clock.partition(":")
    return f"{int(hour) % 12 or 12}:{minute} {'AM' if int(hour) < 12 else 'PM'}"


@dataclass(frozen=True)
class Dialogue:
    messages: list[ChatMessage]
    tools: list[ToolSpec]

    @cached_property
    def system(self) -> str:
        return "\n".join(message.text for message in self.messages if message.role == "system")

    @cached_property
    def days(self) -> list[date]:
        """The days of the calendar in the instructions, starting today."""
        return words.days_in(self.system)

    @cached_property
    def sections(self) -> list[words.Section]:
        return words.knowledge(self.system)

    @cached_property
    def heard(self) -> list[ChatMessage]:
        """The conversation without instructions, notes, calls and results, up to the visitor's last words."""
        spoken = (replace(m, text=NOTES.sub("", m.text).strip()) for m in self.messages if m.role in ("user", "assistant"))
        heard = [m for m in spoken if m.text and not m.calls]
        while heard and heard[-1].role != "user":
            heard.pop()
        return heard

    @cached_property
    def said(self) -> str:
        """The visitor's last words."""
        return self.heard[-1].text.strip() if self.heard else ""

    @cached_property
    def before(self) -> str:
        """What we said just before them."""
        return self.heard[-2].text if len(self.heard) > 1 and self.heard[-2].role == "assistant" else ""

    @cached_property
    def called(self) -> dict[str, str]:
        """Call ids and the names of the tools that they called."""
        return {call.id: call.name for message in self.messages for call in message.calls}

    @cached_property
    def results(self) -> list[tuple[str, str]]:
        """Names and texts of the tool results that have no answer yet: those at the end."""
        found = []
        for message in reversed(self.messages):
            if message.role != "tool":
                break
            found.append((self.called.get(message.call_id, ""), message.text))
        return found[::-1]

    @cached_property
    def slots(self) -> list[Slot]:
        """The times found by the latest search, unless one of them has been booked since."""
        for message in reversed(self.messages):
            name = self.called.get(message.call_id, "") if message.role == "tool" else ""
            if name.endswith("find_times"):
                return slots_in(message.text)
            if name.endswith("book") and outcome(message.text) == "done":
                return []
        return []

    @cached_property
    def moving(self) -> bool:
        """Whether the times are for moving an existing appointment."""
        said = [message.text for message in self.heard if message.role == "user"][-4:]
        moved = any(name.endswith("reschedule") for name in self.called.values())
        return not moved and any(re.search(MOVE, text, re.I) for text in said)

    @cached_property
    def reference(self) -> str:
        """The reference of the latest booking in the conversation, or "unknown"."""
        found = [ref for message in self.messages for ref in REFERENCE.findall(message.text) if message.role != "system"]
        return found[-1] if found else "unknown"

    @cached_property
    def searched(self) -> date | None:
        """The day of the latest search for times."""
        for message in reversed(self.messages):
            for call in message.calls:
                if call.name.endswith("find_times"):
                    return next((day for value in (call.arguments or {}).values() if (day := _day(value))), None)
        return None

    @cached_property
    def request(self) -> tuple[str, dict[str, str]]:
        """The visitor's original request, and their answers to our questions about it, by parameter."""
        heard, answers = list(self.heard), dict[str, str]()
        while len(heard) > 2 and (name := asked_for(heard[-2].text)):
            answer = heard[-1].text.strip()
            if answer.endswith("?") or re.match(rf"\W*{NO}\b", answer, re.I):
                break
            answers[name] = answer
            heard = heard[:-2]
        return (heard[-1].text.strip() if heard else ""), answers

    def tool(self, pattern: str) -> ToolSpec | None:
        """The first tool whose name matches."""
        return next((tool for tool in self.tools if re.search(pattern, tool.name)), None)

    def hears(self, pattern: str) -> bool:
        return re.search(rf"\b(?:{pattern})\b", self.said, re.I) is not None

    def starts(self, pattern: str) -> bool:
        return re.match(rf"\W*(?:{pattern})\b", self.said, re.I) is not None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
