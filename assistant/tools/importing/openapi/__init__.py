"""OpenAPI 3.0 and 3.1: one draft per operation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from assistant.errors import ImportRefused
from assistant.models import Method
from assistant.tools.http import REFUSED_HEADERS
from assistant.tools.importing.draft import (
    RISKS,
    FoundDrafts,
    MethodDraft,
    NotImportable,
    Problem,
    method_name,
    plain,
    source_key,
)
from assistant.tools.importing.openapi.body import media_of, one_object
from assistant.tools.importing.openapi.request import Request, folded
from assistant.tools.importing.openapi.security import authentication, is_credential
from assistant.tools.importing.openapi.servers import MAX_URL_CHARS, PLACEHOLDER, TOO_LONG, host_of, server_url
from assistant.tools.importing.schemas import Schemas

VERBS = ("get", "post", "put", "patch", "delete")
OTHER_VERBS = ("head", "options", "trace", "query")
# What a request says of itself; OpenAPI has such parameters ignored.
OWN_HEADERS = {"accept", "content-type", "authorization"}
SEPARATORS = {"spaceDelimited": "spaces", "pipeDelimited": "|"}


def recognises(document: Any) -> bool:
    return isinstance(document, dict) and bool({"openapi", "swagger", "paths"} & document.keys())


def read(document: dict[str, Any], *, base_url: str = "") -> FoundDrafts:
    """Raises `ImportRefused`: swagger2, openapi_version, no_paths, too_many."""
    version = str(document.get("openapi", ""))
    if "swagger" in document:
        raise ImportRefused("Swagger 2 is not supported. Convert the document to OpenAPI 3 first.", code="swagger2")
    if not re.fullmatch(r"3\.[01](\.\d{1,3})?", version):
        raise ImportRefused(f"OpenAPI “{version[:20]}” is not supported. Use version 3.0 or 3.1.", code="openapi_version")
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise ImportRefused("The document has no paths, so there is nothing to import.", code="no_paths")
    info = document.get("info")
    title = plain(info.get("title"), 80) if isinstance(info, dict) else ""
    api = _Api(document, Schemas(document), title or "API", base_url, host_of(document, base_url))
    drafts = [draft for path, item in paths.items() for draft in api.of_path(path, item)]
    notes = (
        [Problem("webhooks", "Webhooks are left out: they are requests that the API sends to you.")]
        if document.get("webhooks")
        else []
    )
    return FoundDrafts(api.title, tuple(drafts), tuple(notes))


@dataclass(frozen=True)
class _Api:
    document: dict[str, Any]
    schemas: Schemas
    title: str
    base_url: str
    server: str  # tells it from another API of the same title

    def of_path(self, path: str, item: Any) -> list[MethodDraft]:
        if path.startswith("x-"):
            return []
        if not path.startswith("/"):
            return [self._blank("", path[:MAX_URL_CHARS], {}, Problem("path", "Paths must begin with a slash."))]
        if len(path) > MAX_URL_CHARS:
            return [self._blank("", path[:300], {}, TOO_LONG)]
        try:
            item = self.schemas.resolved(item)
        except NotImportable as error:
            return [self._blank("", path, {}, error.problem)]
        if not isinstance(item, dict):
            return [self._blank("", path, {}, Problem("path_item", "The description of this path is not an object."))]
        drafts = []
        for verb, operation in item.items():
            if verb in OTHER_VERBS:
                problem = Problem("verb", f"{verb.upper()} requests are not supported.")
                drafts.append(self._blank(verb, path, operation, problem))
            elif verb in VERBS:
                drafts.append(self._of_operation(verb, path, item, operation))
        return drafts

    def _blank(self, verb: str, path: str, operation: Any, *problems: Problem) -> MethodDraft:
        """What can be said of every operation, however it is described."""
        given = operation if isinstance(operation, dict) else {}
        tags = given.get("tags")
        title = f"{verb.upper()} {path}".strip()
        summary, about = plain(given.get("summary"), 300), plain(given.get("description"))
        says = f"{summary.rstrip('.')}. {about}" if summary and about and not about.startswith(summary) else about or summary
        own = given.get("operationId")
        return MethodDraft(
            source=source_key("openapi", self.title, self.server, title),
            title=title[:300],
            name=method_name(own if isinstance(own, str) else "", f"{verb} {path}"),
            description=plain(says) or title[:300],
            group=plain(tags[0], 60) if isinstance(tags, list) and tags else "",
            risk=RISKS.get(verb.upper(), Method.Risk.WRITE),
            deprecated=given.get("deprecated") is True,
            problems=problems,
        )

    def _of_operation(self, verb: str, path: str, item: dict[str, Any], operation: Any) -> MethodDraft:
        draft = self._blank(verb, path, operation)
        if not isinstance(operation, dict):
            return replace(draft, problems=(Problem("operation", "The description is not an object."),))
        try:
            url, server_notes = server_url((operation, item, self.document), self.base_url)
            auth, auth_notes = authentication(self.document, self.schemas, operation)
            request = self._request(verb, path, item, operation, auth)
        except NotImportable as error:
            return replace(draft, problems=(error.problem,))
        query = "&".join(request.queries)
        address = url + request.path
        if query:
            address += ("&" if "?" in address else "?") + query
        notes = {**request.notes, **dict.fromkeys([*server_notes, *auth_notes])}
        if draft.deprecated:
            notes[Problem("deprecated", "Deprecated by the API's provider.")] = None
        config = {
            "verb": request.verb,
            "url": address,
            "headers": "\n".join(request.headers),
            "send": request.send,
            "auth": "none",
            **auth,
        }
        return replace(draft, parameters=request.schema(), fixed=request.fixed, config=config, notes=tuple(notes))

    # --- What goes into it ----------------------------------------------------------------------------------------

    def _request(
        self, verb: str, path: str, item: dict[str, Any], operation: dict[str, Any], auth: dict[str, str]
    ) -> Request:
        made: list[Request] = []

        def build() -> dict[str, Any]:
            request = Request(verb.upper(), path)
            made.append(request)
            self._body(request, operation)
            for parameter in self._parameters(item, operation):
                if not is_credential(parameter, auth):
                    self._place(request, parameter)
            self._undeclared(request)
            if not request.has_body and verb not in ("get", "delete"):
                request.send = "query"
            return request.schema()

        self.schemas.fitted(build)
        request = made[-1]
        request.notes |= self.schemas.notes
        return request

    def _parameters(self, item: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
        """The path's and the operation's; where both have one, the operation's."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for given in (item.get("parameters"), operation.get("parameters")):
            for one in given if isinstance(given, list) else []:
                parameter = self.schemas.resolved(one)
                if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
                    raise NotImportable("parameter", "A parameter has no name.")
                found[str(parameter.get("in")), parameter["name"]] = parameter
        # The path's first: its names are the ones that staff will know.
        return sorted(found.values(), key=lambda parameter: parameter.get("in") != "path")

    def _place(self, request: Request, parameter: dict[str, Any]) -> None:
        name, place = parameter["name"], parameter.get("in")
        required = parameter.get("required") is True or place == "path"
        if place == "header" and name.lower() in OWN_HEADERS:
            return
        try:
            if place not in ("path", "query", "header"):
                raise NotImportable(
                    "parameter_place", f"Requires the {str(place)[:20]} parameter “{name[:60]}”, which is not supported."
                )
            if place == "header" and name.lower() in REFUSED_HEADERS:
                raise NotImportable(
                    "header_refused",
                    f"Requires the header {name[:60]}, which is set automatically and cannot be a parameter.",
                )
            schema = self._sent(parameter, place)
        except NotImportable as error:
            if required or error.problem.code.startswith("ref_"):
                raise
            request.notes[Problem(error.problem.code, f"Left out: {name[:60]}. {error.problem.text}")] = None
            return
        if place == "path" and f"{{{name}}}" not in request.path:
            return
        opening = _opening(parameter, schema) if place == "path" else ""
        argument = request.add(name, place, schema, required)
        match place:
            case "path":
                request.path = request.path.replace(f"{{{name}}}", f"{opening}{{{argument}}}")
            case "header":
                request.headers.append(f"{name}: {{{argument}}}")
            case _ if request.has_body or argument != name:
                request.queries.append(f"{quote(name, safe='')}={{{argument}}}")

    def _sent(self, parameter: dict[str, Any], place: str) -> dict[str, Any]:
        """A parameter's schema as a model sees it."""
        content = parameter.get("content")
        if isinstance(content, dict) and content:
            if place != "query" or "application/json" not in content:
                raise NotImportable(
                    "parameter_content", f"“{parameter['name'][:60]}” is sent in a form that is not supported."
                )
            inner = content["application/json"]
            schema = self.schemas.simple(inner.get("schema", {}) if isinstance(inner, dict) else {})
            if schema.get("type") == "array":
                raise NotImportable(
                    "parameter_content", f"“{parameter['name'][:60]}” is a list in a form that is not supported."
                )
        else:
            schema = self.schemas.simple(parameter.get("schema", {}))
            schema = self._in_one_line(schema, parameter, place)
        if text := plain(parameter.get("description"), 400):
            how = schema.get("description", "")
            schema["description"] = f"{text} {how}" if how.startswith("One or more") else text
        return schema

    def _in_one_line(self, schema: dict[str, Any], parameter: dict[str, Any], place: str) -> dict[str, Any]:
        """Lists that are sent in one value are a text for the model; objects can only be in a body."""
        branches = [schema, *schema.get("anyOf", [])]
        if any(branch.get("type") == "object" for branch in branches):
            raise NotImportable(
                "parameter_object", f"“{parameter['name'][:60]}” is an object outside the body, which is not supported."
            )
        if not any(branch.get("type") == "array" for branch in branches):
            return schema
        style = parameter.get("style", "form" if place == "query" else "simple")
        if style == "form" and parameter.get("explode") is not False and schema.get("type") == "array":
            if schema["items"].get("type") in ("object", "array"):
                raise NotImportable(
                    "parameter_object",
                    f"“{parameter['name'][:60]}” is a list of objects outside the body, which is not supported.",
                )
            return schema
        if style not in ("form", "simple", *SEPARATORS):
            raise NotImportable(
                "parameter_style", f"“{parameter['name'][:60]}” uses the style {str(style)[:20]}, which is not supported."
            )
        choices = schema.get("items", {}).get("enum", [])
        such = f" of {', '.join(map(str, choices))}" if choices else ""
        return {"type": "string", "description": f"One or more{such}, separated by {SEPARATORS.get(style, 'commas')}."}

    def _undeclared(self, request: Request) -> None:
        """What stands in braces in the path but is not described, is a text."""
        for name in PLACEHOLDER.findall(request.path):
            if name not in request.properties:
                argument = request.add(name or "value", "path", {"type": "string"}, True)
                request.path = request.path.replace(f"{{{name}}}", f"{{{argument}}}", 1)
                request.notes[Problem("undeclared", f"“{name[:60]}” is part of the path but not described.")] = None

    def _body(self, request: Request, operation: dict[str, Any]) -> None:
        body = self.schemas.resolved(operation.get("requestBody"))
        content = body.get("content") if isinstance(body, dict) else None
        if not isinstance(content, dict) or not content:
            return
        needed = body.get("required") is True
        try:
            if request.verb == "GET":
                raise NotImportable("get_body", "A GET request cannot have a body.")
            send, media_type, media = media_of(content)
            schema = self.schemas.simple(media.get("schema", {}) if isinstance(media, dict) else {}, level=0)
            schema = one_object(schema)
        except NotImportable as error:
            if needed or error.problem.code.startswith("ref_"):
                raise
            request.notes[Problem(error.problem.code, f"The body is left out. {error.problem.text}")] = None
            return
        if "anyOf" in schema:
            request.notes[
                Problem("loosened", "Accepts one of several bodies. The model is not told which parts go together.")
            ] = None
        if send == "json" and media_type.lower().endswith("+json"):
            request.headers.append(f"Content-Type: {media_type}")
        request.has_body, request.send = True, send
        required = dict.fromkeys(schema.get("required", []) if needed else [])
        for name, child in schema.get("properties", {}).items():
            if name not in required and folded(name) in request.taken:
                request.notes[Problem("same_name", f"Left out: {name}, which is too similar to another name.")] = None
            elif name in required and len(child.get("enum", [])) == 1:
                request.fixed[name] = child["enum"][0]  # what never changes needs no model
            else:
                request.put(name, child)
        request.required += [name for name in required if name in request.properties]


def _opening(parameter: dict[str, Any], schema: dict[str, Any]) -> str:
    """What the style of a parameter of the path puts before its value (RFC 6570)."""
    style = parameter.get("style", "simple")
    if style not in ("simple", "label", "matrix") or (style != "simple" and schema.get("type") in ("array", "object")):
        raise NotImportable(
            "parameter_style", f"“{parameter['name'][:60]}” uses the style {str(style)[:20]}, which is not supported."
        )
    return {"simple": "", "label": ".", "matrix": f";{quote(parameter['name'], safe='')}="}[style]
