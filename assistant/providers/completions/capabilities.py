"""What one model of one server was measured to do; what is not known is taken to work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Capabilities:
    """What was measured of one model; what is not known is taken to work."""

    streaming: bool = True
    tools: bool = True
    tools_streaming: bool = True  # False: requests that offer tools are not streamed
    usage_in_stream: bool = True  # stream_options is accepted
    additional_properties: bool = True  # False: schemas go without additionalProperties and $schema
    temperature: bool = True
    reasoning_effort: bool = True
    opens_thinking: bool = True  # False: its template does, so that a reply begins within the thinking
    token_limit: str = "max_tokens"  # the parameter's name: max_tokens, max_completion_tokens or "" for neither

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Capabilities:
        """From stored JSON, whatever else it holds."""
        known = {f.name: measured[f.name] for f in fields(cls) if type(measured.get(f.name)) is type(f.default)}
        return cls(**known)
