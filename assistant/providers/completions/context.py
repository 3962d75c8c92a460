"""Whether a tool's name with arguments is a call, or part of a sentence that explains the tool.

Models that were taught no mark write `book(slot="9")` alone on a line, or behind a sentence's end. An answer to a visitor's
developer writes the same within a sentence. A call within a sentence is shown as text, because what has effects is never
guessed; a call that is not run costs a question more.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.providers.completions.dialects import Marks
from assistant.providers.completions.json_end import JsonEnd

Place = Literal["apart", "sentence", "unknown"]

# After these, something new begins.
_NEW = re.compile(r"(?:[.!?:…。！？：،؛؟]|->|=>|→|\()\s*\Z")
# Before a call: how models announce it in the same line.
_ANNOUNCED = re.compile(
    r"(?:(?:ok|okay|sure|now|so),?\s+)?(?:(?:i(?:['’]ll|\s+will)(?:\s+now)?|let\s+me|let['’]s)\s+)?"
    r"(?:(?:call|use|run|invoke|execute|try)(?:ing)?(?:\s+the)?\s+)?(?:(?:function|tool|method)\s+)?"
    r"|[\w.]{1,40}\s*=\s*(?:await\s+)?|(?:await|return|print)\s*\(?",
    re.IGNORECASE,
)
_DECORATION = re.compile(r"[\s\-*>#$`\"'“„«\[(\d.)🔧🛠️⚙️]*")
_CLOSERS = re.compile(r"[ \t)\]}`*;,.\"'”“»]*")
_WORD = re.compile(r"[^\W_]")


def place(before: str, call: str, marks: Marks, *, final: bool) -> Place:
    """Where a call stands: `before` it in its line, and `call` from the bracket of its arguments on."""
    decoration = _DECORATION.match(before)
    words = before[decoration.end() :] if decoration else before
    announced = not words.strip() or _NEW.search(words) is not None or _ANNOUNCED.fullmatch(words) is not None
    call = call.lstrip("\"'")  # of `call_tool("name", …`
    end = JsonEnd().feed(call)
    closers = _CLOSERS.match(call, end) if end >= 0 else None
    rest = call[closers.end() :] if closers else ""
    another = marks.pattern.match(rest)
    if not final and (
        not rest or rest[: marks.longest].lower() in marks.beginnings or (another and another.end() == len(rest))
    ):
        return "unknown"
    # Another call after it does not make a sentence.
    goes_on = _WORD.match(rest) is not None and (another is None or _WORD.match(rest, another.end()) is not None)
    if call.lstrip()[:1] == "{":
        return "sentence" if goes_on and not announced else "apart"
    return "apart" if announced and not goes_on else "sentence"
