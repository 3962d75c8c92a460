"""Visitors' own access to their data: what a session covers, what is in the download, and what erasing leaves."""

from __future__ import annotations

import json
import time
import zipfile
from contextlib import closing
from typing import IO, Any

import pytest
from django.utils import timezone

from assistant.errors import NotAllowed, NotFound, TooMuch, TurnTaken
from assistant.models import AuditEntry, Conversation, Delivery, Organization, Removal, Turn, Visitor
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.sessions import Session, issue, open_session
from assistant.services.organizations import rate_limits
from assistant.services.privacy import export, inventory, own_data
from tests import make
from tests.assistant.services.privacy.planted import plant, rows_with

pytestmark = pytest.mark.django_db
WORD, OTHERS = "qzvisitorwordqz", "qzneighbourwordqz"

# What a visitor's own download leaves out, and why. A table about visitors stands here or in `export.OWN`.
LEFT_OUT = {
    "ConversationNote": "the team's notes for itself",
    "ConversationRead": "what staff have read",
    "Notification": "what staff were told",
    "Event": "the same as messages and cards, as a widget gets it",
    "Turn": "how replies were made",
    "Question": "a copy of a message, for staff",
    "Replay": "how replies would be made now",
    "ToolCall": "what methods were asked and read in the organization's systems; what came of it is on cards",
}


@pytest.fixture(autouse=True)
def fresh(queued_tasks: list[Any]) -> None:
    rate_limits.reset()


@pytest.fixture
def home() -> Organization:
    return make.organization(visitors_manage_data=True)


@pytest.fixture
def assistant(home: Organization) -> Any:
    return make.assistant(home)


def come(assistant: Any, **fields: Any) -> Session:
    """A visitor with a session; `fields` are what is known of them."""
    session = open_session(assistant, make.ORIGIN)
    Visitor.objects.filter(pk=session.conversation.visitor_id).update(**fields)
    post_message(session.conversation, "c-1", f"Hello from {session.conversation.visitor_id}")
    return session


def proven(address: str = "ada@example.com") -> dict[str, Any]:
    return {"email": address, "email_verified_at": timezone.now()}


def covered(session: Session) -> set[Any]:
    return {visitor.pk for visitor in own_data.coverage(session.conversation).visitors}


def mine(*sessions: Session) -> set[Any]:
    return {session.conversation.visitor_id for session in sessions}


def erase(session: Session, origin: str = make.ORIGIN) -> None:
    own_data.erase(session.token, origin)


def unpacked(file: IO[bytes]) -> tuple[dict[str, Any], str, list[str]]:
    with file, zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("visitor.json")), archive.read("visitor.html").decode(), archive.namelist()


# --- What a session covers --------------------------------------------------------------------------------------------


def test_nothing_is_offered_until_an_owner_allows_it(assistant):
    session = come(assistant)
    Organization.objects.update(visitors_manage_data=False)
    session = open_session(assistant, make.ORIGIN, token=session.token)
    for attempt in (own_data.coverage, own_data.download):
        with pytest.raises(NotFound):
            attempt(session.conversation)
    with pytest.raises(NotFound):
        erase(session)
    assert Visitor.objects.count() == 1 and not AuditEntry.objects.exists()


def test_a_session_covers_its_own_browser_and_nobody_who_typed_the_same_address(assistant):
    session, other = come(assistant, email="ada@example.com"), come(assistant, **proven())
    assert covered(session) == mine(session)
    assert own_data.coverage(session.conversation).as_json() == {
        "covers": "browser", "conversations": 1, "appointments": 0
    }  # fmt: skip
    assert covered(other) == mine(other)


def test_a_proven_address_covers_every_browser_in_which_it_was_proven(assistant):
    laptop, phone = come(assistant, **proven()), come(assistant, **proven("Ada@Example.com"))
    unproven, another = come(assistant, email="ada@example.com"), come(assistant, **proven("bob@example.com"))
    elsewhere = come(make.assistant(make.organization("Elsewhere", visitors_manage_data=True)), **proven())
    assert covered(laptop) == mine(laptop, phone)
    told = own_data.coverage(laptop.conversation).as_json()
    assert (told["covers"], told["email"], told["conversations"]) == ("address", "ada@example.com", 2)
    erase(laptop)
    assert set(Visitor.objects.values_list("pk", flat=True)) == mine(unproven, another, elsewhere)


def test_an_address_that_came_with_a_login_joins_nobody_else(assistant):
    """The organization's server may have taken it unproven: it must not lead to what others have said."""
    user, other = come(assistant, **proven()), come(assistant, **proven())
    colleague = come(assistant, external_id="user-8", **proven())
    Visitor.objects.filter(pk=user.conversation.visitor_id).update(external_id="user-7")
    user.conversation.visitor.refresh_from_db()
    assert (covered(user), own_data.coverage(user.conversation).covers) == (mine(user), "user")
    assert covered(other) == mine(other) and covered(colleague) == mine(colleague)


