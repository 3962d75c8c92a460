"""Voice calls that outlive their rows: they are hung up all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.utils import timezone

from assistant import outbound, secrets, voice
from assistant.async_db import in_db
from assistant.errors import Conflict
from assistant.models import Conversation, HangUp, Provider, Removal, Visitor, VoiceCall
from assistant.services.conversations import hang_ups, removed_calls, voice_calls
from assistant.services.privacy import erasure, retention
from tests.assistant.test_voice_calls import OFFER, Realtime, openai, started, talk

__all__ = ["openai", "talk"]  # fixtures
pytestmark = pytest.mark.django_db
finishing = pytest.mark.django_db(transaction=True)  # which no transaction may hold up
HANG_UP = "/v1/realtime/calls/rtc_77/hangup"


@pytest.fixture(autouse=True)
def queued(queued_tasks: list[Any]) -> list[Any]:
    return queued_tasks


def erase(talk: Conversation) -> Removal:
    return erasure.erase(talk.organization, talk.visitor_id)


def later(seconds: int) -> Any:
    return timezone.now() + timedelta(seconds=seconds)


@finishing
def test_the_call_of_a_visitor_who_is_erased_is_hung_up(
    talk: Conversation, openai: Realtime, queued: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    started(talk)
    with django_capture_on_commit_callbacks(execute=True):
        removal = erase(talk)
    assert not VoiceCall.objects.exists() and (removed_calls.TASK, str(removal.pk)) in queued
    voice.hang_up_removed(str(removal.pk))
    assert openai.paths.count(HANG_UP) == 1
    assert openai.requests[-1].headers["authorization"] == "Bearer sk-0123456789abcdefghij"
    assert erasure.finish_due(later(3600)) == 1
    removal.refresh_from_db()
    assert removal.pending == {} and removal.finished_at
    voice.hang_up_removed(str(removal.pk))
    assert openai.paths.count(HANG_UP) == 1, "once it is over, nobody asks again"


def test_a_call_that_has_ended_here_and_not_yet_at_the_provider_is_kept_and_one_that_is_over_is_not(
    talk: Conversation, openai: Realtime
) -> None:
    call = started(talk)
    voice_calls.end(talk, call.pk, "visitor", None)
    assert len(removed_calls.pending_of([talk])["calls"]) == 1
    voice_calls.hung_up(call)
    assert removed_calls.pending_of([talk]) == {} and "calls" not in erase(talk).pending


@finishing
def test_a_hang_up_that_fails_is_tried_again_and_not_for_ever(
    talk: Conversation, openai: Realtime, queued: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    started(talk)
    removal = erase(talk)
    openai.status = 500
    voice.hang_up_removed(str(removal.pk))
    voice.hang_up_removed(str(removal.pk))
    assert openai.paths.count(HANG_UP) == 1, "it is not due again yet"
    for moment, is_due in ((later(1), False), (later(21), True)):
        queued.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert erasure.finish_due(moment) == 0
        assert queued == [(removed_calls.TASK, str(removal.pk))] * is_due
    assert erasure.finish_due(later(3600)) == 0, "no removal is finished while a call of it goes on"
    for number in range(1, removed_calls.ATTEMPTS):
        assert len(removed_calls.claim(str(removal.pk), later(3600 * number))) == 1
    assert removed_calls.claim(str(removal.pk), later(86400)) == [] and erasure.finish_due(later(3600)) == 1


@finishing
def test_a_call_whose_provider_is_no_longer_set_up_keeps_no_removal_open(talk: Conversation, openai: Realtime) -> None:
    started(talk)
    removal = erase(talk)
    Provider.objects.all().delete()
    voice.hang_up_removed(str(removal.pk))
    assert HANG_UP not in openai.paths and erasure.finish_due(later(3600)) == 1


class Meanwhile(Realtime):
    """While it begins a call, `then` happens; it answers a hang-up with `hang_up`."""

    def __init__(self, then: Any, hang_up: int = 200) -> None:
        super().__init__()
        self.then, self.hang_up = then, hang_up

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/realtime/calls":
            await in_db(self.then)()
        if request.url.path == HANG_UP:
            self.status = self.hang_up
        return self(request)


async def test_a_call_whose_visitor_is_erased_while_the_provider_begins_it_is_hung_up_and_not_answered(
    talk: Conversation,
) -> None:
    server = Meanwhile(lambda: erase(talk))
    with outbound.transport_for_tests(httpx.MockTransport(server.answer)):
        session = await voice.session_key(talk)
        with pytest.raises(Conflict):
            await voice.start(talk, session.call, session.value, OFFER)
    assert server.paths.count(HANG_UP) == 1
    removal = await in_db(Removal.objects.get)()
    kept = await in_db(removed_calls.claim)(str(removal.pk))
    assert [one.provider_call for one in kept] == ["rtc_77"], "for another attempt, should the first have failed"


async def test_a_call_whose_conversation_is_gone_for_another_reason_is_hung_up_and_not_answered(talk: Conversation) -> None:
    server = Meanwhile(lambda: Conversation.objects.all().delete())
    with outbound.transport_for_tests(httpx.MockTransport(server.answer)):
        session = await voice.session_key(talk)
        with pytest.raises(Conflict):
            await voice.start(talk, session.call, session.value, OFFER)
    assert server.paths.count(HANG_UP) == 1


def test_retention_leaves_a_conversation_until_its_call_is_over(talk: Conversation, openai: Realtime) -> None:
    call = started(talk)
    assert not any(retention.delete_messages(talk.organization, later(60)).values())
    voice_calls.end(talk, call.pk, "visitor", None)
    assert not any(retention.delete_messages(talk.organization, later(60)).values())
    voice_calls.hung_up(call)
    assert retention.delete_messages(talk.organization, later(60))["Conversation"] == 1


@finishing
def test_a_tombstone_that_was_finished_is_opened_again_for_a_call_that_the_provider_begins_late(
    talk: Conversation, openai: Realtime
) -> None:
    call = voice_calls.claim_start(talk, voice_calls.offer(talk, voice_calls.Speaker("m", "h", "n", "organization")).pk)
    removal = erase(talk)
    assert erasure.finish_due(later(3600)) == 1
    with pytest.raises(Conflict):
        voice_calls.connected(call, "rtc_9")
    removal.refresh_from_db()
    assert removal.finished_at is None and removed_calls.claim(str(removal.pk))[0].provider_call == "rtc_9"
    assert not Visitor.objects.filter(pk=talk.visitor_id).exists()


# --- Organizations, assistants and conversations that are deleted during a call ----------------------------------------


@finishing
@pytest.mark.parametrize("what", ["organization", "assistant", "conversation"])
def test_a_call_is_hung_up_when_all_that_it_belongs_to_is_deleted(
    talk: Conversation, openai: Realtime, queued: list[Any], what: str
) -> None:
    started(talk)
    {"organization": talk.organization, "assistant": talk.assistant, "conversation": talk}[what].delete()
    assert not VoiceCall.objects.exists()
    row = HangUp.objects.get()
    assert queued[-1] == (hang_ups.TASK, str(row.pk)) and "sk-0123456789" not in row.sealed_call
    voice.hang_up_deleted(str(row.pk))
    assert openai.paths.count(HANG_UP) == 1
    assert openai.requests[-1].headers["authorization"] == "Bearer sk-0123456789abcdefghij"
    assert not HangUp.objects.exists(), "the key is kept no longer than it is needed"
    voice.hang_up_deleted(str(row.pk))
    assert openai.paths.count(HANG_UP) == 1


@finishing
def test_a_hang_up_after_a_deletion_is_tried_again_and_not_for_ever(
    talk: Conversation, openai: Realtime, queued: list[Any]
) -> None:
    started(talk)
    talk.organization.delete()
    row = HangUp.objects.get()
    openai.status = 500
    voice.hang_up_deleted(str(row.pk))
    voice.hang_up_deleted(str(row.pk))
    assert openai.paths.count(HANG_UP) == 1, "it is not due again yet"
    for moment, is_due in ((later(1), False), (later(21), True)):
        queued.clear()
        voice_calls.end_due(moment)
        assert queued == [(hang_ups.TASK, str(row.pk))] * is_due
    for number in range(1, hang_ups.ATTEMPTS):
        assert hang_ups.claim(row.pk, later(3600 * number))
    assert hang_ups.claim(row.pk, later(86400)) is None and not HangUp.objects.exists()


def test_a_call_that_is_over_or_that_a_tombstone_keeps_needs_no_other_hang_up(talk: Conversation, openai: Realtime) -> None:
    call = started(talk)
    voice_calls.end(talk, call.pk, "visitor", None)
    voice_calls.hung_up(call)
    talk.assistant.delete()
    assert not HangUp.objects.exists()


def test_the_tombstone_of_a_visitor_is_all_that_keeps_their_call(talk: Conversation, openai: Realtime) -> None:
    started(talk)
    assert erase(talk).pending["calls"] and not HangUp.objects.exists()


def test_a_deletion_that_is_rolled_back_hangs_up_nothing(talk: Conversation, openai: Realtime, queued: list[Any]) -> None:
    started(talk)
    queued.clear()
    with pytest.raises(ValueError), transaction.atomic():
        talk.organization.delete()
        raise ValueError
    assert not HangUp.objects.exists() and queued == [] and VoiceCall.objects.count() == 1


async def test_a_call_that_is_deleted_while_the_provider_begins_it_is_tried_again_where_hanging_up_fails(
    talk: Conversation,
) -> None:
    def then() -> None:
        talk.assistant.delete()

    server = Meanwhile(then, hang_up=500)
    with outbound.transport_for_tests(httpx.MockTransport(server.answer)):
        session = await voice.session_key(talk)
        with pytest.raises(Conflict):
            await voice.start(talk, session.call, session.value, OFFER)
    assert server.paths.count(HANG_UP) == 1
    row = await in_db(HangUp.objects.get)()
    assert (await in_db(hang_ups.claim)(row.pk))["call"] == "rtc_77"


def test_a_hang_up_whose_key_is_lost_is_forgotten(talk: Conversation, openai: Realtime, settings: Any) -> None:
    started(talk)
    talk.organization.delete()
    settings.FIELD_KEYS = [secrets.new_key()]
    voice.hang_up_deleted(str(HangUp.objects.get().pk))
    assert HANG_UP not in openai.paths and not HangUp.objects.exists()
