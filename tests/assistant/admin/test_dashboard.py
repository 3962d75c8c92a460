"""The first page: what it says is so."""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from assistant.models import Delivery, Method, Organization
from assistant.services.conversations.messages import append_message
from assistant.services.deliveries import outbox
from assistant.services.organizations import access
from tests import make
from tests.assistant.admin.test_scoping import fields_of

pytestmark = pytest.mark.django_db


# Of the forms for members and limits on an organization's page.
NO_ROWS = {f"{prefix}-{count}_FORMS": 0 for prefix in ("budget", "closures") for count in ("TOTAL", "INITIAL")}


def queued(of, key: str) -> Delivery:
    return make.email(of, to="ann@example.com", subject="Hello", text="Hi.", key=key)


def test_retried_emails_are_counted_separately_from_those_given_up(boss):
    home = make.organization()
    assert "being retried" not in boss.get("/admin/").content.decode()
    queued(home, "not tried yet")
    for key, for_good in (("for now", False), ("for good", True)):
        outbox.failed(outbox.claim(queued(home, key).pk), "No answer", for_good=for_good)
    counts = {number.label: number.count for number in boss.get("/admin/").context["numbers"]}
    assert (counts["E-mails being retried"], counts["E-mails failed"]) == (1, 1)
    assert "Trying again" in boss.get("/admin/assistant/delivery/").content.decode()


def test_what_a_superuser_sees_is_looked_for_in_no_organization_one_by_one(boss, django_assert_max_num_queries):
    make.conversation()
    with django_assert_max_num_queries(100) as seen:
        boss.get("/admin/")
    tables = "conversation|appointment|turn|delivery|usage|question|assistant|method|refusedorigin"
    owned = rf'FROM "assistant_(?:{tables})".*"organization_id" IN \(SELECT'
    assert [query["sql"] for query in seen.captured_queries if re.search(owned, query["sql"])] == []


def test_a_session_in_which_nothing_was_written_is_no_conversation(boss):
    assistant = make.assistant()
    silent, talk = make.conversation(assistant), make.conversation(assistant)
    with transaction.atomic():
        append_message(talk, "visitor", "Hello")
    page = boss.get("/admin/")
    counts = {number.label: number.count for number in page.context["numbers"]}
    assert counts["Conversations today"] == 1
    assert str(talk.pk) in page.content.decode() and str(silent.pk) not in page.content.decode()


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("interworky.demo.mailbox.MailboxBackend", "kept in the demo mailbox"),
        ("interworky.unsent_mail.UnsentBackend", "server's log names them"),
    ],
)
def test_the_first_page_says_when_e_mails_are_not_sent(boss, settings, backend, said):
    make.organization()
    assert "E-mails are not sent" not in boss.get("/admin/").content.decode()
    settings.EMAIL_BACKEND = backend
    first = boss.get("/admin/").content.decode()
    assert "E-mails are not sent" in first and said in first.replace("&#x27;", "'")


def test_the_first_page_names_a_method_that_would_notify_nobody(boss):
    home = make.organization()
    method = Method.objects.create(organization=home, name="fetch_someone", kind="handoff", description="x")
    make.assistant(home).methods.add(method)
    said = "Nobody is notified when a visitor asks for a person"
    first = boss.get("/admin/").content.decode()
    assert said in first and f"/admin/assistant/method/{method.pk}/change/" in first
    Organization.objects.update(team_email="team@example.com")
    assert said not in boss.get("/admin/").content.decode()


def test_saving_a_setting_that_leaves_nobody_to_notify_shows_a_warning(boss):
    home = make.organization(team_email="team@example.com", website="https://www.example.com")
    make.assistant(home).methods.add(
        Method.objects.create(organization=home, name="fetch_someone", kind="handoff", description="x")
    )
    for address in (f"organization/{home.pk}", f"method/{Method.objects.get().pk}"):
        page = f"/admin/assistant/{address}/change/"
        for team, warned in (("team@example.com", False), ("", True)):
            Organization.objects.update(team_email=team)
            fields = fields_of(boss, page) | NO_ROWS | ({"team_email": team} if "organization" in address else {})
            saved = boss.post(page, fields, follow=True)
            assert saved.redirect_chain, saved.context["adminform"].form.errors
            warnings = [str(message) for message in saved.context["messages"]]
            assert any("Nobody is notified" in text for text in warnings) == warned, (address, team, warnings)


def test_a_widget_on_our_own_page_does_not_prove_that_the_tag_is_installed(boss, settings):
    assistant = make.assistant(make.organization())
    for origin, done in ((settings.PUBLIC_URL, False), (make.ORIGIN, True)):
        access.record_page(assistant, origin)
        ((_, steps),) = boss.get("/admin/").context["unfinished"]
        assert steps[-1].done is done
