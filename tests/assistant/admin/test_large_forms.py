"""Forms as large as their fields allow, and larger ones."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from assistant.models import Document, Organization

pytestmark = pytest.mark.django_db
ADD = "/admin/assistant/document/add/?kind=text"
IMPORT = "/admin/assistant/method/import/"


def sent(client: Client, address: str, fields: Any) -> Any:
    """As a browser sends a form without files: each byte beyond ASCII as three."""
    return client.post(address, urlencode(fields, doseq=True), content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("letter", ["ط", "字", "ह", "🙂"])
def test_a_long_text_in_any_script_is_taken(letter: str, editor: Client, home: Organization) -> None:
    text = (letter * 99 + "\n") * 3000
    said = sent(editor, ADD, {"organization": home.pk, "refresh_hours": 24, "title": "Long", "text": text})
    assert said.status_code == 302
    assert Document.objects.get(title="Long").text.count(letter) == 297_000


def test_thousands_of_ticked_lines_of_an_import_are_read(editor: Client) -> None:
    operation = {"operationId": "a", "parameters": [{"name": "q", "in": "query"}]}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Shop"},
        "servers": [{"url": "https://shop.example.com"}],
        "paths": {f"/a{number}": {"get": operation} for number in range(60)},
    }
    started = editor.post(IMPORT, {"source": "document", "document-text": json.dumps(document)})
    page = sent(editor, started.url, {"draft": [str(number % 60) for number in range(1200)]})
    assert page.status_code == 200 and "at most 50 methods" in page.content.decode()


def test_a_form_beyond_the_limits_is_told_which_one(editor: Client, home: Organization, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
    said = sent(editor, ADD, {"organization": home.pk, "title": "Long", "text": "ط" * 400_000})
    assert said.status_code == 413
    assert "2 MB of text at most" in said.content.decode() and "Nothing was saved" in said.content.decode()
    said = sent(editor, ADD, {"text": ["a"] * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)})
    assert said.status_code == 413 and "20,000 fields at most" in said.content.decode()
    assert not Document.objects.filter(title="Long").exists()


def test_any_other_bad_request_gets_the_plain_error_page(client: Client) -> None:
    said = client.get("/admin/login/", headers={"host": "elsewhere.example"})
    assert said.status_code == 400 and b"at most" not in said.content
