"""The page that says how the models have done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assistant.admin.providers import charts
from assistant.admin.providers.charts import Series
from assistant.models import Membership, Organization, Provider, ProviderHealth, Usage
from assistant.services.providers import health
from tests.assistant.admin.filled import fill, member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
PAGE = "/admin/assistant/usage/statistics/"


@pytest.fixture
def elsewhere() -> Organization:
    return fill("elsewhere", "Zanzibar")


def used(home: Organization, name: str, causes: dict[str, int], days_ago: int = 0) -> None:
    for cause, count in causes.items():
        for number in range(count):
            row = Usage.objects.create(
                organization=home, task="reply", provider_name=name, source="platform", health_key=f"platform:{name}:1",
                model="m-1", cause=cause, prompt_tokens=100, completion_tokens=50, micros=1500,
                total_ms=900 + number, first_token_ms=None if cause else 200 + number,
            )  # fmt: skip
            Usage.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=days_ago))


def paused(home: Organization | None) -> ProviderHealth:
    row = Provider.objects.get(organization=home) if home else None
    name = row.name if row else "platform-one"
    key = health.health_key(home.pk if home else None, name, "https://x", "")
    health.failed(key, "m", "unauthorized", name=name, provider_id=row.pk if row else None)
    return ProviderHealth.objects.get(key=key)


def test_the_page_shows_requests_failures_latencies_tokens_and_cost(home):
    used(home, "cerebrum", {"": 8, "timeout": 1, "rate_limited": 1})
    used(home, "cerebrum", {"": 5}, days_ago=60)
    body = entered(member(home, "viewer")).get(PAGE).content.decode()
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
    for expected in ("cerebrum", "m-1", "204 ms", "95 % within 207 ms", "took too long", "rate limit reached"):
        assert expected in told, expected
    assert "72.7% answered" in told  # 8 of 11, one of which `fill` has made
    assert "<title>" in body and "answered 8, failed 3" in body
    for days in (1, 30, 90):
        assert entered(User.objects.get(username="viewer-home")).get(f"{PAGE}?days={days}").status_code == 200
    ninety = entered(User.objects.get(username="viewer-home")).get(f"{PAGE}?days=90").content.decode()
    assert "answered 5, failed 0" in ninety


def test_a_member_of_several_chooses_among_their_own_and_a_superuser_sees_the_installation(home, elsewhere):
    used(home, "here", {"": 2})
    used(elsewhere, "there", {"": 3})
    boss = entered(User.objects.create_superuser("boss"))
    assert all(name in boss.get(PAGE).content.decode() for name in ("here", "there", "Whole installation"))
    only = boss.get(f"{PAGE}?organization={home.pk}").content.decode()
    assert '<b class="iw-strong">here' in only and '<b class="iw-strong">there' not in only
    user = member(home, "viewer")
    assert entered(user).get(f"{PAGE}?organization={elsewhere.pk}").status_code == 404
    assert "there" not in re.findall(r'iw-strong">(\w+)', entered(user).get(PAGE).content.decode())
    Membership.objects.create(user=user, organization=elsewhere, role="viewer")
    assert {"here", "there"} <= set(re.findall(r'iw-strong">(\w+)', entered(user).get(PAGE).content.decode()))


@pytest.mark.parametrize("query", ["organization=x", "organization=-1", "organization=1e3", "organization=" + "9" * 30])
def test_an_unknown_organization_is_not_found(home, query):
    assert entered(member(home, "owner")).get(f"{PAGE}?{query}").status_code == 404


@pytest.mark.parametrize("days", ["0", "x", "-1", "10000000000"])
def test_an_unknown_period_means_a_week(home, days):
    assert entered(member(home, "owner")).get(f"{PAGE}?days={days}").context["period"] == "7 days"


def test_staff_without_an_organization_see_nothing(home):
    assert entered(User.objects.create_user("nobody", is_staff=True)).get(PAGE).status_code == 403


def test_owners_resume_their_own_provider_at_once_and_no_other(home, elsewhere):
    mine, theirs, platform = paused(home), paused(elsewhere), paused(None)
    owner = entered(member(home, "owner"))
    body = owner.get(PAGE).content.decode()
    assert "unauthorized" in body and "Use it again now" in body
    assert "platform-one" not in body and "Zanzibar" not in body
    for row in (theirs, platform):
        assert owner.post(PAGE, {"close": row.pk}).status_code == 404
    assert owner.post(PAGE, {"close": "x"}).status_code == 404
    assert entered(member(home, "editor")).post(PAGE, {"close": mine.pk}).status_code == 403
    assert [row.state for row in ProviderHealth.objects.all()] == ["open"] * 3
    assert owner.post(PAGE, {"close": mine.pk}).status_code == 302
    mine.refresh_from_db()
    assert mine.state == "closed"
    boss = entered(User.objects.create_superuser("boss"))
    assert "Zanzibar unauthorized" in re.sub(r"\s*<[^>]+>\s*", " ", boss.get(PAGE).content.decode()).replace("  ", " ")
    for query in ("", f"?organization={home.pk}"):
        assert "platform-one" in boss.get(PAGE + query).content.decode()
    assert boss.post(PAGE, {"close": platform.pk}).status_code == 302
    platform.refresh_from_db()
    assert platform.state == "closed"


# --- Charts -----------------------------------------------------------------------------------------------------------


def test_bars_are_stacked_within_the_charts_height():
    chart = charts.bars("T", ["a", "b"], [Series("x", [3, 0], "main"), Series("y", [1, 0], "bad")], "{:g}".format)
    [[x, y], []] = [column.pieces for column in chart.columns]
    assert x.y + x.height == charts.FLOOR and y.y + y.height == pytest.approx(x.y)
    assert y.y == charts.TOP  # four of four
    assert chart.columns[0].title == "a: x 3, y 1"
    assert chart.described == "T: a: x 3, y 1"
    assert [label for _, label in chart.ticks] == ["0", "2", "4"]


def test_a_line_has_gaps_where_there_is_no_data():
    chart = charts.lines("T", ["a", "b", "c"], [Series("x", [10, None, 20], "main")], "{:g}".format)
    assert len(chart.lines[0].dots) == 2
    assert chart.columns[1].title == "b: x –"


def test_an_empty_chart_says_that_it_is_empty():
    assert charts.bars("T", [], [Series("x", [], "main")], str).empty
    assert charts.lines("T", ["a"], [Series("x", [None], "main")], str).empty


def test_a_chart_has_few_labels_and_one_for_the_last_day():
    names = [str(number) for number in range(90)]
    chart = charts.bars("T", names, [Series("x", [1] * 90, "main")], str)
    assert len(chart.labels) <= charts.LABELS and chart.labels[-1][1] == "89"
