"""The environment's providers, in one order, and what is wrong with them.

Groups are looked at in this order; the first that holds a usable provider answers, later ones are "shadowed":

1. `AI_<NAME>_URL/KEY/SMART/FAST/ENABLED/WEIGHT` – a pool of providers. The names API and BASE are reserved.
2. `AI_API_KEY`, `AI_BASE_URL`, `AI_MODEL`, `AI_FAST_MODEL`, `AI_REALTIME_MODEL` – one provider.
3. `OPENAI_COMPAT_API_KEY/BASE_URL/MODEL/MAX_TOKENS` – one provider.
4. `OPENAI_API_KEY/OPENAI_BASE_URL/SMART_LLM/FAST_LLM`, and the platform keys of Anthropic, Google AI Studio, Cerebras,
   Groq and Together, which also serve as the key of a pool provider of that name.

An organization's own providers come before all of them, and the demo model after, when nothing at all is configured.
`EMBEDDING_MODEL`, `EMBEDDING_BASE_URL/API_KEY/AUTH` name who makes vectors, the first provider where no address is given.

A wrong value is a `Problem`; the provider it belongs to is left out, so nothing is ever sent on a guess. Neither
problems nor `repr` hold a value. Pure functions: no Django, no network.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from assistant.outbound import Reach

from . import presets
from .presets import PRESETS

Rotation = Literal["round-robin", "random", "weighted", "failover"]
ROTATIONS: tuple[Rotation, ...] = ("round-robin", "random", "weighted", "failover")
MAX_WEIGHT = 1000
MAX_RETRIES = 10
MAX_SILENCE_SECONDS = 600
MAX_KEY_CHARS = 4096
MAX_URL_CHARS = 2048
MAX_MODEL_CHARS = 200

RESERVED = {"API", "BASE"}  # AI_API_KEY and AI_BASE_URL are settings, not providers called API and BASE
POOL = re.compile(
    r"AI_(.+)_(API_VERSION|MAX_TOKENS|SILENCE_SECONDS|URL|KEY|SMART|FAST|ENABLED|WEIGHT|REALTIME|AUTH)", re.DOTALL
)
POOL_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
SUFFIXES = ("URL", "KEY", "SMART", "FAST", "ENABLED", "WEIGHT", "REALTIME", "AUTH", "API_VERSION", "MAX_TOKENS",
            "SILENCE_SECONDS")  # fmt: skip
SINGLE = {
    "KEY": "AI_API_KEY", "URL": "AI_BASE_URL", "SMART": "AI_MODEL", "FAST": "AI_FAST_MODEL",
    "REALTIME": "AI_REALTIME_MODEL", "AUTH": "AI_AUTH", "API_VERSION": "AI_API_VERSION", "MAX_TOKENS": "AI_MAX_TOKENS",
    "SILENCE_SECONDS": "AI_SILENCE_SECONDS",
}  # fmt: skip
COMPAT = {
    "KEY": "OPENAI_COMPAT_API_KEY", "URL": "OPENAI_COMPAT_BASE_URL", "SMART": "OPENAI_COMPAT_MODEL",
    "MAX_TOKENS": "OPENAI_COMPAT_MAX_TOKENS",
}  # fmt: skip
LEGACY = {"KEY": "OPENAI_API_KEY", "URL": "OPENAI_BASE_URL", "SMART": "SMART_LLM", "FAST": "FAST_LLM"}
PLATFORM_KEYS = {
    "anthropic": "ANTHROPIC_API_KEY", "google": "GOOGLE_AI_STUDIO_API_KEY", "cerebras": "CEREBRAS_API_KEY",
    "groq": "GROQ_API_KEY", "together": "TOGETHER_API_KEY",
}  # fmt: skip
EMBEDDING = {
    "SMART": "EMBEDDING_MODEL", "URL": "EMBEDDING_BASE_URL", "KEY": "EMBEDDING_API_KEY", "AUTH": "EMBEDDING_AUTH",
}  # fmt: skip
GLOBALS = ("AI_ROTATION", "AI_RETRY_FAILED", "AI_MAX_RETRIES", "AI_REALTIME_AZURE")
KNOWN = {*GLOBALS, *SINGLE.values(), *COMPAT.values(), *LEGACY.values(), *PLATFORM_KEYS.values(), *EMBEDDING.values()}
# Variables of the official SDKs that mean nothing here and harm nobody.
FOREIGN = {"OPENAI_ORG_ID", "OPENAI_ORGANIZATION", "OPENAI_PROJECT", "OPENAI_PROJECT_ID", "OPENAI_LOG"}
OFTEN_MEANT = {
    "AI_KEY": "AI_API_KEY", "AI_URL": "AI_BASE_URL", "AI_API_URL": "AI_BASE_URL", "AI_API_BASE": "AI_BASE_URL",
    "AI_SMART": "AI_MODEL", "AI_SMART_MODEL": "AI_MODEL", "AI_FAST": "AI_FAST_MODEL", "AI_BASE_KEY": "AI_API_KEY",
    "OPENAI_API_BASE": "OPENAI_BASE_URL", "OPENAI_MODEL": "AI_MODEL", "AI_REALTIME": "AI_REALTIME_MODEL",
    "AI_EMBEDDING_MODEL": "EMBEDDING_MODEL", "OPENAI_EMBEDDING_MODEL": "EMBEDDING_MODEL",
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """What is wrong with one variable, without its value. An error leaves its provider out; a warning does not."""

    variable: str
    code: str
    message: str
    hint: str = ""
    level: Literal["error", "warning"] = "error"


class BadValue(ValueError):
    """A value that cannot be used: `code` for machines, `str()` for people, `hint` says how to mend it. No value in it."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


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
    state: Literal["used", "shadowed", "unusable", "empty"]
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
    embedding: ProviderSettings | None = None  # who makes vectors; `smart` is the model
    configured: bool = False  # a provider was meant, if only a broken or disabled one: then the demo model stays silent

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


