"""What an organization's staff set is read once, and a change reaches the next message in every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from assistant.models import (
    Assistant,
    Budget,
    Conversation,
    Method,
    Organization,
    Price,
    Provider,
    Visitor,
    VisitorAttribute,
)
from assistant.models.revisions import SetByStaff
from assistant.services.conversations.sessions import conversation_for_token, open_session
from assistant.services.organizations import access, snapshots
from assistant.services.organizations.snapshots import Snapshots
from tests import make

pytestmark = pytest.mark.django_db

OF_VISITORS = "visitors and turns write it"
READ_WHERE_USED = "no turn's first request needs it, and it is read where it is used"
ABOUT_STAFF = "it is about staff, not about what turns do"
LEFT_OUT = {
    **dict.fromkeys(["Visitor", "Conversation", "Message", "Event", "Turn", "ToolCall", "Card"], OF_VISITORS),
    **dict.fromkeys(["Appointment", "Delivery", "Question", "Spending", "Usage", "RefusedOrigin"], OF_VISITORS),
    **dict.fromkeys(["Notice", "NoticeText", "VoiceCall", "ConversationFile", "FileTotal"], OF_VISITORS),
    "DroppedFile": "it is what is left of files that are gone",
    **dict.fromkeys(["AppointmentNotice", "Feedback"], OF_VISITORS),
    "Removal": "it records what is gone",
    "AuditEntry": "it records what staff did",
    "ProviderHealth": "turns write it, and each must see what another process has just found out",
    **dict.fromkeys(["Calendar", "OpeningHours", "Closure", "SpecialHours", "Service", "Offering"], READ_WHERE_USED),
    **dict.fromkeys(["FormField", "MessageTemplate", "MessageChannel", "BlockedTime"], READ_WHERE_USED),
    **dict.fromkeys(["OfficeHours", "OfficeClosure", "IdentityKey", "Picture"], READ_WHERE_USED),
    **dict.fromkeys(["CalendarFeed", "OutsideCalendar", "BusyTime", "OutsideEntry"], READ_WHERE_USED),
    **dict.fromkeys(["OAuthClient", "CalendarAccount"], READ_WHERE_USED),
    **dict.fromkeys(["Document", "DocumentFile", "Passage", "PassageVector", "Embedding"], READ_WHERE_USED),
    **dict.fromkeys(["Tag", "CannedReply", "ConversationRead", "Notification", "TeamWebhook"], ABOUT_STAFF),
    **dict.fromkeys(["ConversationNote", "Invitation", "Membership", "PromptDraft", "PromptVersion", "Replay"], ABOUT_STAFF),
}


def belongs_to_an_organization(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    owners = {field.related_model for field in model._meta.concrete_fields if field.is_relation} - seen - {model}
    return Organization in owners or any(belongs_to_an_organization(one, seen | {model}) for one in owners)  # type: ignore[arg-type]


def test_every_model_of_an_organization_raises_its_revision_or_says_why_not():
    of_organizations = {
        one.__name__ for one in apps.get_app_config("assistant").get_models() if belongs_to_an_organization(one)
    }
    raising = {one.__name__ for one in SetByStaff.__subclasses__()}
    assert of_organizations - {"Organization"} == raising | set(LEFT_OUT)
    assert not raising & set(LEFT_OUT)


def rows() -> Iterator[Any]:
    """One row of each model that raises, of one organization."""
    organization = make.organization()
    yield make.assistant(organization)
    yield Method.objects.create(organization=organization, name="ask", kind="http", description="Asks.")
    yield Provider.objects.create(organization=organization, name="own", base_url="https://models.example/v1")
    yield Budget.objects.create(organization=organization)
    yield Price.objects.create(organization=organization, model="big", prompt=1, completion=2)
    yield VisitorAttribute.objects.create(organization=organization, name="plan", label="Plan")


def number(of: Organization) -> int:
    return Organization.objects.values_list("revision", flat=True).get(pk=of.pk)


def changed_field(row: Any) -> tuple[str, Any]:
    return {
        "Assistant": ("name", "Max"),
        "Method": ("description", "Looks."),
        "Provider": ("weight", 3),
        "Budget": ("sentence", "Later."),
        "Price": ("prompt", 9),
        "VisitorAttribute": ("in_prompt", True),
    }[type(row).__name__]


def by_save(row: Any) -> None:
    setattr(row, *changed_field(row))
    row.save()


def by_save_of_one_field(row: Any) -> None:
    name, value = changed_field(row)
    setattr(row, name, value)
    row.save(update_fields=[name])


def by_update(row: Any) -> None:
    name, value = changed_field(row)
    type(row).objects.filter(pk=row.pk).update(**{name: value})


def by_bulk_update(row: Any) -> None:
    name, value = changed_field(row)
    setattr(row, name, value)
    type(row).objects.bulk_update([row], [name])


def by_bulk_create(row: Any) -> None:
    type(row).objects.filter(pk=row.pk).delete()
    type(row).objects.bulk_create([row])


def by_delete(row: Any) -> None:
    row.delete()


def by_delete_of_many(row: Any) -> None:
    type(row).objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize(
    "change",
    [by_save, by_save_of_one_field, by_update, by_bulk_update, by_bulk_create, by_delete, by_delete_of_many],
    ids=lambda change: change.__name__,
)
def test_every_way_of_changing_what_staff_set_raises_the_revision(change: Callable[[Any], None]):
    for row in rows():
        before, other = number(row.organization), make.organization(f"Other {type(row).__name__}")
        change(row)
        assert number(row.organization) > before, type(row).__name__
        assert number(other) == 1, "another organization's is left alone"


def test_what_an_assistant_may_do_is_part_of_the_revision():
    assistant, method, *_ = rows()
    for change in (assistant.methods.add, assistant.methods.remove, method.assistants.add):
        before = number(assistant.organization)
        change(method if change.__self__.instance is assistant else assistant)
        assert number(assistant.organization) > before


def test_the_organizations_own_row_is_raised_whatever_the_instance_has_read():
    one = make.organization()
    late = Organization.objects.get(pk=one.pk)
    one.save()
    before = number(one)
    late.name = "Late"
    late.save()
    late.save(update_fields=["name"])
    assert number(one) == before + 2
    Organization.objects.filter(pk=one.pk).update(name="Later")
    assert number(one) == before + 3


def test_a_price_for_everybody_raises_everybodys_revision():
    one, two = make.organization("One"), make.organization("Two")
    Price.objects.create(model="big", prompt=1, completion=2)
    assert number(one) > 1 and number(two) > 1


def test_a_change_that_is_rolled_back_raises_nothing():
    assistant = make.assistant()
    before = number(assistant.organization)
    with pytest.raises(RuntimeError), transaction.atomic():
        assistant.save()
        raise RuntimeError
    assert number(assistant.organization) == before


def test_that_the_widget_was_seen_is_no_change():
    assistant = make.assistant()
    before = number(assistant.organization)
    access.record_page(assistant, make.ORIGIN)
    assert Assistant.objects.get(pk=assistant.pk).seen_at and number(assistant.organization) == before


def test_a_row_that_moves_to_another_organization_raises_both():
    method = next(row for row in rows() if isinstance(row, Method))
    old, new = method.organization, make.organization("New")
    before = number(old), number(new)
    method.organization = new
    method.save()
    assert number(old) > before[0] and number(new) > before[1]


# --- Snapshots --------------------------------------------------------------------------------------------------------


def test_a_change_reaches_every_process_that_has_a_snapshot(django_assert_num_queries):
    assistant = make.assistant(instructions="Be brief.")
    one, other = Snapshots(), Snapshots()  # as two processes have them
    for process in (one, other):
        assert process.at(assistant.organization_id, number(assistant.organization)).assistants[assistant.pk]
    revision = number(assistant.organization)
    with django_assert_num_queries(0):
        one.at(assistant.organization_id, revision)
    assistant.instructions = "Be kind."
    assistant.save()
    for process in (one, other):
        found = process.at(assistant.organization_id, number(assistant.organization))
        assert found.assistants[assistant.pk].instructions == "Be kind."


def test_the_next_message_is_answered_by_what_staff_have_just_set():
    assistant = make.assistant(name="Mia")
    session = open_session(assistant, make.ORIGIN)
    assert conversation_for_token(session.token, make.ORIGIN).assistant.name == "Mia"
    Assistant.objects.filter(pk=assistant.pk).update(name="Max")
    assert conversation_for_token(session.token, make.ORIGIN).assistant.name == "Max"


def test_what_one_conversation_is_given_is_no_other_conversations():
    assistant = make.assistant(name="Mia")
    session = open_session(assistant, make.ORIGIN)
    mine = conversation_for_token(session.token, make.ORIGIN)
    mine.assistant.name = mine.assistant.organization.name = "Changed"
    other = conversation_for_token(session.token, make.ORIGIN)
    assert (other.assistant.name, other.assistant.organization.name) == ("Mia", "Bright Smile")


def test_secrets_stay_sealed_in_a_snapshot():
    organization = make.organization()
    provider = Provider(organization=organization, name="own", base_url="https://models.example/v1")
    provider.set_key("sk-secret-canary", provider.base_url)
    provider.save()
    snapshot = Snapshots().at(organization.pk, number(organization))
    [row] = snapshot.organization.providers.all()
    assert "canary" not in repr(vars(row)) and row.key(row.base_url) == "sk-secret-canary"


def test_the_least_recently_written_to_organization_is_forgotten():
    few = Snapshots(limit=1)
    one, two = make.organization("One"), make.organization("Two")
    for organization in (one, two):
        few.at(organization.pk, 1)
    assert two.pk in few and one.pk not in few


def test_a_conversations_organization_is_the_one_of_its_assistant():
    conversation = make.conversation(last_message_at=timezone.now())
    found: Any = snapshots.conversation("conversation.id = %s", conversation.pk)
    assert found.organization is found.assistant.organization and found.organization.snapshot


def test_a_conversation_read_with_its_snapshot_is_as_the_orm_reads_it():
    visitor = make.conversation(last_message_at=timezone.now(), title="Opening hours").visitor
    visitor.email_verified_at = timezone.now()
    visitor.save()
    for pk in Conversation.objects.values_list("pk", flat=True):
        found: Any = snapshots.conversation("conversation.id = %s", pk)
        for row, orm in ((found, Conversation.objects.get(pk=pk)), (found.visitor, Visitor.objects.get(pk=visitor.pk))):
            fields = [field.attname for field in orm._meta.concrete_fields]
            assert [getattr(row, name) for name in fields] == [getattr(orm, name) for name in fields]
            assert not row._state.adding and row._state.db == orm._state.db
