"""Settings of one provider and of all of them, and the problems they may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

from assistant.outbound import Reach

Rotation = Literal["round-robin", "random", "weighted", "failover"]
ROTATIONS: tuple[Rotation, ...] = ("round-robin", "random", "weighted", "failover")
Level = Literal["error", "warning"]
GroupState = Literal["used", "shadowed", "unusable", "empty"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one variable, without its value. An error leaves its provider out; a warning does not."""

    variable: str
    code: str
    message: str
    hint: str = ""
    level: Level = "error"


@dataclass(frozen=True)
class ProviderSettings:
    """One model server and how to speak to it, from the environment or from an organization's row."""

    name: str
    base_url: str
    key: str = field(default="", repr=False)
    auth: str = "bearer"  # bearer · header:<name> · none
    smart: str = ""
    fast: str = ""
    realtime: str = ""
    weight: int = 1
    enabled: bool = True
    preset: str = "custom"
    source: str = ""  # where it was found, such as "AI_GROQ_*"
    max_output_tokens: int | None = None  # None: whatever the assistant asks for
    silence_seconds: int | None = None  # before the first word, and between two; None: what its kind needs
    api_version: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # may hold secrets, so not shown either
    reach: Reach = Reach.OPERATOR

    @property
    def masked_key(self) -> str:
        return mask(self.key)

    def endpoint(self, path: str, model: str = "") -> str:
        """The address of `path`, such as "chat/completions"; on Azure inside the deployment called `model`."""
        base = self.base_url
        if model and self.api_version and base.endswith("/openai"):
            base = f"{base}/deployments/{quote(model, safe='')}"
        query = "?" + urlencode({"api-version": self.api_version}) if self.api_version else ""
        return f"{base}/{path}{query}"

    def request_headers(self) -> dict[str, str]:
        """The extra headers and the key in its style. A blank key sends no credential at all."""
        headers = dict(self.headers)
        if not self.key or self.auth == "none":
            return headers
        if self.auth.startswith("header:"):
            return {**headers, self.auth.removeprefix("header:"): self.key}
        return {**headers, "Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Group:
    """One step of the resolution order. `state`: used · shadowed (an earlier one answers) · unusable · empty."""

    label: str
    state: GroupState
    providers: tuple[ProviderSettings, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """What the environment says. `providers` is the group that answers, by name, its disabled ones included."""

    providers: tuple[ProviderSettings, ...] = ()
    rotation: Rotation = "round-robin"
    retry_failed: bool = True
    max_retries: int = 3
    realtime_azure: bool = False
    problems: tuple[Problem, ...] = ()
    groups: tuple[Group, ...] = ()
    embedding: ProviderSettings | None = None  # the server that makes vectors; `smart` is the model
    configured: bool = False  # a provider is set up, if only a broken or disabled one: then the demo model does not answer

    @property
    def usable(self) -> tuple[ProviderSettings, ...]:
        return tuple(provider for provider in self.providers if provider.enabled)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "error")


def mask(key: str) -> str:
    """Enough of a key to recognise it by, never enough to use it."""
    if not key:
        return ""
    return f"…{key[-4:]}" if len(key) >= 12 else "…"


def in_new_style(provider: ProviderSettings) -> dict[str, str]:
    """The AI_<NAME>_* variables that say the same as `provider`, its key as a reference, never in the clear."""
    name = provider.name.upper().replace("-", "_")
    lines = {
        "URL": provider.base_url,
        "KEY": "<your key>" if provider.key else "",
        "SMART": provider.smart,
        "FAST": provider.fast,
    }
    if provider.max_output_tokens:
        lines["MAX_TOKENS"] = str(provider.max_output_tokens)
    return {f"AI_{name}_{suffix}": text for suffix, text in lines.items()} | {f"AI_{name}_ENABLED": "true"}
