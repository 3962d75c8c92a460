"""Notifications may be lost, doubled or reordered: a widget that reconnects shows what the database holds.

The services and the widget's own `reduce` are the real ones; between them is a wire that does its worst.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from itertools import count, product
from random import Random
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from assistant import events, live
from assistant.errors import TurnTaken
from assistant.models import Conversation, Message, Turn
from assistant.services.conversations import cards
from assistant.services.conversations.events import render_event, resume_session
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message, rate_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.state import change_state
from tests import make, servers

EXAMPLES = int(os.environ.get("CONVERGENCE_EXAMPLES", "25"))
WIDGETS = st.integers(0, 1)
_names = count()


class Widgets:
    """The real `reduce` for any number of widgets, in one process of node."""

    def __init__(self) -> None:
        self.node = subprocess.Popen(
            [servers.program("node"), servers.ROOT / "tests/widget/reduce.js"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def play(self, widget: str, *happened: dict[str, Any]) -> dict[str, Any]:
        assert self.node.stdin and self.node.stdout
        self.node.stdin.write(json.dumps({"widget": widget, "events": happened}) + "\n")
        self.node.stdin.flush()
        return json.loads(self.node.stdout.readline())

    def close(self) -> None:
        assert self.node.stdin and self.node.stdout
        self.node.stdin.close()
        self.node.stdout.close()
        self.node.wait(10)


class Chat(RuleBasedStateMachine):
    """One conversation, two widgets. What is rung arrives at once, twice, not at all, or waits in `late` for its turn."""

    widgets: Widgets
    assistant: Any

    @initialize(weather=st.randoms(use_true_random=False))
    def begin(self, weather: Random) -> None:
        self.weather = weather
        self.example = f"e{next(_names)}"
        self.conversation = make.conversation(self.assistant)
        self.late: list[list[dict[str, Any]]] = [[], []]
        self.open = [True, True]
        self.shown = [self.play(number) for number in (0, 1)]
        self.known = 0  # the newest row that was rung
        self.sent: list[tuple[str, str]] = []
        self.turn: Turn | None = None
        self.draft = live.ReplyDraft()
        self.asleep: list[Turn] = []  # runners that another has followed, or whose turn has ended
        for number in (0, 1):
            self.come_back(number)

    def play(self, number: int, *happened: dict[str, Any]) -> dict[str, Any]:
        return self.widgets.play(f"{self.example}-{number}", *happened)

    def ring(self, *more: events.WidgetEvent) -> None:
        rows = self.conversation.events.filter(seq__gt=self.known).select_related("message", "card").order_by("seq")
        for event in [*(render_event(row) for row in rows), *more]:
            self.known = max(self.known, event.payload().get("seq", 0))
            for number in (0, 1):
                if self.open[number]:
                    fate = self.weather.choices(["at once", "twice", "late", "lost"], [6, 1, 2, 1])[0]
                    if fate in ("at once", "twice"):
                        self.hear(number, event.payload())
                    if fate in ("twice", "late"):
                        self.late[number].append(event.payload())

    def hear(self, number: int, payload: dict[str, Any]) -> None:
        self.shown[number] = self.play(number, payload)
        if self.shown[number]["gap"]:
            self.come_back(number)

    # --- What visitors, runners and staff do ---

    @rule(number=WIDGETS)
    def write(self, number: int) -> None:
        id = f"c-{len(self.sent)}"
        message = {"id": id, "text": f"Question {id}", "at": "2030-01-01T00:00:00Z"}
        self.play(number, {"type": "message.written", "message": message})
        self.sent.append((id, message["text"]))
        post_message(self.conversation, *self.sent[-1])
        self.ring()

    @precondition(lambda self: self.sent)
    @rule()
    def send_the_last_one_again(self) -> None:
        assert not post_message(self.conversation, *self.sent[-1]).new
        self.ring()

    @rule()
    def begin_a_turn(self) -> None:
        """As its first runner, or as one that finds the lease of a dead one."""
        self.conversation.turns.filter(state=Turn.State.RUNNING).update(leased_until=timezone.now())
        if (open_turn := self.conversation.turns.open().order_by("created_at").first()) is None:
            return
        with suppress(TurnTaken):
            claimed = claim_turn(open_turn.pk)
            self.asleep += [self.turn] if self.turn else []
            self.turn = claimed
            self.draft = live.ReplyDraft(fence=self.turn.fence)
            live.keep_draft(self.turn.pk, self.draft)
            self.ring(events.TurnStarted(str(self.turn.pk), str(self.turn.message_id), self.turn.fence))

    @rule(pieces=st.lists(st.sampled_from(["Yes. ", "🦷 ", "No, "]), min_size=1, max_size=6), rewrite=st.booleans())
    def type(self, pieces: list[str], rewrite: bool) -> None:
        if self.turn is None:
            self.write(0)
            self.begin_a_turn()
        assert self.turn
        offset = len(self.draft.text) // 2 if rewrite else len(self.draft.text)
        for piece in pieces:
            self.draft.text = self.draft.text[:offset] + piece
            self.ring(events.ReplyDelta(str(self.turn.pk), offset, piece, self.turn.fence))
            offset = len(self.draft.text)

    @precondition(lambda self: self.turn)
    @rule(state=st.sampled_from([Turn.State.DONE, Turn.State.STOPPED, Turn.State.FAILED]))
    def end_the_turn(self, state: str) -> None:
        assert self.turn
        turn, self.turn = self.turn, None
        live.keep_draft(turn.pk, None)
        failed = state == Turn.State.FAILED
        outcome = Outcome(
            state, self.draft.text, Message.State.INCOMPLETE if failed else Message.State.COMPLETE, retryable=failed
        )
        finish_turn(turn, outcome)
        self.asleep.append(turn)
        self.ring()

    @precondition(lambda self: self.asleep)
    @rule()
    def wake_up(self) -> None:
        """A runner that slept goes on where it was: the processes may not have heard of another."""
        old = self.asleep[-1]
        self.ring(events.TurnStarted(str(old.pk), str(old.message_id), old.fence), self.late_words(old))

    def late_words(self, old: Turn) -> events.WidgetEvent:
        return events.ReplyDelta(str(old.pk), 0, "Where was I?", old.fence)

    @rule(change=st.booleans())
    def show_a_card(self, change: bool) -> None:
        card = self.conversation.cards.first() if change else None
        if card is not None:
            cards.update(card, state="answered", choice="send")
        else:
            cards.add(self.conversation, "contact", {"title": "How can we reach you?", "text": "", "fields": []})
        self.ring()

    @rule(value=st.sampled_from([1, -1, 0]))
    def rate(self, value: int) -> None:
        reply = self.conversation.messages.filter(role=Message.Role.ASSISTANT).first()
        if reply is not None:
            rate_message(self.conversation, str(reply.pk), value)
            self.ring()

    @rule(state=st.sampled_from(["waiting", "assistant", "closed"]))
    def change_hands(self, state: str) -> None:
        change_state(self.conversation, state)
        self.ring()

    # --- What the wire does ---

    @rule(number=WIDGETS, which=st.integers(0, 5))
    def arrive_late(self, number: int, which: int) -> None:
        if self.late[number]:
            self.hear(number, self.late[number].pop(which % len(self.late[number])))

    @rule(number=WIDGETS)
    def go_away(self, number: int) -> None:
        self.open[number], self.late[number] = False, []

    @rule(number=WIDGETS)
    def come_back(self, number: int) -> None:
        """`session.open`, on a new socket or on the same one: its answer is the only event that is never lost."""
        self.open[number] = True
        ready = resume_session(self.conversation, self.shown[number]["seq"])
        self.shown[number] = self.play(number, ready.payload())
        assert not self.shown[number]["gap"]

    # --- What holds ---

    @invariant()
    def nothing_stands_twice_or_out_of_order(self) -> None:
        for shown in getattr(self, "shown", []):
            seqs = [item["seq"] for item in shown["items"]]
            assert seqs == sorted(set(seqs))
            assert len({item["id"] for item in shown["items"]}) == len(seqs)
            if turn := shown["turn"]:
                assert turn["length"] == len(turn["text"]) and turn["id"] not in shown["ended"]

    def teardown(self) -> None:
        if not hasattr(self, "shown"):
            return
        self.ring()
        for number in (0, 1):
            self.come_back(number)
        fresh = self.play(9, resume_session(self.conversation, 0).payload())
        newest = Conversation.objects.values_list("last_seq", flat=True).get(pk=self.conversation.pk)
        for shown in self.shown:
            assert {**shown, "ended": []} == {**fresh, "ended": []}
            assert shown["seq"] == newest and shown["pending"] == []
        for number, old in product((0, 1), self.asleep):
            assert self.play(number, self.late_words(old).payload()) == self.shown[number]
        messages = [item["message"]["text"] for item in fresh["items"] if item["kind"] == "message"]
        assert messages == list(self.conversation.messages.order_by("seq").values_list("text", flat=True))
        if self.turn:
            assert fresh["turn"]["text"] == self.draft.text
            live.keep_draft(self.turn.pk, None)


@pytest.fixture
def widgets():
    try:
        widgets = Widgets()
    except servers.Missing as missing:
        pytest.skip(str(missing))
    yield widgets
    widgets.close()


@pytest.mark.django_db
def test_every_widget_that_comes_back_shows_what_the_database_holds(widgets: Widgets):
    class Here(Chat):
        pass

    Here.widgets, Here.assistant = widgets, make.assistant()
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=30, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate], report_multiple_bugs=False,  # a failure must not take minutes to become a short one
            derandomize="CONVERGENCE_EXAMPLES" not in os.environ,
        ),
    )  # fmt: skip
