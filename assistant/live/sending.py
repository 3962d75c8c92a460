"""What a process sends to the others: all that has gathered as one command, and only where another process subscribes.

A script in Redis counts the subscribers of each channel, and publishes where there are more than the one that may be this
process itself. So where one process serves everybody, nothing is published and nothing comes back to be thrown away. The
script answers which channels those are, and for a second more of a reply is not sent there at all: who subscribes meanwhile
sees by the offset of the next piece that some was missed, and reads what there is.

This process counts itself on a channel only while Redis has confirmed the subscription (`receiving.Receiver.confirmed`).
That can be out of date in three ways, and then an event may be skipped that another process waits for:

- The receiving connection has ended at Redis' side, and this process does not know it yet. Therefore every channel on which
  it counted itself is remembered until a probe has come back that was sent with the event or after it: the probe went
  through the same sending connection and came through the receiving one, which then had not ended before. When the receiving
  connection ends, each of these channels gets a notice, published without counting, that something may have been missed;
  who receives it reads the rows again. No clock takes part, so that a process may be suspended meanwhile.
- A script is under way while the process unsubscribes, on another connection, and Redis may see to that first. The channel
  gets a notice with the next send (`Sender.leave`).
- A send has failed, and nobody knows whether Redis has carried it out, or will. Its channels get a notice with the next one.

A process that is killed before it can send the notice leaves it to the widgets' pings to find what they missed, as one that
is killed before it can send the event does.

Nothing else makes the count wrong:

- A subscription that is confirmed late is not counted until then: what is published meanwhile comes back, and is ignored.
- Who unsubscribes and subscribes again is counted once Redis has confirmed the last command that was sent.
- The event loops of a process have a broadcaster each, with a name and connections of its own, as if they were processes.
- After a reconnection, a restart or a failover nothing is confirmed: a `Receiver` does not outlive its connection. While the
  sending connection leads to another server than the receiving one, be it its replica, no probe comes back, and both are
  made anew. A master that becomes a replica has to end its connections, as Sentinel and hosts of Redis make it do.
- FLUSHALL touches no subscription. SCRIPT FLUSH and a restart forget the script, which is then sent in full.
- A process that receives nothing, such as a Celery worker, never counts itself.
- Redis Cluster, where each node counts its own subscribers, cannot be `REDIS_URL`: the cache does not speak to it either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Set
from hashlib import sha1
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from assistant.live.channels import PREFIX
from assistant.live.subscription import Payload

log = logging.getLogger(__name__)

# Triples of a channel, what to publish, and how many subscribers are not enough. PUBSUB is allowed in the scripts of Redis
# from 2.8 on and of Valkey; a script runs as a whole, before or after any command of another connection. A channel that
# access rules refuse holds up no other, and so nothing is ever published twice. The answer is a digit for each channel,
# whether another process subscribes to it, and what Redis said of one that it refused.
SCRIPT = """
local heard, refusal = {}, ''
for i = 1, #ARGV, 3 do
    if redis.call('PUBSUB', 'NUMSUB', ARGV[i])[2] > tonumber(ARGV[i + 2]) then
        local answer = redis.pcall('PUBLISH', ARGV[i], ARGV[i + 1])
        refusal = type(answer) == 'table' and answer.err or refusal
        heard[#heard + 1] = '1'
    else
        heard[#heard + 1] = '0'
    end
end
return {table.concat(heard), refusal}
"""
SCRIPT_NAME = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
ALWAYS = -1
PLAIN_SECONDS = 60.0  # for which a server that has refused the script is not asked again
UNHEARD_SECONDS = 1.0  # for which it is taken as known that no other process subscribes to a channel
MISSED_LIMIT = 20_000

Message = tuple[str, bytes, int]  # channel, what to publish, how many subscribers are not enough


class Sender:
    """Sends what one broadcaster publishes, and remembers on which channels something may have been missed."""

    def __init__(self, name: str, unheard_seconds: float = UNHEARD_SECONDS) -> None:
        self.name, self.unheard_seconds = name, unheard_seconds  # the name is also the channel of the probes
        self.missed: set[str] = set()  # get a notice with the next send
        self._header = b'{"from":"%s",' % name.encode()  # what this process sends begins so
        self._probes = 0
        self._unproven: dict[str, int] = {}  # by channel, the probe that proves that this process was subscribed
        self._counted: Set[str] = frozenset()  # in the script that is under way
        self._reconnects = False  # before the next send
        self._unheard: set[str] = set()  # to which no other process subscribed when something was sent last
        self._unheard_until = 0.0  # on the monotonic clock, as is the next
        self._plain_until = 0.0
        self._warned = set[str]()

    async def send(self, redis: Redis, waiting: list[tuple[str, Payload]], confirmed: Set[str]) -> None:
        """Send events in the order of each channel; one to `name` is a probe. `confirmed` are the channels on which Redis
        counts this process. Raises `RedisError`, `OSError`; what was to be sent is then for the caller to give up."""
        together: dict[str, list[bytes]] = {}
        probes = False
        for to, payload in waiting:
            if to == self.name:
                probes = True
            else:
                together.setdefault(to, []).append(payload.encoded)
        counted = confirmed & together.keys()
        self._unproven.update(dict.fromkeys(counted, self._probes + 1))
        messages = [(PREFIX + to, self._encode(events), int(to in counted)) for to, events in together.items()]
        notices, self.missed = self.missed, set()
        messages += [(PREFIX + to, self._header + b'"missed":true}', ALWAYS) for to in notices]
        if probes:
            self._probes += 1
            # Only where the receiving connection counts: a replica passes on what its master publishes to nobody.
            messages.append((PREFIX + self.name, b"%d" % self._probes, 0))
        self._counted = counted
        try:
            if self._reconnects:
                self._reconnects = False
                await redis.connection_pool.disconnect()
            self._learn(together, await self._publish(redis, messages))
        except BaseException:
            self.missed |= notices
            raise
        finally:
            self._counted = frozenset()

    def is_unheard(self, to: str) -> bool:
        """Whether no other process subscribed to the channel a moment ago."""
        return to in self._unheard and time.monotonic() < self._unheard_until

    def _learn(self, channels: Iterable[str], heard: bytes) -> None:
        if time.monotonic() >= self._unheard_until:
            self._unheard.clear()
            self._unheard_until = time.monotonic() + self.unheard_seconds
        for to, digit in zip(channels, heard, strict=False):
            (self._unheard.discard if digit == ord("1") else self._unheard.add)(to)

    def give_up(self, channels: Iterable[str]) -> None:
        """Note that what was to be sent to these channels may not have been."""
        self.missed.update(to for to in channels if to != self.name)
        while len(self.missed) > MISSED_LIMIT:
            self.missed.pop()  # so long an outage is noticed by the others, who read everything after it

    def leave(self, to: str) -> None:
        """Note that this process is about to unsubscribe. The notice that this may call for goes with the next probe."""
        if to in self._counted:
            self.missed.add(to)

    def prove(self, probe: int) -> None:
        """Note that a probe has come back."""
        self._unproven = {to: number for to, number in self._unproven.items() if number > probe}

    def lose_receiver(self) -> None:
        """Note that the receiving connection has ended, at some time since the newest probe that has come back."""
        self.give_up(self._unproven)
        self._unproven.clear()
        self._reconnects = True

    def decode(self, data: bytes) -> list[Payload] | None:
        """What a message holds: nothing if it is our own, None if something may have been missed."""
        if data.startswith(self._header):
            return []
        try:
            message = orjson.loads(data)
            return [Payload(payload) for payload in message.get("payloads") or [message["payload"]]]
        except (ValueError, TypeError, AttributeError, KeyError):
            return None  # a notice, or from a process of another version

    def _encode(self, events: list[bytes]) -> bytes:
        if len(events) == 1:
            return b'%s"payload":%s}' % (self._header, events[0])
        return b'%s"payloads":[%s]}' % (self._header, b",".join(events))

    async def _publish(self, redis: Redis, messages: list[Message]) -> bytes:
        """A digit for each message, whether another process subscribes to its channel; nothing where scripts are refused."""
        if time.monotonic() >= self._plain_until:
            try:
                heard, refusal = await _run_script(redis, messages)
            except ResponseError as error:
                self._plain_until = time.monotonic() + PLAIN_SECONDS
                self._warn_once("Redis refuses scripts, so that every event is published, also to nobody: %s", error)
            else:
                self._note(refusal.decode())
                return heard
        async with redis.pipeline(transaction=False) as pipeline:
            for channel, data, _ in messages:
                pipeline.publish(channel, data)
            answers = await pipeline.execute(raise_on_error=False)
        failures = [answer for answer in answers if isinstance(answer, Exception)]
        if others := [failure for failure in failures if not isinstance(failure, NoPermissionError)]:
            raise others[0]
        self._note(str(failures[0]) if failures else "")
        return b""

    def _note(self, refusal: str) -> None:
        """Where a channel is refused, trying again would change nothing: other processes may not subscribe to it either, and
        ask the database."""
        if refusal:
            self._warn_once("Redis refuses channels, and nothing is published to them: %s", refusal)

    def _warn_once(self, message: str, reason: object) -> None:
        if message not in self._warned:
            self._warned.add(message)
            log.warning(message, reason)


async def _run_script(redis: Any, messages: list[Message]) -> tuple[bytes, bytes]:
    """The answer of the script."""
    arguments = [argument for message in messages for argument in message]
    try:
        heard, refusal = await redis.execute_command("EVALSHA", SCRIPT_NAME, 0, *arguments)
    except NoScriptError:
        heard, refusal = await redis.execute_command("EVAL", SCRIPT, 0, *arguments)
    return heard, refusal
