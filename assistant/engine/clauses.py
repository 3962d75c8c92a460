"""What the clauses of one sentence say has happened, by the grammars of the languages that it may be written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from assistant.engine.breaks import breaks
from assistant.engine.caseless import Caseless
from assistant.engine.grammars import STATEMENTS
from assistant.engine.language_detection import TRIGGERS_OF, WORD, languages_of, likeliest
from assistant.engine.moments import UNSPACED, Moment, stated
from assistant.engine.needed_words import meets_any
from assistant.engine.patterns import LanguagePatterns, patterns_of
from assistant.engine.statements import (
    DENIED_AFTER,
    HEDGE,
    POLITE,
    PRICE,
    TWICE_DENIED,
    forms_of,
    is_question,
    is_rule,
    states,
)
from assistant.engine.weighing import Weight

_MOST_CLAUSES = 24
_FRAGMENT, _FRAGMENT_UNSPACED = 2, 6  # spaces, or letters, in what is too short for a sentence of its own
_ORNAMENT = re.compile(r"\A[\W_]+|[\W_]+\Z")
# In logits: what a doubt of the patterns and a form of a statement add to the weight of the signs, and from where on the
# second judge is asked; `_LIGHT` where there are no statements. Chosen by cross-validation, for about 3 % of the claims let
# through in the languages with statements; the others have too few texts for that.
_BY_PATTERNS, _BY_FORMS = 1.0, 1.5
_ENOUGH = {"en": 0.3, "de": 0.0, "fr": 0.5, "es": -0.5, "ar": -0.4}
_LIGHT = -0.3
_QUOTES = re.compile(r"[«„“\"]")  # what they hold is read as another word (`statements.states`)


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

    @property
    def acts(self) -> frozenset[str]:
        return frozenset().union(*(clause.acts for clause in self.clauses))


_NOTHING = Reading()
_TIMES = re.compile(
    "after|once|until|unless|as soon|when|upon|before|si |dès|quand|lorsque|une fois|avant|après|después|cuando|una vez"
    "|antes|hasta|en cuanto|dopo|quando|una volta|prima|finché|assim que|depois|após"
)
_TAKING_BACK = HEDGE.needs.bit | TWICE_DENIED.needs.bit


def read(sentence: str, *, context: str = "", idle: bool = False) -> Reading:
    """What one folded sentence says; `context`, which stands above it, only takes back. While `idle`, it is weighed."""
    if meets_any(_TAKING_BACK, sentence):
        sentence = TWICE_DENIED.sub(" ", HEDGE.sub(" ", sentence))
    plain = " ".join(sentence.split())
    names, _ = languages_of(plain)
    if not plain or not names:
        return _NOTHING
    asks = is_question(plain)
    vocal = [name for name in names if meets_any(_claim_needs(name), plain) and _is_vocal(name, plain)]
    found = [clause for name in vocal for clause in _claiming(name, plain, asks)]
    if found:
        return Reading(tuple(found))
    if not idle:
        return Reading((), _is_doubtful(names, vocal, plain, asks, context))
    return Reading((), True) if _is_likely(names, vocal, plain, asks, context) else _NOTHING


@lru_cache(maxsize=16)
def _words(plain: str) -> frozenset[str]:
    return frozenset(WORD.findall(plain.lower()))


def _is_vocal(name: str, plain: str) -> bool:
    """Whether a sentence has words with which the language `name` claims."""
    return name not in TRIGGERS_OF or not TRIGGERS_OF[name].isdisjoint(_words(plain)) or _hinted(name, plain)


@cache
def _claim_needs(name: str) -> int:
    """The bits of what a sentence in the language `name` must have for its patterns to find a claim in it or to doubt it."""
    language = patterns_of(name)
    return language.acts.bit | language.weak.needs.bit | language.forms.needs.bit


@cache
def _fact_needs(name: str) -> int:
    """The bits of what a sentence in the language `name` must have to state a fact, if it is not of one day."""
    if name not in STATEMENTS:
        return patterns_of(name).nouns.needs.bit
    forms = forms_of(name)
    return forms.own.needs.bit | forms.episode.needs.bit | forms.always.needs.bit


def _is_offered(names: tuple[str, ...], plain: str, context: str) -> bool:
    read_below = f"{context} {plain}".lstrip() if context else plain
    return any(patterns_of(name).free.search(read_below) for name in names)


def _is_doubtful(names: tuple[str, ...], vocal: list[str], plain: str, asks: bool, context: str) -> bool:
    """Whether the patterns doubt a sentence."""
    doubting = [name for name in vocal if meets_any(_doubt_needs(name), plain)]
    single = _is_single(plain, asks)
    if not doubting and not single:
        return False
    offered = _is_offered(names, plain, context)
    if any(
        (name not in STATEMENTS or not is_rule(name, plain)) and _doubtful(name, plain, asks, offered) for name in doubting
    ):
        return True
    if offered or not single:
        return False
    # A day and an hour, neither offered nor asked for nor denied, can hardly be anything but an appointment.
    spoken = map(patterns_of, names)
    return not any(language.denied.search(plain) or language.condition.search(plain) for language in spoken)


@cache
def _doubt_needs(name: str) -> int:
    return patterns_of(name).weak.needs.bit | patterns_of(name).forms.needs.bit


def _is_single(plain: str, asks: bool) -> bool:
    """Whether a sentence states one day and one hour, and no price."""
    return not asks and _single(stated(plain)) and not PRICE.search(plain)


def _is_likely(names: tuple[str, ...], vocal: list[str], plain: str, asks: bool, context: str) -> bool:
    """Whether a sentence that no pattern is sure of weighs enough for the second judge to be asked."""
    likely = likeliest(names, _words(plain)) if len(names) > 1 else names
    weights = {name: Weight(name, plain, context) for name in likely}

    def reach(sure: float, of: Iterable[str] = likely) -> bool:
        return any(weights[name].reaches(_ENOUGH.get(name, _LIGHT), sure) for name in of)

    # What the patterns and the forms may add at most decides most sentences, and they need not be searched.
    may_doubt = any(meets_any(_doubt_needs(name), plain) for name in vocal) or _is_single(plain, asks)
    may_speak = any(meets_any(_fact_needs(name), plain) for name in likely)
    may_speak = may_speak or stated(plain).day or _QUOTES.search(plain) is not None
    if not reach(_BY_PATTERNS * may_doubt + _BY_FORMS * may_speak):
        return False
    doubtful = may_doubt and _is_doubtful(names, vocal, plain, asks, context)
    if may_speak and reach(_BY_PATTERNS * doubtful + _BY_FORMS):
        offered = _is_offered(names, plain, context)
        speaks = any(_speaks(name, plain, asks, offered) for name in likely)
    else:
        speaks = False
    sure = _BY_PATTERNS * doubtful + _BY_FORMS * speaks
    # "Good morning.": too short to be weighed by anything but a form.
    return reach(sure, [name for name in likely if sure or (_is_sentence(name, plain) and _asserting(name, plain, asks))])


def _is_sentence(name: str, plain: str) -> bool:
    return len(plain) >= _FRAGMENT_UNSPACED if name in UNSPACED else plain.count(" ") >= _FRAGMENT


def _hinted(name: str, plain: str) -> bool:
    return patterns_of(name).weak.search(plain) is not None or patterns_of(name).told.search(plain) is not None


def _speaks(name: str, plain: str, asks: bool, offered: bool) -> bool:
    """Whether a sentence that no pattern knows speaks of the visitor's matter as of a fact."""
    language, clauses = patterns_of(name), _asserting(name, plain, asks)
    if name in STATEMENTS:
        return states(name, plain, clauses, asks=asks, offered=offered)
    # An item of a list that is no sentence informs: "Tom at the reception: appointments and invoices".
    sentence = not offered and plain[-1] in ".!。।)"
    return sentence and any(_holds(language, language.nouns.search(clause), clause) for clause in clauses)


