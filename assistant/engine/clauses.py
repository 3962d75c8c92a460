"""What the clauses of one sentence say has happened, by the grammars of the languages that it may be written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from assistant.engine.breaks import breaks
from assistant.engine.grammars import STATEMENTS
from assistant.engine.languages import TRIGGERS_OF, WORD, languages_of, likeliest
from assistant.engine.moments import Moment, stated
from assistant.engine.patterns import LanguagePatterns, patterns_of
from assistant.engine.statements import DENIED_AFTER, PRICE, is_rule, states

_MOST_CLAUSES = 24
# "…, if you have any questions" takes nothing back of what comes before it.
_POLITE = re.compile(
    r"\b(?:question|anything|need|help|change|wish|frage|hilfe|brauch|benötig|besoin|question|necesit|pregunt|duda|bisogno"
    r"|domand|precis|dúvida|vragen|nodig|hulp|pytan|вопрос|питан|soru)|(?:احتجت|سؤال|استفسار|שאלות)",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"\A[\W_]+|[\W_]+\Z")
_ASKS = re.compile(r"[?؟？][\W_]*\Z|か。?\Z|[吗嗎呢]。?\Z|क्या[^।]{0,80}\?")


@dataclass(frozen=True)
class Clause:
    """A clause that says that something has happened: the acts, and the whole of what they are said of."""

    acts: frozenset[str]
    text: str
    again: bool  # "also", "another": of its kind it is not the first


@dataclass(frozen=True)
class Reading:
    """What a sentence says: its claiming clauses, and whether anything in it may be one without being surely so."""

    clauses: tuple[Clause, ...] = ()
    doubtful: bool = False
    named: bool = False  # no pattern knows it, and it speaks of the visitor's matter as of a fact

    @property
    def acts(self) -> frozenset[str]:
        return frozenset().union(*(clause.acts for clause in self.clauses))


def read(sentence: str, *, context: str = "", idle: bool = False) -> Reading:
    """What one folded sentence says; `context`, which stands above it, only takes back. `named` only while `idle`."""
    plain = " ".join(sentence.split())
    names, _ = languages_of(plain)
    if not plain or not names:
        return Reading()
    asks = _ASKS.search(plain) is not None
    found: list[Clause] = []
    said = frozenset(WORD.findall(plain.lower()))
    vocal = [
        name
        for name in names
        if name not in TRIGGERS_OF or not TRIGGERS_OF[name].isdisjoint(said) or _hinted(name, plain)
    ]
    for name in vocal:
        found += _claiming(patterns_of(name), plain, _asserted(patterns_of(name), plain, asks), asks)
    if found:
        return Reading(tuple(found))
    spoken = [patterns_of(name) for name in names]
    single = not asks and not PRICE.search(plain) and _single(stated(plain))
    offered = any(language.free.search(context + " " + plain) for language in spoken)
    doubtful = any(
        _doubtful(patterns_of(name), plain, _asserted(patterns_of(name), plain, asks), offered)
        for name in vocal
        if name not in STATEMENTS or not is_rule(name, plain)
    )
    if not doubtful and not offered and single:
        # A day and an hour, neither offered nor asked for nor denied, can hardly be anything but an appointment.
        doubtful = not any(language.denied.search(plain) or language.condition.search(plain) for language in spoken)
    named = idle and not doubtful and any(_speaks(name, plain, asks, offered) for name in likeliest(names, plain, said))
    return Reading((), doubtful, named)


def _hinted(name: str, plain: str) -> bool:
    return patterns_of(name).weak.search(plain) is not None or patterns_of(name).told.search(plain) is not None


def _speaks(name: str, plain: str, asks: bool, offered: bool) -> bool:
    """Whether a sentence that no pattern knows speaks of the visitor's matter as of a fact."""
    language = patterns_of(name)
    clauses = [plain[begins:ends_at] for begins, ends_at, _ in _asserted(language, plain, asks)]
    clauses = [clause for clause in clauses if not language.condition.search(clause)]
    if name in STATEMENTS:
        return states(name, plain, clauses, asks=asks, offered=offered)
    # An item of a list that is no sentence informs: "Tom at the reception: appointments and invoices".
    sentence = not offered and plain[-1] in ".!。।)"
    return sentence and any(_holds(language, language.nouns.search(clause), clause) for clause in clauses)


