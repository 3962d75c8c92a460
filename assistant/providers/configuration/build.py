"""Building of one provider from the texts of one group of variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from assistant.outbound import Reach
from assistant.providers import presets
from assistant.providers.configuration.settings import Level, Problem, ProviderSettings
from assistant.providers.configuration.values import (
    MAX_SILENCE_SECONDS,
    MAX_WEIGHT,
    BadValue,
    api_version_in,
    boolean,
    clean_auth,
    clean_key,
    clean_model,
    integer,
    is_azure_url,
    normal_base_url,
)
from assistant.providers.presets import PRESETS, Preset

T = TypeVar("T")
MAX_ANSWER_TOKENS = 1_000_000
NAME_A_MODEL = "Enter the model's name exactly as the server spells it (`doctor --probe` lists them)."

Complaint = tuple[str, str, str, str, Level]  # suffix, code, message, hint, level


@dataclass
class Texts:
    """The texts of one group by suffix, what each variable is called, and what was found wrong so far."""

    values: Mapping[str, str]
    variables: Mapping[str, str]
    source: str
    problems: list[Problem] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        return any(found.level == "error" for found in self.problems)

    def problem(self, suffix: str, code: str, message: str, hint: str = "", level: Level = "error") -> None:
        self.problems.append(Problem(self.variables.get(suffix, self.source), code, message, hint, level))

    def read(self, suffix: str, parse: Callable[[str], T], default: T) -> T:
        """The value of a variable, or `default` where it is missing or wrong; a wrong one is a problem."""
        text = self.values.get(suffix, "")
        if not text:
            return default
        try:
            return parse(text)
        except BadValue as error:
            self.problem(suffix, error.code, str(error), error.hint)
            return default


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
    texts = Texts(values, variables, source)
    url, preset = _server(texts, name, preset)
    if not url:
        return None, texts.problems
    row = PRESETS[preset]
    key = _key(texts, url, preset)
    smart, fast = _models(texts, url, row, smart_default, fast_default)
    provider = ProviderSettings(
        api_version=_api_version(texts, url, row),
        name=name or preset,
        base_url=url,
        key=key,
        auth=texts.read("AUTH", clean_auth, row.auth),
        smart=smart,
        fast=fast,
        realtime=texts.read("REALTIME", clean_model, row.realtime),
        weight=texts.read("WEIGHT", lambda text: integer(text, 1, MAX_WEIGHT), 1),
        enabled=texts.read("ENABLED", boolean, True),
        preset=preset,
        source=source,
        max_output_tokens=texts.read("MAX_TOKENS", lambda text: integer(text, 1, MAX_ANSWER_TOKENS), None),
        silence_seconds=texts.read("SILENCE_SECONDS", lambda text: integer(text, 1, MAX_SILENCE_SECONDS), None),
        reach=reach,
    )
    return (None if texts.broken else provider), texts.problems


def _server(texts: Texts, name: str, preset: str) -> tuple[str, str]:
    """Its address and preset; an empty address after an error."""
    url = texts.read("URL", normal_base_url, "")
    known = presets.by_url(url) if url else "custom"
    preset = preset or (known if known != "custom" else presets.by_name(name))
    if not url and texts.values.get("URL"):
        return "", preset
    row = PRESETS[preset]
    url = url or (normal_base_url(row.base_url) if row.base_url else "")
    if not url:
        texts.problem(
            "URL", "url_missing", "is not set, and no address is known for this name", "Enter the server's address."
        )
    elif preset == "azure" and urlsplit(url).path == "/v1" and not urlsplit(texts.values.get("URL", "")).path.strip("/"):
        url = url.removesuffix("/v1") + "/openai"  # an Azure behind another host name, such as a gateway's
    return url, preset


def _key(texts: Texts, url: str, preset: str) -> str:
    key = texts.read("KEY", clean_key, "")
    for rule in (_key_rule, _plaintext_rule):
        for complaint in rule(texts, url, key, preset):
            texts.problem(*complaint)
    return key


def _key_rule(texts: Texts, url: str, key: str, preset: str) -> Iterator[Complaint]:
    row = PRESETS[preset]
    get_one = f"Get one: {row.key_from}." if row.key_from else ""
    if not key and not texts.values.get("KEY") and _needs_key(url):
        yield "KEY", "key_missing", f"is not set, and {row.label} needs a key", get_one, "error"
    elif key and ("..." in key or re.search(r"(?i)x{3,}|your.*key", key)):
        yield "KEY", "key_placeholder", "looks like the example from the documentation, not like a key", get_one, "warning"
    elif key and not presets.key_looks_right(preset, key):
        message = f"does not look like a key of {row.label} ({row.key_example})"
        yield "KEY", "key_format", message, "It is used all the same; check that it belongs to this provider.", "warning"


def _plaintext_rule(texts: Texts, url: str, key: str, preset: str) -> Iterator[Complaint]:
    if url.startswith("http:") and not presets.is_local(url):
        message = "sends the key and the conversations unencrypted across the network"
        yield "URL", "url_plaintext", message, "Use https:// for servers elsewhere.", "warning"


def _needs_key(url: str) -> bool:
    """Whether the server behind `url` is known to refuse requests without a key."""
    return not presets.is_local(url) and PRESETS[presets.by_url(url)].key_required


def _models(texts: Texts, url: str, row: Preset, smart_default: str, fast_default: str) -> tuple[str, str]:
    """The models for replies and for quick tasks."""
    openai = presets.is_openai(url)
    given_smart, given_fast = texts.read("SMART", clean_model, ""), texts.read("FAST", clean_model, "")
    smart = given_smart or smart_default or given_fast or row.smart
    # A model that somebody chose for this server beats a default that was made for another one.
    fast = given_fast or (fast_default if openai or not given_smart else "") or (row.fast if openai else "")
    fast = fast or (smart if given_smart or smart_default else row.fast or smart)
    if not smart:
        texts.problem("SMART", "model_missing", "is not set, and there is no default model", NAME_A_MODEL)
    elif not given_smart and not given_fast and not openai:
        texts.problem("SMART", "model_assumed", f"is not set; {smart} is assumed", NAME_A_MODEL, "warning")
    return smart, fast


def _api_version(texts: Texts, url: str, row: Preset) -> str:
    version = texts.values.get("API_VERSION", "") or api_version_in(texts.values.get("URL", ""))
    if not version and not urlsplit(url).path.endswith("/v1"):  # Azure's /openai/v1 needs none
        version = row.api_version or (PRESETS["azure"].api_version if is_azure_url(url) else "")
    if not re.fullmatch(r"[A-Za-z0-9.-]{0,40}", version):
        example = f"For example {presets.AZURE_API_VERSION}."
        texts.problem("API_VERSION", "api_version_invalid", "is not a valid API version", example)
    return version
