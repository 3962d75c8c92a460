"""Statements about a visitor's own matter: what a sentence says is so, whatever verb it says it with.

Lists of verbs never end, and a false claim in words that no pattern knows would pass ("Your membership is paused", "The
plumber is on the way"). What does end are the forms around the verb: pronouns, auxiliaries, adverbs of time, negations.
While methods that act are on offer and none has run, what has the form of a fact about the visitor's matter, and is no
question, offer, condition, rule or history of the business, is left to the second judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from assistant.engine.caseless import Caseless
from assistant.engine.folding import respelled
from assistant.engine.grammars import STATEMENTS
from assistant.engine.grammars.afterwards import AFTERWARDS
from assistant.engine.moments import stated

# Right behind a verb: "Ihr Termin ist noch nicht …".
DENIED_AFTER = re.compile(
    respelled(
        r"(?: \w+)? ?(?:n['’]t|(?<!\w)(?:not|yet|nicht(?! mehr)|noch|keine?n?|niemand|pas|aún|todavía|غير|لا|لم|ليس\w*)"
        r"(?!\w))"
    ),
    re.IGNORECASE,
)
_BY_TELEPHONE = Caseless(respelled(r"(?:\b(?:at|unter|au|al|en el)|(?<!\w)على) \+?\d[\d -]{2,}"))
_MAY_ASK = re.compile("[?؟？か吗嗎呢क]")
_ASKS = re.compile(r"[?؟？][\W_]*\Z|か。?\Z|[吗嗎呢]。?\Z|क्या[^।]{0,80}\?")
# "…, if you have any questions" takes nothing back of what comes before it.
POLITE = Caseless(
    r"\b(?:question|anything|need|help|change|wish|frage|hilfe|brauch|benötig|besoin|question|necesit|pregunt|duda|bisogno"
    r"|domand|precis|dúvida|vragen|nodig|hulp|pytan|вопрос|питан|soru)|(?:احتجت|سؤال|استفسار|שאלות)",
)
# In a condition's words, and none: what comes after it is asserted.
HEDGE = Caseless(
    respelled(
        r"(?<!\w)(?:(?:just )?in case you(?:'re| are|'ve| have| were)? (?:been )?(?:wonder\w*|ask\w*)|if you(?:'re| are)"
        r" (?:wondering|curious|asking)|(?:if i'm|if i am) not mistaken|unless i(?:'m| am) (?:much )?mistaken"
        r"|if you must know"
        r"|(?:since|when|as) you asked|if that's what you(?:'re| are) asking"
        r"|(?:falls|wenn) (?:sie sich|du dich|ihr euch) (?:das )?frag\w+|wenn ich (?:mich )?nicht irre"
        r"|falls es sie interessiert|si je ne me trompe(?: pas)?"
        r"|sauf erreur(?: de ma part)?|(?:si|au cas où) vous vous (?:le )?demand\w+"
        r"|si no me equivoco|salvo error|(?:si|por si) (?:se|te) lo pregunta\w*"
        rf"|{AFTERWARDS}"
        r"|(?:إن|إذا|اذا) لم (?:أكن|أخطئ)(?: مخطئا)?|لو كنت تتساءل|(?:إذا|إن) كنت (?:تتساءل|تسأل))(?!\w)[,:،]?"
    ),
    whole=True,
)
# "Not unbooked" is booked: a denial of what is itself denied takes nothing back.
TWICE_DENIED = Caseless(
    r"(?:\b(?:not|no longer|never)|n['’]t)(?: \w+){0,2}? un(?="
    r"(?:book|confirm|reserv|schedul|sent|send|cancel|regist|paid|process|deliver|answer"
    r"|secur|assign|arrang|settl|complet)\w*)"
    r"|\b(?:nicht(?: mehr)?|kein\w*) un(?=(?:gebucht|bestätigt|reserviert|storniert|versandt|bezahlt)\w*)",
    whole=True,
)
PRICE = Caseless(respelled(r"[$€£]|\d (?:euros?|dollars?)\b|\d (?:ريال|درهم|دينار|جنيه|ليرة)"))
_COURTESY = Caseless(  # goes ahead of anything
    respelled(
        r"thank|danke|vielen dank|gern|merci|avec plaisir|gracias|con |de nada|encantad|شكر|نشكر|أشكر|أهلا|مرحبا|عفوا"
    ),
)
_QUOTED = re.compile(r"[«„“\"][^«»„“”\"]{1,80}[»“”\"]")  # a name or a message: its words deny nothing
_FRAGMENT = 2  # spaces in what is too short for a sentence of its own


@dataclass(frozen=True)
class Forms:
    own: Caseless
    bids: Caseless
    episode: Caseless
    always: Caseless
    theirs: Caseless
    now: Caseless
    excused: Caseless
    house: Caseless


@cache
def forms_of(name: str) -> Forms:
    found = STATEMENTS[name]

    def one(body: str) -> Caseless:
        return Caseless(respelled(body))

    return Forms(
        one(found.own),
        one(found.bids),
        one(found.episode),
        one(found.always),
        one(found.theirs),
        one(found.now),
        one(found.excused),
        one(found.house),
    )


def is_question(text: str) -> bool:
    """Whether folded `text` ends in a question, or has the word that makes one."""
    return _MAY_ASK.search(text) is not None and _ASKS.search(text) is not None


def is_rule(name: str, sentence: str) -> bool:
    """Whether a folded `sentence` in the language `name` tells how the business does things, or what it once did."""
    return forms_of(name).house.search(sentence) is not None


def states(name: str, sentence: str, clauses: Sequence[str], *, asks: bool, offered: bool) -> bool:
    """Whether one of the `clauses` that a folded `sentence` asserts, in the language `name`, states such a fact."""
    if is_rule(name, sentence):
        return False
    forms = forms_of(name)
    own = forms.own.search(sentence) is not None
    # A row of a table that names a day is one of a timetable.
    on_one_day = not offered and " ; " not in sentence and _on_one_day(sentence)
    bid = asks
    for place, spoken in enumerate(clauses, start=1):
        clause = _QUOTED.sub("…", spoken)
        # "… a CV and your diplomas": what a request goes on with.
        fragment = bid and clause.count(" ") < _FRAGMENT
        if not fragment and _tells(forms, clause, own):
            return True
        now = not bid and _speaks_of_now(forms, clause, on_one_day)
        if not now and (bid or place == len(clauses)):
            continue  # what it asks for changes nothing
        asked_for = forms.bids.search(clause) or _BY_TELEPHONE.search(clause)
        if now and not asked_for:
            return True
        bid = bid or (asked_for is not None and not _COURTESY.match(asked_for[0].strip()))
    return False


def _speaks_of_now(forms: Forms, clause: str, on_one_day: bool) -> bool:
    """Whether a clause speaks of the visitor, or of one hour and no other, and nothing takes it back."""
    of_now = forms.own.search(clause) or ((on_one_day or forms.episode.search(clause)) and not PRICE.search(clause))
    return bool(of_now) and not forms.excused.search(clause)


def _tells(forms: Forms, clause: str, own: bool) -> bool:
    """Whether a clause has one of the verbs' forms that tell a fact, and nothing ahead of it takes it back."""
    return (
        _has_told(forms, forms.always, clause)
        or (own and not forms.bids.search(clause) and _has_told(forms, forms.theirs, clause))
        or (forms.own.search(clause) is not None and _has_told(forms, forms.now, clause))
    )


def _has_told(forms: Forms, way: Caseless, clause: str) -> bool:
    match = way.search(clause)
    return (
        match is not None
        and not forms.excused.search(clause, 0, match.end())
        and not DENIED_AFTER.match(clause, match.end())
    )


def _on_one_day(sentence: str) -> bool:
    """Whether something is said of one day, and neither of several nor of hours from and to."""
    moment = stated(sentence)
    return moment.day and len(moment.weekdays) < 2 and len(moment.clocks) < 2 and len(moment.dates) < 2
