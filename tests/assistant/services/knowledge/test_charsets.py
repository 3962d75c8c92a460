"""Text in any encoding: read exactly, or refused by name; never misread in silence."""

from __future__ import annotations

import pytest

from assistant.services.knowledge.extraction import read
from assistant.services.knowledge.formats.charsets import CHOICES, decoded, known
from assistant.services.knowledge.formats.result import Unreadable

TEXTS = {
    "German": (
        "Die Werkstatt öffnet früh um acht. Räder, Schläuche und Öl gibt es hier; Größe bitte angeben.",
        "cp1252 latin-1",
    ),
    "French": (
        "L'atelier ouvre à huit heures, même l'été. Les vélos réparés sont gardés au garage derrière.",
        "cp1252 mac-roman",
    ),
    "Spanish": (
        "El taller está abierto mañana. ¿Cuántas bicicletas caben aquí? El dueño contestará después.",
        "cp1252 iso8859-15",
    ),
    "Portuguese": (
        "A oficina não abre às segundas. As reparações são rápidas e a revisão é grátis até março.",
        "cp1252 latin-1",
    ),
    "Italian": (
        "L'officina è aperta il lunedì. La città è piccola, però le biciclette sono più di tremila.",
        "cp1252 latin-1",
    ),
    "Swedish": (
        "Verkstaden är öppen på måndag. Däck och kedjor går att köpa här, även åt små cyklar.",
        "cp1252 latin-1",
    ),
    "Polish": (
        "Warsztat jest czynny w każdą środę. Proszę przynieść łańcuch i dętkę, zwrócimy część kosztów.",
        "cp1250 iso8859-2",
    ),
    "Czech": (
        "Dílna je otevřena každý čtvrtek. Přineste řetěz a duši, část peněz vám vrátíme příští týden.",
        "cp1250 iso8859-2",
    ),
    "Hungarian": (
        "A műhely minden csütörtökön nyitva. Hozza el a láncot és a belsőt, a költség egy részét fizetjük.",
        "cp1250 iso8859-2",
    ),
    "Russian": (
        "Мастерская открыта по четвергам. Принесите цепь и камеру, мы вернём часть стоимости.",
        "cp1251 koi8-r iso8859-5 cp866",
    ),
    "Ukrainian": (
        "Майстерня відчинена щочетверга. Принесіть ланцюг і камеру, ми повернемо їхню вартість.",
        "cp1251 koi8-u",
    ),
    "Bulgarian": (
        "Работилницата е отворена всеки четвъртък. Донесете верига и гума, ще върнем част от сумата.",
        "cp1251",
    ),
    "Greek": (
        "Το εργαστήριο είναι ανοιχτό κάθε Πέμπτη. Φέρτε την αλυσίδα και τη σαμπρέλα σας.",
        "cp1253 iso8859-7",
    ),
    "Turkish": (
        "Atölye her perşembe açıktır. Zinciri ve iç lastiği getirin, ücretin bir kısmını öderiz.",
        "cp1254 iso8859-9",
    ),
    "Hebrew": (
        "הסדנה פתוחה בכל יום חמישי. הביאו את השרשרת ואת הפנימית, נחזיר חלק מהמחיר.",
        "cp1255 iso8859-8",
    ),
    "Arabic": (
        "الورشة مفتوحة كل يوم خميس. أحضروا السلسلة والإطار وسنعيد جزءا من الثمن.",
        "cp1256 iso8859-6",
    ),
    "Lithuanian": (
        "Dirbtuvės atidarytos kiekvieną ketvirtadienį. Atsineškite grandinę, dalį išlaidų grąžinsime.",
        "cp1257 iso8859-13",
    ),
    "Thai": (
        "โรงซ่อมเปิดทุกวันพฤหัสบดี กรุณานำโซ่และยางในมาด้วย เราจะคืนเงินบางส่วน",
        "cp874",
    ),
    "Japanese": (
        "工房は毎週木曜日に開いています。チェーンとチューブをお持ちください。",
        "cp932 euc_jp iso2022_jp",
    ),
    "Korean": (
        "공방은 매주 목요일에 엽니다. 체인과 튜브를 가져오시면 비용의 일부를 돌려드립니다.",
        "cp949 euc_kr",
    ),
    "Chinese": (
        "工坊每周四开放。请带上链条和内胎，我们会退还部分费用，欢迎大家光临。",
        "gb18030",
    ),
    "Taiwanese": (
        "工坊每週四開放。請帶上鏈條和內胎，我們會退還部分費用，歡迎大家光臨。",
        "big5",
    ),
}
EVERY = [(language, encoding) for language, (_, encodings) in TEXTS.items() for encoding in encodings.split()]


@pytest.mark.parametrize(("language", "encoding"), EVERY)
def test_a_short_text_is_read_exactly_in_each_encoding_of_its_language(language: str, encoding: str) -> None:
    text = TEXTS[language][0]
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(("language", "encoding"), EVERY)
def test_a_fragment_is_read_exactly_or_refused_wherever_it_was_cut(language: str, encoding: str) -> None:
    text = TEXTS[language][0]
    for size in (20, 40, 60):
        for at in range(0, len(text) - 20, 11):
            piece = text[at : at + size]
            try:
                assert decoded(piece.encode(encoding)) == piece
            except Unreadable as error:
                assert error.code == "unknown_encoding"


