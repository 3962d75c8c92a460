"""The demonstration model holds the conversations that a newcomer tries, and never says more than a tool's result."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from assistant.engine.claims import claimed
from assistant.llm import ChatMessage, ToolCallRequest, ToolSpec, note
from assistant.services.deliveries import outbox
from assistant.tools import knowledge, results
from interworky.demo.model import rules
from interworky.demo.model.rules import Reply

TODAY = date(2026, 11, 21)  # a Saturday
SYSTEM = """You are Mia.

# Today
It is Saturday, 2026-11-21, 09:00 in Europe/London. Use this calendar, do not compute days:

{calendar}

# What you know
## Opening hours
- Monday to Friday: 8:30 to 18:00
- Saturday: 9:00 to 13:00
## Parking
- Free for two hours behind the building
## Founded
- Monday 2019-04-01, in a former bakery
# End of what you know""".format(calendar="\n".join(f"{TODAY + timedelta(n):%A %Y-%m-%d}" for n in range(14)))


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT = {"type": "string"}
FIND = ToolSpec(
    "appointment_find_times",
    "Free times for an appointment.",
    schema("from_day", from_day=TEXT, part_of_day={"type": "string", "enum": ["any", "morning", "afternoon", "evening"]}),
)
BOOK = ToolSpec("appointment_book", "Book one of the times found.", schema("slot", slot=TEXT, reason=TEXT))
TELL = ToolSpec("message_team", "Send the team an e-mail.", schema("name", "message", name=TEXT, message=TEXT))
PRICE = ToolSpec(
    "treatment_price",
    "What a treatment costs.",
    schema("treatment", treatment={"type": "string", "enum": ["check-up", "root canal", "crown"]}),
)
CANCEL = ToolSpec("appointment_cancel", "Cancel an appointment.", schema("reference", reference=TEXT))
MOVE = ToolSpec("appointment_reschedule", "Move an appointment.", schema("reference", "slot", reference=TEXT, slot=TEXT))
TOOLS = [FIND, BOOK, TELL, PRICE, CANCEL, MOVE]
FREE = """Free times:
Tuesday 24 November (2026-11-24):
- 14:00 [slot tf9k1c-8f3a2b]
- 14:30 (10:30 New York time) [slot tf9k1c-8f3a2c]
- 15:00 [slot tf9k1c-8f3a2d]
Times are in Europe/London. Today is Saturday 21 November (2026-11-21)."""


class Visit:
    """A conversation with the demonstration model; `says` and `returns` give its next reply."""

    def __init__(self, tools: list[ToolSpec] = TOOLS, system: str = SYSTEM) -> None:
        self.tools = tools
        self.messages = [ChatMessage("system", system)]

    def says(self, text: str) -> Reply:
        self.messages.append(ChatMessage("user", text))
        return self._answer()

    def returns(self, result: str) -> Reply:
        self.messages.append(ChatMessage("tool", result, call_id=self.messages[-1].calls[0].id))
        return self._answer()

    def _answer(self) -> Reply:
        reply = rules.reply(self.messages, self.tools)
        calls = tuple(ToolCallRequest(f"{len(self.messages)}", call.name, call.arguments) for call in reply.calls)
        self.messages.append(ChatMessage("assistant", reply.text, calls=calls))
        return reply


def called(reply: Reply) -> tuple[str, dict[str, Any] | None]:
    assert not reply.text
    (call,) = reply.calls
    return call.name, call.arguments


def test_tuesday_afternoon_is_looked_up_in_the_calendar_of_the_instructions():
    assert called(Visit().says("Can I come in on Tuesday afternoon?")) == (
        "appointment_find_times",
        {"from_day": "2026-11-24", "part_of_day": "afternoon"},
    )


def test_times_are_said_on_the_clock_that_the_visitor_reads():
    visit = Visit()
    visit.says("Can I come in on Tuesday afternoon?")
    offer = visit.returns(f"{FREE}\nThe visitor reads them on a 12-hour clock: 2:30 PM for 14:30.").text
    assert "2:00 PM, 2:30 PM and 3:00 PM on Tuesday" in offer


