"""Voice calls: their time limit, their words, their price, and who ends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from assistant import outbound, voice
from assistant.errors import BudgetExceeded, Conflict, InputError, NotFound
from assistant.llm import TokenUsage
from assistant.models import Budget, Conversation, Message, Provider, Usage, VoiceCall
from assistant.providers.realtime import Refused
from assistant.services.conversations import voice_calls
from assistant.services.conversations.messages import post_message
from tests import make

pytestmark = pytest.mark.django_db
OPENAI = "https://api.openai.com/v1"
SPEAKER = voice_calls.Speaker("gpt-realtime-2", "health", "OpenAI", "organization")


OFFER, ANSWER = "v=0\r\nthe browser's", "v=0\r\nthe provider's"


class Realtime:
    """OpenAI's addresses for calls: keys are granted, calls begun and hung up, with `status`."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.status = 200
        self.location = "/v1/realtime/calls/rtc_77"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/v1/realtime/calls" and self.status == 200:
            return httpx.Response(201, text=ANSWER, headers={"Location": self.location})
        return httpx.Response(self.status, json={"value": "ek_1", "expires_at": 1900000000, "session": {}})

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


@pytest.fixture
def openai() -> Iterator[Realtime]:
    server = Realtime()
    with outbound.transport_for_tests(httpx.MockTransport(server)):
        yield server


@pytest.fixture
def talk() -> Conversation:
    assistant = make.assistant(voice_minutes=3, voice_name="marin")
    provider = Provider(organization=assistant.organization, name="OpenAI", preset="openai", base_url=OPENAI, smart="m")
    provider.realtime = "gpt-realtime-2"
    provider.set_key("sk-0123456789abcdefghij", OPENAI)
    provider.save()
    return Conversation.objects.select_related("assistant__organization", "visitor").get(pk=make.conversation(assistant).pk)


def begun(talk: Conversation, named: str = "rtc_1") -> VoiceCall:
    call = voice_calls.claim_start(talk, voice_calls.offer(talk, SPEAKER).pk)
    voice_calls.connected(call, named)
    call.refresh_from_db()
    return call


def started(talk: Conversation) -> VoiceCall:
    """By the provider, as a browser has it done."""
    session = voice.async_to_sync(voice.session_key)(talk)
    assert voice.async_to_sync(voice.start)(talk, session.call, session.value, OFFER) == ANSWER
    return VoiceCall.objects.get(pk=session.call)


def test_a_call_has_the_voice_and_the_minutes_that_staff_have_chosen(talk: Conversation, openai: Realtime) -> None:
    post_message(talk, "m-1", "Do you cut children's hair?")
    session = voice.async_to_sync(voice.session_key)(talk)
    wish = json.loads(openai.requests[0].content)["session"]
    assert wish["audio"]["output"]["voice"] == "marin" and session.as_json()["seconds"] == 180
    assert "Visitor: Do you cut children's hair?" in wish["instructions"]
    call = VoiceCall.objects.get(pk=session.call)
    assert (call.state, call.seconds, call.usage.task, call.usage.reserved) == ("offered", 180, "voice", True)


def test_an_assistant_whose_voice_is_switched_off_gets_no_key_and_says_why(talk: Conversation, openai: Realtime) -> None:
    talk.assistant.voice = False
    assert voice.offered(talk.assistant) == (None, voice.SWITCHED_OFF)
    with pytest.raises(Refused) as refused:
        voice.async_to_sync(voice.session_key)(talk)
    assert refused.value.status == 503 and openai.requests == [] and Usage.objects.count() == 0


def test_a_voice_model_that_has_been_shut_down_is_not_offered(talk: Conversation) -> None:
    Provider.objects.update(realtime="gpt-4o-realtime-preview-2024-12-17")
    provider, reason = voice.offered(talk.assistant)
    assert provider is None and "gpt-4o-realtime-preview-2024-12-17 ended on" in reason


def test_a_key_that_is_not_granted_leaves_no_call_and_no_reservation(talk: Conversation, openai: Realtime) -> None:
    openai.status = 500
    with pytest.raises(Refused):
        voice.async_to_sync(voice.session_key)(talk)
    assert (VoiceCall.objects.count(), Usage.objects.count()) == (0, 0)


def test_a_call_is_reserved_whole_so_that_one_too_many_is_refused_before_it_begins(talk: Conversation) -> None:
    most = 3 * (voice_calls.PROMPT_TOKENS_PER_MINUTE + voice_calls.COMPLETION_TOKENS_PER_MINUTE)
    Budget.objects.create(organization=talk.organization, visitor_day_tokens=most)
    first = voice_calls.offer(talk, SPEAKER)
    with pytest.raises(BudgetExceeded):
        voice_calls.offer(talk, SPEAKER)
    first.refresh_from_db()
    assert (first.state, first.reason) == ("ended", "replaced")


