"""Transcripts of probes: requests and answers, without keys, host names and addresses.

    # Server: ollama                       comments first: what it was, and when
    === request 1: 123 bytes               then, by turns, requests and answers, each with the length of what follows
    POST /v1/chat/completions HTTP/1.1
    …
    === answer 1: 456 bytes, first byte after 80 ms, whole
    HTTP/1.1 200 OK
    …

An answer is its status line, the headers that matter, and its body as it came, so it can be replayed as it stands: `read`
gives them back. A person looks through it before it is sent to anybody; the masks make sure of what a person overlooks.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from assistant.outbound.recorder import Exchange
from assistant.providers.configuration import ProviderSettings
from assistant.redaction import MASK, redacted

# Not how the body was framed: it is kept as it was read.
KEPT_HEADERS = {"content-type", "content-encoding", "retry-after", "retry-after-ms", "accept"}
MASKED_HOST = "host.invalid"
ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w:])\[?(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\]?(?![\w:])", re.I
)
URL_HOST = re.compile(
    r"(\b[a-z][a-z0-9+.-]{1,11}:(?:\\?/){2})(?:[^\s/@\"'\\]*@)?(?:\[[0-9a-f:.]+\]|[^\s/:?#\"'\\<>,;)\]}]+)", re.I
)
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# What keys of known shapes look like, ours or another's: a server may print one of its own.
KEYS = re.compile(
    r"\b(?:sk|pk|rk|gsk|csk|xai|fw|ek|hf|nvapi|key)[-_][\w.-]{12,}|\bAIza[\w-]{20,}|(?<=Bearer )[^\s\"'\\]{6,}", re.I
)
PIECES = re.compile(r'"(?:content|arguments|reasoning\w*|text)"\s*:\s*"((?:[^"\\]|\\.)*)"')
PART = re.compile(rb"^=== (request|answer) (\d+): (\d+) bytes[^\n]*\n", re.M)
PLAIN_LABELS = {"api", "www", "com", "net", "org", "openai", "models", "inference", "local", "localhost", "internal"}


@dataclass(frozen=True)
class RecordedExchange:
    """One exchange of a transcript, as `read` gives it back; `answer` is empty where none came."""

    request: bytes
    answer: bytes


@dataclass(frozen=True)
class Scrubber:
    """Removes from texts what must not leave this machine."""

    secrets: tuple[str, ...]
    hosts: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, provider: ProviderSettings, *own_hosts: str) -> Scrubber:
        """For one provider: its key and extra headers, its host, and the names of this machine."""
        extra = [value for _, value in provider.headers]
        host = urlsplit(provider.base_url).hostname or ""
        names = {name.lower() for name in (host, platform.node(), *own_hosts) if name}
        parents = {".".join(name.split(".")[at:]) for name in names for at in range(1, name.count("."))}
        labels = {label for label in host.split(".") if len(label) > 3 and not label.isdigit()} - PLAIN_LABELS
        found = names | parents | labels
        return cls((provider.key, *extra), tuple(sorted(found, key=len, reverse=True)))

    def text(self, text: str) -> str:
        text = redacted(text, self.secrets)
        text = KEYS.sub(MASK, text)
        text = MAIL.sub(f"{MASK}@{MASKED_HOST}", text)
        text = URL_HOST.sub(rf"\1{MASKED_HOST}", text)
        if self.hosts:
            names = "|".join(map(re.escape, self.hosts))
            text = re.sub(rf"(?<![\w-])(?:{names})(?![\w-])", MASKED_HOST, text, flags=re.IGNORECASE)
        return ADDRESS.sub("0.0.0.0", text)

    def body(self, raw: bytes) -> str:
        text = raw.decode("utf-8", "backslashreplace")
        together = "".join(PIECES.findall(text))
        if redacted(together, self.secrets) != together and redacted(text, self.secrets) == text:
            return "(left out: its pieces together repeat the key)"
        return self.text(text)


def written(
    provider: ProviderSettings, model: str, exchanges: Iterable[Exchange], *, at: str, own_hosts: Iterable[str] = ()
) -> str:
    """The transcript of one probe, scrubbed. `at` is the day."""
    scrub = Scrubber.of(provider, *own_hosts)
    parts = [f"# Server: {provider.preset}\n# Model: {scrub.text(model)}\n# Recorded: {at}\n"]
    for number, exchange in enumerate(exchanges, 1):
        request = _message(f"{exchange.method} {_path(exchange.url)} HTTP/1.1", exchange.headers, exchange.body, scrub)
        parts.append(f"=== request {number}: {len(request.encode())} bytes\n{request}")
        if not exchange.status:
            parts.append(f"=== answer {number}: 0 bytes, none came\n")
            continue
        reason = HTTPStatus(exchange.status).phrase if exchange.status in set(HTTPStatus) else ""
        status = f"HTTP/1.1 {exchange.status} {reason}".rstrip()
        answer = _message(status, exchange.answer_headers, exchange.answer, scrub)
        first = f", first byte after {exchange.first_byte_ms} ms" if exchange.first_byte_ms is not None else ""
        more = f", {exchange.left_out} bytes left out" if exchange.left_out else ""
        parts.append(f"=== answer {number}: {len(answer.encode())} bytes{first}{more}, {exchange.ended}\n{answer}")
    return "\n".join(parts) + "\n"


def read(text: bytes) -> list[RecordedExchange]:
    """The exchanges of a transcript. Raises `ValueError` for any other text."""
    found: dict[int, dict[bytes, bytes]] = {}
    at = 0
    while match := PART.search(text, at):
        at = match.end() + int(match[3])
        if at > len(text):
            raise ValueError("The transcript is incomplete.")
        found.setdefault(int(match[2]), {})[match[1]] = text[match.end() : at]
    if not found:
        raise ValueError("This is not a transcript.")
    return [RecordedExchange(parts.get(b"request", b""), parts.get(b"answer", b"")) for _, parts in sorted(found.items())]


def _message(first: str, headers: Iterable[tuple[str, str]], body: bytes, scrub: Scrubber) -> str:
    kept = [f"{name}: {scrub.text(value)}" for name, value in headers if name.lower() in KEPT_HEADERS]
    return "\n".join([scrub.text(first), *kept, "", scrub.body(body)])


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