def test_a_booking_from_the_question_to_the_reference():
    visit = Visit()
    visit.says("Can I come in on Tuesday afternoon?")
    offer = visit.returns(FREE).text
    assert "14:00, 14:30 and 15:00 on Tuesday" in offer and not claimed(offer)
    assert called(visit.says("14:30 please")) == ("appointment_book", {"slot": "tf9k1c-8f3a2c"})
    asks = visit.returns(results.WAITING).text
    assert "confirm" in asks and not claimed(asks)
    visit.says("ok")
    visit.messages[-1] = ChatMessage(
        "assistant", "", calls=(ToolCallRequest("c", "appointment_book", {"slot": "tf9k1c-8f3a2c"}),)
    )
    assert "booked, with the reference A7K2QF" in visit.returns("Booked under the reference A7K2QF: Tuesday.").text


@pytest.mark.parametrize(
    ("words_said", "slot"),
    [
        ("the first one", "tf9k1c-8f3a2b"),
        ("2pm", "tf9k1c-8f3a2b"),
        ("half past two would be great", "tf9k1c-8f3a2c"),
        ("the last one please", "tf9k1c-8f3a2d"),
        ("Tuesday at 3", "tf9k1c-8f3a2d"),
        ("15.00", "tf9k1c-8f3a2d"),
    ],
)
def test_a_time_is_picked_by_its_hour_or_its_place(words_said: str, slot: str):
    visit = Visit()
    visit.says("Can I come in on Tuesday?")
    visit.returns(FREE)
    assert called(visit.says(words_said)) == ("appointment_book", {"slot": slot})


def test_a_time_that_was_not_offered_is_not_booked():
    visit = Visit()
    visit.says("Can I come in on Tuesday?")
    visit.returns(FREE)
    reply = visit.says("10:45 please")
    assert not reply.calls and "14:00" in reply.text


def test_a_time_taken_meanwhile_leaves_the_others_on_offer():
    visit = Visit()
    visit.says("Can I come in on Tuesday?")
    visit.returns(FREE)
    visit.says("14:00")
    reply = visit.returns(
        "That time has just been taken. Other free times: Tuesday 24 November, 14:30 [slot a-1]; "
        "Tuesday 24 November, 15:00 [slot a-2]."
    )
    assert not reply.calls and "14:00" not in reply.text and "14:30 and 15:00" in reply.text


def test_a_declined_booking_releases_its_time():
    visit = Visit()
    visit.says("Can I come in on Tuesday?")
    visit.returns(FREE)
    visit.says("14:00")
    reply = visit.returns(results.DECLINED)
    assert "No problem" in reply.text and not claimed(reply.text)


def test_an_appointment_is_moved_to_a_time_that_was_offered():
    visit = Visit()
    visit.messages += [ChatMessage("assistant", "Your appointment is booked, with the reference A7K2QF.")]
    assert called(visit.says("Can I move my appointment to Tuesday?"))[0] == "appointment_find_times"
    visit.returns(FREE)
    assert called(visit.says("14:00")) == ("appointment_reschedule", {"reference": "A7K2QF", "slot": "tf9k1c-8f3a2b"})


def test_an_appointment_is_cancelled_by_the_reference_it_was_given():
    visit = Visit()
    assert called(visit.says("Please cancel my appointment")) == ("appointment_cancel", {"reference": "unknown"})
    visit = Visit()
    visit.messages += [ChatMessage("assistant", "Your appointment is booked, with the reference A7K2QF.")]
    assert called(visit.says("Please cancel it")) == ("appointment_cancel", {"reference": "A7K2QF"})
    assert visit.returns("The appointment A7K2QF is cancelled. The visitor sees a receipt.").text.endswith("is cancelled.")


def test_another_day_is_searched_from_the_day_before():
    visit = Visit()
    visit.says("Do you have an appointment on Tuesday?")
    visit.returns("No free times.")
    assert called(visit.says("yes please"))[1] == {"from_day": "2026-11-25"}
    visit.returns("No free times.")
    assert called(visit.says("and on Friday morning?"))[1] == {"from_day": "2026-11-27", "part_of_day": "morning"}


