"""Answers in labelled parts: ReAct's, and those of gpt-oss whose server removed the special tokens.

    Thought: I should look.                         analysisThe visitor wants …
    Action: find_times                              assistantcommentary to=functions.find_times json{…}
    Action Input: {…}                               analysisNow I know.assistantfinalTen is free.
    Thought: I know now.
    Final Answer: Ten is free.

What is thought is hidden; a call goes on to the reader of calls, with the words that begin it; the answer is shown without
the words before it. Nothing is held back but behind such a word, and a text that has no other of them is shown whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MAX_HELD_CHARS = 16_384


@dataclass(frozen=True)
class _Frame:
    """`opening` begins what is thought, where an answer begins or (`lines`) any of its lines does. `certain`: no answer to a
    visitor begins so, and one that has no other part was all thought."""

    opening: re.Pattern[str]
    begun: Callable[[str], object]  # whether a text is the beginning of an opening
    answer: re.Pattern[str]
    call: re.Pattern[str]
    lines: bool = False
    certain: bool = False


def _beginning_of(labels: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text is the beginning of a label, or all of it. Every reply asks at each of its first letters: of the 500
    labels, one after the other, that took a twentieth of a short turn."""
    beginnings = {label[:size].lower() for label in labels for size in range(len(label) + 1)}
    return lambda text: text.lower() in beginnings


_FRAMES: tuple[_Frame, ...] = (
    _Frame(  # gpt-oss
        opening=re.compile(r"(?:assistant)?analysis(?=[A-Z*\n])"),
        begun=re.compile(r"(?:assistant|assistanta\w{0,8}|a\w{0,8})").fullmatch,
        answer=re.compile(r"assistantfinal(?:\s*<\|message\|>)?\s*"),
        call=re.compile(r"(?=assistantcommentary\s+to=)"),
        certain=True,
    ),
    _Frame(
        opening=re.compile(r"(?:\*\*)?Thought(?:\s\d+)?(?:\*\*)?:"),
        begun=re.compile(r"\*{0,2}(?:T|Th|Tho|Thou|Thoug|Though|Thought(?:\s\d*)?\*{0,2})?").fullmatch,
        answer=re.compile(r"^[ \t]*(?:\*\*)?Final Answer(?:\*\*)?:(?:\*\*)?[ \t]*\n?", re.MULTILINE),
        call=re.compile(
            r"^(?=[ \t]*(?:\*\*)?Action(?:\s\d+)?(?:\*\*)?:(?!\**\s*(?:none|n/a|no\b|respond|finish|final)))",
            re.IGNORECASE | re.MULTILINE,
        ),
        lines=True,
    ),
)
# What models that were asked for "reasoning, then an answer" write; without the answer, it is all shown.
_WHAT = (
    "thinking", "reasoning", "chain of thought", "thought process", "thinking process", "reasoning process",
    "my thinking", "my reasoning", "my thought process", "internal thinking", "internal reasoning",
    "gedankengang", "überlegung", "überlegungen", "gedanken", "denkprozess", "réflexion", "raisonnement", "razonamiento",
    "pensamiento", "reflexión", "ragionamento", "raciocínio", "思考", "思考过程", "推理", "التفكير", "تفكير",
)  # fmt: skip
_LABELS = (
    *(
        f"{before}{what}{after}"
        for what in _WHAT
        for before, after in (
            *(("", ":"), ("", "："), ("", " :"), ("> ", ":"), ("**", ":**"), ("**", "**:"), ("**", " :**"), ("> **", ":**")),
            *((hashes, end) for hashes in ("# ", "## ", "### ") for end in ("\n", ":\n")),
            *(("**", "**\n"), ("【", "】")),
        )
    ),
    *(f"here{be} my thought process:" for be in ("'s", "’s", " is")),  # Granite 3
)
_DOTTED = tuple(f"{stars}thinking{dots}{stars}\n" for stars in ("", "*", "_") for dots in ("...", "…"))
_ANSWER = r"(?:Final )?(?:Answer|Response|Reply)|Antwort|Réponse|Respuesta|Risposta|Resposta|回答|答案|الإجابة|الجواب|الرد"
_LABELLED = _Frame(
    opening=re.compile(
        rf"{'|'.join(map(re.escape, _LABELS))}|(?:{'|'.join(map(re.escape, _DOTTED))})(?!\n?(?:>|\Z))", re.IGNORECASE
    ),
    begun=_beginning_of((*_LABELS, *(f"{label}\n" for label in _DOTTED))),
    answer=re.compile(
        rf"^[ \t]*(?:(?:> )?(?:\*\*)?(?:{_ANSWER})(?:\*\*)?[ \t]?[:：](?:\*\*)?"
        rf"|(?:#{{1,6}} |\*\*)(?:{_ANSWER}):?(?:\*\*)?(?=\n)|【(?:{_ANSWER})】"
        rf"|(?:\.\.\.|…)done thinking\.|Here(?:['’]s| is) my response:)[ \t]*\n?"
        r"|(?<=[.!?] )Here(?:['’]s| is) my response:[ \t]*\n?|【/(?:思考|思考过程|推理)】\n?",
        re.IGNORECASE | re.MULTILINE,
    ),
    call=re.compile(r"(?!)"),
)
# What begins a quotation, or a paragraph, that is nothing but thought: Poe, and gateways that show thinking in Markdown.
_EMOJI = ("💭", "🧠", "🤔")
_QUOTED = (
    *(f">{space}{stars}{emoji}" for space in ("", " ") for stars in ("", "*", "**") for emoji in _EMOJI),
    *(
        f"> {stars}{what}{stars}{end}"
        for stars in ("**", "*", "_")
        for what in ("thinking", "reasoning")
        for end in ("\n", " \n")
    ),
    *(f"> {stars}thinking{dots}" for stars in ("", "**", "*", "_") for dots in ("...", "…")),
    *(
        f"> {stars}{what}"
        for stars in ("", "**", "*", "_")
        for what in ("thought for ", "thought process\n", "thinking process\n")
    ),
    *(f"> [!{what}]" for what in ("think", "thinking", "thought", "reasoning")),
    *(f"{label}{line}>" for label in _DOTTED if label[0] != "t" for line in ("", "\n")),
)
_PARAGRAPHS = tuple(
    f"{emoji} {stars}{what}" for emoji in _EMOJI for stars in ("", "*", "**", "_") for what in ("thinking", "reasoning")
)
_ASIDES = (
    _Frame(
        opening=re.compile("|".join(map(re.escape, _QUOTED)), re.IGNORECASE),
        begun=_beginning_of(_QUOTED),
        answer=re.compile(r"(?<=\n)(?=[^>\s])"),  # the first line that is neither empty nor quoted
        call=re.compile(r"(?!)"),
        certain=True,
    ),
    _Frame(
        opening=re.compile("|".join(map(re.escape, _PARAGRAPHS)), re.IGNORECASE),
        begun=_beginning_of(_PARAGRAPHS),
        answer=re.compile(r"\n\s*\n"),
        call=re.compile(r"(?!)"),
        certain=True,
    ),
)
_FRAMES = (*_FRAMES, *_ASIDES, _LABELLED)
_ONLY_ANSWER = re.compile(r"assistantfinal(?=\S)|(?:\*\*)?Final Answer(?:\*\*)?:(?:\*\*)?[ \t]*\n?")
_ONLY_ANSWER_BEGUN = re.compile(
    r"(?:assistant(?:f\w{0,4})?|a\w{0,8}|\*{0,2}F(?:inal?|i|in)?(?: A\w{0,5})?\*{0,2}:?\*{0,2}[ \t]*)"
)
_WORD_CHARS = 60  # no word that begins a part is longer


