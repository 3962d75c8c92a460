"""A word that begins a condition begins none where it tells the time, or is another word."""

import pytest

from assistant.engine.claims import claimed


@pytest.mark.parametrize(
    "text",
    [
        "Dersinizi on dakika önce iptal ettim.",
        "Öğleden sonra dört için randevunuz oluşturuldu.",
        "Odanız pazara kadar ayrıldı, masanız da ayrıldı.",
        "Kursa kaydınızı yaptım.",
        "קבעתי לך שיעור ליום שני אחרי הצהריים.",
        "ביטלתי את השיעור לפני שעה.",
        "הזמנתי לך את החדר עד שמונה.",
        "Я забронировал вам зал на пятницу после обеда.",
        "Я забронював вам зал на п'ятницу після обіду.",
        "Zarezerwowałam salę na piątek po południu.",
        "मैंने दोपहर के बाद आपका कमरा बुक कर दिया है।",
        "मैंने दोस्तों के लिए कमरा बुक कर दिया है।",
        "金曜日の午後に教室を予約しました。",
        "17時以後にお席をお取りしました。",
        "17時までお席を確保しました。",
        "已为您预约当天上午的课。",
        "已为您预约五点以后的课。",
        "L'e-mail di conferma è stata inviata.",
        "La conferma è stata spedita.",
        "Con la conferma, la sua aula è stata prenotata.",
    ],
)
def test_a_time_or_a_confirmation_is_no_condition(text: str):
    assert claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Kayıttan sonra e-posta gönderildi.",
        "Ödeme yapılana kadar oda ayrıldı sayılmaz.",
        "Rezervasyon yaparsanız onay gönderilmiştir.",
        "אחרי התשלום ההזמנה אושרה.",
        "לפני שתאשר, התור לא נקבע.",
        "После оплаты запись подтверждена.",
        "Після оплати запис підтверджено.",
        "Po opłaceniu rezerwacja jest potwierdzona.",
        "भुगतान के बाद बुकिंग कर दी गई है।",
        "お支払いまで予約は確定しました扱いになりません。",
        "付款之后预约已确认。",
        "Se conferma, l'aula è stata prenotata.",
        "Confermi, e l'aula è prenotata.",
    ],
)
def test_what_somebody_must_do_first_is_a_condition(text: str):
    assert not claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "I've booked you for after the concert.",
        "I cancelled it after your message.",
        "I reserved the hall until nine.",
        "I've once again sent you the link.",
        "Your lesson has been moved to after the holidays.",
        "J'ai annulé le cours dès que possible.",
        "He reservado la sala para después de la clase.",
        "Ho prenotato l'aula per dopo la lezione.",
        "Reservei a sala para depois da aula.",
    ],
)
def test_what_the_writer_did_has_been_done_whenever_it_was(text: str):
    assert claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'll book it once you have chosen.",
        "I could have cancelled it after your message.",
        "I have not reserved the hall until nine.",
        "I sent nothing after your call.",
        "We sent a newsletter after the concert.",
        "Je n'ai rien annulé après votre appel.",
        "No he reservado nada después de la clase.",
    ],
)
def test_what_the_writer_would_do_or_did_not_do_is_no_claim(text: str):
    assert not claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "That's been taken care of.",
        "It has been dealt with for you.",
        "You asked me to drop the lesson, so I did.",
        "I could put it off, and I did so.",
        "You wanted it moved, and I've done that.",
        "手続きは済んでいます。",
    ],
)
def test_that_it_was_done_is_claimed_without_saying_what(text: str):
    assert claimed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Pets are taken care of by our neighbour.",
        "That is usually taken care of by the school.",
        "I did not.",
        "Did you?",
        "I did look, and nothing is free.",
        "I haven't done that.",
        "手続きはまだ済んでいません。",
    ],
)
def test_that_it_is_done_as_a_rule_or_not_at_all_is_no_claim(text: str):
    assert not claimed(text)
