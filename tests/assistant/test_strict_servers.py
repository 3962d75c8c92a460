"""Whole turns against servers that reject any deviation from their format, with their own error messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.utils import timezone

from assistant import turns
from assistant.async_db import in_db
from assistant.models import Card, Conversation, Method, ToolCall, Turn
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.messages import post_message
from tests import make
from tests.assistant.providers import strict_forms as strict
from tests.assistant.providers.server_transcripts import Replay
from tests.assistant.providers.stub import Received, Step, Stub, calls, says, status

pytestmark = pytest.mark.django_db


class Refusing(Stub):
    """Refuses requests that are not of the strictest form, with the server's words."""

    rules: tuple[strict.Rule, ...] = ()

    def answer(self, request: Received) -> Iterable[Step]:
        if refused := strict.refusals(request.json, *self.rules):
            return status(400, {"error": {"message": refused[0], "type": "invalid_request_error"}})
        return super().answer(request)


class Strict(Refusing, Replay):
    """One that gives a transcript's answers."""

    def __init__(self, name: str, *rules: strict.Rule, cut: int = 0) -> None:
        super().__init__(name, cut)
        self.rules = rules


@pytest.fixture
def conversation() -> Conversation:
    made = make.conversation()
    organization = made.organization
    organization.team_email = "team@home.example"
    organization.save()
    calendar = make.calendar(organization)
    made.assistant.methods.add(
        Method.objects.create(
            organization=organization, name="visits", kind="appointment", config={"calendar": str(calendar.pk)}
        ),
        Method.objects.create(organization=organization, name="fetch", kind="handoff", confirm="always"),
    )
    return made


def asks(settings, server: Stub, name: str = "there") -> None:
    settings.AI_ENVIRONMENT = {f"AI_{name.upper()}_URL": server.url, f"AI_{name.upper()}_SMART": "m"}


async def ask(conversation: Conversation, text: str = "When could I come in?") -> Turn:
    count = await conversation.messages.acount()
    turn = (await in_db(post_message)(conversation, f"c-{count}", text)).turn
    await turns.run(turn.pk)
    return await Turn.objects.aget(pk=turn.pk)


async def shown(conversation: Conversation) -> str:
    return "\n".join([message.text async for message in conversation.messages.exclude(role="visitor")])


# --- Opaque fields ------------------------------------------------------------------------------------------------------

SERVERS = {
    "gemini-3-signs-its-calls": (strict.gemini_3, "thought_signature"),
    "deepseek-thinks-before-a-call": (strict.deepseek, "I SHOULD LOOK FIRST."),
}


@pytest.mark.parametrize("cut", [0, 7])
@pytest.mark.parametrize("name", SERVERS)
async def test_what_a_server_puts_beside_a_call_comes_back_in_the_same_turn_and_in_later_ones(
    name, cut, conversation, settings
):
    rule, mark = SERVERS[name]
    async with Strict(name, rule, cut=cut) as server:
        asks(settings, server)
        assert (await ask(conversation)).state == "done"
        assert (await ask(conversation, "And later?")).state == "done"
        assert len(server.requests) == 3, "nothing was refused"
        assert all(mark in request.body.decode() for request in server.requests[1:])
    assert await shown(conversation) == "Half past two is free.\nHalf past two is free."


async def test_a_turn_that_another_process_resumes_gives_the_signature_back(conversation, settings):
    async with Strict("gemini-3-signs-its-calls", strict.gemini_3) as server:
        asks(settings, server)
        await ask(conversation)
        turn = await Turn.objects.aget()
        await conversation.messages.filter(role="assistant").adelete()
        lapsed = timezone.now() - timedelta(seconds=1)
        await Turn.objects.filter(pk=turn.pk).aupdate(state="running", leased_until=lapsed, ended_at=None)
        await turns.run(turn.pk)
        assert (await Turn.objects.aget()).state == "done" and len(server.requests) == 3
        before, after = (request.json["messages"][1:] for request in server.requests[1:])
        assert after == before, "what the dead runner's model was told, to the letter"


async def test_another_provider_gets_neither_thoughts_nor_signatures(conversation, settings):
    async with Strict("deepseek-thinks-before-a-call") as first, Refusing() as second:
        asks(settings, first)
        await ask(conversation)
        asks(settings, second, "other")
        assert (await ask(conversation, "Thanks!")).state == "done"
        body = second.requests[0].body.decode()
    assert "visits_find_times" in body and "reasoning" not in body and "LOOK FIRST" not in body


