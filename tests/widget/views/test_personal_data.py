"""Export and erasure over HTTP: for visitors in the widget, and for an organization's own server."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.test import AsyncClient

from assistant.async_db import in_db
from assistant.models import AuditEntry, IdentityKey, Organization, Removal, Visitor
from assistant.services.organizations import rate_limits
from assistant.services.privacy.server_requests import AUDIENCE
from tests import make
from tests.assistant.services.organizations.test_identity import SECRET, shared_key
from tests.widget.test_consumer import Socket
from tests.widget.views.test_api import Page, ended
from widget import consumers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]


@pytest.fixture(autouse=True)
def fresh_limits():
    rate_limits.reset()


@pytest.fixture
def assistant():
    return make.assistant(make.organization(visitors_manage_data=True))


async def talking(assistant: Any, text: str = "I am Ada") -> Page:
    page = Page()
    await page.open(assistant)
    await page.post("messages", {"id": "c-1", "text": text})
    await ended()
    return page


async def unpacked(answer: Any) -> Any:
    content = b"".join([piece async for piece in answer.streaming_content])
    assert answer["Content-Length"] == str(len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("visitor.json"))


# --- Visitors ---------------------------------------------------------------------------------------------------------


async def test_the_widget_is_told_of_it_only_where_it_is_allowed(assistant):
    async def config() -> dict[str, Any]:
        return (await Page().get(f"config/{assistant.public_key}")).json()

    assert (await config())["own_data"] is True
    await in_db(Organization.objects.update)(visitors_manage_data=False)
    assert "own_data" not in await config()


async def test_a_visitor_reads_what_is_covered_downloads_and_erases_it(assistant):
    page = await talking(assistant)
    told = (await page.get("visitor/data")).json()
    assert told == {"covers": "browser", "conversations": 1, "appointments": 0}
    file = await page.post("visitor/data/export")
    assert file.headers["Content-Type"] == "application/zip" and file.headers["Cache-Control"] == "no-store"
    assert "I am Ada" in json.dumps((await unpacked(file))["tables"]["Messages"])
    for _ in range(2):  # the answer to the first may be lost
        assert (await page.post("visitor/data/erase", {"confirm": True})).status_code == 204
    assert (await page.get("visitor/data")).status_code == 401
    assert not await in_db(Visitor.objects.exists)()
    acts = await in_db(lambda: list(AuditEntry.objects.order_by("pk").values_list("by_name", "act")))()
    assert acts == [("the visitor", "exported"), ("the visitor", "deleted")]


async def test_the_former_token_begins_as_a_new_visitor(assistant):
    page = await talking(assistant)
    before = page.visitor
    await page.post("visitor/data/erase", {"confirm": True})
    await page.open(assistant)
    assert page.visitor != before
    assert (await page.get("events?after=0", accept="application/json")).json()["events"] == []


async def test_open_connections_of_an_erased_visitor_are_closed(assistant):
    page = await talking(assistant)
    async with Socket() as socket:
        await socket.tell("session.open", token=page.token, after=0)
        await socket.hear("session.ready")
        await page.post("visitor/data/erase", {"confirm": True})
        assert await socket.closed() == consumers.TOKEN


@pytest.mark.parametrize("body", [{}, {"confirm": "true"}, {"confirm": 1}])
async def test_nothing_is_erased_without_a_confirmation(assistant, body):
    page = await talking(assistant)
    assert (await page.post("visitor/data/erase", body)).json()["code"] == "bad_input"
    assert await in_db(Visitor.objects.exists)()


async def test_where_it_is_not_allowed_it_is_not_there(assistant):
    page = await talking(assistant)
    await in_db(Organization.objects.update)(visitors_manage_data=False)
    answers = [await page.get("visitor/data")]
    answers += [await page.post(f"visitor/data/{act}", {"confirm": True}) for act in ("export", "erase")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert await in_db(Visitor.objects.exists)()


@pytest.mark.parametrize("act", ["export", "erase"])
async def test_a_page_of_another_site_and_one_without_a_token_get_nothing(assistant, act):
    page = await talking(assistant)
    elsewhere, nobody = Page("https://evil.example"), Page()
    elsewhere.token = page.token
    for one in (elsewhere, nobody):
        assert (await one.post(f"visitor/data/{act}", {"confirm": True})).status_code in (401, 403)
    assert await in_db(Visitor.objects.exists)()


async def test_a_visitor_downloads_only_a_few_times_an_hour(assistant):
    page = await talking(assistant)
    answers = [await page.post("visitor/data/export") for _ in range(3)]
    for answer in answers:
        answer.close()
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


# --- An organization's server -----------------------------------------------------------------------------------------


@pytest.fixture
def key(assistant):
    return shared_key(assistant.organization, manages_data=True)


def request(key: IdentityKey, act: str, subject: str, *, secret: str = SECRET, kid: Any = None, **claims: Any) -> str:
    said = {"aud": AUDIENCE, "sub": subject, "act": act, "exp": int(time.time()) + 300, **claims}
    return jwt.encode(said, secret, "HS256", headers={"kid": str(kid or key.pk)})


async def ask(act: str, token: str) -> Any:
    return await AsyncClient().post(f"/api/v1/visitor-data/{act}", headers={"authorization": f"Bearer {token}"})


async def test_a_server_exports_and_erases_a_user_by_the_id_of_its_own_site(assistant, key):
    page = await talking(assistant)
    await in_db(Visitor.objects.update)(external_id="user-7")
    file = await ask("export", request(key, "export", "user-7"))
    assert "I am Ada" in json.dumps((await unpacked(file))["tables"]["Messages"])
    answers = [await ask("erase", request(key, "erase", "user-7")) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"erased": 1}), (200, {"erased": 0})]
    removal = await in_db(Removal.objects.get)()
    assert (str(removal.visitor), removal.reason) == (page.visitor, "server")
    acts = await in_db(lambda: list(AuditEntry.objects.order_by("pk").values_list("by_name", "act", "detail")))()
    assert acts == [
        ("key Shop", "exported", "by the organization's server"), ("key Shop", "deleted", "by the organization's server")
    ]  # fmt: skip


async def test_a_server_names_a_visitor_who_never_logged_in_by_our_id(assistant, key):
    page = await talking(assistant)
    assert (await ask("erase", request(key, "erase", page.visitor))).json() == {"erased": 1}
    unknown = await ask("export", request(key, "export", str(uuid4())))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("act", ["export", "erase"])
@pytest.mark.parametrize("subject", ["user\x00", "\ud800", "a\nb", " ", "x" * 256])
async def test_a_subject_that_no_user_can_have_is_refused_by_name(key, act, subject):
    refused = await ask(act, request(key, act, subject))
    assert (refused.status_code, refused.json()["reason"]) == (401, "claims")


async def test_a_key_reaches_the_visitors_of_its_own_organization_alone(assistant, key):
    page = await talking(assistant)
    await in_db(Visitor.objects.update)(external_id="user-7")
    other = await in_db(lambda: shared_key(make.organization("Elsewhere"), manages_data=True))()
    for subject in ("user-7", page.visitor):
        assert (await ask("export", request(other, "export", subject))).status_code == 404
        assert (await ask("erase", request(other, "erase", subject))).json() == {"erased": 0}
    assert await in_db(Visitor.objects.count)() == 1


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"aud": "pk_other"}, 401, "audience"),
        ({"act": "export"}, 401, "claims"),
        ({"act": None}, 401, "claims"),
        ({"exp": 1}, 401, "expired"),
        ({"exp": int(time.time()) + 86_400}, 401, "lifetime"),
        ({"secret": "another-secret-that-is-long-enough-000000"}, 401, "signature"),
        ({"kid": uuid4()}, 401, "unknown_key"),
        ({"kid": "first"}, 401, "unknown_key"),
    ],
    ids=["audience", "act", "no act", "expired", "lifetime", "signature", "unknown key", "not a key"],
)
async def test_a_request_that_is_refused_says_why_and_does_nothing(assistant, key, changes, status, reason):
    await talking(assistant)
    await in_db(Visitor.objects.update)(external_id="user-7")
    refused = await ask("erase", request(key, **{"act": "erase", "subject": "user-7", **changes}))
    assert (refused.status_code, refused.json()["reason"]) == (status, reason) and refused.json()["detail"]
    assert await in_db(Visitor.objects.exists)()


async def test_a_key_that_may_only_log_visitors_in_cannot_erase_them(assistant, key):
    page = await talking(assistant)
    await in_db(IdentityKey.objects.update)(manages_data=False)
    refused = await ask("erase", request(key, "erase", page.visitor))
    assert (refused.status_code, refused.json()["reason"]) == (403, "not_permitted")
    assert await in_db(Visitor.objects.exists)()


async def test_a_key_that_is_switched_off_and_an_organization_that_is_erase_nobody(assistant, key):
    page = await talking(assistant)
    await in_db(IdentityKey.objects.update)(enabled=False)
    assert (await ask("erase", request(key, "erase", page.visitor))).json()["reason"] == "unknown_key"
    await in_db(IdentityKey.objects.update)(enabled=True)
    await in_db(Organization.objects.update)(active=False)
    assert (await ask("erase", request(key, "erase", page.visitor))).json()["reason"] == "unknown_key"
    assert await in_db(Visitor.objects.exists)()


async def test_a_request_and_a_login_are_not_good_as_each_other(assistant, key):
    """They are signed with one key: the audience keeps them apart."""
    page = await talking(assistant)
    login = request(key, "erase", "user-7", aud=assistant.public_key)
    assert (await ask("erase", login)).json()["reason"] == "audience"
    asked = {"key": assistant.public_key, "identity": request(key, "erase", "user-7")}
    assert (await page.post("identity", asked)).json()["reason"] == "audience"


async def test_without_a_token_a_server_is_refused(assistant):
    refused = await AsyncClient().post("/api/v1/visitor-data/erase")
    assert (refused.status_code, refused.json()["reason"]) == (401, "malformed")


@pytest.mark.parametrize("act", ["export", "erase"])
@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer é"}, {"authorization": "Bearer a", "AUTHORIZATION": "Bearer b"}]
)
async def test_a_header_that_holds_no_token_is_refused_by_name(assistant, act, headers):
    refused = await AsyncClient().post(f"/api/v1/visitor-data/{act}", **headers)
    assert (refused.status_code, refused.json()["reason"]) == (401, "malformed")
