"""The examples of requests in tests/wire/http are what the server takes and answers; the widget's tests read the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assistant import outbound
from assistant.async_db import in_db
from assistant.models import Assistant, Provider
from assistant.services.organizations import rate_limits
from tests import make
from tests.assistant.services.files import pictures
from tests.widget.views.test_api import API, Page

pytestmark = pytest.mark.django_db(transaction=True)
FOLDER = Path(__file__).parents[2] / "wire" / "http"
EXAMPLES = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
SDP = "v=0\r\n"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    rate_limits.reset()


@in_db
def speaking() -> Assistant:
    assistant = make.assistant(accepts_files=True)
    own = Provider(organization=assistant.organization, name="OpenAI", base_url="https://api.openai.com/v1", realtime="v")
    own.set_key("sk-test", own.base_url)
    own.save()
    return assistant


def provider(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/v1/realtime/calls":
        return httpx.Response(201, text=SDP, headers={"Location": "/v1/realtime/calls/rtc_1"})
    return httpx.Response(200, json={"value": "ek_1", "expires_at": 1900000000})


def shape(value: Any) -> Any:
    """The names and types in a JSON value; of a list, those of its first element."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__


class Examples:
    """The requests, one after the other; ids and keys are those that the answers before have brought."""

    def __init__(self, page: Page) -> None:
        self.page, self.ids = page, {"key": ""}

    async def hold(self, name: str, path: str = "", **known: Any) -> dict[str, Any]:
        example = EXAMPLES.pop(name)
        path = path or example["path"]
        if name == "files":
            sent = SimpleUploadedFile("plan.pdf", pictures.PDF, "application/pdf")
            response = await self.page.client.post(API + path, {"file": sent}, headers=self.page.headers())
        elif example["method"] == "GET":
            response = await self.page.get(path, accept="application/json")
        else:
            response = await self.page.post(path, example["request"] | known)
        assert response.status_code == example["status"], (name, response.content)
        said: dict[str, Any] = response.json() if response.content else {}
        assert shape(said) == shape(example.get("response", {})), name
        return said


async def test_the_server_takes_and_answers_what_the_examples_say(answered: Any) -> None:
    page = Page()
    await page.open(await speaking())
    examples = Examples(page)
    await page.post("messages", {"id": "c-1", "text": "Can I have a check-up on Tuesday?"})
    found = await examples.hold("search")
    assert found["found"][0]["marks"] == [[13, 21]] or found["found"][0]["marks"] == [[13, 18], [19, 21]]
    assert len((await examples.hold("events.before"))["events"]) == 1
    file = await examples.hold("files")
    await page.post("messages", {"id": "c-2", "text": "", "files": [file["id"]]})
    await examples.hold("files.link", f"files/{file['id']}")
    with outbound.transport_for_tests(httpx.MockTransport(provider)):
        key = await examples.hold("session-key")
        call = f"voice-calls/{key['call']}"
        await examples.hold("voice-calls.start", f"{call}/start", key=key["value"])
        await examples.hold("voice-calls.lines", f"{call}/lines")
        await examples.hold("voice-calls.end", f"{call}/end")
    assert not EXAMPLES, "each example is held"
