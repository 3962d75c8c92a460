"""Searching what the organization has told its assistant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from assistant.chat import Source
from assistant.models import Conversation, Method
from assistant.services import knowledge
from assistant.tools.toolbox import ConversationToolbox
from tests import make

from .acts import call

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db
TEXT = """# Opening hours
Monday to Friday from nine to six.

# Parking
You can park behind the house. Two places are for wheelchair users.

The car park closes at eight.

# Öffnungszeiten
Montags bis freitags von neun bis achtzehn Uhr.
"""


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Where can I park my car?", "Parking"),
        ("opening hours on Monday", "Opening hours"),
        ("oeffnungszeiten freitag", "Öffnungszeiten"),
        ("Wann ist freitags offen? Öffnungszeit", "Öffnungszeiten"),
        ("wheelchair access", "Parking"),
    ],
)
def test_the_passage_that_says_most_comes_first(query: str, title: str) -> None:
    assert knowledge.ranked(knowledge.passages(TEXT), query)[0].title == title


def test_what_nothing_is_known_about_finds_nothing() -> None:
    assert knowledge.ranked(knowledge.passages(TEXT), "helicopter") == []
    assert knowledge.ranked([], "parking") == []
    assert knowledge.ranked(knowledge.passages(TEXT), "") == []


async def test_a_model_gets_passages_and_their_sources_from_its_own_assistant_only(method: Make, talk: Conversation) -> None:
    def set_up() -> None:
        talk.assistant.knowledge = TEXT
        talk.assistant.save()
        make.assistant(talk.organization, name="Sister", knowledge="# Sister\nThe parking secret of the sister.")
        make.assistant(make.organization("Other"), knowledge="# Other\nThe parking secret of others.")
        method(talk.assistant, "look_up", kind="knowledge")

    await sync_to_async(set_up)()
    toolbox = await ConversationToolbox.for_conversation(talk)
    result = await toolbox.execute(call("look_up", query="parking"), round=1, ordinal=0)
    assert result.outcome == "done" and "behind the house" in result.text and "secret" not in result.text
    assert result.sources == (Source("Parking"),) and result.achieved == frozenset()
    nothing = await toolbox.execute(call("look_up", query="helicopter"), round=1, ordinal=1)
    assert "do not know" in nothing.text and nothing.sources == ()
