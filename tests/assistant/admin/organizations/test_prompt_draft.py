"""From a question that was not answered well to an answer that visitors get: draft, replay, publish."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from assistant.models import Assistant, Organization, PromptDraft, Question, Replay
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.knowledge import questions
from assistant.services.organizations import prompt_versions
from tests import make
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered

DRAFT = {"instructions": "Be brief.", "knowledge": "There is a lift.", "greeting": "Hello!"}


@pytest.fixture
def mia(home: Organization) -> Assistant:
    return home.assistants.get()


@pytest.fixture
def question(mia: Assistant) -> Question:
    """One that the assistant did not know an answer to."""
    talk = make.conversation(mia)
    turn = claim_turn(post_message(talk, "c-1", "Is there a lift?").turn.pk)
    finish_turn(turn, Outcome("done", "I do not know."))
    questions.note(turn.message, Question.Reason.UNSURE)
    return Question.objects.get(text="Is there a lift?")


def page_of(assistant: Assistant) -> str:
    return f"/admin/assistant/assistant/{assistant.pk}/draft/"


def sent(client: Client, assistant: Assistant, button: str, edits: int = 0, **fields: Any) -> Any:
    return client.post(page_of(assistant), {**DRAFT, "edits": edits, button: "yes", **fields})


def said(answer: Any) -> str:
    return " ".join(map(str, get_messages(answer.wsgi_request)))


def test_a_long_question_is_cut_in_the_list_and_whole_on_its_own_page(editor: Client, mia: Assistant, question: Question):
    text = "Do you " + "really" * 500
    question.message.text = question.text = text
    question.message.save()
    question.save()
    page = editor.get(page_of(mia)).content.decode()
    whole = f"/admin/assistant/question/{question.pk}/change/"
    assert text[:299] + "…" in page and text not in page and f'href="{whole}"' in page
    assert text in editor.get(whole).content.decode()


def test_a_question_is_answered_by_a_draft_that_is_tried_and_published(editor: Client, mia: Assistant, question: Question):
    first = editor.get(f"/admin/assistant/question/{question.pk}/change/").content.decode()
    assert "I do not know." in first and f"{page_of(mia)}?question={question.pk}" in first
    form = editor.get(f"{page_of(mia)}?question={question.pk}").content.decode()
    assert f'value="{question.pk}"' in form and "checked" in form

    sent(editor, mia, "try", question=question.pk)
    replay = Replay.objects.get(message=question.message)
    assert (replay.texts, replay.total) == (DRAFT, 1)
    assert "There is a lift." not in Assistant.objects.get(pk=mia.pk).knowledge
    assert f"/admin/assistant/replay/{replay.pk}/" in editor.get(page_of(mia)).content.decode()

    answer = sent(editor, mia, "publish", PromptDraft.objects.get().edits, question=question.pk)
    question.refresh_from_db()
    number = mia.prompt_versions.first().number
    assert "marked as answered: 1" in said(answer) and Assistant.objects.get(pk=mia.pk).knowledge == "There is a lift."
    assert (question.state, question.version, question.closed_by.username) == ("answered", number, "editor-home")
    assert f"Version {number} of the texts" in editor.get("/admin/assistant/question/?state=answered").content.decode()


def test_what_was_typed_stays_when_somebody_else_has_changed_the_draft(editor: Client, mia: Assistant):
    prompt_versions.save_draft(mia, {**DRAFT, "greeting": "Good day!"})
    answer = sent(editor, mia, "publish", 0, greeting="Mine!")
    assert answer.status_code == 200 and "has changed the draft" in answer.content.decode()
    assert "Mine!" in answer.content.decode() and prompt_versions.draft_of(mia).greeting == "Good day!"
    assert Assistant.objects.get(pk=mia.pk).greeting not in ("Mine!", "Good day!")


def test_a_discarded_draft_changes_nothing(editor: Client, mia: Assistant):
    sent(editor, mia, "save")
    assert "Open the draft" in editor.get(f"/admin/assistant/assistant/{mia.pk}/change/").content.decode()
    sent(editor, mia, "discard", PromptDraft.objects.get().edits)
    assert not PromptDraft.objects.exists() and "Be brief." not in Assistant.objects.get(pk=mia.pk).instructions


def test_a_draft_says_when_another_version_was_published_meanwhile(editor: Client, mia: Assistant):
    sent(editor, mia, "save")
    mia.instructions = "Be long."
    prompt_versions.save(mia)
    assert "Another version was published" in editor.get(page_of(mia)).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"knowledge": "x" * 60_001},
        {"greeting": "x" * 301},
        {"greeting": ""},
        {"edits": "-1"},
        {"edits": "many"},
        {"edits": ""},
    ],
)
def test_texts_that_an_assistant_could_not_have_are_refused_beside_their_field(editor: Client, mia: Assistant, fields: Any):
    answer = editor.post(page_of(mia), {**DRAFT, "edits": 0, "publish": "yes", **fields})
    assert answer.status_code == 200 and set(answer.context["form"].errors) == set(fields)
    assert not PromptDraft.objects.exists() and not mia.prompt_versions.filter(by__isnull=False).exists()


@pytest.mark.parametrize("role", ["viewer", "agent"])
def test_who_may_not_set_up_may_not_draft(home: Organization, mia: Assistant, role: str):
    client = entered(member(home, role))
    assert client.get(page_of(mia)).status_code == 403 and sent(client, mia, "publish").status_code == 403


def test_questions_of_others_are_neither_tried_nor_marked(editor: Client, mia: Assistant):
    theirs = fill("theirs", "Zanzibar").questions.get()
    sent(editor, mia, "publish", 0, question=[theirs.pk, "x", "9" * 30])
    theirs.refresh_from_db()
    assert theirs.state == "open" and not Replay.objects.filter(texts=DRAFT).exists()


def test_a_question_can_be_asked_again_by_itself(editor: Client, question: Question):
    editor.post(f"/admin/assistant/replay/of/{question.conversation_id}/", {"message": question.message_id})
    replay = Replay.objects.get(message=question.message)
    assert (replay.texts, replay.total) == ({}, 1)
    assert "One message" in editor.get(f"/admin/assistant/replay/{replay.pk}/change/").content.decode()


@pytest.mark.parametrize("message", ["x", "11111111-1111-4111-8111-111111111111"])
def test_a_message_that_is_not_of_the_conversation_is_not_asked_again(editor: Client, question: Question, message: str):
    address = f"/admin/assistant/replay/of/{question.conversation_id}/"
    assert editor.post(address, {"message": message}).status_code == 404


def test_a_question_marked_as_answered_says_by_whom_and_opens_when_it_is_asked_again(editor: Client, question: Question):
    editor.post("/admin/assistant/question/", {"action": "set_answered", "_selected_action": [question.pk]})
    assert "by editor-home" in editor.get(f"/admin/assistant/question/{question.pk}/change/").content.decode()
    again = post_message(question.conversation, "c-2", "is there a LIFT?").message
    questions.note(again, Question.Reason.UNSURE)
    question.refresh_from_db()
    assert (question.state, question.closed_by, question.message) == ("open", None, again)
