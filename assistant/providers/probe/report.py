"""The report card of a probe: its checks, what to do about each failure, and the same question for a shell."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

from assistant.providers import retirements
from assistant.providers.configuration import ProviderSettings, mask

Outcome = Literal["yes", "no", "unknown", "failed", "skipped"]

REMEDIES = {
    "dns": "The host name was not found. Check the spelling of the address; in a container, localhost is the container.",
    "refused": "Nothing answers at this address. Start the server before Interworky; check the port, and the firewall.",
    "address_refused": "This address is in a private network. The operator can allow it with OUTBOUND_ALLOWED_ORIGINS.",
    "tls": "The encrypted connection failed. Check the certificate, and whether the address starts with http or https.",
    "timeout": "The server takes too long. If the model is still loading, try again; a smaller model answers faster.",
    "unauthorized": "The key was refused. Copy it again; some servers want it in another header (header:X-Api-Key).",
    "forbidden": "The key is not allowed to do this. Check its permissions, and which models the account includes.",
    "not_found": "The server was found, but not this path. Most servers want /v1 at the end of the address.",
    "bad_response": "The answer is not a model server's: it may be a login page or another program. Check address and port.",
    "model_not_found": "The server does not have this model. Enter the name exactly as the server spells it.",
    "quota": "The account has no credit left, or its plan's quota is used up. See the provider's billing page.",
    "rate_limited": "The provider's rate limit is reached. Try again later, or add another provider to share the load.",
    "tools_unsupported": "This model cannot call tools: it can talk but not act. Choose a model that supports tool calling.",
    "server_error": "The server reported an internal error. Its own log says more.",
    "cut_off": "The answer broke off. A proxy in between may close connections too early; allow at least 60 s.",
    "empty": "The model's answer was empty. Check that it is a chat model, and that its name is right.",
    "bad_request": "The server refused the request. Its own message is shown beside this.",
    "form_refused": "The server's chat template refused the order of the messages. A newer version may accept it.",
    "schema_refused": "The server refused a tool's schema, even in its simplest form. A newer version may accept it.",
    "generation_failed": "The model wrote a tool call that the server could not read. Try again, or choose a larger model.",
    "context_too_long": "Even a few words are too long for this model's context window.",
    "content_filter": "The provider's content filter stopped a harmless question.",
}


@dataclass(frozen=True)
class Check:
    """One line of the report card. `detail` may quote the server, for staff; `cause` is one of `ProviderError`'s."""

    name: str
    outcome: Outcome
    cause: str = ""
    detail: str = ""
    remedy: str = ""
    ms: int | None = None


@dataclass(frozen=True)
class Report:
    """What one probe of one model found."""

    provider: str
    model: str
    checks: tuple[Check, ...] = ()
    capabilities: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)  # what each capability rests on, for staff
    models: tuple[str, ...] = ()
    notices: tuple[retirements.Retirement, ...] = ()  # models in use that will be shut down
    first_token_ms: int | None = None
    total_ms: int | None = None
    curl: str = ""

    @property
    def ok(self) -> bool:
        """Whether it can hold a conversation."""
        return any(check.name == "chat" and check.outcome == "yes" for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        notices = [{**asdict(notice), "ends_on": notice.ends_on.isoformat()} for notice in self.notices]
        return {**asdict(self), "notices": notices, "ok": self.ok}


def curl(provider: ProviderSettings, model: str) -> str:
    """The same question from a shell. The key is masked: put it in where it says $KEY."""
    headers = {"Content-Type": "application/json"}
    if provider.key and provider.auth != "none":
        name = provider.auth.removeprefix("header:") if provider.auth.startswith("header:") else "Authorization"
        headers[name] = "$KEY" if name != "Authorization" else "Bearer $KEY"
    headers |= {name: "…" for name, _ in provider.headers}
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
    shown = " ".join(f'-H "{name}: {value}"' for name, value in headers.items())
    hint = f"KEY='the key {mask(provider.key)}'; " if "$KEY" in shown else ""
    url = shlex.quote(provider.endpoint("chat/completions", model))
    return f"{hint}curl {url} {shown} -d {shlex.quote(orjson.dumps(body).decode())}"