# --- The download -----------------------------------------------------------------------------------------------------


def test_every_table_about_visitors_is_in_the_download_or_left_out_for_a_reason():
    about = {
        model.__name__ for model, table in inventory.models() if table.owner and table.erasure != inventory.Erasure.UNLINKED
    }
    assert about == set(export.OWN) | set(LEFT_OUT) and not set(export.OWN) & set(LEFT_OUT)
    for name, fields in export.OWN.items():
        table = inventory.INVENTORY[name]
        assert set(fields.split()) <= {*table.names(inventory.About.VISITOR), *table.shown.split()}, name


def test_the_download_has_what_the_visitor_said_and_booked_and_nothing_of_others_or_of_the_team():
    visitor, _ = plant("one", WORD), plant("two", OTHERS)
    Organization.objects.update(visitors_manage_data=True)
    talk = Conversation.objects.get(visitor=visitor)
    talk.notes.update(text="qznoteqz")
    talk.tool_calls.update(result="qzresultqz", arguments={"crm": "qzargumentqz"})
    Conversation.objects.filter(pk=talk.pk).update(note_to_assistant="qzhandbackqz", summary="qzsummaryqz")
    Delivery.objects.filter(conversation=talk).update(to="team@example.com", text="qzteamqz")
    found, page, _ = unpacked(own_data.download(Conversation.objects.get(pk=talk.pk)))
    assert {"Visitors", "Conversations", "Messages", "Appointments"} <= set(found["tables"])
    said = json.dumps(found) + page
    assert WORD in said and OTHERS not in said and "ask them for it" in page
    for internal in ("note", "result", "argument", "handback", "summary", "team"):
        assert f"qz{internal}qz" not in said


def test_the_download_has_the_e_mails_that_went_to_the_visitor():
    visitor = plant("one", WORD)
    Organization.objects.update(visitors_manage_data=True)
    talk = Conversation.objects.get(visitor=visitor)
    Delivery.objects.filter(conversation=talk).update(
        to="somebody@example.com", key=f"transcript:{talk.pk}:1", text="qzreceivedqz"
    )
    found, _, _ = unpacked(own_data.download(talk))
    assert "qzreceivedqz" in json.dumps(found["tables"]["Deliveries"])


def test_while_one_download_is_made_another_waits_and_afterwards_gets_its_own(assistant):
    session = come(assistant)
    with own_data.making:
        with pytest.raises(TooMuch) as busy, closing(own_data.download(session.conversation)):
            pass
        assert busy.value.retry_after_seconds > 0 and not AuditEntry.objects.exists()
    for _ in range(2):
        own_data.download(session.conversation).close()
    assert AuditEntry.objects.count() == 2


# --- Erasing ----------------------------------------------------------------------------------------------------------


def test_a_visitor_erases_everything_of_theirs_and_the_log_says_who_it_was():
    visitor, _ = plant("one", WORD), plant("two", OTHERS)
    Organization.objects.update(visitors_manage_data=True)
    talk = Conversation.objects.get(visitor=visitor)
    before = list(AuditEntry.objects.values_list("pk", flat=True))
    talk.identified_until = int(time.time()) + 3600  # the planted visitor is logged in
    erase(issue(talk, make.ORIGIN))
    assert list(rows_with(WORD)) == []
    removal = Removal.objects.get(visitor=visitor.pk)
    assert (removal.reason, removal.by) == ("visitor", None) and removal.counts["Conversation"] == 1
    [entry] = AuditEntry.objects.exclude(pk__in=before)
    assert (entry.act, entry.by_name, entry.object_id, entry.network) == ("deleted", "the visitor", str(visitor.pk), "")


def test_erasing_again_with_the_same_token_is_answered_alike_and_changes_nothing(assistant):
    session = come(assistant)
    erase(session)
    erase(session)
    assert Removal.objects.count() == 1 == AuditEntry.objects.count()


def test_a_token_that_never_was_one_or_is_of_another_site_erases_nothing(assistant):
    session = come(assistant)
    for token, origin in (("nonsense", make.ORIGIN), ("", make.ORIGIN), (session.token, "https://evil.example")):
        with pytest.raises(NotAllowed):
            own_data.erase(token, origin)
    assert Visitor.objects.count() == 1


def test_a_reply_at_work_brings_nothing_back(assistant):
    session = come(assistant)
    turn = claim_turn(Turn.objects.get().pk)
    erase(session)
    with pytest.raises(TurnTaken):
        finish_turn(turn, Outcome(Turn.State.DONE, "A late reply"))
    gone = str(session.conversation.visitor_id)
    assert sorted(rows_with(gone)) == ["AuditEntry.object_id", "Removal.visitor"]
