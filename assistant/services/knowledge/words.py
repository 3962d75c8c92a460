"""Text as the words that the index holds and a search looks for, alike in every language and on every database.

The databases' own stemmers differ, and know one language at a time: here both index what Python makes of a text.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

MAX_STEM_CHARS = 6
LONGEST_STEMMED = 64  # characters; the ending of what is longer is taken off letter by letter, and tells nothing
# Characters. Normalising takes a time that grows with the square of a run of combining marks; those are dropped anyway.
NORMALIZED_AT_ONCE = 1000

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
"""
EMPTY = frozenset(_ASKING.split())
_ENDINGS = re.compile(r"(?<=\w{3})(?:ings?|ungen|ung|ies|ed|es|ern|en|er|em|s|e|n|y)$")
# Written without spaces between words: found by pairs of letters. Hiragana is left out: it is what ties Japanese words
# together, as the words in `EMPTY` do elsewhere.
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u30a0-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def stems(text: str) -> list[str]:
    """The words of `text` in their order, without accents, endings and what tells nothing; letters and digits only."""
    found: list[str] = []
    for word in _HIRAGANA.sub(" ", _plain(text)).split():
        if pairs := _UNSPACED.findall(word):
            found += [run[at : at + 2] for run in pairs for at in range(max(len(run) - 1, 1))]
            word = _UNSPACED.sub("", word)
        if word.isdecimal():
            found.append(word[:20])
        elif len(word) > 2 and word not in EMPTY:
            found.append(_stem(word))
    return found


def _stem(word: str) -> str:
    if word.isascii():
        # Umlauts are often written out; whoever writes "Oeffnung" means what was indexed without its dots.
        word = word.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    if len(word) > LONGEST_STEMMED:
        return word[:MAX_STEM_CHARS]
    while (shorter := _ENDINGS.sub("", word)) != word:  # "openings", "opening" and "open" end alike
        word = shorter
    return word[:MAX_STEM_CHARS]


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
        elif kind != "M" and char not in "'’":  # "don't" is one word
            kept.append(" ")
    return unicodedata.normalize("NFC", "".join(kept))
