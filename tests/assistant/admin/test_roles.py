"""What each role may do: every act of the table is tried as each role, and nobody writes what their role does not allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.test import Client

from assistant.models import Appointment, Assistant, AuditEntry, Conversation, Delivery, Message, Organization, Visitor
from assistant.services.organizations.roles import RANKS, Act, Rank, Role, as_markdown, may
from assistant.services.privacy.inventory import INVENTORY, Term
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import addresses_with_object, entered, plain_addresses, row_of_mine, with_object
from tests.sampling import part

pytestmark = pytest.mark.django_db
LIST = "/admin/assistant/{}/"


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Organization]:
    """Made once; what a test changes of it is rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield fill("home", "Aardvark")
        transaction.set_rollback(True)


@pytest.fixture
def home(made: Organization, db: None) -> Organization:
    return deepcopy(made)


def act_on(client: Client, row: models.Model, action: str) -> Any:
    chosen = {"action": action, "sure": "yes", "_selected_action": [row.pk]}
    return client.post(LIST.format(row._meta.model_name), chosen)


def opens(page: str) -> Callable[[Client, Organization], bool]:
    return lambda client, home: client.get(page).status_code == 200


def reads(client: Client, home: Organization) -> bool:
    talk = Conversation.objects.get(organization=home)
    return client.get(f"{LIST.format('conversation')}{talk.pk}/change/").status_code == 200


def answers(client: Client, home: Organization) -> bool:
    talk = Conversation.objects.get(organization=home)
    client.post(f"{LIST.format('conversation')}{talk.pk}/answer/", {"text": "Hello"})
    return Message.objects.filter(conversation=talk, role="staff").exists()


def books(client: Client, home: Organization) -> bool:
    row = Appointment.objects.get(organization=home)
    act_on(client, row, "cancel")
    return Appointment.objects.get(pk=row.pk).state == Appointment.State.CANCELLED


def sends_again(client: Client, home: Organization) -> bool:
    row = Delivery.objects.get(organization=home)
    act_on(client, row, "send_again")
    return Delivery.objects.get(pk=row.pk).state == Delivery.State.QUEUED


def exports(client: Client, home: Organization) -> bool:
    answer = act_on(client, Visitor.objects.get(organization=home), "export_data")
    answer.close()
    return answer.get("Content-Type") == "application/zip"


def erases(client: Client, home: Organization) -> bool:
    act_on(client, Visitor.objects.get(organization=home), "erase")
    return not Visitor.objects.filter(organization=home).exists()


def deletes(client: Client, home: Organization) -> bool:
    page = f"{LIST.format('assistant')}{Assistant.objects.get(organization=home).pk}/delete/"
    return client.get(page).status_code == 200


def governs(client: Client, home: Organization) -> bool:
    return client.post(f"{LIST.format('organization')}{home.pk}/change/", {"name": ""}).status_code == 200


EXAMPLES = {
    Act.READ: reads, Act.ANSWER: answers, Act.BOOK: books, Act.SEND_AGAIN: sends_again,
    Act.SET_UP: opens(LIST.format("calendar") + "add/"), Act.EXPORT: exports, Act.DELETE: deletes, Act.ERASE: erases,
    Act.PAY: opens(LIST.format("provider") + "add/"), Act.GOVERN: governs,
    Act.MANAGE_MEMBERS: opens(LIST.format("invitation") + "add/"), Act.AUDIT: opens(LIST.format("auditentry") + "export/"),
}  # fmt: skip


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("act", EXAMPLES, ids=lambda act: act.name)
def test_a_role_does_what_the_table_says_and_nothing_else(home, role, act):
    assert EXAMPLES[act](entered(member(home, role)), home) == may(role, act)


def test_every_act_is_tried():
    assert set(EXAMPLES) == set(Act)


def test_each_role_may_all_that_the_lower_ones_may():
    assert [RANKS[role] for role in Role] == [Rank.OWNER, Rank.EDITOR, Rank.AGENT, Rank.VIEWER]
    assert {act.rank for act in Act} == {Rank.OWNER, Rank.EDITOR, Rank.AGENT, Rank.VIEWER}


def test_the_document_shows_the_table():
    assert as_markdown() in (Path(__file__).parents[3] / "docs" / "admin.md").read_text()


# --- Everything that can be posted, by those who may not write -------------------------------------------------------

PERSONAL = {"NotificationChoice", "PushSubscription"}  # each member's own: what they are told of, and where
OF_INSTALLATION = {"PushKey"}  # made on first use
SETTINGS = {name for name, table in INVENTORY.items() if table.term == Term.OWNER} - {"LogEntry", *PERSONAL}


def contents(names: set[str] | None = None) -> dict[str, list[Any]]:
    """All rows of these tables, or of all that an admin page could write."""
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if model not in (Session, UserSession, AuditEntry)
        and model.__name__ not in PERSONAL | OF_INSTALLATION
        and (names is None or model.__name__ in names)
    }


def post_everywhere(client: Client, home: Organization, share: int = 1) -> None:
    """Every address of the admin, or one in `share` of them, with what would be a yes to any question."""
    yes = {"post": "yes", "sure": "yes", "_save": "1", "text": "Hello", "name": "Changed", "confirm": "1"}
    rows = {model: row_of_mine(model, home) for model, _ in addresses_with_object() if model is not User}
    for model, path in part(addresses_with_object(), share, of=0):
        if row := rows.get(model):
            client.post(with_object(path, row.pk), yes)
    for model, row in part(rows.items(), share, of=0):
        for action in ("delete_selected", *(getattr(model_admin(model), "actions", None) or ())) if row else ():
            name = action if isinstance(action, str) else action.__name__
            client.post(LIST.format(model._meta.model_name), {**yes, "action": name, "_selected_action": [row.pk]})
    for path in part(plain_addresses(), share, of=0):
        client.post(path, yes)


def model_admin(model: type[models.Model]) -> Any:
    from django.contrib import admin

    return admin.site.get_model_admin(model)


def test_a_viewer_writes_nothing_wherever_they_post(home):
    user = member(home, "viewer")
    client = entered(user)
    before = contents()
    post_everywhere(client, home)
    assert contents() == before


def test_an_agent_changes_no_setting_wherever_they_post(home):
    client = entered(member(home, "agent"))
    before = contents(SETTINGS)
    post_everywhere(client, home, share=4)
    assert contents(SETTINGS) == before
