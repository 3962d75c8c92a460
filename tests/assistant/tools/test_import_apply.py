"""Drafts become rows, all of them or none, and are identified by their source when imported again."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from assistant import outbound
from assistant.errors import ImportRefused
from assistant.models import Assistant, Conversation, Method, Organization
from assistant.models.methods.method import MAX_METHODS
from assistant.services.methods import imports
from assistant.tools import importing
from assistant.tools.executor import Executor
from assistant.tools.importing import MethodDraft
from tests import make

from .acts import call

pytestmark = pytest.mark.django_db


def shop(*paths: str, host: str = "api.example.com", **operation: Any) -> str:
    operation = {
        "summary": "As it is",
        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
        **operation,
    }
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "Shop"},
            "servers": [{"url": f"https://{host}"}],
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
            "security": [{"key": []}],
            "paths": {path: {"get": operation} for path in paths},
        }
    )


def drafts(text: str, of: Organization) -> tuple[MethodDraft, ...]:
    return importing.validated(importing.read(text), list(of.methods.all())).drafts


def apply(of: Organization, text: str, **options: Any) -> imports.ImportResult:
    return imports.apply(of, drafts(text, of), importing.fit, **options)


@pytest.fixture
def mia() -> Assistant:
    return make.assistant()


def test_ticked_drafts_become_methods_for_the_assistants_that_get_them(mia):
    apply(mia.organization, shop("/a", "/b"), assistants=[mia])
    assert [method.name for method in mia.methods.order_by("name")] == ["get_a", "get_b"]
    method = mia.methods.get(name="get_a")
    assert (method.kind, method.risk, method.description) == ("http", "read", "As it is")
    assert (method.config["auth"], method.config["timeout_seconds"], method.secrets) == ("bearer", 15, {})


def test_another_organizations_assistant_gets_nothing(mia):
    other = make.assistant(make.organization("Elsewhere"))
    apply(mia.organization, shop("/a"), assistants=[other])
    assert not other.methods.exists() and not mia.methods.exists()


def test_importing_again_updates_and_doubles_nothing(mia):
    first = apply(mia.organization, shop("/a", "/b"))
    again = apply(mia.organization, shop("/a", "/b", summary="As it became"))
    assert (len(first.created), len(first.updated), len(again.created), len(again.updated)) == (2, 0, 0, 2)
    assert [m.description for m in mia.organization.methods.all()] == ["As it became"] * 2


def test_what_staff_have_set_survives_another_import(mia):
    apply(mia.organization, shop("/a"))
    method = mia.organization.methods.get()
    kept = {
        "name": "prices",
        "public_label": "Looking…",
        "instruction": "Only for prices",
        "confirm": "always",
        "risk": "write",
        "enabled": False,
        "per_day": 7,
        "fixed": {"q": "shoes"},
    }
    for name, value in kept.items():
        setattr(method, name, value)
    method.config = {**method.config, "timeout_seconds": 3, "keep": "/price"}
    method.set_secret("credential", "sk-once-given")
    method.save()
    apply(mia.organization, shop("/a", summary="New"))
    method = mia.organization.methods.get()
    assert {name: getattr(method, name) for name in kept} == kept
    assert (method.description, method.config["timeout_seconds"], method.config["keep"]) == ("New", 3, "/price")
    assert method.secret("credential") == "sk-once-given"
    assert "q" not in method.parameters["properties"]  # it is fixed


def test_a_credential_and_headers_that_only_staff_know_of_survive_another_import(mia):
    headers = [{"name": "X-Lang", "in": "header", "required": True, "schema": {"type": "string"}}]
    apply(mia.organization, shop("/a", security=[], parameters=headers))
    method = mia.organization.methods.get()
    assert (method.config["auth"], method.config["headers"]) == ("none", "X-Lang: {X_Lang}")
    method.config |= {"auth": "header", "auth_name": "X-Key", "headers": "x-lang: fr\nX-Shop: 7\nX-Old: {gone}"}
    method.parameters["properties"]["gone"] = {"type": "string"}
    method.save()
    apply(mia.organization, shop("/a", security=[], parameters=headers, summary="New"))
    method = mia.organization.methods.get()
    assert (method.description, method.config["auth"], method.config["auth_name"]) == ("New", "header", "X-Key")
    assert method.config["headers"] == "X-Lang: {X_Lang}\nX-Shop: 7"


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_credential_that_its_document_takes_for_a_parameter_stays_a_credential(mia, place):
    key = {"name": "X-Key", "in": place, "required": True, "schema": {"type": "string"}}
    other = {"name": "q", "in": "query", "schema": {"type": "string"}}
    apply(mia.organization, shop("/a", security=[], parameters=[key, other]))
    method = mia.organization.methods.get()
    method.config |= {"auth": place, "auth_name": "X-Key", "headers": "", "url": "https://api.example.com/a"}
    method.parameters = {"type": "object", "properties": {"q": {"type": "string"}}, "additionalProperties": False}
    method.save()
    apply(mia.organization, shop("/a", security=[], parameters=[key, other], summary="New"))
    after = mia.organization.methods.get()
    assert (after.description, after.config["auth"], after.config["headers"]) == ("New", place, "")
    assert list(after.parameters["properties"]) == ["q"] and after.config["url"] == "https://api.example.com/a"


def test_a_secret_does_not_follow_an_import_to_another_address(mia):
    apply(mia.organization, shop("/a"))
    method = mia.organization.methods.get()
    method.set_secret("credential", "sk-for-api-example-com")
    method.save()
    apply(mia.organization, shop("/a", host="evil.example.org"))
    first, second = mia.organization.methods.order_by("created_at")
    assert first == method and first.secret("credential") and first.origin == "https://api.example.com:443"
    assert second.secrets == {} and second.origin == "https://evil.example.org:443"


def test_an_invalid_draft_leaves_nothing_behind(mia):
    good, bad = drafts(shop("/a", "/b"), mia.organization)
    bad.config["url"] = "http://127.0.0.1/"
    with pytest.raises(ImportRefused) as refused:
        imports.apply(mia.organization, [good, bad], importing.fit)
    assert refused.value.code == "does_not_fit" and "get_b" in str(refused.value)
    assert not Method.objects.exists()


def test_the_fifty_first_method_leaves_nothing_behind(mia):
    apply(mia.organization, shop(*(f"/{n}" for n in range(MAX_METHODS - 1))))
    with pytest.raises(ImportRefused) as refused:
        apply(mia.organization, shop("/a", "/b"))
    assert refused.value.code == "limit"
    assert Method.objects.count() == MAX_METHODS - 1
    apply(mia.organization, shop("/a"))
    apply(mia.organization, shop("/a", summary="Updating needs no room"))
    assert Method.objects.count() == MAX_METHODS


def test_an_import_beyond_the_limit_is_refused_before_the_rest_of_it_is_looked_at(mia):
    looked_at = []

    def fit(method: Method, draft: MethodDraft) -> None:
        looked_at.append(draft)
        importing.fit(method, draft)

    with pytest.raises(ImportRefused) as refused:
        imports.apply(mia.organization, drafts(shop(*(f"/{n}" for n in range(MAX_METHODS + 9))), mia.organization), fit)
    assert (refused.value.code, len(looked_at)) == ("limit", MAX_METHODS)
    assert not Method.objects.exists()


def test_a_name_that_was_taken_in_the_meantime_leaves_nothing_behind(mia):
    found = drafts(shop("/a", "/b"), mia.organization)
    Method.objects.create(organization=mia.organization, name="get_b", kind="http")
    with pytest.raises(ImportRefused) as refused:
        imports.apply(mia.organization, found, importing.fit)
    assert refused.value.code == "name_taken"
    assert Method.objects.count() == 1


def test_a_name_that_a_kind_gives_its_operations_is_taken_too(mia):
    Method.objects.create(organization=mia.organization, name="visit", kind="appointment")
    (draft,) = drafts(shop("/visit/find_times").replace('"get"', '"put"'), mia.organization)
    assert draft.name == "put_visit_find_times"
    (draft,) = drafts(shop("/x", operationId="visit_find_times"), mia.organization)
    assert draft.name == "visit_find_times_2"


def test_two_organizations_import_the_same_without_meeting(mia):
    other = make.organization("Elsewhere")
    apply(mia.organization, shop("/a"))
    assert [d.name for d in drafts(shop("/a"), other)] == ["get_a"]
    assert len(apply(other, shop("/a", summary="Theirs")).created) == 1
    assert mia.organization.methods.get().description == "As it is"


def test_changes_by_another_import_are_shown_beforehand(mia):
    apply(mia.organization, shop("/a"))
    method = mia.organization.methods.get()

    def changed(text: str) -> list[str]:
        return importing.changes(method, drafts(text, mia.organization)[0])

    assert changed(shop("/a")) == []
    assert changed(shop("/a", summary="New")) == ["description"]
    assert changed(shop("/a", parameters=[])) == ["parameters"]
    assert changed(shop("/a", host="b.example.com")) == ["request"]
    assert mia.organization.methods.get().description == "As it is"


def test_drafts_survive_being_put_away(mia):
    found = importing.validated(importing.read(shop("/a", "/{b")), [])
    assert importing.FoundDrafts.from_json(json.loads(json.dumps(found.as_json()))) == found
    assert found.drafts[1].problems


async def test_an_imported_method_is_called_like_any_other(talk: Conversation):
    (draft,) = importing.read(shop("/orders/{order-id}")).drafts
    made = await sync_to_async(imports.apply)(talk.organization, [draft], importing.fit, assistants=[talk.assistant])
    made.created[0].set_secret("credential", "sk-imported-key")
    await sync_to_async(made.created[0].save)()
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"state": "sent", "echo": request.headers["authorization"]})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        executor = await Executor.for_conversation(talk)
        result = await executor.execute(call("get_orders_order_id", order_id="A 1", q="x"), round=1, ordinal=0)
    assert str(seen[0].url) == "https://api.example.com/orders/A%201?q=x"
    assert result.outcome == "done" and '"sent"' in result.text and "sk-imported" not in result.text
