"""Postman collections, version 2: one draft per saved request.

A collection holds examples, not rules. A value that stands in the address or the body is taken for what a visitor may
give, under the name that it has there; a variable that the collection gives a value keeps it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote

from assistant.errors import ImportRefused
from assistant.tools.credentials import is_credential
from assistant.tools.http import OWN_JSON, REFUSED_HEADERS
from assistant.tools.importing.draft import (
    RISKS,
    FoundDrafts,
    MethodDraft,
    NotImportable,
    Problem,
    argument_name,
    method_name,
    plain,
    source_key,
)
from assistant.tools.importing.legacy_export import SEGMENT, TOKEN
from assistant.tools.importing.postman_tree import Place, headers_of, items_of, objects_of, raw_url, text_of, variables_of
from assistant.tools.parameters import MAX_PROPERTIES
from assistant.tools.request import CREDENTIAL

VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
# One way to match each text: with spaces that either side could take, a text of "{{" and spaces alone took hours.
VARIABLE = re.compile(r"\{\{\s*+([^{}\s](?:[^{}]*[^{}\s])?)\s*\}\}")
UNQUOTED = re.compile(r'(?<!")\{\{\s*+([^{}"\s](?:[^{}"]*[^{}"\s])?)\s*\}\}(?!")')
# Postman takes comments in JSON; a text comes first, so that "https://…" in it is none.
COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+")|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/')
MAX_TEXT_CHARS = 8000  # of an address, a header or a body
SECRET_NAME = re.compile(rf"(?i)\b(x-)?(api[-_]?key|auth[-_]?token|access[-_]?token|secret)\b|^{TOKEN}$")
MAX_DEPTH = 5  # of variables that hold variables
OAUTH = Problem("oauth", "Uses OAuth: enter an access token. It is sent unchanged and never renewed.")
SECRET = Problem("secret", "The collection contains the credential. It is stored encrypted from now on.")


def recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    info = document.get("info")
    return "item" in document or "requests" in document or (isinstance(info, dict) and "postman" in str(info.get("schema")))


def read(document: dict[str, Any], *, base_url: str = "") -> FoundDrafts:
    """Raises `ImportRefused`: postman_v1, no_requests, too_many."""
    info = document.get("info")
    if "requests" in document or not isinstance(info, dict):
        raise ImportRefused("This Postman collection uses an old format. Export it as version 2.1.", code="postman_v1")
    collection = _Collection(
        plain(info.get("name"), 80) or "Collection", {name: value for name, value in variables_of(document)}, base_url
    )
    drafts: list[MethodDraft] = []
    seen: dict[str, int] = {}
    top = Place((), document.get("auth"), collection.variables)
    for folders, item, auth, variables in items_of(document.get("item"), top):
        draft = replace(collection, variables=variables).draft(folders, item, auth)
        seen[draft.source] = seen.get(draft.source, 0) + 1
        if seen[draft.source] > 1:  # two requests of the same name in the same folder
            draft = replace(draft, source=source_key(draft.source, str(seen[draft.source])))
        drafts.append(draft)
    if not drafts:
        raise ImportRefused("The collection contains no requests.", code="no_requests")
    return FoundDrafts(collection.title, tuple(drafts))


@dataclass
class _Request:
    properties: dict[str, Any] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    notes: dict[Problem, None] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    auth: dict[str, str] | None = None  # where a part of the request is the credential, whatever the collection says

    def add(self, wire: str, *, kind: Any = "string", about: Any = "", required: bool = False, such_as: Any = None) -> str:
        """Add a parameter named after its place; the same name twice is the same parameter."""
        name = argument_name(wire.removesuffix("_INPATH"))
        if name not in self.properties:
            schema = dict(kind) if isinstance(kind, dict) else {"type": kind}
            example = f"Example: {str(such_as)[:80]}." if such_as not in (None, "", [], {}) else ""
            if text := " ".join(filter(None, [plain(about, 300), example])):
                schema["description"] = text
            self.properties[name] = schema
        if len(self.properties) > MAX_PROPERTIES:
            raise NotImportable("too_many", f"Has more than {MAX_PROPERTIES} parameters.")
        if required:
            self.required[name] = None
        return name


@dataclass(frozen=True)
class _Collection:
    title: str
    variables: dict[str, str]
    base_url: str

    def draft(self, folders: tuple[str, ...], item: dict[str, Any], auth: Any) -> MethodDraft:
        request = item["request"]
        verb = str(request.get("method") or "GET").upper()[:20]
        name = str(item.get("name") or "")
        # What comes before a path's host or after it may be a credential.
        raw = re.sub(r"//[^/@]*@", "//", raw_url(request.get("url")).partition("?")[0])
        path = re.sub(r"^[a-z]+://[^/]*|^\{\{[^{}]*\}\}", "", raw)
        draft = MethodDraft(
            source=source_key("postman", self.title, *folders, name or f"{verb} {raw}"),
            title=f"{verb} {raw}"[:300],
            name=method_name(name if len(name) <= 60 else "", f"{verb} {path}"),
            description=plain(text_of(request.get("description"))) or plain(name, 300) or f"{verb} {raw}"[:300],
            group=plain(" / ".join(folders), 60),
            risk=RISKS.get(verb, "write"),
        )
        made = _Request()
        try:
            config = self._config(made, verb, request, auth)
        except NotImportable as error:
            return replace(draft, problems=(error.problem,))
        parameters = {"type": "object", "properties": made.properties, "required": list(made.required)}
        return replace(
            draft, parameters=parameters, config=config, fixed=made.fixed, secrets=made.secrets, notes=tuple(made.notes)
        )

    def _config(self, made: _Request, verb: str, request: dict[str, Any], auth: Any) -> dict[str, Any]:
        if verb not in VERBS:
            raise NotImportable("verb", f"{verb} requests are not supported.")
        url = request.get("url")
        described = {str(one.get("key")): one for one in objects_of(url.get("variable") if isinstance(url, dict) else None)}
        address = self._address(made, raw_url(url), described)
        send = self._body(made, verb, request.get("body"))
        queries = list(self._queries(made, url, send))
        headers = self._headers(made, request.get("header"), send)
        given = self._auth(made, auth) if made.auth is None else made.auth
        return {
            "verb": verb,
            "url": address + ("?" + "&".join(queries) if queries else ""),
            "headers": "\n".join(headers),
            "send": send,
            "auth": "none",
            **given,
        }

    def _known(self, text: str) -> str:
        """`text` with the collection's own values for its variables; unknown ones stay."""
        for _ in range(MAX_DEPTH):
            filled = self._once_filled(text)
            if filled == text:
                break
            text = filled
        return text

    def _once_filled(self, text: str) -> str:
        parts, length, end = [], 0, 0
        for match in VARIABLE.finditer(text[:MAX_TEXT_CHARS]):
            parts += [text[end : match.start()], self.variables.get(match[1], match[0])[:MAX_TEXT_CHARS]]
            length, end = length + len(parts[-2]) + len(parts[-1]), match.end()
            if length >= MAX_TEXT_CHARS:  # a thousand variables of a megabyte each fit into a small document
                break
        return "".join([*parts, text[end:MAX_TEXT_CHARS]])[:MAX_TEXT_CHARS]

    def _filled(self, made: _Request, text: str) -> str:
        """`text` with a placeholder of ours for each variable that has no value."""
        return VARIABLE.sub(lambda match: f"{{{made.add(match[1], required=True)}}}", self._known(text))

    # --- The address ----------------------------------------------------------------------------------------------

    def _address(self, made: _Request, raw: str, described: dict[str, dict[str, Any]]) -> str:
        """Without its query. A first part that nobody knows is where `base_url` goes."""
        text = self._known(raw.partition("#")[0].partition("?")[0]).strip()
        if opening := re.match(r"\{\{[^{}]*\}\}", text):
            if not self.base_url:
                raise NotImportable("no_server", f"The variable {opening[0]} has no value. Enter the address of the API.")
            text = self.base_url.rstrip("/") + text[opening.end() :]
        if "://" not in text:
            text = f"https://{text}" if re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", text) else text
        scheme, mark, rest = text.partition("://")
        host, slash, path = rest.partition("/")
        if not mark or not host:
            raise NotImportable("no_server", "The document names no server. Enter the address of the API.")
        if "{" in host:
            raise NotImportable("placeholder_host", "The host cannot contain variables. Enter the address of the API.")

        def segment(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            about = described.get(name, {})
            text, example = text_of(about.get("description")), about.get("value")
            return f"{{{made.add(name, required=True, about=text, such_as=example)}}}"

        # Variables first, each kept from being taken for a placeholder of the path's own.
        path = VARIABLE.sub(lambda match: f"{{{argument_name(match[1])}}}", f"{slash}{path}")
        return f"{scheme}{mark}{host}{SEGMENT.sub(segment, path)}"

    def _queries(self, made: _Request, url: Any, send: str) -> Iterator[str]:
        given = url.get("query") if isinstance(url, dict) else None
        if not isinstance(given, list):
            pairs = filter(None, raw_url(url).partition("#")[0].partition("?")[2].split("&"))
            given = [dict(zip(("key", "value"), pair.partition("=")[::2], strict=True)) for pair in pairs]
        for one in objects_of(given):
            key, value = self._known(str(one.get("key") or "")), self._known(str(one.get("value") or ""))
            if not key or one.get("disabled") is True or VARIABLE.search(key):
                continue
            if SECRET_NAME.search(key) or (not VARIABLE.search(value) and is_credential(key, value)):
                made.auth = {"auth": "bearer"} if key == TOKEN else {"auth": "query", "auth_name": key}
                self._keep(made, value)
                continue
            whole = VARIABLE.fullmatch(value)
            about = text_of(one.get("description"))
            name = made.add(whole[1], about=about, required=True) if whole else made.add(key, about=about, such_as=value)
            yield f"{quote(key, safe='')}={{{name}}}"

    # --- Headers and who asks -------------------------------------------------------------------------------------

    def _headers(self, made: _Request, headers: Any, send: str) -> list[str]:
        """Lines of our own; a header that authenticates becomes `made.auth`."""
        lines = []
        for one in headers_of(headers):
            name, value = str(one.get("key") or "").strip(), str(one.get("value") or "")
            if not name or one.get("disabled") is True:
                continue
            if name.lower() == "authorization":
                made.auth = self._authorization(made, self._known(value))
            elif name.lower() == "content-type" and send == "json" and OWN_JSON.fullmatch(value.strip()):
                lines.append(f"{name}: {value.strip()}")
            elif name.lower() in REFUSED_HEADERS | {"accept"}:
                if name.lower() not in ("accept", "content-type", "content-length", "host"):
                    made.notes[
                        Problem("header_refused", f"Left out: the header {name[:60]}, which is set automatically.")
                    ] = None
            elif value and (SECRET_NAME.search(name) or is_credential(name, self._known(value))):
                made.auth = {"auth": "bearer"} if name == TOKEN else {"auth": "header", "auth_name": name}
                self._keep(made, self._known(value))
            else:
                lines.append(f"{name}: {self._filled(made, value)}")
        return lines

    def _authorization(self, made: _Request, value: str) -> dict[str, str]:
        scheme, _, rest = value.strip().partition(" ")
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return {"auth": "basic"}
            self._keep(made, password)
            return {"auth": "basic", "auth_user": user}
        if scheme.lower() != "bearer" and rest:
            raise NotImportable("security_unsupported", f"Unsupported authentication: {scheme[:30]}.")
        self._keep(made, rest.strip() or ("" if scheme.lower() == "bearer" else scheme))
        return {"auth": "bearer"}

    def _keep(self, made: _Request, secret: str) -> None:
        """A literal credential becomes the method's secret; a variable's is given by staff."""
        if secret and not VARIABLE.search(secret):
            made.secrets[CREDENTIAL] = secret
            made.notes[SECRET] = None

    def _auth(self, made: _Request, auth: Any) -> dict[str, str]:
        kind = auth.get("type") if isinstance(auth, dict) else None
        if kind in (None, "", "noauth"):
            return {}
        given = auth.get(kind) if isinstance(kind, str) else None
        values = {str(one.get("key")): one.get("value") for one in objects_of(given)} if isinstance(given, list) else given
        known = {key: self._known(str(value or "")) for key, value in (values if isinstance(values, dict) else {}).items()}
        match kind:
            case "bearer":
                self._keep(made, known.get("token", ""))
                return {"auth": "bearer"}
            case "basic":
                self._keep(made, known.get("password", ""))
                user = known.get("username", "")
                return {"auth": "basic", **({"auth_user": user} if user and not VARIABLE.search(user) else {})}
            case "apikey" if known.get("key"):
                self._keep(made, known.get("value", ""))
                return {"auth": "query" if known.get("in") == "query" else "header", "auth_name": known["key"]}
            case "oauth2":
                made.notes[OAUTH] = None
                self._keep(made, known.get("accessToken", ""))
                return {"auth": "bearer"}
        raise NotImportable("security_unsupported", f"Unsupported authentication: {str(kind)[:30]}.")

    # --- The body -------------------------------------------------------------------------------------------------

    def _body(self, made: _Request, verb: str, body: Any) -> str:
        """How the parameters that stand nowhere else are sent."""
        mode = body.get("mode") if isinstance(body, dict) and body.get("disabled") is not True else None
        content = body.get(mode) if isinstance(mode, str) else None
        if content in (None, "", [], {}):
            return "" if verb in ("GET", "DELETE") else "query"
        if verb == "GET":
            made.notes[Problem("get_body", "The body is left out: a GET request cannot have one.")] = None
            return ""
        match mode:
            case "urlencoded":
                if isinstance(content, str):  # as version 2.0 has it
                    content = [{"key": name, "value": value} for name, value in parse_qsl(content, keep_blank_values=True)]
                for one in objects_of(content):
                    if one.get("key") and one.get("disabled") is not True:
                        self._member(made, str(one["key"]), self._known(str(one.get("value") or "")), one.get("description"))
                return "form"
            case "raw":
                self._json(made, str(content))
                return "json"
            case "graphql" if isinstance(content, dict):
                self._graphql(made, content)
                return "json"
        raise NotImportable(
            "body_type", f"The body has the type {str(mode)[:20]}; only JSON and URL-encoded forms are supported."
        )

    def _graphql(self, made: _Request, content: dict[str, Any]) -> None:
        """The query never changes; its variables are one parameter. Source: https://graphql.github.io/graphql-over-http"""
        query = self._known(str(content.get("query") or ""))
        if not query.strip() or VARIABLE.search(query):
            raise NotImportable("body_type", "The GraphQL query is empty or contains variables that have no value.")
        made.fixed["query"] = query
        if name := content.get("operationName"):
            made.fixed["operationName"] = str(name)
        held = _Request()
        if str(content.get("variables") or "").strip():
            self._json(held, str(content["variables"]))
        if held.properties:
            schema = {"type": "object", "properties": held.properties}
            made.add("variables", kind={**schema, "required": list(held.required)} if held.required else schema)
            made.required["variables"] = None

    def _json(self, made: _Request, text: str) -> None:
        # A variable may stand for a text within quotes, or for any value without them.
        text = UNQUOTED.sub(r'"{{\1}}"', COMMENT.sub(lambda match: match[1] or " ", self._known(text)))
        try:
            example = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotImportable("body_type", "The body is not valid JSON.") from error
        if not isinstance(example, dict):
            raise NotImportable("body_shape", "The body is not a JSON object.")
        for name, value in example.items():
            self._member(made, name, value, "")

    def _member(self, made: _Request, wire: str, value: Any, about: Any) -> None:
        """One part of the body: its name must reach the other server as it is."""
        if wire == TOKEN:
            made.auth = {"auth": "bearer"}
            self._keep(made, str(value))
            return
        if argument_name(wire) != wire:
            raise NotImportable("property_name", f"“{wire[:60]}” is not a valid parameter name.")
        if wire in made.properties:
            raise NotImportable("same_name", f"“{wire[:60]}” is used both in the body and elsewhere.")
        variable = isinstance(value, str) and VARIABLE.fullmatch(value)
        scalar = None if variable or isinstance(value, dict | list) else value
        made.add(wire, kind=_kind(value), about=text_of(about), required=bool(variable), such_as=scalar)


def _kind(value: Any, depth: int = 0) -> dict[str, Any]:
    """A schema that an example fits."""
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case list():
            return {"type": "array", "items": _kind(value[0], depth + 1) if value and depth < 3 else {"type": "string"}}
        case dict() if depth < 3 and value and all(argument_name(name) == name for name in value):
            return {"type": "object", "properties": {name: _kind(child, depth + 1) for name, child in value.items()}}
        case dict():
            return {"type": "object"}
    return {"type": "string"}
