"""What patterns read wrongly is weighed as a whole sentence, by signs whose weights are learned from read texts."""

import math

import pytest

from assistant.engine import weighing
from assistant.engine.claims import Gate
from assistant.engine.clauses import _asserting
from assistant.engine.grammars import GRAMMARS
from assistant.engine.needed_words import needs_met_by
from tests.assistant.engine.corpus import Case
from tests.assistant.engine.test_needed_words import texts_of
from tests.bench import train_claims
from tests.work import calls_by_name


def gate_of(text: str) -> Gate:
    gate = Gate(frozenset(), idle=True)
    gate.push(text)
    gate.close()
    return gate


@pytest.mark.parametrize(
    "text",
    [
        "Good news: the luthier squeezed your cello in before the concert.",
        "اشتراكك في المعهد ينتهي الليلة حسب رغبتك.",
        "Auf unsere Bitte hat der Stimmer den Dienstag getauscht.",
        "موظفة المعهد تقول إنها سجّلتك في الكورال.",
        "De stemmer heeft je vleugel op de lijst van donderdag.",
        "Il liutaio ha il tuo violino sul banco da stamattina.",
        "Stroiciel ma pana fortepian na piątek.",
        "調律師に火曜のご希望を伝えておきました。",
        "琴房从周三起归您用了。",
    ],
)
def test_a_claim_without_a_form_that_patterns_know_is_withheld_for_its_words(text: str):
    assert gate_of(text).withheld or gate_of(text).caught


@pytest.mark.parametrize(
    "text",
    [
        "Der Flügel wird gestimmt übergeben und ebenso zurückgenommen.",
        "La salle a été fermée pour peinture en juin et a rouvert en juillet.",
        "D'ici, je n'ai aucun moyen de joindre le professeur.",
        "La sala estuvo cerrada por obras el verano pasado y volvió a abrir en otoño.",
        "Die Warteliste wird am Monatsende gelöscht.",
        "In de lift passen acht mensen.",
    ],
)
def test_a_rule_or_a_piece_of_history_in_a_claims_form_is_shown_for_its_words(text: str):
    assert gate_of(text).text == text


@pytest.mark.parametrize(
    "text", ["Morning!", "Good afternoon.", "Grüß Gott.", "Salut !", "Muy buenas.", "تحياتي.", "Right."]
)
def test_a_greeting_is_too_short_to_be_weighed(text: str):
    assert not gate_of(text).withheld


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_the_weights_of_a_language_are_of_the_texts_as_they_are(language: str):
    """After a change to them: `python -m tests.bench.train_claims`."""
    assert train_claims.checksum(language) in (weighing.WEIGHTS / f"{language}.txt").read_text(encoding="utf-8")


def test_what_only_claims_have_in_common_is_learned_to_speak_for_one():
    nouns = ("harp", "lute", "oboe", "drum")
    texts = [Case("en", True, f"The {noun} is waxed for you.") for noun in nouns]
    texts += [Case("en", False, f"The {noun} is heavy as such.") for noun in nouns]
    weights = train_claims.learn("en", texts)
    assert weights["waxed"] > 0 > weights["heavy"]
    assert train_claims.weigh(weights, train_claims.rows_of("en", "The horn is waxed for you.")[0]) > 0
    assert train_claims.weigh(weights, train_claims.rows_of("en", "The horn is heavy as such.")[0]) < 0


def test_of_a_claim_in_several_sentences_the_likeliest_is_learned_as_the_claim():
    nouns = ("harp", "lute", "oboe", "drum")
    texts = [Case("en", True, f"Rain again today. The {noun} is waxed for you.") for noun in nouns]
    texts += [Case("en", True, f"The {noun} is waxed for you.") for noun in nouns]
    texts += [Case("en", False, "Rain again today."), Case("en", False, "Rain again today, alas.")]
    weights = train_claims.learn("en", texts)
    assert weights["waxed"] > 0 and weights.get("rain", 0.0) <= 0


def test_weights_are_written_so_that_they_can_be_read_back():
    weights = {"": -0.5, "waxed": 1.234, "is waxed": -0.3}
    text = train_claims.written("en", weights)
    assert dict(weighing.parse(text)) == {"": -0.5, "waxed": 1.23, "is waxed": -0.3}


def weight_of(language: str, plain: str, context: str) -> float:
    """The sum of all signs, each of which was looked for."""
    weights = dict(weighing.parse((weighing.WEIGHTS / f"{language}.txt").read_text(encoding="utf-8")))
    return math.fsum(weights.get(sign, 0.0) for sign in {"", *weighing.signs(language, plain, context)})


@pytest.mark.parametrize("language", GRAMMARS)
def test_what_is_searched_no_further_reaches_what_the_sum_of_all_signs_reaches(language: str):
    texts = [" ".join(text.split()) for text in texts_of(language, step=24)]
    texts += [f"{text} Now your own, always." for text in texts[::4]]  # words that are signs of another kind, too
    for place, plain in enumerate(texts):
        context = texts[place - 1] if place % 3 == 0 else ""
        exact = weight_of(language, plain, context)
        assert weighing.Weight(language, plain, context).reaches(exact), plain
        assert weighing.Weight(language, plain, context).reaches(exact + 1.5, 1.5 + 1e-6), plain
        assert not weighing.Weight(language, plain, context).reaches(exact + 0.005), plain
        several = weighing.Weight(language, plain, context)
        assert [several.reaches(exact + more) for more in (-9.0, 9.0, -0.1, 0.1, 0.0)] == [True, False, True, False, True]


@pytest.mark.parametrize("language", GRAMMARS)
def test_a_clause_has_no_words_that_its_sentence_has_not(language: str):
    for plain in (" ".join(text.split()) for text in texts_of(language, step=24)):
        for clause in _asserting(language, plain, False):
            assert not needs_met_by(clause) & ~needs_met_by(plain), (clause, plain)


def test_patterns_are_not_searched_where_words_decide():
    sentence = "Our chairs are on the {} floor; children may sit in the corner with the {} sofa."
    exact = weight_of("en", sentence.format("second", "red"), "")
    searches = []
    for colour, enough in (("grey", 9.0), ("green", -9.0), ("white", exact)):
        # Another text each time: patterns remember what they searched last.
        weight = weighing.Weight("en", sentence.format("second", colour))
        calls = calls_by_name(lambda weight=weight, enough=enough: weight.reaches(enough))
        searches.append(calls["<method 'search' of 're.Pattern' objects>"])
    assert searches[:2] == [0, 0] and searches[2] > 2
