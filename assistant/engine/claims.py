"""What a reply says was done, held against what the ledger holds.

A model that says "I've booked you in" when nothing was booked must not get the sentence to the visitor. So a reply
passes through a `Gate`: words flow until a sentence could become a claim, then the rest of the sentence waits until
it can be judged. Patterns and not a model judge it: they answer at once, cost nothing, and cannot be talked out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ACTS = ("booked", "cancelled", "rescheduled", "sent", "done")

# Per language and act: the participle or past form by which a model says that it happened.
_PARTICIPLES = {
    "en": {
        "booked": r"booked|scheduled|reserved|arranged|confirmed|set up|penciled in|pencilled in",
        "cancelled": r"cancell?ed|called off",
        "rescheduled": r"rescheduled|moved|rebooked|changed|postponed",
        "sent": r"sent|e-?mailed|forwarded|passed (?:\w+ ){0,4}(?:on|along)|notified|informed|told|submitted|delivered|messaged",
        "done": r"updated|registered|placed|processed|refunded|recorded|created|added|saved|ordered|removed|deleted|applied"
        r"|completed|issued|signed (?:\w+ )?up|subscribed|unsubscribed|changed",
    },
    "de": {
        "booked": r"gebucht|reserviert|eingetragen|vereinbart|bestätigt|vorgemerkt|eingebucht",
        "cancelled": r"storniert|abgesagt|gestrichen",
        "rescheduled": r"verschoben|umgebucht|verlegt|geändert",
        "sent": r"gesendet|geschickt|verschickt|versandt|weitergeleitet|weitergegeben|informiert|benachrichtigt|übermittelt"
        r"|zugeschickt|gemailt|abgeschickt",
        "done": r"aktualisiert|registriert|aufgegeben|erstattet|gespeichert|angelegt|hinzugefügt|bestellt|gelöscht|angemeldet"
        r"|abgemeldet|erledigt|ausgeführt|erfasst",
    },
    "fr": {
        "booked": r"réservée?s?|programmée?s?|planifiée?s?|fixée?s?|confirmée?s?|enregistrée?s?|pris",
        "cancelled": r"annulée?s?",
        "rescheduled": r"reportée?s?|déplacée?s?|décalée?s?|modifiée?s?",
        "sent": r"envoyée?s?|transmise?s?|transférée?s?|informée?s?|prévenue?s?|averti(?:e|s|es)?|expédiée?s?|notifiée?s?",
        "done": r"mise?s? à jour|créée?s?|ajoutée?s?|remboursée?s?|commandée?s?|supprimée?s?|effectuée?s?|inscrite?s?",
    },
    "es": {
        "booked": r"reservad[oa]s?|programad[oa]s?|agendad[oa]s?|confirmad[oa]s?|concertad[oa]s?",
        "cancelled": r"cancelad[oa]s?|anulad[oa]s?",
        "rescheduled": r"reprogramad[oa]s?|cambiad[oa]s?|movid[oa]s?|aplazad[oa]s?",
        "sent": r"enviad[oa]s?|mandad[oa]s?|reenviad[oa]s?|transmitid[oa]s?|informad[oa]s?|avisad[oa]s?|notificad[oa]s?",
        "done": r"actualizad[oa]s?|registrad[oa]s?|cread[oa]s?|añadid[oa]s?|reembolsad[oa]s?|pedid[oa]s?|eliminad[oa]s?"
        r"|guardad[oa]s?|inscrit[oa]s?",
    },
    "it": {
        "booked": r"prenotat[oaie]|fissat[oaie]|programmat[oaie]|confermat[oaie]|riservat[oaie]",
        "cancelled": r"cancellat[oaie]|annullat[oaie]|disdett[oaie]",
        "rescheduled": r"spostat[oaie]|riprogrammat[oaie]|rinviat[oaie]",
        "sent": r"inviat[oaie]|mandat[oaie]|spedit[oaie]|inoltrat[oaie]|informat[oaie]|avvisat[oaie]|trasmess[oaie]",
        "done": r"aggiornat[oaie]|registrat[oaie]|creat[oaie]|aggiunt[oaie]|rimborsat[oaie]|ordinat[oaie]|eliminat[oaie]",
    },
    "pt": {
        "booked": r"reservad[oa]s?|agendad[oa]s?|marcad[oa]s?|confirmad[oa]s?",
        "cancelled": r"cancelad[oa]s?|desmarcad[oa]s?",
        "rescheduled": r"remarcad[oa]s?|reagendad[oa]s?|adiad[oa]s?",
        "sent": r"enviad[oa]s?|encaminhad[oa]s?|mandad[oa]s?|informad[oa]s?|avisad[oa]s?|notificad[oa]s?",
        "done": r"atualizad[oa]s?|registrad[oa]s?|criad[oa]s?|adicionad[oa]s?|reembolsad[oa]s?|removid[oa]s?",
    },
    "nl": {
        "booked": r"geboekt|gereserveerd|ingepland|vastgelegd|bevestigd|ingeboekt",
        "cancelled": r"geannuleerd|afgezegd",
        "rescheduled": r"verzet|verplaatst|verschoven",
        "sent": r"verzonden|verstuurd|gestuurd|doorgestuurd|gemaild|doorgegeven|geïnformeerd",
        "done": r"bijgewerkt|geregistreerd|aangemaakt|toegevoegd|terugbetaald|besteld|verwijderd|opgeslagen",
    },
}

# What makes a participle an assertion: somebody has done it, or it is (has been) so.
_ASSERTS = {
    "en": r"(?:\bi(?:'ve|’ve| have)?|\bwe(?:'ve|’ve| have)?|\b(?:has|have) been|\b(?:is|are|was|were)(?: now| all| already)?|'s|’s|"
    r"'re(?: now| all)?|’re(?: now| all)?|\bgot (?:you|it|that)|\bsuccessfully)",
    "de": r"(?:\bhabe|\bhaben|\bwurden?|\bist|\bsind|\bhiermit|\berfolgreich|\bdu bist|\bsie sind)",
    "fr": r"(?:\bj['’]ai|\bnous avons|\ba été|\bont été|\best|\bsont|\bc['’]est|\bj['’]ai bien)",
    "es": r"(?:\bhe|\bhemos|\bha sido|\bhan sido|\best[áa]n?|\bqued[óa]n?|\bha quedado|\bse ha|\bfue)",
    "it": r"(?:\bho|\babbiamo|\bè stat[oa]|\bsono stat[ie]|\bè|\bsono)",
    "pt": r"(?:\beu|\bnós|\bfoi|\bforam|\best[áa](?:o|ão)?|\bestá|\bficou|\bj[áa]|\btenho)",
    "nl": r"(?:\bheb|\bhebben|\bis|\bzijn|\bwerd|\bworden)",
}

# What takes the assertion back: a negation, a condition, a wish, an offer, somebody else's doing.
_NOT_YET = {
    "en": r"\b(?:not|n['’]t|cannot|unable|never|no longer|nothing|once|after|when|if|whether|until|unless|before|as soon as|would|could"
    r"|should|shall|may|might|can|will|to be|to get|yet to|be|please|want|like|need|let me|let's|going to|about to|ready to|try|trying"
    r"|have you|did you|do you|were you|are you|has anyone|hasn|haven|isn|wasn|aren|already have|usually|normally|always|every|must be"
    r"|failed|had you|you(?:'ve|’ve| have) (?:sent|booked|told|changed|moved|updated|ordered)|how)\b",
    "de": r"\b(?:nicht|kein\w*|nie|nichts|noch|sobald|wenn|falls|ob|bevor|bis|nachdem|würde\w*|könnte\w*|kann|können|soll\w*|möchte\w*"
    r"|werde|werden|wird|muss|müssen|bitte|lassen|gerne|haben sie|hast du)\b",
    "fr": r"\b(?:pas|ne|n|jamais|rien|si|dès|quand|lorsque|une fois|avant|après|sera|seront|serait|pourrai\w*|peux|peut|pouvez|voulez"
    r"|souhaitez|dois|doit|faut|avez|voudriez|aimeriez)\b",
    "es": r"\b(?:no|nunca|nada|si|cuando|una vez|antes|después|hasta|será|serán|sería|podría\w*|puedo|puede|quiere\w*|desea|debe|ha de"
    r"|haya|hayas|gustaría)\b",
    "it": r"\b(?:non|mai|niente|nulla|se|quando|una volta|appena|prima|dopo|sarà|saranno|sarebbe|potrei|posso|può|vuole|vorrei|desidera"
    r"|deve|ha già)\b",
    "pt": r"\b(?:não|nunca|nada|se|quando|assim que|antes|depois|até|será|serão|seria|poderia|posso|pode|quer|gostaria|deseja|deve)\b",
    "nl": r"\b(?:niet|geen|nooit|niets|nog|zodra|als|wanneer|of|voordat|nadat|tot|zal|zullen|zou|kan|kunnen|wil\w*|moet|heeft u"
    r"|heb je|graag)\b",
}

# Whole phrases that claim without a participle.
_PHRASES = {
    "en": {
        "booked": r"\byou(?:'re|’re| are) (?:all set|good to go|in for|down for|confirmed)\b"
        r"|\b(?:appointment|booking|reservation|table|slot) (?:is )?(?:all )?confirmed\b|\bconfirmed (?:your|the) (?:appointment|booking)"
        r"|\bsee you (?:on|at|tomorrow|next)\b|\byour (?:booking|reference|confirmation) (?:number|code|reference)? ?is\b"
        r"|\bbooking (?:is )?(?:complete|successful)\b|\bconsider it booked\b|\bconfirmation (?:number|code)\s*[:#]",
        "sent": r"\byou(?:'ll|’ll| will| should) (?:receive|get|find) (?:a|an|the|your) (?:\w+ )?(?:confirmation|e-?mail|message|invitation)"
        r"|\b(?:e-?mail|message|confirmation|invitation) (?:is )?on (?:its|the) way\b|\bthe team (?:has been|is) notified\b",
    },
    "de": {
        "booked": r"\bIhr(?:e)? (?:termin|buchung|reservierung) (?:steht|ist fix)\b|\bbis (?:dann|dienstag|montag|mittwoch|donnerstag|freitag)\b",
        "sent": r"\b(?:sie|du) (?:erhalten|erhältst|bekommen|bekommst) (?:in kürze |gleich )?eine (?:bestätigung|e-?mail|nachricht)",
    },
    "fr": {"sent": r"\bvous (?:allez recevoir|recevrez) (?:un|une) (?:e-?mail|confirmation|message|courriel)"},
    "es": {"sent": r"\b(?:recibir[áa]s?|le llegará) (?:un|una) (?:correo|confirmación|mensaje)"},
}


@dataclass(frozen=True)
class _Language:
    claims: tuple[tuple[str, re.Pattern[str]], ...]
    phrases: tuple[tuple[str, re.Pattern[str]], ...]
    not_yet: re.Pattern[str]


def _language(name: str) -> _Language:
    # The participle within a few words of what asserts it, on either side ("have booked you", "ist gebucht",
    # "gebucht habe ich"): bounded repeats, so that the time to match is linear in the sentence.
    near = r"(?:[\s,]+[^\s.!?]+){0,9}?[\s,]+"
    return _Language(
        tuple(
            (act, re.compile(rf"{_ASSERTS[name]}(?:{near}|\s+)(?:{forms})\b", re.IGNORECASE))
            for act, forms in _PARTICIPLES[name].items()
        ),
        tuple((act, re.compile(text, re.IGNORECASE)) for act, text in _PHRASES.get(name, {}).items()),
        re.compile(_NOT_YET[name], re.IGNORECASE),
    )


_LANGUAGES = tuple(_language(name) for name in _PARTICIPLES)
_BARE = re.compile(
    r"\A\W*(?:all |successfully |now )?(?:booked|confirmed|sent|done|scheduled|cancell?ed|gebucht|erledigt|réservé|enviado|reservado)\b\W*",
    re.I,
)

# A sentence with none of these cannot be a claim; words flow until one of them begins.
_TRIGGER = re.compile(
    r"(?<!\w)(?:"
    + "|".join(forms for language in _PARTICIPLES.values() for forms in language.values())
    + r"|all set|good to go|see you|on its way|on the way|receive|reference|confirmation|bestätigung|erh[aä]lt|recev|recibir|steht)",
    re.IGNORECASE,
)
LONGEST_TRIGGER = 24  # characters: what is looked back at, so that a token costs the same however long the sentence
_SENTENCE_END = re.compile(r"[.!?…。！？](?=[\s\"'”’)\]*_]|$)|\n")


def claimed(sentence: str) -> frozenset[str]:
    """The acts that one sentence says have happened; empty for offers, conditions, questions and denials."""
    if sentence.rstrip().endswith("?"):
        return frozenset()
    found: set[str] = set()
    for clause in re.split(r"[,;:–—]\s+|\s+(?:but|and then|aber|mais|pero|ma|mas|maar)\s+", sentence):
        for language in _LANGUAGES:
            if language.not_yet.search(clause):
                continue
            found.update(act for act, pattern in language.claims if pattern.search(clause))
        if (bare := _BARE.match(clause)) and bare.end() == len(clause):
            found.add(_act_of(clause))
    for language in _LANGUAGES:
        if not language.not_yet.search(sentence):
            found.update(act for act, pattern in language.phrases if pattern.search(sentence))
            found.update(act for act, pattern in language.claims if pattern.search(sentence))
    return frozenset(found)


def _act_of(word: str) -> str:
    for language in _PARTICIPLES.values():
        for act, forms in language.items():
            if re.search(rf"\b(?:{forms})\b", word, re.IGNORECASE):
                return act
    return "done"


def unbacked(sentence: str, achieved: frozenset[str]) -> frozenset[str]:
    """What a sentence claims beyond `achieved`; "any" and, for vague words, any act at all are backing enough."""
    if "any" in achieved:
        return frozenset()
    loose = {"done"} if achieved else set()
    if "booked" in achieved or "rescheduled" in achieved:
        loose |= {"booked", "rescheduled", "sent"}  # its confirmation is in the outbox, by the same transaction
    if "cancelled" in achieved:
        loose |= {"sent"}
    return claimed(sentence) - achieved - loose


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