async def test_thoughts_that_were_kept_are_shown_to_nobody(conversation, settings, admin_client):
    async with Strict("deepseek-thinks-before-a-call") as server:
        asks(settings, server)
        await ask(conversation)
    row = await ToolCall.objects.aget()
    assert "LOOK FIRST" in str(row.opaque) and row.opaque["made_by"].endswith("/m")
    ready = await in_db(resume_session)(conversation, 0)
    assert "LOOK FIRST" not in str(ready.payload())
    for page in (f"/admin/assistant/toolcall/{row.pk}/change/", f"/admin/assistant/conversation/{conversation.pk}/change/"):
        answer = await in_db(admin_client.get)(page, follow=True)
        assert answer.status_code == 200 and "LOOK FIRST" not in answer.content.decode()


async def test_calls_of_another_provider_are_put_in_words_for_a_server_that_requires_signatures(conversation, settings):
    """The first request is rejected, the lesson is stored, and the visitor notices nothing."""

    class Deepseek(Refusing):
        rules = (strict.deepseek,)

    async with Refusing() as first, Deepseek() as second:
        first.script(calls("visits_find_times", "{}"), says("Ten is free."))
        asks(settings, first)
        await ask(conversation)
        asks(settings, second, "other")
        assert (await ask(conversation, "Thanks!")).state == "done"
        assert (await ask(conversation, "Bye!")).state == "done"
        assert len(second.requests) == 3, "refused once, and learnt for good"


# --- Roles, ids, schemas --------------------------------------------------------------------------------------------------


async def test_a_turn_that_failed_does_not_end_the_conversation(conversation, settings):
    async with Refusing() as server:
        asks(settings, server)
        server.script(
            calls("visits_find_times", "{}"), status(400, {"error": {"message": "Out of order."}}), says("Ten is free.")
        )
        assert (await ask(conversation)).state == "failed"
        assert (await ask(conversation, "Hello?")).state == "done"
        [system, visitor] = server.requests[-1].json["messages"]
    assert visitor["content"].startswith("When could I come in?") and visitor["content"].endswith("Hello?")
    assert "[Note, not from the visitor: " in visitor["content"], "what the failed turn had found is told"


async def test_the_note_about_a_claim_is_one_that_every_template_takes(conversation, settings):
    async with Strict("qwen-claims-too-much", strict.llama_template) as server:
        asks(settings, server)
        assert (await ask(conversation)).state == "done"
        assert [message["role"] for message in server.requests[1].json["messages"]] == [
            *("system", "user", "assistant", "user"),
        ]
    assert (await shown(conversation)).endswith("Shall I look for a time?") and "booked" not in await shown(conversation)


async def test_ids_of_another_providers_calls_have_the_strictest_form_and_stay(conversation, settings):
    async with Refusing() as server:
        asks(settings, server)
        server.script(calls("visits_find_times", "{}"), says("Ten is free."))
        await ask(conversation)
        asks(settings, server, "other")
        await ask(conversation, "Thanks!")
        ids = [
            [call["id"] for message in request.json["messages"] for call in message.get("tool_calls", ())]
            for request in server.requests[1:]
        ]
    assert ids[0] == ids[1] and len(ids[0]) == 1


async def test_the_same_call_twice_in_one_answer_is_one_row_and_one_card(conversation, settings):
    async with Strict("llama-cpp-books-twice-at-once") as server:
        asks(settings, server)
        assert (await ask(conversation)).state == "done"
        assert len(server.requests) == 2
    assert await ToolCall.objects.acount() == await Card.objects.acount() == 1


async def test_schemas_that_a_server_cannot_compile_are_sent_barer_in_the_same_turn_and_from_then_on(conversation, settings):
    async with Replay("llama-cpp-cannot-compile") as server:
        asks(settings, server)
        assert (await ask(conversation)).state == "done"
        await ask(conversation, "And now?")
        plain, bare, later = (request.json["tools"] for request in server.requests)
    assert '"enum"' in str(plain).replace("'", '"') and "enum" not in str(bare) and later == bare
