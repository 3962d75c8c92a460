"""Celery's workers in the process of `manage.py up`."""

from __future__ import annotations

from interworky.up import THREADS, Worker


def test_the_tasks_of_a_worker_are_complete_before_its_thread_runs() -> None:
    """Several workers start at once, and a task that one makes while another lists them is met half made."""
    workers = [Worker(queue, threads) for queue, threads in THREADS.items()]
    assert all(worker.app.finalized for worker in workers)
    for worker in workers:
        assert "assistant.jobs.sweep" in worker.app.tasks
        assert all(task.request_stack is not None for task in worker.app.tasks.values())
