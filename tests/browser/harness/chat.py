"""What the tests of a conversation share."""

from __future__ import annotations

import re
from collections.abc import Callable

from .server import FakeServer
from .widget import Widget

NewWidget = Callable[..., Widget]


def sent(fake: FakeServer, kind: str) -> list[dict]:
    return [frame for frame in fake.frames if frame["type"] == kind]


def words(text: str) -> str:
    return re.sub(r"\W+", "", text)
