"""Policy of tool calls: whether a method may be called now, and how often.

Quotas are counted from the ledger under the method's lock, so that calls at the same moment cannot overdraw them.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from assistant.models import Assistant, Conversation, Method, ToolCall
from assistant.services.raw_sql import execute

# A call that was refused, or that never left this server, uses up no quota. One that another server rejected, or did not
# answer, does: a visitor who guesses order numbers fails most of the time.
_USED = """
    SELECT COUNT(*) FROM assistant_toolcall AS used{join}
    WHERE used.method_id = %s AND used.name = %s AND used.created_at > %s AND used.id <> %s AND NOT used.dry_run
        AND (used.state NOT IN ('refused', 'failed') OR (used.state = 'failed'
        AND used.code IN ('', 'timeout', 'too_large', 'redirect', 'mcp_error', 'mcp_http', 'mcp_type')))
"""
_OF_CONVERSATION = " JOIN assistant_conversation AS conversation ON conversation.id = used.conversation_id"
_COUNTS = (
    f"SELECT ({_USED.format(join='')}), ({_USED.format(join=_OF_CONVERSATION)} AND conversation.visitor_id = %s), "
    f"({_USED.format(join=_OF_CONVERSATION)} AND conversation.network = %s AND conversation.network <> '')"
)


def why_not(row: ToolCall, method: Method, assistant: Assistant | None) -> str:
    """Check the call against the rows as they are now; "" or why not: not_offered, closed, visitor_quota, network_quota,
    daily_quota. The method stays locked until the transaction ends: calls of one method queue up here for the moment of
    counting, and a call counts once its row names the method."""
    lock = Method.objects.select_for_update(of=("self",), no_key=True)
    found = lock.filter(pk=method.pk, organization=row.organization_id)
    if assistant is not None:
        links = Assistant.methods.through.objects.filter(assistant=assistant.pk, method=OuterRef("pk"))
        open_now = Assistant.objects.filter(pk=assistant.pk, enabled=True, organization__active=True)
        found = found.annotate(linked=Exists(links), answers=Exists(open_now))
    locked = found.only("enabled", "per_day", "per_visitor_per_day", "per_network_per_day").order_by().first()
    if locked is None or not locked.enabled:
        return "not_offered"
    if assistant is None:
        return ""
    if not locked.answers:  # type: ignore[attr-defined]
        return "closed"
    if not locked.linked:  # type: ignore[attr-defined]
        return "not_offered"
    return "" if row.dry_run else _exceeded(row, locked)


def _exceeded(row: ToolCall, method: Method) -> str:
    conversation: Conversation | None = row.conversation
    one = method.pk, row.name, timezone.now() - timedelta(days=1), row.pk
    who = conversation.visitor_id if conversation else None
    [(used, by_visitor, by_network)] = execute(_COUNTS, *one, *one, who, *one, conversation.network if conversation else "")
    if conversation and by_visitor >= method.per_visitor_per_day:
        return "visitor_quota"
    if conversation and conversation.network and by_network >= method.network_share:
        return "network_quota"
    return "daily_quota" if used >= method.per_day else ""
