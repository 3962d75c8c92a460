"""Classification of failures by the table in `failure_rules`: the cause of an error, whether to ask again, and whether to
ask another provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from assistant.errors import OutboundError, ProviderError
from assistant.providers.completions.failure_rules import NEXT_SCHEMA, RULES
from assistant.redaction import redacted

RETRY_AFTER_SECONDS = 60.0

STATUS_OF_TYPE = {
    "rate_limit": 429, "throttl": 429,
    "overloaded": 529, "server_error": 500, "internal": 500, "api_error": 500, "timeout": 504,
    "authentication": 401, "invalid_api_key": 401, "permission": 403, "not_found": 404, "invalid_request": 400,
    "bad_request": 400, "resource_exhausted": 429, "unavailable": 503,
}  # fmt: skip


def classified(
    status: int,
    error: Any,
    headers: Mapping[str, str] | None = None,
    *,
    sent: bytes = b"",
    key: str = "",
    schema: str = "full",
) -> ProviderError:
    """What a refusal means: its cause, whether to ask again, and whether to ask another.

    `error` is whatever JSON or text came; `sent` is our request, which decides whether something in it can be left out;
    `schema` is how plain its tools' schemas were. What can be left out is in `details["lacks"]`.
    The message is for staff: the provider's own words, cut short and without the key.
    """
    words, _ = _words(error, key)
    text = searched(error, key)
    retry_after = _retry_after(headers or {})
    if retry_after is None and status in (429, 503, 529):
        retry_after = _retry_after_words(text)
    for rule in RULES:
        if not rule.matches(status, text, sent):
            continue
        if rule.cause == "quota" and status == 429 and rule.pattern == "quota" and retry_after is not None:
            continue  # a quota of a minute
        lacks = dict(rule.lacks)
        if "schema" in lacks:
            lacks = {"schema": NEXT_SCHEMA[schema]} if schema in NEXT_SCHEMA else {}
        break
    # What a server says about a wrong key may hold the key.
    said = "" if rule.cause in ("unauthorized", "forbidden") else f": {words[:300]}" if words else ""
    details = {"lacks": lacks} if lacks else {}
    return ProviderError(
        f"{rule.cause} ({status}){said}",
        cause=rule.cause,
        status=status,
        retryable=rule.retryable,
        next_provider=rule.try_next,
        retry_after_seconds=retry_after,
        **details,
    )


def searched(error: Any, key: str = "") -> str:
    """What the table's patterns are looked for in: code, type, parameter and message, in lower case."""
    words, codes = _words(error, key)
    return f"{codes} {words}".lower()


def _words(error: Any, key: str = "") -> tuple[str, str]:
    """The message, and code, type and parameter in one, of the many shapes of an error. Masked before they are cut."""
    error = _innermost(error)
    if not isinstance(error, dict):
        return redacted(str(error), [key])[:2000], ""
    message = next((error[name] for name in _MESSAGES if error.get(name)), "")
    if isinstance(message, list):
        # FastAPI's list of what is wrong, without the input that it repeats: that is the visitor's text.
        message = "; ".join(
            f"{'.'.join(map(str, item.get('loc', ())))} {item.get('msg', '')} {item.get('type', '')}"
            for item in message
            if isinstance(item, dict)
        )
    if isinstance(error.get("metadata"), dict) and isinstance(raw := error["metadata"].get("raw"), str):
        message = f"{message}: {raw}"  # OpenRouter's "Provider returned error" has the provider's own words there
    codes = " ".join(str(error[name]) for name in _CODES if error.get(name))
    if delay := _RETRY_DELAY.search(str(error.get("details", ""))):
        message = f"{message} (retry in {delay[1]})"  # Google's RetryInfo
    return redacted(str(message), [key])[:2000], redacted(codes, [key])[:200]


_MESSAGES = ("message", "detail", "error_description", "msg", "title")
_CODES = ("code", "error_code", "type", "param", "status", "reason")
_RETRY_DELAY = re.compile(r"'retryDelay': '([\d.]{1,10}m?s)'")


def _innermost(error: Any) -> Any:
    """The object that says what is wrong: within a list (Google), `error`, `errors` (Cloudflare) or `detail` (FastAPI)."""
    for _ in range(4):
        if isinstance(error, list):
            error = error[0] if error else ""
            continue
        if not isinstance(error, dict):
            break
        within = next((error[name] for name in ("error", "errors", "detail") if _says_more(name, error.get(name))), None)
        if within is None:
            break
        if isinstance(within, str) and isinstance(error.get("code"), str):
            return {"code": error["code"], "message": within}  # xAI
        error = within
    return error


def _says_more(name: str, value: Any) -> bool:
    """Whether an error's own words are in this field of it. A list in `detail` is FastAPI's, and read as it is."""
    return bool(value) and isinstance(value, {"error": dict | str, "errors": list, "detail": dict}[name])


def status_of(error: Any) -> int:
    """The HTTP status that an error inside a stream would have had."""
    _, codes = _words(error)
    for word in codes.lower().split():
        if word.isdigit() and 400 <= int(word) <= 599:
            return int(word)
        for type, status in STATUS_OF_TYPE.items():
            if type in word:
                return status
    return 500


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, at most `RETRY_AFTER_SECONDS`; None when nothing readable was said."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds = float(milliseconds) / 1000
        elif not (text := headers.get("retry-after", "").strip()):
            return None
        elif text[:1].isdigit() or text[:1] == "-":
            seconds = float(text)
        else:
            at = parsedate_to_datetime(text)
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS) if seconds == seconds else None


_WAIT = re.compile(
    r"(?:try again|retry)(?: after| in)\s(?:(\d{1,3})m(?!s))?\s?(?:([\d.]{1,10})\s?(ms|milliseconds?|s|seconds?)\b)?"
)


def _retry_after_words(text: str) -> float | None:
    """Seconds, where only the words of a refusal have them: "try again in 1m2.5s", "retry after 7 seconds"."""
    if (found := _WAIT.search(text)) is None or not (found[1] or found[2]):
        return None
    try:
        seconds = float(found[2] or 0) / (1000 if (found[3] or "").startswith("m") else 1)
    except ValueError:
        return None
    return min(60 * int(found[1] or 0) + seconds, RETRY_AFTER_SECONDS)


def from_outbound(error: OutboundError, answered: bool, shown: bool = False) -> ProviderError:
    """A failed exchange as the provider's failure; `answered` when its headers had come, `shown` when text of it had."""
    cause = {"dns": "dns", "refused": "refused", "tls": "tls", "timeout": "timeout", "address_refused": "refused"}.get(
        error.code, "cut_off" if error.code == "protocol" else "bad_response"
    )
    # As long as nothing was shown, and nothing run, a broken connection is worth one more try.
    retryable = cause in ("dns", "refused") or (cause == "cut_off" and not shown)
    return ProviderError(str(error), cause=cause, retryable=retryable and error.code != "address_refused")
