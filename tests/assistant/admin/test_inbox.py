"""The inbox page: what it is given to show, and what staff may do on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assistant.models import AuditEntry, Conversation, Organization
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from tests import make
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered

BASE = "/admin/assistant/conversation/inbox/"
ACTS = {
    "reply": {"text": "Hello.", "seq": "99"},
    "take": {},
    "hand-back": {"note": "Be kind."},
    "note": {"text": "A regular."},
    "assign": {"user": ""},
    "tag": {"name": "vip"},
    "untag": {"name": "vip"},
    "snooze": {"hours": "4"},
    "close": {},
}


@pytest.fixture
def talk(home: Organization) -> Conversation:
    made = make.conversation(home.assistants.get())
    post_message(made, "c-1", "Is there a <b>lift</b>?", {"url": "javascript:alert(1)", "title": "Rooms"})
    change_state(made, "waiting")
    return made


def lines(client, **query) -> list[str]:
    return [line["id"] for line in client.get(f"{BASE}list/", query).json()["lines"]]


def test_staff_see_who_waits_and_everything_beside_it(home, editor, talk):
    home.conversations.exclude(pk=talk.pk).update(visitor=talk.visitor)
    found = editor.get(f"{BASE}list/").json()
    assert [line["id"] for line in found["lines"]] == [str(talk.pk)] and found["counts"] == {"waiting": 1, "mine": 0}
    assert found["lines"][0]["unread"] is True and found["lines"][0]["reach"] == "Nobody was notified"
    shown = editor.get(f"{BASE}{talk.pk}/").json()
    assert [(item["role"], item["text"]) for item in shown["items"]] == [("visitor", "Is there a <b>lift</b>?")]
    assert shown["page"] == {"title": "Rooms", "url": ""}  # no address that runs something
    assert shown["may_act"] and [one["title"] for one in shown["earlier"]] == ["Aardvark"]
    assert [person["name"] for person in shown["people"]] == ["editor-home"]
    page = editor.get(BASE).content.decode()
    assert "inbox/page.js" in page and "Canned" in page


def test_a_booking_with_a_place_is_shown_in_the_inbox_and_on_the_page(editor, talk):
    booked = make.receipt(talk)
    shown = editor.get(f"{BASE}{talk.pk}/")
    assert shown.status_code == 200
    card = shown.json()["items"][-1]["text"].splitlines()
    assert card[0] == "Appointment confirmed" and card[-1] == "Bring a towel."
    wanted = ["Where: 12 High Street, Leeds", "Price: £45", "Your dog's name: Rex"]
    assert [line for line in card if line in wanted] == wanted
    page = editor.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()
    assert f"<b>{booked.reference}</b>" in page and "<dt>Where</dt><dd>12 High Street, Leeds</dd>" in page


def test_a_text_that_is_too_long_is_refused_with_its_limit_and_nothing_is_sent(editor, talk):
    tail, at_most = " and that is all.", "Shorten it to {} at most."
    for act, limit in (("reply", 4000), ("note", 4000), ("hand-back", 1000)):
        text = "x" * limit + tail
        answer = editor.post(f"{BASE}{talk.pk}/{act}/", {"text": text, "note": text, "seq": 99})
        assert answer.status_code == 400 and at_most.format(f"{limit:,}") in answer.json()["error"], act
    talk.refresh_from_db()
    assert not talk.notes.exists() and not talk.messages.filter(role="staff").exists() and not talk.note_to_assistant
    limits = editor.get(BASE).context["config"]["most_chars"]
    assert limits == {"reply": 4000, "note": 4000, "hand_back": 1000}


def test_a_canned_reply_that_is_too_long_stays_in_its_form(home, editor):
    text = "x" * 2000 + " and that is all."
    form = {"organization": home.pk, "shortcut": "long", "text": text}
    page = editor.post("/admin/assistant/cannedreply/add/", form)
    assert "at most 2000 characters (it has 2017)" in page.content.decode() and text in page.content.decode()
    assert 'maxlength="2000"' not in page.content.decode(), "a browser would cut what is pasted without a word"
    assert not home.canned_replies.filter(shortcut="long").exists()


def test_who_opened_a_conversation_in_the_inbox_is_in_the_audit_log(home, editor, talk):
    editor.get(f"{BASE}{talk.pk}/")
    editor.get(f"{BASE}{talk.pk}/")
    [look] = AuditEntry.objects.filter(act="looked", object_id=str(talk.pk))
    assert look.organization == home and look.by.username == "editor-home"


@pytest.mark.parametrize("act", ACTS)
def test_an_editor_acts_and_a_viewer_reads(home, editor, talk, act):
    viewer = entered(member(home, "viewer"))
    assert viewer.get(f"{BASE}{talk.pk}/").json()["may_act"] is False
    before = Conversation.objects.values().get(pk=talk.pk)
    refused = viewer.post(f"{BASE}{talk.pk}/{act}/", ACTS[act])
    assert refused.status_code == 403 and "role" in refused.json()["error"]
    assert Conversation.objects.values().get(pk=talk.pk) == before and not talk.notes.exists() and not talk.tags.exists()
    assert editor.post(f"{BASE}{talk.pk}/{act}/", ACTS[act]).json() == {"ok": True}


@pytest.mark.parametrize("act", [*ACTS, "read"])
def test_nobody_acts_on_anothers_conversation(editor, db, act):
    theirs = fill("theirs", "Zanzibar").conversations.get()
    before = Conversation.objects.values().get(pk=theirs.pk)
    assert editor.post(f"{BASE}{theirs.pk}/{act}/", ACTS.get(act, {"seq": 1})).status_code == 404
    assert editor.get(f"{BASE}{theirs.pk}/").status_code == 404
    assert Conversation.objects.values().get(pk=theirs.pk) == before
    assert str(theirs.pk) not in lines(editor, tab="open")


def test_two_answers_to_one_message_cannot_cross_unseen(home, editor, talk):
    seq = editor.get(f"{BASE}{talk.pk}/").json()["seq"]
    other = entered(member(home, "owner"))
    assert other.post(f"{BASE}{talk.pk}/reply/", {"text": "To the left.", "seq": seq}).json() == {"ok": True}
    answer = editor.post(f"{BASE}{talk.pk}/reply/", {"text": "No.", "seq": seq})
    assert answer.status_code == 409
    assert (answer.json()["crossed"]["text"], answer.json()["crossed"]["by"]) == ("To the left.", "owner-home")
    assert editor.post(f"{BASE}{talk.pk}/reply/", {"text": "And right.", "seq": answer.json()["crossed"]["seq"]}).json()[
        "ok"
    ]


def test_what_was_answered_is_read_and_mine(editor, talk):
    editor.post(f"{BASE}{talk.pk}/reply/", {"text": "To the left.", "seq": 99})
    found = editor.get(f"{BASE}list/", {"tab": "mine"}).json()
    assert [(line["id"], line["unread"]) for line in found["lines"]] == [(str(talk.pk), False)]
    post_message(talk, "c-2", "Thanks!")
    found = editor.get(f"{BASE}list/", {"tab": "mine"}).json()
    assert (found["lines"][0]["unread"], found["unread"]) == (True, 1)
    editor.post(f"{BASE}{talk.pk}/read/", {"seq": found["lines"][0]["seq"]})
    assert editor.get(f"{BASE}list/", {"tab": "mine"}).json()["unread"] == 0


def test_a_conversation_is_given_to_members_of_its_organization_alone(home, editor, talk):
    colleague = member(home, "owner")
    stranger = member(make.organization("Other"), "owner")
    assert editor.post(f"{BASE}{talk.pk}/assign/", {"user": colleague.pk}).json() == {"ok": True}
    for user in (stranger.pk, "nobody", "9" * 15, "²"):
        answer = editor.post(f"{BASE}{talk.pk}/assign/", {"user": user})
        assert answer.status_code == 400 and "can no longer answer for" in answer.json()["error"]
    talk.refresh_from_db()
    assert talk.assigned == colleague


def test_the_list_is_searched_and_filtered(home, editor, talk):
    editor.post(f"{BASE}{talk.pk}/tag/", {"name": "vip"})
    assert lines(editor, tab="open", q="lift") == [str(talk.pk)]
    assert lines(editor, tab="open", q="escalator") == []
    assert lines(editor, tab="open", tag="vip") == [str(talk.pk)]
    assert lines(editor, tab="nonsense") == [str(talk.pk)]


def test_the_page_knows_when_a_snooze_ends(editor, talk):
    assert editor.post(f"{BASE}{talk.pk}/snooze/", {"hours": "5000"}).status_code == 400
    editor.post(f"{BASE}{talk.pk}/snooze/", {"hours": "4"})
    found = editor.get(f"{BASE}list/").json()
    talk.refresh_from_db()
    assert found["lines"] == [] and found["again_at"] == talk.snoozed_until.isoformat()
    assert talk.snoozed_until > timezone.now() + timedelta(hours=3)


@pytest.mark.parametrize("seq", ["", "-1", "x", "9" * 40])
def test_a_form_without_its_number_is_refused_by_name(editor, talk, seq):
    answer = editor.post(f"{BASE}{talk.pk}/reply/", {"text": "Hello.", "seq": seq})
    assert answer.status_code == 400 and "seq" in answer.json()["error"]
    assert not talk.messages.filter(role="staff").exists()


def test_the_list_takes_few_queries_however_long_it_is(home, editor, django_assert_max_num_queries):
    for number in range(12):
        one = make.conversation(home.assistants.get())
        post_message(one, "c-1", f"Hello {number}")
        change_state(one, "waiting")
    with django_assert_max_num_queries(18):
        assert len(lines(editor)) == 12


def test_a_superuser_sees_every_organization_and_may_be_assigned(talk, db):
    boss = User.objects.create_superuser("boss")
    client = entered(boss)
    assert client.post(f"{BASE}{talk.pk}/assign/", {"user": boss.pk}).json() == {"ok": True}
    assert lines(client, tab="mine") == [str(talk.pk)]


def test_a_viewers_unread_mark_goes_when_they_have_read_and_nobody_elses_does(home, editor, talk):
    viewer = entered(member(home, "viewer"))
    unread = [client.get(f"{BASE}list/").json()["lines"][0]["unread"] for client in (viewer, editor)]
    assert unread == [True, True]
    assert viewer.post(f"{BASE}{talk.pk}/read/", {"seq": "99"}).json() == {"ok": True}
    unread = [client.get(f"{BASE}list/").json()["lines"][0]["unread"] for client in (viewer, editor)]
    assert unread == [False, True]
    stranger = entered(member(make.organization("Away"), "owner"))
    assert stranger.post(f"{BASE}{talk.pk}/read/", {"seq": "99"}).status_code in (302, 403, 404)
