"""Prompts: edits, versions and the operator's file; and how much of a conversation the model gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from assistant import turns
from assistant.async_db import in_db
from assistant.errors import Conflict, NotFound, ProviderError
from assistant.models import Assistant, Budget, Conversation, PromptVersion, ToolCall, Turn
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.organizations import prompt_versions
from tests import make
from tests.assistant.test_turns import ask, reply, run
from tests.fakes import ScriptedExecutor, ScriptedModel, always, calls, says

pytestmark = pytest.mark.django_db
TOO_LONG = ProviderError("8193 of 8192", cause="context_too_long")


@pytest.fixture
def conversation() -> Conversation:
    return make.conversation()


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.ASSISTANT_PROMPT_DIR = str(tmp_path)
    return tmp_path


# --- Versions -----------------------------------------------------------------------------------------------------------


async def test_an_edit_holds_from_the_next_message_on(conversation):
    model = ScriptedModel(says("Hi."))
    await run(await in_db(ask)(conversation), model)
    assistant = conversation.assistant
    assistant.instructions = "Speak like a pirate."
    await in_db(prompt_versions.save)(assistant)
    await run(await in_db(ask)(conversation, "And now?", "c-2"), model)
    assert "pirate" not in model.requests[0][0].text and "pirate" in model.requests[1][0].text


def test_every_change_of_a_text_is_a_version_with_who_and_what_was_there_before():
    editor = User.objects.create_user("ed")
    assistant = make.assistant(instructions="One.")
    assistant.instructions = "Two."
    assert prompt_versions.save(assistant, editor)
    assistant.accent = "#112233"
    assert not prompt_versions.save(assistant, editor)
    assert [(row.number, row.instructions, row.by) for row in assistant.prompt_versions.all()] == [
        (2, "Two.", editor),
        (1, "One.", None),
    ]


def test_a_new_assistants_first_version_is_by_its_creator():
    home, editor = make.organization(), User.objects.create_user("ed")
    assistant = Assistant(organization=home, instructions="One.")
    prompt_versions.save(assistant, editor)
    assert assistant.prompt_versions.get().by == editor


def test_a_text_changed_without_the_service_is_kept_as_a_version():
    assistant = make.assistant(instructions="One.")
    prompt_versions.save(assistant)
    type(assistant).objects.filter(pk=assistant.pk).update(knowledge="Open on Sundays.")
    assistant.refresh_from_db()
    assistant.knowledge = "Closed on Sundays."
    prompt_versions.save(assistant)
    kept = assistant.prompt_versions.values_list("knowledge", flat=True)
    assert list(kept) == ["Closed on Sundays.", "Open on Sundays.", ""]


def test_going_back_is_a_version_of_its_own():
    assistant = make.assistant(instructions="One.", greeting="Hi!")
    assistant.instructions, assistant.greeting = "Two.", "Hello!"
    prompt_versions.save(assistant)
    assert prompt_versions.restore(assistant, 1)
    assistant.refresh_from_db()
    assert (assistant.instructions, assistant.greeting) == ("One.", "Hi!")
    assert [(row.number, row.restores) for row in assistant.prompt_versions.all()] == [(3, 1), (2, None), (1, None)]
    assert not prompt_versions.restore(assistant, 1)  # it is there already


def test_another_assistants_version_cannot_be_restored():
    mine, other = make.assistant(), make.assistant(make.organization("Other"))
    prompt_versions.save(other)
    with pytest.raises(NotFound):
        prompt_versions.restore(mine, 1)
    assert PromptVersion.objects.filter(assistant=mine).count() == 0


# --- The operator's file ------------------------------------------------------------------------------------------------


async def test_a_prompt_file_goes_before_the_row_and_is_read_again_when_it_changes(conversation, folder):
    conversation.assistant.instructions = "From the row."
    await in_db(conversation.assistant.save)()
    path = folder / f"{conversation.assistant.public_key}.md"
    model = ScriptedModel(says("Hi."))

    async def told(number: int) -> str:
        await run(await in_db(ask)(conversation, "Hello?", f"c-{number}"), model)
        return model.requests[-1][0].text

    assert "From the row." in await told(1)
    path.write_text("# for ourselves\nFrom the file.\n## Tone\nKind.\n")
    first = await told(2)
    assert "From the file.\n## Tone\nKind." in first and "From the row." not in first and "ourselves" not in first
    path.write_text("From the file, later.")
    assert "From the file, later." in await told(3)
    path.write_text("From the FILE, later.")  # as long as before: the time of the change tells
    os.utime(path, ns=(1, 1))
    assert "From the FILE, later." in await told(4)
    path.unlink()
    assert "From the row." in await told(5)


@pytest.mark.parametrize("content", [b"", b"# only a comment", b"\xff\xfe\xff", b"x" * 100_000])
def test_a_file_that_is_of_no_use_leaves_the_row_in_force(folder, content):
    assistant = make.assistant(instructions="From the row.")
    (folder / f"{assistant.public_key}.md").write_bytes(content)
    assert prompt_versions.instructions(assistant) == "From the row."


@pytest.mark.parametrize("key", ["../pk_secret", "pk_a/../../secret", "secret", "pk_a\n", ""])
def test_no_key_leads_out_of_the_folder(folder, key):
    (folder.parent / "pk_secret.md").write_text("secret")
    (folder.parent / "secret.md").write_text("secret")
    (folder / "secret.md").write_text("secret")
    assistant = make.assistant(instructions="From the row.")
    assistant.public_key = key
    assert prompt_versions.instructions(assistant) == "From the row."


# --- Memory -------------------------------------------------------------------------------------------------------------


def earlier(conversation: Conversation, exchanges: int) -> None:
    for number in range(exchanges):
        turn = post_message(conversation, f"e-{number}", f"Q{number}").turn
        finish_turn(claim_turn(turn.pk), Outcome(Turn.State.DONE, f"A{number}"))


async def test_the_model_is_shown_the_last_twenty_messages_and_no_more_tokens_than_the_assistant_allows(conversation):
    await in_db(earlier)(conversation, 15)
    model = ScriptedModel(says("Hi."))
    await run(await in_db(ask)(conversation), model)
    assert len(model.requests[0]) == 1 + 19  # ten exchanges would be twenty-one messages with the new one
    conversation.assistant.history_tokens = 200
    await in_db(conversation.assistant.save)()
    await run(await in_db(ask)(conversation, "Hello " * 60, "c-2"), model)
    shown = [message.text for message in model.requests[1][1:]]
    assert len(shown) < 19 and shown[0] != "Q0" and shown[-3:-1] == ["Hello", "Hi."]


async def test_a_context_that_is_too_long_is_tried_once_more_with_half_of_the_history(conversation):
    await in_db(earlier)(conversation, 8)
    model = ScriptedModel(says(error=TOO_LONG), says("Hi."))
    turn = await run(await in_db(ask)(conversation), model)
    assert turn.state == "done" and (await in_db(reply)(conversation)).text == "Hi."
    before, after = ([message.text for message in request] for request in model.requests)
    assert len(before) == 18 and 2 < len(after) <= 10
    assert after[-3:] == before[-3:] == ["Q7", "A7", "Hello"]


async def test_it_is_tried_once_and_not_at_all_where_there_is_nothing_to_leave_out(conversation):
    model = ScriptedModel(says(error=TOO_LONG))
    assert (await run(await in_db(ask)(conversation), model)).code == "not_available"
    assert len(model.requests) == 1
    await in_db(earlier)(conversation, 4)
    assert (await run(await in_db(ask)(conversation, "Again", "c-2"), model)).code == "not_available"
    assert len(model.requests) == 3


async def test_what_was_said_is_never_joined_to_a_second_try(conversation):
    await in_db(earlier)(conversation, 4)
    model = ScriptedModel(says("Half a ", "sentence", error=TOO_LONG), says("Another."))
    turn = await run(await in_db(ask)(conversation), model)
    assert turn.code == "incomplete" and (await in_db(reply)(conversation)).text.startswith("Half a")
    assert len(model.requests) == 1


async def test_a_call_that_was_made_before_the_context_ran_out_is_known_to_the_second_try(conversation):
    await in_db(earlier)(conversation, 4)
    turn = await in_db(ask)(conversation, "Book it")

    class Booked(ScriptedExecutor):
        async def execute(self, call, *, round, ordinal):
            await in_db(ToolCall.objects.create)(
                organization=conversation.organization, conversation=conversation, turn=turn, name=call.name, round=round,
                ordinal=ordinal, arguments=call.arguments, state="done", result="Booked.", idempotency_key="k",
            )  # fmt: skip
            return await super().execute(call, round=round, ordinal=ordinal)

    executor = Booked("Booked.", "book")
    model = ScriptedModel(calls("book", slot="s"), says(error=TOO_LONG), says("There you are."))
    assert (await run(turn, model, executor)).state == "done"
    assert len(executor.ran) == 1
    assert [message.text for message in model.requests[2]][-3:] == ["Book it", "", "Booked."]


# --- Language -----------------------------------------------------------------------------------------------------------


async def test_where_the_browser_names_no_language_the_visitors_own_is_spoken(conversation):
    conversation.language = "de"
    await in_db(conversation.save)()
    model = ScriptedModel(says(error=ProviderError(cause="server_error")))
    await run(await in_db(ask)(conversation), model)
    assert "writes in the language de" in model.requests[0][0].text
    ended = (await in_db(resume_session)(conversation, 0)).events[-1]
    assert ended["text"].startswith("Der Assistent")


# --- Limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "organizations", "heard"),
    [
        ("Call Mia.", "Call us.", "Call Mia."),
        ("", "Call us.", "Call us."),
        ("", "", "The assistant has reached its limit"),
    ],
)
async def test_a_visitor_reads_a_kind_sentence_and_staff_see_whose_limit_was_reached(settings, own, organizations, heard):
    settings.AI_ENVIRONMENT = {"AI_BASE_URL": "http://127.0.0.1:9/v1", "AI_MODEL": "m"}  # nobody is asked
    assistant = await in_db(make.assistant)(limit_sentence=own)
    await in_db(Budget.objects.create)(organization=assistant.organization, visitor_day_tokens=1, sentence=organizations)
    talk = await in_db(make.conversation)(assistant)
    turn = await in_db(ask)(talk)
    await turns.run(turn.pk, executor_for=always(ScriptedExecutor()))
    ended = (await in_db(resume_session)(talk, 0)).events[-1]
    assert ended["code"] == "budget_exceeded" and ended["text"].startswith(heard)
    assert "limit of visitor" in (await in_db(Turn.objects.get)(pk=turn.pk)).detail
    assert "visitor" not in str(ended)


# --- Drafts -------------------------------------------------------------------------------------------------------------

DRAFT = {"instructions": "Be brief.", "knowledge": "There is a lift.", "greeting": "Hello!"}


async def test_visitors_get_a_draft_once_it_is_published_and_not_before(conversation):
    model, assistant = ScriptedModel(says("Hi.")), conversation.assistant
    draft = await in_db(prompt_versions.save_draft)(assistant, DRAFT)
    await run(await in_db(ask)(conversation), model)
    assert await in_db(prompt_versions.publish)(assistant, edits=draft.edits) == 2
    await run(await in_db(ask)(conversation, "And now?", "c-2"), model)
    assert ["There is a lift." in request[0].text for request in model.requests] == [False, True]
    assert await in_db(prompt_versions.draft_of)(assistant) is None


def test_what_was_published_is_a_version_of_the_user_who_published_it():
    ada, ben = User.objects.create_user("ada"), User.objects.create_user("ben")
    assistant = make.assistant(instructions="One.")
    draft = prompt_versions.save_draft(assistant, DRAFT, ada)
    assert (draft.by, draft.based_on) == (ada, 0)
    prompt_versions.publish(assistant, ben, edits=draft.edits)
    newest = assistant.prompt_versions.first()
    assert (newest.by, newest.instructions, newest.greeting) == (ben, "Be brief.", "Hello!")


@pytest.mark.parametrize("act", [prompt_versions.publish, prompt_versions.discard, prompt_versions.save_draft])
def test_a_draft_that_somebody_else_has_changed_is_left_as_it_is(act):
    ada = User.objects.create_user("ada")
    assistant = make.assistant()
    seen = prompt_versions.save_draft(assistant, DRAFT)
    prompt_versions.save_draft(assistant, {**DRAFT, "greeting": "Good day!"}, ada, edits=seen.edits)
    more = [{**DRAFT, "greeting": "Mine!"}] if act is prompt_versions.save_draft else []
    with pytest.raises(Conflict, match="ada has changed"):
        act(assistant, *more, edits=seen.edits)
    assert prompt_versions.draft_of(assistant).greeting == "Good day!"
    assert not assistant.prompt_versions.exists()


def test_a_draft_that_has_ended_meanwhile_is_not_begun_again_by_mistake():
    assistant = make.assistant()
    seen = prompt_versions.save_draft(assistant, DRAFT)
    prompt_versions.discard(assistant, edits=seen.edits)
    with pytest.raises(Conflict, match="published or discarded"):
        prompt_versions.save_draft(assistant, DRAFT, edits=seen.edits)
    assert prompt_versions.draft_of(assistant) is None
