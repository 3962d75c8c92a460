"""Claims in tables, headings and lines, hidden by markup or look-alike letters, are judged as a reader sees them."""

import pytest

from assistant.engine.blocks import look
from assistant.engine.claims import Gate, claimed
from assistant.engine.folding import fold

NOTHING = frozenset[str]()


def gate_of(text: str, **evidence) -> Gate:
    gate = Gate(NOTHING, **evidence)
    gate.push(text)
    gate.close()
    return gate


@pytest.mark.parametrize(
    "text",
    [
        "**Appointment confirmation**\n\nWhat: Pedicure\nWhen: 3 May, 16:00",
        "| What | When | Status |\n|---|---|---|\n| Pedicure | 3 May, 16:00 | ✅ Confirmed |",
        "Service | Status\nPedicure | Reserved",
        "Booking status: **confirmed**",
        "<table><tr><td>Status</td><td>Confirmed</td></tr></table>",
        "Confirmed: Friday, 16:00",
        "Appointment confirmation:\nFriday 3 May, 16:00\nPedicure",
        "qx7m4t is your booking code",
        "Buchungsstatus: bestätigt",
        "Statut de la réservation : confirmée",
        "Estado de la reserva: confirmada",
        "حالة الحجز: مؤكد",
        "Your table\nis now\nreserved.",
        "Ihr Tisch\nist jetzt\nreserviert.",
        "Invitation ➜ sent",
        "E-Mail ⟶ verschickt",
        "State ▶️ reserved",
        "Your table isn't unreserved any more.",
        "Ihr Tisch ist nicht mehr unreserviert.",
    ],
)
def test_lines_that_confirm_are_claims(text: str):
    assert gate_of(text).caught


@pytest.mark.parametrize(
    "text",
    [
        "Please check:\n- Service: Pedicure\n- Day: Friday\nShall I book it?",
        "| Day | Opens | Closes |\n|---|---|---|\n| Monday | 9:00 | 18:00 |",
        "| Time | Status |\n|---|---|\n| 10:00 | free |\n| 11:00 | available |",
        "Phone: 030 1234567\nE-mail: info@example.com",
        "**Opening hours**\n\nMonday to Friday: 9:00 to 18:00",
        "Booking status: not confirmed yet",
        "Home → Tables → Reserve",
        "Open: Mon → Fri, 9:00 → 18:00",
        "Your table is not reserved yet, and it is still unconfirmed.",
    ],
)
def test_lines_that_only_inform_are_not_claims(text: str):
    assert not gate_of(text).caught


@pytest.mark.parametrize("text", ["Reservation ✅", "Appointment: ✔️", "Booking – ☑"])
def test_a_tick_behind_a_label_is_left_to_the_second_judge(text: str):
    assert gate_of(text, idle=True).withheld


@pytest.mark.parametrize("text", ["Parking ✅\nReservation ✅", "Online reservation ✅ or ❌?"])
def test_ticks_in_a_list_of_features_are_not(text: str):
    assert not gate_of(text).caught


@pytest.mark.parametrize(
    "disguise",
    [
        "Your table is rеsеrvеd.",  # Cyrillic е
        "Ɏour table is ɍeserved and bꝏked.",  # letters of other alphabets in Latin script
        "Your room is ßooked.",
        "Yοur table is reserνed.",  # Greek ο, ν
        "Your table is ｒｅｓｅｒｖｅｄ.",
        "Your table is re\u034fser\u200bved.",
        "Your table is reser\U000e0041ved.",
        "Your table is res<i>er</i>ved.",
        'Your table is res<span class="a b">er</span>ved.',
        "Your table is res&#101;rved.",
        "Your table is r e s e r v e d.",
        "Your table is 𝗿𝗲𝘀𝗲𝗿𝘃𝗲𝗱.",
        "Your table is r̶e̶s̶e̶r̶v̶e̶d̶.",
        "Your table is ʀᴇꜱᴇʀᴠᴇᴅ.",
        "Your table is re<!-- no -->served.",
        "Your table is r3s3rv3d.",
        "**Your** _table_ is [reserved](https://example.com).",
    ],
)
def test_a_disguise_hides_no_claim(disguise: str):
    assert gate_of(disguise).caught
    gate, screen = Gate(NOTHING), ""
    for letter in disguise:
        screen += gate.push(letter)
    shown = fold(screen + gate.close()).text
    assert "served" not in shown and "ooked" not in shown


@pytest.mark.parametrize(
    "text", ["Grüße aus München, žluťoučký kůň", "L'été à Noël ; ça va ?", "mp3, h264 and CO₂", "1.2.3"]
)
def test_folding_leaves_ordinary_text_unchanged(text: str):
    assert not fold(text).disguised


@pytest.mark.parametrize(
    "text",
    ["Here you go: QX7M4T", "Ваш код QX7M4T", "รหัสของคุณคือ QX7M4T", "ご参考：QX7M4T", "Code (keep it): **QX7M4T**"],
)
def test_a_reference_that_was_never_issued_is_a_claim_in_every_language(text: str):
    assert gate_of(text).caught
    assert not gate_of(text, said=("Booked under the reference QX7M4T.",)).caught


