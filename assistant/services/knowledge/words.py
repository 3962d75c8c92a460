"""Normalised words for the index and for searches, alike in every language and on every database.

What is written in several ways becomes one word: elided articles, joined and hyphenated words, the letter forms and
articles of Arabic and Hebrew, digits of any script, groups of thousands, telephone numbers.

The databases' own stemmers differ, and know one language at a time: here both index what Python makes of a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

VERSION = 4  # of what is made of a text: a higher one has everything indexed again (`documents.index_due`)
MAX_STEM_CHARS = 6
LONGEST_STEMMED = 64  # characters; the ending of what is longer is taken off letter by letter, and tells nothing
# Characters. Normalising takes a time that grows with the square of a run of combining marks; those are dropped anyway.
NORMALIZED_AT_ONCE = 1000
PHONE_DIGITS = 7  # the last ones, which are the same with and without the codes before them

# Asked and answered everywhere, and so telling nothing: what questions are made of, in the languages of the widget.
_ASKING = """
    about after all also and any anybody anyone are ask because been before but can cannot could did does doing for from
    get give had has have help her here him his how into its just know let like may might much must need not now off one
    only our out own please possible say shall she should some somebody tell than thank thanks that the their them then
    there these they this those through very want was way were what when where which while who whom whose why will with
    would yes you your cant doesnt dont hows theres whats wheres
    aber alle als auch auf aus bei bekomme bin bis bitte brauche das dass dein dem den der des die dies diese dieser doch
    dort durch ein eine einem einen einer eines euch euer fur gern gibt habe haben habt hast hat hier ich ihm ihn ihr ihre im
    ist kann kannst kein keine konnen konnte konnten man mein meine mich mir mit mochte muss musste nach nicht noch nur
    oder ohne sein seine sich sie sind uber und uns unser vom von wann warum was welche welcher wenn wer werden wie wieso
    wieviel will wir wird wissen wurde zum zur
    aux avec avez avoir cela ces cette combien comment dans des donc elle elles est etre faire fait faut ils les leur
    mais mes moi mon nous ont ou par pas peut peux pour pouvez puis quand que quel quelle quelles quels qui quoi sans
    ses son sont sur tous tout tres une vos votre vous
    algo aqui como con cual cuales cuando cuanto cuesta del desde donde ella ellos esta este esto hay los las les mas
    mis muy para pero por porque puede puedo pueden que quien quiero sin sobre son sus tengo tiene tienen una unos
    usted ustedes
    alla anche che chi come con cosa cui dal dalla degli del della delle dei dove gli hanno posso puo quale quali quando
    quanto questo questa sono sul una vorrei vuole
    ate com como das dos ela ele eles essa esse isso mas meu nao nas nos onde pela pelo pode posso qual quais quando
    quanto quero sao sem seu sua tem uma voce
    aan als ben bij dat deze die dit een geen haar heb hebben heeft het hij hoe hoeveel ik ja jij jullie kan kun kunnen
    maar met mijn moet naar niet nog ons ook over mag van veel voor waar waarom wanneer wat welke wie wil worden wordt
    zijn zo
    على الى من في عن هل متى كم اين هذا هذه التي الذي مع كيف كان يمكن لدي هناك
    это как что где когда сколько для или есть если можно мне вас нам наш ваш его она они был при
    και για από που πως πότε πού είναι στο στη στην στον της του των τον την
    bir için var ile kadar nasıl nerede zaman
"""
# Of two letters: most are names of things ("TV", "WC", "QR"), these are not.
_SHORT = """
    ab ad ai al am an as at au be bu by ce ci co da de di do du eh ei el em en er es et eu ex fa fu ga go ha he hi hm ho
    id if ik im in is it je jo ka ki la le li lo ma me mi mu my na ne ni no nu ob of og oh ok om on op or os ou pa pe po
    pu re ro sa se si so su sy ta te ti to tu ty um un up us va ve vi vo we wo ya ye yo za ze zu
    бы во вы да до ее ей ею же за из их ко ли мы на не ни но об ок он от по со та те то ту ты
    τα τη το οι με μη να θα σε δε αν ως
    ما لا هو هي او ان اي لم لن يا
    של על את אם או לא כן זה זו מה מי כי גם עם אל יש
