"""Turns: a visitor's message, and everything until its reply has ended. The one room that knows engine, providers and tools.

A turn is a leased row. Its runner is an asyncio task of the process that took the message; the sockets only watch. When
a runner dies, its lease lapses, and the next process to find the row goes on from the ledger.
"""

from __future__ import annotations

from assistant.turns.entry import answer_card, post, post_to, request_human, retry, stop
from assistant.turns.keeper import drain, resume, resume_here, run_keeper
from assistant.turns.runner import run, start

__all__ = [
    "answer_card",
    "drain",
    "post",
    "post_to",
    "request_human",
    "resume",
    "resume_here",
    "retry",
    "run",
    "run_keeper",
    "start",
    "stop",
]
