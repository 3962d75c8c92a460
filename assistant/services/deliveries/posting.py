"""One POST to an address that staff entered, through the egress guard."""

from __future__ import annotations

from collections.abc import Mapping

from asgiref.sync import async_to_sync

from assistant import outbound
from assistant.errors import OutboundError

MAX_ANSWER = 65_536
# Answers after which the same request may succeed: the server is busy, or asks to wait.
TRY_AGAIN = {408, 409, 423, 425, 429}


class NotSent(Exception):
    """Why it was not sent, as staff read it, without the address; `for_good` where it would be refused again, and the
    server's `status` if it gave one."""

    def __init__(self, text: str, *, for_good: bool = False, status: int | None = None) -> None:
        super().__init__(text)
        self.for_good, self.status = for_good, status


def post(address: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises `NotSent`."""
    try:
        answer = async_to_sync(outbound.fetch)(
            "POST", address, reach=outbound.Reach.TENANT, headers=headers, content=body, max_bytes=MAX_ANSWER
        )
    except OutboundError as error:
        raise NotSent(str(error)) from error
    if not 200 <= answer.status < 300:
        # Not what it says beside the status: some echo the request, key included.
        for_good = 400 <= answer.status < 500 and answer.status not in TRY_AGAIN
        raise NotSent(f"The server answered with {answer.status}.", for_good=for_good, status=answer.status)
