"""Celery's workers in the process of `manage.py up`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from kombu import Connection, Consumer, Producer, Queue

from interworky.up import THREADS, Worker

NEVER = 60.0


def test_the_tasks_of_a_worker_are_complete_before_its_thread_runs() -> None:
    """Several workers start at once, and a task that one makes while another lists them is met half made."""
    workers = [Worker(queue, threads) for queue, threads in THREADS.items()]
    assert all(worker.app.finalized for worker in workers)
    for worker in workers:
        assert "assistant.jobs.sweep" in worker.app.tasks
        assert all(task.request_stack is not None for task in worker.app.tasks.values())


class Waiting:
    """A worker's side of a queue: a thread that takes one message after the other. `taken` holds those that it has."""

    def __init__(self, prefetch: int) -> None:
        self.connection = Connection("memory://localhost//", transport="interworky.in_process_queue:Transport")
        self.queue = Queue(f"waiting-{uuid4().hex}")
        self.taken: list[Any] = []
        self.more = threading.Semaphore(0)
        self.looked_for = 0
        channel = self.connection.channel()
        channel.basic_qos(0, prefetch, False)
        self.consumer = Consumer(channel, [self.queue], on_message=self._take)
        self.consumer.consume()
        cycle = self.connection.transport.cycle
        looks = cycle.get

        def get(*args: Any, **options: Any) -> Any:
            self.looked_for += 1
            return looks(*args, **options)

        cycle.get = get

    def _take(self, message: Any) -> None:
        self.taken.append(message)
        self.more.release()

    def publish(self, body: str) -> None:
        with Connection("memory://localhost//", transport="interworky.in_process_queue:Transport") as other:
            Producer(other.channel()).publish(body, routing_key=self.queue.name)

    @contextmanager
    def taking(self, count: int) -> Iterator[threading.Thread]:
        thread = threading.Thread(target=lambda: [self.connection.drain_events(timeout=NEVER) for _ in range(count)])
        thread.start()
        yield thread
        thread.join(NEVER)
        assert not thread.is_alive()


def test_a_worker_that_waits_is_woken_by_a_task_and_looks_for_none_meanwhile() -> None:
    worker = Waiting(prefetch=10)
    with worker.taking(2):
        for number in range(2):
            worker.publish(f"task {number}")
            assert worker.more.acquire(timeout=NEVER)
    assert [message.payload for message in worker.taken] == ["task 0", "task 1"]
    assert worker.looked_for <= 8  # what it is woken by: a task, and the publisher's own look at it


def test_a_worker_that_is_busy_takes_the_next_task_when_it_is_done_with_one() -> None:
    worker = Waiting(prefetch=1)
    with worker.taking(2):
        worker.publish("one")
        worker.publish("another")
        assert worker.more.acquire(timeout=NEVER)
        assert len(worker.taken) == 1
        worker.taken[0].ack()  # on another thread, as those that run tasks do
        assert worker.more.acquire(timeout=NEVER)
    assert [message.payload for message in worker.taken] == ["one", "another"]


def test_a_worker_looks_after_other_things_when_no_task_comes() -> None:
    with pytest.raises(TimeoutError):
        Waiting(prefetch=1).connection.drain_events(timeout=0)


class AskedMeanwhile(threading.Event):
    """Is set once a worker has begun to start."""

    def is_set(self) -> bool:
        before = super().is_set()
        self.set()
        return before


def test_a_worker_that_is_asked_to_stop_while_it_starts_stops() -> None:
    worker = Worker("celery", 1)
    worker.stopping = AskedMeanwhile()
    worker.start()
    worker.join(NEVER)
    assert not worker.is_alive()
