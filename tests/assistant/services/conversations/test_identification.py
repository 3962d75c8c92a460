"""A visitor who logs in is the same user in every browser, and nobody else has their token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from assistant.engine import prompt
from assistant.errors import NotAllowed
from assistant.models import Assistant, Conversation, Visitor, VisitorAttribute, VoiceCall
from assistant.services.conversations.identification import identify
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.sessions import Session, conversation_for_token, open_session, update_visitor
from tests import make
from tests.assistant.services.organizations.test_identity import shared_key, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def assistant() -> Assistant:
    made = make.assistant()
    shared_key(made.organization)
    return made


def log_in(assistant: Assistant, *, browser: Session | None = None, **claims: Any) -> Session:
    token = browser.token if browser else ""
    return identify(assistant, make.ORIGIN, signed(assistant, **claims), token=token)[0]


def write(session: Session, text: str = "Hello") -> Conversation:
    append_message(session.conversation, "visitor", text)
    return session.conversation


def is_refused(session: Session) -> bool:
    try:
        conversation_for_token(session.token, make.ORIGIN)
    except NotAllowed:
        return True
    return False


def test_what_was_said_before_the_login_goes_on_under_a_token_that_nobody_had_before(assistant):
    before = open_session(assistant, make.ORIGIN)
    talk = write(before)
    after = log_in(assistant, browser=before, name="Ada", email="ada@example.com")
    assert after.conversation.pk == talk.pk and is_refused(before)
    visitor = conversation_for_token(after.token, make.ORIGIN).visitor
    assert (visitor.external_id, visitor.name, visitor.email) == ("user-7", "Ada", "ada@example.com")
    assert visitor.name_verified_at and visitor.email_verified_at and visitor.pk == talk.visitor_id


def test_a_second_browser_finds_the_conversation_of_the_first_and_ends_nothing_there(assistant):
    first = log_in(assistant)
    talk = write(first)
    second = log_in(assistant)
    assert second.conversation.pk == talk.pk and not is_refused(first) and not is_refused(second)
    assert Visitor.objects.count() == 1


def test_what_was_said_in_the_second_browser_before_the_login_joins_the_history(assistant):
    write(log_in(assistant))
    guest = open_session(assistant, make.ORIGIN)
    talk = write(guest, "And I was here")
    after = log_in(assistant, browser=guest)
    assert after.conversation.pk == talk.pk and is_refused(guest)
    user = Visitor.objects.get()
    assert user.conversations.count() == 2 and user.external_id == "user-7"


def test_a_chat_in_which_only_a_call_is_under_way_stays_so_that_the_call_can_be_hung_up(assistant):
    log_in(assistant)
    guest = open_session(assistant, make.ORIGIN)
    guest.conversation.voice_calls.create(
        organization=assistant.organization, seconds=60, state="active", provider_call="rtc_5"
    )
    log_in(assistant, browser=guest)
    assert VoiceCall.objects.get().conversation.visitor == Visitor.objects.get()


def test_a_chat_that_was_only_opened_gives_way_to_the_users_history(assistant):
    talk = write(log_in(assistant))
    after = log_in(assistant, browser=open_session(assistant, make.ORIGIN))
    assert after.conversation.pk == talk.pk and Conversation.objects.count() == 1


def test_another_user_in_the_same_browser_sees_nothing_of_the_first(assistant):
    first = log_in(assistant, name="Ada")
    talk = write(first)
    second = log_in(assistant, browser=first, sub="user-8")
    assert second.conversation.pk != talk.pk and second.conversation.visitor_id != talk.visitor_id
    assert Visitor.objects.get(pk=talk.visitor_id).conversations.get().pk == talk.pk


def test_the_same_user_id_in_two_organizations_is_two_people(assistant):
    other = make.assistant(make.organization("Other"))
    shared_key(other.organization)
    assert log_in(assistant).conversation.visitor_id != log_in(other).conversation.visitor_id


def test_a_session_ends_with_the_statement_that_began_it_and_renewing_it_gains_nothing(assistant):
    session = log_in(assistant)
    renewed = open_session(assistant, make.ORIGIN, token=session.token)
    assert renewed.conversation.visitor_id == session.conversation.visitor_id
    assert renewed.expires_at == session.expires_at < timezone.now() + timezone.timedelta(hours=12)
    closed = session.conversation
    closed.state = Conversation.State.CLOSED
    closed.save()
    following = open_session(assistant, make.ORIGIN, token=session.token)
    assert following.conversation.pk != closed.pk and following.expires_at == session.expires_at


def test_an_expired_login_is_refused(assistant, monkeypatch):
    session = log_in(assistant)
    now = timezone.now().timestamp()
    monkeypatch.setattr("time.time", lambda: now + 3700)
    with pytest.raises(NotAllowed) as refused:
        conversation_for_token(session.token, make.ORIGIN)
    assert refused.value.code == "token_expired"


def test_a_token_from_another_origin_brings_nothing_along(assistant):
    stolen = open_session(assistant, make.ORIGIN)
    write(stolen)
    assistant.organization.allowed_origins += "\nhttps://other.example"
    assistant.organization.save()
    session = identify(assistant, "https://other.example", signed(assistant), token=stolen.token)[0]
    assert session.conversation.pk != stolen.conversation.pk and not is_refused(stolen)


def test_what_the_server_has_signed_is_not_changed_by_what_a_page_says(assistant):
    VisitorAttribute.objects.create(organization=assistant.organization, name="plan", label="Plan")
    VisitorAttribute.objects.create(organization=assistant.organization, name="mood", label="Mood")
    talk = log_in(assistant, name="Ada", email="ada@example.com", attributes={"plan": "free"}).conversation
    said = {"plan": "pro", "mood": "fine", "rank": "admin"}
    ignored = update_visitor(talk, name="Root", email="root@example.com", attributes=said)
    visitor = Visitor.objects.get()
    assert (visitor.name, visitor.email, ignored) == ("Ada", "ada@example.com", ("rank",))
    assert visitor.email_verified_at
    assert visitor.attributes == {
        "plan": {"value": "free", "verified": True},
        "mood": {"value": "fine", "verified": False},
    }


def test_what_the_server_has_not_signed_stays_data(assistant):
    talk = log_in(assistant).conversation
    update_visitor(talk, name="Ada", email="ada@example.com")
    visitor = Visitor.objects.get()
    assert (visitor.name, visitor.name_verified_at, visitor.email_verified_at) == ("Ada", None, None)


def meanwhile(act: Callable[[], object], before: int, doing: Callable[[], object]) -> None:
    """What another tab does, right before the statement with that number that `doing` sends."""
    sent: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        if len(sent) == before:
            act()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        doing()


@pytest.mark.parametrize("before", range(1, 5))
def test_an_address_is_never_proven_by_the_code_for_another(assistant, before):
    talk = open_session(assistant, make.ORIGIN).conversation
    row = Visitor.objects.filter(pk=talk.visitor_id)
    row.update(email="mine@example.com", email_verified_at=timezone.now())

    def prove() -> None:
        row.update(email="mine@example.com", email_verified_at=timezone.now())

    meanwhile(prove, before, lambda: update_visitor(talk, email="theirs@example.com"))
    visitor = row.get()
    assert visitor.email == "mine@example.com" or not visitor.email_verified_at
    assert talk.visitor.email == "mine@example.com" or not talk.visitor.email_verified_at


@pytest.mark.parametrize("before", range(1, 5))
def test_what_is_said_while_the_server_signs_it_is_never_taken_for_signed(assistant, before):
    talk = open_session(assistant, make.ORIGIN).conversation
    row = Visitor.objects.filter(pk=talk.visitor_id)

    def sign() -> None:
        now = timezone.now()
        facts = {"name": "Ada", "name_verified_at": now, "email": "ada@example.com", "email_verified_at": now}
        row.update(external_id="user-7", identified_at=now, **facts)

    meanwhile(sign, before, lambda: update_visitor(talk, name="Root", email="root@example.com"))
    visitor = row.get()
    assert visitor.name == "Ada" or not visitor.name_verified_at
    assert visitor.email == "ada@example.com" or not visitor.email_verified_at


def test_the_model_reads_the_attributes_that_staff_have_ticked_and_no_others(assistant):
    of = assistant.organization
    VisitorAttribute.objects.create(organization=of, name="plan", label="Plan", in_prompt=True)
    VisitorAttribute.objects.create(organization=of, name="debt", label="Debt")
    session = log_in(assistant, name="Ada", attributes={"plan": "pro", "debt": "9000"})
    talk = conversation_for_token(session.token, make.ORIGIN)
    text = prompt.instructions(prompt.build_scene(talk, now=timezone.now(), can_act=True))
    assert "Plan, from the site: pro" in text and "name, logged in on the site: Ada" in text
    assert "9000" not in text and "Debt" not in text and "user-7" not in text
