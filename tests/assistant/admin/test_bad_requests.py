"""What no page of ours sends: null characters, numbers that no row has, and days outside of time. Each gets an answer."""

from __future__ import annotations

import pytest
from django.contrib.admin import site
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from assistant.models import Assistant, Calendar, Conversation, Organization
from assistant.services.conversations.messages import post_message
from assistant.services.primary_keys import NO_ROW, parse_pk
from interworky.null_characters import REFUSAL
from tests import make

ADMIN = "/admin/assistant/"
INBOX = f"{ADMIN}conversation/inbox/"
LISTS = ("conversation", "appointment", "document", "method", "delivery", "question", "visitor", "provider")
HUGE = ["9" * 5000, "9" * 30, "٣", "-1", "1.5", "x"]


@pytest.fixture
def talk(home: Organization) -> Conversation:
    made = make.conversation(home.assistants.get())
    post_message(made, "c-1", "Is there a lift?")
    return made


# --- Null characters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["?q=lift%00", "?tag=%00vip", "?tab=mine%00"])
def test_a_null_character_in_the_inbox_address_is_refused_by_name(editor, talk, query):
    refused = editor.get(f"{INBOX}list/{query}")
    assert (refused.status_code, refused.content.decode()) == (400, REFUSAL)


@pytest.mark.parametrize("model", LISTS)
def test_a_null_character_in_the_address_of_a_list_is_refused(boss, home, model):
    for query in ("?q=a%00b", "?o=1%00", "?id__exact=%00", "?e=%00"):
        assert boss.get(f"{ADMIN}{model}/{query}").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["api/v1/config/%00", "pictures/%00.png", "appointments/%00/", "feedback/%00/", "chat/%00"])
def test_a_null_character_in_a_public_address_finds_nothing(path):
    assert Client().get(f"/{path}").status_code in (400, 403, 404)


@pytest.mark.django_db
def test_a_null_character_in_a_cookie_is_refused():
    visitor = Client()
    visitor.cookies["sessionid"] = "ab\0cdefghijk"
    assert visitor.get("/admin/").status_code == 400


def test_null_characters_are_left_out_of_what_staff_write_in_the_inbox(editor, talk):
    assert editor.post(f"{INBOX}{talk.pk}/tag/", {"name": "v\0ip"}).status_code == 200
    assert editor.post(f"{INBOX}{talk.pk}/note/", {"text": "A \0regular."}).status_code == 200
    assert editor.post(f"{INBOX}{talk.pk}/note/", {"text": " \0 "}).status_code == 400
    assert editor.post(f"{ADMIN}conversation/{talk.pk}/note/", {"text": "Comes\0 often."}).status_code == 302
    assert editor.post(f"{INBOX}{talk.pk}/reply/", {"text": "Yes\0.", "seq": "99"}).status_code == 200
    assert editor.post(f"{INBOX}{talk.pk}/hand-back/", {"note": "Be \0kind."}).status_code == 200
    talk.refresh_from_db()
    assert {tag.name for tag in talk.tags.all()} == {"vip"}
    assert [note.text for note in talk.notes.order_by("pk")] == ["A regular.", "Comes often."]
    assert talk.messages.get(role="staff").text == "Yes." and talk.note_to_assistant == "Be kind."


def test_null_characters_are_left_out_of_what_a_method_is_tested_with(boss, home):
    method = home.methods.first()
    given = {f"argument-{name}": "a\0b" for name in method.parameters.get("properties", {})}
    assert boss.post(f"{ADMIN}method/{method.pk}/test/", given).status_code == 200


# --- Primary keys -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", *HUGE, "9" * 19])
def test_what_no_row_can_have_is_no_primary_key(text):
    assert parse_pk(text) == NO_ROW


def test_a_primary_key_is_read():
    assert (parse_pk("7"), parse_pk(7), parse_pk("9" * 18)) == (7, 7, 10**18 - 1)


@pytest.mark.parametrize("pk", HUGE)
def test_no_staff_page_fails_at_a_number_that_no_row_has(boss, home, talk, pk):
    assistant = Assistant.objects.get()
    asked = [
        boss.get(f"{ADMIN}method/add/", {"organization": pk, "kind": "http"}),
        boss.get(f"{ADMIN}method/import/", {"organization": pk}),
        boss.get(f"{ADMIN}document/add/", {"question": pk}),
        boss.get(f"{ADMIN}document/search/", {"assistant": pk, "query": "lift"}),
        boss.get(f"{ADMIN}appointment/schedule/print/", {"calendar": pk}),
        boss.get(f"{ADMIN}appointment/schedule/events/", {"calendar": pk, "first": "2030-03-04", "last": "2030-03-05"}),
        boss.post(f"{ADMIN}appointment/schedule/unblock/", {"id": pk}),
        boss.post(f"{ADMIN}assistant/{assistant.pk}/origin/", {"allow": pk}),
        boss.post(f"{INBOX}{talk.pk}/assign/", {"user": pk}),
    ]
    assert [answer.status_code for answer in asked] == [404, 404, 200, 200, 200, 200, 404, 302, 400]


NOTHING = ["9" * 30, "-1", "x", "\u202e", "00000000-0000-0000-0000-000000000000"]


@pytest.mark.parametrize("nothing", [NOTHING, *([one] for one in NOTHING)], ids=lambda one: ascii(one)[:12])
def test_an_action_on_what_does_not_exist_says_so_in_every_list(boss, home, nothing):
    request, said = boss.get("/admin/").wsgi_request, {}
    for model, its_admin in site._registry.items():
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for action in list(its_admin.get_actions(request))[:1]:
            answer = boss.post(page, {"action": action, "_selected_action": nothing})
            said[page] = answer.status_code, [str(message) for message in get_messages(answer.wsgi_request)]
    right = [["What you selected does not exist any more."] * number for number in range(1, len(said) + 1)]
    assert len(said) > 20 and [said[page] for page in said] == [(302, texts) for texts in right], said


@pytest.mark.parametrize("pk", ["9" * 30, "9" * 18, "-1", "x"])
def test_rows_that_cannot_be_chosen_are_refused_beside_their_field(boss, home, pk):
    document = home.documents.get()
    for page in (f"{ADMIN}document/{document.pk}/change/", f"{ADMIN}method/{home.methods.get().pk}/change/"):
        answer = boss.post(page, {"assistants": [pk]})
        assert answer.status_code == 200 and answer.context["adminform"].form.errors["assistants"], page


def test_an_action_on_some_rows_that_are_gone_is_one_on_the_others(boss, home):
    method = home.methods.get()
    chosen = {"action": "delete_selected", "_selected_action": [str(method.pk), "x"], "post": "yes"}
    assert boss.post(f"{ADMIN}method/", chosen).status_code == 302 and not home.methods.exists()


# --- Days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "2030-02-30", "soon", ""])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_day_that_cannot_be_shown_is_refused_by_name_in_the_calendar_and_on_paper(boss, home, day, zone):
    Calendar.objects.update(timezone=zone)
    printed = boss.get(f"{ADMIN}appointment/schedule/print/", {"day": day}, follow=True)
    assert printed.redirect_chain and f"“{day}”" in printed.content.decode()
    shown = boss.get(f"{ADMIN}appointment/schedule/events/", {"first": day, "last": day})
    assert shown.status_code == 400 and f"“{day}”" in shown.json()["error"]
