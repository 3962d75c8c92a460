"""Words at which a sentence waits until it can be judged, and the beginnings of words that may become one.

A reply is shown as it comes, token by token, and most tokens are whole words of no interest. So a word is looked up once,
in tables, and only one that a claim may need has its surroundings searched by the patterns.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.engine import blocks, clauses
from assistant.engine.folding import fold
from assistant.engine.language_detection import NOUN_HEADS, STEMMED, TRIGGERS, WORD, is_common
from assistant.engine.moments import DAY_HEADS, names_day
from assistant.engine.word_prefixes import WordPrefixes, is_beginning, skeleton

_LETTERS_OF_STEMS = re.compile("[\u0400-\u052f\u0590-\u06ff\u0900-\u097f\u3041-\u30ff\u4e00-\u9fff]")
_STEMS = (
    r"z?rezerw\w+|zarezerw\w+|zabuk\w+|umówi\w+|zapis\w*|wpis\w+|ustalon\w+|zaklepan\w+|zaplanowan\w+|potwier\w+|odwoł\w+"
    r"|anulow\w+|skasow\w+|przeło\w+|przeni\w+|przesu\w+|zmieni\w+|wysł\w+|przesł\w+|napisa\w+|zgłosi\w+|przekaz\w+"
    r"|powiadom\w+|poinform\w+|otrzyma\w*|zaktual\w+|doda[łn]\w+|dodali\w+|usun\w+|utworz\w+|zwróci\w+|złoż\w+|gotow\w+"
    r"|załatw\w+|zrobion\w+|zobaczen\w+|widzi\w*|drodze|dotarł\w*|posz[łe]\w+|wizyt\w+|stolik\w*"
    r"|randevu\w*|rezerv[ae]\w*|kayd\w+|iptal\w*|gönder\w*|onay\w*|ilet\w*|bekli\w+|görüş\w*|tamam\w*|hallet\w*|hallol\w*"
    r"|oluştur\w*|yap[ıt]\w+|ald[ıi]\w*|alın\w+|ayr\w+|ayarla\w*|kesin\w*|planlan\w*|yazıl\w*|düzenle\w*|hazır\w*"
    r"|gerçekle\w*|ekle\w*|sil[dtinu]\w*|yolla\w*|yolda|bildir\w*|bilgilen\w*|haber|aktar\w*|başlat\w*|ulaşacak\w*"
    r"|gelecek\w*|alacak\w*|güncelle\w*|garantile\w*|oldu|olacak|bitti"
)
_ROOTS = re.compile(rf"(?<!\w)(?:{_STEMS})", re.IGNORECASE)
_ROOT_HEADS = WordPrefixes([_STEMS])
_FIRST_PERSON = re.compile(r"\w{2}[dt][ıiuü][mk]\b", re.IGNORECASE)  # "yaptım": how any Turkish verb tells what "I" did
# The only claims that consist of the commonest words.
_HELD = re.compile(r"\b(?:(?:have|got|['’]ve) you|you(?:['’]re| are)(?: now)? (?:on|in|at|for))\W*\Z", re.IGNORECASE)
_HELD_ENDS, _HELD_LENGTH = frozenset({"you", "on", "in", "at", "for"}), 40
_OFFERS = re.compile(
    r"\b(?:free|available|open\w*|frei(?!tag)\w*|verfügbar\w*|geöffnet\w*|libres?|disponibles?|ouvert\w*|abiert\w*|liber\w*"
    r"|apert\w*|livres?|vrij(?!dag)\w*)\b|\?",
    re.IGNORECASE,
)

# --- Whole words ------------------------------------------------------------------------------------------------------

_LETTER = "A-Za-zÀ-ÖØ-öø-ıĴ-ķĹ-ľŁ-ňŊ-ž"  # that are what they look like, and that folding leaves as they are
_PLAIN = re.compile(rf"[{_LETTER}\d\s'’.,;:!?…()\"“”„«»¿¡/+%€£=|*_`~\[\]#>–—-]*")
_MARKUP = str.maketrans("", "", "*_`~[]#>")
_LETTER_ALONE = re.compile(r"(?<!\w)[^\W\d_](?!\w)")
_FEWEST_SPELT = 4  # letters that are written apart and read as a word
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"\w+")
_TRIGGERS = sorted({skeleton(word) for word in TRIGGERS})
_TRIGGER_SET = frozenset(_TRIGGERS)

_TELLING, _SUBJECT, _COMMON, _NUMBER, _HOLDING = 1, 2, 4, 8, 16


@lru_cache(maxsize=16_384)
def _about(word: str) -> int:
    """What is known of one word in plain letters: whether it may begin a claim, name a weekday or be a reference; whether
    something may be claimed of it; whether it is one of the commonest of its language; whether it is a number; whether a
    claim of common words may be held by it."""
    if _DIGIT.search(word):
        return _NUMBER if word.isdigit() else _TELLING | _NUMBER
    parts = _RUN.findall(word)
    telling = _plain(word) in _TRIGGER_SET or any(DAY_HEADS.begin(part) or _ROOT_HEADS.begin(part) for part in parts)
    telling = telling or _FIRST_PERSON.search(word) is not None
    subject = any(NOUN_HEADS.begin(part) for part in parts)
    return _TELLING * telling | _SUBJECT * subject | _COMMON * is_common(word) | _HOLDING * (word.lower() in _HELD_ENDS)


def _plain(word: str) -> str:
    return skeleton(word).replace("’", "'")


class Watch:
    """What the words of one sentence, as they come, say of it.

    `armed`: it may make a claim, and what follows waits. `dubious`: it speaks of what can be booked or sent, or of a day and
    an hour, so that it may be one that only the second judge can tell: its last word waits, and it is never on the screen
    as a whole before it is judged.
    """

    def __init__(self) -> None:
        self.armed = self.dubious = False
        self._numbers = 0

    def begin(self, *, headed: bool) -> None:
        """Another sentence begins, read with what came before it if it is `headed`."""
        self.armed = False
        if not headed:
            self.dubious, self._numbers = False, 0

    def add(self, words: str, sentence: str, heading: str) -> None:
        """Take the next whole words. `sentence` is what stands before them in it, `heading` what it is read with."""
        if words.isspace():
            return
        found = _plain_words(words)
        known = [_about(word) for word in found or ()]
        about = 0
        for flags in known:
            about |= flags
            self._numbers += bool(flags & _NUMBER)
        if found is None or about & _TELLING:
            self.armed = _may_claim(words, sentence, heading)
        if about & _HOLDING and not self.armed:
            self.armed = _HELD.search((sentence + words)[-_HELD_LENGTH:]) is not None
        self.dubious = self.dubious or found is None or about & _SUBJECT != 0 or self._numbers > 1

    def shows(self, begun: str) -> bool:
        """Whether the last word may be shown before it is known to be whole: no word that matters begins with it.

        The commonest short words ("you", "for") are shown although longer ones begin with them: the rest of "yours" waits,
        and nothing is said by what is there. What may end a sentence waits until the sentence is judged.
        """
        if self.dubious or not begun or (match := _BEGUN.fullmatch(begun)) is None:
            return False
        word = match["word"]
        if not word:
            return not match["mark"]
        about = _about(word)
        if about & _SUBJECT or word[0] == "ß":  # no word begins with it, but one that passes for a "b"
            return False
        if match["mark"]:
            return len(word) > 1 and not about & _TELLING
        capitals = len(word) > 1 and word.isupper()  # a reference may begin so
        if about & _COMMON and not about & _TELLING and len(word) <= _LONGEST_COMMON and not capitals:
            return True
        return not _may_become_telling(word)


def _plain_words(text: str) -> list[str] | None:
    """The words of a text in ordinary letters; None where only the patterns can tell what it says."""
    if not _PLAIN.fullmatch(text) or "](" in text:
        return None
    bare = text.translate(_MARKUP)
    if len(bare) > _FEWEST_SPELT and len(_LETTER_ALONE.findall(bare)) >= _FEWEST_SPELT:
        return None
    return WORD.findall(bare)


def _may_claim(words: str, sentence: str, heading: str) -> bool:
    folded = fold(words)
    said = WORD.findall(folded.text.lower())
    if folded.disguised or not TRIGGERS.isdisjoint(said) or _LETTERS_OF_STEMS.search(words):
        return True
    if _ROOTS.search(folded.text) or _FIRST_PERSON.search(folded.text) or blocks.names_code(folded.text):
        return True
    return names_day(folded.text) and not _OFFERS.search(heading + sentence + words)


# --- What may become one ----------------------------------------------------------------------------------------------

_BEGUN = re.compile(rf"[(\"“”„«¿¡*_#–—•-]*(?P<word>(?:[{_LETTER}]+(?:['’-][{_LETTER}]+)*)?)[)\"”»*_]*(?P<mark>[,;:]?)")
_CODE_BEGUN = re.compile(r"[A-HJKMNP-Z]{1,6}")
_LONGEST_COMMON = 4


@lru_cache(maxsize=16_384)
def _may_become_telling(word: str) -> bool:
    *before, last = _RUN.findall(word)
    return (
        is_beginning(_plain(word), _TRIGGERS)
        or _CODE_BEGUN.fullmatch(word) is not None
        or _FIRST_PERSON.search(word) is not None
        or any(heads.may_become(last) or any(map(heads.begin, before)) for heads in (DAY_HEADS, _ROOT_HEADS))
    )


def speaks_of_acts(text: str) -> bool:
    """Whether a text has any word for an act, whatever it says of it."""
    words = set(WORD.findall(text.lower()))
    return not words.isdisjoint(TRIGGERS) or any(clauses.names_act(name, text) for name in STEMMED)
