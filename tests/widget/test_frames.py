"""What a widget may send, and all that it may not (reliability: bad frames)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from assistant.errors import InputError
from widget import frames


@dataclass(frozen=True)
class CardOpen(frames.Frame):
    """A throw-away frame, as one is added to `widget/frames.py`."""

    type: ClassVar[str] = "card.open"
    card: str = field(metadata={"check": "uuid"})
    note: str = field(default="", metadata={"max": 5})


GOOD = {"type": "message.send", "id": "c-1", "text": "Hello"}


def frame(**changes):
    return json.dumps({**GOOD, **changes})


def test_a_message_is_taken_as_it_is():
    assert frames.parse(frame(text=" Hello\nthere ")) == frames.MessageSend("c-1", "Hello\nthere")


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "hello", "null", "7", "[]", '"text"', "{", '{"type": 7}', '{"type": null}', '{"type": "nope"}', "{}",
        '{"type": "_open"}', '{"type": "message_send"}', '{"type": "message.send"}', '{"type": "websocket.disconnect"}',
        "[" * 100_000, '{"a":' * 5000, '{"type": "ping", "x": NaN}', '{"type": "ping", "x": 1}',
        '{"type": "session.open", "after": 1e999}',
        '{"type": "message.send", "id": "c", "text": "\\ud800"}',
        '{"type": "session.open", "token": "t", "after": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_an_invalid_frame_is_refused(raw):
    with pytest.raises(InputError):
        frames.parse(raw)


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200d\ufeff", "\n\t", "\u202e\u2066", 7, None, ["a"], {"a": 1}, True])
def test_a_message_needs_something_to_read(text):
    with pytest.raises(InputError):
        frames.parse(frame(text=text))


@pytest.mark.parametrize("id", ["", " ", "a b", "x" * 65, "é", "\n", "a\x00", 7, None, True])
def test_an_id_is_short_and_visible(id):
    with pytest.raises(InputError):
        frames.parse(frame(id=id))


def test_a_message_that_is_too_long_has_a_code_of_its_own(settings):
    assert frames.parse(frame(text="x" * settings.MESSAGE_MAX_CHARS)).text
    with pytest.raises(InputError) as refused:
        frames.parse(frame(text="x" * (settings.MESSAGE_MAX_CHARS + 1)))
    assert refused.value.code == "message_too_long"


def test_control_characters_are_left_out_so_that_both_databases_take_the_text():
    assert frames.parse(frame(text="a\u0000b\u0007c\u0085d\ne")).text == "abcd\ne"


@pytest.mark.parametrize("after", [-1, 2**63, 1.5, "1", None, True, [1]])
def test_a_seq_is_a_whole_number_that_browsers_can_hold(after):
    raw = json.dumps({"type": "session.open", "token": "t", "after": after})
    if after is None:
        assert frames.parse(raw).after == 0
    else:
        with pytest.raises(InputError):
            frames.parse(raw)


def test_a_frame_larger_than_the_limit_is_refused_before_it_is_read():
    with pytest.raises(InputError, match="too large"):
        frames.parse(frame(page={"url": "x" * 17_000}))


def test_unknown_fields_are_refused():
    with pytest.raises(InputError, match="role"):
        frames.parse(frame(role="system"))


@pytest.mark.parametrize("value", [2, -2, 1.0, "1", None, True])
def test_a_rating_is_one_of_three(value):
    with pytest.raises(InputError):
        frames.parse(json.dumps({"type": "message.rate", "message": "0d6a1c2e-0000-4000-8000-0000000000a2", "value": value}))


@pytest.mark.parametrize(
    "email", ["a@b", "a@[127.0.0.1]", "a@b.co,c@d.co", "a@b.co\r\nBcc: c@d.co", "x" * 70 + "@b.co", "@", 7]
)
def test_an_address_that_mail_would_not_reach_is_refused(email):
    with pytest.raises(InputError):
        frames.parse(json.dumps({"type": "visitor.update", "email": email}))


def test_a_new_frame_needs_its_class_alone_to_be_parsed_and_checked(monkeypatch):
    monkeypatch.setitem(frames.FRAMES, CardOpen.type, CardOpen)
    good = {"type": "card.open", "card": "0d6a1c2e-0000-4000-8000-0000000000a2"}
    assert frames.parse(json.dumps(good)) == CardOpen(good["card"])
    for bad in ({"card": "x"}, {"card": None}, {"note": "x" * 6}, {"note": 7}, {"colour": "red"}):
        with pytest.raises(InputError):
            frames.parse(json.dumps({**good, **bad}))


def test_every_class_of_a_frame_is_in_the_table_and_its_base_is_not():
    classes = {one for one in vars(frames).values() if isinstance(one, type) and issubclass(one, frames.Frame)}
    assert set(frames.FRAMES.values()) == classes - {frames.Frame}
    assert all(name == frame.type for name, frame in frames.FRAMES.items()) and "" not in frames.FRAMES
