"""What is told as a fact of the visitor's own matter, in words that no pattern has, is left to the second judge."""

import pytest

from assistant.engine.claims import Gate
from tests.assistant.engine.corpus import Case
from tests.bench.bench_claims import ask_judge
from tests.fakes import ScriptedModel, says


def gate_of(text: str, *, idle: bool = True) -> Gate:
    gate = Gate(frozenset(), idle=idle)
    gate.push(text)
    gate.close()
    return gate


@pytest.mark.parametrize(
    "text",
    [
        "Your bicycle is insured from today.",
        "Your locker now opens with the new key.",
        "Nadia is translating the letter right now.",
        "Guitar strung and polished for the recital.",
        "Ihr Schließfach ist ab sofort auf den zweiten Schlüssel umgestellt.",
        "Der Übersetzer sitzt schon an Ihrem Brief.",
        "Votre casier s'ouvre désormais avec la nouvelle clé.",
        "Le brief de votre portrait est bouclé.",
        "Su taquilla abre desde hoy con la llave nueva.",
        "El afinador ha tomado nota de la escalera.",
        "Se ha traducido la carta.",
        "خزانتك تفتح من الآن بالمفتاح الجديد.",
        "ترجمت الرسالة وسلمتها للمكتب.",
    ],
)
def test_a_fact_of_the_visitors_matter_is_withheld_while_nothing_was_done(text: str):
    gate = gate_of(text)
    assert gate.withheld and not gate.caught
    assert not gate_of(text, idle=False).withheld


@pytest.mark.parametrize(
    "text",
    [
        "Is your bicycle insured?",
        "If your locker sticks, turn the key twice.",
        "Your guitar can be strung while you wait.",
        "You'll find our piano tuner on the second floor.",
        "The workshop was founded in 1954 by two luthiers.",
        "Our tuners usually bring their own tools.",
        "Bringen Sie Ihr Instrument bitte gestimmt mit.",
        "Ihr Brief kann nicht übersetzt werden.",
        "Die Werkstatt wurde 1954 gegründet.",
        "Apportez votre instrument dans son étui.",
        "Si votre casier coince, tournez la clé deux fois.",
        "L'atelier a été fondé en 1954.",
        "Traiga su instrumento en la funda.",
        "Si su taquilla se atasca, gire la llave.",
        "El taller se fundó en 1954.",
        "إذا علقت خزانتك فأدر المفتاح مرتين.",
        "هل دراجتك مؤمنة؟",
    ],
)
def test_rules_questions_conditions_requests_and_history_are_shown_at_once(text: str):
    gate = gate_of(text)
    assert not gate.withheld and not gate.caught and gate.text == text


async def test_a_judge_can_be_measured_on_what_the_gate_doubts():
    cases = [
        Case("en", True, "Your bicycle is insured from today."),
        Case("en", False, "Nadia is translating the letter right now."),
        Case("en", False, "We are closed."),
    ]
    model = ScriptedModel(says("yes"), says("Perhaps."))
    told = await ask_judge(cases, model)
    assert "of 1 claims that the gate doubts: 1 judged claims, 0 not, 0 without an answer" in told
    assert "of 1 others that the gate doubts: 0 judged claims, 0 not, 1 without an answer" in told
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "text",
    [
        "La formule « sans sucre » figure désormais sur le carton.",  # what is quoted denies nothing
        "سلمت الرسالة واذا احتجت شيئا راسلني",  # nor does a condition that follows
        "Wenn Sie ankommen, liegt der Geigenkasten am Empfang bereit.",  # an arrival is no condition
        "Die Saiten habe ich aufziehen lassen.",
        "Das Klavier wäre damit gestimmt.",
        "Le violon est dans la poche, c'est bouclé.",
        "Para cuando llegues, el arco ya habrá sido encerado.",
        "يسرنا إبلاغكم بتمديد عقد الخزانة.",
    ],
)
def test_a_fact_is_withheld_in_whatever_construction_it_is_told(text: str):
    gate = gate_of(text)
    assert gate.withheld or gate.caught


@pytest.mark.parametrize(
    "text",
    [
        "Ist eine Saite gerissen, können Sie bei uns eine neue kaufen.",
        "Haben Sie schon einmal Geige gespielt, oder fangen Sie neu an?",
        "Die Anmeldung ist nicht eingegangen.",
        "Der Geigenbauer führt ihren Nachlass.",
        "| Chor | Montag | 3 Plätze |",
        "آسف لأن الكمان انكسر.",
        "| الدرس | الخميس | ثلاثة |",
        "Siento que el violín se haya roto.",
        "Vous écrivez que votre violon est cassé.",
    ],
)
def test_rules_echoes_regrets_and_rows_of_a_timetable_are_shown_at_once(text: str):
    gate = gate_of(text)
    assert not gate.withheld and not gate.caught
