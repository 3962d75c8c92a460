"""What a reply says was done, held against what the ledger holds.

A model that says "I've booked you in" when nothing was booked must not get the sentence to the visitor. So a reply
passes through a `Gate`: words flow until a sentence could become a claim, then the rest of the sentence waits until
it can be judged. Patterns and not a model judge it: they answer at once, cost nothing, and cannot be talked out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.engine.grammars import GRAMMARS, Grammar

ACTS = ("booked", "cancelled", "rescheduled", "sent", "done")


@dataclass(frozen=True)
class _Language:
    claims: tuple[tuple[str, re.Pattern[str]], ...]
    alone: re.Pattern[str]
    not_yet: re.Pattern[str]


def _compiled(grammar: Grammar) -> _Language:
    few = rf"(?:\s+[^\s.!?;]+){{0,{grammar.reach}}}?\s+"
    claims = [
        (
            act,
            rf"(?:(?:{grammar.doer}){few}|(?:{grammar.thing})(?:{few}|\s*)(?:{grammar.became})(?:{few}|\s+)"
            rf"|(?:{grammar.you}){few}|(?:{grammar.doer})\s*)(?:{forms})\b",
        )
        for act, forms in grammar.acts.items()
    ]
    claims += grammar.phrases.items()
    return _Language(
        tuple((act, re.compile(text, re.IGNORECASE)) for act, text in claims),
        re.compile(rf"(?:all\s+|successfully\s+|now\s+|erfolgreich\s+|schon\s+)?(?:{grammar.alone})", re.IGNORECASE),
        re.compile(grammar.not_yet, re.IGNORECASE),
    )


_LANGUAGES = tuple(_compiled(grammar) for grammar in GRAMMARS.values())
_CLAUSES = re.compile(r"[,;:–—]\s+|\s+[–—-]\s+|\s+(?:but|and\s+then|so|aber|und\s+dann|mais|pero|ma|mas|maar)\s+")
# What begins with one of these makes a condition of all that follows it.
_CONDITION = re.compile(
    r"\b(?:once|after|when|if|until|unless|as\s+soon\s+as|sobald|wenn|falls|nachdem|dès|quand|lorsque|une\s+fois|après|si"
    r"|cuando|una\s+vez|después|quando|appena|dopo|assim\s+que|depois|se|zodra|als|wanneer|nadat)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[*_`#>]+")

# A sentence with none of these cannot be a claim; words flow until one of them begins.
_TRIGGER = re.compile(
    r"(?<!\w)(?:"
    + "|".join(forms for grammar in GRAMMARS.values() for forms in (*grammar.acts.values(), grammar.alone))
    + r"|all\s+set|good\s+to|down\s+for|in\s+for|you\s+down|you\s+in|see\s+you|seeing|let\s+\w+|on\s+(?:its|the)"
    r"|gone|receive|your\s+(?:booking|reference|confirmation)|consider|complete|successful|get\s+an?"
    r"|bestätigung|erhalten|erhältst|bekomm|unterwegs|steht|bis|wir\s+sehen|c['’]est|recev|à|recibir|llegará|nos|hasta)",
    re.IGNORECASE,
)
LONGEST_SENTENCE = 600  # characters
LONGEST_TRIGGER = 24  # characters: what is looked back at, so that a token costs the same however long the sentence
_SENTENCE_END = re.compile(r"[.!?…。！？](?=[\s\"'”’)\]*_]|$)|\n")


def claimed(sentence: str) -> frozenset[str]:
    """The acts that one sentence says have happened; empty for offers, conditions, questions and denials."""
    plain = _MARKUP.sub("", sentence).strip()
    if plain.endswith("?"):
        return frozenset()
    found: set[str] = set()
    for begins, clause in _clauses(plain):
        if _CONDITION.search(plain[:begins]):
            continue
        for language in _LANGUAGES:
            if language.not_yet.search(clause):
                continue
            found.update(act for act, pattern in language.claims if pattern.search(clause))
            if language.alone.fullmatch(clause.strip(" .!…✅🎉👍")):
                found.add(_act_of(clause))
    return frozenset(found)


def _clauses(sentence: str) -> list[tuple[int, str]]:
    """The sentence as a whole, and each of its clauses, with where it begins."""
    clauses, begins = [(0, sentence)], 0
    for gap in _CLAUSES.finditer(sentence):
        clauses.append((begins, sentence[begins : gap.start()]))
        begins = gap.end()
    return [*clauses, (begins, sentence[begins:])] if begins else clauses


def _act_of(clause: str) -> str:
    for grammar in GRAMMARS.values():
        for act, forms in grammar.acts.items():
            if re.search(rf"\b(?:{forms})\b", clause, re.IGNORECASE):
                return act
    return "done"


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
    to the sentence that was caught.
    """

    def __init__(self, achieved: frozenset[str]) -> None:
        self.achieved = achieved
        self.text = ""  # let through so far
        self.caught = ""  # the sentence that claimed too much
        self._sentence = ""  # of `text`, the beginning of the sentence that is being written
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
        while match := _SENTENCE_END.search(self._held):
            # A full stop at the very end may be the middle of "3.50" or "e.g.": wait for what follows.
            if not end and match.end() == len(self._held) and match.group() != "\n":
                break
            piece, self._held = self._held[: match.end()], self._held[match.end() :]
            if not self._passes(piece):
                return self._release(out)
            out += piece
            self._sentence, self._armed = "", False
        if end:
            if self._held and not self._passes(self._held):
                return self._release(out)
            out, self._held = out + self._held, ""
        elif len(self._held) > LONGEST_SENTENCE:
            # Nobody's sentence is this long: a table or a page without a full stop is judged in pieces.
            if not self._passes(self._held):
                return self._release(out)
            out, self._held = out + self._held, ""
            self._sentence, self._armed = "", False
        elif not self._armed and not _TRIGGER.search(self._sentence[-LONGEST_TRIGGER:] + self._held):
            # The last word may still grow into one that matters.
            cut = len(self._held) - len(re.split(r"\s", self._held)[-1])
            out += self._held[:cut]
            self._sentence += self._held[:cut]
            self._held = self._held[cut:]
        else:
            self._armed = True
        return self._release(out)

    def _passes(self, rest: str) -> bool:
        sentence = self._sentence + rest
        if unbacked(sentence, self.achieved):
            self.caught = sentence.strip()
            return False
        return True

    def _release(self, out: str) -> str:
        self.text += out
        if self.caught and self._sentence:
            # Its beginning is on the screen already: the reply now ends before it.
            self.text = self.text[: len(self.text) - len(self._sentence)]
            self._sentence = ""
        return out
