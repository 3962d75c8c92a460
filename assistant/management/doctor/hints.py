"""Hints that improve a working set-up: one small rule each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from assistant.management.doctor.findings import Finding
from assistant.providers import presets
from assistant.providers.configuration import Configuration, ProviderSettings
from assistant.providers.presets import MODEL_ADVICE, PRESETS
from assistant.providers.probe import Report

SLOW_MS = 3000
MANY_PROVIDERS = 4
MANY_TOKENS = 8000
TRIED_OUT = ("test", "experiment", "staging", "trial")

Advice = tuple[str, str, str]  # about, text, remedy


@dataclass(frozen=True)
class SetUp:
    """What the rules look at: the environment's providers, and the reports of their probes where they were asked."""

    found: Configuration
    reports: tuple[Report, ...] = ()

    @cached_property
    def usable(self) -> list[ProviderSettings]:
        return [provider for provider in self.found.usable if provider.source != "demo"]

    @cached_property
    def hosted(self) -> list[ProviderSettings]:
        return [provider for provider in self.usable if not presets.is_local(provider.base_url)]

    @cached_property
    def weights(self) -> set[int]:
        return {provider.weight for provider in self.usable}


def hints(found: Configuration, reports: Iterable[Report] = ()) -> list[Finding]:
    """The advice of every rule that applies, in the order of the list."""
    set_up = SetUp(found, tuple(reports))
    return [Finding("hint", *advice) for rule in RULES for advice in rule(set_up)]


def single_provider(set_up: SetUp) -> Iterator[Advice]:
    if len(set_up.usable) == 1:
        yield (
            "failover",
            "there is only one provider: while it is down, visitors get no answers",
            "Add a second one with AI_<NAME>_KEY, or set a fallback model in the assistant's settings.",
        )


def many_providers(set_up: SetUp) -> Iterator[Advice]:
    if len(set_up.usable) > MANY_PROVIDERS:
        yield (
            "providers",
            f"there are {len(set_up.usable)} providers, each with its own limits and bills",
            "Start with one or two, and add more when you need them.",
        )


def no_failover(set_up: SetUp) -> Iterator[Advice]:
    if len(set_up.usable) > 1 and (not set_up.found.retry_failed or not set_up.found.max_retries):
        yield (
            "failover",
            "failed requests are not sent to the next provider",
            "Leave AI_RETRY_FAILED and AI_MAX_RETRIES at their defaults.",
        )


def equal_weights(set_up: SetUp) -> Iterator[Advice]:
    rotation = set_up.found.rotation
    if len(set_up.weights) == 1 and len(set_up.usable) > 1 and rotation in ("weighted", "failover"):
        yield (
            "AI_ROTATION",
            f"{rotation} has no effect while all weights are equal: providers are taken by name",
            "Set AI_<NAME>_WEIGHT: the highest is asked first, or most often.",
        )


def unused_weights(set_up: SetUp) -> Iterator[Advice]:
    rotation = set_up.found.rotation
    if len(set_up.weights) > 1 and rotation in ("round-robin", "random"):
        yield "AI_ROTATION", f"{rotation} ignores the weights that are set", "Set AI_ROTATION to weighted or failover."


def shared_keys(set_up: SetUp) -> Iterator[Advice]:
    keys = Counter(provider.key for provider in set_up.usable if provider.key and len(provider.key) >= 12)
    if any(number > 1 for number in keys.values()):
        yield (
            "keys",
            "several providers share one key: its rate limit, and what a leak would cost, apply to all of them",
            "Give each its own key, with no more permissions than it needs, and rotate the keys regularly.",
        )


def tried_out(set_up: SetUp) -> Iterator[Advice]:
    for provider in set_up.usable:
        if any(word in provider.name for word in TRIED_OUT):
            yield (
                provider.name,
                "answers visitors, although its name suggests that it is only being tried out",
                f"Set AI_{provider.name.upper().replace('-', '_')}_ENABLED=false until you have tested it.",
            )


def long_answers(set_up: SetUp) -> Iterator[Advice]:
    for provider in set_up.usable:
        if provider.max_output_tokens and provider.max_output_tokens > MANY_TOKENS:
            yield (
                provider.name,
                f"answers may be {provider.max_output_tokens} tokens long",
                "Visitors read a few hundred words at most; a lower limit is faster and cheaper.",
            )


def account_keys(set_up: SetUp) -> Iterator[Advice]:
    for provider in set_up.usable:
        if provider.preset == "openai" and provider.key.startswith("sk-") and not provider.key.startswith("sk-proj-"):
            yield provider.name, "its key is not a project key", "A project key gives access to less if it leaks."


def local_models(set_up: SetUp) -> Iterator[Advice]:
    for provider in set_up.usable:
        if presets.is_local(provider.base_url):
            yield provider.name, PRESETS[provider.preset].limits or "runs on your own machines", MODEL_ADVICE


def one_model_for_all(set_up: SetUp) -> Iterator[Advice]:
    for provider in set_up.hosted:
        if provider.smart == provider.fast:
            yield (
                provider.name,
                f"{provider.smart} also does quick tasks, such as titles",
                "A smaller fast model does them for less.",
            )


def costs(set_up: SetUp) -> Iterator[Advice]:
    if set_up.hosted:
        yield (
            "costs",
            "the provider bills you for requests",
            "See Usage and Statistics in the admin; spending limits are on by default.",
        )


def slow_models(set_up: SetUp) -> Iterator[Advice]:
    for report in set_up.reports:
        if (report.first_token_ms or 0) > SLOW_MS:
            yield (
                report.provider,
                f"its first word takes {report.first_token_ms} ms to arrive",
                "A faster model or provider (Groq, Cerebras) helps, and so do shorter instructions and knowledge.",
            )


def choices_not_logged(set_up: SetUp) -> Iterator[Advice]:
    if len(set_up.usable) > 1 and settings.LOG_LEVEL != "DEBUG":
        yield (
            "LOG_LEVEL",
            "the log does not say which provider was chosen, and why",
            "Set LOG_LEVEL=debug to see it.",
        )


RULES: tuple[Callable[[SetUp], Iterator[Advice]], ...] = (
    single_provider,
    many_providers,
    no_failover,
    equal_weights,
    unused_weights,
    shared_keys,
    tried_out,
    long_answers,
    account_keys,
    local_models,
    one_model_for_all,
    costs,
    slow_models,
    choices_not_logged,
)
