"""What staff read: everything that was said and done, as text, with no secret among it."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import httpx
import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from assistant import outbound
from assistant.admin.providers.provider import ProviderAdmin
from assistant.models import Appointment, Assistant, Conversation, Delivery, Method, Organization, Provider
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.history import build_history
from assistant.services.organizations import access
from tests.assistant.admin.filled import METHOD_SECRET, PROVIDER_SECRET, fill, member
from tests.assistant.admin.test_scoping import addresses_with_object, entered, plain_addresses, row_of_mine, with_object
from tests.sampling import part

pytestmark = pytest.mark.django_db
POLYGLOT = "'\"><img src=x onerror=hacked()><script>hacked()</script>"


def pages(home: Organization) -> list[str]:
    rows = [
        with_object(path, row_of_mine(model, home).pk)
        for model, path in addresses_with_object()
        if model is not User and not path.endswith(("/close/", "/note/", "/answer/", "/typing/", "<path:object_id>/"))
    ]
    return [*plain_addresses(), *rows]


def test_nothing_that_strangers_write_is_markup_and_no_secret_is_told_on_any_page(boss):
    home = fill("home", POLYGLOT)
    sealed = [Method.objects.get().secrets["credential"]["sealed"], Provider.objects.get().sealed_key]
    for address in pages(home):
        answer = boss.get(address, follow=True)
        assert answer.status_code < 500, address
        body = answer.content.decode()
        is_file = answer.headers.get("Content-Disposition", "").startswith("attachment")
        assert is_file or "<img src=x" not in body, address
        assert is_file or "<script>hacked" not in body, address
        for secret in (METHOD_SECRET, PROVIDER_SECRET, *sealed):
            assert secret not in body, address
        # Alpine would evaluate what stands in an attribute of its own.
        assert not re.search(r"x-[\w:.-]+=\"[^\"]*hacked", body), address


def test_a_visited_page_is_shown_as_text_and_never_as_a_link(boss):
    home = fill("home", "Aardvark")
    talk = Conversation.objects.get(organization=home)
    assert 'href="javascript:' not in boss.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()


def test_a_form_that_is_sent_back_with_an_error_does_not_repeat_the_secret(boss):
    home = fill("home", "Aardvark")
    method, provider = Method.objects.get(organization=home), Provider.objects.get(organization=home)
    wrong = boss.post(f"/admin/assistant/method/{method.pk}/change/", {"secrets-value_credential": "new-secret-value"})
    assert wrong.status_code == 200
    assert "new-secret-value" not in wrong.content.decode()
    wrong = boss.post(f"/admin/assistant/provider/{provider.pk}/change/", {"key": "new-secret-value"})
    assert wrong.status_code == 200
    assert "new-secret-value" not in wrong.content.decode()


def test_history_names_what_was_changed_and_not_to_what(boss):
    home = fill("home", "Aardvark")
    provider = Provider.objects.get(organization=home)
    form = {"name": "Own", "base_url": provider.base_url, "smart": "m", "timeout_seconds": 20, "weight": 1, "headers": "{}"}
    assert boss.post(f"/admin/assistant/provider/{provider.pk}/change/", {**form, "key": "sk-0123456789"}).status_code == 302
    entry = LogEntry.objects.latest("action_time")
    assert "key" in entry.get_change_message()
    assert "sk-0123456789" not in entry.change_message


def test_a_failed_connection_test_is_shown_and_changes_no_measurements(boss):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/models"):
            return httpx.Response(200, json={"data": [{"id": "llama-at-home"}]})
        return httpx.Response(401, json={"error": {"message": f"Bad key {PROVIDER_SECRET}"}})

    home = fill("home", "Aardvark")
    provider = Provider.objects.get(organization=home)
    address = f"/admin/assistant/provider/{provider.pk}/test/"
    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        body = boss.post(address).content.decode()
    assert "This model cannot hold a conversation" in body
    assert "unauthorized" in body
    assert "llama-at-home" in body
    assert PROVIDER_SECRET not in body
    assert not provider.health.exists()
    assert "llama-at-home" in boss.get(f"/admin/assistant/provider/{provider.pk}/change/").content.decode()
    assert entered(member(home, "editor")).post(address).status_code == 403


@pytest.mark.parametrize(
    ("model", "kept"), [("assistant", "1 conversation"), ("service", "1 appointment"), ("calendar", "1 appointment")]
)
def test_what_is_in_use_is_not_deleted_and_says_what_keeps_it(boss, model, kept):
    home = fill("home", "Aardvark")
    row = apps.get_model("assistant", model).objects.get(organization=home)
    address = f"/admin/assistant/{model}/{row.pk}/delete/"
    for answer in (boss.get(address), boss.post(address, {"post": "yes"})):
        body = " ".join(answer.content.decode().split())
        assert answer.status_code == 200 and f"<li>{kept}</li>" in body and "permission" not in body
        assert ("Turn it off instead" in body) == (model != "calendar")
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert kept in boss.post(f"/admin/assistant/{model}/", chosen).content.decode()
    assert apps.get_model("assistant", model).objects.filter(pk=row.pk).exists()


class InAHurry(ProviderAdmin):
    test_seconds = 0.8


def test_nobody_waits_long_for_a_server_that_does_not_answer(rf):
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/models"):
            return httpx.Response(200, json={"data": [{"id": "llama-at-home"}]})
        await asyncio.sleep(30)
        raise AssertionError("the test went on")

    provider = Provider.objects.get(organization=fill("home", "Aardvark"))
    request = rf.post("/")
    request.user = User.objects.create_superuser("boss")
    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        body = InAHurry(Provider, site).test_view(request, str(provider.pk)).render().content.decode()
    assert "Stopped after 0.8 seconds. Not answered by then: chat, stream, tools" in body
    assert "llama-at-home" in body


def test_a_provider_in_a_private_network_is_refused(boss):
    home = fill("home", "Aardvark")
    form = {"name": "New", "smart": "m", "timeout_seconds": 20, "weight": 1, "headers": "{}", "organization": home.pk}
    response = boss.post("/admin/assistant/provider/add/", {**form, "base_url": "http://169.254.169.254/v1"})
    assert response.status_code == 200
    assert "base_url" in response.context["adminform"].form.errors


# --- Conversations ----------------------------------------------------------------------------------------------------


def test_a_conversation_shows_what_was_said_and_what_was_done(boss):
    home = fill("home", "Aardvark")
    talk = Conversation.objects.get(organization=home)
    body = boss.get(f"/admin/assistant/conversation/{talk.pk}/change/").content.decode()
    reference = Appointment.objects.get(organization=home).reference
    for seen in ("order_status", "Failed", reference, "Rated unhelpful", "iw-failed", "home@example.com", "Aardvark"):
        assert seen in body, seen


@pytest.mark.parametrize("words", ["Aardvark", "home@example.com", "reference"])
def test_conversations_are_found_by_words_address_and_reference(boss, words):
    home = fill("home", "Aardvark")
    fill("other", "Zanzibar")
    words = Appointment.objects.get(organization=home).reference if words == "reference" else words
    found = boss.get("/admin/assistant/conversation/", {"q": words}).context["cl"].result_list
    assert [row.organization for row in found] == [home]


def test_staff_close_a_conversation_by_post_alone(boss):
    home = fill("home", "Aardvark")
    talk = Conversation.objects.get(organization=home)
    address = f"/admin/assistant/conversation/{talk.pk}/close/"
    assert boss.get(address).status_code == 405
    assert entered(member(home, "viewer")).post(address).status_code == 403
    boss.post(address)
    talk.refresh_from_db()
    assert talk.state == Conversation.State.CLOSED


def test_staff_answer_a_visitor_and_hand_the_conversation_back(boss):
    home = fill("home", "Aardvark")
    talk = Conversation.objects.get(organization=home)
    page, answer, typing, seq = (
        f"/admin/assistant/conversation/{talk.pk}/{view}/" for view in ("change", "answer", "typing", "seq")
    )
    editor, viewer = (entered(member(home, role)) for role in ("editor", "viewer"))
    stranger = entered(member(fill("other", "Zanzibar"), "owner"))
    for address in (answer, typing):
        assert editor.get(address).status_code == 405
        assert viewer.post(address, {"text": "Mine"}).status_code == 403
        assert stranger.post(address, {"text": "Mine"}).status_code == 404
    before = viewer.get(seq).json()["seq"]
    editor.post(answer, {"text": "  "})
    assert viewer.get(seq).json()["seq"] == before
    assert editor.post(typing).status_code == 204
    editor.post(answer, {"text": POLYGLOT})
    talk.refresh_from_db()
    assert (talk.state, talk.staff.username, talk.messages.last().text) == ("staff", "editor-home", POLYGLOT)
    assert viewer.get(seq).json()["seq"] == talk.last_seq == before + 2
    assert "Hand back" in editor.get(page).content.decode() and "Hand back" not in viewer.get(page).content.decode()
    editor.post(answer, {"text": "not sent", "hand_back": ""})
    talk.refresh_from_db()
    assert (talk.state, talk.messages.last().text) == ("assistant", "editor-home has left the chat.")
    assert not talk.messages.filter(text="not sent").exists()


def test_staff_leave_notes_that_nobody_else_reads(boss):
    home = fill("home", "Aardvark")
    talk = Conversation.objects.get(organization=home)
    page, address = (f"/admin/assistant/conversation/{talk.pk}/{view}/" for view in ("change", "note"))
    editor, viewer = (entered(member(home, role)) for role in ("editor", "viewer"))
    assert editor.get(address).status_code == 405
    assert viewer.post(address, {"text": "Mine"}).status_code == 403
    assert entered(member(fill("other", "Zanzibar"), "owner")).post(address, {"text": "Mine"}).status_code == 404
    editor.post(address, {"text": "   "})
    editor.post(address, {"text": POLYGLOT})
    editor.post(address, {"text": "Called <b>back</b> on Monday."})
    refused = editor.post(address, {"text": "x" * 4001}, follow=True).content.decode()
    assert "The note has 4,001 characters" in refused and "maxlength" not in refused
    [first, second] = talk.notes.all()
    assert (first.text, str(second.by)) == (POLYGLOT, "editor-home")
    body = viewer.get(page).content.decode()
    assert "Called &lt;b&gt;back&lt;/b&gt; on Monday." in body and "editor-home" in body and "Add note" not in body
    seen = resume_session(talk, after=0).events
    assert seen and "Monday" not in str(seen)
    turn = talk.turns.last()
    assert "Monday" not in str(build_history(turn, 50))


def test_times_are_in_the_zone_that_all_of_a_members_organizations_share(boss):
    home = fill("home", "Aardvark")
    Organization.objects.filter(pk=home.pk).update(timezone="Pacific/Auckland")
    talk = Conversation.objects.get(organization=home)
    Conversation.objects.filter(pk=talk.pk).update(created_at=datetime(2030, 1, 8, 20, 30, tzinfo=UTC))
    address = f"/admin/assistant/conversation/{talk.pk}/change/"
    assert "Wed 9 Jan 2030, 09:30" in boss.get(address).content.decode()
    fill("other", "Zanzibar")
    assert "Tue 8 Jan 2030, 20:30" in boss.get(address).content.decode()
    assert "Wed 9 Jan 2030, 09:30" in entered(member(home, "viewer")).get(address).content.decode()


# --- Actions on a row's page ------------------------------------------------------------------------------------------


def test_an_appointment_is_cancelled_and_the_visitor_told(boss):
    home = fill("home", "Aardvark")
    booked = Appointment.objects.get(organization=home)
    booked.email = "jonas@example.org"
    booked.save()
    assert 'value="cancel"' in boss.get(f"/admin/assistant/appointment/{booked.pk}/change/").content.decode()
    chosen = {"action": "cancel", "_selected_action": [booked.pk]}
    asked = boss.post("/admin/assistant/appointment/", chosen).content.decode()
    booked.refresh_from_db()
    assert booked.state == Appointment.State.CONFIRMED and "Cancel 1 appointment?" in asked and booked.reference in asked
    boss.post("/admin/assistant/appointment/", chosen | {"sure": "yes", "notify": "on", "reason": "Ill"})
    booked.refresh_from_db()
    assert (booked.state, booked.cancel_reason) == (Appointment.State.CANCELLED, "Ill")
    assert Delivery.objects.filter(appointment=booked, to="jonas@example.org").exists()


def test_what_was_cancelled_in_the_list_can_be_undone_from_the_message_about_it(boss):
    booked = Appointment.objects.get(organization=fill("home", "Aardvark"))
    chosen = {"action": "cancel", "_selected_action": [booked.pk], "sure": "yes"}
    said = boss.post("/admin/assistant/appointment/", {**chosen, "message": "Sorry!"}, follow=True).content.decode()
    assert 'href="/admin/assistant/appointment/undo/">Undo</a>' in said
    asked = boss.get("/admin/assistant/appointment/undo/").content.decode()
    booked.refresh_from_db()
    assert booked.reference in asked and "Book it again?" in asked and booked.state == Appointment.State.CANCELLED
    done = boss.post("/admin/assistant/appointment/undo/", follow=True).content.decode()
    booked.refresh_from_db()
    assert f"Booked again: {booked.reference}." in done and booked.state == Appointment.State.CONFIRMED
    assert "There is nothing to undo" in boss.get("/admin/assistant/appointment/undo/").content.decode()


def test_nobody_undoes_a_cancellation_of_another_organization(boss):
    """Even with the tokens in their session, as when they have left that organization since."""
    booked = Appointment.objects.get(organization=fill("home", "Aardvark"))
    boss.post("/admin/assistant/appointment/", {"action": "cancel", "_selected_action": [booked.pk], "sure": "yes"})
    stranger = entered(member(fill("away", "Badger"), "editor"))
    session = stranger.session
    session["cancelled_appointments"] = boss.session["cancelled_appointments"]
    session.save()
    assert booked.reference not in stranger.get("/admin/assistant/appointment/undo/").content.decode()
    stranger.post("/admin/assistant/appointment/undo/")
    booked.refresh_from_db()
    assert booked.state == Appointment.State.CANCELLED


def test_a_delivery_that_was_given_up_is_sent_again(boss):
    home = fill("home", "Aardvark")
    dead = Delivery.objects.get(organization=home)
    assert "Send again" in boss.get(f"/admin/assistant/delivery/{dead.pk}/change/").content.decode()
    boss.post("/admin/assistant/delivery/", {"action": "send_again", "_selected_action": [dead.pk]})
    dead.refresh_from_db()
    assert dead.state == Delivery.State.QUEUED


# --- The first page ---------------------------------------------------------------------------------------------------


def test_the_first_page_says_what_is_still_to_be_done(boss):
    Organization.objects.create(name="New Ltd", slug="new")
    first = boss.get("/admin/")
    ((_, steps),) = first.context["unfinished"]
    asked = {step.step.name: step.done for step in steps if step.step.name != "provider"}  # the environment has one
    assert [name for name, done in asked.items() if done] == ["organization"]
    Organization.objects.update(team_email="team@example.com")
    ((_, steps),) = boss.get("/admin/").context["unfinished"]
    assert {step.step.name: step.done for step in steps}["notices"]


def test_the_first_page_warns_that_a_script_answers(boss, settings):
    settings.AI_ENVIRONMENT = {}
    settings.DEMO_MODEL = True
    Organization.objects.create(name="New Ltd", slug="new")
    assert "demonstration model answers" in boss.get("/admin/").content.decode()
    settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-1234567890abcdef", "AI_MODEL": "gpt-4.1"}
    body = boss.get("/admin/").content.decode()
    assert "demonstration model answers" not in body
    assert "gpt-4.1" in body
    assert "sk-1234567890abcdef" not in body


ENVIRONMENT = re.compile(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b|manage\.py")


ROLES = ["owner", "agent", "viewer"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("key", ["", "sk-1234567890abcdef"])
def test_members_read_what_they_can_do_and_nothing_of_the_servers_environment(settings, role, key):
    """Whether a script answers, or nothing does: variables are for those who run the installation."""
    settings.AI_ENVIRONMENT = {"AI_API_KEY": key, "AI_BASE_URL": "ftp://nowhere"} if key else {}
    settings.DEMO_MODEL = not key
    home = fill("home", "Aardvark")
    home.providers.all().delete()
    client = entered(member(home, role))
    today = client.get("/admin/").content.decode()
    assert ("No model answers" if key else "demonstration model answers") in today
    assert ("Add a provider</a> to use" if role == "owner" else "An owner of your organization can add a provider") in today
    some = part(plain_addresses(), 12, of=ROLES.index(role) + (3 if key else 0))
    for address in ("/admin/", *some, f"/admin/assistant/organization/{home.pk}/first-run/notices/"):
        answer = client.get(address)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            shown = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.S)
            assert set(ENVIRONMENT.findall(shown)) == set(), address


def test_a_broken_configuration_is_reported_without_its_value(boss, settings):
    settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-1234567890abcdef", "AI_BASE_URL": "ftp://nowhere"}
    body = boss.get("/admin/").content.decode()
    assert "No model answers" in body
    assert "AI_BASE_URL" in body
    assert "ftp://nowhere" not in body


def test_an_organization_lists_the_sites_allowed_to_show_its_widget(boss):
    none = {f"{name}-{count}_FORMS": 0 for name in ("budget", "closures") for count in ("TOTAL", "INITIAL")}
    new = {"name": "New", "slug": "new", "timezone": "UTC", "active": "on", "use_platform_providers": "alone", **none}
    assert "Enter the sites" in boss.post("/admin/assistant/organization/add/", new).content.decode()
    assert boss.post("/admin/assistant/organization/add/", {**new, "allow_any_origin": "on"}).status_code == 302


def test_a_new_member_becomes_staff(boss):
    home, user = fill("home", "Aardvark"), User.objects.create_user("new")
    address = f"/admin/auth/user/{user.pk}/change/"
    form = {"username": "new", "is_active": "on", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0}
    boss.post(address, {**form, "memberships-0-organization": home.pk, "memberships-0-role": "editor"})
    user.refresh_from_db()
    assert user.is_staff
    assert not user.is_superuser


def test_an_assistant_has_its_script_tag_and_says_when_it_was_last_seen(boss, settings):
    settings.PUBLIC_URL = "https://chat.example.com"
    home = fill("home", "Aardvark")
    assistant = Assistant.objects.get(organization=home)
    body = boss.get(f"/admin/assistant/assistant/{assistant.pk}/change/").content.decode()
    assert "&lt;script async src=&quot;https://chat.example.com/widget.js&quot;" in body
    assert assistant.public_key in body
    assert "Not seen on a site yet" in body
    Organization.objects.update(allowed_origins="https://shop.example")
    access.record_page(assistant, "https://shop.example")
    body = boss.get(f"/admin/assistant/assistant/{assistant.pk}/change/").content.decode()
    assert "Last opened 0\xa0minutes ago, on https://shop.example." in body