def test_a_number_under_a_label_is_a_reference_whatever_its_shape():
    assert gate_of("Confirmation number: 88213").caught
    assert not gate_of("Your order number: 88213", said=("Where is my order 88213?",)).caught
    assert not gate_of("Room number: 12").caught


def test_a_language_without_a_grammar_is_left_to_the_second_judge_where_nothing_was_done():
    for text in ("การจองของคุณเรียบร้อยแล้ว", "예약이 완료되었습니다.", "Din tid är bokad på tisdag.", "Η κράτησή σας έγινε."):
        assert gate_of(text, idle=True).withheld
        assert not gate_of(text).withheld


def test_what_is_doubtful_is_withheld_with_all_that_follows_until_somebody_decides():
    gate = Gate(NOTHING)
    shown = gate.push("Hello! Your message is with the team. Anything else?") + gate.close()
    assert shown == "Hello!" and gate.withheld == " Your message is with the team. Anything else?"
    assert gate.release() == " Your message is with the team. Anything else?"
    assert gate.text == "Hello! Your message is with the team. Anything else?"


def test_what_the_second_judge_refuses_is_caught_whole():
    gate = Gate(NOTHING)
    gate.push("Hello! Your message is with the team. Anything else?")
    gate.close()
    gate.refuse()
    assert (gate.text, gate.caught) == ("Hello!", "Your message is with the team. Anything else?")


def test_a_claim_after_a_doubtful_sentence_takes_it_along():
    gate = gate_of("Hello! Your message is with the team. Your table is reserved.")
    assert gate.text == "Hello!" and gate.caught.startswith("Your message") and not gate.withheld


def test_a_claims_heading_is_withheld_with_it():
    gate = gate_of("Fine.\n\n**Table for two**\n\nStatus: reserved")
    assert gate.text.strip() == "Fine." and gate.caught


@pytest.mark.parametrize(
    "text",
    [
        "The team has been told.",
        "Someone from the office will join you here.",
        "One of our stewards knows? No: one of our colleagues will get back to you today.",
        "Das Team ist informiert.",
        "Gleich kommt jemand zu Ihnen in den Chat.",
        "Eine Kollegin ruft Sie noch heute zurück.",
        "Un collègue vous recontactera.",
        "Notre équipe est au courant.",
        "Alguien del equipo le llamará hoy.",
        "Nuestro equipo está al tanto.",
        "سينضم إليك موظف هنا.",
        "الفريق على علم بالأمر.",
    ],
)
def test_that_people_were_told_or_will_come_is_a_claim_of_a_message_sent(text: str):
    assert gate_of(text).caught
    gate = Gate(frozenset({"sent"}))
    assert gate.push(text) + gate.close() == text


@pytest.mark.parametrize(
    "text",
    [
        "Nobody from the office has been told.",
        "Once you have paid, a colleague will contact you.",
        "Shall I ask whether someone can join?",
        "Our team speaks Danish.",
        "Soll sich jemand bei Ihnen melden?",
        "Wenn Sie möchten, ruft Sie jemand zurück.",
        "L'équipe n'a pas été prévenue.",
        "Dès que vous aurez payé, un collègue vous contactera.",
        "¿Quiere que alguien le llame?",
        "En cuanto pague, un compañero le contactará.",
        "بمجرد الدفع سيتواصل معك أحد الزملاء.",
    ],
)
def test_that_people_could_be_told_or_come_is_no_claim(text: str):
    assert not gate_of(text).caught


def test_a_question_over_a_table_excuses_nothing_in_it():
    assert gate_of("|Anything unclear?|Status|\n|---|---|\n|Pedicure|Successful|").caught
    asks = gate_of("Treatment: Pedicure\nDay: Friday, 16:00\nShall I book it?")
    assert not asks.caught and not asks.withheld


def test_lines_with_labels_are_read_one_by_one():
    gate = gate_of("Before: Pedicure is booked out\nNow: your table is reserved")
    assert gate.caught.endswith("reserved")
    assert look("Before: Friday 9:00\nNow: Monday 11:30\nand no earlier").rows == (
        "Before: Friday 9:00",
        "Now: Monday 11:30",
        "and no earlier",
    )


@pytest.mark.parametrize(
    "text", ["Votre table est ven. 14 mars à 20 h réservée.", "Ihre Karten sind für Sa. 9 Mai nun reserviert."]
)
def test_a_word_cut_short_before_a_number_ends_no_sentence(text: str):
    whole = gate_of(text)
    letters = Gate(NOTHING)
    for letter in text:
        letters.push(letter)
    letters.close()
    assert whole.caught == letters.caught == text


def test_a_word_that_can_be_cut_short_ends_a_sentence_where_no_number_follows():
    assert gate_of("All set. Your table is reserved.").caught
    assert gate_of("See the sun. Your table is reserved.").text == "See the sun."


