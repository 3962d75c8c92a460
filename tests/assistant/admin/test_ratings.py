"""Ratings of conversations, as staff see them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assistant.services.conversations import ratings
from tests import make

pytestmark = pytest.mark.django_db


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