def test_a_message_to_the_team_is_sent_once_everything_is_said():
    visit = Visit()
    assert "your name" in visit.says("Can you tell the team I'm running late?").text
    assert called(visit.says("Ada Lovelace")) == ("message_team", {"name": "Ada Lovelace", "message": "I'm running late"})
    assert "message to the team is on its way" in visit.returns("The message has been handed over for delivery.").text


def test_a_message_without_words_is_asked_for_first():
    visit = Visit()
    assert visit.says("Hi, can you send a message to the team? My name is Ada Byron.").text.endswith("tell the team?")
    assert called(visit.says("I lost my retainer, please call me")) == (
        "message_team",
        {"name": "Ada Byron", "message": "I lost my retainer, please call me"},
    )


def test_a_tool_is_chosen_by_its_name_and_choices():
    visit = Visit()
    assert called(visit.says("How much is a root canal?")) == ("treatment_price", {"treatment": "root canal"})
    assert visit.returns('HTTP 200 {"summary": "A root canal is £380."}').text == "A root canal is £380."
    assert visit.says("how much is a spaceship?").text == "Which treatment do you mean: check-up, root canal, crown?"
    assert called(visit.says("oh, a crown")) == ("treatment_price", {"treatment": "crown"})


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is there parking?", "behind the building"),
        ("are you open on saturday?", "9:00 to 13:00"),
        ("Are you open today?", "9:00 to 13:00"),
        ("What are your opening hours?", "Monday to Friday"),
    ],
)
def test_questions_are_answered_from_the_knowledge(question: str, answer: str):
    assert answer in Visit().says(question).text


def test_the_demo_model_admits_what_is_not_in_its_knowledge():
    reply = Visit().says("What is the capital of France?")
    assert "I don't know" in reply.text and "opening hours" in reply.text


LOOK_UP = ToolSpec("guides", "Search the guides: eating, drinking and pain after whitening.", schema("query", query=TEXT))


def test_topics_of_the_guides_are_looked_up_there_and_quoted():
    visit = Visit([*TOOLS, LOOK_UP])
    assert called(visit.says("Can I drink coffee after whitening?")) == (
        "guides",
        {"query": "Can I drink coffee after whitening?"},
    )
    found = "[1] Whitening › Drinking (https://example.com/w)\nLeave coffee\nfor two hours.\n\n[2] Pain\nNone."
    assert visit.returns(found).text == "Leave coffee\nfor two hours."


def test_the_demo_model_searches_first_and_says_when_nothing_was_found():
    visit = Visit([*TOOLS, LOOK_UP])
    assert "Free for two hours" in visit.says("Where can I park?").text
    assert called(visit.says("Do you sell umbrellas?"))[0] == "guides"
    assert "I don't know that" in visit.returns(knowledge.NOTHING).text
    assert visit.says("Thanks!").text.startswith("You're welcome")


def test_the_demo_model_says_what_it_is():
    assert "demonstration" in Visit().says("Are you a real person?").text


def test_a_person_is_fetched_where_that_is_offered_and_not_promised_where_it_is_not():
    handoff = ToolSpec("human", "Fetch a person.", schema("reason", reason=TEXT))
    visit = Visit([handoff, *TOOLS])
    assert called(visit.says("I want to talk to a human")) == ("human", {"reason": "I want to talk to a human"})
    assert "notice to the team is on its way" in visit.returns("A notice to the team is on its way by e-mail.").text
    visit.says("I want to talk to a human")
    assert "Nobody from the team could be told" in visit.returns("Nobody from the team could be told: no address.").text
    assert "cannot fetch anybody" in Visit().says("I want to talk to a human").text


def test_nothing_is_said_to_be_sent_where_a_demonstration_sends_nothing():
    handoff = ToolSpec("human", "Fetch a person.", schema("reason", reason=TEXT))
    visit = Visit([handoff, *TOOLS])
    kept = f"{outbox.NOT_SENT}: it is kept on the server."
    visit.says("I want to talk to a human")
    fetched = visit.returns(kept).text
    visit.says("Can you tell the team I'm running late?")
    visit.says("Ada Lovelace")
    for text in (fetched, visit.returns(kept).text):
        assert "no e-mail leaves" in text and "on its way" not in text and not claimed(text)


