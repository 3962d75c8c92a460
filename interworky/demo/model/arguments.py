"""Arguments for a tool, found in the visitor's words by the tool's schema."""

from __future__ import annotations

import re
from typing import Any

from assistant.llm import ToolSpec
from interworky.demo.model import words
from interworky.demo.model.dialogue import ASK_CHOICE, ASK_MESSAGE, ASK_VALUE, YES, Dialogue

Schema = dict[str, Any]


def properties(tool: ToolSpec) -> dict[str, Schema]:
    found = tool.parameters.get("properties")
    return {name: s if isinstance(s, dict) else {} for name, s in found.items()} if isinstance(found, dict) else {}


def required(tool: ToolSpec) -> list[str]:
    known = properties(tool)
    return [name for name in tool.parameters.get("required") or [] if name in known]


def fill(tool: ToolSpec, dialogue: Dialogue, said: str, answers: dict[str, str]) -> tuple[dict[str, Any], str]:
    """Arguments for `tool`, and the question to ask if a required one is missing, or an empty string.

    A missing argument is still given a valid value, for a caller that has to make the call anyway. Optional arguments are
    filled in only if the visitor clearly stated them.
    """
    everything = "\n".join(message.text for message in dialogue.heard if message.role == "user")
    found: dict[str, Any] = {}
    missing: list[str] = []
    for name, schema in properties(tool).items():
        needed = name in required(tool)
        value = _value(name, schema, said, everything, answers.get(in_words(name)), needed)
        if value is not None:
            found[name] = value
        elif needed:
            missing.append(name)
            found[name] = plainest(schema)
    missing.sort(key=lambda name: not is_text(name))  # ask for the message before the name
    return found, question(missing[0], properties(tool)[missing[0]]) if missing else ""


def question(name: str, schema: Schema) -> str:
    if is_text(name):
        return ASK_MESSAGE
    if choices := schema.get("enum"):
        return ASK_CHOICE.format(name=in_words(name), choices=", ".join(map(str, choices[:12])))
    return ASK_VALUE.format(name=in_words(name))


def in_words(name: str) -> str:
    """A parameter's name as people say it: `visitor_name` → "name"."""
    if is_text(name):
        return "message"
    plain = name.removeprefix("visitor_").removeprefix("your_").replace("_", " ")
    return {"email": "e-mail address", "email address": "e-mail address", "phone": "phone number"}.get(plain, plain)


def is_text(name: str) -> bool:
    return re.search(r"message|body|text|content|note|reason|details", name) is not None


def plainest(schema: Schema) -> Any:
    """The simplest valid value of a simple schema."""
    if choices := schema.get("enum"):
        return next((choice for choice in choices if choice in ("any", "all")), choices[0])
    if "default" in schema:
        return schema["default"]
    lowest = schema.get("minimum", 1)
    return {"integer": lowest, "number": lowest, "boolean": True, "array": [], "object": {}}.get(
        str(schema.get("type")), "-"
    )


def _value(name: str, schema: Schema, said: str, everything: str, answer: str | None, needed: bool) -> Any:
    heard = said if answer is None else answer
    if choices := schema.get("enum"):
        return closest(heard, [choice for choice in choices if isinstance(choice, str)])
    kind = schema.get("type", "string")
    if kind in ("integer", "number"):
        number = re.search(r"-?\d+(?:\.\d+)?", heard)
        return number and (int(float(number[0])) if kind == "integer" else float(number[0]))
    if kind == "boolean":
        return None if answer is None else re.match(rf"\W*{YES}\b", answer, re.I) is not None
    if kind != "string":
        return None
    for pattern, applies in (
        (words.EMAIL, schema.get("format") == "email" or "email" in name),
        (words.PHONE, "phone" in name),
        (words.NAME, in_words(name) in ("name", "full name", "from name")),
    ):
        if applies:
            match = pattern.search(everything)
            if match:
                return match[match.re.groups]
            return (answer or "").strip(" .!") or None if pattern is words.NAME else None
    if not needed:
        return None
    return (answer or _free_text(name, heard))[: _longest(schema)] or None


def _longest(schema: Schema) -> int:
    """The maximum length of a value. Our own requests state it in words, because schemas are sent with few keywords."""
    described = re.search(r"(?:at most|to) (\d+) characters", schema.get("description") or "", re.I)
    return schema.get("maxLength") or (int(described[1]) if described else 2000)


def _free_text(name: str, said: str) -> str:
    if is_text(name):
        return passed_on(said)
    if "subject" in name or "title" in name:
        text = passed_on(said)
        return text if len(text) <= 60 else text[:59] + "…"
    if quoted := re.search(r"[\"“'`]([^\"”'`]+)[\"”'`]", said):
        return quoted[1]
    # What is left of a question without its common words: "where is order 4711?" → "4711".
    own = set(words.meaning(name.replace("_", " ")))
    return " ".join(word for word in words.tokens(said) if word not in words.STOP and not own & set(words.meaning(word)))


def closest(said: str, choices: list[str]) -> str | None:
    """The choice with the greatest share of its words in `said`, or None if no word of any occurs."""
    heard = set(words.meaning(said))

    def share(choice: str) -> float:
        own = set(words.meaning(choice.replace("_", " ")))
        return len(own & heard) / len(own) if own else 0.0

    best = max(choices, key=share, default=None)
    return best if best is not None and share(best) > 0 else None


TEAM = r"(?:(?:the|your) )?(?:team|them|practice|dentist|doctor|reception(?:ist)?|staff|clinic|office)"
WROTE = r"(?:(?:the|your|a|an|them|this|my) )*(?:message|e-?mail|note)"
# How people ask for a message to be passed on; what follows is the message.
PASS_ON = (
    rf"(?:tell|inform|notify|ask|remind|message|text|e-?mail|write(?: to)?) {TEAM}(?: know)?(?: that)?",
    rf"let {TEAM} know(?: that)?",
    rf"(?:pass on|send|leave|take|write) (?:{TEAM} )?{WROTE}(?: (?:to|for) {TEAM})?(?: (?:that|saying))?",
)
_INTRODUCTION = re.compile(rf"^.*?\b(?:{'|'.join(PASS_ON)})\b[\s:,–-]*", re.I | re.S)


def passed_on(said: str) -> str:
    """The message to pass on, or "" if there is none: "Can you tell the team I'm running late?" → "I'm running late"."""
    rest = words.NAME.sub("", _INTRODUCTION.sub("", said, count=1)).strip(" .!?:,\"“”'")
    return rest if len(rest.split()) > 1 else ""
