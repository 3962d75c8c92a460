"""Compiled patterns of each language's grammar: the ways in which it says that something has been done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from assistant.engine.breaks import breaks
from assistant.engine.caseless import Caseless
from assistant.engine.folding import respelled
from assistant.engine.grammars import GRAMMARS, LEXICONS, PEOPLE, Grammar, Lexicon, People, Stems
from assistant.engine.moments import UNSPACED
from assistant.engine.needed_words import Needs

_Patterns = tuple[tuple[str, Caseless], ...]


@dataclass(frozen=True)
class LanguagePatterns:
    """What is searched in a clause of one language."""

    breaks: Caseless  # between clauses
    acts: Needs  # of all that follows down to `headings`
    claims: _Patterns  # an act, and a way to say so; void where it is denied
    phrases: _Patterns  # void under a condition, and where one of `negations` stands in them or right before them
    lasting: _Patterns  # void only under a condition: what is "no longer" there, or "will have been" done
    negations: Caseless
    told: Caseless  # people of the business know, or will come: that a message was sent
    untold: Caseless
    headings: _Patterns  # what claims only as a clause of its own: "Booked!"
    forms: Caseless  # may claim, where the visitor or what is theirs is spoken of
    weak: Caseless  # may claim whatever else is said
    addressed: Caseless
    nouns: Caseless
    denied: Caseless
    denied_anywhere: bool  # the negation may come after the verb
    later: Caseless
    mine: Caseless  # before `later`: what the writer did
    condition: Caseless
    free: Caseless
    again: Caseless


_NEVER = Caseless(r"(?!)")
_NOBODY = People("(?!)", "(?!)")


def _any(forms: Iterable[str]) -> str:
    return "|".join(sorted(forms, key=len, reverse=True))


def _compile(patterns: Iterable[tuple[str, str]]) -> _Patterns:
    return tuple((act, Caseless(respelled(body))) for act, body in patterns)


def _needs_of(*several: _Patterns) -> Needs:
    return Needs.of_any(pattern.needs for patterns in several for _, pattern in patterns)


def _one(body: str, spaced: bool = True) -> Caseless:
    if not body:
        return _NEVER
    return Caseless(rf"(?<!\w)(?:{respelled(body)})(?!\w)" if spaced else respelled(body))


@cache
def patterns_of(name: str) -> LanguagePatterns:
    """Compiled when it is first met, if `compile_grammars` has not been called: a third of a second for all of them."""
    grammar, lexicon, people = GRAMMARS[name], LEXICONS[name], PEOPLE.get(name, _NOBODY)
    if isinstance(grammar, Grammar):
        return _of_grammar(grammar, lexicon, people, breaks(name))
    return _of_stems(grammar, lexicon, people, breaks(name), spaced=name not in UNSPACED)


def compile_grammars() -> None:
    for name in GRAMMARS:
        patterns_of(name)


def _of_stems(stems: Stems, lexicon: Lexicon, people: People, breaks: Caseless, spaced: bool) -> LanguagePatterns:
    claims = _compile(stems.acts.items())
    lasting = _compile([("booked", stems.perfect_future)] if stems.perfect_future else [])
    told = Caseless(respelled(people.told))
    return LanguagePatterns(
        breaks=breaks,
        acts=_needs_of(claims, lasting, (("sent", told),)),
        claims=claims,
        phrases=(),
        lasting=lasting,
        negations=_NEVER,
        told=told,
        untold=Caseless(respelled(people.untold)),
        headings=(),
        forms=_NEVER,
        weak=_one(stems.weak, spaced=False),
        addressed=_NEVER,
        nouns=_one(stems.nouns, spaced=False),
        denied=_one(stems.denied, spaced=False),
        denied_anywhere=True,
        later=_NEVER,
        mine=_NEVER,
        condition=_one(stems.condition, spaced=False),
        free=_one(lexicon.free, spaced),
        again=_one(lexicon.again, spaced),
    )


def _of_grammar(grammar: Grammar, lexicon: Lexicon, people: People, breaks: Caseless) -> LanguagePatterns:
    claims, lasting, headings = map(_compile, _ways(grammar))
    phrases = _compile(grammar.phrases.items())
    told = Caseless(respelled(people.told))
    every_form = _any(form for forms in grammar.acts.values() for form in forms)
    nouns = _any(grammar.noun)
    addressed = rf"(?:{grammar.thing})(?!\w)|(?:{grammar.you})(?!\w)|(?<!\w)(?:{nouns})(?!\w)|{grammar.doer}"
    return LanguagePatterns(
        breaks=breaks,
        acts=_needs_of(claims, phrases, lasting, (("sent", told),), headings),
        claims=claims,
        phrases=phrases,
        lasting=lasting,
        negations=Caseless(respelled(grammar.negations or "(?!)"), whole=True),
        told=told,
        untold=Caseless(respelled(people.untold)),
        headings=headings,
        forms=Caseless(rf"(?<!\w)(?:{every_form})(?!\w)"),
        weak=Caseless(grammar.weak or "(?!)"),
        addressed=Caseless(addressed),
        nouns=_one(nouns_of(grammar)),
        denied=Caseless(grammar.denied),
        denied_anywhere=False,
        later=Caseless(grammar.later),
        mine=Caseless(grammar.mine or "(?!)"),
        condition=Caseless(grammar.condition),
        free=_one(lexicon.free),
        again=_one(lexicon.again),
    )


def nouns_of(grammar: Grammar | Stems) -> str:
    """What can be booked, sent or cancelled."""
    if isinstance(grammar, Stems):
        return grammar.nouns
    nouns = rf"(?:{_any(grammar.noun)})(?:s|e|en|es|n)?"
    return f"{nouns}|{grammar.others}" if grammar.others else nouns


def _ways(grammar: Grammar) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]:
    """The acts with the ways to claim them, with those that no negation takes back, and with what claims as a heading."""
    few = rf"(?: [^\s!?;]+){{0,{grammar.reach}}}? "
    some = r"(?: [^\s!?;]+){0,3}? "
    claims, headings = [], [("done", grammar.alone)]
    lasting = [("cancelled", grammar.gone)] if grammar.gone else []
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
            lasting.append((act, grammar.perfect_future.replace("{form}", form)))
        # "Booked!" says it; "Sunday: closed" does not.
        noun = rf"(?:(?:your )?(?:{_any(grammar.noun)}) )" + ("" if act == "done" else "?")
        adverb = r"(?:is |now |all |successfully |erfolgreich |jetzt |schon )?"
        headings.append((act, noun + adverb + form))
    return claims, lasting, headings