@pytest.mark.parametrize(
    "text",
    [
        "💅 Pedicure · Fri 3 May · 16:00 · reserved",
        "3 May / 16:00 / Mia / confirmed",
        "Termin • Freitag, 16 Uhr • bestätigt",
        "Status ➜ confirmed",
        "Ref. no. QX-4471",
        "PNR: QX7MLT",
        "Ref QX7 M4T",
    ],
)
def test_parts_of_a_line_and_abbreviated_labels_are_read_as_cells_and_labels(text: str):
    assert gate_of(text, idle=True).caught


@pytest.mark.parametrize(
    "text",
    ["Parking · lift · Wi-Fi", "Mon / Wed / Fri: 9:00 to 18:00", "Pedicure → 40 minutes", "Open 9:00 · closed on Sundays"],
)
def test_parts_of_a_line_that_only_inform_are_not_claims(text: str):
    gate = gate_of(text)
    assert not gate.caught and not gate.withheld


@pytest.mark.parametrize(
    "text",
    [
        "Is the table reserved? Yes.",
        "Did I send the form to Mia? I did not forget. Was it sent? Yes, it was!",
        "Ist der Tisch reserviert? Ja.",
        "La table est-elle réservée ? Oui !",
        "¿Está reservada la mesa? Sí.",
        "هل الطاولة محجوزة؟ نعم.",
    ],
)
@pytest.mark.parametrize("cut", [1, 400])
def test_a_yes_to_its_own_question_is_left_to_the_second_judge(text: str, cut: int):
    gate = Gate(NOTHING)
    for at in range(0, len(text), cut):
        gate.push(text[at : at + cut])
    gate.close()
    assert gate.withheld or gate.caught


def test_a_yes_to_another_question_and_one_after_something_was_done_are_shown():
    assert not gate_of("Is there a lift? Yes, there is.").withheld
    booked = Gate(frozenset({"booked"}))
    assert booked.push("Is the table reserved? Yes. ") and not booked.withheld


@pytest.mark.parametrize(
    "text",
    [
        "In case you were wondering, your table is reserved.",
        "Unless I'm mistaken, your table is reserved.",
        "Falls Sie sich fragen: Ihr Tisch ist reserviert.",
        "Si je ne me trompe, votre table est réservée.",
        "Si no me equivoco, su mesa está reservada.",
    ],
)
def test_a_condition_in_name_only_takes_nothing_back(text: str):
    assert gate_of(text).caught


def test_a_denial_that_is_struck_through_does_not_let_the_sentence_pass():
    assert gate_of("Your table is ~~not~~ reserved.").withheld
    assert not gate_of("The pool is ~~30~~ 25 metres long.").withheld


@pytest.mark.parametrize(
    "text",
    [
        "You will not receive a reminder e-mail.",
        "We don't have you down for Monday.",
        "U ontvangt hierover geen bericht.",
        "No recibirá ningún mensaje nuestro.",
        "Você não receberá nenhuma mensagem.",
        "Non riceverà nessun messaggio.",
        "No cancelé su clase.",
        "Aún no le envié la factura.",
        "Ainda não agendei a aula.",
        "Nunca lhe enviei um convite.",
    ],
)
def test_a_phrase_that_a_negation_stands_in_or_right_before_claims_nothing(text: str):
    assert not claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "No worries, you will receive an e-mail.",
        "I don't mind at all and we have you down for Monday.",
        "No se preocupe que ya cancelé su clase.",
        "No solo cancelé la clase, también avisé al maestro.",
        "Não só agendei a aula como avisei o professor.",
        "No avisé al maestro pero cancelé la clase.",
        "No avisé al maestro ni al taller aunque avisé a la escuela.",
        "Su clase no es hoy: su cita ya no existe.",
        "L'appuntamento non c'è più.",
    ],
)
def test_a_negation_of_something_else_takes_no_phrase_back(text: str):
    assert claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "After your call, we moved your lesson to Friday.",
        "After your note I have cancelled the order.",
        "After the storm I've booked you for Friday.",
        "Après votre appel, je vous ai envoyé un mail.",
        "Nach der Absage habe ich Ihren Kurs umgebucht.",
        "Tras su nota, he cancelado el pedido.",
        "Dopo la sua nota ho annullato l'ordine.",
        "Depois da sua nota, cancelei o pedido.",
        "Na uw telefoontje heb ik de tafel gereserveerd.",
    ],
)
def test_what_the_writer_did_after_something_is_claimed(text: str):
    assert claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "After booking, you will receive an e-mail.",
        "With each purchase you'll get a confirmation.",
        "Lessons that are cancelled on the same day are charged.",
        "Orders that have been paid can be collected at the desk.",
        "Après la réservation, vous recevrez un message.",
        "Nach Eingang der Anzahlung erhalten Sie eine Bestätigung.",
        "Después de pagar, recibirá un correo.",
        "Ao comprar, você receberá um e-mail.",
        "Po zakupie otrzyma Pani e-mail.",
        "お支払い後、確認メールが届きます。",
        "After the fire we moved to a larger hall.",
        "After the lesson we send you the notes by e-mail.",
    ],
)
def test_what_follows_whatever_somebody_does_is_a_rule(text: str):
    assert not claimed(text)
