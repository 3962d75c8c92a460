"""Files over the API: uploaded with a visitor's token, downloaded through a link, and never a page of ours."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from django.utils import timezone

from assistant.async_db import in_db
from assistant.models import Conversation, ConversationFile
from assistant.services.conversations.sessions import open_session
from assistant.services.files import links
from assistant.services.organizations import rate_limits
from interworky import rules
from tests import make
from tests.assistant.services.files import pictures

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]

API = "/api/v1/widget/"


class Page:
    def __init__(self, assistant: Any) -> None:
        self.client = AsyncClient()
        session = open_session(assistant, make.ORIGIN)
        self.token, self.conversation = session.token, session.conversation

    def headers(self, **more: str) -> dict[str, str]:
        return {"origin": make.ORIGIN, "authorization": f"Bearer {self.token}", **more}

    async def upload(self, data: bytes = pictures.PDF, name: str = "plan.pdf", type: str = "application/pdf", **more: str):
        sent = SimpleUploadedFile(name, data, type)
        return await self.client.post(API + "files", {"file": sent}, headers=self.headers(**more))

    async def post(self, path: str, body: dict[str, Any]):
        return await self.client.post(API + path, body, content_type="application/json", headers=self.headers())

    async def get(self, path: str):
        return await self.client.get(API + path, headers=self.headers(accept="application/json"))


@pytest.fixture(autouse=True)
def fresh_limits():
    rate_limits.reset()


@pytest.fixture
def page():
    return Page(make.assistant(accepts_files=True))


async def test_a_file_is_uploaded_sent_and_downloaded(page):
    answer = await page.upload(name="plan.html", type="text/html")
    assert answer.status_code == 201, answer.content
    file = answer.json()
    assert file == {"id": file["id"], "name": "plan.pdf", "type": "application/pdf", "size": len(pictures.PDF)}
    assert answer["Access-Control-Allow-Origin"] == make.ORIGIN
    posted = await page.post("messages", {"id": "c-1", "text": "", "files": [file["id"]]})
    assert posted.status_code == 202
    events = (await page.get("events")).json()["events"]
    assert events[0]["message"]["files"] == [file] and events[0]["message"]["text"] == ""
    link = (await page.get(f"files/{file['id']}")).json()
    path = link["url"].partition("/files/")[2]
    found = await in_db(Client().get)(f"/files/{path}")
    assert found.content == pictures.PDF
    assert found["Content-Type"] == "application/pdf"
    assert found["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert found["X-Content-Type-Options"] == "nosniff" and "sandbox" in found["Content-Security-Policy"]
    assert found["Cache-Control"] == "private, no-store"


async def test_the_model_is_told_that_there_is_a_file_and_no_more(page, monkeypatch):
    file = (await page.upload(name="my plan.pdf")).json()
    await page.post("messages", {"id": "c-1", "text": "Please look", "files": [file["id"]]})

    def read():
        from assistant.models import Turn
        from assistant.turns.context import build_context

        turn = Turn.objects.select_related("message", "conversation__assistant__organization").get()
        return build_context(turn, [])

    context = await in_db(read)()
    assert context.history[-1].text == "Please look\n[file: my plan.pdf, application/pdf, 1 KB]"
    assert "You cannot open it" in context.system


async def test_a_link_ends_after_some_minutes_and_with_its_file(page, monkeypatch):
    file = (await page.upload()).json()
    await page.post("messages", {"id": "c-1", "text": "", "files": [file["id"]]})
    url = (await page.get(f"files/{file['id']}")).json()["url"]
    path = "/files/" + url.partition("/files/")[2]
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + links.GOOD_FOR.seconds + 60)
    late = await in_db(Client().get)(path)
    assert late.status_code == 404 and "sandbox" in late["Content-Security-Policy"]
    monkeypatch.undo()
    await in_db(Conversation.objects.all().delete)()
    assert (await in_db(Client().get)(path)).status_code == 404


async def test_nobody_else_gets_a_link_or_deletes_the_file(page):
    file = (await page.upload()).json()
    other = await in_db(Page)(page.conversation.assistant)
    elsewhere = await in_db(lambda: Page(make.assistant(make.organization("Elsewhere"), accepts_files=True)))()
    await page.post("messages", {"id": "c-1", "text": "", "files": [file["id"]]})
    for one in (other, elsewhere):
        assert (await one.get(f"files/{file['id']}")).status_code == 404
        assert (await one.client.delete(API + f"files/{file['id']}", headers=one.headers())).status_code == 404
        refused = await one.post("messages", {"id": "c-1", "text": "Mine", "files": [file["id"]]})
        assert refused.status_code == 404
    assert await in_db(ConversationFile.objects.count)() == 1


async def test_a_file_that_is_not_sent_can_be_removed(page):
    file = (await page.upload()).json()
    assert (await page.client.delete(API + f"files/{file['id']}", headers=page.headers())).status_code == 204
    assert not await in_db(ConversationFile.objects.exists)()


async def test_each_refusal_has_a_status_and_a_sentence(page, settings):
    settings.FILE_MAX_MB = 1
    for data, status, code in (
        (b"MZ", 415, "file_type"),
        (pictures.PDF + bytes(1_000_000), 413, "file_too_large"),
    ):
        answer = await page.upload(data)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["title"]
    settings.FILE_SCANNER = ["tcp://127.0.0.1:9"]
    answer = await page.upload()
    assert (answer.status_code, answer.json()["code"]) == (503, "file_not_checked")
    body = await page.post("files", {"file": "x"})
    assert body.status_code == 415
    none = await page.client.post(API + "files", {"other": "x"}, headers=page.headers())
    assert none.status_code == 400


async def test_where_staff_do_not_allow_files_the_widget_is_not_told_of_them(page):
    def turn_off():
        page.conversation.assistant.accepts_files = False
        page.conversation.assistant.save()

    config = API + f"config/{page.conversation.assistant.public_key}"
    assert (await page.client.get(config, headers={"origin": make.ORIGIN})).json()["files"]["per_message"] == 5
    await in_db(turn_off)()
    assert "files" not in (await page.client.get(config, headers={"origin": make.ORIGIN})).json()
    assert (await page.upload()).status_code == 403


async def test_a_site_that_is_not_allowed_uploads_nothing(page):
    assert (await page.upload(origin="https://evil.example")).status_code == 401  # the token is bound to its site
    assert not await in_db(ConversationFile.objects.exists)()
    assert (await page.client.post(API + "files", headers={"origin": make.ORIGIN})).status_code == 401


async def test_only_a_visitor_with_a_token_may_send_more_than_a_frame(page):
    def scope(**headers: str) -> dict[str, Any]:
        found = [(name.encode(), value.encode()) for name, value in headers.items()]
        return {"path": API + "files", "headers": found}

    assert await rules.is_known(scope(**page.headers()))
    assert not await rules.is_known(scope(origin=make.ORIGIN))
    assert not await rules.is_known(scope(**page.headers(origin="https://evil.example")))
    assert not await rules.is_known(scope(**page.headers(authorization=f"Bearer {uuid4()}")))
    rule = next(rule for rule in rules.RULES if rule.prefix == API + "files")
    assert rule.max_bytes < 20_000 < rule.known_bytes and rule.slots
