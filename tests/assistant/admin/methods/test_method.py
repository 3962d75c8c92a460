"""Methods: defined by filling in a form, tried out through the same executor as a model's call."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from assistant import outbound
from assistant.admin.methods.testing import AGAIN
from assistant.admin.rows import FixedField, ParametersField
from assistant.llm import ToolResult
from assistant.models import Method, Organization, ToolCall
from assistant.tools import KINDS
from assistant.tools.kind import Context, Kind, Operation
from tests.assistant.admin.filled import METHOD_SECRET
from tests.assistant.admin.test_scoping import entered, fields_of

pytestmark = pytest.mark.django_db


def row(number: int, **cells: str) -> dict[str, str]:
    return {f"parameters-{number}-{name}": value for name, value in cells.items()}


HTTP = {
    "name": "stock",
    "description": "How many are left",
    "enabled": "on",
    "risk": "read",
    "confirm": "",
    "per_visitor_per_day": 20,
    "per_day": 1000,
    "config-verb": "GET",
    "config-url": "https://api.example.com/stock/{item}",
    "config-auth": "bearer",
    "config-timeout_seconds": 5,
    "config-max_kb": 64,
    "secrets-value_credential": "sk-brand-new-secret",
    "parameters-count": 3,
    "fixed-count": 1,
    "fixed-0-name": "shop",
    "fixed-0-type": "integer",
    "fixed-0-value": "7",
    **row(0, name="item", type="string", description="What", required="on", enum="", format=""),
    **row(1, name="size", type="string", description="", enum="small, large", format=""),
    **row(2, name="", type="string", description="", enum="", format=""),
}


def add(client: Client, home: Organization, **changes: Any) -> Any:
    return client.post(f"/admin/assistant/method/add/?organization={home.pk}&kind=http", {**HTTP, **changes})


def test_a_secret_that_is_not_saved_because_of_another_error_is_asked_for_again(boss: Client, home: Organization) -> None:
    address = f"/admin/assistant/method/add/?organization={home.pk}&kind=http"
    refused = boss.post(
        address, {**HTTP, "config-url": "ht!tp", "secrets-name_0": "shop_key", "secrets-more_0": "s3cr3t-value"}
    )
    page = refused.content.decode()
    assert page.count("Enter it again: it was not saved") == 2
    assert "sk-brand-new-secret" not in page and "s3cr3t-value" not in page
    again = {**HTTP, "secrets-value_credential": "", "secrets-value_credential_again": "1"}
    assert "Enter it again" in boss.post(address, again).content.decode()
    assert not Method.objects.filter(name="stock").exists()
    assert boss.post(address, {**again, "secrets-value_credential": "sk-typed-again"}).status_code == 302
    assert Method.objects.get(name="stock").secret("credential") == "sk-typed-again"


def test_a_method_without_the_credential_that_it_needs_says_so(boss: Client, home: Organization) -> None:
    address = f"/admin/assistant/method/add/?organization={home.pk}&kind=http"
    said = boss.post(address, {**HTTP, "secrets-value_credential": ""}, follow=True).content.decode()
    assert "cannot work yet: enter its credential" in said
    said = boss.post(address, {**HTTP, "name": "open", "config-auth": "none", "secrets-value_credential": ""}, follow=True)
    assert "cannot work yet" not in said.content.decode()


def test_a_method_is_made_from_rows_fields_and_a_secret(boss, home):
    response = add(boss, home, assistants=[home.assistants.get().pk])
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Method.objects.get(name="stock")
    assert (made.organization, made.kind) == (home, "http")
    assert made.parameters == {
        "type": "object",
        "properties": {
            "item": {"type": "string", "description": "What"},
            "size": {"type": "string", "enum": ["small", "large"]},
        },
        "required": ["item"],
        "additionalProperties": False,
    }
    assert made.fixed == {"shop": 7}
    assert made.config["url"] == "https://api.example.com/stock/{item}"
    assert made.secret("credential") == "sk-brand-new-secret"
    assert list(made.assistants.all()) == [home.assistants.get()]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Stock levels"}, "lower-case letters"),
        ({"name": "order_status"}, "already knows another method"),
        ({"config-url": "https://{item}.example.com/"}, "The host cannot contain parameters"),
        ({"config-url": "http://169.254.169.254/{item}"}, "settings below are not valid"),
        ({"config-url": "https://api.example.com/{nothing}"}, "no parameter"),
        ({"parameters-0-name": "bad name"}, "not a valid parameter name"),
        ({"parameters-1-name": "item"}, "Two parameters"),
        ({"parameters-1-type": "boolean"}, "only text and numbers"),
        ({"parameters-1-type": "nonsense"}, "choose a type"),
        ({"fixed-0-name": "item"}, "fixed value"),
        ({"fixed-0-value": "seven"}, "not of the chosen type"),
        ({"parameters-json": '{"type": "object", "properties": {"item": {"$ref": "http://evil.example"}}}'}, "references"),
        ({"parameters-json": "{"}, "not valid JSON"),
        ({"parameters-json": "[" * 100_000}, "not valid JSON"),
        ({"parameters-json": '{"type": "object", "properties": {"a": {"type": {"a": 1}}}}'}, "is not a valid type"),
        ({"parameters-json": '{"type": "object", "properties": {"a": {"type": "string", "format": {}}}}'}, "the format"),
        ({"parameters-0-description": "a \0 b"}, "cannot be stored"),
        ({"fixed-0-type": "number", "fixed-0-value": "nan"}, "cannot be stored"),
        ({"fixed-0-type": "number", "fixed-0-value": "-inf"}, "cannot be stored"),
        ({"fixed-json": '{"a": NaN}'}, "cannot be stored"),
        ({"fixed-json": '{"a": "\\ud800"}'}, "cannot be stored"),
        ({"fixed-0-type": "string", "fixed-0-value": "a\0b"}, "cannot be stored"),
        ({"fixed-0-type": "string", "fixed-0-value": "x" * 20_000}, "too large"),
        ({"fixed-0-name": "x" * 65}, "at most 64"),
        ({"secrets-value_credential": "sk\u200b-1"}, "not allowed in a header"),
        ({"config-auth": "header", "config-auth_name": "X-Key", "config-headers": "x-key: 1"}, "carries the credential"),
        ({"config-auth": "query", "config-auth_name": "size"}, "carries the credential"),
        ({"secrets-more_0": "a secret without a name"}, "settings below are not valid"),
        ({"secrets-name_1": "a_name_without_a_secret"}, "Enter the secret, or clear its name"),
        ({"secrets-name_0": "credential", "secrets-more_0": "s3cr3t"}, "a secret of this name above"),
        ({f"secrets-{field}_{n}": "pin" for n in "01" for field in ("name", "more")}, "a secret of this name above"),
    ],
)
def test_an_invalid_method_is_refused_with_the_reason_and_not_saved(boss, home, changes, said):
    response = add(boss, home, **changes)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Method.objects.filter(name="stock").exists()


def test_an_organization_has_at_most_fifty_methods(boss, home):
    Method.objects.bulk_create(Method(organization=home, name=f"m{n}", kind="gone", description="x") for n in range(49))
    assert "at most 50" in add(boss, home).content.decode()


def test_a_secret_is_kept_when_left_empty_forgotten_when_asked_and_lost_with_the_address(boss, home):
    add(boss, home)
    made = Method.objects.get(name="stock")
    address = f"/admin/assistant/method/{made.pk}/change/"
    kept = {**HTTP, "secrets-value_credential": ""}
    boss.post(address, kept)
    made.refresh_from_db()
    assert made.secret("credential") == "sk-brand-new-secret"
    said = boss.post(address, {**kept, "config-url": "https://evil.example.net/{item}"}, follow=True).content.decode()
    made.refresh_from_db()
    assert made.secrets == {}
    assert "these secrets were deleted: credential" in said
    boss.post(address, {**HTTP})
    boss.post(address, {**kept, "secrets-forget_credential": "on"})
    made.refresh_from_db()
    assert made.secrets == {}


def test_a_schema_that_fits_no_table_is_edited_as_json_and_comes_back_whole(boss, home):
    nested = {
        "type": "object",
        "properties": {"item": {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": False}},
        "additionalProperties": False,
    }
    method = home.methods.get()
    method.parameters, method.config["url"] = nested, "https://api.example.com/"
    method.save()
    page = boss.get(f"/admin/assistant/method/{method.pk}/change/").content.decode()
    assert 'name="parameters-json"' in page
    field = ParametersField()
    assert field.clean(field.prepare_value(nested)) == nested


@pytest.mark.parametrize("field", [ParametersField(), FixedField()])
def test_an_empty_table_is_an_empty_definition(field):
    assert field.prepare_value(field.clean([])) == []


def test_rows_and_json_become_each_other():
    field = ParametersField()
    rows = [
        {"name": "a", "type": "list", "description": "d", "required": True, "enum": "", "format": ""},
        {"name": "b", "type": "integer", "description": "", "required": False, "enum": "1, 2", "format": ""},
        {"name": "c", "type": "string", "description": "", "required": False, "enum": "", "format": "date"},
    ]
    assert field.prepare_value(field.clean(rows)) == rows
    fixed = FixedField()
    stored = {"a": "x", "b": 2, "c": 1.5, "d": True}
    assert fixed.clean(fixed.prepare_value(stored)) == stored


def test_staff_choose_the_organization_and_the_kind_first(boss, home):
    other = Organization.objects.create(name="Other", slug="other")
    assert "Choose the organization" in boss.get("/admin/assistant/method/add/").content.decode()
    kinds = boss.get(f"/admin/assistant/method/add/?organization={other.pk}").content.decode()
    assert f"?organization={other.pk}&amp;kind=http" in kinds
    assert boss.get(f"/admin/assistant/method/add/?organization={other.pk}&kind=appointment").status_code == 200


class Greeting(forms.Form):
    word = forms.CharField()


def is_a_greeting(method: Method) -> None:
    if method.config["word"] == "Goodbye":
        raise ValidationError("That is no greeting.")


async def greet(context: Context, arguments: dict[str, Any]) -> ToolResult:
    return ToolResult(context.config["word"])


def test_a_new_kind_needs_its_row_alone_to_have_a_card_a_form_and_checks(boss, home, monkeypatch):
    operation = Operation(greet, risk=Method.Risk.READ)
    row = Kind("Wave", "Greets the visitor by name.", "waving_hand", Greeting, (operation,), check=is_a_greeting)
    monkeypatch.setitem(KINDS, "wave", row)
    cards = boss.get(f"/admin/assistant/method/add/?organization={home.pk}").content.decode()
    assert all(text in cards for text in ("kind=wave", "Wave", "Greets the visitor by name.", ">waving_hand<"))
    address = f"/admin/assistant/method/add/?organization={home.pk}&kind=wave"
    assert 'name="config-word"' in boss.get(address).content.decode()
    typed = {name: value for name, value in HTTP.items() if not name.startswith(("config-", "secrets-"))}
    assert "That is no greeting." in boss.post(address, {**typed, "config-word": "Goodbye"}).content.decode()
    assert boss.post(address, {**typed, "config-word": "Hello"}).status_code == 302
    made = Method.objects.get(kind="wave")
    assert made.config == {"word": "Hello"}
    tested = boss.post(f"/admin/assistant/method/{made.pk}/test/", {"argument-item": "x", "dry": "1"})
    assert tested.context["result"].text == "Hello"


# --- Trying it out ----------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(boss, home):
    def unexpected(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"A dry run sent {request.url}.")

    method = home.methods.get()
    with outbound.transport_for_tests(httpx.MockTransport(unexpected)):
        page = boss.post(f"/admin/assistant/method/{method.pk}/test/", {"argument-order_id": "A-17", "dry": "1"})
    body = page.content.decode()
    assert "https://api.example.com/orders/A-17" in body
    assert METHOD_SECRET not in body
    assert "Run for real" in body
    written = ToolCall.objects.get(initiator=ToolCall.Initiator.STAFF)
    assert (written.dry_run, written.state, written.method) == (True, ToolCall.State.DONE, method)


def sent_by(method: Method, *posts: Any, answer: dict[str, Any] | None = None) -> tuple[list[str], list[Any]]:
    """What was requested of the other server by these posts, and the pages that they led to."""
    sent, address = [], f"/admin/assistant/method/{method.pk}/test/"

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url))
        return httpx.Response(200, json=answer or {"state": "shipped"})

    with outbound.transport_for_tests(httpx.MockTransport(respond)):
        return sent, [client.post(address, {"argument-order_id": "A-17", **form}, follow=True) for client, form in posts]


def test_a_real_test_is_sent_and_recorded_in_the_ledger(boss, home):
    sent, [page] = sent_by(home.methods.get(), (boss, {"send": "1"}), answer={"state": f"shipped {METHOD_SECRET}"})
    assert sent == ["https://api.example.com/orders/A-17"]
    assert "shipped" in page.content.decode()
    assert METHOD_SECRET not in page.content.decode()
    written = ToolCall.objects.get(initiator=ToolCall.Initiator.STAFF)
    assert (written.dry_run, written.state) == (False, ToolCall.State.DONE)


def test_a_real_test_is_sent_once_however_often_its_button_is_pressed_and_its_page_is_loaded(boss, home):
    method = home.methods.get()
    dry = boss.post(f"/admin/assistant/method/{method.pk}/test/", {"argument-order_id": "A-17", "dry": "1"})
    form = {"send": "1", "run": dry.context["run"]}
    sent, [first, again] = sent_by(method, (boss, form), (boss, form))
    assert len(sent) == 1 and first.redirect_chain == again.redirect_chain
    assert [str(text) for text in again.context["messages"]] == [AGAIN] and not list(first.context["messages"])
    shown = boss.get(first.redirect_chain[0][0])
    assert "shipped" in shown.content.decode() and shown.context["inputs"][0]["value"] == "A-17"
    assert "Run for real" not in shown.content.decode() and len(sent) == 1


def test_another_dry_run_another_argument_and_another_person_run_it_for_real_again(boss, home):
    method, form = home.methods.get(), {"send": "1", "run": "of-a-page"}
    other = entered(User.objects.create_superuser("other"))
    posts = [
        (boss, form),
        (boss, {**form, "run": "of-another"}),
        (boss, {**form, "argument-order_id": "B-1"}),
        (other, form),
    ]
    assert len(sent_by(method, *posts)[0]) == 4


def test_a_test_of_another_method_is_not_shown(boss, home):
    method = home.methods.get()
    _, [page] = sent_by(method, (boss, {"send": "1"}))
    call = page.redirect_chain[0][0].partition("call=")[2]
    other = Method.objects.create(organization=home, name="look", kind="http", description="Looks.", config=method.config)
    for named in (call, "x", "\u202e"):
        page = boss.get(f"/admin/assistant/method/{other.pk}/test/", {"call": named})
        assert page.status_code == 200 and page.context["result"] is None


def test_a_test_with_invalid_arguments_shows_the_error_a_model_would_get(boss, home):
    page = boss.post(f"/admin/assistant/method/{home.methods.get().pk}/test/", {"argument-order_id": "", "dry": "1"})
    assert "order_id" in page.context["result"].text
    assert page.context["result"].outcome == "failed"


def test_a_viewer_cannot_test_a_method(home):
    from tests.assistant.admin.filled import member

    viewer = entered(member(home, "viewer"))
    assert viewer.get(f"/admin/assistant/method/{home.methods.get().pk}/test/").status_code == 403
    assert fields_of(viewer, f"/admin/assistant/method/{home.methods.get().pk}/change/") is not None


@pytest.mark.parametrize(
    "property",
    [
        {"first-name": {"type": "string"}},
        {"sort": {"type": "string", "enum": ["", "asc"]}},
        {"sure": {"type": "boolean", "enum": [True]}},
        {"text": {"type": "string", "description": "Two\nlines"}},
        {"n": {"type": "integer", "enum": [1, 2]}, "m": {"type": "number", "enum": [0.5]}},
    ],
)
def test_an_imported_method_survives_a_save_of_its_form_unchanged(property):
    stored = {"type": "object", "properties": property, "additionalProperties": False}
    field = ParametersField()
    assert field.clean(field.prepare_value(stored)) == stored


def test_a_hundred_parameters_survive_an_edit(boss, home):
    rows = {}
    for number in range(2, 100):
        rows |= row(number, name=f"p{number}", type="string", description="", enum="", format="")
    assert add(boss, home, **{**rows, "parameters-count": 102}).status_code == 302
    made = Method.objects.get(name="stock")
    assert len(made.parameters["properties"]) == 100
    page = boss.get(f"/admin/assistant/method/{made.pk}/change/").content.decode()
    assert 'name="parameters-99-name"' in page and 'value="p99"' in page
    more = {**rows, **row(100, name="one_too_many", type="string", enum="", format=""), "parameters-count": 103}
    assert "at most 100" in add(boss, home, **{**more, "name": "more"}).content.decode()
