"""A slots card that its visitor looks through: days, months, services and calendars, without a model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from assistant.errors import InputError, NotFound
from assistant.models import Card, Conversation, ToolCall
from assistant.services.booking.appointments import holds
from assistant.services.booking.availability import browsing, menus, offers, slot_ids
from assistant.services.booking.availability.browsing import BrowseRequest, browse
from assistant.services.conversations import card_answers, cards
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def conversation() -> Conversation:
    conversation = make.conversation()
    mira = make.calendar(conversation.organization, name="Mira", weekdays=[0, 2, 4])
    tom = make.calendar(conversation.organization, name="Tom", weekdays=[1])
    make.service(mira, tom, name="Colour", minutes=120, price="£90", description="With a wash.")
    return conversation


def a_card(conversation: Conversation, name: str = "Colour", **changes: object) -> Card:
    menu = menus.menu_of(conversation.organization, [], None)
    service = menu.service(name) if name else None
    offer = offers.offer(service, now=NOW) if service else None
    content = browsing.content(menu, service, None, offer, conversation.locale)
    return cards.add(conversation, "slots", content, action=browsing.action(menu, "visits_book"), **changes)


def look(card: Card, **asked: str) -> dict:
    return browse(card.conversation, str(card.pk), BrowseRequest(**asked), NOW)


def days(view: dict) -> list[str]:
    return [day["date"] for day in view["days"]]


def test_a_card_lists_services_with_length_price_and_description_and_who_offers_the_chosen_one(conversation):
    content = a_card(conversation).content
    colour = next(one for one in content["services"] if one["name"] == "Colour")
    assert colour == {
        "id": content["service"], "name": "Colour", "minutes": [120], "price": "£90", "description": "With a wash.",
    }  # fmt: skip
    assert [one["name"] for one in content["calendars"]] == ["Mira", "Tom"]


def test_a_month_says_which_of_its_days_have_something_free(conversation):
    card = a_card(conversation)
    view = look(card, month="2030-01")
    assert view["month"] == "2030-01"
    assert view["free"][:5] == ["2030-01-07", "2030-01-08", "2030-01-09", "2030-01-11", "2030-01-14"]
    assert look(card, month="2029-12")["free"] == [] == look(card, month="2031-01")["free"]
    tom = next(one["id"] for one in card.content["calendars"] if one["name"] == "Tom")
    assert look(card, month="2030-01", calendar=tom)["free"][:2] == ["2030-01-08", "2030-01-15"]


def test_a_day_shows_all_its_times_and_one_without_any_the_nearest(conversation):
    card = a_card(conversation)
    view = look(card, day="2030-01-09")
    assert (days(view), view.get("problem")) == (["2030-01-09"], None)
    assert [slot["label"] for slot in view["days"][0]["slots"]] == ["09:00", "11:00", "13:00", "15:00"]
    closed = look(card, day="2030-01-12")
    assert days(closed)[0] == "2030-01-14" and closed["problem"].startswith("Nothing is free then.")


def test_a_visitor_leafs_through_the_free_days_in_both_directions(conversation):
    card = a_card(conversation)
    later = look(card, after="2030-01-09")
    assert days(later) == ["2030-01-11", "2030-01-14", "2030-01-15"]
    assert days(look(card, before="2030-01-11")) == ["2030-01-07", "2030-01-08", "2030-01-09"]
    assert days(look(card, before="2030-02-20"))[-1] == "2030-02-19"
    assert days(look(card, before="2030-01-07")) == ["2030-01-07", "2030-01-08", "2030-01-09"]
    assert days(look(card, after="9999-12-31")) == days(look(card, after="2030-06-01")) == days(look(card))


def test_another_service_is_looked_at_by_its_id_alone(conversation):
    card = a_card(conversation, "")
    assert card.content["title"] == "Which service?" and card.content["days"] == []
    ids = {one["name"]: one["id"] for one in card.content["services"]}
    view = look(card, service=ids["Tom"])
    assert (view["title"], days(view)[0]) == ("Tom", "2030-01-08")
    with pytest.raises(InputError):
        look(card)  # no service yet


@pytest.mark.parametrize(
    "asked",
    [
        {"service": "999999"}, {"service": "x"}, {"calendar": "999999"}, {"day": "tomorrow"}, {"day": "2030-13-01"},
        {"after": "1"}, {"before": "2030-1-1"}, {"month": "2030-00"}, {"month": "0001-01"}, {"month": "2030"},
    ],
)  # fmt: skip
def test_what_the_card_has_not_shown_or_is_no_day_is_refused(conversation, asked):
    with pytest.raises(InputError):
        look(a_card(conversation), **asked)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2029-12-31"])
def test_a_day_outside_all_that_can_be_booked_is_answered_by_the_next_free_ones(conversation, day):
    view = look(a_card(conversation), day=day)
    assert days(view)[0] == "2030-01-07" and view["problem"]


def test_services_of_other_organizations_and_cards_of_other_visitors_are_not_found(conversation):
    foreign = make.calendar(make.organization("Other")).services.get()
    card = a_card(conversation)
    with pytest.raises(InputError):
        look(card, service=str(foreign.pk))
    with pytest.raises(NotFound):
        browse(make.conversation(make.assistant(make.organization("Third"))), str(card.pk), BrowseRequest(), NOW)
    cards.update(card, state=Card.State.ANSWERED)
    with pytest.raises(NotFound):
        look(card)


def test_a_time_that_was_found_by_browsing_can_be_chosen(conversation):
    card = a_card(conversation)
    service = menus.menu_of(conversation.organization, [], None).service("Colour")
    found = next(iter(offers.Search(service, None, "", NOW + timedelta(days=10)).free(NOW, NOW + timedelta(days=20))))
    assert found.id not in str(card.content)
    assert card_answers.answer(conversation, str(card.pk), found.id) is not None
    call = ToolCall.objects.get(conversation=conversation)
    assert (call.name, call.arguments) == ("visits_book", {"slot": found.id})
    card.refresh_from_db()
    assert card.content["picked"].startswith("Friday 18 January 2030, 09:00")


def test_a_card_that_was_answered_is_titled_with_the_service_that_was_chosen_on_it(conversation):
    service = menus.menu_of(conversation.organization, [], None).service("Colour")
    found = next(iter(offers.Search(service, None, "", NOW + timedelta(days=10)).free(NOW, NOW + timedelta(days=20))))
    for name in ("", "Tom"):
        card = a_card(conversation, name)
        assert card.content["title"] != "Colour"
        card_answers.answer(conversation, str(card.pk), found.id)
        card.refresh_from_db()
        assert card.content["title"] == "Colour"


def test_a_time_that_is_not_of_the_cards_services_cannot_be_chosen(conversation):
    foreign = make.calendar(make.organization("Other")).services.get()
    card = a_card(conversation)
    for bad in (slot_ids.issue(foreign, None, NOW), "1-0-abc-00000000", "x"):
        with pytest.raises(InputError):
            card_answers.answer(conversation, str(card.pk), bad)
    assert not ToolCall.objects.exists()


def test_a_time_that_was_not_confirmed_in_time_is_said_to_be_gone_and_others_are_offered(conversation):
    service = menus.menu_of(conversation.organization, [], None).service("Colour")
    start_at = next(iter(offers.Search(service, None, "", timezone.now()).free(timezone.now(), NOW))).start_at
    slot = slot_ids.issue(service, None, start_at)
    call = ToolCall.objects.create(
        organization=conversation.organization, conversation=conversation, name="visits_book", arguments={"slot": slot},
        state="waiting",
    )  # fmt: skip
    holds.hold(slot_ids.Pick(service, None, start_at), conversation=conversation, call=call)
    past = timezone.now() - timedelta(minutes=1)
    card = cards.add(conversation, "confirm", {"title": "Book?"}, call=call, expires_at=past)
    assert card_answers.answer(conversation, str(card.pk), "confirm") is None
    card.refresh_from_db()
    offered = conversation.cards.get(kind="slots")
    assert (card.state, offered.action["tool"]) == ("expired", "visits_book")
    assert offered.content["problem"].startswith("That time is no longer held for you.")
    assert sum(len(day["slots"]) for day in offered.content["days"]) == 3
