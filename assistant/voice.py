"""Voice: whether an assistant can speak, how a call of a visitor's browser begins, and what is said in it."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from celery import shared_task
from django.db.models.signals import pre_delete
from django.utils import timezone

from assistant import outbound, secrets
from assistant.async_db import fresh_connections, in_db
from assistant.engine import claims
from assistant.engine.evidence import Evidence
from assistant.engine.prompt import build_scene, instructions
from assistant.errors import InputError, NotAllowed
from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Assistant, Conversation, Message, VoiceCall
from assistant.providers import embeddings, realtime, retirements, router
from assistant.providers.configuration import ProviderSettings
from assistant.providers.router import Candidate
from assistant.sentences import sentence
from assistant.services.conversations import hang_ups, removed_calls, voice_calls
from assistant.services.providers import budgets
from assistant.tools.executor import Executor
from assistant.tools.receipts import effects_so_far
from assistant.tools.tool import tools_for

log = logging.getLogger(__name__)

SWITCHED_OFF = f"{realtime.NOT_AVAILABLE}: voice calls are switched off for this assistant."
MAX_SDP_CHARS = 12_000  # an offer of a browser has two to five thousand
WORDS_BEFORE = 12  # messages of the conversation that a call begins with
SPOKEN_RULES = """# You are on a voice call
- You are heard, not read: speak naturally, in one or two short sentences, without lists, Markdown, links or ids.
- Cards that tools show (times, confirmations, receipts) are on the visitor's screen: refer to them instead of reading them \
out, and ask the visitor to press the button where a card waits for them.
- Spell out names and addresses that you have heard, to check them."""
CORRECTION = (
    "What you have just said is not true: no tool's result says that anything was booked, sent or changed. Tell the visitor "
    "now, in one sentence, that it has not been done yet. Call the tool if it is to be done."
)


def _speaker(assistant: Assistant) -> tuple[Candidate | None, str]:
    """The first candidate that can speak for `assistant`, or None and the sentence that says why nobody does."""
    if not assistant.voice:
        return None, SWITCHED_OFF
    candidates = [one for group in router.candidates(assistant) for one in group]
    provider, reason = realtime.choose((one.provider for one in candidates), azure=router.platform().realtime_azure)
    if provider is None:
        return None, reason
    ended = [one for one in retirements.due(provider, [provider.realtime]) if one.days < 0]
    if ended:
        return None, f"{realtime.NOT_AVAILABLE}: {ended[0]} Set AI_REALTIME_MODEL or the provider's voice model."
    return next(one for one in candidates if one.provider is provider), ""


def offered(assistant: Assistant) -> tuple[ProviderSettings | None, str]:
    """The provider that would speak for `assistant`, or None and the sentence that says why nobody does."""
    speaker, reason = _speaker(assistant)
    return (speaker.provider if speaker else None), reason


async def refuse_unless_offered(assistant: Assistant) -> None:
    """Raises `NotAllowed` where `session_key` would give no key: without a voice session there are no calls to pass on."""
    provider, reason = await in_db(offered)(assistant)
    if provider is None:
        raise NotAllowed(reason)


async def run_call(conversation: Conversation, call: ToolCallRequest) -> ToolResult:
    """Run a tool call that the visitor's browser passes on from a voice session: once per id, through the same executor."""
    executor = await Executor.for_conversation(conversation, embed=embeddings.of_query)
    return await executor.execute_relayed(call)


@dataclass(frozen=True)
class Session:
    """A key, and the call that may be made with it: by `start` alone, since the provider's key is sealed for that call."""

    value: str
    expires_at: int  # seconds since 1970, by the provider's clock
    model: str
    call: UUID
    seconds: int

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "call": str(self.call)}


