"""What patterns read wrongly is weighed as a whole sentence, by signs whose weights are learned from read texts."""

import pytest

from assistant.engine import weighing
from assistant.engine.claims import Gate
from assistant.engine.grammars import GRAMMARS
from tests.assistant.engine.corpus import Case
from tests.bench import train_claims


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
