"""What staff write in a conversation, with its limits: what is too long is refused by name, never cut without a word."""

from __future__ import annotations

from assistant.errors import InputError
from assistant.redaction import clean

REPLY_CHARS = 4000
NOTE_CHARS = 4000  # for colleagues
HAND_BACK_CHARS = 1000  # for the assistant, in each of its prompts from then on


def cleaned(text: str, most: int, what: str) -> str:
    """`text` without what no reader sees. Raises `InputError` where more than `most` characters are left, and calls it
    `what`."""
    kept = clean(text).strip()
    if len(kept) > most:
        raise InputError(f"The {what} has {len(kept):,} characters. Shorten it to {most:,} at most.", code="too_long")
    return kept
