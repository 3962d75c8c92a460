"""A visitor's messages keep the order in which they were written, whatever happens to the server meanwhile."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable

import pytest

from tests import servers
from tests.sampling import part

from .visitor import Visitor, until

TEXTS = [f"Message {number}" for number in range(40)]


@pytest.mark.parametrize("sockets", [True, False], ids=["over a socket", "over HTTP"])
def test_messages_of_a_widget_keep_their_order_though_the_server_is_killed(
    start_app: Callable[..., servers.App], sockets: bool
):
    try:
        node = servers.program("node")
    except servers.Missing as missing:
        pytest.skip(str(missing))
    app = start_app(DEMO_MODEL_DELAY_MS="0", RATE_LIMITS="false", ASSISTANT_LEASE_SECONDS="4")
    visitor = Visitor(app.url)
    given = {"host": app.url, "origin": app.url, "token": visitor.token, "texts": TEXTS, "sockets": sockets}
    run = [node, "--experimental-websocket", servers.ROOT / "tests/faults/widget.js", json.dumps(given)]
    chance = random.Random(sockets)
    with subprocess.Popen(run, stdout=subprocess.PIPE) as widget:
        try:
            for count in part((1, 20), 2, of=int(sockets)):  # a start costs four seconds of a core
                until(lambda count=count: len(visitor.events()) >= count)
                time.sleep(chance.uniform(0, 0.2))
                app.kill()
                app.start()
            assert widget.stdout and widget.stdout.readline() == b"done\n"
        finally:
            widget.kill()
    messages = [event["message"] for event in visitor.events() if event["type"] == "message.added"]
    assert [message["text"] for message in messages if message["role"] == "visitor"] == TEXTS