class Framing:
    """A filter for one answer; text is fed to it in pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._frame: _Frame | None = None
        self._first = True  # nothing of the answer has arrived
        self._line_begins = True
        self._searched = 0

    def feed(self, text: str) -> str:
        if self._frame is None and not self._held and not self._line_begins and "\n" not in text:
            return text
        self._held += text
        return self._scan(final=False)

    def close(self, whole: bool = True) -> str:
        """What was held back; `whole` is False where the answer was cut short."""
        shown = self._scan(final=True)
        rest, self._held = self._held, ""
        if self._frame and (self._frame.certain or not whole):
            return shown
        return shown + rest

    def _scan(self, final: bool) -> str:
        shown: list[str] = []
        while self._held:
            if self._frame is None:
                if not self._outside(shown, final):
                    break
            elif not self._within(shown, final):
                break
        return "".join(shown)

    def _outside(self, shown: list[str], final: bool) -> bool:
        """Read up to where thinking begins; returns whether there is more to read."""
        at = 0
        while True:
            if self._line_begins:
                frame = next(
                    (one for one in _FRAMES if (self._first or one.lines) and one.opening.match(self._held, at)), None
                )
                if frame:
                    shown.append(self._held[:at])
                    self._held, self._frame, self._searched = self._held[at:], frame, 0
                    return True
                answer = _ONLY_ANSWER.match(self._held) if self._first else None
                if answer and (final or answer.end() < len(self._held)):
                    self._held, self._first, self._line_begins = self._held[answer.end() :], False, False
                    return True
                rest = self._held[at:]
                begun = any(one.begun(rest) for one in _FRAMES if self._first or one.lines)
                if not final and (begun or (self._first and _ONLY_ANSWER_BEGUN.fullmatch(rest))):
                    shown.append(self._held[:at])
                    self._held = rest
                    return False
                self._first = False
            line = self._held.find("\n", at)
            if line < 0:
                shown.append(self._held)
                self._held, self._line_begins = "", False
                return False
            at, self._line_begins = line + 1, True
            if at == len(self._held):
                shown.append(self._held)
                self._held = ""
                return False

    def _within(self, shown: list[str], final: bool) -> bool:
        """Read up to where thinking ends; returns whether it did."""
        assert self._frame
        found = [
            one for pattern in (self._frame.answer, self._frame.call) if (one := pattern.search(self._held, self._searched))
        ]
        end = min(found, key=lambda one: one.start(), default=None)
        # What follows the word must have arrived as well: it decides whether this is a call.
        if end is not None and (final or len(self._held) - end.end() >= _WORD_CHARS or "\n" in self._held[end.end() :]):
            self._held, self._frame, self._first, self._line_begins = self._held[end.end() :], None, False, False
            return True
        if self._frame.certain:
            self._held = self._held if end else self._held[-_WORD_CHARS:]
        elif len(self._held) > MAX_HELD_CHARS:
            shown.append(self._held)
            self._held, self._frame, self._line_begins = "", None, False
        self._searched = end.start() if end else max(0, len(self._held) - _WORD_CHARS)
        return False
