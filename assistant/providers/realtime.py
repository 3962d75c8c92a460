"""Voice: whether it is available, and short-lived session keys for it.

    provider, reason = realtime.choose(providers, azure=configuration.realtime_azure)
        # the first provider that can speak, or None and the sentence that says why not; sends nothing
    key = await realtime.session_key(provider, instructions="…", tools=executor.specs(), voice="sage")
        # key.value is for `connect` alone, within `SECRET_SECONDS`: no browser, log, cache or row has it
    except realtime.Refused as error: JsonResponse(error.body, status=error.status)

    connected = await realtime.connect(provider, key.value, sdp)  # the browser's offer: the answer, and the call's id
    await realtime.hang_up(provider, connected.call)

Instructions and tools are fixed by the key; the browser only relays calls. The offer is posted from here, because only the
answer to it names the call: a browser that posted it itself could keep the id, and nobody could hang up.

Voice is OpenAI's, by the parsed hostname and over https, or Azure's where the operator has set AI_REALTIME_AZURE. To any
other address nothing is sent at all.
Source: https://platform.openai.com/docs/api-reference/realtime-sessions/create-realtime-client-secret
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from assistant import outbound
from assistant.errors import OutboundError, ProviderError
from assistant.llm import ToolSpec
from assistant.models.organizations.assistant import VOICES
from assistant.providers import presets
from assistant.providers.completions import classified, from_outbound
from assistant.providers.configuration import ProviderSettings

log = logging.getLogger(__name__)

NOT_AVAILABLE = "Realtime sessions not available"
SECRET_SECONDS = 10  # the shortest that OpenAI grants; a secret opens as many sessions as one likes until then
CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,120}")  # it becomes a part of an address
DEADLINE_SECONDS = 10.0
NO_PROVIDER = f"{NOT_AVAILABLE}: no provider is set up for voice."
TRANSCRIPTION_MODEL = "whisper-1"
MAX_OUTPUT_TOKENS = 1024


class Refused(ProviderError):
    """No session key: `status` and `body` are the answer to the browser, without the provider's own words."""

    code = "realtime_not_available"

    def __init__(self, status: int, error: str, message: str, **details: Any) -> None:
        super().__init__(message, status=status, **details)
        self.body = {"error": error, "message": message, "code": self.code}


@dataclass(frozen=True)
class SessionKey:
    """A secret for one call, valid for a few seconds."""

    value: str = field(repr=False)
    expires_at: int  # seconds since 1970, by the provider's clock
    model: str


@dataclass(frozen=True)
class VoiceConnection:
    """What a browser needs to talk, and what the server needs to end that."""

    sdp: str  # the provider's answer
    call: str  # its id for the call


def available(provider: ProviderSettings, *, azure: bool = False) -> tuple[bool, str]:
    """Whether `provider` offers voice, and if not, why: a sentence that may be shown. Sends nothing."""
    if presets.is_azure(provider.base_url):
        if not azure:
            return False, f"{NOT_AVAILABLE}: voice through Azure OpenAI is off."
    elif not presets.is_openai(provider.base_url):
        return False, f"{NOT_AVAILABLE} with this provider. Text chat works as usual."
    if urlsplit(provider.base_url).scheme != "https":
        return False, f"{NOT_AVAILABLE} without https."
    if not provider.key or not provider.enabled:
        return False, f"{NOT_AVAILABLE}: the provider is not set up."
    if not provider.realtime:
        return False, f"{NOT_AVAILABLE}: no voice model is set (AI_REALTIME_MODEL)."
    return True, ""


def choose(providers: Iterable[ProviderSettings], *, azure: bool = False) -> tuple[ProviderSettings | None, str]:
    """The first of `providers` that offers voice; otherwise None and the first one's reason."""
    first = ""
    for provider in providers:
        can, reason = available(provider, azure=azure)
        if can:
            return provider, ""
        first = first or reason
    return None, first or NO_PROVIDER


async def session_key(
    provider: ProviderSettings | None,
    *,
    instructions: str,
    tools: Iterable[ToolSpec] = (),
    voice: str = "sage",
    azure: bool = False,
) -> SessionKey:
    """A fresh secret for one session of `provider`. Raises `Refused`."""
    can, reason = available(provider, azure=azure) if provider else (False, NO_PROVIDER)
    if not can or provider is None:
        log.info(NOT_AVAILABLE)  # expected with most providers, hence no warning
        raise Refused(503, "Realtime not available", reason)
    try:
        answer = await _post(provider, "client_secrets", orjson.dumps(_wish(provider.realtime, instructions, tools, voice)))
    except OutboundError as error:
        raise _refused(from_outbound(error, answered=False), provider) from None
    said = _json(answer.body)
    if answer.status not in (200, 201):
        raise _refused(classified(answer.status, said, answer.headers, key=provider.key), provider)
    value, expires_at = said.get("value"), said.get("expires_at")
    if not isinstance(value, str) or not value or not isinstance(expires_at, int):
        raise _refused(ProviderError("The answer contains no key.", cause="bad_response"), provider)
    return SessionKey(value, expires_at, provider.realtime)


