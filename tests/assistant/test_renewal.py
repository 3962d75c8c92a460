"""Leases of background work last as long as the work, and not much longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from assistant import tasks
from assistant.models import Delivery
from assistant.services import renewal
from assistant.services.deliveries import outbox
from tests import make


def claimed() -> Delivery:
    queued = make.email(make.organization(), to="a@example.com", subject="s", text="t", key="k")
    delivery = outbox.claim(queued.pk)
    assert delivery
    return delivery


def wait_until(so: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


def left(delivery: Delivery) -> timedelta:
    delivery.refresh_from_db()
    assert delivery.leased_until
    return delivery.leased_until - timezone.now()


@pytest.mark.django_db
def test_a_lease_is_renewed_by_its_holder_alone() -> None:
    delivery = claimed()
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert renewal.renew(delivery) and left(delivery) > renewal.LEASE - timedelta(seconds=5)
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    follower = outbox.claim(delivery.pk)
    assert follower and not renewal.renew(delivery) and renewal.renew(follower)
    assert outbox.sent(follower) and not renewal.renew(follower)


@pytest.mark.django_db(transaction=True)
def test_a_lease_holds_while_the_work_lasts() -> None:
    delivery = claimed()
    Delivery.objects.update(leased_until=timezone.now())
    lease = renewal.Renewal(delivery, every=0.01)
    try:
        wait_until(lambda: left(delivery) > timedelta(seconds=10))
    finally:
        lease.stop()
    Delivery.objects.update(leased_until=timezone.now())
    assert left(delivery) <= timedelta(0), "nobody renews it once the work is over"


@pytest.mark.django_db
def test_a_mail_that_is_out_is_written_down_once_the_database_is_back() -> None:
    delivery, asked = claimed(), []

    def write() -> None:
        asked.append(None)
        if len(asked) < 4:
            raise OperationalError("the server is away")
        assert outbox.sent(delivery)

    tasks._once_the_database_is_back(write, every=0)
    delivery.refresh_from_db()
    assert (len(asked), delivery.state) == (4, Delivery.State.SENT)
    asked.clear()
    with pytest.raises(OperationalError):
        tasks._once_the_database_is_back(write, seconds=-1)
