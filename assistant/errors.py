"""Errors, named for who must act. Each has a stable `code`; its sentence is chosen where it is shown.

InterworkyError
├── InputError             the visitor can put it right; shown
│   ├── Conflict           the same id, another text
│   ├── TooMuch            a limit of ours was hit; `retry_after_seconds`
│   ├── NotAllowed         wrong origin, disabled assistant, spent or foreign token
│   └── NotFound           unknown, deleted or somebody else's: always the same answer
├── ToolError              the model can put it right; becomes a failed tool result
│   └── ToolRefused        policy said no: not offered here, quota, stopped
├── ImportRefused          staff can put it right: what they brought cannot be read; shown to them
├── OutboundError          a request of ours to another server failed; `code` says how
│   └── AddressRefused     the guard refused the address
├── ProviderError          the router acts; `retryable` and `next_provider` say how
│   ├── ProviderUnavailable  nobody left to ask
│   └── ProviderBadResponse  an answer that is not the wire format
├── BudgetExceeded         a cap on tokens or money is reached; `whose` says which
└── TurnTaken              another runner holds this turn
"""

from __future__ import annotations

from typing import Any


class InterworkyError(Exception):
    """`str(error)` is for staff and logs; `code` is for machines; neither ever holds a secret."""

    code = "internal"

    def __init__(self, message: str = "", *, code: str | None = None, **details: Any) -> None:
        super().__init__(message or self.__class__.__name__)
        if code:
            self.code = code
        self.details = details


class InputError(InterworkyError):
    code = "bad_input"


class Conflict(InputError):
    code = "conflict"


class TooMuch(InputError):
    code = "too_much"

    def __init__(self, message: str = "", *, retry_after_seconds: int = 60, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after_seconds = retry_after_seconds


class NotAllowed(InputError):
    code = "not_allowed"


class NotFound(InputError):
    code = "not_found"


class ToolError(InterworkyError):
    """The text goes to the model as the call's result, so that it may try otherwise."""

    code = "tool_failed"


class ToolRefused(ToolError):
    code = "tool_refused"


class ImportRefused(InterworkyError):
    """Nothing has been stored."""

    code = "import_refused"


class OutboundError(InterworkyError):
    """`code`: dns, refused, tls, timeout, too_large, redirect, protocol or address_refused.

    `sent` is False when no byte of the request can have reached the other server.
    """

    code = "outbound_failed"

    def __init__(self, message: str = "", *, sent: bool = True, **details: Any) -> None:
        super().__init__(message, **details)
        self.sent = sent


class AddressRefused(OutboundError):
    code = "address_refused"

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message, sent=False, **details)


class ProviderError(InterworkyError):
    """One attempt at one provider failed.

    `cause`: dns, refused, tls, timeout, unauthorized, forbidden, not_found, model_not_found, quota, rate_limited,
    bad_request, form_refused, schema_refused, tools_unsupported, context_too_long, generation_failed, server_error,
    bad_response, cut_off, empty, content_filter.
    """

    code = "provider_failed"

    def __init__(
        self,
        message: str = "",
        *,
        cause: str = "server_error",
        status: int | None = None,
        retryable: bool = False,
        next_provider: bool = True,
        retry_after_seconds: float | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.cause = cause
        self.status = status
        self.retryable = retryable
        self.next_provider = next_provider
        self.retry_after_seconds = retry_after_seconds


class ProviderUnavailable(ProviderError):
    """ "No available AI providers" or "Request failed after all retry attempts": `attempts` says who failed how."""

    code = "not_available"

    def __init__(
        self, message: str = "No available AI providers", *, attempts: tuple[ProviderError, ...] = (), **details: Any
    ) -> None:
        super().__init__(message, next_provider=False, **details)
        self.attempts = attempts


class ProviderBadResponse(ProviderError):
    def __init__(self, message: str = "", **details: Any) -> None:
        details.setdefault("cause", "bad_response")
        super().__init__(message, **details)


class BudgetExceeded(InterworkyError):
    code = "budget_exceeded"

    def __init__(self, message: str = "", *, whose: str = "organization", **details: Any) -> None:
        super().__init__(message, **details)
        self.whose = whose


class TurnTaken(InterworkyError):
    code = "turn_taken"
