"""A claim must match its receipt in the action, the time, the reference and the number."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.engine import claims
from assistant.engine.claims import Gate
from assistant.llm import Receipt

START = datetime(2030, 1, 8, 10, 0, tzinfo=UTC)  # a Tuesday


def receipt(act: str = "booked", reference: str = "K7QM2P", start: datetime = START) -> Receipt:
    return Receipt(act, reference, (start, start + timedelta(minutes=30)), "Tuesday 8 January, 10:00")


def caught(text: str, *receipts: Receipt, said: tuple[str, ...] = ()) -> bool:
    gate = Gate(frozenset({one.act for one in receipts}), receipts, said=said)
    gate.push(text)
    gate.close()
    return bool(gate.caught or gate.withheld)


BACKED = [
    "Your appointment is booked for Tuesday at 10:00.",
    "I've booked you in for Tuesday, 8 January at 10 am. Your reference is K7QM2P.",
    "Ihr Termin am Dienstag um 10 Uhr ist gebucht.",
    "Votre rendez-vous est réservé pour mardi à 10 h.",
    "Su cita está reservada para el martes a las 10:00.",
    "تم حجز موعدك يوم الثلاثاء الساعة 10:00.",
    "**Booking confirmation**\n- Day: Tuesday\n- Time: 10:00\n- Reference: K7QM2P",
    "See you on Tuesday at 10!",
    "Your appointment is booked, and we close at 18:00.",
    "Your appointment is booked. I've also sent you a confirmation.",
]
UNBACKED = [
    "Your appointment is booked for Thursday at 14:00.",
    "I've also booked Thursday at 14:00 for you.",
    "Ihr Termin am Donnerstag um 14 Uhr ist gebucht.",
    "Votre rendez-vous est réservé pour jeudi à 14 h.",
    "Su cita está reservada para el jueves a las 14:00.",
    "تم حجز موعدك يوم الخميس الساعة 14:00.",
    "**Booking confirmation**\n- Day: Thursday\n- Time: 14:00",
    "I've booked a second appointment for you.",
    "Both appointments are booked.",
    "Your appointment is booked under the reference ZZ7QM9.",
    "See you on Thursday at 14:00!",
    "I've cancelled your appointment.",
    "Your appointment is booked for the 9th at 10:00.",
]


@pytest.mark.parametrize("text", BACKED)
def test_a_claim_that_agrees_with_its_receipt_is_shown(text: str):
    assert not caught(text, receipt())


@pytest.mark.parametrize("text", UNBACKED)
def test_a_true_booking_backs_no_other(text: str):
    assert caught(text, receipt())


def test_two_receipts_back_two_claims():
    second = receipt(reference="ZZ7QM9", start=START + timedelta(days=2, hours=4))
    assert not caught("I've also booked Thursday at 14:00 for you.", receipt(), second)
    assert not caught("Both appointments are booked: Tuesday at 10:00 and Thursday at 14:00.", receipt(), second)


def test_an_old_time_may_stand_beside_a_new_one():
    moved = receipt("rescheduled")
    assert not caught("I've moved your appointment from Monday at 9:00 to Tuesday at 10:00.", moved)
    assert caught("I've moved your appointment to Friday at 16:00.", moved)


def test_either_clock_of_two_zones_agrees():
    there = Receipt("booked", "K7QM2P", (START, START.astimezone().replace(hour=4)), "")
    assert not caught("Your appointment is booked for Tuesday at 4:00 (10:00 here).", there)


def test_an_act_without_a_receipt_is_judged_by_its_name_alone():
    gate = Gate(frozenset({"booked"}))
    gate.push("Your appointment is booked for Thursday at 14:00.")
    gate.close()
    assert not gate.caught and not gate.withheld


REMEMBERED = "Your appointment is booked for Tuesday at 10:00."


def test_what_a_sentence_claimed_before_something_was_done_says_nothing_of_what_it_claims_after_it():
    def shown(effects: frozenset[str], *receipts: Receipt, said: tuple[str, ...] = (), text: str = REMEMBERED) -> bool:
        gate = Gate(effects, receipts, said=said, idle=True)
        gate.push(text)
        gate.close()
        return not (gate.caught or gate.withheld)

    for _ in range(2):
        assert not shown(frozenset())
        assert shown(frozenset({"booked"}), receipt())
        assert not shown(frozenset({"booked"}), receipt(start=START + timedelta(days=1)))
        assert not shown(frozenset(), text="The reference is K7QM2P.")
        assert shown(frozenset(), said=("My reference is K7QM2P.",), text="The reference is K7QM2P.")


def test_a_sentence_that_claims_nothing_is_judged_once_for_all_replies():
    text = "Parking is free behind the seventh lighthouse, and dogs are welcome. "

    def judged() -> int:
        before = claims._claims_nothing.cache_info().misses
        gate = Gate(frozenset(), idle=True)
        assert gate.push(text) + gate.close() == text
        return claims._claims_nothing.cache_info().misses - before

    assert judged() > 0
    assert judged() == 0
