"""Building a method's HTTP request: what staff configured, filled with the arguments, signed with the secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from assistant import outbound
from assistant.errors import AddressRefused, ToolError
from assistant.models import Method
from assistant.tools import template

CREDENTIAL = "credential"  # the secret that authenticates; all others are parameters
BODILESS = ("GET", "DELETE")
ADDRESS = re.compile(r"(https?://[^/?#]+)(/[^?#]*)?(?:\?([^#]*))?", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    verb: str
    url: str
    headers: dict[str, str]
    content: bytes | None = None

    def __str__(self) -> str:
        lines = [f"{self.verb} {self.url}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join(lines) + (f"\n\n{self.content.decode()}" if self.content else "")


def header_lines(text: str) -> list[tuple[str, str]]:
    """`Name: value` lines. Raises `ValueError` with the line that is invalid."""
    pairs = []
    for line in filter(str.strip, text.splitlines()):
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(line)
        pairs.append((name, value.strip()))
    return pairs


def names_in(text: str) -> list[str]:
    """Names of parameters, one per line or with commas between them."""
    return [name for name in re.split(r"[\s,]+", text) if name]


def sent_as(config: dict[str, Any]) -> str:
    """Where parameters go that stand nowhere in the address: query, json or form."""
    return config["send"] or ("query" if config["verb"] in BODILESS else "json")


def names_of_visitor(method: Method, config: dict[str, Any]) -> set[str]:
    """What of the visitor the request needs: placeholders of `template.VISITOR` in its address, headers or fixed values."""
    fixed = [value for value in method.fixed.values() if isinstance(value, str)]
    found = set().union(*(template.names(text) for text in (config["url"], config["headers"], *fixed)))
    return found & set(template.VISITOR)


def build(
    method: Method,
    config: dict[str, Any],
    arguments: dict[str, Any],
    *,
    key: str,
    visitor: Mapping[str, str] = MappingProxyType({}),
) -> Request:
    """The request for `arguments`; `config` is the method's with its defaults, `key` the same for every attempt, `visitor`
    the values of `names_of_visitor`.

    Raises `ToolError` where a value does not fit its place, or the method is not set up completely.
    """
    parts = ADDRESS.fullmatch(config["url"])
    if parts is None:
        raise ToolError("This method is not set up correctly.", code="not_set_up")
    base, path, query = parts[1], parts[2] or "/", parts[3] or ""
    about_visitor = {name for name, value in method.fixed.items() if isinstance(value, str) and value[1:-1] in visitor}
    arguments = {**arguments, **{name: visitor[method.fixed[name][1:-1]] for name in about_visitor}}
    values = {**arguments, **visitor, **{name: method.secret(name) for name in method.secrets if name != CREDENTIAL}}
    headers = _filled_headers(config, values)
    placed = template.names(config["url"]) | template.names(config["headers"])
    rest = {name: value for name, value in values.items() if name not in placed and name not in visitor}
    pairs = list(template.query_filled(query, values))
    content = None
    if sent_as(config) == "query":
        pairs += [f"{template.encoded(n)}={template.encoded(v)}" for n, given in rest.items() for v in _each(given)]
    else:
        kind, content = _body(config, rest)
        headers = {"Content-Type": kind} | {_canonical(name): value for name, value in headers.items()}
    if config["idempotency_header"] and config["verb"] != "GET":
        headers[config["idempotency_header"]] = key
    # What staff wrote is theirs; a user's name or ID is not.
    over_segments = {*names_in(config["slashes"]), *method.fixed, *method.secrets} - about_visitor - set(visitor)
    url = base + template.path_filled(path, values, over_segments)
    headers, pairs = _authenticated(method, config, headers, pairs, content or b"", key)
    url += "?" + "&".join(pairs) if pairs else ""
    if _plain(url) not in (method.origin, _plain(method.origin)):  # all parsers agree on where it leads
        raise ToolError("This method is not set up correctly.", code="not_set_up")
    return Request(config["verb"], url, headers, content)


def _filled_headers(config: dict[str, Any], values: dict[str, Any]) -> dict[str, str]:
    lines = [(name, template.header_filled(line, values)) for name, line in header_lines(config["headers"])]
    return {"Accept": "application/json, text/plain;q=0.8"} | {name: value for name, value in lines if value is not None}


def _canonical(name: str) -> str:
    return "Content-Type" if name.lower() == "content-type" else name


def _body(config: dict[str, Any], values: dict[str, Any]) -> tuple[str, bytes]:
    """Content type and content."""
    if sent_as(config) == "form":
        pairs = [(name, template.as_text(value)) for name, given in values.items() for value in _each(given)]
        return "application/x-www-form-urlencoded", urlencode(pairs).encode()
    # A null that has got this far is one that the schema takes, and means something.
    return "application/json", json.dumps(values, ensure_ascii=False).encode()


def _plain(address: str) -> str:
    """Its origin, an international name in one of its two spellings; what is no address stays as it is."""
    with suppress(AddressRefused):
        return outbound.origin(address)
    return address


def _each(value: Any) -> list[Any]:
    """The values of a name that may stand several times; none for null, which an address or a form cannot say."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _authenticated(
    method: Method, config: dict[str, Any], headers: dict[str, str], pairs: list[str], content: bytes, key: str
) -> tuple[dict[str, str], list[str]]:
    if config["auth"] == "none":
        return headers, pairs
    secret = method.secret(CREDENTIAL)
    check_credential(secret, in_header=config["auth"] in ("bearer", "header"))
    match config["auth"]:
        case "bearer":
            return {**headers, "Authorization": f"Bearer {secret}"}, pairs
        case "basic":
            pair = base64.b64encode(f"{config['auth_user']}:{secret}".encode()).decode()
            return {**headers, "Authorization": f"Basic {pair}"}, pairs
        case "header":
            return {**headers, config["auth_name"]: secret}, pairs
        case "query":
            return headers, [*pairs, f"{template.encoded(config['auth_name'])}={template.encoded(secret)}"]
        case _:
            return {**headers, **signature(secret, key, int(time.time()), content)}, pairs


def check_credential(secret: str, *, in_header: bool = True) -> None:
    """Raises `ToolError` where it is missing, or could not be sent."""
    if not secret:
        raise ToolError("This method is not set up completely: its credential is missing.", code="not_set_up")
    if in_header and not all(" " <= char <= "~" for char in secret):
        raise ToolError("The credential contains characters that are not allowed in a header.", code="not_set_up")


def signature(secret: str, message_id: str, at: int, content: bytes) -> dict[str, str]:
    """Standard Webhooks, so that every language has a library to check it. Source: https://www.standardwebhooks.com"""
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if secret.startswith("whsec_") else b""
    except binascii.Error:
        raw = b""
    signed = b"%s.%d.%s" % (message_id.encode(), at, content)
    digest = base64.b64encode(hmac.digest(raw or secret.encode(), signed, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{digest}"}
