"""The sidebar: what a line of it is called is what its page is called."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory

from assistant.admin import dashboard, navigation
from assistant.models import Assistant, Organization
from tests.assistant.admin.filled import fill

pytestmark = pytest.mark.django_db


def test_a_page_has_the_name_that_it_has_in_the_menu(boss, rf: RequestFactory):
    fill("home", "Aardvark")
    request = rf.get("/admin/")
    request.user = boss.get("/admin/").wsgi_request.user
    differing = {}
    for item in (item for group in navigation.sidebar(request) for item in group["items"]):
        page = boss.get(item["link"]).content.decode()
        [heading] = re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.S)[:1]
        named = [text.strip() for text in re.sub(r"<[^>]+>", "\n", heading).split("\n") if text.strip()]
        if item["title"] not in named:
            differing[item["title"]] = named
    assert differing == {}


def test_no_page_looks_who_answers_where_the_demonstration_cannot(boss, rf, settings, django_assert_num_queries):
    request = rf.get("/admin/")
    request.user = boss.get("/admin/").wsgi_request.user
    assert navigation.environment(request) == ["Demonstration model", "warning"]
    settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-1", "AI_MODEL": "big"}
    with django_assert_num_queries(0):
        assert navigation.environment(request) is None


def test_every_page_says_that_a_script_answers_as_the_first_does_and_asks_for_assistants_alone(
    boss, rf, django_assert_max_num_queries
):
    request = rf.get("/admin/")
    request.user = boss.get("/admin/").wsgi_request.user
    home = fill("home", "Aardvark")
    home.providers.all().delete()
    said = set()
    for wish in (Organization.PlatformProviders.ALONE, Organization.PlatformProviders.NEVER):
        Organization.objects.filter(pk=home.pk).update(use_platform_providers=wish)
        for enabled in (True, False):
            Assistant.objects.update(enabled=enabled)
            with django_assert_max_num_queries(3 if enabled else 20):
                shown = navigation.environment(request) is not None
            assert shown == dashboard.who_answers(Organization.objects.all())["demo"]
            said.add(shown)
    assert said == {True, False}
