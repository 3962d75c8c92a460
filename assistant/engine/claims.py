"""Claims in a reply, compared with what the ledger holds.

A model that says "I've booked you in" when nothing was booked must not get the sentence to the visitor. So a reply
passes through a `Gate`: words flow until a sentence could become a claim, then the rest of the sentence waits until
it can be judged. Patterns and not a model judge it: they answer at once, cost nothing, and cannot be talked out of it.
What they cannot tell is withheld for a second judge (`engine.judge`), and never shown as if it had been judged.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from assistant.engine import blocks, clauses, weighing
from assistant.engine.evidence import NOTHING, Evidence, Verdict
from assistant.engine.folding import fold
from assistant.engine.language_detection import languages_of
from assistant.engine.moments import agree, stated
from assistant.engine.patterns import compile_grammars
from assistant.engine.statements import is_question
from assistant.engine.waiting import Watch, speaks_of_acts
from assistant.llm import Receipt

_NOTHING_WRONG = Verdict()
_CHANGES = frozenset({"booked", "cancelled", "rescheduled"})


def claimed(text: str) -> frozenset[str]:
    """The acts that a text surely says have happened; empty for offers, conditions, questions and denials."""
    return judge(text, NOTHING).unbacked


def unbacked(sentence: str, effects: frozenset[str], receipts: tuple[Receipt, ...] = ()) -> frozenset[str]:
    """What a sentence claims beyond `effects` and `receipts`."""
    return judge(sentence, Evidence(effects, receipts)).unbacked


def prepare() -> None:
    """Compile what the first replies would wait for."""
    compile_grammars()
    weighing.prepare()
    for text in ("Hello, we are open on Tuesday, 14 March, at 10:30. Reference: AB12CD", "Good morning."):
        judge(text, Evidence(idle=True))


def judge(text: str, evidence: Evidence) -> Verdict:
    """Hold what `text` says, in sentences and in lines, against `evidence`."""
    if "any" in evidence.effects:
        return Verdict()
    folded = fold(text)
    if "→" in folded.text:
        folded = replace(folded, text="\n".join(map(_pointed, folded.text.split("\n"))))
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
        if reading.clauses:
            found |= reading.acts - backed
            found |= {act for clause in reading.clauses for act in _misbound(clause, row, reading.acts, evidence)}
        doubtful = doubtful or (reading.doubtful and not _known(row, evidence))
        context = row if row.endswith(":") else context
    if not found and not evidence.effects:
        whole = " ".join(block.rows)
        doubtful = (
            doubtful
            or (folded.disguised and speaks_of_acts(whole))
            or (len(block.rows) > 1 and bool(clauses.read(whole, context=context).clauses))
            or (evidence.idle and languages_of(whole)[1])
        )
    return Verdict(frozenset(found), doubtful) if found or doubtful else _NOTHING_WRONG


def _pointed(line: str) -> str:
    """A line in which an arrow points from a label to its value ("E-mail → sent"), with a colon in its place; one from a day
    or an hour to another stays."""
    moment = stated(line)
    spans = len(moment.weekdays) > 1 or len(moment.clocks) > 1 or re.search(r"\d → \d", line)
    return line if spans or line.count(" → ") > 1 else line.replace(" → ", ": ")


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
    if not evidence.effects & _CHANGES:
        return False
    times = [time for receipt in evidence.receipts for time in receipt.times]
    return not times or agree(stated(text), times)


@lru_cache(maxsize=4096)
def _claims_nothing(text: str) -> bool:
    """Whether a text claims nothing while nothing was done, whatever was said before. Replies begin alike, and an assistant
    has sentences that it says to everybody: one that was judged before costs a hundredth of what judging it does."""
    return judge(text, Evidence(idle=True)) == Verdict()


# --- The gate ---------------------------------------------------------------------------------------------------------

LONGEST_SENTENCE = 600  # characters; what is longer (a table, a page without a full stop) is judged in pieces of this size
_OVERLAP = 200  # characters of the piece before, so that no claim hides on the border of two
_SLICE = 4096
_HEADING = 120  # a line that ends without a full stop and is no longer than this is read with what follows it

# A full stop after a day's number, an initial, a title or another word cut short does not end a sentence; nor does a line
# break: an empty line does. Some of these words also end sentences ("All set."): they are cut short where a number follows.
_CUT_SHORT = (
    "dr dra mr ms mrs prof nr no núm st sr sra srta hr ref frl mme mlle tel tél str avda bzw evtl ggf inkl zzgl approx"
    " jeu ven dim mié jue vie sáb thu thur thurs tues janv févr avr juil sept okt dez déc"
)
_SOMETIMES = (
    "mo di mi do fr sa so lun mar mer sam dom mon tue wed fri sat sun ca min max ab art abs jan feb apr abr jun jul aug ago"
    " sep set oct nov dec dic"
)
_NOT_CUT_SHORT = "".join(
    [rf"(?<!\b{word}\.)" for word in _CUT_SHORT.split()] + [rf"(?!(?<=\b{word}\.)\s+\d)" for word in _SOMETIMES.split()]
)
_MAYBE_CUT_SHORT = re.compile(rf"\b(?:{_SOMETIMES.replace(' ', '|')})\.\s*\Z", re.IGNORECASE)
SENTENCE_END = re.compile(
    rf"(?:\.(?:(?<=\d[:.]\d\d\.)|(?<!(?<!\S)\d\.)(?<!(?<!\S)\d\d\.)(?<!(?<![^\W_])[^\W\d_]\.){_NOT_CUT_SHORT})|[!?…؟])"
    r"(?=[\s\"'”’)\]*_]|$)|[。！？｡।]|\n[ \t]*\n",
    re.IGNORECASE,
)
_LONGEST_CUT_SHORT = max(map(len, _SOMETIMES.split())) + 1
_MAY_END = re.compile(r"[.!?…؟。！？｡।\n]")
_CLOSED = re.compile(r"[.!?…؟。！？।][\s\"'”’)\]*_]*\Z")
_PART_END = re.compile(r"(?<=\S)(?=\s)|[、，；：]")
# Letters after which a sentence that is being written is looked at again, or that part of it if it is more. As many as came
# last, if they are more: what is written fast has its next words, and often its end, in a moment.
_LOOK = 24, 4
_AFFIRMS = re.compile(
    r"[\W_]*(?:yes|yep|yeah|sure|indeed|of course|certainly|absolutely|done|it is|it was|ja|jawohl|doch|klar|oui|si(?=[,.!])"
    r"|sì|sí|claro|hecho|certo|sim|tak|evet|да|так|כן|हाँ|हां|نعم|أجل|اجل|بلى|ايوه|أيوه|はい|是的?|对|對)(?!\w)",
    re.IGNORECASE,
)
_SPELT = re.compile(r"(?:(?<!\S)[^\W\d_][ .·-]+){2,20}\S*\Z")


def _maybe_cut_short(text: str) -> bool:
    """Whether the full stop at the end of a text may be that of a word cut short."""
    last = max(0, len(text.rstrip()) - _LONGEST_CUT_SHORT)
    return _MAYBE_CUT_SHORT.search(text, last) is not None


class Gate:
    """Lets a reply through as it is written, but for sentences that claim what the evidence does not back.

    `push` and `close` return what may be shown now. Once `caught` is set, nothing more comes out: `text` is the reply up
    to what was caught. From a doubtful sentence on, everything is `withheld` until the reply is over: then `release` lets
    it out, and `refuse` makes it what was caught. How the reply is cut into pieces changes none of this.

    A word is shown as soon as no word that matters begins with it, so an ordinary token is shown when it comes. Every
    sentence is judged once, when it is whole; of one that is doubtful, at least the last word is withheld, if it was shown
    or not. While `idle`, any words may make a claim: then a sentence is shown in parts of some words, the first
    of a reply as soon as it comes, and what is on the screen of it has been judged. Only how soon those parts are shown
    depends on how much came last.
    """

    def __init__(
        self,
        effects: frozenset[str],
        receipts: tuple[Receipt, ...] = (),
        *,
        said: tuple[str, ...] = (),
        idle: bool = False,
    ) -> None:
        self.evidence = Evidence(effects, receipts, said, idle)
        self.text = ""  # let through so far
        self.caught = ""  # what claimed too much
        self.withheld = ""
        self._sentence = ""  # that is being written, and what has come behind it
        self._shown = 0  # how much of it is in `text`
        self._checked = 0  # how much of it is whole words that claim nothing
        self._searched = 0  # where its end may be at the earliest
        self._watch = Watch()
        self._before = ""  # what it is read with: a heading, or the end of a piece that was too long
        self._heading = 0  # how much of `text` before it is that heading, and falls with it
        self._asked = False  # whether something was done, by the sentence before: a "yes" claims it
        self._kept = 0  # of `text`, what stays if what is withheld does not

    def push(self, text: str) -> str:
        """Take the next piece of a reply."""
        if len(text) <= _SLICE:
            return self._take(text, end=False)
        # In slices, so that what is held stays short and the time linear, however much comes at once.
        return "".join(self._take(text[start : start + _SLICE], end=False) for start in range(0, len(text), _SLICE))

    def close(self) -> str:
        """The reply is over: judge what is left."""
        return self._take("", end=True)

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

    def _take(self, text: str, end: bool) -> str:
        if self.caught:
            return ""
        self._sentence += text
        out = ""
        while (cut := self._cut(end)) is not None:
            sentence, rest = self._sentence[:cut], self._sentence[cut:]
            piece = sentence[self._shown :]
            verdict = self._judge(sentence)
            if verdict.unbacked:
                return self._catch(out, sentence)
            if verdict.doubtful and not self.withheld:
                self._kept = len(self.text) + len(out) - self._shown - self._heading
                piece = piece or self._last_word(sentence)
            if verdict.doubtful or self.withheld:
                self.withheld += piece
            else:
                out += piece
            self._begin_sentence(sentence, rest)
        if not self._watch.armed and not self.withheld:
            out += self._flow_in_parts(len(text) if self.text else 0) if self.evidence.idle else self._flow()
        self.text += out
        return out

    def _judge(self, sentence: str) -> Verdict:
        text, evidence = self._before + sentence, self.evidence
        nothing_done = evidence.idle and not (evidence.effects or evidence.receipts)
        verdict = _NOTHING_WRONG if nothing_done and _claims_nothing(text) else judge(text, evidence)
        if self._asked and not self.evidence.effects and _AFFIRMS.match(sentence):
            return replace(verdict, doubtful=True)
        return verdict

    def _last_word(self, sentence: str) -> str:
        """The last word of a sentence all of which is shown, as one without a full stop at the end of a reply is: it gives
        way, so that what is in doubt has an end that is withheld."""
        word = sentence[sentence.rstrip().rfind(" ") + 1 :]
        self.text = self.text[: -len(word)]
        return word

    def _catch(self, out: str, sentence: str) -> str:
        """Nothing of the sentence stays, nor of the heading over it, nor what was withheld before it."""
        self.text += out
        if self.withheld:
            self.caught = (self.text[self._kept :] + self.withheld + sentence).strip()
            kept = self._kept
        else:
            self.caught = sentence.strip()
            kept = len(self.text) - self._shown - self._heading
        self.text, self.withheld, self._sentence = self.text[:kept], "", ""
        return out

    def _begin_sentence(self, last: str, rest: str) -> None:
        broken_off = len(last) == LONGEST_SENTENCE
        heading = not broken_off and len(self._before + last) <= _HEADING and _CLOSED.search(last) is None
        if broken_off:
            self._before, self._heading = (self._before + last)[-_OVERLAP:], 0
        elif heading and last.strip():
            self._before, self._heading = self._before + last, self._heading + (0 if self.withheld else len(last))
        elif last.strip():
            self._before, self._heading = "", 0
        if last.strip():
            folded = fold(last).text
            self._asked = is_question(folded.strip()) and speaks_of_acts(folded)
        self._watch.begin(headed=bool(self._before))
        self._sentence = rest
        self._shown = self._checked = self._searched = 0

    def _cut(self, end: bool) -> int | None:
        """Where the sentence that is being written ends; None while it goes on."""
        text = self._sentence
        if not end and len(text) <= LONGEST_SENTENCE and not _MAY_END.search(text, self._searched):
            self._searched = len(text)
            return None
        match = SENTENCE_END.search(text, self._searched, LONGEST_SENTENCE + 1)
        if match and match.end() <= LONGEST_SENTENCE:
            # A full stop at the very end may be the middle of "3.50" or "Fri. 8": wait for what follows.
            last = not text[match.end() :].strip()  # of several sentences that come at once, the first ended long ago
            open_end = match.end() == len(text) or (match[0] == "." and last and _maybe_cut_short(text))
            if end or not open_end or match[0][0] in "\n。！？｡।":
                return match.end()
            self._searched = match.start()
        elif len(text) > LONGEST_SENTENCE:
            return LONGEST_SENTENCE
        else:
            begun = text.rstrip(" \t")
            self._searched = len(begun) - begun.endswith("\n")  # an empty line may follow
        return len(text) if end and text else None

    def _flow_in_parts(self, came: int) -> str:
        """What more of the sentence may be shown up to its last whole word, if all of it up to there claims nothing; `came`
        is how many letters came last, once something is shown."""
        text = self._sentence
        fewest, part = _LOOK
        soonest = self._checked + max(fewest, came, self._checked // part)
        if len(text) <= soonest or not (ends := list(_PART_END.finditer(text, soonest, self._may_end_at()))):
            return "" if self.text or self._before or self._shown else self._first_words(fewest)
        self._checked = until = ends[-1].end()
        verdict = self._judge(text[:until])
        return "" if verdict.unbacked or verdict.doubtful else self._show(until)

    def _first_words(self, most: int) -> str:
        """The reply's first words, which a visitor is waiting for, if they claim nothing and no word that matters begins
        with the last of them. Otherwise they would wait for `most` letters: at 50 tokens a second, for 60 ms or more."""
        words = self._sentence.strip()
        last = words[words.rfind(" ") + 1 :]
        if not last or len(words) > most or not self._watch.shows(last) or not _claims_nothing(words):
            return ""
        return self._show(len(self._sentence.rstrip()))

    def _flow(self) -> str:
        """What more of the sentence may be shown while it is being written."""
        text, until = self._sentence, len(self._sentence)
        if "any" not in self.evidence.effects:
            flows = self._may_end_at()
            until = self._whole_words(flows)
            if until > self._checked:
                self._watch.add(text[self._checked : until], text[: self._checked], self._before)
                if self._watch.armed:
                    return ""
                self._checked = until
            if flows == len(text) < LONGEST_SENTENCE and self._watch.shows(text[until:]):
                until = len(text)
        return self._show(until)

    def _show(self, until: int) -> str:
        more = self._sentence[self._shown : until]
        if not more or more.isspace():
            return ""  # white space alone is nothing to see
        self._shown = until
        return more

    def _may_end_at(self) -> int:
        """Where the full stop is that may end the sentence, or not: what comes from there on waits, since it may be of the
        next one. Without such a full stop, the end of what has come."""
        text, searched = self._sentence, self._searched
        open_end = searched < len(text) and _MAY_END.match(text, searched) and text[searched] != "\n"
        return searched if open_end else len(text)

    def _whole_words(self, flows: int) -> int:
        """How far the sentence, up to `flows`, cannot grow into other words: no last word, no letters written apart."""
        body, start = self._sentence[:flows], self._checked
        bare = body.rstrip()
        if "\n" in body[len(bare) :]:
            body = bare
        until = max(start, body.rfind(" ", start) + 1, body.rfind("\t", start) + 1)
        tag = body.rfind("<", max(start, len(body) - 200))
        if tag >= 0 and ">" not in body[tag:]:
            until = min(until, max(start, body.rfind(" ", start, tag) + 1, body.rfind("\t", start, tag) + 1))
        if len(body) - start > 3 and (spelt := _SPELT.search(body, max(start, len(body) - 60))):
            until = min(until, spelt.start())
        return until
