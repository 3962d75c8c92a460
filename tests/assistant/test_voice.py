"""A voice session, as the server sets it up."""

from __future__ import annotations

import json

import httpx
import pytest

from assistant import outbound, voice
from assistant.async_db import in_db
from assistant.models import Conversation, Provider, Visitor
from assistant.services.conversations.messages import post_message
from tests import make

pytestmark = pytest.mark.django_db
OPENAI = "https://api.openai.com/v1"


def talking() -> Conversation:
    assistant = make.assistant()
    provider = Provider(organization=assistant.organization, name="OpenAI", preset="openai", base_url=OPENAI, smart="m")
    provider.realtime = "gpt-realtime-2"
    provider.set_key("sk-0123456789abcdefghij", OPENAI)
    provider.save()
    visitor = Visitor.objects.create(organization=assistant.organization, name="Ada Byron")
    talk = make.conversation(assistant, visitor=visitor)
    for number, page in enumerate(("Start", "Prices"), 1):
        post_message(talk, f"m-{number}", "Hello", {"title": page, "url": f"https://shop.example/{page}"})
    return Conversation.objects.select_related("assistant__organization", "visitor").get(pk=talk.pk)


async def test_a_voice_session_knows_the_visitors_name_and_last_page():
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"value": "ek_1", "expires_at": 1900000000, "session": {}})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        await voice.session_key(await in_db(talking)())
    instructions = json.loads(requests[0].content)["session"]["instructions"]
    assert "Ada Byron" in instructions
    assert "'Prices' https://shop.example/Prices" in instructions and "Start" not in instructions
