"""What model servers send in a whole turn, from `tests/wire/servers/turns/`: the K-th answer to the K-th request.

A file `NAME.http` begins with lines of comment: the server and version that it stands for, and what is special about it.
Those called `real-…` were recorded; the others follow the form that its documentation, its parser or a report shows.
Then come the answers as HTTP has them, status line first, with a line of `#### ` before each but the first:

    # Server: Mistral API, 2026-11
    # Means: A call, then an answer.
    HTTP/1.1 200 OK
    Content-Type: text/event-stream

    data: {"choices": …}

    #### the answer to the next request
    HTTP/1.1 400 Bad Request
    …
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .stub import Received, Step, Stub

FOLDER = Path(__file__).parents[2] / "wire" / "servers" / "turns"


@dataclass(frozen=True)
class Transcript:
    server: str
    means: str
    answers: tuple[bytes, ...]


def transcript(name: str) -> Transcript:
    text = (FOLDER / f"{name}.http").read_text(encoding="utf-8")
    head = re.match(r"# Server: (.+)\n# Means: (.+)\n", text)
    assert head, f"{name}: the file does not say which server it stands for, and what for"
    answers = re.split(r"^####.*\n", text[head.end() :], flags=re.M)
    return Transcript(head[1], head[2], tuple(map(_answer, answers)))


def _answer(text: str) -> bytes:
    """With the line ends of HTTP in its head, and the connection closed behind it, so that it needs no length."""
    head, _, body = text.partition("\n\n")
    return "\r\n".join([*head.splitlines(), "Connection: close", "", ""]).encode() + body.encode()


class Replay(Stub):
    """A server that gives a transcript's answers in order, and its last one for ever; `cut` is the size of the pieces."""

    def __init__(self, name: str, cut: int = 0) -> None:
        super().__init__()
        self.left = list(transcript(name).answers)
        self.cut = cut

    def answer(self, request: Received) -> Iterable[Step]:
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        size = self.cut or len(answer)
        return [answer[at : at + size] for at in range(0, len(answer), size)]
