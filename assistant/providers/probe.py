"""What a server can really do, measured.

models → chat → stream → tools → tools while streaming → the assistants' own tools → parallel calls → usage → realtime

    report = await probe(provider)          # never raises for what a server does; ends within `deadline_seconds`
    report.capabilities                     # the JSON that ProviderHealth.capabilities keeps and `completions` obeys
    report.as_json()                        # the report card: no key, no conversation

A handful of short requests; `/models` and a key are not needed. The list of models is an offer to pick from, never a filter.
An error is "not measured" and never "no": what could not be told stays out of `capabilities`, and so is taken to work. A
"no" is what a server said or showed twice, while the same question put otherwise was answered.
"""

from __future__ import annotations

import asyncio
import difflib
import shlex
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import orjson

from assistant import outbound
from assistant.errors import AddressRefused, OutboundError, ProviderBadResponse, ProviderError
from assistant.llm import ChatMessage, Completion, ToolSpec
from assistant.providers import completions, presets, realtime, retirements
from assistant.providers.completions import Capabilities, Request
from assistant.providers.configuration import ProviderSettings, mask
from assistant.providers.presets import PRESETS

DEADLINE_SECONDS = 90.0
REQUEST_SECONDS = 30.0
LOCAL_TIMES = 3  # as much of both for a model on one's own machine, which is loaded first and writes slowly
OUTPUT_TOKENS = 256  # models that think need room before they speak
MODELS_BYTES = 4_194_304
MAX_MODELS = 2000
MAX_LESSONS = 8  # parameters a server may refuse, one after the other
REFUSED = (
    "bad_request",
    "schema_refused",
    "not_found",
    "tools_unsupported",
)  # the server has made up its mind: it says so twice at most
GIVEN_UP = ("dns", "refused", "tls", "timeout", "address_refused")  # asking again would only take as long again

TRIES = 3  # of what fails in a way that may pass, before it is taken for what the server cannot do
THOUGHT_TOKENS = 50  # more than these for "ok" were thought

CHECKS = ("models", "chat", "stream", "tools", "tools_streaming", "own_tools", "parallel_calls", "usage", "realtime")
Outcome = Literal["yes", "no", "unknown", "failed", "skipped"]

