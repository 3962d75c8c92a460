"""Tools of remote MCP servers, called over streamable HTTP.

The server is somebody else's: each call opens a session of its own through the guarded door, says its name, calls, and
leaves. Nothing that the server asks of us (sampling, roots, elicitation) is offered, and its schemas are ours to check.
Source: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from __future__ import annotations

import asyncio
import codecs
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from assistant import outbound
from assistant.errors import AddressRefused, OutboundError, ToolError
from assistant.llm import ToolResult
from assistant.models import Method
from assistant.outbound import Reach
from assistant.redaction import MASK, redacted
from assistant.tools.answers import media_type
from assistant.tools.http import MARGIN_SECONDS, OUTCOME_UNKNOWN, check_header_name, check_no_credential
from assistant.tools.kind import Context, Kind, Operation, configured
from assistant.tools.request import CREDENTIAL, check_credential

log = logging.getLogger(__name__)

PROTOCOL_VERSION = "2025-11-25"
UNDERSTOOD = {PROTOCOL_VERSION, "2025-06-18", "2025-03-26"}
MAX_PAGES = 20
MAX_TOOLS = 500
MAX_LIST_BYTES = 2_000_000
LIST_SECONDS = 20.0
LEAVE_SECONDS = 2.0
REPEATED_PAGE = "The server repeats a page of its tool list. It may have more tools than are listed here."
SESSION_ID = "Mcp-Session-Id"
NOT_BEGUN = {-32700, -32600, -32601, -32602}  # JSON-RPC: not read, not valid, no such method, not with these parameters


class Config(forms.Form):
    """The settings of the method. Neither the visitor nor the model chooses any of them."""

    url = forms.CharField(label="Server URL", max_length=2000, help_text="Enter an address such as https://example.com/mcp.")
    tool = forms.CharField(max_length=128, help_text="The name that the server gives the tool, such as search_orders.")
    auth = forms.ChoiceField(
        label="Authentication",
        choices=[("none", "None"), ("bearer", "Bearer token"), ("header", "API key in a header")],
        initial="none",
    )
    auth_name = forms.CharField(
        label="API key header", required=False, max_length=64, help_text="The name of the header, such as X-Api-Key."
    )
    repeatable = forms.BooleanField(
        label="Safe to retry", required=False, help_text="Calling the tool again after a failure does no harm."
    )
    timeout_seconds = forms.IntegerField(label="Timeout in seconds", min_value=1, max_value=60, initial=20)
    max_kb = forms.IntegerField(label="Largest response in KB", min_value=1, max_value=1024, initial=256)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            outbound.check_url(url, Reach.TENANT)
        except AddressRefused as error:
            raise ValidationError(str(error), code="address_refused") from error
        check_no_credential(url)
        if any(ord(char) <= 32 or char in "#{}" for char in url):
            raise ValidationError("The address must not contain spaces, braces or a fragment (#).", code="url")
        return url

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("auth") == "header":
            try:
                check_header_name(given.get("auth_name", ""))
            except ValidationError as error:
                self.add_error("auth_name", error)
        return given


class Refused(ToolError):
    """The server rejected the call before it did anything."""

    code = "mcp_error"


@dataclass
class Session:
    """A conversation with one server. Raises `OutboundError` and `ToolError` from everything it does."""

    url: str
    headers: dict[str, str] = field(repr=False)
    max_bytes: int
    read_seconds: float
    calls: int = 0
    calling: bool = False  # whether what has effects is on its way

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        """The result of one call. An error of the server's raises `Refused`."""
        self.calls += 1
        message = {"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params}
        async with self._post(message) as streamed:
            answer = await self._answer(streamed, self.calls)
            if session_id := streamed.headers.get(SESSION_ID):
                if not (session_id.isascii() and session_id.isprintable() and len(session_id) <= 256):
                    raise ToolError("The MCP server returned an invalid session id.", code="mcp_protocol")
                self.headers[SESSION_ID] = session_id
        error = answer.get("error")
        if isinstance(error, dict):
            said = f"The MCP server rejected the request: {error.get('message')}"  # not cut before it is masked
            raise Refused(said) if error.get("code") in NOT_BEGUN else ToolError(said, code="mcp_error")
        if not isinstance(answer.get("result"), dict):
            raise ToolError("The MCP server's response has no result.", code="mcp_protocol")
        return answer["result"]

    async def notify(self, method: str) -> None:
        async with self._post({"jsonrpc": "2.0", "method": method}) as streamed:
            if streamed.status >= 300:
                raise ToolError(f"The MCP server rejected a notification (HTTP {streamed.status}).", code="mcp_http")

    @asynccontextmanager
    async def _post(self, message: dict[str, Any]) -> AsyncIterator[outbound.Streamed]:
        async with outbound.stream(
            "POST",
            self.url,
            reach=Reach.TENANT,
            headers={**self.headers, "Content-Type": "application/json", "Accept": "application/json, text/event-stream"},
            content=json.dumps(message, ensure_ascii=False).encode(),
            read_seconds=self.read_seconds,
            max_bytes=self.max_bytes,
            keep_alive=False,
        ) as streamed:
            yield streamed

    async def _answer(self, streamed: outbound.Streamed, number: int) -> dict[str, Any]:
        kind = streamed.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream" and streamed.status < 300:
            async with aclosing(_events(streamed)) as events:
                async for data in events:
                    # Between our question and its answer there may be notices, and questions that we do not take.
                    if (answer := _message(data)) and answer.get("id") in (number, str(number)) and "method" not in answer:
                        return answer
            raise ToolError("The MCP server closed the connection before it responded.", code="mcp_protocol")
        if streamed.status in (401, 403):
            raise Refused(f"The MCP server rejected the credential (HTTP {streamed.status}).", code="mcp_auth")
        if kind != "application/json":
            answered = f"HTTP {streamed.status} and the type {media_type(kind) or 'unknown'}"
            text = f"This is not an MCP server: it responded with {answered}."
            if 300 <= streamed.status < 500:
                raise Refused(text, code="mcp_http")
            raise ToolError(text, code="mcp_http" if streamed.status >= 500 else "mcp_type")
        answer = _message(b"".join([chunk async for chunk in streamed.chunks()]))
        if answer is None or (answer.get("id") not in (number, str(number)) and "error" not in answer):
            raise ToolError("The MCP server's response does not match the request.", code="mcp_protocol")
        return answer


@asynccontextmanager
async def session(
    url: str, headers: dict[str, str], *, seconds: float, max_bytes: int = MAX_LIST_BYTES
) -> AsyncIterator[Session]:
    """A session of at most `seconds`, initialised and closed. Raises `OutboundError`, `ToolError`."""
    found = Session(url, dict(headers), max_bytes, seconds)
    try:
        async with asyncio.timeout(seconds):
            params = {
                "protocolVersion": PROTOCOL_VERSION,
                "capabilities": {},
                "clientInfo": {"name": "Interworky", "version": "1"},
            }
            agreed = (await found.request("initialize", params)).get("protocolVersion")
            if agreed not in UNDERSTOOD:
                text = f"The MCP server uses protocol version {str(agreed)[:20]}, which is not supported."
                raise ToolError(text, code="mcp_version")
            found.headers["Mcp-Protocol-Version"] = agreed
            await found.notify("notifications/initialized")
            yield found
    except TimeoutError as error:
        raise OutboundError("The MCP server did not respond in time.", code="timeout", sent=found.calling) from error
    finally:
        if SESSION_ID in found.headers:
            await _leave(found)


async def _leave(found: Session) -> None:
    """End the session at the server. Servers may ignore that."""
    try:
        await outbound.fetch(
            "DELETE", found.url, reach=Reach.TENANT, headers=found.headers, deadline_seconds=LEAVE_SECONDS, max_bytes=65_536
        )
    except OutboundError as error:
        log.debug("an MCP session was not ended: %s", error.code)


async def _events(streamed: outbound.Streamed) -> AsyncGenerator[bytes]:
    """The data of each server-sent event. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html"""
    data: list[bytes] = []
    async for line in _lines(streamed):
        line = line.removeprefix(codecs.BOM_UTF8)
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line.strip() and data:
            yield b"\n".join(data)
            data = []
    if data:  # without the empty line behind it; a message that was cut off is none
        yield b"\n".join(data)


async def _lines(streamed: outbound.Streamed) -> AsyncGenerator[bytes]:
    """Whole lines, with any line ending. Each byte is read once: a line without its end yet is kept in pieces."""
    waiting: list[bytes] = []
    cr_ended = False  # the last chunk ended with a carriage return, which a line feed may belong to
    async for chunk in streamed.chunks():
        if cr_ended:
            chunk = chunk.removeprefix(b"\n")
        cr_ended = chunk.endswith(b"\r") or (cr_ended and not chunk)
        first, *more = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        waiting.append(first)
        for line in more:
            yield b"".join(waiting)
            waiting = [line]
    if last := b"".join(waiting):
        yield last


def _message(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class ToolListing:
    """The tools that a server has listed, and why there may be more."""

    tools: list[dict[str, Any]]
    remark: str = ""


async def tools(url: str, headers: dict[str, str], *, seconds: float = LIST_SECONDS) -> ToolListing:
    """The server's tools, page by page, until there are no more or a page repeats.

    Raises `OutboundError`, `ToolError`.
    """
    found: list[dict[str, Any]] = []
    names: set[str] = set()
    seen: set[str | int] = set()
    async with session(url, headers, seconds=seconds) as connection:
        cursor = None
        for _ in range(MAX_PAGES):
            page = await connection.request("tools/list", {} if cursor is None else {"cursor": cursor})
            listed = page.get("tools")
            new = [tool for tool in listed if isinstance(tool, dict)] if isinstance(listed, list) else []
            new = [tool for tool in new if str(tool.get("name")) not in names]
            if listed and not new:
                return ToolListing(found, REPEATED_PAGE)
            names |= {str(tool.get("name")) for tool in new}
            found += new
            if len(found) > MAX_TOOLS:
                raise ToolError(f"The MCP server has more than {MAX_TOOLS} tools.", code="too_many")
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str | int) or isinstance(cursor, bool) or cursor == "":  # some count their pages
                return ToolListing(found)
            if cursor in seen:
                return ToolListing(found, REPEATED_PAGE)
            seen.add(cursor)
    return ToolListing(
        found, f"The server lists its tools on more than {MAX_PAGES} pages. The remaining pages are left out."
    )


def credentials(config: dict[str, Any], secret: str) -> dict[str, str]:
    """The headers that authenticate. Raises `ToolError` where the credential is missing or cannot be sent."""
    if config["auth"] == "none":
        return {}
    check_credential(secret)
    return {"Authorization": f"Bearer {secret}"} if config["auth"] == "bearer" else {config["auth_name"]: secret}


def may_repeat(method: Method) -> bool:
    return method.risk == Method.Risk.READ or bool(configured(Config, method)["repeatable"])


def seconds(method: Method) -> float:
    return float(configured(Config, method)["timeout_seconds"]) + MARGIN_SECONDS + LEAVE_SECONDS


async def run(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Call the tool and return its response for the model."""
    config, method = configured(Config, context.method), context.method
    params = {"name": config["tool"], "arguments": arguments}
    secret = method.secret(CREDENTIAL)
    headers = credentials(config, secret)
    if context.dry_run:
        shown = json.dumps(params, ensure_ascii=False, indent=1)
        lines = [f"POST {config['url']}", *(f"{name}: {MASK}" for name in headers), "", f"tools/call {shown}"]
        return ToolResult("This would be sent:\n" + redacted("\n".join(lines), [secret]))
    connection = None
    try:
        async with session(
            config["url"], headers, seconds=config["timeout_seconds"], max_bytes=config["max_kb"] * 1024
        ) as connection:
            connection.calling = True
            answer = await connection.request("tools/call", params)
    except Refused:
        raise
    except (OutboundError, ToolError) as error:
        # A server that has answered with an error has not acted; one that broke off may have.
        if connection is not None and connection.calling and not may_repeat(method) and getattr(error, "sent", True):
            return ToolResult(OUTCOME_UNKNOWN, "unknown")
        raise ToolError(f"The call failed ({error.code}). {error}", code=error.code) from error
    text = _result_text(answer)
    return ToolResult(text or "Failed.", "failed") if answer.get("isError") is True else ToolResult(text or "Done.")


def _result_text(answer: dict[str, Any]) -> str:
    """The texts of the response and the addresses it links to, or its structured content; images and audio are left out."""
    content = answer.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    texts = {number: text for number, part in enumerate(parts) if (text := _part_text(part)) is not None}
    structured = answer.get("structuredContent")
    if structured and not any(texts.values()):  # which servers repeat as text for clients that do not know it
        return json.dumps(structured, ensure_ascii=False, separators=(",", ":"))
    left_out = (f"(A part of the type {str(part.get('type'))[:30]} is left out.)" for part in parts)
    return "\n".join(filter(None, (texts.get(number, without) for number, without in enumerate(left_out))))


def _part_text(part: dict[str, Any]) -> str | None:
    """None for what is no text."""
    resource = part.get("resource")
    if part.get("type") == "resource_link" and isinstance(part.get("uri"), str):
        return " ".join(str(part[key]) for key in ("title", "name", "uri") if isinstance(part.get(key), str))
    text = part.get("text", resource.get("text") if isinstance(resource, dict) else None)
    return text if isinstance(text, str) else None


KIND = Kind(
    "MCP tool",
    "Calls a tool of a remote MCP server, reached over streamable HTTP.",
    "extension",
    Config,
    (Operation(run, effects=frozenset({"any"}), idempotent=may_repeat, seconds=seconds),),
    secrets=(CREDENTIAL,),
)
