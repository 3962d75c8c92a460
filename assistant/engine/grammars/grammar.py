"""Types of a language's file: a grammar, or stems where a light one will do, and a lexicon.

Every pattern is a regular expression's body, matched without regard to case in folded text whose white space is single
spaces. Repeats are bounded wherever these are put together, so that matching is linear in the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def words(text: str) -> tuple[str, ...]:
    """What a list written as prose names; "_" stands for a space within one."""
    return tuple(word.replace("_", " ") for word in text.split())


def inflected(endings: str, text: str) -> tuple[str, ...]:
    """`words`, each with every one of `endings`, of which "-" is none."""
    return tuple(word + ending.strip("-") for word in words(text) for ending in endings.split())


@dataclass(frozen=True)
class Grammar:
    acts: dict[str, tuple[str, ...]]  # forms of a verb that say it happened: "booked"
    doer: str  # who says that they did it: "I've"
    thing: str  # what a visitor asked for, as the subject of a passive: "your appointment"
    pronoun: str  # what stands for it, right before `became`
    became: str  # "is", "has been"
    you: str  # the visitor as the subject: "you are"
    noun: tuple[str, ...]  # what makes a claim of a bare heading: "Appointment confirmed"
    denied: str  # ahead of the verb, takes the assertion back: negations, wishes, offers, questions, reports of others
    later: str  # wherever it stands in a clause, makes it a condition or a fact about somebody else
    condition: str  # begins a condition of all that follows it
    reach: int  # words that may stand between a verb and its other half
    mine: str = ""  # ahead of the verb, and of `later`: what the writer did, "after" something or "as soon as" they could
    managed: str = ""  # "I was able to", before an infinitive
    infinitives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)  # whole phrases that claim without such a form
    alone: str = ""  # claims as a clause of its own: "All set!"
    inverted: bool = False  # the verb may come first: "Damit ist Ihr Termin gebucht", "Ha sido enviado un correo"
    hints: tuple[str, ...] = ()  # single words without which no phrase is complete: at one of them, a sentence waits
    weak: str = ""  # may claim, and may not: left to the second judge
    perfect_future: str = ""  # "will have been": claims what `denied` would take for an intention
    others: str = ""  # nouns beyond `noun` that the second judge is asked about
    negations: str = ""  # with the pronouns behind them: in a phrase or right before it, they take it back
    gone: str = ""  # "no longer on the books": a cancellation in the words of a denial


@dataclass(frozen=True)
class Stems:
    """A light grammar: whole forms that say something happened, and what takes them back wherever it stands in a clause."""

    acts: dict[str, str]
    denied: str
    condition: str
    weak: str = ""
    perfect_future: str = ""  # "will have been booked": claims whatever denies it
    nouns: str = ""  # what can be booked, sent or cancelled: the second judge is asked about what is asserted of it


@dataclass(frozen=True)
class Statements:
    """Closed classes of a language (auxiliaries, pronouns, adverbs of time, negations), by which a sentence that tells a
    visitor what now is so in a matter of theirs differs from an offer, a rule or a fact about the business, whatever its
    verb. The second judge is asked about it while no method has run.

    `own` is looked for in the whole sentence, everything else in one clause.
    """

    own: str  # the visitor and what is theirs: "you", "your"
    bids: str  # makes of a clause a request, a courtesy or a direction: "click", "you're welcome", "you'll find us"
    episode: str  # places what is said in one hour and not in all: "tonight", "in 20 minutes", "is bringing", "on the list"
    always: str  # states a fact of the visitor's matter by itself: "I have …ed"
    theirs: str  # does so where the sentence has `own`: "has been …ed", "will call"
    now: str  # the same, with no verb needed: "now", "as requested"
    excused: str  # ahead of any of them, takes it back: negations, modal verbs, wishes, questions
    house: str  # wherever it stands in the sentence, makes it a rule or a piece of history: "usually", "since 2016"


@dataclass(frozen=True)
class Lexicon:
    """The few words of a language that are needed whatever the sentence is built like."""

    days: tuple[str, ...]  # the weekdays, Monday first
    soon: str  # "tomorrow": a day without a name
    at: str  # what stands before a bare hour: "at" 10
    free: str  # makes a stated time an offer, a question or a fact about the house
    done: str  # as the value of a status or a heading, says that it has happened: "Confirmed"
    status: str  # labels, in a table or before a colon
    reference: str
    details: str  # other labels that a confirmation has: date, time, service, name
    confirmation: str  # a heading over such a block: "Booking confirmation"
    again: str  # "another", "also": a second act of a kind
    words: tuple[str, ...]  # the commonest words, by which the language is recognized