def test_without_tools_it_only_talks():
    visit = Visit(tools=[])
    for said in ("Can I come in on Tuesday afternoon?", "10:30 please", "Tell the team I'm late", "How much is a crown?"):
        reply = visit.says(said)
        assert reply.text and not reply.calls and not claimed(reply.text)


@pytest.mark.parametrize(
    "result",
    ["", "{", "[]", "{}", "null", "(pending)", "Refused: quota.", "Something odd.", '{"error": "unknown treatment"}', FREE],
)
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_result_is_answered_with_text_that_claims_nothing_of_its_own(tool: ToolSpec, result: str):
    visit = Visit()
    visit.messages += [
        ChatMessage("user", "Go on"),
        ChatMessage("assistant", "", calls=(ToolCallRequest("1", tool.name, {}),)),
    ]
    reply = visit.returns(result)
    assert not reply.calls and not claimed(reply.text)
    assert reply.text


def test_a_corrected_claim_is_not_repeated():
    visit = Visit()
    visit.says("Book me in")
    visit.messages.append(ChatMessage("user", note("Your last sentence was not shown.")))
    reply = visit._answer()
    assert reply.text and not reply.calls and not claimed(reply.text)


def test_no_fixed_sentence_of_small_talk_is_a_claim():
    for answer in rules.SMALL_TALK.values():
        assert not claimed(answer)


def test_a_tool_that_is_asked_for_by_name_is_called_once_per_value():
    note = ToolSpec("note_colour", "Write a colour down.", schema("colour", colour=TEXT))
    reply = Visit([note]).says("Call the tool note_colour twice: once with blue and once with green.")
    assert [(call.name, call.arguments) for call in reply.calls] == [
        ("note_colour", {"colour": "blue"}),
        ("note_colour", {"colour": "green"}),
    ]
    assert called(Visit([note]).says("Call note_colour once, with the colour red.")) == ("note_colour", {"colour": "red"})


def test_a_visitor_who_asks_whether_anybody_is_there_gets_an_answer():
    assert Visit().says("Answer with the single word: ok").text == "ok"


SEND = ToolSpec("send_price_list", "Send the visitor our price list by e-mail, to their own address.", schema())


@pytest.mark.parametrize("said", ["Can you e-mail me the price list?", "Send me your prices, please.", "mail me the prices"])
def test_what_visitors_want_in_their_mailbox_is_sent_there(said: str):
    talk = Visit([*TOOLS, SEND])
    assert called(talk.says(said)) == ("send_price_list", {})
    waits = talk.returns(results.WAITING_FOR_PROOF).text
    assert "card" in waits and not claimed(waits)
    talk.says(said)
    kept = talk.returns(f"{outbox.NOT_SENT}: the message is kept on the server.").text
    assert "yours is kept" in kept and "mailbox" not in kept and not claimed(kept)


@pytest.mark.parametrize("said", ["How much is a check-up?", "What are your prices?", "Can you send the team a message?"])
def test_what_visitors_only_ask_about_is_not_sent(said: str):
    assert "send_price_list" not in [call.name for call in Visit([*TOOLS, SEND]).says(said).calls]


SERVICES = """Which service? Ask the visitor if that is not clear, then call this again.
- Check-up [service 3]: 30 minutes, £55; with Dr Moss [calendar 1]. A careful look.
- Cleaning by the hygienist [service 4]: 45 minutes, £70; with Pia [calendar 2]."""


@pytest.mark.parametrize(
    ("said", "service"),
    [
        ("I need a cleaning on Tuesday afternoon", "4"),
        ("Can I come in on Tuesday afternoon?", "3"),
        ("Book a check-up for Tuesday", "3"),
    ],
)
def test_it_searches_again_for_the_service_that_was_named_else_for_the_first(said, service):
    visit = Visit()
    (first,) = visit.says(said).calls
    (again,) = visit.returns(SERVICES).calls
    assert again.arguments == {**first.arguments, "service": service}
    assert "14:00" in visit.returns(FREE).text
