"""Quotes in replies by e-mail: what Gmail, Apple Mail, Outlook and Thunderbird write above them, in every language."""

from __future__ import annotations

from email.message import EmailMessage
from textwrap import wrap

import pytest

from assistant.sentences import LANGUAGES
from assistant.services.conversations.email_replies import WHOLE, Reply, read_reply

ME = "Haus am See <info@see.example>"
QUOTED = {
    "en": [
        f"On Mon, Mar 4, 2030 at 9:15 AM {ME} wrote:",
        f"On 4 Mar 2030, at 09:15, {ME} wrote:",
        "On 04/03/2030 09:15, Haus am See wrote:",
        f"From: {ME}\nSent: Monday, 4 March 2030 09:15\nTo: Eva <eva@mail.example>\nSubject: Your stay",
    ],
    "de": [
        f"Am Mo., 4. März 2030 um 09:15 Uhr schrieb {ME}:",
        f"Am 04.03.2030 um 09:15 schrieb {ME}:",
        f"Von: {ME}\nGesendet: Montag, 4. März 2030 09:15\nAn: Eva\nBetreff: Ihr Aufenthalt",
    ],
    "fr": [
        f"Le lun. 4 mars 2030 à 09:15, {ME} a écrit :",
        f"Le 4 mars 2030 à 09:15, {ME} a écrit :",
        f"De : {ME}\nEnvoyé : lundi 4 mars 2030 09:15\nÀ : Eva\nObjet : Votre séjour",
    ],
    "es": [
        f"El lun, 4 mar 2030 a las 9:15, {ME} escribió:",
        f"El 4 mar 2030, a las 9:15, {ME} escribió:",
        f"De: {ME}\nEnviado el: lunes, 4 de marzo de 2030 9:15\nPara: Eva\nAsunto: Su estancia",
    ],
    "it": [
        f"Il giorno lun 4 mar 2030 alle ore 09:15 {ME} ha scritto:",
        f"Il giorno 4 mar 2030, alle ore 09:15, {ME} ha scritto:",
        "Il 04/03/2030 09:15, Haus am See ha scritto:",
        f"Da: {ME}\nInviato: lunedì 4 marzo 2030 09:15\nA: Eva\nOggetto: Il suo soggiorno",
    ],
    "pt": [
        f"Em seg., 4 de mar. de 2030 às 09:15, {ME} escreveu:",
        f"{ME} escreveu (segunda, 4/03/2030 à(s) 09:15):",
        f"No dia 4 de mar. de 2030, às 09:15, {ME} escreveu:",
        f"De: {ME}\nEnviada em: segunda-feira, 4 de março de 2030 09:15\nPara: Eva\nAssunto: A sua estadia",
    ],
    "nl": [
        f"Op ma 4 mrt 2030 om 09:15 schreef {ME}:",
        f"Op 4 mrt. 2030, om 09:15 heeft {ME} het volgende geschreven:",
        "Op 04-03-2030 om 09:15 schreef Haus am See:",
        f"Van: {ME}\nVerzonden: maandag 4 maart 2030 09:15\nAan: Eva\nOnderwerp: Uw verblijf",
    ],
    "pl": [
        f"pon., 4 mar 2030 o 09:15 {ME} napisał(a):",
        f"Wiadomość napisana przez {ME} w dniu 4 mar 2030, o godz. 09:15:",
        "W dniu 04.03.2030 o 09:15, Haus am See pisze:",
        f"Od: {ME}\nWysłane: poniedziałek, 4 marca 2030 09:15\nDo: Eva\nTemat: Pobyt",
    ],
    "ru": [
        f"пн, 4 мар. 2030 г. в 09:15, {ME}:",
        f"4 марта 2030 г., в 09:15, {ME} написал(а):",
        "04.03.2030 09:15, Haus am See пишет:",
        f"От: {ME}\nОтправлено: 4 марта 2030 г. 09:15\nКому: Eva\nТема: Проживание",
    ],
    "uk": [
        f"пн, 4 бер. 2030 р. о 09:15 {ME} пише:",
        f"4 бер. 2030 р. о 09:15 {ME} написав(-ла):",
        f"Від: {ME}\nНадіслано: 4 березня 2030 р. 09:15\nКому: Eva\nТема: Проживання",
    ],
    "tr": [
        f"{ME}, 4 Mar 2030 Pzt, 09:15 tarihinde şunu yazdı:",
        f"{ME} şunları yazdı (4 Mar 2030 09:15):",
        f"Kimden: {ME}\nGönderildi: 4 Mart 2030 Pazartesi 09:15\nKime: Eva\nKonu: Konaklama",
    ],
    "ar": [
        f"في الاثنين، 4 مارس 2030 في 9:15 ص تمت كتابة ما يلي بواسطة {ME}:",
        f"في ٤ مارس ٢٠٣٠، الساعة ٩:١٥ ص، كتب/كتبت {ME}:",
        f"من: {ME}\nتم الإرسال: الاثنين، 4 مارس 2030 09:15\nإلى: Eva\nالموضوع: إقامتك",
    ],
    "he": [
        f"\u202bבתאריך יום ב׳, 4 במרץ 2030 ב-9:15 מאת \u202a{ME}\u202c\u200f:\u202c",
        f"ב-4 במרץ 2030, בשעה 9:15, {ME} כתב/ה:",
        f"מאת: {ME}\nנשלח: יום שני 4 מרץ 2030 09:15\nאל: Eva\nנושא: השהות",
    ],
    "hi": [
        f"सोम, 4 मार्च 2030 को 9:15 am बजे को {ME} ने लिखा:",
        f"प्रेषक: {ME}\nभेजा गया: 4 मार्च 2030 09:15\nप्रति: Eva\nविषय: आपका ठहरना",
    ],
    "ja": [
        f"2030年3月4日(月) 9:15 {ME}:",
        f"2030/03/04 9:15、{ME}のメール:",
        f"差出人: {ME}\n送信日時: 2030年3月4日 9:15\n宛先: Eva\n件名: ご滞在",
    ],
    "zh": [
        f"{ME} 于2030年3月4日周一 09:15写道：",
        f"2030年3月4日 09:15，{ME} 写道：",
        f"发件人: {ME}\n发送时间: 2030年3月4日 9:15\n收件人: Eva\n主题: 您的住宿",
        f"寄件者: {ME}\n寄件日期: 2030年3月4日 上午 09:15\n收件者: Eva\n主旨: 您的住宿",
    ],
}
LINES = [(language, line) for language, lines in QUOTED.items() for line in lines]


