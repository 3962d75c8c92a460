"""`within`: what waits has a time-out, and what does not is done at once."""

from __future__ import annotations

import asyncio

import pytest

from widget.timeouts import within

LONG = 60.0


async def test_what_need_not_wait_is_done_without_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "timeout", None)

    async def send() -> int:
        return 7

    assert await within(LONG, send()) == 7


async def test_what_waits_goes_on_when_what_it_waits_for_has_come() -> None:
    come: asyncio.Queue[int] = asyncio.Queue()

    async def send() -> list[int]:
        return [await come.get(), await come.get()]

    sending = asyncio.ensure_future(within(LONG, send()))
    for number in (1, 2):
        await asyncio.sleep(0)
        come.put_nowait(number)
    assert await sending == [1, 2]


async def test_what_waits_for_too_long_is_ended() -> None:
    ended = []

    async def send() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(TimeoutError):
        await within(0.01, send())
    assert ended == ["cancelled"]


async def test_an_error_and_a_cancellation_pass_through() -> None:
    refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send() -> None:
        await refused

    sending = asyncio.ensure_future(within(LONG, send()))
    await asyncio.sleep(0)
    refused.set_exception(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await sending

    async def wait() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "ended in peace"
        return ""

    sending = asyncio.ensure_future(within(LONG, wait()))
    await asyncio.sleep(0)
    sending.cancel()
    assert await sending == "ended in peace"
