"""Context of a turn: everything its model is given to read, from the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.utils import timezone

from assistant import llm
from assistant.engine.prompt import Scene, build_scene, instructions
from assistant.models import ToolCall, Turn
from assistant.providers import router
from assistant.services.conversations.history import Earlier, as_rounds, build_history, estimated_tokens
from assistant.services.organizations import answer_cache


@dataclass(frozen=True)
class Context:
    """What the model reads: `system` says who it is, `history` is the conversation up to the message it answers, `calls`
    are those that this message has already led to, with their results, and `sources` the documents they found. `from_round`
    is the last round that an earlier runner of this turn finished; `key` is the answer's key in the cache, or empty."""

    system: str
    history: list[llm.ChatMessage]
    calls: list[llm.ChatMessage]
    sources: tuple[llm.Source, ...]
    from_round: int
    key: str


def build_context(
    turn: Turn,
    tools: list[llm.ToolSpec],
    too_long: list[llm.ChatMessage] | None = None,
    *,
    earlier: Earlier | None = None,
) -> Context:
    """`too_long` is a history that exceeded the model's context window: this one has half its length. `earlier` as
    `build_history` has it."""
    conversation = turn.conversation
    assistant = conversation.assistant
    scene = build_scene(conversation, now=timezone.now(), can_act=bool(tools), message=turn.message)
    most, tokens = assistant.history_messages, assistant.history_tokens
    if too_long:
        most, tokens = len(too_long) // 2, estimated_tokens(too_long) // 2
    history = build_history(turn, most, tokens, earlier=earlier)
    # An attempt that failed, or a runner that died, may have acted: it must not be done twice.
    rows = _done_for(turn) if turn.may_have_calls else []
    from_round = max((row.round for row in rows if row.turn_id == turn.pk), default=0)
    key = "" if rows or turn.opening_call_id else _answer_key(turn, scene, tools)
    sources = tuple(llm.Source(**source) for row in rows for source in row.sources)
    return Context(instructions(scene), history, as_rounds(rows), sources, from_round, key)


def _done_for(turn: Turn) -> list[ToolCall]:
    """The calls with a result that this turn's message has set off, in this turn and in those that failed before it."""
    done = ToolCall.objects.filter(turn__message=turn.message_id, state__in=ToolCall.ENDED)
    if turn.opening_call_id:
        done = done.exclude(pk=turn.opening_call_id)
    return list(done.order_by("turn__created_at", "round", "ordinal"))


def _answer_key(turn: Turn, scene: Scene, tools: list[llm.ToolSpec]) -> str:
    """What the answer to a conversation's first message is kept under; empty where staff do not want that."""
    conversation = turn.conversation
    if not conversation.assistant.reuse_answers_hours or turn.message.files:
        return ""
    if conversation.messages.filter(seq__lt=turn.message.seq).exists():
        return ""
    today = scene.now.astimezone(ZoneInfo(scene.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    models = [str(one) for group in router.candidates(conversation.assistant) for one in group]
    given = replace(scene, now=today), tools, models, conversation.locale
    return answer_cache.key(given, turn.message.text)
