"""Selection of the model that answers: candidates, rotation, health, and retries until the first visible token.

`rows` reads an organization's provider into settings, `candidates` lists the models that may answer for an assistant,
`rotation` puts them in order, `selection` decides who is asked in one round, and `router` asks, learns and moves on. What
came of each request is in `attempts`.
"""

from assistant.providers.router.candidates import (
    MAX_OUTPUT_TOKENS,
    SLOW_SILENCE_SECONDS,
    Candidate,
    Task,
    candidates,
    demo,
    is_demo,
    may_use_platform,
    patience,
    platform,
)
from assistant.providers.router.rotation import ordered
from assistant.providers.router.router import ATTEMPTS, Router, model_for, model_of_turn
from assistant.providers.router.rows import examined, from_row, what_is_wrong

__all__ = [
    "ATTEMPTS",
    "MAX_OUTPUT_TOKENS",
    "SLOW_SILENCE_SECONDS",
    "Candidate",
    "Router",
    "Task",
    "candidates",
    "demo",
    "examined",
    "from_row",
    "is_demo",
    "may_use_platform",
    "model_for",
    "model_of_turn",
    "ordered",
    "patience",
    "platform",
    "what_is_wrong",
]
