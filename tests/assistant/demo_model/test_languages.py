"""The demonstration in the languages that it has a few words of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.engine.claims import claimed
from assistant.llm import ToolSpec
from assistant.services.deliveries import outbox
from interworky.demo.greetings import GREETINGS
from interworky.demo.model import languages

from .test_rules import FREE, TODAY, TOOLS, Visit, schema

HUMAN = ToolSpec("human_handoff", "Call a person of the team.", schema("reason", reason={"type": "string"}))
TOLD = "A notice to the team is on its way by e-mail. The visitor sees a card."


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Ich möchte mit einem Menschen sprechen", languages.GERMAN),
        ("Kann ich bitte mit jemandem aus dem Team reden?", languages.GERMAN),
        ("Je voudrais parler à une personne", languages.FRENCH),
        ("Est-ce que je peux parler avec quelqu'un ?", languages.FRENCH),
        ("Quiero hablar con una persona", languages.SPANISH),
        ("¿Puedo hablar con alguien?", languages.SPANISH),
        ("أريد التحدث مع شخص", languages.ARABIC),
    ],
)
def test_who_asks_for_a_person_gets_one_and_reads_it_in_their_language(said: str, language: languages.Language) -> None:
    visit = Visit([*TOOLS, HUMAN])
    [call] = visit.says(said).calls
    assert (call.name, call.arguments) == ("human_handoff", {"reason": said})
    assert visit.returns(TOLD).text == language.says["told"]
    visit.says(said)
    assert visit.returns(f"{outbox.NOT_SENT}: it is kept.").text == language.says["kept"] and not claimed(
        language.says["kept"]
    )
    without = Visit()
    assert without.says(said).text.startswith(language.says["alone"])


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Hallo!", languages.GERMAN), ("Guten Tag", languages.GERMAN), ("Bonjour", languages.FRENCH),
        ("¡Hola, buenos días!", languages.SPANISH), ("السلام عليكم", languages.ARABIC),
    ],
)  # fmt: skip
def test_a_greeting_is_returned_in_its_language(said: str, language: languages.Language) -> None:
    assert Visit().says(said).text == language.says["hello"]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Wann haben Sie geöffnet?", languages.GERMAN), ("Quels sont vos horaires ?", languages.FRENCH),
        ("¿A qué hora abren?", languages.SPANISH), ("ما هي ساعات العمل؟", languages.ARABIC),
    ],
)  # fmt: skip
def test_the_opening_hours_are_found(said: str, language: languages.Language) -> None:
    text = Visit().says(said).text
    assert text.startswith(language.says["hours"]) and "8:30" in text


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Ich möchte am Dienstagnachmittag einen Termin", languages.GERMAN),
        ("Haben Sie Dienstag nachmittags einen Termin?", languages.GERMAN),
        ("Je voudrais un rendez-vous mardi après-midi", languages.FRENCH),
        ("Quiero una cita el martes por la tarde", languages.SPANISH),
        ("أريد موعدًا يوم الثلاثاء بعد الظهر", languages.ARABIC),
    ],
)
def test_an_appointment_is_looked_for_on_the_day_that_was_named(said: str, language: languages.Language) -> None:
    visit = Visit()
    [call] = visit.says(said).calls
    assert call.name == "appointment_find_times"
    assert call.arguments == {"from_day": (TODAY + timedelta(3)).isoformat(), "part_of_day": "afternoon"}
    offered = visit.returns(FREE).text
    assert offered == language.says["free"].format(times="14:00, 14:30, 15:00")
    [booked] = visit.says("14:30").calls
    assert booked.name == "appointment_book"
    assert visit.returns("The visitor was asked to confirm (waiting).").text == language.says["waiting"]


def test_tomorrow_is_not_the_morning() -> None:
    for said in ("Haben Sie morgen einen Termin?", "¿Tienen una cita mañana?", "Un rendez-vous demain, je vous prie"):
        [call] = Visit().says(said).calls
        assert call.arguments["from_day"] == (TODAY + timedelta(1)).isoformat(), said
        assert call.arguments.get("part_of_day", "any") == "any", said


def test_what_it_does_not_know_it_says_in_the_visitors_language() -> None:
    assert Visit().says("Ich habe eine Frage zu Mondraketen und der Steuer").text == languages.GERMAN.says["unknown"]


@pytest.mark.parametrize("said", ["Hi", "I want to talk to a person", "ok", "Can you sit with me and a human?", "no"])
def test_english_stays_english(said: str) -> None:
    texts = {text for language in languages.LANGUAGES for text in language.says.values()}
    assert Visit().says(said).text not in texts


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_nothing_it_says_by_itself_claims_that_something_was_done(language: languages.Language) -> None:
    for name in ("hello", "hours", "reach", "alone", "free", "none", "waiting", "unknown"):
        assert not claimed(language.says[name].format(times="14:00")), name


@pytest.mark.parametrize("code", GREETINGS)
def test_what_the_demonstration_suggests_in_a_language_is_understood_in_it(code: str) -> None:
    own = {
        "de": languages.GERMAN, "fr": languages.FRENCH, "es": languages.SPANISH, "ar": languages.ARABIC,
    }[code]  # fmt: skip
    booking, hours, person = GREETINGS[code]["starters"].splitlines()
    [search] = Visit().says(booking).calls
    assert search.arguments == {"from_day": (TODAY + timedelta(3)).isoformat(), "part_of_day": "afternoon"}
    assert Visit().says(hours).text.startswith(own.says["hours"])
    [call] = Visit([*TOOLS, HUMAN]).says(person).calls
    assert call.name == "human_handoff"
