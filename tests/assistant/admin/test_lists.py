"""What every list offers: a button that says what it adds, and what it says when nothing is there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from assistant.admin.counting import BoundedPaginator
from assistant.admin.scoping import Scoped
from assistant.models import Organization
from tests import make
from tests.assistant.admin.filled import fill
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    return entered(User.objects.create_superuser("boss"))


def test_the_button_for_a_new_row_says_what_it_adds(boss):
    fill("home", "Aardvark")
    for model, label in (("method", "Add method"), ("calendar", "Add calendar"), ("organization", "Add organization")):
        body = boss.get(f"/admin/assistant/{model}/").content.decode()
        assert f'aria-label="{label}"' in body and f'<span class="iw-add-label">{label}</span>' in body, model


def test_an_empty_list_says_so_and_offers_the_first_row(boss):
    body = boss.get("/admin/assistant/method/").content.decode()
    assert "No methods yet" in body and 'href="/admin/assistant/method/add/' in body
    assert "This page yielded into no results" not in body


def test_an_empty_list_that_nobody_adds_to_says_where_its_rows_come_from(boss):
    body = boss.get("/admin/assistant/conversation/").content.decode()
    assert "No conversations yet" in body and "Add conversation" not in body


def test_a_search_without_matches_offers_to_reset_it(boss):
    fill("home", "Aardvark")
    body = boss.get("/admin/assistant/method/?q=zebra").content.decode()
    assert "No matches" in body and "Reset filters" in body and "No methods yet" not in body
    assert "0 results" in body


def test_the_number_of_results_is_named_only_where_some_are_left_out(boss):
    fill("home", "Aardvark")
    assert "result" not in header(boss.get("/admin/assistant/method/").content.decode())
    assert "1 result" in header(boss.get("/admin/assistant/method/?q=order").content.decode())


@pytest.mark.parametrize("words", [100, 101, 3000])
def test_a_search_for_more_words_than_a_database_takes_says_so_in_every_list(boss, words):
    said = {}
    for model, model_admin in site._registry.items():
        if model_admin.search_fields:
            page = boss.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/", {"q": "a " * words})
            said[model] = page.status_code, [str(message) for message in page.context["messages"]]
    expected = ["A search can have at most 100 words. Enter fewer."] if words > 100 else []
    assert len(said) > 20 and said == dict.fromkeys(said, (200, expected))


@pytest.mark.parametrize(("most", "said"), [(1, "more than 1 organizations"), (2, "2 organizations")])
def test_a_list_that_is_longer_than_is_counted_says_so(most, said):
    fill("home", "Aardvark")
    fill("other", "Beaver")
    pages = BoundedPaginator(Organization.objects.order_by("pk"), 50)
    pages.most = most
    shown = SimpleNamespace(paginator=pages, result_count=pages.count, opts=Organization._meta)
    assert said in " ".join(render_to_string(pages.template_name, {"cl": shown}).split())
    assert pages.count == most


def test_a_list_says_how_many_rows_it_has(boss):
    fill("home", "Aardvark")
    assert "1 organizations" not in (body := " ".join(boss.get("/admin/assistant/organization/").content.decode().split()))
    assert "1 organization" in body


def header(body: str) -> str:
    return body[body.index("<h1") : body.index("</h1>")]


def test_labels_of_columns_spell_initials_and_e_mail_as_people_do():
    labels = {
        f"{model.__name__}.{field.name}": str(field.verbose_name)
        for model in apps.get_app_config("assistant").get_models()
        for field in model._meta.concrete_fields
        if field.editable and not field.primary_key
    }
    assert labels["Provider.base_url"] == "base URL"
    assert {name: text for name, text in labels.items() if {"url", "api", "ip", "email"} & set(text.split())} == {}


def test_no_list_groups_its_table_for_what_it_counts_on_a_page(rf):
    """With a GROUP BY, what is counted for a row is counted for each row of the table before a page is cut from it."""
    request = rf.get("/")
    request.user = User.objects.create_superuser("boss")
    lists = {model: of.get_queryset(request) for model, of in site._registry.items() if isinstance(of, Scoped)}
    assert len(lists) > 15 and [model.__name__ for model, rows in lists.items() if rows.query.group_by is not None] == []


def test_a_form_begins_with_the_only_organization_of_ones_own(boss):
    def begun() -> object:
        return boss.get("/admin/assistant/calendar/add/").context["adminform"].form.fields["organization"].initial

    demonstration = make.organization("Bright Smile Dental")
    assert begun() == demonstration
    own = make.organization("Salon")
    assert begun() == own
    make.organization("Garage")
    assert begun() is None
