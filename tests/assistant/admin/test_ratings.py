"""Ratings of conversations, as staff see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assistant.services.conversations import ratings
from assistant.services.conversations.messages import post_message
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


def test_a_rating_is_on_the_page_in_the_list_and_in_the_statistics(admin_client: Client) -> None:
    conversation = make.conversation(title="Opening hours")
    make.conversation(conversation.assistant, title="Not rated")
    ratings.rate_conversation(conversation, 2, "Nobody <i>answered</i>")
    page = admin_client.get(reverse("admin:assistant_conversation_change", args=[conversation.pk])).content.decode()
    assert "2 of 5" in page and "Nobody &lt;i&gt;answered&lt;/i&gt;" in page
    changelist = reverse("admin:assistant_conversation_changelist")
    listed = admin_client.get(changelist, {"happened": "bad"}).content.decode()
    assert "2 of 5" in listed and "Opening hours" in listed and "Not rated" not in listed
    assert "Opening hours" not in admin_client.get(changelist, {"happened": "good"}).content.decode()
    statistics = admin_client.get("/admin/assistant/usage/statistics/").content.decode()
    assert "Ratings of conversations" in statistics and "Mia" in statistics


@pytest.mark.parametrize(("happened", "found"), [("middling", {"three"}), ("commented", {"three", "five"})])
def test_conversations_are_found_by_what_visitors_thought_of_them(
    admin_client: Client, happened: str, found: set[str]
) -> None:
    assistant = make.assistant()
    for score, title, comment in ((1, "one", ""), (3, "three", "So so."), (5, "five", "Great.")):
        ratings.rate_conversation(make.conversation(assistant, title=title), score, comment)
    make.conversation(assistant, title="unrated")
    listed = admin_client.get(reverse("admin:assistant_conversation_changelist"), {"happened": happened})
    assert {row.title for row in listed.context["cl"].queryset} == found


def test_the_inbox_shows_the_rating_and_its_comment_beside_the_conversation(admin_client: Client) -> None:
    talk = make.conversation()
    post_message(talk, "c-1", "Hello")
    address = f"/admin/assistant/conversation/inbox/{talk.pk}/"
    assert admin_client.get(address).json()["rating"] is None
    ratings.rate_conversation(talk, 2, "Nobody <i>answered</i>")
    shown = admin_client.get(address).json()["rating"]
    assert (shown["score"], shown["comment"]) == (2, "Nobody <i>answered</i>") and shown["at"]
