from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from assistant import llm
from assistant.errors import BudgetExceeded
from assistant.models import Assistant, Budget, Conversation, Delivery, Price, Provider, Spending, Usage
from assistant.services.organizations import networks
from assistant.services.providers import budgets, prices
from assistant.services.providers.budgets import Attempt, Requester
from tests import make

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant(make.organization(team_email="team@example.com"))


@pytest.fixture
def conversation(assistant: Assistant) -> Conversation:
    return make.conversation(assistant, network=networks.network_of("192.0.2.7"))


def reserve(
    conversation: Conversation, tokens: tuple[int, int] = (100, 50), model: str = "m", **more: Any
) -> budgets.Reservation:
    asking = Requester(conversation.assistant, "reply", conversation)
    return budgets.reserve(
        asking, model=model, prompt_tokens=tokens[0], completion_tokens=tokens[1], **{"now": NOON, **more}
    )


def attempt(tokens: tuple[int, int] | None = (10, 5), **fields: Any) -> Attempt:
    spent = llm.TokenUsage(*tokens) if tokens else None
    return Attempt(**{"provider_name": "a", "source": "platform", "health_key": "k", "model": "m", "usage": spent, **fields})


def spent(scope: str = "organization", period: str = "2030-01-31") -> int:
    return Spending.objects.get(scope=scope, period=period).tokens


def budget(conversation: Conversation, **limits: Any) -> Budget:
    nothing = {name: None for name in (
        "visitor_day_tokens", "network_day_tokens", "day_tokens", "month_tokens", "day_dollars", "month_dollars",
        "requests_per_minute",
    )}  # fmt: skip
    return Budget.objects.create(organization=conversation.organization, **{**nothing, **limits})


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_what_was_reserved_gives_way_to_what_was_taken(conversation: Conversation) -> None:
    reservation = reserve(conversation)
    places = [
        ("organization", "2030-01"),
        ("organization", "2030-01-31"),
        ("visitor", "2030-01-31"),
        ("network", "2030-01-31"),
    ]
    assert {spent(*place) for place in places} == {150}
    budgets.settle(reservation, [attempt(None, cause="timeout"), attempt((10, 5))])
    assert {spent(*place) for place in places} == {15}
    rows = Usage.objects.order_by("pk").values_list("cause", "prompt_tokens", "completion_tokens", "tokens_are", "reserved")
    assert list(rows) == [("timeout", 0, 0, "unknown", False), ("", 10, 5, "exact", False)]


def test_settling_twice_gives_nothing_back_twice(conversation: Conversation) -> None:
    reservation = reserve(conversation)
    budgets.settle(reservation, [attempt()])
    budgets.settle(reservation, [attempt()])
    assert (spent(), Usage.objects.count()) == (15, 1)


def test_what_was_used_is_of_the_time_when_it_was_reserved(conversation: Conversation) -> None:
    reservation = reserve(conversation)
    Usage.objects.update(at=NOON)
    budgets.settle(reservation, [attempt()])
    row = Usage.objects.get()
    assert (row.at, row.prompt_tokens, row.provider_name, row.reserved) == (NOON, 10, "a", False)


def test_what_was_used_is_settled_after_its_conversation_was_erased(conversation: Conversation) -> None:
    message = conversation.messages.create(seq=1, role="visitor", text="Are you open?")
    asking = Requester(
        conversation.assistant, "reply", conversation, conversation.turns.create(message=message, deadline_at=NOON)
    )
    reservation = budgets.reserve(asking, model="m", prompt_tokens=100, completion_tokens=50, now=NOON)
    conversation.visitor.delete()
    budgets.settle(reservation, [attempt(None, cause="timeout"), attempt()])
    connection.check_constraints()  # as at the end of its transaction
    rows = Usage.objects.order_by("pk").values_list("cause", "conversation", "turn", "assistant", "reserved")
    assert list(rows) == [(cause, None, None, conversation.assistant_id, False) for cause in ("timeout", "")]
    assert spent() == 15


def test_a_runner_that_died_leaves_its_reservation_spent(conversation: Conversation) -> None:
    reserve(conversation)
    row = Usage.objects.get()
    assert (spent(), row.reserved, row.tokens_are, row.micros) == (150, True, "unknown", None)