OURS = "##- Please write your answer above this line -##\n\nEmma wrote:\n\nWould Friday suit you?\n\nReply to this e-mail."
GMAIL = f"On Mon, Mar 4, 2030 at 9:15 AM {ME} wrote:"


def read(text: str, sent: str = "", *, html: bool = False) -> Reply:
    mail = EmailMessage()
    mail.set_content(text, subtype="html" if html else "plain")
    return read_reply(mail, [sent])


def kept(text: str, sent: str = "") -> str:
    return "\n".join(read(text, sent).texts)


def marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def test_every_language_of_the_product_is_tried():
    assert set(QUOTED) == set(LANGUAGES)


@pytest.mark.parametrize(("language", "line"), LINES)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_the_line_above_a_quote_is_cut_off_with_it(language, line, gap):
    assert kept(f"Can I bring my dog?{gap}{line}\n\n> Welcome.\n> We are open.\n") == "Can I bring my dog?"


@pytest.mark.parametrize(("language", "line"), [one for one in LINES if "\n" not in one[1]])
@pytest.mark.parametrize("width", [62, 68, 72, 76])
def test_a_line_that_was_wrapped_is_cut_off_whole(language, line, width):
    wrapped = "\n".join(wrap(line.replace("Haus am See", "Empfang vom Haus am See an der Promenade"), width))
    assert kept(f"Can I bring my dog?\n\n{wrapped}\n\n> Welcome.\n") == "Can I bring my dog?"
    assert kept(f"Can I bring my dog?\n{wrapped}\n\n> Welcome.\n") == "Can I bring my dog?"


def test_a_line_that_was_wrapped_within_the_address_is_cut_off_whole():
    wrapped = "Il giorno lun 4 mar 2030 alle ore 09:15 Empfang vom Haus am See <\ninfo@see.example> ha scritto:"
    assert kept(f"Can I bring my dog?\n{wrapped}\n\n> Welcome.\n") == "Can I bring my dog?"


@pytest.mark.parametrize(
    "rule", ["________________________________", "-----Messaggio originale-----", "-------- Oryginalna wiadomość --------"]
)
def test_a_rule_above_a_repeated_header_goes_with_it(rule):
    header = QUOTED["it"][-1]
    assert kept(f"Can I bring my dog?\n\n{rule}\n{header}\n\nWelcome.\n") == "Can I bring my dog?"


@pytest.mark.parametrize(
    "text",
    [
        "We would come at 9:15. These are our names:\nEva\nJan",
        "Da: Roma\nRitorno: lunedì",
        "My address is eva@mail.example. Please write:\n- the price\n- the time",
        "Your colleague wrote to me. I have two questions:\n1. Dogs?\n2. Parking?",
        "От вас: завтрак.\nСпасибо!",
    ],
)
def test_what_a_visitor_writes_with_colons_is_kept(text):
    assert kept(text) == text


def test_html_without_a_block_for_the_quote_loses_it_too():
    mail = EmailMessage()
    quoted = "<div>Op ma 4 mrt 2030 om 09:15 schreef Haus am See &lt;info@see.example&gt;:<br></div><div>Welkom.</div>"
    mail.set_content(f"<div>Mag mijn hond mee?</div>{quoted}", subtype="html")
    assert read_reply(mail, ["Grace schreef:\n\nWelkom."]).texts == ["Mag mijn hond mee?"]


