"""Postman collections, and methods exported by the first Interworky."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest

from assistant.errors import ImportRefused
from assistant.models import Method
from assistant.tools import importing
from assistant.tools.importing import FoundDrafts, MethodDraft
from assistant.tools.request import build

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
SECRET = "sk-in-the-collection"


def read(document: Any, **options: Any) -> FoundDrafts:
    return importing.validated(importing.read(json.dumps(document), **options), [])


def collection(*items: Any, **more: Any) -> dict[str, Any]:
    return {"info": {"name": "Shop", "schema": SCHEMA}, "item": list(items), **more}


def item(url: Any = "https://api.example.com/x", name: str = "One", **request: Any) -> dict[str, Any]:
    return {"name": name, "request": {"method": "GET", "url": url, **request}}


def one(*arguments: Any, variables: dict[str, str] | None = None, base_url: str = "", **request: Any) -> MethodDraft:
    held = [{"key": key, "value": value} for key, value in (variables or {}).items()]
    (draft,) = read(collection(item(*arguments, **request), variable=held), base_url=base_url).drafts
    return draft


def sent(draft: MethodDraft, **arguments: Any) -> tuple[str, Any]:
    assert draft.problems == ()
    method = Method(name=draft.name, kind=draft.kind)
    importing.fit(method, draft)
    method.config["auth"] = "none"
    request = build(method, method.config, {**arguments, **method.fixed}, key="k")
    return request.url, request.content.decode() if request.content else None


ADDRESSES: list[tuple[Any, dict[str, str], str]] = [
    ("https://api.example.com/orders/:order-id?full=yes", {"order_id": "7", "full": "no"}, "https://api.example.com/orders/7?full=no"),
    ("https://api.example.com:8443/orders/{order-id}", {"order_id": "7"}, "https://api.example.com:8443/orders/7"),
    ("{{base}}/orders/{{orderId}}", {"orderId": "a b"}, "https://shop.example.com/v1/orders/a%20b"),
    ("{{base}}/{{version}}/x", {}, "https://shop.example.com/v1/2/x"),
    ({"raw": "{{base}}/:id", "variable": [{"key": "id", "value": "1", "description": "The id"}]}, {"id": "9"}, "https://shop.example.com/v1/9"),
    ({"protocol": "https", "host": ["a", "example", "com"], "path": ["x", ":y"]}, {"y": "z"}, "https://a.example.com/x/z"),
    ("api.example.com/x", {}, "https://api.example.com/x"),
    ({"raw": "https://a.example.com/x", "query": [{"key": "q", "value": "{{term}}"}, {"key": "off", "disabled": True}]},
     {"term": "t"}, "https://a.example.com/x?q=t"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "arguments", "address"), ADDRESSES, ids=range(len(ADDRESSES)))
def test_every_way_to_write_a_variable_is_one_placeholder(url, arguments, address):
    draft = one(url, variables={"base": "{{host}}/v1", "host": "https://shop.example.com", "version": "2"})
    assert sent(draft, **arguments)[0] == address


def test_folders_name_and_pass_on_how_to_authenticate():
    bearer = {"type": "bearer", "bearer": [{"key": "token", "value": SECRET}]}
    inner = {"name": "Inner", "item": [item(name="A"), item(name="B", auth={"type": "noauth"})]}
    outer = {
        "name": "Outer",
        "auth": bearer,
        "item": [inner, item(name="C", auth={"type": "apikey", "apikey": {"key": "X-K", "value": SECRET}})],
    }
    drafts = read(collection(outer, item(name="D"))).drafts
    assert [(d.group, d.config["auth"], "credential" in d.secrets) for d in drafts] == [
        ("Outer / Inner", "bearer", True),
        ("Outer / Inner", "none", False),
        ("Outer", "header", True),
        ("", "none", False),
    ]


def auth(kind: str, **values: str) -> dict[str, Any]:
    return {"auth": {"type": kind, kind: [{"key": key, "value": value} for key, value in values.items()]}}


def header(name: str, value: str) -> dict[str, Any]:
    return {"header": [{"key": name, "value": value}]}


BASIC = "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode()
TOKEN_IN_BODY = {"mode": "raw", "raw": json.dumps({"IW_TOKEN": SECRET, "a": 1})}
AUTH: list[tuple[dict[str, Any], dict[str, str], str | None]] = [
    (auth("basic", username="u", password=SECRET), {"auth": "basic", "auth_user": "u"}, SECRET),
    (auth("apikey", key="k", value="{{unknown}}", **{"in": "query"}), {"auth": "query", "auth_name": "k"}, None),
    (auth("bearer", token="{{token}}"), {"auth": "bearer"}, SECRET),
    (auth("oauth2", accessToken=SECRET), {"auth": "bearer"}, SECRET),
    (header("Authorization", f"Bearer {SECRET}"), {"auth": "bearer"}, SECRET),
    (header("Authorization", BASIC), {"auth": "basic", "auth_user": "u"}, SECRET),
    (header("X-Api-Key", SECRET), {"auth": "header", "auth_name": "X-Api-Key"}, SECRET),
    ({"url": f"https://api.example.com/x?api_key={SECRET}"}, {"auth": "query", "auth_name": "api_key"}, SECRET),
    ({"method": "POST", "body": TOKEN_IN_BODY}, {"auth": "bearer"}, SECRET),
]


@pytest.mark.parametrize(("request_", "config", "secret"), AUTH, ids=range(len(AUTH)))
def test_a_credential_becomes_a_secret_and_never_an_argument(request_, config, secret):
    draft = one(variables={"token": SECRET}, **request_)
    assert draft.problems == () and {name: draft.config.get(name) for name in config} == config
    assert draft.secrets.get("credential") == secret
    seen = json.dumps([draft.parameters, draft.fixed, draft.config, draft.description, [note.text for note in draft.notes]])
    assert SECRET not in seen + repr(draft) and "IW_TOKEN" not in seen


def test_an_example_body_says_what_may_be_given():
    raw = '{"name": "Ann", "seats": 2, "vip": false, "id": {{id}}, "note": "{{note}}", "tags": ["a"], "to": {"zip": "1"}}'
    draft = one(method="POST", body={"mode": "raw", "raw": raw})
    properties = draft.parameters["properties"]
    assert {name: node["type"] for name, node in properties.items()} == {
        **{"name": "string", "seats": "integer", "vip": "boolean", "id": "string", "note": "string"},
        **{"tags": "array", "to": "object"},
    }
    assert draft.parameters["required"] == ["id", "note"]
    assert properties["name"]["description"] == "Example: Ann."
    assert json.loads(sent(draft, id="1", note="n")[1] or "") == {"id": "1", "note": "n"}


def test_a_form_and_its_headers_are_kept():
    body = {
        "mode": "urlencoded",
        "urlencoded": [{"key": "a", "value": "1", "description": "The a"}, {"key": "b", "disabled": True}],
    }
    headers = [
        {"key": "X-Shop", "value": "{{shop}}"},
        {"key": "X-Fixed", "value": "yes"},
        {"key": "Host", "value": "x"},
        {"key": "Cookie", "value": "x"},
    ]
    draft = one(method="POST", body=body, header=headers, variables={"shop": "main"})
    assert draft.config["headers"] == "X-Shop: main\nX-Fixed: yes"
    assert (sent(draft, a="b c")[1], [note.code for note in draft.notes]) == ("a=b+c", ["header_refused"])


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("verb", {"method": "CONNECT"}),
    ("no_server", {"url": "{{base}}/x"}),
    ("no_server", {"url": ""}),
    ("no_server", {"url": "/only/path"}),
    ("placeholder_host", {"url": "https://{{shop}}.example.com/x"}),
    ("address_refused", {"url": "http://127.0.0.1/x"}),
    ("address_refused", {"url": "http://user:pw@example.com/x"}),
    ("body_type", {"method": "POST", "body": {"mode": "formdata", "formdata": [{"key": "f", "type": "file"}]}}),
    ("body_type", {"method": "POST", "body": {"mode": "file", "file": {"src": "/x"}}}),
    ("body_type", {"method": "POST", "body": {"mode": "raw", "raw": "<xml/>"}}),
    ("body_shape", {"method": "POST", "body": {"mode": "raw", "raw": "[1]"}}),
    ("property_name", {"method": "POST", "body": {"mode": "raw", "raw": '{"a b": 1}'}}),
    ("same_name", {"url": "https://a.example.com/:a", "method": "POST", "body": {"mode": "raw", "raw": '{"a": 1}'}}),
    ("security_unsupported", {"auth": {"type": "awsv4", "awsv4": []}}),
    ("security_unsupported", {"header": [{"key": "Authorization", "value": "Digest abc"}]}),
]


@pytest.mark.parametrize(("code", "request_"), REFUSED, ids=[code for code, _ in REFUSED])
def test_what_a_request_cannot_become_is_named(code, request_):
    draft = one(**request_)
    assert [problem.code for problem in draft.problems] == [code]


@pytest.mark.parametrize(
    ("code", "document"),
    [
        ("postman_v1", {"id": "1", "name": "Old", "requests": []}),
        ("postman_v1", {"item": []}),
        ("no_requests", collection()),
        ("no_requests", collection({"name": "Empty", "item": []}, 7, None)),
    ],
)
def test_an_invalid_collection_is_refused_as_a_whole(code, document):
    with pytest.raises(ImportRefused) as refused:
        read(document)
    assert refused.value.code == code


def test_staff_may_say_what_the_unknown_base_is():
    assert sent(one("{{baseUrl}}/x", base_url="https://api.example.com/v2/"))[0] == "https://api.example.com/v2/x"


def test_two_requests_of_one_name_are_two_methods_at_every_import():
    document = collection(item(name="Get"), item("https://api.example.com/y", name="Get"))
    first, second = read(document).drafts
    assert (first.name, second.name) == ("get", "get_2") and first.source != second.source
    assert [draft.source for draft in read(document).drafts] == [first.source, second.source]


def test_no_nonsense_in_a_collection_makes_it_fail():
    body = {"mode": "raw", "raw": '{"a": 1}'}
    auth = {"type": "bearer", "bearer": [{"key": "token", "value": "x"}]}
    url = {"raw": "https://a.example.com/:b?c=d", "query": [{"key": "c", "value": "d"}], "variable": [{"key": "b"}]}
    document = collection(
        {"name": "F", "item": [item(url, method="POST", body=body, auth=auth, header=[{"key": "X", "value": "{{y}}"}])]}
    )
    document["variable"] = [{"key": "y", "value": "{{y}}"}]
    nonsense: list[Any] = [None, 7, True, "", "\x00", "{{", "{{}}", "a" * 5000, [], {}, [[]], [None], {"a": {}}]

    def changed(node: Any) -> Any:
        yield from nonsense
        for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            for part in changed(node[key]):
                copied = copy.copy(node)
                copied[key] = part
                yield copied

    for broken in changed(document):
        try:
            found = importing.validated(importing.read(json.dumps(broken)), [])
        except ImportRefused as refused:
            assert refused.code
        else:
            assert all(problem.text for draft in found.drafts for problem in draft.problems)


# --- The first Interworky ---------------------------------------------------------------------------------------------


def exported(**changes: Any) -> dict[str, Any]:
    return {
        "method_name": "Order-Status",
        "method_description": "Looks up an order",
        "method_verb": "GET",
        "method_endpoint": "https://api.example.com/orders/:order-id",
        "dynamic_params": [
            {"field_name": "order_id_INPATH", "field_type": "string", "field_description": "No.", "field_required": True}
        ],
        "fixed_params": [{"field_name": "IW_TOKEN", "field_value": SECRET}, {"field_name": "shop", "field_value": "main"}],
        **changes,
    }


def test_an_exported_method_keeps_its_path_its_fixed_values_and_its_secret():
    (draft,) = read([exported()]).drafts
    assert (draft.problems, draft.name, draft.secrets) == ((), "order_status", {"credential": SECRET})
    assert (draft.config["auth"], draft.fixed) == ("bearer", {"shop": "main"})
    assert draft.parameters["required"] == ["order_id"]
    assert sent(draft, order_id="7 8")[0] == "https://api.example.com/orders/7%208?shop=main"


def test_what_stood_nowhere_in_the_path_goes_to_its_end():
    fixed = [{"field_name": "kind_INPATH", "field_value": "full"}]
    (draft,) = read({"data": [exported(method_endpoint="https://api.example.com/orders", fixed_params=fixed)]}).drafts
    assert sent(draft, order_id="7")[0] == "https://api.example.com/orders/7/full"


def test_a_token_that_visitors_were_asked_for_is_asked_for_no_more():
    token = {"field_name": "IW_TOKEN", "field_type": "string", "field_required": True}
    (draft,) = read([exported(dynamic_params=[token], fixed_params=[], method_endpoint="https://api.example.com/me")]).drafts
    assert (draft.config["auth"], draft.parameters["properties"], draft.secrets) == ("bearer", {}, {})
    assert [note.code for note in draft.notes] == ["token"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("not_http", {"capability_type": "email"}),
        ("placeholder_unknown", {"method_endpoint": "https://api.example.com/:gone"}),
        ("address_refused", {"method_endpoint": "http://10.0.0.1/:order_id"}),
        ("invalid_choice", {"method_verb": "TRACE"}),
        ("type_unknown", {"dynamic_params": [{"field_name": "order_id", "field_type": "blob", "field_required": True}]}),
    ],
)
def test_what_an_exported_method_cannot_become_is_named(code, changes):
    (draft,) = read([exported(**changes)]).drafts
    assert code in [problem.code for problem in draft.problems]


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://api.example.com/orders/", ""),
        ("https://api.example.com/orders", ""),
        ("{{base}}/orders/", "https://api.example.com/"),
        ({"raw": "https://api.example.com/orders/?page=1"}, ""),
        ({"protocol": "https", "host": ["api", "example", "com"], "path": ["orders", ""]}, ""),
    ],
)
def test_an_address_ends_as_the_collection_has_it(url: Any, base_url: str) -> None:
    slash = "" if url == "https://api.example.com/orders" else "/"
    address = one(url, base_url=base_url).config["url"].partition("?")[0]
    assert address == f"https://api.example.com/orders{slash}"


# --- Forms that the format has for the same thing ---------------------------------------------------------------------


def first(document: dict[str, Any]) -> MethodDraft:
    draft = read(document).drafts[0]
    assert draft.problems == ()
    return draft


def test_the_parts_of_a_path_may_be_objects():
    url = {"host": "api.example.com", "protocol": "https", "path": [{"type": "string", "value": "rooms"}, ":room", ""]}
    assert first(collection(item(url))).config["url"] == "https://api.example.com/rooms/{room}/"


def test_a_folder_has_variables_of_its_own():
    folder = {"name": "EU", "variable": [{"key": "host", "value": "eu.example.com"}], "item": [item("https://{{host}}/x")]}
    other = item("https://{{host}}/x")
    held = [{"key": "host", "value": "us.example.com"}]
    found = read(collection(folder, other, variable=held)).drafts
    assert [draft.config["url"] for draft in found] == ["https://eu.example.com/x", "https://us.example.com/x"]


def test_headers_and_forms_may_be_written_as_one_text():
    body = {"mode": "urlencoded", "urlencoded": "room=7&guest=Ada%20L"}
    draft = first(collection(item(method="POST", header="X-Hotel: Elbe\nX-Empty:\n// X-Off: 1", body=body)))
    assert "X-Hotel: Elbe" in draft.config["headers"].splitlines()
    assert (draft.config["send"], list(draft.parameters["properties"])) == ("form", ["room", "guest"])


def test_comments_in_a_body_are_no_part_of_it():
    text = '{ // of a room\n "beds": 2, /* or: "sofa": 1,\n **/ "photo": "https://cdn.example.com/*a*/7", "say": "\\"//" }'
    draft = first(collection(item(method="POST", body={"mode": "raw", "raw": text})))
    assert list(draft.parameters["properties"]) == ["beds", "photo", "say"]
    assert "https://cdn.example.com/*a*/7" in draft.parameters["properties"]["photo"].get("description", "")


def test_a_type_made_of_json_is_kept_with_the_body_that_has_it():
    own = [{"key": "Content-Type", "value": "application/vnd.api+json"}]
    body = {"mode": "raw", "raw": '{"beds": 2}'}
    assert first(collection(item(method="POST", header=own, body=body))).config["headers"] == (
        "Content-Type: application/vnd.api+json"
    )
    assert first(collection(item(method="POST", header=own))).config["headers"] == ""


def test_a_graphql_query_is_fixed_and_its_variables_are_for_the_model():
    query = "query Rooms($beds: Int!) { rooms(beds: $beds) { number } }"
    body = {"mode": "graphql", "graphql": {"query": query, "variables": '{"beds": 2, "near": {"city": "{{city}}"}}'}}
    draft = first(collection(item(method="POST", body=body)))
    assert (draft.fixed, draft.config["send"]) == ({"query": query}, "json")
    _, content = sent(draft, variables={"beds": 3})
    assert json.loads(content or "") == {"query": query, "variables": {"beds": 3}}
    alone = {"mode": "graphql", "graphql": {"query": "{ rooms }", "variables": ""}}
    bare = first(collection(item(method="POST", body=alone)))
    assert (bare.fixed, bare.parameters["properties"]) == ({"query": "{ rooms }"}, {})


@pytest.mark.parametrize("query", ["", " ", "{ {{field}} }"])
def test_a_graphql_query_that_is_not_known_is_named(query):
    draft = one(method="POST", body={"mode": "graphql", "graphql": {"query": query, "variables": "{}"}})
    assert [problem.code for problem in draft.problems] == ["body_type"]
