"""The HTTP side of the widget's API, through the real ASGI stack."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from assistant.async_db import in_db
from assistant.models import Assistant, Message, Turn, Visitor, VoiceCall
from assistant.services.conversations import cards
from assistant.services.organizations import pictures
from tests import make
from tests.assistant.services.files.pictures import png, webp
from tests.assistant.services.organizations.test_pictures import upload
from tests.rates import spend
from tests.widget.views.visitor_page import API, Page, ended
from widget.urls import urlpatterns
from widget.views.api_view import api_view

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]


async def test_a_whole_conversation_runs_without_a_socket(page, assistant):
    await page.open(assistant)
    answer = await page.post("messages", {"id": "c-1", "text": "Hello"})
    assert answer.status_code == 202 and answer.json()["seq"] == 1
    await ended()
    ready = (await page.get("events?after=0", accept="application/json")).json()
    assert [event["type"] for event in ready["events"]] == ["message.added", "message.added", "turn.ended"]
    reply = ready["events"][1]["message"]
    assert (await page.post(f"messages/{reply['id']}/rating", {"value": 1})).status_code == 204
    again = (await page.get("events", **{"last-event-id": "3"})).json()
    assert [event["type"] for event in again["events"]] == ["message.rated"]


async def test_the_same_message_fifty_times_at_once_is_one_row_with_one_answer(page, assistant, settings):
    settings.RATE_LIMITS = False
    await page.open(assistant)
    answers = await asyncio.gather(*(page.post("messages", {"id": "c-1", "text": "Hello"}) for _ in range(50)))
    assert {(a.status_code, a.content) for a in answers} == {(202, answers[0].content)}
    await ended()
    assert await in_db(Message.objects.filter(role="visitor").count)() == 1 == await in_db(Turn.objects.count)()


async def test_another_text_under_the_same_id_is_a_conflict(page, assistant):
    await page.open(assistant)
    await page.post("messages", {"id": "c-1", "text": "Hello"})
    refused = await page.post("messages", {"id": "c-1", "text": "Bye"})
    assert refused.status_code == 409 and refused.json()["code"] == "conflict"
    await ended()


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "https://www.example.com.evil.example"])
async def test_a_page_of_another_site_gets_no_session(assistant, origin):
    refused = await Page(origin).post("sessions", {"key": assistant.public_key})
    assert refused.status_code == 403 and refused.json()["code"] == "not_allowed"


async def test_unknown_disabled_and_forbidden_look_the_same(assistant):
    answers = [await Page().post("sessions", {"key": "pk_nobody"})]
    answers.append(await Page("https://evil.example").post("sessions", {"key": assistant.public_key}))
    assistant.enabled = False
    await in_db(assistant.save)()
    answers.append(await Page().post("sessions", {"key": assistant.public_key}))
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1


async def test_only_json_is_read_so_that_no_form_can_post(page, assistant):
    await page.open(assistant)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        refused = await page.post("messages", '{"id": "c-1", "text": "Hi"}', content_type)
        assert refused.status_code == 415, content_type
    assert await in_db(Message.objects.count)() == 0


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "{",
        "[]",
        "null",
        '{"id": "c-1"}',
        '{"id": 1, "text": "a"}',
        '{"id": "c", "text": "a", "role": "system"}',
        b"\xff\xfe{",
    ],
)
async def test_a_bad_body_is_a_named_error(page, assistant, body):
    await page.open(assistant)
    refused = await page.post("messages", body)
    assert refused.status_code == 400 and refused.json()["code"] == "bad_input"
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_the_limit_is_refused(page, assistant):
    await page.open(assistant)
    refused = await page.post("messages", {"id": "c-1", "text": "x" * 20_000})
    assert refused.status_code == 413 and refused.json()["code"] == "message_too_long"


@pytest.mark.parametrize("after", ["-1", "abc", "1e3", "１", "9" * 30, "1.5", " 1"])
async def test_an_invalid_seq_is_refused(page, assistant, after):
    await page.open(assistant)
    assert (await page.get(f"events?after={quote(after)}")).status_code == 400


OPEN = {"config/<str:key>", "sessions", "identity"}

ROUTES = {
    str(route.pattern).removeprefix("api/v1/widget/") for route in urlpatterns if "api/v1/widget" in str(route.pattern)
}


@pytest.mark.parametrize("route", sorted(ROUTES - OPEN))
@pytest.mark.parametrize(("token", "code"), [("", "token_required"), ("eyJ2IjoiMSJ9:1w:no", "token_invalid")])
async def test_no_route_answers_without_a_token(page, route, token, code):
    page.token = token
    path = re.sub(r"<uuid:\w+>", str(uuid4()), route)
    read = route in ("events", "visitor/data") or route.startswith("files/")
    answer = await (page.get(path) if read else page.post(path, {"id": "c-1", "text": "Hi", "value": 1}))
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_another_visitor_finds_nothing(page, assistant):
    await page.open(assistant)
    posted = (await page.post("messages", {"id": "c-1", "text": "A secret"})).json()
    await ended()
    other = Page()
    await other.open(await in_db(make.assistant)(await in_db(make.organization)("Other")))
    reply = await in_db(Message.objects.get)(role="assistant")
    card = await in_db(lambda: cards.add(reply.conversation, "confirm", {"title": "?"}))()
    call = await in_db(VoiceCall.objects.create)(
        organization=assistant.organization, conversation=reply.conversation, seconds=60
    )
    talk = reply.conversation
    details = {"organization_id": talk.organization_id, "name": "scan.pdf", "size": 4, "state": "ready"}
    file = await in_db(talk.files.create)(message=reply, **details)
    rows = {"turn": posted["turn"], "message": reply.pk, "card": card.pk, "call": call.pk, "file": file.pk}
    spoken = {"key": "sealed", "sdp": "v=0", "id": "i", "role": "visitor", "text": "Hi", "reason": "visitor"}
    routes = {route for route in ROUTES if "<uuid" in route}
    assert len(routes) >= 4
    for route in routes:
        path = re.sub(r"<uuid:(\w+)>", lambda found: str(rows[found[1]]), route)
        bodies = {"rating": {"value": 1}, "slots": {}, "voice-calls": spoken, "": {"choice": "confirm"}}
        body = next((body for name, body in bodies.items() if name in route), {"choice": "confirm"})
        answer = await (other.get(path) if route.startswith("files/") else other.post(path, body))
        assert answer.status_code == 404, (route, answer.content)
    await in_db(card.refresh_from_db)()
    await in_db(call.refresh_from_db)()
    assert (call.state, call.provider_call) == ("offered", "")
    assert card.state == "open" and (await in_db(Message.objects.get)(pk=reply.pk)).rating is None
    assert b"secret" not in (await other.get("events?after=0")).content


async def test_a_rate_limited_client_is_told_when_to_try_again(page, assistant):
    await page.open(assistant)
    await in_db(spend)("message.send", visitor=page.visitor, left=2)
    for number in range(2):
        assert (await page.post("messages", {"id": f"c-{number}", "text": "Hi"})).status_code == 202
    refused = await page.post("messages", {"id": "c-9", "text": "Hi"})
    assert refused.status_code == 429 and 1 <= int(refused.headers["retry-after"]) <= 60
    await ended(2)


async def test_rating_too_often_is_refused(page, assistant):
    await page.open(assistant)
    await in_db(spend)("message.rate", visitor=page.visitor, left=2)
    paths = [f"messages/{uuid4()}/rating" for _ in range(3)]
    answers = [await page.post(path, {"value": 1}) for path in paths]
    assert [answer.status_code for answer in answers] == [404, 404, 429]


@pytest.mark.parametrize("zone", ["Etc/Unknown", "Factory", "\0", "x" * 1000])
async def test_an_unknown_time_zone_keeps_no_visitor_out(page, assistant, zone):
    answer = await page.post("sessions", {"key": assistant.public_key, "timezone": zone})
    assert answer.status_code == 201
    assert (await in_db(Visitor.objects.get)()).timezone == ""


async def test_a_key_that_no_database_can_store_is_unknown(page):
    for answer in (await page.post("sessions", {"key": "pk_\0"}), await page.get("config/pk_%00")):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await page.client.get("/chat/pk_%00")).status_code == 404


async def test_an_unexpected_error_is_a_problem_document_that_the_page_can_read(async_rf):
    @api_view("GET", limit="config", session=False)
    async def broken(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError("division by zero")

    answer = await broken(async_rf.get("/", headers={"origin": make.ORIGIN}))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (500, "internal")
    assert answer["access-control-allow-origin"] == make.ORIGIN and "division" not in answer.content.decode()


async def test_a_preflight_lets_the_page_ask(page):
    answer = await page.client.options(API + "messages", headers={"origin": make.ORIGIN})
    assert answer.status_code == 204 and answer.headers["access-control-allow-origin"] == make.ORIGIN
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "trace"])
async def test_other_methods_are_refused(page, method):
    answer = await getattr(page.client, method)(API + "messages", headers={"origin": make.ORIGIN})
    assert answer.status_code == 405


async def test_the_config_contains_presentational_settings_only(page, assistant):
    assistant.instructions, assistant.knowledge = "secret instructions", "secret knowledge"
    await in_db(assistant.save)()
    answer = await page.get(f"config/{assistant.public_key}")
    assert set(answer.json()) == {
        "key", "version", "name", "title", "organization", "greeting", "disclosure", "consent", "starters", "accent",
        "position", "locale", "texts", "demo", "human", "voice", "voice_reason", "max_chars",
    }  # fmt: skip
    assert answer.json()["texts"]["de"]["greeting"] == "Hallo! Wie kann ich Ihnen helfen?"
    assert b"secret" not in answer.content and answer.headers["access-control-allow-origin"] == make.ORIGIN
    unchanged = await page.get(f"config/{assistant.public_key}", **{"if-none-match": answer.headers["etag"]})
    assert unchanged.status_code == 304 and unchanged.headers["cache-control"] == "public, no-cache"
    assistant.greeting = "Welcome!"
    await in_db(assistant.save)()
    changed = await page.get(f"config/{assistant.public_key}", **{"if-none-match": answer.headers["etag"]})
    assert changed.json()["greeting"] == "Welcome!", "a change by staff is seen at once"
    assert (await Page("https://evil.example").get(f"config/{assistant.public_key}")).status_code == 403


async def test_the_config_names_the_avatar_and_any_change_of_it_shows_at_once(page, assistant):
    answers = [await page.get(f"config/{assistant.public_key}")]
    for picture in (png(), webp()):
        kept = await in_db(pictures.keep)(assistant, upload(picture))
        answers.append(await page.get(f"config/{assistant.public_key}"))
        assert answers[-1].json()["avatar"] == f"/pictures/{kept.file_name}"
    await in_db(pictures.remove)(assistant)
    answers.append(await page.get(f"config/{assistant.public_key}"))
    assert "avatar" not in answers[0].json() and "avatar" not in answers[-1].json()
    assert len({answer.headers["etag"] for answer in answers}) == 3


async def test_a_page_that_asks_for_the_widget_is_seen_once_in_a_while(page, assistant, settings):
    settings.RATE_LIMITS = False

    async def asked(**change: Any) -> Assistant:
        await in_db(Assistant.objects.update)(**change)
        assert (await page.get(f"config/{assistant.public_key}")).status_code == 200
        return await in_db(Assistant.objects.get)()

    seen = await asked()
    assert seen.seen_at and seen.seen_origin == make.ORIGIN
    assert (await asked()).seen_at == seen.seen_at
    assert (await asked(seen_at=seen.seen_at - timedelta(minutes=6))).seen_at >= seen.seen_at
    await Page("https://evil.example").get(f"config/{assistant.public_key}")
    assert (await in_db(Assistant.objects.get)()).seen_origin == make.ORIGIN
    assert (await assistant.refused_origins.aget()).origin == "https://evil.example"


async def test_seeing_it_again_soon_writes_nothing_and_a_full_disk_keeps_nobody_out(page, assistant):
    tried = []

    def full(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE"):
            tried.append(sql)
            raise OperationalError("database or disk is full")
        return execute(sql, *rest)

    async def asked(seen_at: datetime | None) -> None:
        await in_db(Assistant.objects.update)(seen_at=seen_at)
        await in_db(lambda: connection.execute_wrappers.append(full))()
        assert (await page.get(f"config/{assistant.public_key}")).status_code == 200
        await in_db(lambda: connection.execute_wrappers.remove(full))()

    await asked(None)
    assert len(tried) == 1
    await asked(timezone.now() - timedelta(minutes=4))
    assert len(tried) == 1


async def test_the_demonstration_model_is_named_and_cannot_speak(page, assistant):
    config = (await page.get(f"config/{assistant.public_key}")).json()
    assert (
        config["demo"] is True and config["voice"] is False and "Realtime sessions not available" in config["voice_reason"]
    )
    await page.open(assistant)
    refused = await page.post("session-key")
    assert refused.status_code == 503
    assert refused.json()["error"] == "Realtime not available"
    assert "Realtime sessions not available" in refused.json()["message"]
    assert refused.headers["cache-control"] == "no-store"


async def test_events_are_streamed_with_their_numbers(page, assistant):
    await page.open(assistant)
    stream = await page.get("events?after=0", accept="text/event-stream")
    assert stream.headers["content-type"] == "text/event-stream" and stream.headers["x-accel-buffering"] == "no"
    heard = []

    async def listen():
        async for chunk in stream:
            heard.append(chunk.decode())
            if "turn.ended" in heard[-1]:
                return

    listening = asyncio.create_task(listen())
    while not heard:
        await asyncio.sleep(0.01)
    await page.post("messages", {"id": "c-1", "text": "Hello"})
    await asyncio.wait_for(listening, 5)
    text = "".join(heard)
    assert text.startswith("id: 0\ndata: ") and "\nid: 1\n" in "\n" + text.replace("\n\n", "\n")
    assert '"type":"reply.delta"' in text and "id: 3\ndata: " in text