def test_what_a_browser_reports_is_settled_once_and_marked_as_an_estimate(talk: Conversation) -> None:
    call = begun(talk)
    for used in (TokenUsage(4_000, 900), TokenUsage(1, 1)):
        voice_calls.end(talk, call.pk, "visitor", used)
    usage = Usage.objects.get()
    assert (usage.prompt_tokens, usage.completion_tokens, usage.tokens_are) == (4_000, 900, "estimated")
    assert (usage.reserved, usage.provider_name, usage.source, usage.task) == (False, "OpenAI", "organization", "voice")


def test_a_browser_that_reports_nothing_is_charged_for_the_time_it_was_connected(talk: Conversation) -> None:
    call = begun(talk)
    VoiceCall.objects.update(started_at=timezone.now() - timedelta(seconds=60))
    voice_calls.end(talk, call.pk, "visitor", TokenUsage())
    assert Usage.objects.get().prompt_tokens >= 60 * voice_calls.HEARD_TOKENS_PER_SECOND


def test_what_is_never_reported_stays_reserved(talk: Conversation) -> None:
    voice_calls.offer(talk, SPEAKER)
    assert voice_calls.end_due(timezone.now() + timedelta(minutes=3)) == 1
    usage = Usage.objects.get()
    assert usage.reserved and usage.prompt_tokens == 3 * voice_calls.PROMPT_TOKENS_PER_MINUTE


def test_the_server_hangs_up_a_call_whose_time_is_over(talk: Conversation, openai: Realtime) -> None:
    call = started(talk)
    assert voice_calls.end_due(call.started_at + timedelta(seconds=179)) == 0  # type: ignore[operator]
    assert voice_calls.end_due(call.started_at + timedelta(seconds=180)) == 1  # type: ignore[operator]
    VoiceCall.objects.update(next_attempt_at=timezone.now())
    voice.hang_up(str(call.pk))
    call.refresh_from_db()
    assert call.reason == "limit" and call.hung_up_at and call.next_attempt_at is None
    assert openai.paths[-1] == "/v1/realtime/calls/rtc_77/hangup"
    assert openai.requests[-1].headers["authorization"] == "Bearer sk-0123456789abcdefghij"
    voice.hang_up(str(call.pk))
    assert len(openai.paths) == 3, "once it is over, nobody asks again"


def test_a_hang_up_that_fails_is_tried_again_and_one_of_a_call_that_is_gone_is_done(
    talk: Conversation, openai: Realtime
) -> None:
    call = started(talk)
    voice_calls.end(talk, call.pk, "visitor", None)
    for status, over in ((500, False), (404, True)):
        openai.status = status
        VoiceCall.objects.update(next_attempt_at=timezone.now())
        voice.hang_up(str(call.pk))
        call.refresh_from_db()
        assert bool(call.hung_up_at) is over and (call.next_attempt_at is None) is over


def test_a_call_ends_when_a_person_takes_over(talk: Conversation) -> None:
    call = begun(talk)
    Conversation.objects.update(state=Conversation.State.STAFF)
    assert voice_calls.end_due() == 1
    call.refresh_from_db()
    assert call.reason == "staff" and call.next_attempt_at is not None


def test_the_server_begins_the_call_and_knows_the_providers_id_before_the_browser_can_talk(
    talk: Conversation, openai: Realtime
) -> None:
    call = started(talk)
    assert (call.state, call.provider_call) == ("active", "rtc_77")
    posted = openai.requests[-1]
    assert (posted.url.path, posted.content.decode()) == ("/v1/realtime/calls", OFFER)
    assert posted.headers["authorization"] == "Bearer ek_1" and posted.headers["content-type"] == "application/sdp"


def test_no_browser_has_a_key_that_the_provider_would_take(talk: Conversation, openai: Realtime) -> None:
    session = voice.async_to_sync(voice.session_key)(talk)
    assert "ek_1" not in str(session.as_json()) and "api.openai.com" not in str(session.as_json())
    start = voice.async_to_sync(voice.start)
    other = voice_calls.offer(make.conversation(talk.assistant), SPEAKER)
    for conversation, call, value in (
        (talk, session.call, ""), (talk, session.call, "ek_1"), (talk, session.call, session.value[:-4] + "AAA="),
        (other.conversation, other.pk, session.value),
    ):  # fmt: skip
        with pytest.raises(InputError):
            start(conversation, call, value, OFFER)
    assert openai.paths == ["/v1/realtime/client_secrets"]
    start(talk, session.call, session.value, OFFER)
    with pytest.raises(Conflict):
        start(talk, session.call, session.value, OFFER)  # one key, one call
    assert openai.paths.count("/v1/realtime/calls") == 1


