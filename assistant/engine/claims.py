"""Claims in a reply, compared with what the ledger holds.

A model that says "I've booked you in" when nothing was booked must not get the sentence to the visitor. So a reply
passes through a `Gate`: words flow until a sentence could become a claim, then the rest of the sentence waits until
it can be judged. Patterns and not a model judge it: they answer at once, cost nothing, and cannot be talked out of it.
What they cannot tell is withheld for a second judge (`engine.judge`), and never shown as if it had been judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from assistant.engine import blocks, clauses
from assistant.engine.clauses import TRIGGERS
from assistant.engine.folding import fold
from assistant.engine.moments import agree, names_day, stated
from assistant.llm import Receipt

ACTS = ("booked", "cancelled", "rescheduled", "sent", "done")
_CHANGES = frozenset({"booked", "cancelled", "rescheduled"})


@dataclass(frozen=True)
class Evidence:
    """What claims are held against. `achieved` names acts, "any" backs everything; `receipts` are those of them that have a
    reference or a time; `said` are the texts from which a reference may be repeated: a visitor's, a tool's, ours.

    `idle`: methods that act are on offer, and none has run.
    """

    achieved: frozenset[str] = frozenset()
    receipts: tuple[Receipt, ...] = ()
    said: tuple[str, ...] = ()
    idle: bool = False

    def knows(self, code: str) -> bool:
        plain = code.replace("-", "").replace(" ", "").upper()
        references = (receipt.reference.replace("-", "") for receipt in self.receipts)
        return plain in references or any(plain in text.replace("-", "").upper() for text in self.said)

    def backs(self) -> frozenset[str]:
        """The acts that may be spoken of: any act backs a vague "done"."""
        backed = set(self.achieved)
        if backed:
            backed.add("done")
        if backed & {"booked", "rescheduled"}:
            backed |= {"booked", "rescheduled", "sent"}  # its confirmation is in the outbox, by the same transaction
        if "cancelled" in backed:
            backed.add("sent")
        return frozenset(backed)


@dataclass(frozen=True)
class Verdict:
    """`unbacked`: acts that are claimed without a receipt, "reference" among them; `doubtful`: no pattern can tell."""

    unbacked: frozenset[str] = frozenset()
    doubtful: bool = False


NOTHING = Evidence()


def claimed(text: str) -> frozenset[str]:
    """The acts that a text surely says have happened; empty for offers, conditions, questions and denials."""
    return judge(text, NOTHING).unbacked


def unbacked(sentence: str, achieved: frozenset[str], receipts: tuple[Receipt, ...] = ()) -> frozenset[str]:
    """What a sentence claims beyond `achieved` and `receipts`."""
    return judge(sentence, Evidence(achieved, receipts)).unbacked


def judge(text: str, evidence: Evidence) -> Verdict:
    """Hold what `text` says, in sentences and in lines, against `evidence`."""
    if "any" in evidence.achieved:
        return Verdict()
    folded = fold(text)
    if not any(map(str.isalnum, folded.text)):
        return Verdict()
    block = blocks.look(folded.text)
    backed = evidence.backs()
    found = set(block.acts - backed)
    if any(not evidence.knows(code) for code in block.codes):
        found.add("reference")
    if block.acts & backed and not agree(stated(folded.text), _times(evidence, block.acts & backed)):
        found |= block.acts
    doubtful = block.doubtful and not _known(folded.text, evidence)
    context = ""
    for row in block.rows:
        reading = clauses.read(row, context=context, idle=evidence.idle)
        found |= reading.acts - backed
        found |= {act for clause in reading.clauses for act in _misbound(clause, row, reading.acts, evidence)}
        doubtful = doubtful or (reading.doubtful and not _known(row, evidence)) or reading.named
        context = row if row.endswith(":") else context
    if not found and not evidence.achieved:
        whole = " ".join(block.rows)
        doubtful = (
            doubtful
            or (folded.disguised and _speaks_of_acts(whole))
            or (len(block.rows) > 1 and bool(clauses.read(whole, context=context).clauses))
            or (evidence.idle and clauses.languages(whole)[1])
        )
    return Verdict(frozenset(found), doubtful)


def _misbound(clause: clauses.Clause, row: str, all_acts: frozenset[str], evidence: Evidence) -> frozenset[str]:
    """The acts of a clause that happened, but not at the time, or not as often, as it says."""
    acts = clause.acts & _CHANGES & evidence.backs()
    if not acts or not evidence.receipts:
        return frozenset()
    if clause.again and len({(one.act, one.reference) for one in evidence.receipts if one.act in _CHANGES}) < 2:
        return acts
    # An old time may stand beside a new one.
    moves = bool(all_acts & {"rescheduled", "cancelled"})
    kinds = _CHANGES if moves else acts
    times = _times(evidence, kinds)
    moment = stated(clauses.without_hours(row, clause.text))
    return acts if times and not agree(moment, times, all_of_them=not moves) else frozenset()


def _times(evidence: Evidence, acts: frozenset[str]) -> list[datetime]:
    if acts & {"booked", "rescheduled"}:
        acts |= {"booked", "rescheduled"}  # one word for the other: "your new booking"
    return [time for receipt in evidence.receipts if receipt.act in acts for time in receipt.times]


def _known(text: str, evidence: Evidence) -> bool:
    """Whether what may be a claim is of something that did happen, as far as its times tell."""
    if not evidence.achieved & _CHANGES:
        return False
    times = [time for receipt in evidence.receipts for time in receipt.times]
    return not times or agree(stated(text), times)


def _speaks_of_acts(text: str) -> bool:
    words = set(clauses.WORD.findall(text.lower()))
    return not words.isdisjoint(TRIGGERS) or any(clauses.names_act(name, text) for name in clauses.STEMMED)


# --- The gate ---------------------------------------------------------------------------------------------------------

LONGEST_SENTENCE = 600  # characters; what is longer (a table, a page without a full stop) is judged in pieces of this size
_OVERLAP = 200  # characters of the piece before, so that no claim hides on the border of two
_SLICE = 4096
_HEADING = 120  # a line that ends without a full stop and is no longer than this is read with what follows it

# A full stop after a day's number, an initial or a title does not end a sentence; nor does a line break: an empty line does.
_SENTENCE_END = re.compile(
    r"(?:(?<!(?<!\S)\d)(?<!(?<!\S)\d\d)(?<!(?<![^\W_])[a-zA-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bProf)(?<!\bNr)(?<!\bNo)"
    r"(?<!\bSt)\.|[!?…؟]|(?<=\d[:.]\d\d)\.)(?=[\s\"'”’)\]*_]|$)|[。！？｡।]|\n[ \t]*\n"
)
_CLOSED = re.compile(r"[.!?…؟。！？।][\s\"'”’)\]*_]*\Z")
_LETTERS_OF_STEMS = re.compile("[\u0400-\u052f\u0590-\u06ff\u0900-\u097f\u3041-\u30ff\u4e00-\u9fff]")
_ROOTS = re.compile(
    r"(?<!\w)(?:rezerw|zarezerw|zabuk|umówi|zapis|potwier|odwoł|anulow|przeło|przeni|przesu|wysł|przekaz|powiadom|gotow|załatw"
    r"|do zob|widzi|randevu|rezervas|kayd|iptal|gönder|onay|ilet|bekli|görüş|tamam|hallet)",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"free|available|open|frei|verfügbar|geöffnet|libre|disponible|ouvert|abiert|liber|apert|livre|vrij|\?", re.IGNORECASE
)
_SPELT = re.compile(r"(?:(?<!\S)[^\W\d_][ .·-]+){2,20}\S*\Z")


class Gate:
    """Lets a reply through as it is written, but for sentences that claim what the evidence does not back.

    `push` and `close` return what may be shown now. Once `caught` is set, nothing more comes out: `text` is the reply up
    to what was caught. From a doubtful sentence on, everything is `withheld` until the reply is over: then `release` lets
    it out, and `refuse` makes it what was caught. How the reply is cut into pieces changes none of this.
    """

    def __init__(
        self,
        achieved: frozenset[str],
        receipts: tuple[Receipt, ...] = (),
        *,
        said: tuple[str, ...] = (),
        idle: bool = False,
    ) -> None:
        self.evidence = Evidence(achieved, receipts, said, idle)
        self.text = ""  # let through so far
        self.caught = ""  # what claimed too much
        self.withheld = ""
        self._sentence = ""  # of `text`, the beginning of the sentence that is being written
        self._before = ""  # what the sentence is read with: a heading, or the end of a piece that was too long
        self._heading = 0  # how much of `text` before the sentence is that heading, and falls with it
        self._kept = 0  # of `text`, what stays if what is withheld does not
        self._held = ""
        self._armed = False  # the sentence has a word that may make a claim of it

    def push(self, text: str) -> str:
        """Take the next piece of a reply."""
        # In slices, so that what is held stays short and the time linear, however much comes at once.
        return "".join(self._judge(text[start : start + _SLICE], end=False) for start in range(0, len(text), _SLICE))

    def close(self) -> str:
        """The reply is over: judge what is left."""
        return self._judge("", end=True)

    @property
    def doubtful(self) -> str:
        """What is withheld, with the beginning of its first sentence, which flowed before there was any doubt."""
        return (self.text[self._kept :] + self.withheld).strip()

    def release(self) -> str:
        """What was withheld, now that it may be shown."""
        shown, self.withheld = self.withheld, ""
        self.text += shown
        return shown

    def refuse(self) -> None:
        """What was withheld is a claim after all."""
        self.caught = self.doubtful
        self.text, self.withheld = self.text[: self._kept], ""

    def _judge(self, text: str, end: bool) -> str:
        if self.caught:
            return ""
        self._held += text
        out = ""
        while (cut := self._cut(end)) is not None:
            piece, self._held = self._held[:cut], self._held[cut:]
            sentence = self._sentence + piece
            verdict = judge(self._before + sentence, self.evidence)
            if verdict.unbacked:
                return self._catch(out, sentence)
            if verdict.doubtful and not self.withheld:
                self._kept = len(self.text) + len(out) - len(self._sentence) - self._heading
            if verdict.doubtful or self.withheld:
                self.withheld += piece
            else:
                out += piece
            self._begin_sentence(sentence, broken_off=len(sentence) == LONGEST_SENTENCE)
        if not self._armed and not self.withheld:
            flows = self._flowing()
            self._armed = self._may_claim(flows)
            if not self._armed:
                out += flows
                self._sentence += flows
                self._held = self._held[len(flows) :]
        self.text += out
        return out

    def _catch(self, out: str, sentence: str) -> str:
        """Nothing of the sentence stays, nor of the heading over it, nor what was withheld before it."""
        self.text += out
        if self.withheld:
            self.caught = (self.text[self._kept :] + self.withheld + sentence).strip()
            kept = self._kept
        else:
            self.caught = sentence.strip()
            kept = len(self.text) - len(self._sentence) - self._heading
        self.text, self.withheld, self._sentence = self.text[:kept], "", ""
        return out

    def _begin_sentence(self, last: str, broken_off: bool) -> None:
        heading = not broken_off and len(self._before + last) <= _HEADING and _CLOSED.search(last) is None
        if broken_off:
            self._before, self._heading = (self._before + last)[-_OVERLAP:], 0
        elif heading and last.strip():
            self._before, self._heading = self._before + last, self._heading + (0 if self.withheld else len(last))
        elif last.strip():
            self._before, self._heading = "", 0
        self._sentence, self._armed = "", False

    def _cut(self, end: bool) -> int | None:
        """Where in what is held the sentence that is being written ends; None while it goes on."""
        room = LONGEST_SENTENCE - len(self._sentence)
        match = _SENTENCE_END.search(self._held[: room + 1])
        if match and match.end() <= room:
            # A full stop at the very end may be the middle of "3.50" or "e.g.": wait for what follows.
            if end or match.end() < len(self._held) or match.group()[0] in "\n。！？｡।":
                return match.end()
        elif len(self._held) > room:
            return room
        return len(self._held) if end and self._held else None

    def _flowing(self) -> str:
        """Of what is held, all that cannot grow into another word: no last word, no letters written apart, no tag."""
        body = self._held.rstrip() if "\n" in self._held[len(self._held.rstrip()) :] else self._held
        begun = max(body.rfind(" "), body.rfind("\t")) + 1
        tag = body.rfind("<", max(0, len(body) - 200))
        if tag >= 0 and ">" not in body[tag:]:
            begun = min(begun, max(body.rfind(" ", 0, tag), body.rfind("\t", 0, tag)) + 1)
        if (spelt := _SPELT.search(body, max(0, len(body) - 60))) and spelt.start() < begun:
            begun = spelt.start()
        return self._held[:begun]

    def _may_claim(self, flows: str) -> bool:
        if not flows.strip() or "any" in self.evidence.achieved:
            return False
        folded = fold(flows)
        said = clauses.WORD.findall(folded.text.lower())
        if folded.disguised or not TRIGGERS.isdisjoint(said) or _LETTERS_OF_STEMS.search(flows):
            return True
        if _ROOTS.search(folded.text) or blocks.names_code(folded.text):
            return True
        if names_day(folded.text) and not _OFFERS.search(self._before + self._sentence + flows):
            return True
        return self.evidence.idle and len(said) > 1 and not clauses.has_known_word(self._sentence + folded.text)