COLOURS = ToolSpec(
    "note_colour",
    "Write one colour down.",
    {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"], "additionalProperties": False},
)
OWN_TOOLS = [ChatMessage("user", "Hello! Answer with one short sentence, and call no tool.")]
MAX_OWN_TOOLS = 64
SCHEMA_FACTS = {"schema", "additional_properties"}  # capabilities that are about the schemas of tools
SAY_OK = [ChatMessage("user", "Answer with the single word: ok")]
COUNT = [ChatMessage("user", "Count from one to ten in words, separated by commas.")]
ONE_CALL = [ChatMessage("user", "Call the tool note_colour once, with the colour blue. Write nothing else.")]
TWO_CALLS = [
    ChatMessage(
        "user", "Call the tool note_colour twice in this one answer: once with blue and once with green. Write nothing else."
    )
]

REMEDIES = {
    "dns": "The host name is not known. Check the spelling of the address; in a container, localhost is the container.",
    "refused": "Nothing answers there. Start the server before Interworky; check the port, and the firewall.",
    "address_refused": "That address is in a private network. The operator can allow it with OUTBOUND_ALLOWED_ORIGINS.",
    "tls": "The encrypted connection failed. Check the certificate, or http:// against https://.",
    "timeout": "It takes too long. Is the model still loading? A smaller or faster one helps, or a shorter context.",
    "unauthorized": "The key was refused. Copy it again; some servers want it in a header of their own (header:X-Api-Key).",
    "forbidden": "The key may not do this. Check the rights of the key and the account, and which models they include.",
    "not_found": "The server is there, but not under this path. Most want /v1 at the end of the address.",
    "bad_response": "That is no answer of a model server: perhaps a login page or another program. Check address and port.",
    "model_not_found": "The server does not know this model. Use the name exactly as the server does.",
    "quota": "The account has no credit left, or its plan ends here. See the provider's billing page.",
    "rate_limited": "The provider's limit of requests is reached. Try again later, or spread the load over more providers.",
    "tools_unsupported": "This model cannot call tools: it can talk but not act. Choose a larger one, or one made for it.",
    "server_error": "The server failed by itself. Its own log says more.",
    "cut_off": "The answer broke off. A proxy between here and there may close connections too early (60 s at least).",
    "empty": "The model said nothing. Check that it is a chat model, and that its name is right.",
    "bad_request": "The server refused the form of the request. Its own words are beside this.",
    "form_refused": "The server's chat template refused the order of the messages. A newer server may not.",
    "schema_refused": "The server cannot take a tool's schema, even the plainest. A newer server helps.",
    "generation_failed": "The model wrote a tool call that its server could not read. Try again, or choose a larger model.",
    "context_too_long": "Even a few words are too much for this model's context.",
    "content_filter": "A filter of the provider's stopped a harmless question.",
}


@dataclass(frozen=True)
class Check:
    """One line of the report card. `detail` may quote the server, for staff; `cause` is of `ProviderError`'s words."""

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
    notices: tuple[retirements.Notice, ...] = ()  # models in use that will be shut down
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


async def probe(
    provider: ProviderSettings,
    model: str = "",
    *,
    tools: Sequence[ToolSpec] = (),
    deadline_seconds: float | None = None,
    realtime_azure: bool = False,
) -> Report:
    """Measure `model` (its model for replies by default) at `provider`.

    `tools` are the assistants' own: they are offered and never run. `deadline_seconds` for all of it: by itself as many as
    suit the address.
    """
    if deadline_seconds is None:
        deadline_seconds = DEADLINE_SECONDS * _times(provider)
    run = _Probe(provider, model or provider.smart, realtime_azure, tools)
    try:
        async with asyncio.timeout(deadline_seconds):
            await run.all()
    except TimeoutError:
        silent = ", ".join(name.replace("_", " ") for name in run.left())
        run.add(
            "deadline", "failed", "timeout", f"Stopped after {deadline_seconds:g} seconds. Not answered by then: {silent}."
        )
    return run.report()


def _times(provider: ProviderSettings) -> int:
    return LOCAL_TIMES if presets.is_local(provider.base_url) else 1


async def shutdowns(provider: ProviderSettings) -> dict[str, str]:
    """When models will end, as the server's own `/models` says: the text of a date by model. {} when it says nothing."""
    run = _Probe(provider, provider.smart)
    await run.list_models()
    return run.shutdowns


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


class _Probe:
    """One probe under way: the checks so far, and what was learnt from them."""

    def __init__(
        self, provider: ProviderSettings, model: str, realtime_azure: bool = False, tools: Sequence[ToolSpec] = ()
    ) -> None:
        self.provider, self.model, self.realtime_azure = provider, model, realtime_azure
        self.own_tools = list(tools)[:MAX_OWN_TOOLS]
        self.checks: list[Check] = []
        self.can = Capabilities()
        self.measured: dict[str, Any] = {}
        self.why: dict[str, str] = {}
        self.doing = ""  # the check that is under way
        self.models: tuple[str, ...] = ()
        self.shutdowns: dict[str, str] = {}
        self.streamed: Completion | None = None

    def report(self) -> Report:
        self.checks += [Check(name, "skipped") for name in self.left()]
        in_use = {self.model, self.provider.fast, self.provider.realtime} - {""}
        return Report(
            provider=self.provider.name,
            model=self.model,
            checks=tuple(self.checks),
            capabilities=self.measured,
            why=self.why,
            models=self.models,
            notices=tuple(retirements.notices(self.provider, in_use, self.shutdowns)),
            first_token_ms=self.streamed.first_token_ms if self.streamed else None,
            total_ms=self.streamed.total_ms if self.streamed else None,
            curl=curl(self.provider, self.model),
        )

    @property
    def request_seconds(self) -> float:
        """How long one question may take: what is set for the provider, else what suits its address."""
        return max(REQUEST_SECONDS * _times(self.provider), self.provider.silence_seconds or 0)

    def left(self) -> list[str]:
        """The checks that have no outcome yet."""
        done = {check.name for check in self.checks}
        return [name for name in CHECKS if name not in done and (name != "own_tools" or self.own_tools)]

    def note(self, name: str, value: Any, why: str = "") -> None:
        """Keep what was measured, with what it rests on."""
        self.measured[name] = value
        self.why[name] = why or f"check: {self.doing.replace('_', ' ')}"

    def add(self, name: str, outcome: Outcome, cause: str = "", detail: str = "", ms: int | None = None) -> None:
        self.checks.append(Check(name, outcome, cause, detail, self._remedy(cause), ms))

    async def all(self) -> None:
        if not await self.list_models() or not await self.chat():
            return
        await self.stream()
        await self.tools()
        await self.usage()
        await self.voice()

    # --- Each check ---------------------------------------------------------------------------------------------------

    async def list_models(self) -> bool:
        """GET /models, which nobody has to have. False when the server cannot be reached at all."""
        began = time.monotonic()
        try:
            answer = await outbound.fetch(
                "GET",
                self.provider.endpoint("models"),
                reach=self.provider.reach,
                headers=self.provider.request_headers(),
                deadline_seconds=REQUEST_SECONDS,
                max_bytes=MODELS_BYTES,
            )
        except OutboundError as error:
            cause = _cause(completions.from_outbound(error, answered=False), error)
            self.add("models", "failed", cause, str(error))
            # A server that is slow to list may still answer; one that is not there will not.
            return cause not in GIVEN_UP or cause == "timeout"
        ms = round((time.monotonic() - began) * 1000)
        if answer.status in (404, 405, 501):
            self.add("models", "no", detail="It does not list its models; that is not needed.", ms=ms)
            return True
        if answer.status != 200:
            said = completions.classified(answer.status, _json(answer.body), answer.headers, key=self.provider.key)
            self.add("models", "failed", said.cause, str(said), ms)
            return True
        try:
            self.models, self.shutdowns = listed(answer.body)
        except ProviderBadResponse as error:
            self.add("models", "failed", error.cause, str(error), ms)
            return True
        detail = f"{len(self.models)} models."
        if self.models and self.model not in self.models and not self._inside_deployment():
            detail += f" {self.model} is not among them{self._nearest()}; that may still be right."
        self.add("models", "yes", detail=detail, ms=ms)
        return True

    async def chat(self) -> bool:
        """One whole answer, without streaming. False when there is none."""
        began = time.monotonic()
        self.doing = "chat"
        try:
            _, answer = await self.ask(SAY_OK, streaming=False)
            thinks = answer.usage.exact and answer.usage.completion_tokens > THOUGHT_TOKENS
        except ProviderError as error:
            if not _still_thinking(error):
                self.fail("chat", error)
                return False
            thinks = True
        self.note("thinks", thinks)
        self.note("token_limit", self.can.token_limit, self.why.get("token_limit", ""))
        self.add("chat", "yes", ms=round((time.monotonic() - began) * 1000))
        return True

    async def stream(self) -> None:
        """Whether it streams. An error decides nothing by itself: a server refuses streams if it does so each time, while it
        answers the same question without one."""
        self.doing = "stream"
        attempt = 0
        while True:
            attempt += 1
            try:
                pieces, streamed = await self.ask(COUNT, streaming=True)
                break
            except ProviderError as error:
                if error.cause in GIVEN_UP or error.cause in ("rate_limited", "empty"):
                    self.fail("stream", error)
                    return
                if attempt < (2 if error.cause in REFUSED else TRIES):
                    continue
                if await self.answers_whole():
                    self.can = replace(self.can, streaming=False)
                    self.note("streaming", False, f"{attempt} times while streaming, and answered without: {error}")
                    self.add("stream", "no", error.cause, str(error))
                else:
                    self.fail("stream", error)
                return
        self.streamed = streamed
        self.note("streaming", True)
        # A quick server's pieces arrive together: then what it calls its answer decides.
        if pieces > 1 or await self.is_event_stream():
            self.add("stream", "yes", ms=streamed.first_token_ms)
        else:
            self.add("stream", "unknown", detail="The answer came in one piece.", ms=streamed.first_token_ms)

    async def answers_whole(self) -> bool:
        """Whether it answers the question of `stream` when it need not stream."""
        try:
            await self.ask(COUNT, streaming=False)
        except ProviderError as error:
            return _still_thinking(error)
        return True

    async def tools(self) -> None:
        """Whether it calls a tool; while streaming; with the assistants' own on offer; and two at once."""
        whole = await self.called("tools", ONE_CALL, streaming=False)
        if whole is None:
            return
        if whole:
            self.note("tools", True)
        if not self.can.streaming:
            self.add("tools_streaming", "no", detail="It does not stream.")
        else:
            streaming = await self.called("tools_streaming", ONE_CALL, streaming=True)
            if streaming is not None and whole and not streaming:
                # Known of servers that drop the call when they stream: then a turn with tools is not streamed.
                self.note("tools_streaming", False, "twice answered in words while streaming, and called without")
                self.can = replace(self.can, tools_streaming=False)
            elif streaming:
                self.note("tools", True)
                self.note("tools_streaming", True)
        if self.own_tools and self.can.tools:
            await self.with_own_tools()
        if self.measured.get("tools"):
            both = await self.called(
                "parallel_calls", TWO_CALLS, streaming=self.measured.get("tools_streaming", False), wanted=2
            )
            if both is not None:
                self.note("parallel_calls", both)

    async def called(self, name: str, messages: list[ChatMessage], *, streaming: bool, wanted: int = 1) -> bool | None:
        """Ask for `wanted` calls and note the outcome; None when that cannot be told. One more try: models are fickle."""
        said, failure = "", None
        self.doing = name
        for _ in range(2):
            try:
                _, completion = await self.ask(messages, streaming=streaming, tools=[COLOURS])
            except ProviderError as error:
                failure = error
                continue
            calls = [call for call in completion.calls if call.name == COLOURS.name and call.arguments]
            if len(calls) >= wanted:
                self.add(name, "yes", ms=completion.total_ms)
                return True
            said = "It called the tool once." if calls else "It answered in words."
        if failure is None:
            # Words instead of a call prove nothing about the next model, and little about this one.
            self.add(name, "no" if wanted > 1 or self.measured.get("tools") else "unknown", detail=said)
            return False
        if not said and (failure.cause == "tools_unsupported" or "tools" in (failure.details.get("lacks") or {})):
            self.note("tools", False, f"refused twice: {failure}")
            self.can = replace(self.can, tools=False)
            self.add(name, "no", "tools_unsupported", str(failure))
        elif failure.cause == "empty":
            self.add(name, "unknown", failure.cause, str(failure))
        else:
            self.fail(name, failure)
        return None

    async def with_own_tools(self) -> None:
        """Whether it takes the schemas of the tools that visitors' turns offer: servers refuse keywords that others need."""
        self.doing = "own_tools"
        for attempt in (1, 2):
            try:
                _, completion = await self.ask(OWN_TOOLS, streaming=self.can.tools_streaming, tools=self.own_tools)
                ms = completion.total_ms
            except ProviderError as error:
                if error.cause != "empty":  # which is an answer: the tools were taken, and that is the question
                    if attempt == 1 and error.cause not in GIVEN_UP:
                        continue
                    self.fail("own_tools", error)
                    return
                ms = None
            break
        for name in SCHEMA_FACTS & asdict(self.can).keys():
            # Also where nothing was refused: it puts right what use may have learnt from one bad answer.
            self.note(name, getattr(self.can, name), self.why.get(name, ""))
        self.add("own_tools", "yes", detail=f"{len(self.own_tools)} tools.", ms=ms)

    async def usage(self) -> None:
        if self.streamed is None:
            return
        self.doing = "usage"
        counted = self.streamed.usage.exact
        self.note("usage_in_stream", self.can.usage_in_stream, self.why.get("usage_in_stream", ""))
        self.add("usage", "yes" if counted else "no", detail="" if counted else "Tokens are estimated from the text.")

    async def voice(self) -> None:
        self.doing = "realtime"
        can, reason = realtime.available(self.provider, azure=self.realtime_azure)
        if not can:
            self.note("realtime", False)
            self.add("realtime", "no", detail=reason)
            return
        try:
            await realtime.session_key(self.provider, instructions="Say nothing.", azure=self.realtime_azure)
        except realtime.Refused as error:
            self.add("realtime", "failed", error.cause, str(error))
            return
        self.note("realtime", True)
        self.add("realtime", "yes")

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
        raise ProviderBadResponse("The stream ended without its end.")

    def learn(self, facts: Mapping[str, Any], why: str) -> bool:
        """Ask differently from now on; False where that would change nothing."""
        taught = Capabilities.of({**asdict(self.can), **facts})
        if taught == self.can:
            return False
        self.can = taught
        for name, value in facts.items():
            self.note(name, value, why)
        return True

    async def is_event_stream(self) -> bool:
        """What it calls its answer, which is not read."""
        try:
            async with outbound.stream(
                "POST",
                self.provider.endpoint("chat/completions", self.model),
                reach=self.provider.reach,
                headers={**self.provider.request_headers(), "Content-Type": "application/json"},
                content=completions.body(self.request(COUNT, streaming=True)),
                read_seconds=self.request_seconds,
            ) as answer:
                return answer.headers.get("content-type", "").startswith("text/event-stream")
        except OutboundError:
            return False

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

    def fail(self, name: str, error: ProviderError) -> None:
        self.add(name, "failed", _cause(error, error.__cause__), str(error))

    def _remedy(self, cause: str) -> str:
        remedy = REMEDIES.get(cause, "")
        if cause == "model_not_found":
            local = " `ollama list` shows what is there." if self.provider.preset == "ollama" else ""
            return f"{remedy}{self._nearest(prefix=' Nearest')}{local}"
        if cause in ("unauthorized", "forbidden"):
            row = PRESETS.get(self.provider.preset)
            return f"{remedy} Keys: {row.key_from}" if row and row.key_from else remedy
        if cause in ("refused", "timeout", "dns") and presets.is_local(self.provider.base_url):
            return f"{remedy} Try: curl {shlex.quote(self.provider.endpoint('models'))}"
        return remedy

    def _nearest(self, prefix: str = "; nearest") -> str:
        near = difflib.get_close_matches(self.model, self.models, n=3, cutoff=0.5)
        return f"{prefix}: {', '.join(near)}" if near else ""

    def _inside_deployment(self) -> bool:
        return bool(self.provider.api_version)  # Azure lists models, and is asked by deployment


def listed(body: bytes) -> tuple[tuple[str, ...], dict[str, str]]:
    """The ids in an answer of `/models`, as they come, and the shutdown dates among them. Raises `ProviderBadResponse`."""
    document = _json(body)
    if isinstance(document, dict):
        document = document.get("data", document.get("models"))
    if not isinstance(document, list):
        raise ProviderBadResponse("The list of models is not JSON of a known shape.")
    names, shutdowns = [], {}
    for item in document[:MAX_MODELS]:
        name = item if isinstance(item, str) else next(
            (item[key] for key in ("id", "name", "model") if isinstance(item, dict) and isinstance(item.get(key), str)), ""
        )  # fmt: skip
        if name and name.isprintable():
            names.append(name)
            if isinstance(item, dict) and isinstance(item.get("shutdown_date"), str):
                shutdowns[name] = item["shutdown_date"]
    return tuple(dict.fromkeys(names)), shutdowns


def _cause(error: ProviderError, behind: BaseException | None) -> str:
    return "address_refused" if isinstance(behind, AddressRefused) else error.cause


def _still_thinking(error: ProviderError) -> bool:
    """Whether the model said nothing because its thinking used up what we allow: it works, given more."""
    return error.cause == "empty" and not error.retryable


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
