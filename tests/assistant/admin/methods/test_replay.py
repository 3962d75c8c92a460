"""The button that has a conversation answered again, and the page of differences."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from assistant.admin.methods.replay import MAX_WORDS, Piece, difference
from assistant.models import Conversation, Organization, Replay
from tests.assistant.admin.filled import fill, member


@pytest.fixture
def home(db: None) -> Organization:
    return fill("home", "Aardvark")


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def button(talk: Conversation) -> str:
    return f"/admin/assistant/replay/of/{talk.pk}/"


def test_an_editor_starts_a_replay_from_the_conversation(home: Organization) -> None:
    client = entered(member(home, "editor"))
    talk = Conversation.objects.get()
    assert button(talk) in client.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()
    response = client.post(button(talk))
    replay = Replay.objects.get(state="queued")
    assert response.url == f"/admin/assistant/replay/{replay.pk}/change/"
    assert (replay.by.username, replay.conversation, replay.organization) == ("editor-home", talk, home)
    assert response.url in client.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()
    page = client.get(response.url)
    assert "Waiting" in page.content.decode() and page["Refresh"] == "3"


def test_a_viewer_reads_replays_and_starts_none(home: Organization) -> None:
    client = entered(member(home, "viewer"))
    talk, replay = Conversation.objects.get(), Replay.objects.get()
    assert client.post(button(talk)).status_code == 403
    assert button(talk) not in client.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()
    page = client.get(f"/admin/assistant/replay/{replay.pk}/change/")
    assert page.status_code == 200 and button(talk) not in page.content.decode() and "Refresh" not in page
    assert Replay.objects.count() == 1


def test_another_organizations_conversation_is_not_found(home: Organization) -> None:
    client = entered(member(fill("other", "Zebra"), "owner"))
    talk = Conversation.objects.get(organization=home)
    assert client.post(button(talk)).status_code == 404
    assert not Replay.objects.filter(organization=home, state="queued").exists()


def test_a_replay_is_started_by_post_only(home: Organization) -> None:
    client = entered(member(home, "editor"))
    assert client.get(button(Conversation.objects.get())).status_code == 405
    assert Replay.objects.count() == 1


def test_both_replies_stand_side_by_side_with_what_differs_marked(home: Organization) -> None:
    replay = Replay.objects.get()
    replay.results[0] |= {"text": "Aardvark says <b>yes</b>", "caught": ["It is booked."], "problem": ""}
    replay.save()
    body = entered(member(home, "viewer")).get(f"/admin/assistant/replay/{replay.pk}/change/").content.decode()
    assert "Aardvark<ins> says &lt;b&gt;yes&lt;/b&gt;</ins>" in body
    assert "<q>It is booked.</q>" in body and "dry" in body and "order_status" in body


def test_words_are_compared_and_not_letters() -> None:
    assert difference("We open at nine.", "We open at ten.") == (
        [Piece("same", "We open at "), Piece("gone", "nine"), Piece("same", ".")],
        [Piece("same", "We open at "), Piece("new", "ten"), Piece("same", ".")],
    )


def test_changes_separated_only_by_a_space_are_merged() -> None:
    assert difference("a red car", "a blue bus") == (
        [Piece("same", "a "), Piece("gone", "red car")],
        [Piece("same", "a "), Piece("new", "blue bus")],
    )


@given(st.text(alphabet="ab .\n", max_size=60), st.text(alphabet="ab .\n", max_size=60))
def test_the_marked_pieces_add_up_to_the_two_texts(old: str, new: str) -> None:
    gone, came = difference(old, new)
    assert ("".join(piece.text for piece in gone), "".join(piece.text for piece in came)) == (old, new)
    assert not any(piece.kind == "new" for piece in gone) and not any(piece.kind == "gone" for piece in came)


def test_a_very_long_reply_is_shown_whole_without_a_comparison() -> None:
    old, new = "a " * MAX_WORDS, "b " * MAX_WORDS
    assert difference(old, new) == ([Piece("gone", old)], [Piece("new", new)])
