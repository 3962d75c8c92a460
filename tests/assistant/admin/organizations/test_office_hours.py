"""The office hours on an organization's page."""

from __future__ import annotations

from datetime import time

from django.utils import timezone

from assistant.models import Conversation
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_dashboard import NO_ROWS
from tests.assistant.admin.test_scoping import entered, fields_of


def test_an_owner_enters_the_week_and_ticks_holidays(home):
    owner = entered(member(home, "owner"))
    page = f"/admin/assistant/organization/{home.pk}/change/"
    form = fields_of(owner, page) | NO_ROWS
    wrong = owner.post(page, form | {"day_0": "9-18, 17-20", "day_3": "10-12, 11-14"})
    assert wrong.context["adminform"].form.errors == {
        "day_0": ["Monday 9:00–18:00 and Monday 17:00–20:00 overlap. Change one of them."],
        "day_3": ["Thursday 10:00–12:00 and Thursday 11:00–14:00 overlap. Change one of them."],
    }
    assert 'value="9-18, 17-20"' in wrong.content.decode() and not home.office_hours.exists()
    assert owner.post(page, form | {"day_0": "9–12:30, 1pm to 6pm", "day_4": "20-1am"}).status_code == 302
    week = home.office_hours.values_list("weekday", "opens", "closes")
    assert list(week) == [(0, time(9), time(12, 30)), (0, time(13), time(18)), (4, time(20), time(1))]
    address, year = f"/admin/assistant/organization/{home.pk}/holidays/?country=DE", timezone.localdate().year + 1
    assert f"{year}-10-03" in owner.get(address).content.decode()
    for _ in range(2):
        owner.post(address, {"day": [f"{year}-10-03"]})
        assert [f"{row.first_day}" for row in home.closures.all()] == [f"{year}-10-03"]


def test_members_who_may_not_change_the_organization_read_its_hours(home, editor):
    home.office_hours.create(weekday=0, opens=time(9), closes=time(12))
    page = editor.get(f"/admin/assistant/organization/{home.pk}/change/").content.decode()
    assert "Monday 09:00–12:00" in page
    assert editor.get(f"/admin/assistant/organization/{home.pk}/holidays/").status_code == 403


def test_the_first_page_counts_visitors_who_wait_and_of_whom_nobody_was_notified(boss):
    said = "nobody was notified: "
    talk = make.conversation(state="waiting", reach="told", last_seq=1)
    assert said not in boss.get("/admin/").content.decode()
    Conversation.objects.filter(pk=talk.pk).update(reach="nobody")
    assert f"{said}1" in boss.get("/admin/").content.decode()
