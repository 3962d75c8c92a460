"""What the clauses of one sentence say has happened, by the grammars of the languages that it may be written in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from assistant.engine.breaks import breaks
from assistant.engine.folding import respelled
from assistant.engine.grammars import GRAMMARS, LEXICONS, STATEMENTS, Grammar, Lexicon, Stems
from assistant.engine.moments import UNSPACED, Moment, stated
from assistant.engine.statements import DENIED_AFTER, PRICE, is_rule, likeliest, states
from assistant.engine.word_prefixes import WordPrefixes

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MOST_CLAUSES = 24
# "…, if you have any questions" takes nothing back of what comes before it.
_POLITE = re.compile(
    r"\b(?:question|anything|need|help|change|wish|frage|hilfe|brauch|benötig|besoin|question|necesit|pregunt|duda|bisogno"
    r"|domand|precis|dúvida|vragen|nodig|hulp|pytan|вопрос|питан|soru)|(?:احتجت|سؤال|استفسار|שאלות)",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"\A[\W_]+|[\W_]+\Z")
_ASKS = re.compile(r"[?؟？][\W_]*\Z|か。?\Z|[吗嗎呢]。?\Z|क्या[^।]{0,80}\?")
_Patterns = tuple[tuple[str, re.Pattern[str]], ...]


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


@dataclass(frozen=True)
class _Language:
    breaks: re.Pattern[str]  # between clauses
    claims: _Patterns  # an act, and a way to say so; void where it is denied
    phrases: _Patterns  # void only under a condition
    headings: _Patterns  # what claims only as a clause of its own: "Booked!"
    forms: re.Pattern[str]  # may claim, where the visitor or what is theirs is spoken of
    weak: re.Pattern[str]  # may claim whatever else is said
    addressed: re.Pattern[str]
    nouns: re.Pattern[str]
    denied: re.Pattern[str]
    denied_anywhere: bool  # the negation may come after the verb
    later: re.Pattern[str]
    condition: re.Pattern[str]
    free: re.Pattern[str]
    again: re.Pattern[str]


_NEVER = re.compile(r"(?!)")


def _any(forms: Iterable[str]) -> str:
    return "|".join(sorted(forms, key=len, reverse=True))


def _compile(patterns: Iterable[tuple[str, str]]) -> _Patterns:
    return tuple((act, re.compile(respelled(body), re.IGNORECASE)) for act, body in patterns)


def _one(body: str, spaced: bool = True) -> re.Pattern[str]:
    if not body:
        return _NEVER
    return re.compile(rf"(?<!\w)(?:{respelled(body)})(?!\w)" if spaced else respelled(body), re.IGNORECASE)


@cache
def _language(name: str) -> _Language:
    """Compiled when it is first met, if `compile_grammars` has not been called: a third of a second for all of them."""
    grammar, lexicon = GRAMMARS[name], LEXICONS[name]
    if isinstance(grammar, Grammar):
        return _of_grammar(grammar, lexicon, breaks(name))
    return _of_stems(grammar, lexicon, breaks(name), spaced=name not in UNSPACED)


def compile_grammars() -> None:
    for name in GRAMMARS:
        _language(name)


def _of_stems(stems: Stems, lexicon: Lexicon, breaks: re.Pattern[str], spaced: bool) -> _Language:
    return _Language(
        breaks=breaks,
        claims=_compile(stems.acts.items()),
        phrases=_compile([("booked", stems.perfect_future)] if stems.perfect_future else []),
        headings=(),
        forms=_NEVER,
        weak=_one(stems.weak, spaced=False),
        addressed=_NEVER,
        nouns=_one(stems.nouns, spaced=False),
        denied=_one(stems.denied, spaced=False),
        denied_anywhere=True,
        later=_NEVER,
        condition=_one(stems.condition, spaced=False),
        free=_one(lexicon.free, spaced),
        again=_one(lexicon.again, spaced),
    )


def _of_grammar(grammar: Grammar, lexicon: Lexicon, breaks: re.Pattern[str]) -> _Language:
    claims, phrases, headings = _ways(grammar)
    every_form = _any(form for forms in grammar.acts.values() for form in forms)
    nouns = _any(grammar.noun)
    addressed = rf"(?:{grammar.thing})(?!\w)|(?:{grammar.you})(?!\w)|(?<!\w)(?:{nouns})(?!\w)|{grammar.doer}"
    return _Language(
        breaks=breaks,
        claims=_compile(claims),
        phrases=_compile(phrases),
        headings=_compile(headings),
        forms=re.compile(rf"(?<!\w)(?:{every_form})(?!\w)", re.IGNORECASE),
        weak=re.compile(grammar.weak or "(?!)", re.IGNORECASE),
        addressed=re.compile(addressed, re.IGNORECASE),
        nouns=_one(_nouns(grammar)),
        denied=re.compile(grammar.denied, re.IGNORECASE),
        denied_anywhere=False,
        later=re.compile(grammar.later, re.IGNORECASE),
        condition=re.compile(grammar.condition, re.IGNORECASE),
        free=_one(lexicon.free),
        again=_one(lexicon.again),
    )


def _nouns(grammar: Grammar | Stems) -> str:
    """What can be booked, sent or cancelled."""
    if isinstance(grammar, Stems):
        return grammar.nouns
    nouns = rf"(?:{_any(grammar.noun)})(?:s|e|en|es|n)?"
    return f"{nouns}|{grammar.others}" if grammar.others else nouns


def _ways(grammar: Grammar) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]:
    """The acts with the ways to claim them, with the phrases that do, and with what does as a heading."""
    few = rf"(?: [^\s!?;]+){{0,{grammar.reach}}}? "
    some = r"(?: [^\s!?;]+){0,3}? "
    claims, headings = [], [("done", grammar.alone)]
    phrases = [*grammar.phrases.items(), *([("cancelled", grammar.gone)] if grammar.gone else [])]
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
        if grammar.perfect_future:
            phrases.append((act, grammar.perfect_future.replace("{form}", form)))
        # "Booked!" says it; "Sunday: closed" does not.
        noun = rf"(?:(?:your )?(?:{_any(grammar.noun)}) )" + ("" if act == "done" else "?")
        adverb = r"(?:is |now |all |successfully |erfolgreich |jetzt |schon )?"
        headings.append((act, noun + adverb + form))
    return claims, phrases, headings


# --- Which languages -------------------------------------------------------------------------------------------------

# The first words of what may make a claim, by language: a sentence without one of them claims nothing.
_TRIGGERS = {
    name: frozenset(form.split()[0] for forms in (*grammar.acts.values(), grammar.hints) for form in forms)
    for name, grammar in GRAMMARS.items()
    if isinstance(grammar, Grammar)
}
TRIGGERS = frozenset[str]().union(*_TRIGGERS.values())
_WORDS = {name: frozenset(respelled(word) for word in lexicon.words) for name, lexicon in LEXICONS.items()}
_SCRIPTS = (
    (
        "latin",
        re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]", re.IGNORECASE),
        ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr"),
    ),
    ("cyrillic", re.compile("[\u0400-\u052f]"), ("ru", "uk")),
    ("arabic", re.compile("[\u0621-\u064a]"), ("ar",)),
    ("hebrew", re.compile("[\u05d0-\u05ea]"), ("he",)),
    ("devanagari", re.compile("[\u0904-\u0939]"), ("hi",)),
    ("kana", re.compile("[\u3041-\u30ff]"), ("ja",)),
    ("han", re.compile("[\u4e00-\u9fff]"), ("zh", "ja")),
)
# Letters that no language with a grammar writes, and letters that only one of them does.
_FOREIGN_LETTERS = re.compile("[پچژگٹڈڑںےۓڭېړښђћџљњјѓќѕўәғқңөұүһҳҷ]", re.IGNORECASE)
_FOREIGN_LATIN = re.compile(
    "[åøæőűățșřěůďťňāēīūģķļņšžčđðþħġĉŝơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ]", re.IGNORECASE
)
_OWN_LETTERS = re.compile("[ąęłśźżğıİßñ¿¡œыэёіїєґ]")
# Of the languages in Latin letters.
NOUN_HEADS = WordPrefixes((body for name in _SCRIPTS[0][2] if (body := _nouns(GRAMMARS[name]))), fewest=3)
STEMMED = tuple(name for name, grammar in GRAMMARS.items() if isinstance(grammar, Stems))


@lru_cache(maxsize=512)
def languages(text: str) -> tuple[tuple[str, ...], bool]:
    """The languages that folded `text` may be written in, and whether it is surely in none that there is a grammar for."""
    letters = sum(map(str.isalpha, text))
    counts = dict.fromkeys((name for name, _, _ in _SCRIPTS), 0)
    if text.isascii():
        counts["latin"] = letters
    else:
        counts = {name: len(letter.findall(text)) for name, letter, _ in _SCRIPTS}
    said = WORD.findall(text.lower())
    hits = _hits(said)
    found: list[str] = []
    for script, _, names in _SCRIPTS:
        if not counts[script]:
            continue
        most = max(hits[name] for name in names)
        if len(names) == 1 or script == "han" or not most:
            found += [name for name in names if name not in found]
        else:
            found += [name for name in names if hits[name] * 4 >= most * 3]
    return tuple(found), _foreign(text, letters, counts, said)


_LANGUAGES_OF = {word: tuple(name for name in _WORDS if word in _WORDS[name]) for words in _WORDS.values() for word in words}


def _hits(said: list[str]) -> Counter[str]:
    """How many of these words are among the commonest of each language."""
    return Counter(name for word in said for name in _LANGUAGES_OF.get(word, ()))


def is_common(word: str) -> bool:
    """Whether a word is one of the commonest of a language that there is a grammar for."""
    return word.lower() in _LANGUAGES_OF


def has_known_word(text: str) -> bool:
    """Whether a text has one of the commonest words of a language that there is a grammar for."""
    return any(map(is_common, WORD.findall(text)))


def _foreign(text: str, letters: int, counts: dict[str, int], said: list[str]) -> bool:
    if letters - sum(counts.values()) > letters / 2:
        return letters > 3  # Thai, Korean, Greek, Georgian, …
    if _FOREIGN_LETTERS.search(text) and counts["arabic"] + counts["cyrillic"] > letters / 2:
        return True
    if counts["latin"] + counts["cyrillic"] < letters / 2:
        return False
    words = [word for word in said if len(word) > 1 and word.isalpha()]
    if len(words) < 3 or _OWN_LETTERS.search(text):
        return False
    if _FOREIGN_LATIN.search(text) and sum(_FOREIGN_LATIN.search(word) is not None for word in words) * 4 >= len(words):
        return True
    most = max(_hits(words).values(), default=0)
    if most >= len(words) / 10 if most else len(words) <= 3:
        return False
    return TRIGGERS.isdisjoint(words) and not stated(text).weekdays


# --- One sentence ----------------------------------------------------------------------------------------------------


def read(sentence: str, *, context: str = "", idle: bool = False) -> Reading:
    """What one folded sentence says; `context`, which stands above it, only takes back. `named` only while `idle`."""
    plain = " ".join(sentence.split())
    names, _ = languages(plain)
    if not plain or not names:
        return Reading()
    asks = _ASKS.search(plain) is not None
    found: list[Clause] = []
    said = frozenset(WORD.findall(plain.lower()))
    vocal = [
        name
        for name in names
        if name not in _TRIGGERS or not _TRIGGERS[name].isdisjoint(said) or _language(name).weak.search(plain)
    ]
    for name in vocal:
        found += _claiming(_language(name), plain, _asserted(_language(name), plain, asks), asks)
    if found:
        return Reading(tuple(found))
    spoken = [_language(name) for name in names]
    single = not asks and not PRICE.search(plain) and _single(stated(plain))
    offered = any(language.free.search(context + " " + plain) for language in spoken)
    doubtful = any(
        _doubtful(_language(name), plain, _asserted(_language(name), plain, asks), offered)
        for name in vocal
        if name not in STATEMENTS or not is_rule(name, plain)
    )
    if not doubtful and not offered and single:
        # A day and an hour, neither offered nor asked for nor denied, can hardly be anything but an appointment.
        doubtful = not any(language.denied.search(plain) or language.condition.search(plain) for language in spoken)
    named = idle and not doubtful and any(_speaks(name, plain, asks, offered) for name in likeliest(names, plain, said))
    return Reading((), doubtful, named)


def _speaks(name: str, plain: str, asks: bool, offered: bool) -> bool:
    """Whether a sentence that no pattern knows speaks of the visitor's matter as of a fact."""
    language = _language(name)
    clauses = [plain[begins:ends_at] for begins, ends_at, _ in _asserted(language, plain, asks)]
    clauses = [clause for clause in clauses if not language.condition.search(clause)]
    if name in STATEMENTS:
        return states(name, plain, clauses, asks=asks, offered=offered)
    # An item of a list that is no sentence informs: "Tom at the reception: appointments and invoices".
    sentence = not offered and plain[-1] in ".!。।)"
    return sentence and any(_holds(language, language.nouns.search(clause), clause) for clause in clauses)


