"""The sidebar: what a line of it is called is what its page is called."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory

from assistant.admin import navigation
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
