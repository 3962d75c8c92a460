"""Files, from a visitor's widget to the inbox and back, in real browsers against the product."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests import servers
from tests.assistant.services.files import pictures
from tests.browser.office import Office, asks_for_a_person
from tests.browser.test_admin import signed_in

ALLOW = """
from assistant.models import Assistant
for one in Assistant.objects.all():
    one.accepts_files = True
    one.save()
"""


@pytest.fixture(scope="module")
def office(start_app: Callable[..., servers.App]) -> Office:
    found = Office(start_app())
    found.shell(ALLOW)
    return found


def test_a_visitor_sends_files_and_staff_answer_with_one(office, chromium, new_widget):
    widget = asks_for_a_person(office, new_widget(), "May I send a photo?")
    page = widget.page
    attach = page.get_by_role("button", name="Attach a file")
    expect(attach).to_be_visible()
    chips = page.get_by_role("list", name="Files to send")
    with page.expect_file_chooser() as chooser:
        attach.press("Enter")
    chooser.value.set_files(
        [
            {"name": "tooth.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg("at home")},
            {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": pictures.PDF},
            {"name": "setup.exe", "mimeType": "application/pdf", "buffer": b"MZ"},
        ]
    )
    expect(chips.get_by_role("listitem")).to_have_count(3)
    expect(chips.get_by_text("This file cannot be sent.")).to_be_visible()
    expect(chips.get_by_role("progressbar")).to_have_count(0)
    chips.get_by_role("button", name="Remove setup.exe").press("Enter")
    expect(chips.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Send", exact=True).last.click()
    expect(chips).to_be_hidden()
    own = page.locator(".line.own").last
    expect(own.get_by_role("button", name="Download tooth.jpg")).to_be_visible()
    with page.expect_response(re.compile(r"/api/v1/widget/files/[0-9a-f-]+$")) as linked:
        own.get_by_role("button", name="Download plan.pdf").click()
    link = linked.value.json()["url"]
    with urllib.request.urlopen(link) as found:
        assert found.read() == pictures.PDF and found.headers["Content-Disposition"].startswith("attachment")

    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/") as staff:
        staff.locator("#inbox-lines .iw-inbox-line").first.click()
        talk = staff.locator("#inbox-talk [role=log]")
        expect(talk.get_by_role("link", name="plan.pdf")).to_be_visible()
        image = talk.get_by_role("link", name="tooth.jpg").locator("img")
        image.evaluate("image => image.decode()")
        staff.locator("#inbox-talk input[type=file]").set_input_files(
            {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": pictures.PDF}
        )
        expect(staff.get_by_role("button", name="Remove offer.pdf")).to_be_visible()
        expect(staff.get_by_text("Uploading…")).to_have_count(0)
        staff.get_by_label("Reply", exact=True).fill("Here is our offer.")
        staff.get_by_label("Reply", exact=True).press("Enter")
        expect(talk.get_by_role("link", name="offer.pdf")).to_be_visible()
    reply = page.locator(".line.staff").last
    expect(reply.get_by_role("button", name="Download offer.pdf")).to_be_visible()


def test_a_file_is_pasted_and_dropped_and_one_too_large_is_said_to_be(office, new_widget):
    widget = new_widget().visit(office.app.url).open()
    page = widget.page
    expect(page.get_by_role("button", name="Attach a file")).to_be_visible()
    give = """(event, [name, size]) => {
        const root = [...document.querySelectorAll('*')].find((el) => el.shadowRoot?.querySelector('.panel')).shadowRoot;
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(size)], name, { type: 'application/pdf' }));
        const on = root.querySelector(event === 'paste' ? 'textarea' : '.log');
        const init = { bubbles: true, composed: true, cancelable: true };
        const made = event === 'paste' ? new ClipboardEvent(event, { ...init, clipboardData: data })
            : new DragEvent(event, { ...init, dataTransfer: data });
        on.dispatchEvent(made);
    }"""
    chips = page.get_by_role("list", name="Files to send")
    for event, name, size in (("paste", "one.pdf", 10), ("drop", "two.pdf", 12_000_000)):
        page.evaluate("([give, event, rest]) => eval(give)(event, rest)", [f"({give})", event, [name, size]])
        expect(chips.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    expect(chips.get_by_text("Too large: at most 10 MB.")).to_be_visible()