@lru_cache(maxsize=64)
def _asserting(name: str, plain: str, asks: bool) -> tuple[str, ...]:
    """The clauses that assert something, and under no condition of their own."""
    language = patterns_of(name)
    clauses = [plain[begins:ends_at] for begins, ends_at, _ in _asserted(name, plain, asks)]
    return tuple(clause for clause in clauses if not language.condition.search(clause))


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


def _claiming(name: str, plain: str, asks: bool) -> Iterator[Clause]:
    language = patterns_of(name)
    if not language.acts.met_by(plain):
        return
    for begins, ends_at, last in _asserted(name, plain, asks):
        clause = plain[begins:ends_at]
        acts = set()
        if last or not _conditional(language, plain[ends_at:].lstrip(" ,;:–—-!،؛、")):
            acts |= _said(language, clause)
            acts |= {act for act, pattern in language.headings if pattern.fullmatch(_ORNAMENT.sub("", clause))}
        if acts:
            yield Clause(frozenset(acts), clause, language.again.search(clause) is not None)
        if not asks and not last and not language.denied_anywhere and (more := _said(language, plain[begins:]) - acts):
            yield Clause(frozenset(more), plain[begins:], False)


@lru_cache(maxsize=64)
def _asserted(name: str, plain: str, asks: bool) -> tuple[tuple[int, int, bool], ...]:
    """The clauses that assert something, as beginning, end and whether it is the last: not what is asked, nor what comes
    after a condition."""
    language = patterns_of(name)
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
    return tuple(found)


def _conditional(language: LanguagePatterns, what_follows: str) -> bool:
    """ "…, once you have confirmed" makes a condition of the clause before it."""
    return language.condition.match(what_follows) is not None and not POLITE.search(what_follows)


def _said(language: LanguagePatterns, text: str) -> set[str]:
    if (later := language.later.search(text)) is not None:
        # "I booked it once more": what is done has been done, whatever comes behind it.
        ahead = text[: later.start()]
        return _said(language, ahead) if _TIMES.match(later[0]) and language.mine.search(ahead) else set()
    found = set()
    if (told := language.told.search(text)) and not language.untold.search(text, 0, told.end()):
        found.add("sent")
    if language.denied_anywhere and (language.denied.search(text) or language.condition.search(text)):
        return found | {act for act, pattern in language.lasting if pattern.search(text)}
    for act, pattern in language.phrases:
        if any(not language.condition.search(text, 0, match.end()) for match in _affirmed(language, pattern, text)):
            found.add(act)
    for patterns, unless in (
        (language.lasting, (language.condition,)),
        (language.claims, (language.condition, language.denied)),
    ):
        for act, pattern in patterns:
            match = pattern.search(text)
            if match and not any(other.search(text, 0, match.end()) for other in unless):
                found.add(act)
    return found


def _affirmed(language: LanguagePatterns, phrase: Caseless, text: str) -> Iterator[re.Match[str]]:
    """Where a phrase stands in a text without a negation in it or right before it: "you will not receive …"."""
    match = phrase.search(text)
    while match:
        negations = language.negations.finditer(text[: match.end()])
        if not any(one.end() + 1 >= match.start() for one in negations):
            yield match
        match = phrase.search(text, match.end())


def _doubtful(name: str, plain: str, asks: bool, offered: bool) -> bool:
    language = patterns_of(name)
    if not (language.weak.needs.met_by(plain) or language.forms.needs.met_by(plain)):
        return False
    for begins, ends_at, _ in _asserted(name, plain, asks):
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