def names_act(name: str, text: str) -> bool:
    """Whether a text in the language `name` has any word for an act, whatever it says of it."""
    return any(pattern.search(text) for _, pattern in _language(name).claims)


def without_hours(sentence: str, keep: str) -> str:
    """A sentence without the clauses that speak of opening hours and the like; `keep` stays."""
    names, _ = languages(sentence)
    marks = _language(names[0]).breaks if names else breaks("")
    parts = [part for part in marks.split(sentence) if part]
    kept = [part for part in parts if part in keep or not any(_language(name).free.search(part) for name in names)]
    return " , ".join(kept)


def _claiming(language: _Language, plain: str, spans: list[tuple[int, int, bool]], asks: bool) -> Iterator[Clause]:
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


def _asserted(language: _Language, plain: str, asks: bool) -> list[tuple[int, int, bool]]:
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


def _conditional(language: _Language, what_follows: str) -> bool:
    """ "…, once you have confirmed" makes a condition of the clause before it."""
    return language.condition.match(what_follows) is not None and not _POLITE.search(what_follows)


def _said(language: _Language, text: str) -> set[str]:
    if language.later.search(text):
        return set()
    found = set()
    if language.denied_anywhere and (language.denied.search(text) or language.condition.search(text)):
        return {act for act, pattern in language.phrases if pattern.search(text)}
    for patterns, unless in (
        (language.phrases, (language.condition,)),
        (language.claims, (language.condition, language.denied)),
    ):
        for act, pattern in patterns:
            match = pattern.search(text)
            if match and not any(other.search(text, 0, match.end()) for other in unless):
                found.add(act)
    return found


def _doubtful(language: _Language, plain: str, spans: list[tuple[int, int, bool]], offered: bool) -> bool:
    for begins, ends_at, _ in spans:
        clause = plain[begins:ends_at]
        if language.later.search(clause) or language.condition.search(clause):
            continue
        if _holds(language, language.weak.search(clause), clause):
            return True
        if _holds(language, language.forms.search(clause), clause):
            return not offered or language.addressed.search(clause) is not None
    return False


def _holds(language: _Language, match: re.Match[str] | None, clause: str) -> bool:
    """Whether nothing denies what was matched."""
    if match is None:
        return False
    if language.denied_anywhere:
        return not language.denied.search(clause)
    return not language.denied.search(clause, 0, match.end()) and not DENIED_AFTER.match(clause, match.end())


def _single(moment: Moment) -> bool:
    return moment.whole and len(moment.clocks) < 2 and len(moment.weekdays) < 2