"""
# Endings of number, gender, case and person that many languages share, a little of each language's own, and no dictionary:
# a word may lose what is no ending, so long as its other forms lose it too.
_ENDINGS = re.compile(r"(?<=\w{3})(?:ings?|ungen|ung|ies|ied|l[ae]ri?|ed|es|ern|en|er|em|is|um|[senyaoiu])$")
_CYRILLIC_ENDINGS = re.compile(r"(?<=\w{3})(?:[ая]ми|[ое]го|[ое]му|[аяое][мвх]|[аеиоуыэюяьіє])$")
_GREEK_ENDINGS = re.compile(r"(?<=\w{2})(?:ουσ|εισ|εων|ιων|οσ|ου|οι|ων|ησ|εσ|ασ|ια|ιο|ιου|[ηαοιευ])$")
# Of Hindi: "कीमत" and "कीमतें", "कमरा", "कमरे" and "कमरों", "लड़की" and "लड़कियाँ". Its nasals are written in several ways.
_HINDI_ENDINGS = re.compile(r"(?<=[\u0902-\u094c]{2})(?:\u093f\u092f)?[\u0902\u093e-\u094c]+$")
_HINDI_NASALS = re.compile(r"[\u0900\u0901]|[\u0919\u091e\u0923\u0928\u092e]\u094d(?=[\u0915-\u092d])")
_OTHER_FORMS = (
    (re.compile(r"eaux$"), "eau"),  # French: "bureaux", "journaux", "travail" and "travaux", "jeux"
    (re.compile(r"(?<=\w{2})(?:aux|ails?)$"), "al"),
    (re.compile(r"(?<=[eo]u)x$"), ""),
    (re.compile(r"(?<=[cs])oes$"), "ao"),  # Portuguese: "reservações"
    (re.compile(r"(?<=\w{2}[cg])hi$"), ""),  # Italian: "giochi"
    (re.compile(r"(?<=\w[tb])res?$"), "er"),  # "litre" and "liter"
    (re.compile(r"(?<=\w{3})our(?=s?$|ed$|ing$|ful$)"), "or"),  # "colour" and "color", but not "hour"
)
_UNEVEN = {"men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot", "teeth": "tooth"}
_UNEVEN |= {"mice": "mouse", "yeux": "oeil"}
_DOUBLED = re.compile(r"(?<=\w{2})([b-df-hj-np-tv-z])\1$")  # "swimming", "quizzes"
# Written without spaces between words: found by pairs of letters. Hiragana is left out: it is what ties Japanese words
# together, as the words in `EMPTY` do elsewhere.
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u30a0-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼʹ`´′＇‛\u05f3"), "'")
_HYPHENS = dict.fromkeys(map(ord, "‐‑⁃－﹣"), "-") | {0xAD: ""}  # the last stands where a word may be divided
_FRACTIONS = {ord("½"): ",5", ord("¼"): ",25", ord("¾"): ",75"}  # "1½" is "1,5" and "1.5"
_RAISED = re.compile(r"(?<=[0-9])(?=[⁰¹²³⁴-⁹])")  # "12⁵⁰" is "12,50"
# French, Italian and Catalan articles and the like, which have lost their vowel: "l'ouverture", "dell'orario".
_ELIDED = re.compile(
    r"\b(?:[ldjmnstc]|qu|jusqu|lorsqu|puisqu|quoiqu|presqu|(?:d|n|s)?ell|all|dall|nell|sull|coll|un|quest|quell|bell|gl|agl"
    r"|dagl|degl|negl|sugl|nessun|ciascun|anch|dov|cos|com)'(?=[^\W\d_]{2})"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:([.,' \u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?![\d])(?![.,]\d{3})")
_TELEPHONE = re.compile(r"(?<![\d.,])\+?\(?\d(?:[ \u00a0()/.-]{0,3}\d){6,19}(?!\d)")
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:-[^\W_]++)+")  # each word is looked at once, however long it is
_NUMBER_AND_UNIT = re.compile(r"(\d+)([^\W\d_]{2,})")

# Letters of other forms, and those that no decomposition makes plain.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n", "ς": "σ"}
    | {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ٱ": "ا", "ـ": "", "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ"}
)
_ARABIC_ARTICLE = re.compile(r"^[وف]?(?:[بك]?ال|لل)(?=\w{2})")
_ARABIC_AND = re.compile(r"^و(?=\w{3})")
_ARABIC_ENDING = re.compile(r"(?<=\w{3})(?:ت?(?:ها|هم|نا|كم|ه|ي|ك)|ات|ون|ين|يه)$")
# Plurals that change a word inside: "اسعار" of "سعر", "مواعيد" of "موعد", "دروس" of "درس".
_ARABIC_PLURALS = re.compile(r"^(?:ا(?=\w\wا\w$))?(\w\w)[او](\w)[يو]?(\w?)$")
_HEBREW_PREFIXES = re.compile(r"^[הובלמשכ]+?(?=\w{3}$)|^[הובלמשכ]+(?=\w{3})")
_HEBREW_ENDING = re.compile(r"(?<=\w{3})(?:ימ|ות)$")


def stems(text: str, *, asked: bool = False) -> list[str]:
    """The words of `text` in their order, without accents, endings and what tells nothing; letters and digits only.

    `asked` makes those of a question: of a telephone number only what it is found by, however its digits are grouped, and
    of what is written without spaces the pairs of signs. A text has its single signs too, since some are words ("犬"), and
    its Hiragana, of which a question has only what is all of it ("すし").
    """
    spelled = _plain(_spelled_alike(text, asked))
    found: list[str] = []
    for word in _HIRAGANA.sub(" ", spelled).split():
        if runs := _UNSPACED.findall(word):
            found += _pairs(runs)
            found += [] if asked else [sign for run in runs if len(run) > 1 for sign in run]
            word = _UNSPACED.sub("", word)
        found += _word_stems(word)
    return found if found and asked else found + _pairs(_HIRAGANA.findall(spelled))


def _pairs(runs: list[str]) -> list[str]:
    return [run[at : at + 2] for run in runs for at in range(max(len(run) - 1, 1))]


def _word_stems(word: str) -> Iterator[str]:
    if word.isdecimal():
        yield word[:20]
    elif unit := _NUMBER_AND_UNIT.fullmatch(word):  # "30min" and "30 min"
        yield unit[1][:20]
        yield from _word_stems(unit[2])
    elif len(word) > 1 and word not in EMPTY:
        yield _stem(word)


def _spelled_alike(text: str, asked: bool) -> str:
    text = _digits(_RAISED.sub(",", text)).translate(_APOSTROPHES | _HYPHENS | _FRACTIONS).casefold()
    text = _HINDI_NASALS.sub("\u0902", text).replace("\u0949", "\u093e")  # and "डॉक्टर" is "डाक्टर"
    text = _TELEPHONE.sub(lambda match: _telephone(match[0], asked), text)
    text = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    return _JOINED.sub(_parts, _ELIDED.sub(" ", text))


def _digits(text: str) -> str:
    """Digits of any script as ASCII ones."""
    if text.isascii():
        return text
    other = {char for char in set(text) if char > "\x7f" and char.isdecimal()}
    table = {ord(char): str(unicodedata.decimal(char)) for char in other} | {0x66B: ".", 0x66C: ","}  # and Arabic signs
    return text.translate(table)


def _telephone(number: str, asked: bool) -> str:
    """A number by its last digits; in a text also by each group, of which some may be asked for."""
    digits = re.sub(r"\D", "", number)
    return f" {digits[-PHONE_DIGITS:]} " if asked else f" {digits[-PHONE_DIGITS:]} {number.replace('-', ' ')} "


def _parts(match: re.Match[str]) -> str:
    """A word with hyphens as its parts and as one word, since both are written: "check-up" and "checkup"."""
    word = match[0]
    parts = word.split("-")
    alone = any(map(str.isdecimal, parts)) or EMPTY.issuperset(map(_plain, parts))  # "est-ce", "9-18"
    return " ".join(parts if alone else [*parts, "".join(parts)])


def _stem(word: str) -> str:
    if len(word) > LONGEST_STEMMED:
        return word[:MAX_STEM_CHARS]
    if word.isascii():
        return _latin_stem(word)
    if "\u0600" <= word[0] <= "\u06ff":
        word = _ARABIC_ENDING.sub("", _ARABIC_AND.sub("", _ARABIC_ARTICLE.sub("", word)))
        return _ARABIC_PLURALS.sub(r"\1\2\3", word)[:MAX_STEM_CHARS]
    if "\u0590" <= word[0] <= "\u05ff":
        word = _HEBREW_ENDING.sub("", _HEBREW_PREFIXES.sub("", word))
    if "\u0904" <= word[0] <= "\u0939":
        return _HINDI_ENDINGS.sub("", word)[:MAX_STEM_CHARS]
    if "\u0370" <= word[0] <= "\u03ff":
        return _GREEK_ENDINGS.sub("", word)[:MAX_STEM_CHARS]
    return _without(_CYRILLIC_ENDINGS, word)[:MAX_STEM_CHARS]


def _latin_stem(word: str) -> str:
    word = _UNEVEN.get(word, word)
    for form, plain_form in _OTHER_FORMS:
        word = form.sub(plain_form, word)
    # Umlauts are often written out; somebody who writes "Oeffnung" means what was indexed without its dots.
    word = word.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    word = _DOUBLED.sub(r"\1", _without(_ENDINGS, word))  # "openings", "opening" and "open" end alike
    if word[-1] in "cz":  # "voces" and "voz", "prijzen" and "prijs"
        word = word[:-1] if len(word) > 3 else word[:-1] + "s"
    word = word[:MAX_STEM_CHARS]  # before its last letter is looked at: "réserv|ation" and "réserv|er"
    return word[:-1] + "f" if word[-1] == "v" else word  # "knives"


def _without(endings: re.Pattern[str], word: str) -> str:
    while (shorter := endings.sub("", word)) != word:
        word = shorter
    return word


def plain(text: str) -> str:
    """`text` as it is compared where parts of words are looked for: letters and ASCII digits in lower case without their
    marks, and spaces."""
    return _plain(_digits(text).translate(_APOSTROPHES))


def _plain(text: str) -> str:
    """Letters and digits in lower case, everything else a space; marks that change a letter are dropped, such as accents,
    and those that are letters of their own script are kept."""
    kept = []
    folded = text.casefold()
    for char in chain.from_iterable(
        unicodedata.normalize("NFKD", folded[at : at + NORMALIZED_AT_ONCE])
        for at in range(0, len(folded), NORMALIZED_AT_ONCE)
    ):
        kind = unicodedata.category(char)[0]
        if kind in "LN" or (kind == "M" and not unicodedata.combining(char)):
            kept.append(char)
        elif kind != "M" and char != "'":  # "don't" is one word
            kept.append(" ")
    return unicodedata.normalize("NFC", "".join(kept).lower().translate(_PLAIN_LETTERS))  # "№" has become "No"


EMPTY = frozenset(_plain(_ASKING).split()) | frozenset(_plain(_SHORT).split())
