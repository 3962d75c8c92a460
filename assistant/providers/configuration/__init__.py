"""Providers of the environment, in their order, and problems with them.

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

`variables` holds the names, `values` reads single values, `build` makes one provider, `groups` the providers of each group,
and `environment` the whole.
"""

from assistant.providers.configuration.build import build
from assistant.providers.configuration.environment import load
from assistant.providers.configuration.settings import (
    ROTATIONS,
    Configuration,
    Group,
    Problem,
    ProviderSettings,
    Rotation,
    in_new_style,
    mask,
)
from assistant.providers.configuration.values import BadValue, clean_auth, clean_key, clean_model, normal_base_url
from assistant.providers.configuration.variables import KNOWN, POOL

__all__ = [
    "KNOWN",
    "POOL",
    "ROTATIONS",
    "BadValue",
    "Configuration",
    "Group",
    "Problem",
    "ProviderSettings",
    "Rotation",
    "build",
    "clean_auth",
    "clean_key",
    "clean_model",
    "in_new_style",
    "load",
    "mask",
    "normal_base_url",
]
