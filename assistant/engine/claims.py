"""What a reply says was done, held against what the ledger holds.

A model that says "I've booked you in" when nothing was booked must not get the sentence to the visitor. So a reply
passes through a `Gate`: words flow until a sentence could become a claim, then the rest of the sentence waits until
it can be judged. Patterns and not a model judge it: they answer at once, cost nothing, and cannot be talked out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from assistant.engine.grammars import GRAMMARS, Grammar

ACTS = ("booked", "cancelled", "rescheduled", "sent", "done")


LONGEST_SENTENCE = 600  # characters; what is longer (a table, a page without a full stop) is judged in pieces of this size
_OVERLAP = 200  # characters of the piece before, so that no claim hides on the border of two

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MARKUP = re.compile("\\]\\([^()\\s]{0,200}\\)|[*_`#>~\\[\\]<|\u00ad\u200b-\u200d\u2060\ufeff]+")
# A full stop after a day's number, an initial or a title does not end a sentence.
_SENTENCE_END = re.compile(
    r"(?:(?<!(?<!\S)\d)(?<!(?<!\S)\d\d)(?<!(?<![^\W_])[a-zA-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bProf)(?<!\bNr)(?<!\bNo)"
    r"(?<!\bSt)\.|[!?…。！？]|(?<=\d[:.]\d\d)\.)(?=[\s\"'”’)\]*_]|$)|\n"
)
_CLAUSES = re.compile(
    r"[,;:–—!] | [–—-] | (?:but|so|and|then|aber|und|dann|mais|et|pero|y|ma|e|mas|maar|en) "
    r"| (?=(?:please|let me know|feel free)\b)"
    r"|\. (?=(?:your?|i|we|the|an?|ihre?|ich|wir|sie|dein|votre|vous|nous|je|un|une|su|tu|he|ho|il|la|le|uw|ik|er)\b)",
    re.IGNORECASE,
)
_MOST_CLAUSES = 40
# "…, if you have any questions" takes nothing back of what comes before it.
_POLITE = re.compile(
    r"\b(?:question|anything|need|help|change|wish|frage|hilfe|brauch|benötig|besoin|question|necesit|pregunt|duda|bisogno"
    r"|domand|precis|dúvida|vragen|nodig|hulp)",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"\A\W+|\W+\Z")
_ASKS = re.compile(r"\?\W*\Z")

_Patterns = tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True)
class _Language:
    claims: _Patterns  # an act, and a way to say so
    phrases: _Patterns
    headings: _Patterns  # what claims only as a clause of its own: "Booked!"
    denied: re.Pattern[str]
    later: re.Pattern[str]
    condition: re.Pattern[str]


def _compiled(grammar: Grammar) -> _Language:
    few = rf"(?: [^\s!?;]+){{0,{grammar.reach}}}? "
    some = r"(?: [^\s!?;]+){0,3}? "
    claims, headings = [], [("done", grammar.alone)]
    for act, forms in grammar.acts.items():
        form = rf"(?:{_any(forms)})(?!\w)"
        ways = [
            rf"(?:{grammar.doer}){few}{form}",
            rf"(?:{grammar.thing})(?:{few}|(?=['’]s))(?:{grammar.became}){few}{form}",
            rf"(?:{grammar.you}){few}{form}",
        ]
        if act != "done":  # "it was created in 1998", "it is paid monthly": facts
            ways.append(rf"(?:{grammar.pronoun}) ?(?:{grammar.became}){some}{form}")
        if grammar.inverted:
            ways.append(rf"(?:{grammar.became}){some}(?:{grammar.thing}){few}{form}")
            ways.append(rf"(?:{grammar.became}){some}{form}{some}(?:{grammar.thing})")
        if act in grammar.infinitives:
            ways.append(rf"(?:{grammar.managed}){few}(?:{_any(grammar.infinitives[act])})(?!\w)")
        claims.append((act, "|".join(ways)))
        # "Booked!" says it; "Sunday: closed" does not.
        noun = rf"(?:(?:your )?(?:{_any(grammar.noun)}) )" + ("" if act == "done" else "?")
        adverb = r"(?:is |now |all |successfully |erfolgreich |jetzt |schon )?"
        headings.append((act, noun + adverb + form))
    return _Language(
        _compile(claims),
        _compile(grammar.phrases.items()),
        _compile(headings),
        re.compile(grammar.denied, re.IGNORECASE),
        re.compile(grammar.later, re.IGNORECASE),
        re.compile(grammar.condition, re.IGNORECASE),
    )


def _any(forms: Iterable[str]) -> str:
    return "|".join(sorted(forms, key=len, reverse=True))


def _compile(patterns: Iterable[tuple[str, str]]) -> _Patterns:
    return tuple((act, re.compile(body, re.IGNORECASE)) for act, body in patterns)


# The first words of what may make a claim, by language: a sentence without one of them claims nothing.
_TRIGGERS_OF = {
    name: frozenset(form.split()[0] for forms in (*grammar.acts.values(), grammar.hints) for form in forms)
    for name, grammar in GRAMMARS.items()
}
_TRIGGERS = frozenset[str]().union(*_TRIGGERS_OF.values())


@cache
def _language(name: str) -> _Language:
    """Compiled when it is first met: a third of a second for all of them, which no start need wait for."""
    return _compiled(GRAMMARS[name])


def claimed(sentence: str) -> frozenset[str]:
    """The acts that one sentence says have happened; empty for offers, conditions, questions and denials."""
    plain = " ".join(_MARKUP.sub("", sentence).split())
    said = frozenset(_WORD.findall(plain.lower()))
    spoken = [_language(name) for name, triggers in _TRIGGERS_OF.items() if said & triggers]
    if not spoken:
        return frozenset()
    starts = [0, *(gap.end() for gap in _CLAUSES.finditer(plain))][:_MOST_CLAUSES]
    ends = [*(gap.start() for gap in _CLAUSES.finditer(plain)), len(plain)][: len(starts) - 1] + [len(plain)]
    asks = _ASKS.search(plain) is not None
    found: set[str] = set()
    for language in spoken:
        condition = language.condition.search(plain)
        for place, (begins, ends_at) in enumerate(zip(starts, ends, strict=True)):
            if condition and condition.start() < begins:
                break  # a condition came first, and all that follows stands under it
            last = place == len(starts) - 1
            if last and asks:
                break
            clause = plain[begins:ends_at]
            if last or not _conditional(language, plain[starts[place + 1] :]):
                found |= _said(language, clause)
                found |= {act for act, pattern in language.headings if pattern.fullmatch(_ORNAMENT.sub("", clause))}
            if not asks and not last:
                found |= _said(language, plain[begins:])
    return frozenset(found)


def _conditional(language: _Language, what_follows: str) -> bool:
    """ "…, once you have confirmed" makes a condition of the clause before it."""
    return language.condition.match(what_follows) is not None and not _POLITE.search(what_follows)


def _said(language: _Language, text: str) -> set[str]:
    if language.later.search(text):
        return set()
    found = set()
    for patterns, unless in (
        (language.phrases, (language.condition,)),
        (language.claims, (language.condition, language.denied)),
    ):
        for act, pattern in patterns:
            match = pattern.search(text)
            if match and not any(other.search(text, 0, match.end()) for other in unless):
                found.add(act)
    return found


def unbacked(sentence: str, achieved: frozenset[str]) -> frozenset[str]:
    """What a sentence claims beyond `achieved`: "any" backs everything, and any act backs a vague "done"."""
    if "any" in achieved:
        return frozenset()
    backed = set(achieved)
    if achieved:
        backed.add("done")
    if achieved & {"booked", "rescheduled"}:
        backed |= {"booked", "rescheduled", "sent"}  # its confirmation is in the outbox, by the same transaction
    if "cancelled" in achieved:
        backed.add("sent")
    return claimed(sentence) - backed


class Gate:
    """Lets a reply through as it is written, but for sentences that claim what `achieved` does not back.

    `push` and `close` return what may be shown now. Once `caught` is set, nothing more comes out: `text` is the reply up
    to the sentence that was caught. How the reply is cut into pieces changes neither.
    """

    def __init__(self, achieved: frozenset[str]) -> None:
        self.achieved = achieved
        self.text = ""  # let through so far
        self.caught = ""  # the sentence that claimed too much
        self._sentence = ""  # of `text`, the beginning of the sentence that is being written
        self._before = ""  # the end of the piece before, where a sentence was too long to be judged whole
        self._held = ""
        self._armed = False  # the sentence has a word that may make a claim of it

    def push(self, text: str) -> str:
        """Take the next piece of a reply."""
        return self._judge(text, end=False)

    def close(self) -> str:
        """The reply is over: judge what is left."""
        return self._judge("", end=True)

    def _judge(self, text: str, end: bool) -> str:
        if self.caught:
            return ""
        self._held += text
        out = ""
        while (cut := self._cut(end)) is not None:
            piece, self._held = self._held[:cut], self._held[cut:]
            broken_off = len(self._sentence) + cut == LONGEST_SENTENCE
            sentence = self._before + self._sentence + piece
            if unbacked(sentence, self.achieved):
                self.caught = sentence.strip()
                return self._release(out)
            out += piece
            self._before = sentence[-_OVERLAP:] if broken_off else ""
            self._sentence, self._armed = "", False
        if not self._armed:
            # The last word may still grow into one that matters.
            begun = max(self._held.rfind(" "), self._held.rfind("\t")) + 1
            flows, rest = self._held[:begun], self._held[begun:]
            self._armed = "any" not in self.achieved and not _TRIGGERS.isdisjoint(_WORD.findall(flows.lower()))
            if not self._armed:
                out += flows
                self._sentence += flows
                self._held = rest
        return self._release(out)

    def _cut(self, end: bool) -> int | None:
        """Where in what is held the sentence that is being written ends; None while it goes on."""
        room = LONGEST_SENTENCE - len(self._sentence)
        match = _SENTENCE_END.search(self._held[: room + 1])
        if match and match.end() <= room:
            # A full stop at the very end may be the middle of "3.50" or "e.g.": wait for what follows.
            if end or match.end() < len(self._held) or match.group() == "\n":
                return match.end()
        elif len(self._held) > room:
            return room
        return len(self._held) if end and self._held else None

    def _release(self, out: str) -> str:
        self.text += out
        if self.caught and self._sentence:
            # Its beginning is on the screen already: the reply now ends before it.
            self.text = self.text[: len(self.text) - len(self._sentence)]
            self._sentence = ""
        return out
