"""From a question that was answered badly to a better answer, in a real browser: draft, replay, publish."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_admin import signed_in

ANSWER = "Our practice has a helipad on the roof, for patients of the helipad only."


def test_an_unanswered_question_is_answered_by_a_draft_that_is_tried_first(office, chromium, new_widget):
    widget = new_widget().visit(office.app.url).open()
    widget.ask("Do you have a helipad?")
    with signed_in(office.app, chromium, "/admin/") as staff:
        staff.get_by_role("link", name="Unanswered questions").last.click()
        staff.get_by_role("link", name="Do you have a helipad?").first.click()
        expect(staff.get_by_text("What the visitor was answered")).to_be_visible()
        staff.get_by_role("link", name="Change the assistant's texts").click()
        expect(staff.get_by_role("checkbox", name="Do you have a helipad?")).to_be_checked()
        knowledge = staff.get_by_label("Knowledge")
        knowledge.fill(f"{knowledge.input_value()}\n\n# Helipad\n\n{ANSWER}")
        staff.get_by_role("button", name="Save and try it").click()
        expect(staff.get_by_text("What publishing changes")).to_be_visible()
        staff.get_by_role("link", name="Do you have a helipad?").click()
        expect(staff.get_by_text("helipad on the roof").first).to_be_visible()  # the page looks again by itself
        assert "roof" not in widget.log.inner_text()

        staff.go_back()
        staff.get_by_role("checkbox", name="Do you have a helipad?").check()
        staff.get_by_role("button", name="Publish").click()
        expect(staff.get_by_text("Questions marked as answered: 1.")).to_be_visible()
    widget.ask("And a helipad, do you have one?")
    expect(widget.log).to_contain_text("on the roof")
