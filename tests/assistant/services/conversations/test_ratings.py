"""What visitors think of a conversation, and how it is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assistant.errors import InputError
from assistant.models import Conversation
from assistant.services.conversations import ratings
from tests import make

pytestmark = pytest.mark.django_db


def test_a_rating_can_be_changed_and_is_kept_once() -> None:
    conversation = make.conversation()
    ratings.rate_conversation(conversation, 2, "  Slow\x07 today.\n ")
    ratings.rate_conversation(conversation, 4, "")
    row = Conversation.objects.get(pk=conversation.pk)
    assert (row.rating, row.rating_comment) == (4, "") and row.rated_at is not None


def test_a_comment_keeps_its_lines_and_loses_what_cannot_be_seen() -> None:
    conversation = make.conversation()
    ratings.rate_conversation(conversation, 5, " Thanks!\nSee you\x07 soon. ")
    assert Conversation.objects.get(pk=conversation.pk).rating_comment == "Thanks!\nSee you soon."


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_from_one_to_five(score: int) -> None:
    conversation = make.conversation()
    with pytest.raises(InputError):
        ratings.rate_conversation(conversation, score)
    assert Conversation.objects.get(pk=conversation.pk).rating is None


def test_ratings_are_counted_by_assistant_within_what_may_be_seen() -> None:
    mine, theirs = make.assistant(), make.assistant(make.organization("Other"), name="Zoe")
    for score in (5, 5, 2):
        ratings.rate_conversation(make.conversation(mine), score)
    ratings.rate_conversation(make.conversation(theirs), 1)
    make.conversation(mine)  # was not rated
    since = timezone.now() - timedelta(days=1)
    [one] = ratings.summaries([mine.organization_id], since)
    assert (one.of, one.count, one.mean, one.scores) == ("Mia", 3, 4.0, (2, 0, 0, 1, 0))
    assert [row.of for row in ratings.summaries(None, since)] == ["Mia", "Zoe"]
    assert ratings.summaries(None, timezone.now() + timedelta(days=1)) == []
