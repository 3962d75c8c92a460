"""Pages are fetched, read, and looked at again."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from assistant.models import Assistant
from assistant.services.knowledge import documents
from tests.assistant.services.knowledge.documents import found, page, text
from tests.assistant.services.knowledge.fetched_site import HTML, Site

pytestmark = pytest.mark.django_db


def test_a_page_is_fetched_searched_and_looked_at_again(mia: Assistant) -> None:
    first = httpx.Response(
        200,
        headers={**HTML, "etag": '"1"', "last-modified": "yesterday"},
        content=b"<title>Prices</title><h1>Crowns</h1>Cost 700.",
    )
    site = Site(first, httpx.Response(304), httpx.Response(200, headers=HTML, content=b"<h1>Crowns</h1>Cost 800."))
    document = site.visit(page(mia))
    assert (document.state, document.title) == ("ready", "Prices")
    assert found(mia, "crowns") == ["Prices › Crowns"]
    assert timezone.now() + timedelta(hours=23) < document.next_read_at < timezone.now() + timedelta(hours=25)
    seen_at = document.read_at
    document = site.visit(document)
    assert (site.asked[1]["if-none-match"], site.asked[1]["if-modified-since"]) == ('"1"', "yesterday")
    assert document.state == "ready" and document.read_at > seen_at and "700" in document.text
    assert "800" in site.visit(document).text


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404, headers=HTML, content=b"<h1>Not here</h1>"), "status"),
        (httpx.Response(500), "status"),
        (httpx.Response(200, headers={"content-type": "application/pdf"}, content=b"%PDF-"), "not_html"),
        (httpx.Response(200, content=b"<h1>No type"), "not_html"),
        (httpx.Response(200, headers=HTML, content=b"x" * 4_000_000), "too_large"),
        (httpx.Response(302, headers={"location": "/prices"}), "redirect"),
        (httpx.Response(302, headers={"location": "http://169.254.169.254/latest"}), "redirect"),
        (httpx.Response(302, headers={"location": "https://10.0.0.1/"}), "address_refused"),
        (httpx.Response(200, headers=HTML, content=b"<script>app()</script><div id=root></div>"), "no_text"),
    ],
)
def test_a_page_that_fails_says_so_keeps_its_last_text_and_is_tried_again_soon(
    mia: Assistant, answer: httpx.Response, code: str
) -> None:
    site = Site(httpx.Response(200, headers=HTML, content=b"<h1>Crowns</h1>Cost 700."), answer)
    document = site.visit(site.visit(page(mia, title="Prices")))
    assert (document.state, document.code) == ("failed", code) and document.problem
    assert found(mia, "crowns") == ["Prices › Crowns"]
    assert document.next_read_at < timezone.now() + timedelta(minutes=2)
    for _ in range(12):
        document = site.visit(document)
    assert document.next_read_at > timezone.now() + timedelta(hours=20)  # less and less often


def test_a_private_address_is_not_asked(mia: Assistant) -> None:
    site = Site(httpx.Response(200, headers=HTML, content=b"secret"))
    assert site.visit(page(mia, "http://127.0.0.1:8000/admin/")).code == "address_refused"
    assert site.asked == []


def test_a_page_is_decoded_as_its_server_says(mia: Assistant) -> None:
    headers = {"content-type": "text/html; charset=iso-8859-1"}
    site = Site(httpx.Response(200, headers=headers, content="<p>Grüße".encode("latin1")))
    assert site.visit(page(mia)).text == "Grüße"


def test_passages_change_places_without_being_made_anew(mia: Assistant) -> None:
    document = text(mia, "# A\nOne.\n# B\nTwo.\n# A\nOne.", "House")
    rows = set(document.passages.values_list("pk", flat=True))
    document.text = "# B\nTwo.\n# A\nOne.\n# A\nOne."
    documents.queue(document)
    assert [row.title for row in document.passages.all()] == ["House › B", "House › A", "House › A"]
    assert set(document.passages.values_list("pk", flat=True)) == rows