async def connect(provider: ProviderSettings, value: str, sdp: str) -> VoiceConnection:
    """Begin a call with the key `value` and a browser's offer. Raises `Refused`, also where the answer names no call: nobody
    can talk without that answer, so there is no call that cannot be hung up.

    Source: https://platform.openai.com/docs/api-reference/realtime/create-call
    """
    headers = {"Authorization": f"Bearer {value}", "Content-Type": "application/sdp"}
    try:
        answer = await _send(provider, "calls", sdp.encode(), headers)
    except OutboundError as error:
        raise _refused(from_outbound(error, answered=False), provider) from None
    if answer.status not in (200, 201):
        raise _refused(classified(answer.status, _json(answer.body), answer.headers, key=value), provider)
    call = urlsplit(answer.headers.get("Location", "")).path.rpartition("/")[2]
    if not CALL_ID.fullmatch(call) or not answer.body.startswith(b"v="):
        raise _refused(ProviderError("The provider did not answer with a call.", cause="bad_response"), provider)
    return VoiceConnection(answer.body.decode(errors="replace"), call)


async def hang_up(provider: ProviderSettings, call: str) -> bool:
    """End a call; `call` is the provider's id for it, of letters, digits, - and _. Returns whether it is over: also one
    that has ended by itself, or that the provider does not know.

    Source: https://platform.openai.com/docs/api-reference/realtime-calls/hangup-call
    """
    try:
        answer = await _post(provider, f"calls/{call}/hangup", b"{}")
    except OutboundError as error:
        log.warning("A call at provider %s was not hung up: %s", provider.name, error.code)
        return False
    if answer.status < 300 or answer.status in (404, 409, 410):
        return True
    log.warning("A call at provider %s was not hung up: status %s", provider.name, answer.status)
    return False


async def _post(provider: ProviderSettings, path: str, content: bytes) -> outbound.Response:
    return await _send(provider, path, content, {**provider.request_headers(), "Content-Type": "application/json"})


async def _send(provider: ProviderSettings, path: str, content: bytes, headers: dict[str, str]) -> outbound.Response:
    return await outbound.fetch(
        "POST",
        f"{_root(provider)}/realtime/{path}",
        reach=provider.reach,
        headers=headers,
        content=content,
        deadline_seconds=DEADLINE_SECONDS,
    )


def _root(provider: ProviderSettings) -> str:
    parts = urlsplit(provider.base_url)
    return f"{parts.scheme}://{parts.netloc}" + ("/openai/v1" if presets.is_azure(provider.base_url) else "/v1")


def _wish(model: str, instructions: str, tools: Iterable[ToolSpec], voice: str) -> dict[str, Any]:
    return {
        "expires_after": {"anchor": "created_at", "seconds": SECRET_SECONDS},
        "session": {
            "type": "realtime",
            "model": model,
            "instructions": instructions,
            "output_modalities": ["audio"],
            "audio": {
                "input": {"transcription": {"model": TRANSCRIPTION_MODEL}, "turn_detection": {"type": "server_vad"}},
                "output": {"voice": voice if voice in VOICES else VOICES[0]},
            },
            "tools": [
                {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
                for tool in tools
            ],
            "tool_choice": "auto",
            "max_output_tokens": MAX_OUTPUT_TOKENS,
        },
    }


def _refused(error: ProviderError, provider: ProviderSettings) -> Refused:
    """Our answer to a failure of the provider. The log has its cause and status, never its words."""
    log.warning("No voice session from provider %s: %s (%s)", provider.name, error.cause, error.status)
    details = {"cause": error.cause}
    if error.cause == "timeout":
        return Refused(504, "Gateway timeout", "AI API request timed out", **details)
    if error.cause == "model_not_found":
        return Refused(
            503,
            "Realtime not available",
            f"{NOT_AVAILABLE}: the provider does not know the voice model. Set AI_REALTIME_MODEL to a current one.",
            **details,
        )
    if error.cause in ("unauthorized", "forbidden", "bad_request", "bad_response", "cut_off", "server_error"):
        return Refused(502, "Bad gateway", f"{NOT_AVAILABLE}: the provider did not grant a session.", **details)
    return Refused(503, "Realtime not available", f"{NOT_AVAILABLE} just now. Text chat works as usual.", **details)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