def test_a_call_that_ends_while_the_provider_begins_it_is_hung_up(talk: Conversation) -> None:
    call = voice_calls.claim_start(talk, voice_calls.offer(talk, SPEAKER).pk)
    voice_calls.end_open(talk, VoiceCall.Reason.REPLACED)
    with pytest.raises(Conflict):
        voice_calls.connected(call, "rtc_9")
    call.refresh_from_db()
    assert call.provider_call == "rtc_9" and call.next_attempt_at is not None


def test_a_call_that_was_given_up_is_not_begun(talk: Conversation, openai: Realtime) -> None:
    session = voice.async_to_sync(voice.session_key)(talk)
    voice_calls.end_due(timezone.now() + timedelta(minutes=3))
    with pytest.raises(Conflict):
        voice.async_to_sync(voice.start)(talk, session.call, session.value, OFFER)
    assert openai.paths == ["/v1/realtime/client_secrets"]


@pytest.mark.parametrize("location", ["", "/v1/realtime/calls/", "/v1/realtime/calls/rtc 1", "/calls/" + "r" * 121])
def test_an_answer_that_names_no_call_is_withheld_and_costs_nothing(
    talk: Conversation, openai: Realtime, location: str
) -> None:
    openai.location = location
    with pytest.raises(Refused) as refused:
        started(talk)
    call = VoiceCall.objects.get()
    assert refused.value.status == 502 and (call.state, call.reason) == ("ended", "not_begun")
    assert Usage.objects.count() == 0


@pytest.mark.parametrize("sdp", ["", "an offer", "v=" + "0" * voice.MAX_SDP_CHARS])
def test_what_is_no_offer_is_refused_and_the_call_can_still_begin(talk: Conversation, openai: Realtime, sdp: str) -> None:
    session = voice.async_to_sync(voice.session_key)(talk)
    with pytest.raises(InputError):
        voice.async_to_sync(voice.start)(talk, session.call, session.value, sdp)
    assert VoiceCall.objects.get().state == "offered"


def test_what_is_said_is_in_the_conversation_once_and_marked_as_spoken(talk: Conversation) -> None:
    call = begun(talk)
    for _ in range(2):
        voice_calls.add_line(talk, call.pk, "item_1", "visitor", "When are you open?", stopped=False)
    voice_calls.add_line(talk, call.pk, "item_2", "assistant", "Until six, and on Sat", stopped=True)
    lines = [(one.role, one.text, one.state, one.spoken) for one in Message.objects.order_by("seq")]
    assert lines == [
        ("visitor", "When are you open?", "complete", True),
        ("assistant", "Until six, and on Sat", "stopped", True),
    ]
    assert talk.turns.count() == 0, "the model that writes does not answer what was said to the one that speaks"


def test_nothing_is_said_in_a_call_that_has_not_begun_or_is_long_over(talk: Conversation) -> None:
    call = voice_calls.offer(talk, SPEAKER)
    with pytest.raises(Conflict):
        voice_calls.add_line(talk, call.pk, "item_1", "visitor", "Hello", stopped=False)
    voice_calls.connected(voice_calls.claim_start(talk, call.pk), "rtc_1")
    voice_calls.end(talk, call.pk, "visitor", None)
    voice_calls.add_line(talk, call.pk, "item_1", "visitor", "Bye", stopped=False)
    VoiceCall.objects.update(ended_at=timezone.now() - timedelta(minutes=3))
    with pytest.raises(Conflict):
        voice_calls.add_line(talk, call.pk, "item_2", "visitor", "Hello again", stopped=False)


def test_a_call_of_one_visitor_is_none_for_another(talk: Conversation) -> None:
    call = begun(talk)
    other = make.conversation(talk.assistant)
    with pytest.raises(NotFound):
        voice_calls.claim_start(other, call.pk)
    with pytest.raises(NotFound):
        voice_calls.add_line(other, call.pk, "item_1", "visitor", "Hello", stopped=False)
    with pytest.raises(NotFound):
        voice_calls.end(other, call.pk, "visitor", None)


def test_a_spoken_claim_without_a_receipt_is_corrected_on_the_screen_and_aloud(talk: Conversation) -> None:
    call = begun(talk)
    say = voice.async_to_sync(voice.add_line)
    assert say(talk, call.pk, "item_1", "assistant", "We are open until six.") == ""
    assert say(talk, call.pk, "item_2", "assistant", "I have booked you in for Tuesday at ten.") == voice.CORRECTION
    assert say(talk, call.pk, "item_2", "assistant", "I have booked you in for Tuesday at ten.") == "", "once"
    assert Message.objects.filter(role="system", text__contains="has not been done yet").count() == 1