@pytest.mark.parametrize(
    ("limit", "whose"),
    [
        ({"visitor_day_tokens": 299}, "visitor"),
        ({"network_day_tokens": 299}, "network"),
        ({"day_tokens": 299}, "organization"),
        ({"month_tokens": 299}, "organization"),
        ({"requests_per_minute": 1}, "organization"),
        ({"day_dollars": Decimal("0.02")}, "organization"),
        ({"month_dollars": Decimal("0.02")}, "organization"),
    ],
)
def test_the_request_that_would_pass_a_limit_is_refused_and_takes_nothing(
    conversation: Conversation, limit: dict[str, Any], whose: str
) -> None:
    Price.objects.create(model="m", prompt=100, completion=100)  # 150 tokens: 1.5 cents
    budget(conversation, **limit, sentence="Until tomorrow!")
    reserve(conversation)
    with pytest.raises(BudgetExceeded) as raised:
        reserve(conversation)
    assert (raised.value.whose, raised.value.code) == (whose, "budget_exceeded")
    assert raised.value.details["sentence"] == "Until tomorrow!"
    assert set(Spending.objects.values_list("tokens", flat=True)) == {150}
    assert Usage.objects.count() == 1


@pytest.mark.parametrize(
    "limits",
    [{"day_tokens": 150}, {"month_tokens": 150}, {"visitor_day_tokens": 150}, {"network_day_tokens": 150},
     {"requests_per_minute": 1}, {"day_tokens": 0}],
)  # fmt: skip
def test_a_request_whose_size_is_unknown_is_refused_once_the_budget_is_used_up(
    limits: dict[str, int], conversation: Conversation
) -> None:
    asking = Requester(conversation.assistant, "voice", conversation)
    budgets.refuse_if_spent(asking, NOON)
    budget(conversation, **limits)
    if all(limits.values()):
        budgets.refuse_if_spent(asking, NOON)
        reserve(conversation)
    with pytest.raises(BudgetExceeded):
        budgets.refuse_if_spent(asking, NOON)
    assert Usage.objects.filter(task="voice").count() == 0


def test_there_are_limits_before_anybody_sets_one(conversation: Conversation) -> None:
    reserve(conversation, (400_000, 0))
    with pytest.raises(BudgetExceeded) as raised:
        reserve(conversation, (400_000, 0))
    assert raised.value.whose == "visitor"


def test_one_visitors_limit_is_not_anothers(assistant: Assistant, conversation: Conversation) -> None:
    budget(conversation, visitor_day_tokens=150)
    reserve(conversation)
    reserve(make.conversation(assistant))


def test_one_organizations_limit_is_not_anothers(conversation: Conversation) -> None:
    budget(conversation, day_tokens=150)
    reserve(conversation)
    reserve(make.conversation(make.assistant(make.organization("Elsewhere"))))


def test_a_new_day_and_a_new_month_begin_at_the_organizations_midnight(conversation: Conversation) -> None:
    organization = conversation.organization
    organization.timezone = "Asia/Tokyo"
    organization.save()
    conversation.assistant.organization.refresh_from_db()
    budget(conversation, day_tokens=150)
    reserve(conversation, now=datetime(2030, 1, 31, 14, 59, tzinfo=UTC))
    with pytest.raises(BudgetExceeded):
        reserve(conversation, now=datetime(2030, 1, 31, 14, 59, 59, tzinfo=UTC))
    reserve(conversation, now=datetime(2030, 1, 31, 15, tzinfo=UTC))
    assert set(Spending.objects.filter(scope="organization").values_list("period", flat=True)) >= {
        "2030-01-31",
        "2030-02-01",
    }


def test_a_minute_later_requests_are_free_again(conversation: Conversation) -> None:
    budget(conversation, requests_per_minute=1)
    reserve(conversation)
    reserve(conversation, now=NOON + timedelta(minutes=1))


def test_the_team_is_notified_once_that_a_limit_is_near(conversation: Conversation) -> None:
    budget(conversation, day_tokens=1000, month_tokens=100_000)
    for tokens, mails in (((700, 0), 0), ((90, 10), 1), ((10, 0), 1)):
        budgets.settle(reserve(conversation, tokens), [attempt(tokens)])
        assert Delivery.objects.count() == mails
    mail = Delivery.objects.get()
    assert mail.to == "team@example.com" and "80%" in mail.subject and "2030-01-31" in mail.subject


