"""Importing in the admin: nothing is stored before it is ticked, and nobody meets another's drafts."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assistant import outbound
from assistant.models import Method, Usage
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
START = "/admin/assistant/method/import/"
SECRET = "sk-imported-do-not-show"
POLYGLOT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7|add:7 }}"


def shop(words: str = "Shop", *, auth: bool = True) -> str:
    operation = {"summary": words, "tags": [words], "parameters": [{"name": "q", "in": "query", "description": words}]}
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": words},
            "servers": [{"url": "https://shop.example.com"}],
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
            "security": [{"key": []}] if auth else [],
            "paths": {"/a": {"get": operation, "head": {}}, "/b": {"delete": operation}},
        }
    )


def start(client: Client, source: str = "document", **fields: Any) -> Any:
    return client.post(START, {"source": source, **{f"{source}-{name}": value for name, value in fields.items()}})


def errors(response: Any, source: str = "document") -> list[str]:
    return [error.code for error in response.context["forms"][source].errors.as_data().get("__all__", [])]


def test_a_pasted_description_becomes_a_list_to_tick_and_then_methods(editor, home):
    before = Method.objects.count()
    response = start(editor, text=shop())
    assert response.status_code == 302
    page = editor.get(response.url)
    assert [(line.draft.name, line.state) for line in page.context["lines"]] == [
        ("get_a", "new"),
        ("delete_b", "new"),
        ("head_a", "refused"),  # filed under nothing
    ]
    assert Method.objects.count() == before
    mia = home.assistants.get()
    done = editor.post(response.url, {"draft": ["0", "2"], "credential-0": SECRET, "assistant": [mia.pk]})
    assert (done.status_code, done.url) == (302, "/admin/assistant/method/")
    made = {method.name: method for method in Method.objects.filter(name__in=["get_a", "delete_b"])}
    assert {name: method.secret("credential") for name, method in made.items()} == {"get_a": SECRET, "delete_b": SECRET}
    assert all(method.organization == home and mia in method.assistants.all() for method in made.values())
    assert editor.get(response.url).status_code == 302  # it is spent


def test_a_file_may_be_uploaded(editor):
    file = SimpleUploadedFile("api.yaml", b"openapi: 3.1.0\npaths: {/x: {get: {}}}\n")
    response = start(editor, file=file, base_url="api.example.com/v1")
    (line,) = editor.get(response.url).context["lines"]
    assert (line.state, line.draft.config["url"]) == ("new", "https://api.example.com/v1/x")


REFUSALS = [
    ("empty", {"text": ""}),
    ("html", {"text": "<html>"}),
    ("yaml_alias", {"text": "a: &x 1\nb: *x"}),
    ("swagger2", {"text": '{"swagger": "2.0"}'}),
]


@pytest.mark.parametrize(("code", "fields"), REFUSALS)
def test_an_unreadable_description_is_reported_beside_the_field_it_was_pasted_into(editor, code, fields):
    response = start(editor, **fields)
    assert (response.status_code, errors(response)) == (200, [code])


def test_a_file_that_is_too_large_is_refused(editor):
    file = SimpleUploadedFile("api.yaml", b"a: " + b"x" * 3_000_000)
    assert errors(start(editor, file=file)) == ["too_large"]


@pytest.mark.parametrize("posted", [{}, {"draft": ["1"]}, {"draft": ["99", "x", "-1"]}])
def test_nothing_is_stored_of_what_cannot_be_taken(editor, posted):
    before = Method.objects.count()
    response = start(editor, text=shop())
    page = editor.post(response.url, posted)
    assert page.status_code == 200 and "Nothing has been saved." in page.content.decode()
    assert Method.objects.count() == before


def test_a_second_import_ticks_what_has_changed(editor, home):
    response = start(editor, text=shop())
    editor.post(response.url, {"draft": ["0", "2"]})
    page = editor.get(start(editor, text=shop().replace('"summary": "Shop"', '"summary": "New"', 1)).url)
    assert [line.state for line in page.context["lines"]] == ["changed", "same", "refused"]
    assert page.context["ticked"] == {"0"}


def test_a_user_for_basic_authentication_is_asked_for_once(editor, home):
    text = shop().replace('"scheme": "bearer"', '"scheme": "basic"')
    response = start(editor, text=text)
    page = editor.get(response.url)
    assert [account.auth for _, account in page.context["accounts"]] == ["basic"]
    refused = editor.post(response.url, {"draft": ["0"], "credential-0": SECRET})
    assert refused.status_code == 200 and "user" in refused.context["problem"]
    editor.post(response.url, {"draft": ["0"], "user-0": "shop", "credential-0": SECRET})
    assert home.methods.get(name="get_a").config["auth_user"] == "shop"


@pytest.mark.parametrize(("name", "length"), [("user", 121), ("credential", 8001)])
def test_what_is_too_long_to_log_in_with_is_refused_and_not_cut(editor, home, name, length):
    response = start(editor, text=shop().replace('"scheme": "bearer"', '"scheme": "basic"'))
    given = {"draft": ["0"], "user-0": "shop", "credential-0": SECRET, f"{name}-0": "x" * length}
    assert f"of {length:,} characters is too long" in editor.post(response.url, given).context["problem"]
    assert not home.methods.filter(name="get_a").exists()


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_an_import_is_for_the_user_who_began_it_alone(editor, home):
    url = start(editor, text=shop()).url
    colleague = entered(member(home, "editor", "colleague"))
    stranger = entered(member(fill("other", "Badger"), "owner"))
    viewer = entered(member(home, "viewer"))
    boss = entered(User.objects.create_superuser("boss"))
    assert [client.get(url).status_code for client in (colleague, stranger, boss)] == [404, 404, 404]
    assert (viewer.get(url).status_code, viewer.get(START).status_code, start(viewer, text=shop()).status_code) == (
        403,
        403,
        403,
    )
    assert editor.get(url).status_code == 200


def test_another_organization_cannot_be_named(home):
    other = fill("other", "Badger")
    editor = entered(member(home, "editor"))
    assert editor.get(f"{START}?organization={other.pk}").status_code == 404
    assert editor.get(f"{START}?organization=x").status_code == 404
    url = start(editor, text=shop()).url
    stranger = other.assistants.get()
    editor.post(url, {"draft": ["0"], "assistant": [stranger.pk]})
    assert not stranger.methods.filter(name="get_a").exists()


def test_a_member_of_several_organizations_first_chooses_one(home):
    fill("other", "Badger")
    boss = entered(User.objects.create_superuser("boss"))
    assert "Choose the organization" in boss.get(START).content.decode()
    response = boss.post(f"{START}?organization={home.pk}", {"source": "document", "document-text": shop()})
    boss.post(response.url, {"draft": ["0"]})
    assert home.methods.filter(name="get_a").exists()


def test_drafts_waiting_for_selection_are_encrypted(editor):
    text = json.dumps(
        {
            "info": {"name": "C", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": SECRET}]},
            "item": [{"name": "One", "request": {"url": "https://a.example.com/x"}}],
        }
    )
    url = start(editor, text=text).url
    assert SECRET not in repr(cache.get(f"import.{url.split('/')[-2]}"))
    assert SECRET not in editor.get(url).content.decode()
    editor.post(url, {"draft": ["0"]})
    assert Method.objects.get(name="one").secret("credential") == SECRET


def test_text_of_an_imported_document_never_becomes_markup(editor):
    text = json.dumps(json.loads(shop(POLYGLOT)) | {"webhooks": {POLYGLOT: {}}})
    url = start(editor, text=text.replace('"head"', '"trace"')).url
    for page in (editor.get(url), editor.post(url, {"draft": ["1"]})):
        html = page.content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html and "&lt;script&gt;alert" in html
        assert "{{ 7|add:7 }}" in html


def test_an_expired_import_has_to_be_started_again(editor):
    url = start(editor, text=shop()).url
    cache.clear()
    response = editor.get(url, follow=True)
    assert response.redirect_chain[0][0] == START and "has expired" in response.content.decode()


def test_the_list_of_methods_links_to_the_import(editor):
    page = editor.get("/admin/assistant/method/").content.decode()
    assert "/admin/assistant/method/import_methods/" in page
    assert editor.get("/admin/assistant/method/import_methods/").url == START


# --- A server, a sentence ---------------------------------------------------------------------------------------------


def test_a_servers_tools_are_listed(editor):
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        message = json.loads(request.content)
        asked.append({**message, "authorization": request.headers.get("authorization")})
        results = {
            "initialize": {"protocolVersion": "2025-11-25"},
            "tools/list": {"tools": [{"name": "tide", "inputSchema": {"type": "object"}}]},
        }
        if message["method"] not in results:
            return httpx.Response(202)
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        url = start(editor, "server", url="https://mcp.example.com/", auth="bearer", credential=SECRET).url
    assert [one["method"] for one in asked] == ["initialize", "notifications/initialized", "tools/list"]
    assert {one["authorization"] for one in asked} == {f"Bearer {SECRET}"}
    editor.post(url, {"draft": ["0"]})
    method = Method.objects.get(name="tide")
    assert (method.kind, method.secret("credential")) == ("mcp", SECRET)
    assert editor.get(f"/admin/assistant/method/{method.pk}/change/").status_code == 200
    assert editor.get(f"/admin/assistant/method/{method.pk}/test/").status_code == 200


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/", "nonsense"])
def test_a_server_within_our_network_is_refused(editor, url):
    assert errors(start(editor, "server", url=url, auth="none"), "server") == ["address_refused"]


WISH = "Let visitors check their order status at https://api.example.com/orders/{id}"
ORDER = {
    "name": "order_status",
    "description": "Looks up an order",
    "instruction": "When somebody asks for an order",
    "label": "Checking the order…",
    "verb": "GET",
    "url": "https://api.example.com/orders/{id}",
    "parameters": [{"name": "id", "type": "string", "description": "The number", "required": True}],
    "auth": "none",
}


def drafted(client: Client, said: Any, wish: str = WISH) -> tuple[Any, list[dict[str, Any]]]:
    """What becomes of a sentence when the model says `said`."""
    asked: list[dict[str, Any]] = []
    text = said if isinstance(said, str) else f"Here you are:\n```json\n{json.dumps(said)}\n```"

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
        body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        return httpx.Response(200, content=body.encode(), headers={"content-type": "text/event-stream"})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        return start(client, "sentence", sentence=wish), asked


def test_a_sentence_becomes_a_draft_that_waits_to_be_ticked(editor, home):
    before = Method.objects.count()
    response, asked = drafted(editor, ORDER)
    assert asked[0]["messages"][-1] == {"role": "user", "content": WISH}
    assert Method.objects.count() == before
    (line,) = editor.get(response.url).context["lines"]
    assert line.state == "new" and "drafted" in [note.code for note in line.draft.notes]
    editor.post(response.url, {"draft": ["0"]})
    made = home.methods.get(name=line.draft.name)
    assert (made.public_label, made.instruction, made.risk) == (
        "Checking the order…",
        "When somebody asks for an order",
        "read",
    )
    assert made.source == "" and Usage.objects.filter(organization=home).exists()


BAD_DRAFTS = [
    ("invented_address", {"url": "https://evil.example.org/orders/{id}"}),
    ("invented_address", {"url": "https://api.example.com@evil.example.org/{id}"}),
    ("verb", {"verb": "CONNECT"}),
    ("security_unsupported", {"auth": "magic"}),
    ("property_name", {"parameters": [{"name": "a b"}]}),
    ("property_name", {"parameters": ["id"]}),
    ("type_unknown", {"parameters": [{"name": "id", "type": "file"}]}),
    ("placeholder_unknown", {"parameters": []}),
    ("blank", {"description": ""}),
]


@pytest.mark.parametrize(("code", "changes"), BAD_DRAFTS)
def test_a_model_s_draft_is_validated_like_any_other(editor, code, changes):
    response, _ = drafted(editor, {**ORDER, **changes})
    (line,) = editor.get(response.url).context["lines"]
    assert code in [problem.code for problem in line.draft.problems]


@pytest.mark.parametrize("said", ["I cannot do that.", "{", "[1]", "{]}", "7", "[" * 5000 + "{" * 5000 + "}"])
def test_a_model_answer_that_is_not_a_draft_is_reported(editor, said):
    response, _ = drafted(editor, said)
    assert errors(response, "sentence") == ["model_answer"]


def test_a_sentence_without_an_address_asks_no_model(editor):
    response, asked = drafted(editor, ORDER, "Let visitors check their order status")
    assert (errors(response, "sentence"), asked) == (["sentence"], [])
