"""Words of a text and of a question: what is written in several ways is one word."""

from __future__ import annotations

import pytest

from assistant.models import Assistant, Document, Passage
from assistant.services.knowledge import documents
from assistant.services.knowledge.search import search
from assistant.services.knowledge.words import VERSION, stems
from tests import make
from tests.work import calls_of


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        # Elision, with any apostrophe.
        ("ouverture", "L'ouverture"),
        ("ouverture", "l’ouverture"),
        ("entrée", "jusqu'à l`entrée"),
        ("orario", "dell'orario"),
        ("orario", "sull’orario"),
        ("ora", "un'ora"),
        ("obertura", "d'obertura"),
        # Words of two letters.
        ("tv", "a TV in every room"),
        ("WC", "Das WC ist unten"),
        ("QR", "Scan the QR code"),
        # Arabic: articles with what stands before them, letter forms, marks.
        ("سعر", "السعر"),
        ("سعر", "والسعر"),
        ("سعر", "بالسعر"),
        ("موعد", "للموعد"),
        ("الأسنان", "اسنان"),
        ("مدرسه", "المدرسة"),
        ("مستشفي", "مستشفى"),
        ("موعد", "مـــوعِدٌ"),
        ("وصول", "الوصول"),
        ("إجازة", "اجازات"),
        # Digits of any script, groups of thousands, telephone numbers.
        ("15", "١٥"),
        ("15", "१५"),
        ("15", "１５"),
        ("1200", "1.200 €"),
        ("1200", "€1,200.50"),
        ("1200", "1 200 kr"),
        ("1200", "CHF 1'200.-"),
        ("1,200,000", "1200000"),
        ("0301234567", "030 / 123 45-67"),
        ("+49 30 1234567", "(030) 123-4567"),
        ("+٤٩ ٣٠ ١٢٣٤٥٦٧", "0301234567"),
        ("30 min", "30min"),
        # Hyphens.
        ("checkup", "check-up"),
        ("check-up", "a checkup"),
        ("email", "E‑Mail"),
        ("wifi", "Wi-Fi"),
        # Letters of Latin and Greek.
        ("istanbul", "İSTANBUL"),
        ("isik", "ışık"),
        ("strasse", "Straße"),
        ("aerzte", "Ärzte"),
        ("kobenhavn", "København"),
        ("lodz", "Łódź"),
        ("οδοντίατρος", "ΟΔΟΝΤΊΑΤΡΟΣ"),
        # One and several, in the languages that have rules for it.
        ("shelf", "two shelves"),
        ("quiz", "quizzes on Fridays"),
        ("swim", "swimming lessons"),
        ("children", "for a child"),
        ("tooth", "wisdom teeth"),
        ("details", "every detail"),
        ("theater", "a theatre nearby"),
        ("Museum", "Museen der Stadt"),
        ("Praxis", "beide Praxen"),
        ("Stadt", "Städte und Dörfer"),
        ("hôpital", "les hôpitaux"),
        ("bureau", "nos bureaux"),
        ("travail", "travaux publics"),
        ("jeu", "des jeux"),
        ("luz", "las luces"),
        ("reserva", "reservas"),
        ("habitación", "habitaciones"),
        ("gioco", "i giochi"),
        ("prezzo", "prezzi"),
        ("reservação", "reservações"),
        ("prijs", "prijzen"),
        ("комната", "в комнатах"),
        ("услуга", "наши услуги"),
        ("година", "дві години"),
        ("oda", "odalar"),
        ("سعر", "الأسعار"),
        ("موعد", "مواعيد"),
        ("مطعم", "مطاعم"),
        ("درس", "الدروس"),
        ("سيارة", "سيارتكم"),
        # Fractions and signs.
        ("1,5", "1½ hours"),
        ("1.5", "1,5 Stunden"),
        ("12,50", "12⁵⁰ €"),
        ("no 7", "№ 7"),
        # Hebrew: prefixes, final letters, points.
        ("מחיר", "המחיר"),
        ("מחיר", "במחיר"),
        ("שולחן", "לשולחן"),
        ("חדר", "חדרים"),
        ("שלום", "שָׁלוֹם"),
        # Verbs and what is made of them, where the word is cut off behind its stem.
        ("réserver", "la réservation"),
        ("reservar", "una reserva"),
        ("observe", "observation deck"),
        ("colour", "in every color"),
        # Hindi: endings, nasals and borrowed vowels. Greek: several.
        ("मेज", "मेजों पर"),
        ("किताब", "किताबें"),
        ("दरवाज़ा", "दरवाजे"),
        ("नदी", "नदियाँ"),
        ("चाँद", "चांद"),
        ("हिन्दी", "हिंदी"),
        ("कॉफ़ी", "काफी"),
        ("αίθουσα", "οι αίθουσες"),
        ("πακέτο", "πακέτα"),
        # Signs that are a word by themselves, and words that are Hiragana alone.
        ("猫", "小猫可以进来"),
        ("お酒", "日本酒"),
        ("물", "물은"),
        ("うどん", "うどんとそば"),
    ],
)
def test_what_is_asked_in_one_way_is_found_where_it_is_written_in_another(asked: str, written: str) -> None:
    wanted = stems(asked, asked=True)
    assert wanted and len(set(wanted) & set(stems(written))) * 2 >= len(set(wanted))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("price", "prince"),
        ("menu", "men"),
        ("رسالة", "رسوم"),
        ("don't", "ton"),
        ("wc", "tv"),
        ("1.20", "120"),
        ("12.50", "1250"),
        ("9-18", "918"),
        ("وقت", "قت"),
        ("up", "it"),
        ("hour", "horse"),
        ("猫咪", "小猫"),
        ("営業はいつですか", "いつです"),
    ],
)
def test_what_means_something_else_stays_another_word(one: str, other: str) -> None:
    assert not set(stems(one, asked=True)) & set(stems(other))