@pytest.mark.parametrize(
    "text",
    [
        "Don’t worry – we’re in the “workshop”, round the back.",
        "Mind the dog… it’s friendly",
        "Pick-up 7–9, drop-off by £3 voucher",
    ],
)
def test_english_whose_only_signs_beyond_ascii_are_typographic_is_read(text: str) -> None:
    assert decoded(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    "text",
    [
        "El señor Ibáñez está en el taller. ¿Mañana también?",
        "Fahrräder müssen draußen bleiben, größere Hunde auch",
        "Le vélo est réparé à côté, près de l’école".replace("’", "'"),
    ],
)
def test_western_text_of_a_dos_program_is_read_exactly_or_refused(text: str) -> None:
    try:
        assert decoded(text.encode("cp850")) == text
    except Unreadable as error:
        assert error.code == "unknown_encoding"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("工坊每周四开放，请带上链条。", "hz"),
        ("공방은 매주 목요일에 엽니다.", "iso2022_kr"),
        ("工房は毎週木曜日に開いています。", "iso2022_jp"),
        ("Die Töpferei öffnet donnerstags – für alle.", "utf-7"),
        ("Мастерская открыта по четвергам.", "utf-7"),
    ],
)
def test_encodings_in_seven_bits_are_told_by_their_own_marks(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text
    assert decoded(b"~{ and ~} are braces of ~{no}~ text") == "~{ and ~} are braces of ~{no}~ text"


def test_western_accents_are_not_taken_for_central_european_ones() -> None:
    text = "Lo studio è aperto dal lunedì al venerdì. La pulizia costa di più perché è più lunga"
    assert decoded(text.encode("cp1252")) == text


def test_a_single_accented_letter_is_not_taken_for_a_word_of_another_script() -> None:
    text = "dimanche à midi. Pensez à apporter votre carte vitale avec vous"
    assert decoded(text.encode("cp1252")) == text


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_unicode_is_read_with_and_without_its_mark(language: str, encoding: str) -> None:
    text = f"{TEXTS[language][0]}\n"
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_letters_that_begin_late_in_a_long_file_are_recognised(encoding: str) -> None:
    text = "An English line.\n" * 5000 + TEXTS["Russian"][0]
    assert decoded(text.encode(encoding)) == text


def test_what_may_be_two_things_is_refused_and_read_once_it_is_said_what_it_is() -> None:
    piece = "Preț: bună".encode("iso8859-16")
    with pytest.raises(Unreadable) as caught:
        read(piece, "a.txt")
    assert caught.value.code == "unknown_encoding"
    assert read(piece, "a.txt", chosen="iso8859-16").text == "Preț: bună"
    with pytest.raises(Unreadable) as caught:
        read(b"\xff\xfe\xfd", "a.txt", chosen="utf-8")
    assert caught.value.code == "wrong_encoding"


def test_every_encoding_that_staff_can_choose_is_one_that_can_be_read() -> None:
    for name, label in CHOICES:
        assert b"8".decode("ascii") == "8".encode(name).decode(name) and label


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        ("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", "koi8-r"),
        ('<?xml version="1.0" encoding="iso-8859-5"?>', "iso8859-5"),
        ("<meta charset=utf-8>", "cp1251"),  # which it is not
        ("<meta charset=iso-8859-1>", "cp1251"),  # nor this, though any byte could be
        ("<meta charset=nothing-known>", "cp1251"),
        ("<meta charset=iso-8859-1>", "utf-8"),
    ],
)
def test_what_a_page_says_of_itself_is_believed_where_it_can_be_true(head: str, encoding: str) -> None:
    text = TEXTS["Russian"][0]
    assert read(f"{head}<p>{text}".encode(encoding), "a.html").text == text


def test_what_a_server_says_goes_before_what_the_page_says() -> None:
    page = f"<meta charset=utf-8><p>{TEXTS['Japanese'][0]}".encode("euc_jp")
    assert read(page, "page.html", charset="EUC-JP").text == TEXTS["Japanese"][0]


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("ISO-8859-1", "cp1252"),
        (" 'x-sjis' ", "cp932"),
        ("gb2312", "gb18030"),
        ("hex", ""),
        ("rot13", ""),
        ("é", ""),
        ("", ""),
    ],
)
def test_labels_mean_what_they_mean_on_the_web(label: str, encoding: str) -> None:
    assert known(label) == encoding


def test_a_letter_that_was_cut_does_not_make_another_encoding_of_utf_8_and_is_noted() -> None:
    text = TEXTS["Russian"][0]
    page = read(text.encode()[1:], "a.txt")
    assert page.text.endswith(text[1:]) and page.note == "1 place could not be decoded."


@pytest.mark.parametrize("text", ["Die Töpferei öffnet – für 5 €.", "Café, déjà vu, à côté", "Керамика", "قهوة"])
def test_text_that_was_encoded_twice_is_read_as_it_was_written(text: str) -> None:
    misread = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())
    assert decoded(misread.encode()) == text
    assert decoded(f"{misread} and ß".encode()) == f"{misread} and ß"  # not all of it was: nobody knows


@pytest.mark.parametrize(
    "text", ["Call +49301234567-12 now", "a+b-c", "C++ABC- and 1+1-", "x +abcd- y", "mail me+shop@example.com"]
)
def test_a_plus_sign_does_not_make_another_encoding_of_plain_text(text: str) -> None:
    assert decoded(text.encode()) == text


@pytest.mark.parametrize("data", [b"name,beds\n7,\0\n", b"Open\0 daily", "Größe: 3\n\0\n".encode(), b"a\0bcdefgh"])
def test_a_stray_zero_does_not_make_another_script_of_plain_text(data: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        decoded(data)
    assert raised.value.code == "binary"
