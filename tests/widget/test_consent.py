"""Consent before the first message: the server refuses what comes earlier, and what was agreed to can be shown later."""

from __future__ import annotations

import asyncio

import pytest

from assistant.async_db import in_db
from assistant.models import Assistant, Conversation, Message, Notice, NoticeText
from assistant.services.organizations import rate_limits
from tests import make
from tests.widget.test_consumer import Socket
from tests.widget.views.visitor_page import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]
TEXT = "We store this conversation for 90 days."
GERMAN = "Wir speichern dieses Gespräch 90 Tage."


@pytest.fixture(autouse=True)
def fresh_limits():
    rate_limits.reset()


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant(consent=TEXT, translations={"de": {"consent": GERMAN}})


async def asked(page: Page) -> str | None:
    ready = (await page.get("events?after=0", accept="application/json")).json()
    return ready["conversation"].get("consent")


async def test_a_first_message_needs_consent(assistant):
    page = Page()
    await page.open(assistant)
    assert (await page.get(f"config/{assistant.public_key}")).json()["consent"] is True
    for path, body in (("messages", {"id": "c-1", "text": "Hello"}), ("human", {}), ("session-key", {})):
        refused = await page.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (400, "consent_required"), path
    assert not await in_db(Message.objects.exists)()
    assert await asked(page) == TEXT
    assert (await page.post("consent", {"text": TEXT})).json() == {"type": "consent.saved"}
    assert await asked(page) is None
    assert (await page.post("messages", {"id": "c-1", "text": "Hello"})).status_code == 202


async def test_a_socket_is_refused_by_name_and_goes_on_after_consent(assistant):
    page = Page()
    await page.open(assistant)
    async with Socket() as socket:
        await socket.tell("session.open", token=page.token, after=0)
        assert (await socket.hear("session.ready"))["conversation"]["consent"] == TEXT
        await socket.tell("message.send", id="c-1", text="Hello")
        refused = await socket.hear("error")
        assert (refused["code"], refused["of"]) == ("consent_required", "c-1")
        await socket.tell("consent.give", text="Another text.")
        assert (await socket.hear("error"))["code"] == "conflict"
        await socket.tell("consent.give", text=TEXT)
        await socket.hear("consent.saved")
        await socket.tell("message.send", id="c-1", text="Hello")
        assert (await socket.hear("message.added"))["message"]["client_id"] == "c-1"


async def test_the_text_is_in_the_visitors_language_and_kept_in_its_versions(assistant):
    page = Page()
    opened = await page.post("sessions", {"key": assistant.public_key, "locale": "de-AT"})
    page.token = opened.json()["token"]
    assert await asked(page) == GERMAN
    await in_db(Assistant.objects.update)(translations={"de": {"consent": "Neu."}})
    assert (await page.post("consent", {"text": GERMAN})).status_code == 409
    assert await asked(page) == "Neu."
    assert (await page.post("consent", {"text": "Neu."})).status_code == 200
    again = await page.post("consent", {"text": "Neu."})
    assert again.status_code == 200

    def kept() -> list[tuple[object, ...]]:
        rows = Notice.objects.filter(text__kind="consent").order_by("text__version")
        return [(row.text.version, row.text.text, row.agreed_at is not None) for row in rows.select_related("text")]

    assert await in_db(kept)() == [(1, GERMAN, False), (2, "Neu.", True)]


async def test_who_has_agreed_is_asked_again_only_when_the_text_changes(assistant):
    page = Page()
    await page.open(assistant)
    await page.post("consent", {"text": TEXT})

    async def start_over() -> str | None:
        await page.post("conversation/close")
        await page.open(assistant)
        return await asked(page)

    assert await start_over() is None
    await in_db(Assistant.objects.update)(consent="Something else.")
    assert await start_over() == "Something else."
    assert await in_db(Conversation.objects.count)() == 3


async def test_two_who_show_a_text_for_the_first_time_make_one_version(assistant):
    pages = [Page() for _ in range(4)]
    for page in pages:
        await page.open(assistant)
    await asyncio.gather(*(asked(page) for page in pages))
    assert await in_db(NoticeText.objects.filter(kind="consent").count)() == 1
    assert await in_db(NoticeText.objects.filter(kind="disclosure").count)() == 1


async def test_without_a_text_nobody_is_asked(assistant):
    await in_db(Assistant.objects.update)(consent="")
    page = Page()
    await page.open(assistant)
    assert await asked(page) is None
    assert (await page.post("messages", {"id": "c-1", "text": "Hello"})).status_code == 202