@pytest.mark.parametrize("chatter", ["is it on or off to us", "où est-ce que tu vas", "wo ist es", "هل هو في", "он на то"])
def test_stop_words_do_not_count(chatter: str) -> None:
    assert len(stems(chatter)) <= 1


@pytest.mark.parametrize("shape", ["a-", "1 ", "1.", "l'", "ال", "ה", "1-a", "'", "١", "-", "(1)", "行a"])
def test_the_work_grows_with_the_text_and_not_faster(shape: str) -> None:
    def calls(text: str) -> int:
        return calls_of(lambda: stems(text))

    assert calls(shape * 4000) <= 2.2 * calls(shape * 2000) + 100


@pytest.fixture
def mia() -> Assistant:
    return make.assistant()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("heures d'ouverture", "L’ouverture est à neuf heures."),
        ("is there a WC", "The WC is on the first floor."),
        ("كم سعر التنظيف؟", "وسعر تنظيف الأسنان ٣٠٠ ريال."),
        ("call 0301234567", "Call us: +49 30 123 45 67."),
        ("what costs 1200", "An implant is € 1.200."),
    ],
)
def test_passages_are_found_by_every_form_of_their_words(mia: Assistant, query: str, body: str) -> None:
    document = Document(organization=mia.organization, title="Practice", text=f"# One\n{body}\n# Two\nSomething else.")
    documents.queue(document)
    assert [found.heading for found in search(mia.organization, mia, query)][:1] == ["Practice › One"]


@pytest.mark.django_db
def test_what_an_older_version_has_indexed_is_indexed_anew_and_stays_searchable(mia: Assistant) -> None:
    document = Document(organization=mia.organization, title="Practice", text="# One\nL'ouverture.\n# Two\nParking.")
    documents.queue(document)
    home = f"o{mia.organization_id}o"
    Passage.objects.filter(text="L'ouverture.").update(words=f"{home} louver")
    rows = set(Passage.objects.values_list("pk", flat=True))
    Document.objects.update(words_version=VERSION - 1)
    assert search(mia.organization, mia, "parking") and not search(mia.organization, mia, "ouverture")
    assert documents.index_due() == 1
    assert search(mia.organization, mia, "ouverture") and documents.index_due() == 0
    assert set(Passage.objects.values_list("pk", flat=True)) == rows  # their vectors are kept
    document.refresh_from_db()
    assert (document.state, document.words_version) == ("ready", VERSION)


@pytest.mark.django_db
def test_indexing_anew_takes_a_bounded_number_of_documents_at_a_time(mia: Assistant) -> None:
    for number in range(3):
        documents.queue(Document(organization=mia.organization, title=f"Text {number}", text="Parking."))
    Document.objects.update(words_version=0)
    assert [documents.index_due(2), documents.index_due(2), documents.index_due(2)] == [2, 1, 0]
    Document.objects.update(words_version=0)
    assert [documents.index_due(passages=1), documents.index_due(passages=1)] == [2, 1]
