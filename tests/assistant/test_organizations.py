"""Which sites asked for an assistant: those that show it, and those that may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from assistant.models import Assistant, Organization, RefusedOrigin
from assistant.services.organizations import access, rate_limits
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
SITE = "https://shop.example"


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant()


@pytest.fixture(autouse=True)
def counted(settings) -> Iterator[None]:
    """Limits that count in this process, from none; most tests here are not about them."""
    settings.RATE_LIMITS, settings.REDIS_URL = False, ""
    rate_limits._own.cache_clear()
    yield
    rate_limits._own.cache_clear()


def sites(assistant: Assistant) -> list[str]:
    return sorted(RefusedOrigin.objects.filter(assistant=assistant).values_list("origin", flat=True))


@pytest.mark.parametrize("ours", ["https://chat.example.com", "https://other-name.example.com"])
def test_our_own_pages_do_not_count_as_a_site_that_shows_it(assistant, settings, ours):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://chat.example.com", ["chat.example.com", "other-name.example.com"]
    Organization.objects.update(allow_any_origin=True)
    access.record_page(assistant, ours)
    assistant.refresh_from_db()
    assert assistant.seen_at is None and not access.is_installed(assistant)
    access.record_page(assistant, "https://chat.example.com:8443")  # another port is another site
    assistant.refresh_from_db()
    assert access.is_installed(assistant)


def test_a_row_of_before_that_names_our_own_page_or_a_site_no_longer_allowed_is_no_installation(assistant, settings):
    for origin in (settings.PUBLIC_URL, SITE):
        Assistant.objects.update(seen_at=timezone.now(), seen_origin=origin)
        assert not access.is_installed(Assistant.objects.get())
    Assistant.objects.update(seen_origin=make.ORIGIN)
    assert access.is_installed(Assistant.objects.get())


@pytest.mark.parametrize(
    "origin",
    ["", "null", "file://", "ftp://shop.example", "https://", "https://a b", "https://*.shop.example", "javascript:alert(1)",
     "https://shop.example/path", "https://shop.example:99999", "https://" + "a" * 300 + ".example", "https://u@shop.example"],
)  # fmt: skip
def test_only_the_origin_of_a_web_page_is_kept_as_a_site(assistant, origin):
    access.record_refused_site(assistant.public_key, origin, "n")
    assert sites(assistant) == []


def test_a_site_that_asks_is_kept_once_and_in_one_spelling(assistant):
    for origin in (SITE, "https://SHOP.example:443", SITE):
        access.record_refused_site(assistant.public_key, origin, "n")
    assert sites(assistant) == [SITE]


def test_nothing_is_kept_of_an_assistant_that_is_switched_off_or_unknown(assistant):
    access.record_refused_site("pk_nobody", SITE, "n")
    Assistant.objects.update(enabled=False)
    access.record_refused_site(assistant.public_key, SITE, "n")
    assert sites(assistant) == []


def test_there_is_room_for_a_few_and_who_asks_again_stays(assistant):
    access.record_refused_site(assistant.public_key, SITE, "n")
    for number in range(access.REFUSED_KEPT + 5):
        RefusedOrigin.objects.update(last_at=timezone.now() - timedelta(hours=1))
        access.record_refused_site(assistant.public_key, SITE, "n")
        access.record_refused_site(assistant.public_key, f"https://s{number}.example", "n")
    assert SITE in sites(assistant) and len(sites(assistant)) == access.REFUSED_KEPT


def test_one_network_can_name_only_a_few_sites_and_takes_nobody_elses_place(assistant, settings):
    settings.RATE_LIMITS = True
    for number in range(20):
        access.record_refused_site(assistant.public_key, f"https://s{number}.example", "an attacker's")
    assert len(sites(assistant)) == 3
    access.record_refused_site(assistant.public_key, SITE, "a customer's")
    assert SITE in sites(assistant)


# --- In the admin -----------------------------------------------------------------------------------------------------


def test_an_owner_allows_a_site_that_asked_with_one_click(assistant):
    access.record_refused_site(assistant.public_key, SITE, "n")
    boss = entered(User.objects.create_superuser("boss"))
    for page in ("/admin/", f"/admin/assistant/assistant/{assistant.pk}/change/",
                 f"/admin/assistant/organization/{assistant.organization_id}/change/"):  # fmt: skip
        assert SITE in boss.get(page).content.decode(), page
    row = RefusedOrigin.objects.get()
    answer = boss.post(f"/admin/assistant/assistant/{assistant.pk}/origin/", {"allow": row.pk}, follow=True)
    assert f"{SITE} can show the widget now." in answer.content.decode()
    assistant.organization.refresh_from_db()
    assert assistant.organization.allowed_origins.splitlines() == [make.ORIGIN, SITE]
    assert access.for_widget(assistant.public_key, SITE) == assistant
    assert not RefusedOrigin.objects.exists() and SITE not in boss.get("/admin/").content.decode()


def test_enter_in_a_field_of_the_assistants_page_saves_it_and_allows_no_site(assistant):
    access.record_refused_site(assistant.public_key, SITE, "n")
    boss = entered(User.objects.create_superuser("boss"))
    page = boss.get(f"/admin/assistant/assistant/{assistant.pk}/change/").content.decode()
    # A browser takes the form's first button: these belong to another form, which stands outside.
    buttons = re.findall(r"<button[^>]*/origin/[^>]*>", page)
    assert len(buttons) == 2 and all('form="origin"' in button for button in buttons)
    before = page[: page.index('<form id="origin"')]
    assert before.count("<form") == before.count("</form>"), "it stands within no other form"


def test_a_site_that_is_ignored_is_not_shown_again(assistant):
    access.record_refused_site(assistant.public_key, SITE, "n")
    boss = entered(User.objects.create_superuser("boss"))
    boss.post(f"/admin/assistant/assistant/{assistant.pk}/origin/", {"ignore": RefusedOrigin.objects.get().pk})
    access.record_refused_site(assistant.public_key, SITE, "n")
    assert f"{SITE} is ignored from now on." in boss.get("/admin/").content.decode()
    assert SITE not in boss.get("/admin/").content.decode()
    assert not assistant.organization.allows(SITE)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 403), ("owner", 302)])
def test_only_an_owner_allows_a_site(assistant, role, status):
    access.record_refused_site(assistant.public_key, SITE, "n")
    client = entered(member(assistant.organization, role))
    shown = client.get("/admin/").content.decode()
    assert SITE in shown and ("/origin/" in shown) == (status == 302)
    row = RefusedOrigin.objects.get()
    assert client.post(f"/admin/assistant/assistant/{assistant.pk}/origin/", {"allow": row.pk}).status_code == status
    assert Organization.objects.get().allows(SITE) == (status == 302)


def test_an_owner_allows_no_site_of_another_organization(assistant):
    other = make.assistant(make.organization("Other"))
    access.record_refused_site(other.public_key, SITE, "n")
    client: Client = entered(member(assistant.organization, "owner"))
    assert SITE not in client.get("/admin/").content.decode()
    row = RefusedOrigin.objects.get()
    assert client.post(f"/admin/assistant/assistant/{other.pk}/origin/", {"allow": row.pk}).status_code == 404
    client.post(f"/admin/assistant/assistant/{assistant.pk}/origin/", {"allow": row.pk})
    assert RefusedOrigin.objects.get() == row
    assert not any(one.allows(SITE) for one in Organization.objects.all())
