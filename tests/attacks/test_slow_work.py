"""One tenant's slow work, in front of everybody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from celery import shared_task
from django.utils import timezone

from assistant import tasks
from assistant.models import Document, Organization
from assistant.services.knowledge import documents
from interworky.celery import app
from interworky.up import THREADS, Worker
from tests import make

PATIENCE = 30
released, begun, ran = threading.Event(), threading.Semaphore(0), threading.Event()


@shared_task(name="tests.attacks.hang")  # type: ignore[untyped-decorator]
def hang() -> None:
    begun.release()
    released.wait(PATIENCE * 2)


@shared_task(name="tests.attacks.run")  # type: ignore[untyped-decorator]
def run() -> None:
    ran.set()


@contextmanager
def working() -> Iterator[None]:
    workers = [Worker(queue, threads) for queue, threads in THREADS.items()]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        released.set()
        for worker in workers:
            worker.ask_to_stop()
        for worker in workers:
            worker.join()


@pytest.mark.parametrize("slow", ["documents", "celery"])
def test_mail_goes_out_while_every_other_worker_hangs(slow: str, settings: Any) -> None:
    if not settings.EMBEDDED:
        pytest.skip("The workers of one process are those of the embedded home.")
    released.clear()
    ran.clear()
    with working():
        for _ in range(THREADS[slow] * 3):
            app.send_task("tests.attacks.hang", queue=slow)
        assert all(begun.acquire(timeout=PATIENCE) for _ in range(THREADS[slow]))
        app.send_task("tests.attacks.run", queue="mail")
        assert ran.wait(PATIENCE) and not released.is_set()
    while begun.acquire(blocking=False):
        pass


# --- Of one organization ----------------------------------------------------------------------------------------------


def pages(of: Organization, number: int) -> list[Document]:
    rows = [Document(organization=of, kind="page", url=f"https://slow.example.com/{n}") for n in range(number)]
    for row in rows:
        documents.queue(row)
    return rows


@pytest.mark.django_db
def test_of_one_organization_so_many_documents_are_read_at_once_and_no_more() -> None:
    slow, other = pages(make.organization("Slow"), 5), pages(make.organization("Other"), 1)
    claimed = [document for row in slow if (document := documents.claim(row.pk))]
    assert len(claimed) == documents.READ_AT_ONCE
    assert documents.claim(other[0].pk)
    documents.failed(claimed[0], "no_text")
    assert documents.claim(slow[-1].pk) and not documents.claim(slow[-2].pk)


@pytest.mark.django_db
def test_readers_that_died_are_not_counted() -> None:
    slow = pages(make.organization(), 4)
    assert documents.claim(slow[0].pk) and documents.claim(slow[1].pk) and not documents.claim(slow[2].pk)
    Document.objects.filter(state="reading").update(leased_until=timezone.now() - timedelta(seconds=1))
    assert documents.claim(slow[2].pk)


@pytest.mark.django_db
def test_the_sweep_hands_over_a_few_of_each_organization(
    queued_tasks: list[tuple[str, str]], django_capture_on_commit_callbacks: Any
) -> None:
    many, one = pages(make.organization("Many"), 60), pages(make.organization("One"), 1)
    with django_capture_on_commit_callbacks(execute=True):
        assert documents.enqueue_due() == documents.READ_AT_ONCE + 1
    ids = {id for _, id in queued_tasks}
    assert str(one[0].pk) in ids and len({str(row.pk) for row in many} & ids) == documents.READ_AT_ONCE


@pytest.mark.django_db
def test_a_document_that_was_turned_away_is_handed_over_when_another_is_read(
    queued_tasks: list[tuple[str, str]], django_capture_on_commit_callbacks: Any
) -> None:
    waiting = pages(make.organization(), 3)
    Document.objects.filter(pk=waiting[0].pk).update(url="http://127.0.0.1/")  # refused at once
    with django_capture_on_commit_callbacks(execute=True):
        tasks.read_document(str(waiting[0].pk))
    assert queued_tasks == [(documents.TASK, str(waiting[1].pk))]
