"""The examples in tests/wire are the protocol: code, documentation and examples may not drift apart."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from assistant.events import EVENTS
from tests import make
from widget import frames
from widget.views.api import presentation

WIRE = Path(__file__).parent.parent / "wire"
PROTOCOL = (Path(__file__).parent.parent.parent / "docs" / "protocol.md").read_text()


def examples(kind):
    return {path.stem: json.loads(path.read_text()) for path in (WIRE / kind).glob("*.json")}


def test_every_type_has_an_example_and_every_example_a_type():
    assert set(examples("frames")) == set(frames.FRAMES)
    assert set(examples("events")) == set(EVENTS)


@pytest.mark.parametrize("name", sorted([*frames.FRAMES, *EVENTS]))
def test_every_type_is_documented(name):
    assert re.search(rf"`{re.escape(name)}[ `{{]", PROTOCOL)


@pytest.mark.parametrize("example", examples("frames").values(), ids=examples("frames").keys())
def test_an_example_frame_is_taken(example):
    assert frames.parse(json.dumps(example)).type == example["type"]


@pytest.mark.parametrize("example", examples("events").values(), ids=examples("events").keys())
def test_an_example_event_is_what_the_class_sends(example):
    cls = EVENTS[example["type"]]
    given = {key: value for key, value in example.items() if key != "type"}
    assert cls(**given).payload() == example
    needed = {f.name for f in fields(cls) if f.default is MISSING}
    assert needed <= set(example)
    assert cls.durable == ("seq" in needed and cls.type not in ("session.ready", "pong"))


def test_the_documented_config_is_the_one_that_is_sent(db):
    example = re.search(r"### config\n\n(    \{.*?\})\n\n", PROTOCOL, re.S)
    assert example
    documented = json.loads(example[1])
    sent = json.loads(json.dumps(presentation(make.assistant())))
    assert {key: type(value) for key, value in documented.items()} == {key: type(value) for key, value in sent.items()}
    assert len(documented["version"]) == len(sent["version"])
