"""Visitors' ratings of whole conversations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count
from django.utils import timezone

from assistant.errors import InputError
from assistant.models import Conversation
from assistant.services.conversations import inbox

COMMENT_CHARS = 1000
SCORES = range(1, 6)


def rate_conversation(conversation: Conversation, score: int, comment: str = "") -> None:
    """Save what the visitor thinks of the conversation, from 1 (bad) to 5 (good), or change it. Raises `InputError`."""
    if score not in SCORES:
        raise InputError("A rating is a whole number from 1 to 5.")
    text = "".join(char for char in comment.strip() if char.isprintable() or char == "\n")[:COMMENT_CHARS]
    Conversation.objects.filter(pk=conversation.pk).update(rating=score, rating_comment=text, rated_at=timezone.now())
    inbox.publish(conversation)


@dataclass(frozen=True)
class Summary:
    """The ratings of one assistant's conversations: how many, their mean, and how many of each score, 5 first."""

    of: str  # the assistant's name
    organization: str
    count: int
    mean: float
    scores: tuple[int, ...]


def summaries(organization_ids: Collection[int] | None, since: datetime) -> list[Summary]:
    """By assistant, of the ratings given since then; None stands for all organizations."""
    rows = Conversation.objects.filter(rated_at__gte=since, rating__isnull=False)
    if organization_ids is not None:
        rows = rows.filter(organization__in=organization_ids)
    names = ("assistant__name", "organization__name")
    found = rows.order_by().values("assistant", *names).annotate(count=Count("pk"), mean=Avg("rating"))
    each = rows.order_by().values_list("assistant", "rating").annotate(Count("pk"))
    counts = {(assistant, score): count for assistant, score, count in each}
    return [
        Summary(
            row["assistant__name"],
            row["organization__name"],
            row["count"],
            row["mean"],
            tuple(counts.get((row["assistant"], score), 0) for score in reversed(SCORES)),
        )
        for row in found.order_by(*names)
    ]
