"""What staff write in a conversation, and the name under which visitors read it.

What is too long is refused by name, never cut without a word.
"""

from __future__ import annotations

from typing import Any

from assistant.errors import InputError
from assistant.redaction import clean, clean_name

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


def public_name(staff: Any) -> str:
    """What visitors know the user `staff` by: their first name, or else their user name, which is never empty."""
    return clean_name(staff.get_short_name()) or clean_name(staff.get_username())
