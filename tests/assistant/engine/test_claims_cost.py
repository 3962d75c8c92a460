"""The cost of judging is linear in the length of a reply, measured in function calls."""

import pytest

from assistant.engine.claims import Gate
from tests.work import calls_of


def calls_for(text: str) -> int:
    """How many functions, of ours and of the interpreter's, run while a reply is judged."""
    gate = Gate(frozenset(), idle=True)

    def judge() -> None:
        gate.push(text)
        gate.close()

    count = calls_of(judge)
    gate.release()
    assert gate.caught or gate.text == text
    return count


@pytest.mark.parametrize(
    "piece",
    [
        "I ",
        "your appointment ",
        "a, ",
        "booked, ",
        " ",
        "*",
        "ich habe ",
        "ist ihr termin ",
        "x",
        "wenn ",
        ".",
        "1. ",
        "\n",
        "- a: b\n",
        "|a",
        "<b>",
        "&#98;",
        "a b ",
        "Reference: ",
        "تم ",
        "予約",
        "e\u0301\u034f",
        "Tuesday at 10 ",
    ],
)
def test_the_work_of_the_gate_grows_in_proportion_to_the_text(piece: str):
    calls_for(piece * 50)  # grammars are compiled when they are first met
    short, long = (calls_for(piece * (size // len(piece))) for size in (4_000, 16_000))
    assert long <= 4.6 * short + 2_000


def test_a_sentence_of_a_hundred_thousand_characters_is_held_and_judged_in_pieces():
    text = "so I said, " * 9_000
    gate = Gate(frozenset())
    assert gate.push(text) + gate.close() == text