async def session_key(conversation: Conversation) -> Session:
    """A key for one voice call of this visitor; what it may say and do is fixed here, and what it may use is reserved.

    Raises `realtime.Refused`, and `BudgetExceeded` where a reply in writing would be refused as well.
    """
    assistant = conversation.assistant
    await in_db(budgets.refuse_if_spent)(budgets.Requester(assistant, "voice", conversation))
    speaker, reason = await in_db(_speaker)(assistant)
    if speaker is None:
        raise realtime.Refused(503, "Realtime not available", reason)
    executor = await Executor.for_conversation(conversation)
    scene = await in_db(build_scene)(conversation, now=timezone.now(), can_act=bool(executor.tools))
    before = await in_db(voice_calls.last_words)(conversation, WORDS_BEFORE)
    call = await in_db(voice_calls.offer)(conversation, _as_speaker(speaker))
    try:
        key = await realtime.session_key(
            speaker.provider,
            instructions="\n\n".join(filter(None, (instructions(scene), SPOKEN_RULES, _so_far(before)))),
            tools=executor.specs(),
            voice=assistant.voice_name,
            azure=router.platform().realtime_azure,
        )
    except BaseException:
        await in_db(voice_calls.withdraw)(call)
        raise
    return Session(sealed(key.value, call), key.expires_at, key.model, call.pk, call.seconds)


def sealed(key: str, call: VoiceCall) -> str:
    """The provider's `key` as the browser gets it: `start` alone can use it, for this call."""
    return secrets.seal(key, *_bound_to(call))


def _bound_to(call: VoiceCall) -> tuple[object, ...]:
    return ("VoiceCall", "key", call.organization_id, call.pk)


async def start(conversation: Conversation, call_id: UUID, value: str, sdp: str) -> str:
    """Begin the call with the browser's offer `sdp` and the `value` of its session; returns the provider's answer.

    The call's id is saved before anybody has that answer. Raises `InputError`, `Conflict` and `realtime.Refused`.
    """
    if not sdp.startswith("v=") or len(sdp) > MAX_SDP_CHARS:
        raise InputError("sdp is the browser's offer.")
    call = await in_db(voice_calls.call_of)(conversation, call_id)
    try:
        key = secrets.unseal(value, *_bound_to(call))
    except secrets.SecretUnreadable:
        key = ""
    if not key:  # also what was unsealed from nothing
        raise InputError("key is the value of the session key for this call.")
    call = await in_db(voice_calls.claim_start)(conversation, call_id)
    try:
        provider = await in_db(_provider_of)(call)
        if provider is None:
            raise realtime.Refused(503, "Realtime not available", realtime.NO_PROVIDER)
        connected = await realtime.connect(provider, key, sdp)
    except BaseException:
        await in_db(voice_calls.not_connected)(call)
        raise
    try:
        await in_db(voice_calls.connected)(call, connected.call)
    except voice_calls.CallRemoved:
        if not await realtime.hang_up(provider, connected.call):
            await in_db(hang_ups.keep)(_for_later(provider, connected.call))
        raise
    return connected.sdp


def _as_speaker(one: Candidate) -> voice_calls.Speaker:
    return voice_calls.Speaker(one.provider.realtime, one.health_key, one.provider.name, one.source, one.row_id)


def _so_far(words: list[tuple[str, str]]) -> str:
    """The conversation before the call: a realtime session knows nothing of it otherwise."""
    lines = [
        f"{'Visitor' if role == Message.Role.VISITOR else 'You'}: {' '.join(text.split())[:400]}" for role, text in words
    ]
    return "# What was said before this call\n" + "\n".join(lines) if lines else ""


async def add_line(conversation: Conversation, call: UUID, line: str, role: str, text: str, *, stopped: bool = False) -> str:
    """Save what was said in a call; returns what the model is to be told of it, or "".

    Nobody can withhold what has been heard. A claim that the ledger does not back is corrected on the screen, and aloud.
    """
    new = await in_db(voice_calls.add_line)(conversation, call, line, role, text, stopped=stopped)
    if not new or role != Message.Role.ASSISTANT:
        return ""
    return CORRECTION if await in_db(_correct)(conversation, text) else ""