def test_counters_of_past_periods_are_forgotten(conversation: Conversation) -> None:
    reserve(conversation)
    assert budgets.sweep() == 0
    assert budgets.sweep(timezone.now() + timedelta(hours=2)) == 1
    assert budgets.sweep(timezone.now() + timedelta(days=63)) == 4
    assert Usage.objects.exists()
    budgets.sweep(timezone.now() + timedelta(days=401))
    assert not Usage.objects.exists()


# --- Cost -------------------------------------------------------------------------------------------------------------


def cost(conversation: Conversation, model: str, exact: bool = True, **fields: Any) -> tuple[int | None, str]:
    spent = llm.TokenUsage(1000, 200, exact=exact)
    budgets.settle(reserve(conversation, model=model), [attempt(model=model, usage=spent, **fields)])
    row = Usage.objects.latest("pk")
    return row.micros, row.cost_is


def test_a_price_that_staff_entered_makes_the_cost_exact(conversation: Conversation) -> None:
    Price.objects.create(model="m", prompt=Decimal("2.5"), completion=10)
    assert cost(conversation, "m") == (4500, "exact")
    assert cost(conversation, "m", exact=False) == (4500, "estimated")


def test_the_lists_price_is_an_estimate_and_no_price_is_no_cost(conversation: Conversation) -> None:
    assert cost(conversation, "gpt-4o-mini-2024-07-18") == (270, "estimated")
    assert cost(conversation, "openai/gpt-4o-2024-08-06") == (4500, "estimated")
    assert cost(conversation, "llama3.1") == (None, "unknown")
    assert cost(conversation, "demo", source="demo") == (0, "exact")


def test_the_nearest_price_holds_and_the_organizations_own_first(conversation: Conversation) -> None:
    other = make.organization("Elsewhere")
    for organization, model, price in (
        (None, "m*", 1), (None, "mm*", 2), (None, "mmm", 3), (conversation.organization, "mmm*", 4), (other, "mmmm", 9),
    ):  # fmt: skip
        Price.objects.create(organization=organization, model=model, prompt=price, completion=0)
    rates = [prices.rate_of(conversation.organization, model).prompt for model in ("m1", "mm1", "mmm", "mmmm")]
    assert rates == [1, 2, 4, 4]
    assert prices.rate_of(other, "mmm").prompt == 3


def test_a_price_that_changes_leaves_yesterdays_cost_alone(conversation: Conversation) -> None:
    price = Price.objects.create(model="m", prompt=1, completion=1)
    cost(conversation, "m")
    price.prompt = Decimal(99)
    price.save()
    row = Usage.objects.get()
    assert (row.prompt_price, row.micros) == (1, 1200)


# --- What staff may enter ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"base_url": "ftp://x/v1"}, {"base_url": "https://user:pass@x/v1"}, {"base_url": "https://x/v1#y"},
        {"base_url": "api.example.com"}, {"base_url": "https://x:99999/v1"}, {"auth": "basic"}, {"auth": "header:X Y"},
        {"headers": {"Authorization": "Bearer x"}}, {"headers": {"X-Api-Key": "x"}}, {"headers": {"Host": "x"}},
        {"headers": {"X-Team": "a\r\nb"}}, {"headers": {"X Y": "a"}}, {"headers": {"X-Team": 1}},
        {"temperature": 3}, {"max_output_tokens": 0}, {"timeout_seconds": 0},
        {"weight": 1001}, {"reasoning_effort": "most"},
    ],
)  # fmt: skip
def test_a_provider_row_refuses_invalid_values(fields: dict[str, Any]) -> None:
    row = Provider(organization=make.organization(), name="a", **{"base_url": "https://x/v1", **fields})
    with pytest.raises(ValidationError) as raised:
        row.full_clean()
    assert set(raised.value.message_dict) == set(fields)


def test_a_provider_row_takes_valid_values() -> None:
    row = Provider(
        organization=make.organization(), name="a", base_url="http://[::1]:11434/v1", auth="header:X-Api-Key",
        headers={"X-Team": "blue", "HTTP-Referer": "https://example.com"}, temperature=0, weight=0,
    )  # fmt: skip
    row.full_clean()
