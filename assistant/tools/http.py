"""HTTP methods: requests to the organization's own API."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from assistant import outbound, paths
from assistant.async_db import in_db
from assistant.errors import AddressRefused, OutboundError, ToolError
from assistant.llm import ToolResult
from assistant.models import Method
from assistant.outbound import Reach
from assistant.redaction import MASK, redacted
from assistant.secrets import SecretUnreadable
from assistant.services.organizations import identity
from assistant.tools import pointers, template
from assistant.tools.answers import result_text
from assistant.tools.credentials import in_path, is_credential
from assistant.tools.kind import Context, Kind, Operation, configured
from assistant.tools.parameters import check_schema
from assistant.tools.request import ADDRESS, CREDENTIAL, build, check_credential, header_lines, names_in, names_of_visitor

MARGIN_SECONDS = 3.0  # of the call's deadline over the request's
# A type made of JSON, which some servers insist on: application/vnd.api+json, application/merge-patch+json.
OWN_JSON = re.compile(r"application/[\w.+-]{1,80}\+json(?: *; *[\w-]{1,20}=[\w.-]{1,40})?", re.IGNORECASE)
READ_AT_ONCE = 16_384  # bytes of an answer
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
# Set by us or by the connection; a cookie or a credential in plain sight is no way to authenticate.
REFUSED_HEADERS = {
    "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type", "cookie",
    "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "via", "forwarded", "x-forwarded-for", "x-forwarded-host",
}  # fmt: skip
CREDENTIAL_IN_PLAIN_TEXT = (
    "“%(name)s” is a credential, which the %(where)s would show in plain text. Remove it there and enter it under "
    "Authentication, or under Secrets and write {name} in its place."
)
CREDENTIAL_IN_PATH = (
    "The path contains a credential, such as the token of a webhook, which the address would show in plain text. Enter it "
    "under Secrets and write {name} in its place."
)
NOT_IDENTIFIED = (
    "The visitor is not logged in on the site, so this cannot be done. Ask them to log in there; do not ask for a user ID."
)
OUTCOME_UNKNOWN = (
    "It is unknown whether this took effect: the other server closed the connection before it responded. "
    "Tell the visitor, do not call it again, and offer to have a person check."
)


class Config(forms.Form):
    """The settings of the method. Neither the visitor nor the model chooses any of them."""

    verb = forms.ChoiceField(label="HTTP method", choices=[(v, v) for v in ("GET", "POST", "PUT", "PATCH", "DELETE")])
    url = forms.CharField(
        label="URL",
        max_length=2000,
        help_text="Write a parameter in braces, such as https://api.example.com/orders/{order_id}. "
        "{visitor.id} is the user ID of a visitor who is logged in on your site.",
    )
    slashes = forms.CharField(
        label="Parameters with slashes",
        required=False,
        max_length=1000,
        help_text="Enter parameters of the path whose values can contain / or \\, such as file_path.",
    )
    headers = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea,
        help_text="Enter one header per line, such as X-Shop: {shop}.",
    )
    send = forms.ChoiceField(
        label="Send other parameters",
        required=False,
        choices=[("", "Default of the HTTP method"), ("query", "In the URL"), ("json", "As JSON"), ("form", "As a form")],
    )
    auth = forms.ChoiceField(
        label="Authentication",
        choices=[
            ("none", "None"),
            ("bearer", "Bearer token"),
            ("basic", "User name and password"),
            ("header", "API key in a header"),
            ("query", "API key in the URL"),
            ("hmac", "Signature (Standard Webhooks)"),
        ],
        initial="none",
    )
    auth_user = forms.CharField(label="User name", required=False, max_length=120)
    auth_name = forms.CharField(
        label="API key name", required=False, max_length=64, help_text="The header or URL parameter, such as X-Api-Key."
    )
    idempotency_header = forms.CharField(
        label="Idempotency header",
        required=False,
        max_length=64,
        initial="Idempotency-Key",
        help_text="This header has the same value whenever the same call is sent again. Leave empty to send none.",
    )
    repeatable = forms.BooleanField(
        label="Safe to retry",
        required=False,
        help_text="The server supports the idempotency header, so sending a call again after a failure does no harm.",
    )
    keep = forms.CharField(
        label="Response fields to keep",
        required=False,
        max_length=2000,
        widget=forms.Textarea,
        help_text="Enter JSON pointers, one per line, such as /items/*/name. Leave empty to keep the whole response.",
    )
    timeout_seconds = forms.IntegerField(label="Timeout in seconds", min_value=1, max_value=30, initial=15)
    max_kb = forms.IntegerField(label="Largest response in KB", min_value=1, max_value=1024, initial=256)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        authority = re.split(r"[/?#]", url.partition("://")[2])[0]
        if any(brace in url.partition("://")[0] + authority for brace in "{}"):
            raise ValidationError(
                "The host cannot contain parameters. Write it out, such as api.example.com.", code="placeholder_host"
            )
        if template.has_stray_braces(url):
            raise ValidationError("Write a parameter as {name}, using letters, digits and underscores.", code="placeholder")
        try:
            outbound.check_url(template.IN_ADDRESS.sub("x", url), Reach.TENANT)
        except AddressRefused as error:
            raise ValidationError(str(error), code="address_refused") from error
        parts = ADDRESS.fullmatch(url)
        if parts is None or any(ord(char) <= 32 for char in url):
            raise ValidationError("The address must not contain spaces or a fragment (#).", code="url")
        if paths.why_unsafe(template.IN_ADDRESS.sub("x", parts[2] or ""), slashes=True):
            raise ValidationError("The path must not contain . or .. as a segment, or control characters.", code="dots")
        check_no_credential(url)
        if any(template.names(pair.partition("=")[0]) for pair in (parts[3] or "").split("&")):
            raise ValidationError("In the query, a parameter can be a value but not a name.", code="placeholder_key")
        return url

    def clean_headers(self) -> str:
        text: str = self.cleaned_data["headers"]
        try:
            pairs = header_lines(text)
        except ValueError as error:
            raise ValidationError("Write each header on a line of its own, as Name: value.", code="header_line") from error
        for name, value in pairs:
            if name.lower() == "content-type" and OWN_JSON.fullmatch(value.strip()):
                continue
            check_header_name(name)
            if template.has_stray_braces(value):
                raise ValidationError(
                    "Write a parameter as {name}, using letters, digits and underscores.", code="placeholder"
                )
            if not template.names(value) and is_credential(name, value):
                raise ValidationError(
                    CREDENTIAL_IN_PLAIN_TEXT, code="credential_in_the_open", params={"name": name, "where": "header"}
                )
            if not all(" " <= char <= "~" for char in value):
                raise ValidationError("Header values must be plain ASCII text.", code="header_value")
        return text

    def clean_idempotency_header(self) -> str:
        name: str = self.cleaned_data["idempotency_header"]
        if name:
            check_header_name(name)
        return name

    def clean_keep(self) -> str:
        try:
            pointers.tree(self.cleaned_data["keep"])
        except ValueError as error:
            raise ValidationError(
                "Invalid JSON pointer: “%(line)s”. Write it as /items/*/name.", code="pointer", params={"line": error}
            ) from error
        return self.cleaned_data["keep"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("verb") == "GET" and given.get("send") in ("json", "form"):
            self.add_error("send", ValidationError("A GET request cannot have a body.", code="get_body"))
        if given.get("send") != "json" and any(
            n.lower() == "content-type" for n, _ in header_lines(given.get("headers", ""))
        ):
            text = "A content type of your own is for parameters that are sent as JSON."
            self.add_error("headers", ValidationError(text, code="header_refused"))
        auth, name = given.get("auth"), given.get("auth_name", "")
        if auth in ("header", "query") and not name:
            self.add_error(
                "auth_name",
                ValidationError("Enter the name of the header or query parameter that carries the key.", code="required"),
            )
        if auth == "header" and name:
            try:
                check_header_name(name)
            except ValidationError as error:
                self.add_error("auth_name", error)
        if auth == "basic" and (not given.get("auth_user") or ":" in given["auth_user"]):
            self.add_error("auth_user", ValidationError("Enter a user name without a colon.", code="auth_user"))
        return given


def check_no_credential(url: str) -> None:
    """Raises `ValidationError` where the address contains a key: all staff see it, and it is stored as it is."""
    if in_path(url.partition("?")[0]):
        raise ValidationError(CREDENTIAL_IN_PATH, code="credential_in_the_open")
    for pair in url.partition("#")[0].partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if not template.names(value) and is_credential(name, value):
            where = {"name": name[:64], "where": "address"}
            raise ValidationError(CREDENTIAL_IN_PLAIN_TEXT, code="credential_in_the_open", params=where)


def check_header_name(name: str) -> None:
    if not HEADER_NAME.fullmatch(name):
        raise ValidationError("Invalid header name: “%(name)s”.", code="header_name", params={"name": name[:64]})
    if name.lower() in REFUSED_HEADERS:
        text = "The header %(name)s is set automatically. Use the fields for authentication and content instead."
        raise ValidationError(text, code="header_refused", params={"name": name})


def check(method: Method) -> None:
    """Every placeholder needs a value, and no secret may be in what all staff can read."""
    config = configured(Config, method)
    for name, value in method.fixed.items():
        if isinstance(value, str) and is_credential(name, value):
            text = "The fixed value “%(name)s” is a credential. Enter it under Secrets with the same name instead."
            raise ValidationError(text, code="credential_in_the_open", params={"name": name})
    properties = method.parameters.get("properties", {})
    secrets = {name for name, entry in method.secrets.items() if entry["origin"] == method.origin} - {CREDENTIAL}
    sure = {*method.parameters.get("required", []), *method.fixed, *secrets, *template.VISITOR}
    check_schema(method.parameters, {*method.fixed, *secrets})
    _check_credential(method, config)
    parts = ADDRESS.fullmatch(config["url"])
    path = template.names(parts[2] or "") if parts else set()
    for name in sorted(template.names(config["url"]) | template.names(config["headers"])):
        if name not in sure and name not in properties:
            raise ValidationError(
                "There is no parameter “%(name)s”. Add it under Parameters, or correct the name.",
                code="placeholder_unknown",
                params={"name": name},
            )
        if name in path and name not in sure:
            text = "“%(name)s” is part of the path, so it must be required."
            raise ValidationError(text, code="placeholder_optional", params={"name": name})
        if properties.get(name, {}).get("type") in ("object", "array") and (
            name in path or name in template.names(config["headers"])
        ):
            text = "“%(name)s” is a list or an object and cannot be used in a path or header."
            raise ValidationError(text, code="placeholder_type", params={"name": name})
    for name in names_in(config["slashes"]):
        if name not in path:
            text = "“%(name)s” may contain slashes but is not part of the path of the address."
            raise ValidationError(text, code="slashes", params={"name": name})


def _check_credential(method: Method, config: dict[str, Any]) -> None:
    name = config["auth_name"]
    headers = {header.lower() for header, _ in header_lines(config["headers"])}
    if (config["auth"] == "header" and name.lower() in headers) or (
        config["auth"] == "query" and name in {*method.parameters.get("properties", {}), *method.fixed}
    ):
        text = "“%(name)s” carries the credential and cannot be used for anything else."
        raise ValidationError(text, code="credential_twice", params={"name": name})
    if config["auth"] not in ("bearer", "header"):
        return
    try:
        if secret := method.secret(CREDENTIAL):
            check_credential(secret)
    except SecretUnreadable:
        return  # the page says so beside it
    except ToolError as error:
        raise ValidationError(str(error), code="credential") from error


def may_repeat(method: Method) -> bool:
    config = configured(Config, method)
    reads = config["verb"] == "GET" and method.risk == Method.Risk.READ
    return reads or bool(config["repeatable"] and config["idempotency_header"])


def seconds(method: Method) -> float:
    return float(configured(Config, method)["timeout_seconds"]) + MARGIN_SECONDS


async def run(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Send the request and return the response for the model, trimmed to the fields that staff chose."""
    config = configured(Config, context.method)
    try:
        visitor = await _visitor(context, names_of_visitor(context.method, config))
        request = build(context.method, config, arguments, key=context.call.idempotency_key, visitor=visitor)
        if context.dry_run:
            hidden = [context.method.secret(name) for name in context.method.secrets]
            return ToolResult(f"This would be sent:\n{redacted(str(request), hidden)}\n(secrets are shown as {MASK})")
        response = await outbound.fetch(
            request.verb,
            request.url,
            reach=Reach.TENANT,
            headers=request.headers,
            content=request.content,
            read_seconds=config["timeout_seconds"],
            deadline_seconds=config["timeout_seconds"],
            max_bytes=config["max_kb"] * 1024,
            max_redirects=3 if request.verb == "GET" else 0,
        )
    except OutboundError as error:
        if error.sent and not may_repeat(context.method):
            return ToolResult(OUTCOME_UNKNOWN, "unknown")
        raise ToolError(f"The request failed ({error.code}). {error}", code=error.code) from error
    # Weighing encodings takes a sixth of a second, as reading a large answer may, which nobody else's words wait for.
    ordinary = len(response.body) <= READ_AT_ONCE and response.body.isascii()
    text = (
        result_text(response, config["keep"]) if ordinary else await asyncio.to_thread(result_text, response, config["keep"])
    )
    if response.status < 300:
        return ToolResult(text or "Done.")
    if response.status >= 500 and not may_repeat(context.method):
        # A gateway may have given up on a server that had not.
        return ToolResult(f"{OUTCOME_UNKNOWN}\nHTTP {response.status}", "unknown")
    if response.status < 400:
        return ToolResult(f"The server responded with a redirect (HTTP {response.status}), which is not followed.", "failed")
    return ToolResult(f"The server rejected the request (HTTP {response.status}).\n{text}".strip(), "failed")


async def _visitor(context: Context, names: set[str]) -> dict[str, str]:
    """What the organization's server has signed of the visitor, by name. Raises `ToolError` where that is missing."""
    if not names:
        return {}
    if context.conversation is None:
        if context.dry_run:
            return {name: f"({name})" for name in names}
        raise ToolError("This needs a visitor who is logged in on the site, and a test has none.", code="not_identified")
    known = await in_db(identity.signed_values)(context.conversation.visitor_id)
    if missing := sorted(name for name in names if not known.get(name)):
        code = "not_identified" if not known else "not_signed"
        raise ToolError(NOT_IDENTIFIED if not known else f"The site has not given {missing[0]} for this visitor.", code=code)
    return {name: known[name] for name in names}


KIND = Kind(
    "HTTP request",
    "Sends a request to your organization's own API.",
    "language",
    Config,
    (
        Operation(
            run,
            effects=frozenset({"any"}),
            idempotent=may_repeat,
            seconds=seconds,
        ),
    ),
    secrets=(CREDENTIAL,),
    own_secrets=True,
    check=check,
)
