"""OpenAI's Realtime API as far as a server and a browser see it: SDP over HTTP, then WebRTC with audio both ways and events.

A test plays the model: `hear` is what the visitor is understood to have said, `speak` what the model answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import itertools
import json
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import av
from aiohttp import web
from aiortc import MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from .loop import LoopThread
from .waiting import PATIENCE

SAMPLES = 960  # 20 ms at 48 kHz
USAGE = {"input_tokens": 300, "output_tokens": 40, "total_tokens": 340}


class Tone(MediaStreamTrack):
    """The model's voice: a hum, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._sent, self._began = 0, time.monotonic()

    async def recv(self) -> av.AudioFrame:
        frame = av.AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        for plane in frame.planes:
            plane.update(bytes((0, 8)) * (SAMPLES // 2) + bytes((0, 248)) * (SAMPLES // 2))
        frame.pts, frame.sample_rate, frame.time_base = self._sent, 48_000, fractions.Fraction(1, 48_000)
        self._sent += SAMPLES
        await asyncio.sleep(max(0.0, self._began + self._sent / 48_000 - time.monotonic()))
        return frame


class RealtimeDouble(LoopThread):
    """Runs in a thread of its own; `with RealtimeDouble() as realtime: realtime.url`."""

    def __init__(self) -> None:
        self.status = 201  # of the answer to an offer
        self.bearers: list[str] = []
        self.received: list[dict[str, Any]] = []  # events from the browser
        self.frames = 0  # of audio from the browser
        self._peers: list[RTCPeerConnection] = []
        self._channel: RTCDataChannel | None = None
        self._connected = threading.Event()
        self._numbers = itertools.count(1)
        super().__init__()

    async def _run(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_post("/v1/realtime/calls", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/realtime/calls"
        started.set()
        await self._stop.wait()
        await self._close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.bearers.append(request.headers.get("Authorization", ""))
        if self.status != 201:
            return web.json_response({"error": {"message": "no"}}, status=self.status)
        peer = RTCPeerConnection()
        self._peers.append(peer)
        peer.on("datachannel", self._begin)
        peer.on("track", self._listen)
        peer.addTrack(Tone())
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        location = {"Location": f"/v1/realtime/calls/rtc_{len(self._peers)}"}
        return web.Response(status=201, text=peer.localDescription.sdp, headers=location)

    def _begin(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        self._connected.set()
        channel.on("message", lambda text: self.received.append(json.loads(text)))
        self._send("session.created", session={"type": "realtime"})

    def _listen(self, track: MediaStreamTrack) -> None:
        async def count() -> None:
            with contextlib.suppress(MediaStreamError):
                while True:
                    await track.recv()
                    self.frames += 1

        self._start(count())

    async def _close(self) -> None:
        for peer in self._peers:
            await peer.close()

    def _send(self, type: str, **fields: Any) -> None:
        assert self._channel is not None, "no browser is connected"
        self._channel.send(json.dumps({"type": type, "event_id": f"event_{next(self._numbers)}", **fields}))

    # --- What a test has the model do --------------------------------------------------------------------------------

    def _do(self, act: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Once a browser is connected: its page may know of that a moment earlier."""
        self._connected.wait(PATIENCE)
        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(PATIENCE)

    def send(self, *events: tuple[str, dict[str, Any]]) -> None:
        async def act() -> None:
            for type, fields in events:
                self._send(type, **fields)

        self._do(act)

    def begin_to_hear(self) -> str:
        """The visitor begins to speak; returns the item's id."""
        item = f"item_{next(self._numbers)}"
        self.send(("input_audio_buffer.speech_started", {"item_id": item, "audio_start_ms": 0}))
        return item

    def hear(self, text: str, item: str = "") -> None:
        item = item or self.begin_to_hear()
        self.send(
            ("input_audio_buffer.speech_stopped", {"item_id": item}),
            ("input_audio_buffer.committed", {"item_id": item}),
            ("conversation.item.input_audio_transcription.delta", {"item_id": item, "delta": text[:4]}),
            ("conversation.item.input_audio_transcription.completed", {"item_id": item, "transcript": text}),
        )

    def begin_to_speak(self, text: str) -> str:
        """The model speaks until `end_speaking`; returns the item's id."""
        item = f"item_{next(self._numbers)}"
        self.send(("response.created", {"response": {"id": f"r_{item}"}}), ("output_audio_buffer.started", {}))
        half = len(text) // 2
        for delta in (text[:half], text[half:]):
            self.send(("response.output_audio_transcript.delta", {"item_id": item, "delta": delta}))
        return item

    def end_speaking(self, item: str, text: str) -> None:
        output = [{"type": "message", "id": item, "role": "assistant"}]
        self.send(
            ("response.output_audio_transcript.done", {"item_id": item, "transcript": text}),
            ("response.done", {"response": {"status": "completed", "output": output, "usage": USAGE}}),
            ("output_audio_buffer.stopped", {}),
        )

    def speak(self, text: str) -> None:
        self.end_speaking(self.begin_to_speak(text), text)

    def interrupt(self, item: str) -> None:
        """What follows the visitor's voice, or their press, in the middle of an answer."""
        output = [{"type": "message", "id": item, "role": "assistant"}]
        self.send(
            ("response.done", {"response": {"status": "cancelled", "output": output, "usage": USAGE}}),
            ("output_audio_buffer.cleared", {}),
            ("conversation.item.truncated", {"item_id": item, "audio_end_ms": 800}),
        )

    def call(self, name: str, **arguments: Any) -> None:
        number = next(self._numbers)
        wanted = {
            "type": "function_call", "id": f"item_{number}", "call_id": f"call_{number}", "name": name,
            "arguments": json.dumps(arguments),
        }  # fmt: skip
        self.send(
            ("response.created", {"response": {"id": f"r_{number}"}}),
            ("response.function_call_arguments.done", {"item_id": wanted["id"], "arguments": wanted["arguments"]}),
            ("response.done", {"response": {"status": "completed", "output": [wanted], "usage": USAGE}}),
        )

    def hang_up(self) -> None:
        """As the server has it done, or a network that is gone."""
        self._do(self._close)
