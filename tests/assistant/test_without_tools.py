"""A model without tool calls says what it cannot do, and offers a form that a person will read."""

from __future__ import annotations

import json

import pytest

from assistant import turns
from assistant.async_db import in_db
from assistant.llm import ChatMessage, ToolSpec
from assistant.models import Card, Method, Turn
from assistant.providers import completions
from assistant.providers.completions import Capabilities, Keywords, Reply
from assistant.providers.configuration import load
from assistant.services.conversations.messages import post_message
from tests import make
from tests.assistant.providers.stub import Stub, says, status

FORM = ToolSpec("person_form", "Show a form.", {"type": "object"}, callable_in_text=True)
BOOK = ToolSpec("book", "Book a time.", {"type": "object"})


def heard(text: str, size: int) -> tuple[str, list[str]]:
    keywords = Keywords({"person_form"})
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join(map(keywords.feed, pieces)) + keywords.close(), list(keywords.asked)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_the_word_is_taken_out_however_it_is_cut(size):
    assert heard("I cannot book.\n[[person_form]]", size) == ("I cannot book.\n", ["person_form"])
    assert heard("[[ person_form ]] twice [[person_form]]", size) == (" twice ", ["person_form"])


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    "text",
    ["[a](https://b.example)", "[[no_such]]", "a[0][1]", "[[", "[", "[[person_form", "[[person\n_form]]", "[[" + "x" * 99],
)
def test_everything_else_in_brackets_is_text(text, size):
    assert heard(text, size) == (text, [])


def test_a_model_with_tools_may_speak_of_the_word():
    reply = Reply()
    shown = reply.add({"choices": [{"delta": {"content": "Write [[person_form]]."}}]}) + reply.close()
    assert (shown, reply.calls(complete=True)) == ("Write [[person_form]].", ())


def asked(**can: bool) -> dict:
    provider = load({"AI_BASE_URL": "http://127.0.0.1:1/v1", "AI_MODEL": "m"}).providers[0]
    messages = [ChatMessage("system", "You are Mia."), ChatMessage("user", "Hi")]
    request = completions.Request(provider, "m", messages, [FORM, BOOK], capabilities=Capabilities(**can))
    return json.loads(completions.body(request))


def test_only_a_model_without_tools_is_given_the_keyword():
    told = asked(tools=False)["messages"]
    assert [message["role"] for message in told] == ["system", "user"]
    assert "You are Mia." in told[0]["content"] and "[[person_form]]" in told[0]["content"]
    assert "[[book]]" not in told[0]["content"]
    assert "[[" not in str(asked(tools=True))


@pytest.fixture
def conversation(db):
    conversation = make.conversation()
    organization = conversation.organization
    organization.team_email = "team@example.com"
    organization.save()
    conversation.assistant.methods.add(
        Method.objects.create(organization=organization, name="person", kind="handoff", description="Fetches a person.")
    )
    return conversation


class WithoutTools(Stub):
    def answer(self, request):
        refusal = status(400, {"error": {"message": "m does not support tools"}})
        return refusal if "tools" in request.json else super().answer(request)


@pytest.mark.django_db
async def test_the_visitor_gets_the_form_from_a_server_that_knows_no_tools(conversation, settings):
    async with WithoutTools() as server:
        settings.AI_ENVIRONMENT = {"AI_BASE_URL": server.url, "AI_MODEL": "m"}
        server.script(says("I cannot book anything", " here.\n[[person", "_form]]"), says("Please leave your address."))
        turn = (await in_db(post_message)(conversation, "c-1", "Book me in on Tuesday.")).turn
        await turns.run(turn.pk)
    [reply] = [m.text async for m in conversation.messages.filter(role="assistant")]
    assert reply.startswith("I cannot book anything here.") and reply.endswith("Please leave your address.")
    assert "[[" not in reply
    card = await Card.objects.aget()
    assert (card.kind, card.action) == ("contact", {"tool": "person_contact"})
    assert (await Turn.objects.aget()).state == "done"
    assert (await type(conversation).objects.aget()).state == "assistant", "nobody was fetched"


@pytest.mark.django_db
async def test_a_false_claim_without_tools_is_followed_by_the_form(conversation, settings):
    async with WithoutTools() as server:
        settings.AI_ENVIRONMENT = {"AI_BASE_URL": server.url, "AI_MODEL": "m"}
        server.always(says("Your appointment is booked!"))
        turn = (await in_db(post_message)(conversation, "c-1", "Book me in on Tuesday.")).turn
        await turns.run(turn.pk)
    reply = await conversation.messages.aget(role="assistant")
    assert "booked" not in reply.text and "has not been done" in reply.text
    assert [card.kind async for card in Card.objects.all()] == ["contact"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written", ['<tool_call>{"name": "reserve_table", "arguments": {}}</tool_call>', "[TOOL_CALLS] [{broken"]
)
async def test_a_call_in_the_text_that_nobody_can_run_is_not_shown_and_followed_by_the_form(conversation, settings, written):
    async with Stub() as server:
        settings.AI_ENVIRONMENT = {"AI_BASE_URL": server.url, "AI_MODEL": "m"}
        server.always(says("One moment.\n", written[:9], written[9:]))
        turn = (await in_db(post_message)(conversation, "c-1", "Book me in on Tuesday.")).turn
        await turns.run(turn.pk)
        assert len(server.requests) == 1
    reply = await conversation.messages.aget(role="assistant")
    assert reply.text == "One moment.\n\nTo be clear: that has not been done yet."
    assert [card.kind async for card in Card.objects.all()] == ["contact"]
    assert (await Turn.objects.aget()).state == "done"


@pytest.mark.django_db
async def test_a_call_in_the_text_that_names_a_tool_is_run(conversation, settings):
    async with Stub() as server:
        settings.AI_ENVIRONMENT = {"AI_BASE_URL": server.url, "AI_MODEL": "m"}
        server.script(
            says("<tool_call>", '{"name": "person_form", ', '"arguments": {}}</tool_call>'), says("Here is a form.")
        )
        turn = (await in_db(post_message)(conversation, "c-1", "I want a person.")).turn
        await turns.run(turn.pk)
        [_, again] = server.requests
    assert again.json["messages"][-1]["role"] == "tool"
    assert (await conversation.messages.aget(role="assistant")).text == "Here is a form."
    assert [card.kind async for card in Card.objects.all()] == ["contact"]
