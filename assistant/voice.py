"""Voice: whether an assistant can speak, and the short-lived session key for a visitor's browser."""

from __future__ import annotations

from django.utils import timezone

from assistant.async_db import in_db
from assistant.engine.prompt import build_scene, instructions
from assistant.errors import NotAllowed
from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Assistant, Conversation
from assistant.providers import embeddings, realtime, router
from assistant.providers.configuration import ProviderSettings
from assistant.services.providers import budgets
from assistant.tools.executor import Executor


def offered(assistant: Assistant) -> tuple[ProviderSettings | None, str]:
    """The provider that would speak for `assistant`, or None and the sentence that says why nobody does."""
    groups = router.candidates(assistant)
    providers = {one.health_key: one.provider for group in groups for one in group}
    return realtime.choose(providers.values(), azure=router.platform().realtime_azure)


async def refuse_unless_offered(assistant: Assistant) -> None:
    """Raises `NotAllowed` where `session_key` would give no key: without a voice session there are no calls to pass on."""
    provider, reason = await in_db(offered)(assistant)
    if provider is None:
        raise NotAllowed(reason)


async def run_call(conversation: Conversation, call: ToolCallRequest) -> ToolResult:
    """Run a tool call that the visitor's browser passes on from a voice session: once per id, through the same executor."""
    executor = await Executor.for_conversation(conversation, embed=embeddings.of_query)
    return await executor.execute_relayed(call)


async def session_key(conversation: Conversation) -> realtime.SessionKey:
    """A key for one voice session of this visitor; what it may say and do is fixed here.

    Raises `realtime.Refused`, and `BudgetExceeded` where a reply in writing would be refused as well.
    """
    assistant = conversation.assistant
    await in_db(budgets.refuse_if_spent)(budgets.Asking(assistant, "voice", conversation))
    provider, _ = await in_db(offered)(assistant)
    executor = await Executor.for_conversation(conversation)
    scene = await in_db(build_scene)(conversation, now=timezone.now(), can_act=bool(executor.tools))
    return await realtime.session_key(
        provider, instructions=instructions(scene), tools=executor.specs(), azure=router.platform().realtime_azure
    )
