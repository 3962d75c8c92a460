"""What assistants were told, as staff see it and go back to it; and what the fast model noted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from assistant.admin.organizations.prompt_versions import Line, difference
from assistant.models import Assistant, Membership, Provider
from assistant.services.organizations import prompt_versions
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered, fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant(instructions="Be brief.\nBe kind.", greeting="Hi!")


@pytest.fixture
def editor(assistant: Assistant) -> Client:
    return entered(member(assistant.organization, Membership.Role.EDITOR, "ed"))


def page(assistant: Assistant) -> str:
    return f"/admin/assistant/assistant/{assistant.pk}/versions/"


def test_an_edit_in_the_form_is_a_version_with_its_author_and_a_readable_difference(assistant, editor):
    address = f"/admin/assistant/assistant/{assistant.pk}/change/"
    form = {**fields_of(editor, address), "instructions": "Be brief.\nBe funny."}
    assert editor.post(address, form).status_code == 302
    assert [row.by.username if row.by else "" for row in assistant.prompt_versions.all()] == ["ed", ""]
    body = editor.get(page(assistant)).content.decode()
    assert "<del>" in body and "Be kind." in body and "<ins>" in body and "Be funny." in body
    assert "2 versions" in editor.get(address).content.decode()


def test_one_click_restores_a_version_from_the_next_message_on(assistant, editor):
    assistant.instructions = "Worse."
    prompt_versions.save(assistant)
    response = editor.post(page(assistant), {"number": 1}, follow=True)
    assert "Version 1 restored" in response.content.decode()
    assistant.refresh_from_db()
    assert prompt_versions.instructions(assistant) == "Be brief.\nBe kind."
    newest = assistant.prompt_versions.first()
    assert newest.restores == 1 and newest.by.username == "ed"


@pytest.mark.parametrize("number", ["9", "", "x", "-1"])
def test_an_unknown_version_is_not_found(assistant, editor, number):
    assert editor.post(page(assistant), {"number": number}).status_code == 404


def test_viewers_read_versions_and_strangers_do_not(assistant):
    prompt_versions.save(assistant)
    viewer = entered(member(assistant.organization, Membership.Role.VIEWER, "vi"))
    body = viewer.get(page(assistant))
    assert body.status_code == 200 and "Go back" not in body.content.decode()
    assert viewer.post(page(assistant), {"number": 1}).status_code == 403
    stranger = entered(member(make.organization("Other"), Membership.Role.OWNER, "st"))
    assert stranger.get(page(assistant)).status_code == 404
    assert stranger.post(page(assistant), {"number": 1}).status_code == 404


def test_a_prompt_file_is_named_where_it_overrides_the_editor(assistant, editor, settings, tmp_path):
    settings.ASSISTANT_PROMPT_DIR = str(tmp_path)
    (tmp_path / f"{assistant.public_key}.md").write_text("From the file.")
    for address in (page(assistant), f"/admin/assistant/assistant/{assistant.pk}/change/"):
        assert f"{assistant.public_key}.md" in editor.get(address).content.decode()


def test_a_difference_shows_what_changed_and_little_else():
    old = "\n".join("abcdefghijkl")
    new = old.replace("c", "C").replace("k", "k\nnew")
    marks = [(line.mark, line.text) for line in difference(old, new)]
    assert marks == [
        (" ", "b"), ("-", "c"), ("+", "C"), (" ", "d"), ("…", ""), (" ", "k"), ("+", "new"), (" ", "l"),
    ]  # fmt: skip
    assert list(difference("", "x")) == [Line("+", "x")]


def test_a_summary_stands_in_the_list_and_on_the_page(assistant, editor):
    talk = make.conversation(assistant, title="A check-up", summary="They wanted a <b>check-up</b>.", language="de")
    for address in ("/admin/assistant/conversation/", f"/admin/assistant/conversation/{talk.pk}/change/"):
        assert "They wanted a &lt;b&gt;check-up&lt;/b&gt;." in editor.get(address).content.decode()


def test_the_first_page_warns_of_models_that_end_those_who_chose_them(assistant, editor, settings: Any):
    settings.AI_ENVIRONMENT = {"OPENAI_API_KEY": "sk-0123456789abcdef0123", "SMART_LLM": "gpt-3.5-turbo"}
    own = Provider(organization=assistant.organization, name="Own", preset="xai", smart="grok-3")
    own.set_key("xai-0123456789abcdef0123", "https://api.x.ai/v1")
    own.save()
    boss = entered(User.objects.create_superuser("boss"))
    stranger = entered(member(make.organization("Other"), Membership.Role.OWNER, "st"))
    seen = {name: client.get("/admin/").content.decode() for name, client in
            {"editor": editor, "boss": boss, "stranger": stranger}.items()}  # fmt: skip
    told = {name: ("grok-3 end" in body, "gpt-3.5-turbo end" in body) for name, body in seen.items()}
    assert told == {"editor": (True, False), "boss": (True, True), "stranger": (False, False)}
