"""States as coloured labels: every state has a colour, and says more than its value where that helps."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template

from assistant.admin import states
from assistant.models import Card, Conversation, Delivery, Document, Replay, ToolCall, Turn


def drawn(expression: str, **context: object) -> str:
    return Template("{% load states %}" + expression).render(Context(context)).strip()


@pytest.mark.parametrize("model", states.ROWS, ids=lambda model: model.__name__)
def test_every_state_of_a_model_has_a_colour_of_its_own_choosing(model):
    assert set(states.ROWS[model]) == set(model.State)
    assert set(states.column_labels(model)) >= {str(state.label) for state in model.State}


def test_a_label_has_the_colour_and_the_words_of_the_state():
    assert drawn("{% state_label row %}", row=Turn(state="failed")) == '<span class="iw-label iw-bad">Failed</span>'
    assert drawn("{% state_label row %}", row=ToolCall(state="pending")).startswith('<span class="iw-label">')


def test_an_email_that_is_tried_again_is_not_shown_as_waiting_for_its_first_attempt():
    first, again = Delivery(state="queued"), Delivery(state="queued", attempts=2)
    assert "iw-info" in drawn("{% state_label row %}", row=first)
    assert drawn("{% state_label row %}", row=again) == '<span class="iw-label iw-warn">Trying again</span>'


def test_a_conversation_with_staff_says_with_whom():
    row = Conversation(state="staff", staff=User(username="ann"))
    assert drawn("{% state_label row %}", row=row).endswith(": ann</span>")


def test_a_card_says_what_it_is_and_what_was_chosen():
    asked = Card(kind="confirm", state="answered", choice="<yes>")
    assert ": &lt;yes&gt;</span>" in drawn("{% state_label row %}", row=asked)
    slots = Card(kind="slots", state="answered", choice="slot-id-17")
    assert "slot-id-17" not in drawn("{% state_label row %}", row=slots)
    assert ">Sent</span>" in drawn("{% state_label row %}", row=Card(kind="receipt", content={"status": "sent"}))


def test_progress_stands_beside_the_state():
    assert ">Running: 2 of 5</span>" in drawn('{% state_label row "" "2 of 5" %}', row=Replay(state="running"))


def test_a_value_without_a_row_is_drawn_from_the_set_that_is_named():
    label = '<span class="iw-label iw-info">Would ask the visitor</span>'
    assert drawn('{% state_label "waiting" "outcome" %}') == label
    assert drawn('{% state_label "half-open" "breaker" %}').startswith('<span class="iw-label iw-warn">')


def test_an_unknown_value_is_shown_without_a_colour_instead_of_breaking_the_page():
    assert drawn('{% state_label "not_reached" "check" %}') == '<span class="iw-label">Not reached</span>'


def test_a_whole_section_takes_the_colour_of_a_state():
    assert drawn("{{ row|state_tone }}", row=Document(state="ready")) == "iw-good"
    assert drawn("{{ value|state_tone:'outcome' }}", value="refused") == "iw-warn"
    assert drawn("{{ row|state_tone }}", row=ToolCall(state="pending")) == ""


def test_a_delivery_on_its_way_again_has_a_colour_in_the_list_too():
    assert states.column_labels(Delivery)[Delivery(state="queued", attempts=1).state_label] == "warning"