def names_act(name: str, text: str) -> bool:
    """Whether a text in the language `name` has any word for an act, whatever it says of it."""
    return any(pattern.search(text) for _, pattern in patterns_of(name).claims)


def without_hours(sentence: str, keep: str) -> str:
    """A sentence without the clauses that speak of opening hours and the like; `keep` stays."""
    names, _ = languages_of(sentence)
    marks = patterns_of(names[0]).breaks if names else breaks("")
    parts = [part for part in marks.split(sentence) if part]
    kept = [part for part in parts if part in keep or not any(patterns_of(name).free.search(part) for name in names)]
    return " , ".join(kept)


def _claiming(language: LanguagePatterns, plain: str, spans: list[tuple[int, int, bool]], asks: bool) -> Iterator[Clause]:
    for begins, ends_at, last in spans:
        clause = plain[begins:ends_at]
        acts = set()
        if last or not _conditional(language, plain[ends_at:].lstrip(" ,;:–—-!،؛、")):
            acts |= _said(language, clause)
            acts |= {act for act, pattern in language.headings if pattern.fullmatch(_ORNAMENT.sub("", clause))}
        if acts:
            yield Clause(frozenset(acts), clause, language.again.search(clause) is not None)
        if not asks and not last and not language.denied_anywhere and (more := _said(language, plain[begins:]) - acts):
            yield Clause(frozenset(more), plain[begins:], False)


def _asserted(language: LanguagePatterns, plain: str, asks: bool) -> list[tuple[int, int, bool]]:
    """The clauses that assert something, as beginning, end and whether it is the last: not what is asked, nor what comes
    after a condition."""
    marks = list(islice(language.breaks.finditer(plain), _MOST_CLAUSES - 1))
    starts = [0, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(plain)]
    found = []
    condition = language.condition.search(plain)
    for place, (begins, ends_at) in enumerate(zip(starts, ends, strict=True)):
        last = place == len(starts) - 1
        if (condition and condition.start() < begins) or (last and asks):
            break
        found.append((begins, ends_at, last))
    return found


def _conditional(language: LanguagePatterns, what_follows: str) -> bool:
    """ "…, once you have confirmed" makes a condition of the clause before it."""
    return language.condition.match(what_follows) is not None and not _POLITE.search(what_follows)


def _said(language: LanguagePatterns, text: str) -> set[str]:
    if language.later.search(text):
        return set()
    found = set()
    if (told := language.told.search(text)) and not language.untold.search(text, 0, told.end()):
        found.add("sent")
    if language.denied_anywhere and (language.denied.search(text) or language.condition.search(text)):
        return found | {act for act, pattern in language.phrases if pattern.search(text)}
    for patterns, unless in (
        (language.phrases, (language.condition,)),
        (language.claims, (language.condition, language.denied)),
    ):
        for act, pattern in patterns:
            match = pattern.search(text)
            if match and not any(other.search(text, 0, match.end()) for other in unless):
                found.add(act)
    return found


def _doubtful(language: LanguagePatterns, plain: str, spans: list[tuple[int, int, bool]], offered: bool) -> bool:
    for begins, ends_at, _ in spans:
        clause = plain[begins:ends_at]
        if language.later.search(clause) or language.condition.search(clause):
            continue
        if _holds(language, language.weak.search(clause), clause):
            return True
        if _holds(language, language.forms.search(clause), clause):
            return not offered or language.addressed.search(clause) is not None
    return False


def _holds(language: LanguagePatterns, match: re.Match[str] | None, clause: str) -> bool:
    """Whether nothing denies what was matched."""
    if match is None:
        return False
    if language.denied_anywhere:
        return not language.denied.search(clause)
    return not language.denied.search(clause, 0, match.end()) and not DENIED_AFTER.match(clause, match.end())


def _single(moment: Moment) -> bool:
    return moment.whole and len(moment.clocks) < 2 and len(moment.weekdays) < 2
