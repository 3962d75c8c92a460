"""What a visitor reads while a tool runs, in the visitor's language."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from assistant.models import Method
from assistant.sentences import CATALOGUES, LANGUAGES
from assistant.tools import KINDS
from assistant.tools.executor import Executor, tools_of
from tests import make

pytestmark = pytest.mark.django_db
NUMBERS = count()


def label(locale: str, *, home: str = "en", tool: str = "order_status", **fields: Any) -> str:
    conversation = make.conversation(make.assistant(make.organization(f"Shop {next(NUMBERS)}"), locale=home))
    conversation.visitor.locale = locale
    fields = {"kind": "http", "name": "order_status", "description": "Looks.", "risk": "read", **fields}
    conversation.assistant.methods.add(Method.objects.create(organization=conversation.organization, **fields))
    return async_to_sync(Executor.for_conversation)(conversation).label(tool)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_tool_of_every_kind_has_a_label_in_every_language(kind: str, locale: str) -> None:
    for tool in tools_of(Method(kind=kind, name="do_it")):
        assert tool.label(locale, "en") in CATALOGUES[locale].labels.values()


def test_a_tool_without_a_label_of_staffs_is_named_by_what_it_does() -> None:
    assert label("de-CH") == "Wird nachgeschlagen…"
    assert label("de-CH", risk="write") == "Wird bearbeitet…"
    appointment = {"kind": "appointment", "name": "visit", "public_label": "Our label"}
    assert label("fr", tool="visit_find_times", **appointment) == "Recherche d'horaires libres…"


def test_staffs_own_label_is_shown_to_visitors_who_read_its_language() -> None:
    assert label("en-GB", public_label="Checking the order…") == "Checking the order…"
    assert label("de", public_label="Checking the order…") == "Wird nachgeschlagen…"
    assert label("de", home="de-AT", public_label="Ich sehe nach…") == "Ich sehe nach…"
    own = {"public_label": "Checking…", "translations": {"de": {"public_label": "Ich sehe nach…"}}}
    assert [label(locale, **own) for locale in ("de-AT", "en", "es")] == [
        "Ich sehe nach…",
        "Checking…",
        "Buscando la información…",
    ]
