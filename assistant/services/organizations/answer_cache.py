"""Cache of answers to first questions, reused without a model where staff allow it.

An answer is kept only if a model gave it in one round without any tool, and it is found again only while everything that
the model would be told is the same: who the assistant is and what it knows, its tools, its models, the language, the page
and the day. What is kept is bounded: so many places per assistant, and the newer answer takes the place of the older.
"""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from typing import Any

from django.core.cache import cache

from assistant.models import Assistant

log = logging.getLogger(__name__)

PLACES = 500  # per assistant
MAX_CHARS = 8000


def key(context: Any, question: str) -> str:
    """Names a question under all that the model would be told beside it; `context` has a `repr` that shows all of it.

    Case, spacing and the marks at the end make no other question.
    """
    plain = " ".join(unicodedata.normalize("NFKC", question).casefold().split()).rstrip(" .!?…。？！")
    return hashlib.sha256(f"{context!r}\n{plain}".encode()).hexdigest()


def recall(assistant: Assistant, key: str) -> str:
    """The answer that was kept under `key`, or ""."""
    try:
        kept_key, text = cache.get(_place(assistant, key)) or ("", "")
    except Exception:
        log.warning("the cache is away: a kept answer was not looked for", exc_info=True)
        return ""
    return text if kept_key == key else ""


def keep(assistant: Assistant, key: str, text: str) -> None:
    """Keep an answer for as long as the assistant's staff allow."""
    if not text or len(text) > MAX_CHARS:
        return
    try:
        cache.set(_place(assistant, key), (key, text), assistant.reuse_answers_hours * 3600)
    except Exception:
        log.warning("the cache is away: an answer was not kept", exc_info=True)


def forget(assistant_id: int) -> None:
    """Drop all answers that are kept for an assistant. Raises what the cache raises."""
    cache.delete_many([f"answer.{assistant_id}.{place}" for place in range(PLACES)])


def _place(assistant: Assistant, key: str) -> str:
    return f"answer.{assistant.pk}.{int(key[:8], 16) % PLACES}"