def _correct(conversation: Conversation, text: str) -> bool:
    effects = effects_so_far(conversation, tools_for(conversation))
    evidence = Evidence(effects.acts, effects.receipts, voice_calls.words_of_visitor(conversation))
    if not claims.judge(text, evidence).unbacked - {"reference"}:
        return False
    log.warning("conversation %s: a voice model claimed what the ledger does not hold", conversation.pk)
    voice_calls.say_not_done(conversation, sentence("not_done", conversation.locale))
    return True


@shared_task(name=voice_calls.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def hang_up(call_id: str) -> None:
    """Have the provider end a call that is over for us, if that is due and nobody else is at it."""
    call = voice_calls.claim_hang_up(call_id)
    if call is None:
        return
    provider = _provider_of(call)
    if provider is None:
        log.warning("voice call %s: its provider is no longer set up, so nobody can hang up", call.pk)
        return
    if async_to_sync(realtime.hang_up)(provider, call.provider_call):
        voice_calls.hung_up(call)


@shared_task(name=removed_calls.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def hang_up_removed(removal_id: str) -> None:
    """Have the provider end the calls of a visitor who was erased, if that is due and nobody else is at it."""
    for call in removed_calls.claim(removal_id):
        assistant = Assistant.objects.select_related("organization").filter(pk=call.assistant).first()
        provider = _provider(assistant, call.health_key) if assistant else None
        if provider is None:
            log.warning("removal %s: the provider of a voice call is no longer set up, so nobody can hang up", removal_id)
        if provider is None or async_to_sync(realtime.hang_up)(provider, call.provider_call):
            removed_calls.hung_up(removal_id, call)


@shared_task(name=hang_ups.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def hang_up_deleted(hang_up_id: str) -> None:
    """Have the provider end a call that was deleted with what it belonged to, if that is due and nobody else is at it."""
    try:
        kept = hang_ups.claim(hang_up_id)
    except secrets.SecretUnreadable:
        log.warning("hang-up %s: what it takes does not open any more, so nobody can hang up", hang_up_id)
        hang_ups.done(hang_up_id)
        return
    if kept and async_to_sync(realtime.hang_up)(_from_later(kept["provider"]), kept["call"]):
        hang_ups.done(hang_up_id)


def watch() -> None:
    """Have calls hung up whose rows are deleted, whatever deletes them: an organization, an assistant, a conversation."""
    pre_delete.connect(_deleted, sender=VoiceCall, dispatch_uid="voice-call")


def _deleted(instance: VoiceCall, **_: Any) -> None:
    """In the transaction that deletes the row, while its provider's is still there."""
    if not hang_ups.is_due(instance):
        return
    provider = _provider_of(instance)
    if provider is None:
        log.warning("voice call %s: its provider is no longer set up, so nobody can hang up", instance.pk)
    else:
        hang_ups.keep(_for_later(provider, instance.provider_call))


def _for_later(provider: ProviderSettings, call: str) -> dict[str, Any]:
    """What `realtime.hang_up` takes, as JSON, with the key: to be sealed."""
    kept = ("name", "base_url", "key", "auth", "headers", "reach")
    return {"call": call, "provider": {name: getattr(provider, name) for name in kept}}


def _from_later(kept: dict[str, Any]) -> ProviderSettings:
    headers = tuple((name, value) for name, value in kept["headers"])
    return ProviderSettings(**{**kept, "headers": headers, "reach": outbound.Reach(kept["reach"])})


def _provider_of(call: VoiceCall) -> ProviderSettings | None:
    return _provider(call.conversation.assistant, call.health_key)


def _provider(assistant: Assistant, health_key: str) -> ProviderSettings | None:
    candidates = (one for group in router.candidates(assistant) for one in group)
    return next((one.provider for one in candidates if one.health_key == health_key), None)
