"""A probe under way: how it asks the server, the checks so far, and what was learnt from them."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Any

from assistant.errors import AddressRefused, ProviderBadResponse, ProviderError
from assistant.llm import ChatMessage, Completion, ToolSpec
from assistant.providers import completions, presets, retirements
from assistant.providers.completions import Capabilities, Request
from assistant.providers.configuration import ProviderSettings
from assistant.providers.presets import PRESETS
from assistant.providers.probe.report import REMEDIES, Check, Outcome, Report, curl

REQUEST_SECONDS = 30.0
OUTPUT_TOKENS = 256  # models that think need room before they speak
MAX_LESSONS = 8  # parameters a server may refuse, one after the other
MAX_OWN_TOOLS = 64


class Probe:
    """The checks so far, what was learnt from them, and how the server is asked."""

    def __init__(
        self,
        provider: ProviderSettings,
        model: str,
        realtime_azure: bool = False,
        tools: Sequence[ToolSpec] = (),
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        self.provider, self.model, self.realtime_azure = provider, model, realtime_azure
        self.own_tools = list(tools)[:MAX_OWN_TOOLS]
        self.request_seconds = request_seconds
        self.checks: list[Check] = []
        self.can = Capabilities()
        self.measured: dict[str, Any] = {}
        self.why: dict[str, str] = {}
        self.doing = ""  # the check that is under way
        self.models: tuple[str, ...] = ()
        self.shutdowns: dict[str, str] = {}
        self.streamed: Completion | None = None
        self.calls_whole: bool | None = None  # whether it calls a tool without streaming; None: not known

    def report(self) -> Report:
        in_use = {self.model, self.provider.fast, self.provider.realtime} - {""}
        return Report(
            provider=self.provider.name,
            model=self.model,
            checks=tuple(self.checks),
            capabilities=self.measured,
            why=self.why,
            models=self.models,
            notices=tuple(retirements.due(self.provider, in_use, self.shutdowns)),
            first_token_ms=self.streamed.first_token_ms if self.streamed else None,
            total_ms=self.streamed.total_ms if self.streamed else None,
            curl=curl(self.provider, self.model),
        )

    def note(self, name: str, value: Any, why: str = "") -> None:
        """Keep what was measured, with what it rests on."""
        self.measured[name] = value
        self.why[name] = why or f"check: {self.doing.replace('_', ' ')}"

    def add(self, name: str, outcome: Outcome, cause: str = "", detail: str = "", ms: int | None = None) -> None:
        self.checks.append(Check(name, outcome, cause, detail, self._remedy(cause), ms))

    def fail(self, name: str, error: ProviderError, behind: BaseException | None = None) -> None:
        self.add(name, "failed", cause_of(error, behind or error.__cause__), str(error))

    # --- Asking -------------------------------------------------------------------------------------------------------

    async def ask(
        self, messages: list[ChatMessage], *, streaming: bool, tools: Sequence[ToolSpec] = ()
    ) -> tuple[int, Completion]:
        """How many pieces the answer's text came in, and its end. What a server refuses is learnt and left out."""
        for lesson in range(MAX_LESSONS + 1):
            request = self.request(messages, streaming=streaming, tools=tools)
            pieces = 0
            answer: AsyncIterator[str | Completion] = completions.ask(request)
            try:
                async with aclosing(answer) as items:  # type: ignore[type-var]
                    async for item in items:
                        if isinstance(item, Completion):
                            self.learn(item.learnt, "seen in an answer")
                            return pieces, item
                        pieces += 1
            except ProviderError as error:
                lacks = {name: value for name, value in (error.details.get("lacks") or {}).items() if name != "tools"}
                if lesson == MAX_LESSONS or not self.learn(lacks, f"refused: {error}"):
                    raise
        raise ProviderBadResponse("The stream ended without an end mark.")

    def learn(self, facts: Mapping[str, Any], why: str) -> bool:
        """Ask differently from now on; False where that would change nothing."""
        taught = Capabilities.of({**asdict(self.can), **facts})
        if taught == self.can:
            return False
        self.can = taught
        for name, value in facts.items():
            self.note(name, value, why)
        return True

    def request(self, messages: list[ChatMessage], *, streaming: bool, tools: Sequence[ToolSpec] = ()) -> Request:
        return Request(
            self.provider,
            self.model,
            messages,
            list(tools),
            max_output_tokens=OUTPUT_TOKENS,
            capabilities=replace(self.can, streaming=streaming),
            silence_seconds=self.request_seconds,
            deadline_seconds=self.request_seconds,
        )

    # --- Advice -------------------------------------------------------------------------------------------------------

    def _remedy(self, cause: str) -> str:
        remedy = REMEDIES.get(cause, "")
        if cause == "model_not_found":
            local = " `ollama list` shows the models that are there." if self.provider.preset == "ollama" else ""
            return f"{remedy}{self.nearest(prefix=' Nearest')}{local}"
        if cause in ("unauthorized", "forbidden"):
            row = PRESETS.get(self.provider.preset)
            return f"{remedy} Keys: {row.key_from}" if row and row.key_from else remedy
        if cause in ("refused", "timeout", "dns") and presets.is_local(self.provider.base_url):
            return f"{remedy} Try: curl {shlex.quote(self.provider.endpoint('models'))}"
        return remedy

    def nearest(self, prefix: str = "; nearest") -> str:
        near = difflib.get_close_matches(self.model, self.models, n=3, cutoff=0.5)
        return f"{prefix}: {', '.join(near)}" if near else ""


def cause_of(error: ProviderError, behind: BaseException | None) -> str:
    return "address_refused" if isinstance(behind, AddressRefused) else error.cause