# --- Single values ----------------------------------------------------------------------------------------------------


def clean_key(key: str) -> str:
    """The key as it is sent. Raises `BadValue` for what cannot be one; its shape is the preset's business."""
    key = key.strip()
    if len(key) > MAX_KEY_CHARS:
        raise BadValue("key_too_long", f"is longer than {MAX_KEY_CHARS} characters", "Paste the key alone.")
    if re.match(r"(?i)bearer\s", key):
        raise BadValue("key_with_bearer", "starts with the word Bearer", "Leave the word out: it is added when it is sent.")
    if any(mark in key for mark in ("***", "•", "…")):
        raise BadValue("key_masked", "is a masked key, not the key itself", "Copy the key again where it was made.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadValue("key_characters", "contains a space, a line break or a character that no key has", "Paste it again.")
    return key


def clean_model(model: str) -> str:
    """A model's id, which may hold slashes, colons and spaces. Raises `BadValue`."""
    model = model.strip()
    if len(model) > MAX_MODEL_CHARS or not model.isprintable():
        raise BadValue("model_invalid", f"is not a model's name of at most {MAX_MODEL_CHARS} printable characters")
    return model


def clean_auth(auth: str) -> str:
    """bearer, none or header:<name>. Raises `BadValue`."""
    kind, _, name = auth.strip().partition(":")
    kind, name = kind.strip().lower(), name.strip()
    if kind in ("bearer", "none") and not name:
        return kind
    forbidden = {"host", "content-length", "content-type", "transfer-encoding", "connection", "cookie", "accept-encoding"}
    if kind == "header" and re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", name) and name.lower() not in forbidden:
        return f"header:{name}"
    raise BadValue("auth_invalid", "is not a way to send a key", "Use bearer, none, or header:X-Api-Key.")


def normal_base_url(url: str) -> str:
    """The base under which `/chat/completions` lies, in one spelling. Raises `BadValue`.

    A trailing `/` and a pasted `/chat/completions` or `/models` are cut, an empty path becomes `/v1`, `/v1/v1` becomes
    `/v1`; any other path stays. On Azure an empty path becomes `/openai`, whose deployments `Provider.endpoint` names.
    """
    url = url.strip()
    if len(url) > MAX_URL_CHARS or not url.isprintable() or re.search(r'[\s\\<>"{}|^`]', url):
        raise BadValue("url_characters", "contains characters that no address has", "Paste the address again.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        what = "url_port" if "port" in str(error).lower() else "url_host"
        raise BadValue(what, "does not name a host and port", "For example http://localhost:11434/v1.") from error
    if parts.scheme not in ("http", "https") or not url.lower().startswith(f"{parts.scheme}://"):
        raise BadValue("url_scheme", "must start with http:// or https://", "For example http://localhost:11434/v1.")
    if parts.username is not None or parts.password is not None:
        raise BadValue("url_userinfo", "contains a user name or password", "Put the key into the key's own variable.")
    azure = _is_azure_url(url)
    if parts.fragment or (parts.query and not (azure and list(parse_qs(parts.query)) == ["api-version"])):
        raise BadValue("url_query", "contains a ? or # part", "Leave everything from ? or # on out.")
    if port == 0:
        raise BadValue("url_port", "has port 0", "Ports go from 1 to 65535.")
    netloc = _normal_host(host)
    if port and port != {"http": 80, "https": 443}[parts.scheme]:
        netloc += f":{port}"

    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if any(piece in (".", "..") for piece in path.split("/")):
        raise BadValue("url_path", "has . or .. in its path", "Write the path out.")
    path = re.sub(r"/(chat/completions|models)$", "", path)
    path = re.sub(r"(/v1)+$", "/v1", path)
    return f"{parts.scheme}://{netloc}{path or ('/openai' if presets.is_azure(url) else '/v1')}"


def api_version_in(url: str) -> str:
    """The api-version of a pasted Azure address; empty if it has none."""
    return (parse_qs(urlsplit(url.strip()).query).get("api-version") or [""])[0]


def _is_azure_url(url: str) -> bool:
    return presets.is_azure(url) or "/openai/deployments/" in urlsplit(url).path


def _normal_host(host: str) -> str:
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError as error:
            raise BadValue("url_host", "does not name a host", "For example https://api.example.com/v1.") from error
    if ":" in host:
        return f"[{host}]"
    if not re.fullmatch(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", host) or len(host) > 253:
        raise BadValue("url_host", "does not name a host", "For example https://api.example.com/v1.")
    return host


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "1", "yes", "on"):
        return True
    if text.lower() in ("false", "0", "no", "off"):
        return False
    raise BadValue("boolean_invalid", "is neither true nor false", "Use true or false.")


def _integer(text: str, low: int, high: int) -> int:
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    raise BadValue("number_invalid", f"is not a whole number from {low} to {high}", f"Use a number from {low} to {high}.")


# --- One provider -----------------------------------------------------------------------------------------------------


def build(
    values: Mapping[str, str],
    *,
    name: str = "",
    preset: str = "",
    variables: Mapping[str, str],
    source: str,
    reach: Reach = Reach.OPERATOR,
    smart_default: str = "",
    fast_default: str = "",
) -> tuple[ProviderSettings | None, list[Problem]]:
    """A provider out of the texts of one group, and what is wrong with them; None after any error.

    `values` and `variables` are keyed by `SUFFIXES`; `variables` says what each is called where it was found. What is
    missing comes from `*_default`, then from the preset of the address, of the name, or "custom".
    """
    problems: list[Problem] = []

    def problem(suffix: str, code: str, message: str, hint: str = "", level: Literal["error", "warning"] = "error") -> None:
        problems.append(Problem(variables.get(suffix, source), code, message, hint, level))

    def read(suffix: str, parse: object, default: object) -> object:
        text = values.get(suffix, "")
        if not text:
            return default
        try:
            return parse(text)  # type: ignore[operator]
        except BadValue as error:
            problem(suffix, error.code, str(error), error.hint)
            return default

    url = str(read("URL", normal_base_url, ""))
    known = presets.by_url(url) if url else "custom"
    preset = preset or (known if known != "custom" else presets.by_name(name))
    if not url and values.get("URL"):
        return None, problems
    row = PRESETS[preset]
    url = url or (normal_base_url(row.base_url) if row.base_url else "")
    if not url:
        problem("URL", "url_missing", "is not set, and the name says no known address", "Give the server's address.")
        return None, problems
    if preset == "azure" and urlsplit(url).path == "/v1" and not urlsplit(values.get("URL", "")).path.strip("/"):
        url = url.removesuffix("/v1") + "/openai"  # an Azure behind another host name, such as a gateway's

    key = str(read("KEY", clean_key, ""))
    if not key and not values.get("KEY") and _needs_key(url):
        problem("KEY", "key_missing", f"is not set, and {row.label} needs a key",
                f"Get one: {row.key_from}." if row.key_from else "")  # fmt: skip
    elif key and ("..." in key or re.search(r"(?i)x{3,}|your.*key", key)):
        problem("KEY", "key_placeholder", "looks like the sample from the documentation, not like a key",
                f"Get one: {row.key_from}." if row.key_from else "", "warning")  # fmt: skip
    elif key and not presets.key_looks_right(preset, key):
        problem("KEY", "key_format", f"does not look like a key of {row.label} ({row.key_example})",
                "It is used all the same; check that it belongs to this provider.", "warning")  # fmt: skip
    if url.startswith("http:") and not presets.is_local(url):
        problem("URL", "url_plaintext", "sends key and conversations unencrypted across the network",
                "Use https:// for servers elsewhere.", "warning")  # fmt: skip

    openai = presets.is_openai(url)
    given_smart, given_fast = str(read("SMART", clean_model, "")), str(read("FAST", clean_model, ""))
    smart = given_smart or smart_default or given_fast or row.smart
    # A model that somebody chose for this server beats a default that was made for another one.
    fast = given_fast or (fast_default if openai or not given_smart else "") or (row.fast if openai else "")
    fast = fast or (smart if given_smart or smart_default else row.fast or smart)
    if not smart:
        problem("SMART", "model_missing", "is not set, and there is no model to assume",
                "Name a model exactly as the server does (`doctor --probe` lists them).")  # fmt: skip
    elif not given_smart and not given_fast and not openai:
        problem("SMART", "model_assumed", f"is not set; {smart} is assumed",
                "Name a model exactly as the server does (`doctor --probe` lists them).", "warning")  # fmt: skip

    api_version = values.get("API_VERSION", "") or api_version_in(values.get("URL", ""))
    if not api_version and not urlsplit(url).path.endswith("/v1"):  # Azure's /openai/v1 needs none
        api_version = row.api_version or (PRESETS["azure"].api_version if _is_azure_url(url) else "")
    if not re.fullmatch(r"[A-Za-z0-9.-]{0,40}", api_version):
        problem("API_VERSION", "api_version_invalid", "is not an API version", f"For example {presets.AZURE_API_VERSION}.")

    provider = ProviderSettings(
        name=name or preset,
        base_url=url,
        key=key,
        auth=str(read("AUTH", clean_auth, row.auth)),
        smart=smart,
        fast=fast,
        realtime=str(read("REALTIME", clean_model, row.realtime)),
        weight=read("WEIGHT", lambda text: _integer(text, 1, MAX_WEIGHT), 1),  # type: ignore[arg-type]
        enabled=bool(read("ENABLED", _boolean, True)),
        preset=preset,
        source=source,
        max_output_tokens=read("MAX_TOKENS", lambda text: _integer(text, 1, 1_000_000), None),  # type: ignore[arg-type]
        silence_seconds=read("SILENCE_SECONDS", lambda text: _integer(text, 1, MAX_SILENCE_SECONDS), None),  # type: ignore[arg-type]
        api_version=api_version,
        reach=reach,
    )
    broken = any(found.level == "error" for found in problems)
    return (None if broken else provider), problems


def _needs_key(url: str) -> bool:
    """Whether the server behind `url` is known to refuse requests without a key."""
    return not presets.is_local(url) and PRESETS[presets.by_url(url)].key_required


# --- The whole environment --------------------------------------------------------------------------------------------


def load(environment: Mapping[str, str]) -> Configuration:
    """The providers of `environment` by the order in this module's docstring. Never raises."""
    problems: list[Problem] = []
    values = {}
    unreadable = set()
    for variable in sorted(environment, key=ascii):
        try:
            text, repaired = _text(environment[variable])
        except BadValue as error:
            problems.append(Problem(_printable(variable), error.code, str(error), error.hint))
            unreadable.add(variable)
            continue
        if text:
            values[variable] = text
        if repaired and text:
            problems.append(Problem(_printable(variable), "repaired", f"had {repaired}, which were left out",
                                    "Remove them where the variable is set.", "warning"))  # fmt: skip

    groups = [
        ("AI_<NAME>_*", _pool(values, unreadable, problems)),
        ("AI_API_KEY", _single(values, problems)),
        ("OPENAI_COMPAT_*", _compat(values, problems)),
        ("OPENAI_API_KEY and platform keys", _legacy(values, problems)),
    ]
    used = next((label for label, found in groups if any(provider.enabled for provider in found)), None)
    if used is None:  # all disabled: show them, rather than nothing
        used = next((label for label, found in groups if found), None)
    chosen = dict(groups).get(used or "", ())

    def state(label: str, found: tuple[ProviderSettings, ...]) -> Literal["used", "shadowed", "unusable", "empty"]:
        if label == used:
            return "used"
        if not found:
            return "empty"
        return "shadowed" if any(provider.enabled for provider in found) else "unusable"

    steps = tuple(Group(label, state(label, found), found) for label, found in groups)
    problems += [
        Problem(provider.source, "shadowed", f"is not used, because {used} comes first",
                "Remove one of the two, or name both in the AI_<NAME>_* pool.", "warning")
        for step in steps if step.state == "shadowed" for provider in step.providers
    ]  # fmt: skip

    def setting(variable: str, parse: object, default: object, level: Literal["error", "warning"]) -> object:
        if variable not in values:
            return default
        try:
            return parse(values[variable])  # type: ignore[operator]
        except BadValue as error:
            hint = f"{error.hint} Until then it is {str(default).lower()}."
            problems.append(Problem(variable, error.code, str(error), hint, level))
            return default

    rotation = setting("AI_ROTATION", _rotation, "round-robin", "warning")
    retry_failed = setting("AI_RETRY_FAILED", _boolean, True, "error")
    max_retries = setting("AI_MAX_RETRIES", lambda text: _integer(text, 0, MAX_RETRIES), 3, "error")
    realtime_azure = setting("AI_REALTIME_AZURE", _boolean, False, "error")
    embedding = _embedding(values, chosen, problems)
    problems += _misspelt(values, chosen)
    meant = {*SINGLE.values(), *COMPAT.values(), *LEGACY.values(), *PLATFORM_KEYS.values()}
    return Configuration(
        providers=chosen,
        rotation=rotation,  # type: ignore[arg-type]
        retry_failed=bool(retry_failed),
        max_retries=max_retries,  # type: ignore[arg-type]
        realtime_azure=bool(realtime_azure),
        problems=tuple(problems),
        groups=steps,
        embedding=embedding,
        configured=bool(chosen) or any(name in meant or POOL.fullmatch(name) for name in {*values, *unreadable}),
    )


def _text(raw: str) -> tuple[str, str]:
    """A variable's text, and what had to be left out of it. Raises `BadValue` for what is no text.

    Container runtimes hand over the quotes and comments of an .env file that a shell would have removed.
    """
    if any("\ud800" <= character <= "\udfff" for character in raw):
        raise BadValue("not_utf8", "is not UTF-8 text", "Save the file it is set in as UTF-8.")
    removed = []
    text = raw.strip().lstrip("\ufeff").strip()
    if text != raw:
        removed.append("white space around it")
    if quoted := re.fullmatch(r"""(["'])(.*?)\1(\s+#.*)?""", text, re.DOTALL):
        removed.append("quotes around it")
        text = quoted[2].strip()
    elif comment := re.search(r"(^|\s+)#", text):
        removed.append("a comment behind it")
        text = text[: comment.start()]
    if not all(character.isprintable() for character in text):
        raise BadValue("control_characters", "contains a line break or a control character", "Set it again, on one line.")
    return text, " and ".join(removed)


def _rotation(text: str) -> Rotation:
    plain = text.lower().replace("_", "-").replace(" ", "-")
    for rotation in ROTATIONS:
        if plain in (rotation, rotation.replace("-", "")):
            return rotation
    raise BadValue("rotation_unknown", "is not a known rotation", f"Use one of {', '.join(ROTATIONS)}.")


def _pool(values: Mapping[str, str], unreadable: Iterable[str], problems: list[Problem]) -> tuple[ProviderSettings, ...]:
    found: dict[str, dict[str, str]] = {}
    for variable, text in values.items():
        match = POOL.fullmatch(variable)
        if match is None:
            continue
        name, suffix = match.groups()
        if name in RESERVED or name.endswith(("_API", "_BASE")):
            continue  # `_misspelt` says what was probably meant
        if not POOL_NAME.fullmatch(name):
            problems.append(Problem(_printable(variable), "name_invalid", "does not name a provider",
                                    "Use capital letters, digits and _, at most 40, such as AI_GROQ_KEY."))  # fmt: skip
            continue
        found.setdefault(name, {})[suffix] = text
    broken = {match[1] for variable in unreadable if (match := POOL.fullmatch(variable))}

    providers = []
    for name in sorted(found):
        own = found[name]
        if name in broken:  # one of its variables was not text; that problem has been told
            continue
        plain = name.lower().replace("_", "-")
        preset = presets.by_name(plain)
        variables = {suffix: f"AI_{name}_{suffix}" for suffix in SUFFIXES}
        if not own.keys() & {"URL", "KEY", "SMART", "FAST"}:
            if PLATFORM_KEYS.get(preset) not in values:
                problems.append(Problem(variables["KEY"], "key_missing", "is not set, so there is no such provider",
                                        "Set it, or remove the other variables of this name.", "warning"))  # fmt: skip
            continue
        platform = PLATFORM_KEYS.get(preset, "")
        # A platform's key goes to that platform's own address only.
        if "KEY" not in own and platform in values and presets.by_url(own.get("URL", PRESETS[preset].base_url)) == preset:
            own["KEY"] = values[platform]
            variables["KEY"] = platform
        if "AI_REALTIME_MODEL" in values and not own.get("REALTIME") and PRESETS[preset].realtime:
            own["REALTIME"] = values["AI_REALTIME_MODEL"]
            variables["REALTIME"] = "AI_REALTIME_MODEL"
        provider, wrong = build(own, name=plain, variables=variables, source=f"AI_{name}_*")
        problems += wrong
        if provider:
            providers.append(provider)
    return tuple(providers)


def _single(values: Mapping[str, str], problems: list[Problem]) -> tuple[ProviderSettings, ...]:
    own = _pick(values, SINGLE)
    if not own.keys() & {"KEY", "URL"}:
        others = any(name in values for name in (*COMPAT.values(), *LEGACY.values(), *PLATFORM_KEYS.values()))
        if "SMART" in own and not others and not any(POOL.fullmatch(name) for name in values):
            problems.append(Problem("AI_API_KEY", "key_missing", "is not set",
                                    f"Get one: {PRESETS['openai'].key_from}, or set AI_BASE_URL."))  # fmt: skip
        return ()
    preset = "" if "URL" in own else "openai"
    provider, wrong = build(own, preset=preset, variables=SINGLE, source="AI_API_KEY",
                            smart_default="" if "SMART" in own else "gpt-4o", fast_default="gpt-4o-mini")  # fmt: skip
    problems += wrong
    return (provider,) if provider else ()


def _compat(values: Mapping[str, str], problems: list[Problem]) -> tuple[ProviderSettings, ...]:
    own = _pick(values, COMPAT)
    if not own.keys() & {"KEY", "URL"}:
        return ()
    provider, wrong = build(own, preset="" if "URL" in own else "openai", variables=COMPAT, source="OPENAI_COMPAT_*",
                            smart_default="gpt-4o-mini", fast_default=own.get("SMART", "gpt-4o-mini"))  # fmt: skip
    problems += wrong
    return (provider,) if provider else ()


def _legacy(values: Mapping[str, str], problems: list[Problem]) -> tuple[ProviderSettings, ...]:
    providers = []
    own = _pick(values, LEGACY)
    if own.keys() & {"KEY", "URL"}:
        variables = dict(LEGACY)
        for suffix in ("SMART", "FAST", "REALTIME"):
            if suffix not in own and SINGLE[suffix] in values:
                own[suffix], variables[suffix] = values[SINGLE[suffix]], SINGLE[suffix]
        provider, wrong = build(own, preset="" if "URL" in own else "openai", variables=variables, source="OPENAI_API_KEY",
                                smart_default="" if "SMART" in own else "gpt-4.1", fast_default="gpt-4o-mini")  # fmt: skip
        problems += wrong
        providers += [provider] if provider else []
    for preset, variable in PLATFORM_KEYS.items():
        pooled = any(f"AI_{preset.upper()}_{suffix}" in values for suffix in ("URL", "KEY", "SMART", "FAST"))
        if variable not in values or pooled:
            continue  # the pool's provider of that name has taken the key
        variables = {suffix: f"AI_{preset.upper()}_{suffix}" for suffix in SUFFIXES} | {"KEY": variable}
        own = {suffix: values[name] for suffix, name in variables.items() if name in values}
        provider, wrong = build(own, name=preset, variables=variables, source=variable)
        problems += wrong
        providers += [provider] if provider else []
    return tuple(sorted(providers, key=lambda provider: provider.name))


def _embedding(
    values: Mapping[str, str], chosen: Iterable[ProviderSettings], problems: list[Problem]
) -> ProviderSettings | None:
    """Who makes vectors: a server of its own, or the first provider's with the provider's key."""
    own = _pick(values, EMBEDDING)
    if "SMART" not in own:
        for suffix in own:
            problems.append(Problem(EMBEDDING[suffix], "model_missing", "is not used without a model",
                                    "Set EMBEDDING_MODEL.", "warning"))  # fmt: skip
        return None
    if own.keys() - {"SMART"}:
        provider, wrong = build(own, name="embeddings", preset="" if "URL" in own else "openai", variables=EMBEDDING,
                                source="EMBEDDING_*")  # fmt: skip
        problems += wrong
        return provider
    first = next((provider for provider in chosen if provider.enabled), None)
    if first is None:
        problems.append(Problem(EMBEDDING["SMART"], "url_missing", "is set, but there is no provider to ask for vectors",
                                "Set EMBEDDING_BASE_URL, or a provider."))  # fmt: skip
        return None
    try:
        return replace(first, name=f"{first.name}-embeddings", smart=clean_model(own["SMART"]), source="EMBEDDING_MODEL")
    except BadValue as error:
        problems.append(Problem(EMBEDDING["SMART"], error.code, str(error), error.hint))
        return None


def _pick(values: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    return {suffix: values[variable] for suffix, variable in variables.items() if variable in values}


def _misspelt(values: Mapping[str, str], providers: Iterable[ProviderSettings]) -> list[Problem]:
    """A warning for each variable that nothing reads, with the nearest name that something does."""
    names = {provider.name.upper().replace("-", "_") for provider in providers} | {
        key.upper().replace("-", "_") for key in PRESETS
    }
    candidates = sorted(KNOWN | {f"AI_{name}_{suffix}" for name in names for suffix in SUFFIXES})
    problems = []
    for variable in values:
        match = POOL.fullmatch(variable)
        if variable in KNOWN or variable in FOREIGN:
            continue
        if match and match[1] not in RESERVED and not match[1].endswith(("_API", "_BASE")):
            continue
        nearest = OFTEN_MEANT.get(variable) or _nearest(variable, match, candidates)
        if not nearest and not variable.startswith("AI_"):
            continue  # somebody else's
        hint = f"Did you mean {nearest}?" if nearest else "Remove it, or see docs/providers.md for the names."
        problems.append(Problem(_printable(variable), "unknown_variable", "is not read by anything", hint, "warning"))
    return problems


def _nearest(variable: str, match: re.Match[str] | None, candidates: list[str]) -> str:
    if match and match[1].endswith(("_API", "_BASE")):
        return f"AI_{match[1].rsplit('_', 1)[0]}_{match[2]}"  # AI_GROQ_API_KEY, AI_GROQ_BASE_URL
    if model := re.fullmatch(r"AI_([A-Z0-9_]+?)_(FAST_|SMART_|REALTIME_)?MODEL", variable):
        return f"AI_{model[1]}_{(model[2] or 'SMART_')[:-1]}"
    return next(iter(difflib.get_close_matches(variable.upper(), candidates, n=1, cutoff=0.8)), "")


def _printable(variable: str) -> str:
    """A variable's name, safe to print whatever somebody called it."""
    return ascii(variable)[1:-1][:80]


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