@pytest.mark.parametrize("sent", [OURS, ""])
@pytest.mark.parametrize(("language", "line"), LINES)
def test_an_answer_below_the_quote_is_what_they_wrote(language, line, sent):
    assert kept(f"{line}\n\n{marked(OURS)}\n\nFriday is fine.\n\nEva\n", sent) == "Friday is fine.\n\nEva"


def test_an_answer_below_a_quote_without_marks_is_found_by_what_we_have_sent():
    header = QUOTED["de"][-1]
    ours = OURS.replace("to this e-mail", "to\nthis e-mail").replace("Emma wrote", "*Emma wrote*")
    assert read(f"{header}\n\n{ours}\n\nFreitag passt.\n", OURS) == Reply(["Freitag passt."])
    answered = ours.replace("you?", "you?\n\nJa, um neun.")
    above = read(f"Gern!\n\n{header}\n\n{answered}\n", OURS)
    assert above.texts == ["Gern!"] and [note.endswith("\n\nJa, um neun.") for note in above.notes] == [True]


@pytest.mark.parametrize("text", [f"{GMAIL}\n\n{marked(OURS)}\n", f"{OURS}\n", f"{QUOTED['fr'][-1]}\n\n{OURS}"])
@pytest.mark.parametrize("sent", [OURS, ""])
def test_a_mail_that_is_nothing_but_a_quote_is_kept_whole_and_noted(text, sent):
    found = read(text, sent)
    assert found.texts == [text.strip()] and found.notes == [WHOLE]


def test_a_mail_without_any_text_has_no_reply():
    assert read(" \n\n") == read("<title>Re</title><p>&nbsp;<img src=x>", html=True) == Reply([])


@pytest.mark.parametrize("above", ["", "See below.\n\n"])
@pytest.mark.parametrize("sent", ["Friday?\nAt which time?", ""])
def test_answers_between_quoted_lines_are_kept_with_what_they_answer(above, sent):
    text = f"{above}{GMAIL}\n> Friday?\nYes.\n> At which time?\nAt nine.\n>\n> Kind regards\n"
    found = kept(text, sent)
    assert found.startswith(above) and found.endswith("> Friday?\nYes.\n> At which time?\nAt nine.")


def test_words_above_and_below_a_quote_are_kept_and_of_the_quote_what_is_not_ours():
    text = f"Thank you!\n\n{GMAIL}\n{marked(OURS)}\n\nPS: We bring a dog.\n\n{GMAIL}\n> Hello\n"
    assert (
        kept(f"Thank you!\n\n{GMAIL}\n{marked(OURS)}\n\nPS: We bring a dog.\n", OURS) == "Thank you!\n\nPS: We bring a dog."
    )
    assert "PS: We bring a dog." in kept(text, OURS) and not kept(text, OURS).endswith("Hello")
    theirs = "Hello,\nthe vet wrote on 3.4.2030:\n> no food before noon\nDo you agree?"
    assert kept(theirs, OURS) == theirs


@pytest.mark.parametrize(
    "text",
    [
        "Good morning,\nthe vet wrote at 8:30:\nno food before noon.\nDo you agree?",
        "Wie Sie am 2.5.2030 schrieb ich Ihnen:\nzwei Zimmer. Bleibt es dabei?",
        "On 4 Mar 2030 at 09:15 your colleague <desk@see.example> wrote:\nthe room is 90. Still so?",
        "Our trip:\nFrom: Linz\nDate: 2 June\nTo: Bled\nIs the lake warm?",
        "Von: Linz\nDatum: 2. Juni\nAn: Bled",
        "Our trip:\nFrom: Linz\nDate: 2 June\nTo: Bled\nSubject: a birthday\n\nIs the lake warm?",
        "We are:\n> two adults\n> one child\nIs there room?",
        "We are:\n> two adults\n> one child",
    ],
)
def test_a_sentence_like_the_words_about_a_quote_cuts_nothing_off(text):
    assert read(text, OURS) == Reply([text])
    assert kept(f"{text}\n\n{GMAIL}\n\n{marked(OURS)}\n", OURS) == text, "what is quoted below it is still cut off"


def test_a_sentence_of_ours_that_they_name_does_not_end_the_mail():
    text = "Hello,\nas you wrote on 3.4.2030:\nWould Friday suit you?\nIt would not."
    assert kept(text, OURS) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>Friday.</div><blockquote>Would Friday suit you?<div>Emma</div>", "Friday."),
        ("<blockquote type=cite><p>Would Friday suit you?</blockquote><div>Friday.</div>", "Friday."),
        ("<p>Two:<blockquote style='margin:0 0 0 40px; border: none'>a cot</blockquote><p>a bed", "Two:\na cot\na bed"),
        ("<div>Friday.</div><div><br></div><div>At<br>nine.</div>", "Friday.\n\nAt\nnine."),
        ("<p>Friday\nor Monday.", "Friday or Monday."),
    ],
)
def test_quotes_in_html_are_what_the_mail_program_marks_as_such(html, text):
    assert read(html, OURS, html=True) == Reply([text])
