"""Budgets of tokens and money: reserved before a request, settled after it.

A reservation is added to one row per limit, and taken back at once where it does not fit: the rows stay locked meanwhile,
so it is refused before anything is sent, however many ask at once. A runner that dies leaves its reservation spent, since it
may have been.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from assistant import llm
from assistant.errors import BudgetExceeded, ToolError
from assistant.models import Assistant, Budget, Conversation, Organization, Spending, StaffEvent, Turn, Usage
from assistant.services import admin_pages
from assistant.services.deliveries import outbox
from assistant.services.notifications import queue as notifications
from assistant.services.pipeline import Rows, Statement
from assistant.services.providers import spending
from assistant.services.providers.prices import FREE, Rate, rate_of
from assistant.services.providers.spending import Limit, Used
from assistant.services.raw_sql import execute, insert, insertion, new, overwriting, statement, together

log = logging.getLogger(__name__)

# What the row of a reservation has from the beginning, and keeps: who asked, for what, and when.
RESERVED_FOR = ("organization", "assistant", "conversation", "turn", "task", "at")
MAY_BE_ERASED = ("assistant_id", "conversation_id", "turn_id")  # while the answer is awaited
KEEP_USAGE = timedelta(days=400)  # a year can be compared with the one before


@dataclass(frozen=True)
class Requester:
    """Who asks, and for what. `owner` pays where no assistant asks."""

    assistant: Assistant | None
    task: str
    conversation: Conversation | None = None
    turn: Turn | None = None
    owner: Organization | None = None

    @property
    def organization(self) -> Organization:
        found = self.assistant.organization if self.assistant else self.owner
        assert found is not None
        return found


@dataclass(frozen=True)
class Attempt:
    """One request to one provider, and how it ended. `usage` is None where nothing can be said."""

    provider_name: str
    source: str
    health_key: str
    model: str
    provider_id: UUID | None = None
    cause: str = ""
    usage: llm.TokenUsage | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None


@dataclass(eq=False)
class Reservation:
    """What was reserved. Of one that is `Pending`, `usage_id` is 0."""

    usage_id: int
    asking: Requester
    model: str
    rate: Rate
    prompt_tokens: int
    tokens: int  # with those of the answer
    micros: int
    limits: tuple[Limit, ...]


def _limits(asking: Requester, budget: Budget, now: datetime) -> list[Limit]:
    """The organization's month comes first: its row's lock puts all of the organization's requests in a line."""
    local = now.astimezone(ZoneInfo(asking.organization.timezone))
    month, day, minute = f"{local:%Y-%m}", f"{local:%Y-%m-%d}", f"{local:%Y-%m-%dT%H:%M}"
    limits = [
        Limit("organization", "", month, budget.month_tokens, _micros(budget.month_dollars)),
        Limit("organization", "", day, budget.day_tokens, _micros(budget.day_dollars)),
        Limit("organization", "", minute, requests=budget.requests_per_minute),
    ]
    if conversation := asking.conversation:
        limits.append(Limit("visitor", str(conversation.visitor_id), day, budget.visitor_day_tokens))
        if conversation.network:
            limits.append(Limit("network", conversation.network, day, budget.network_day_tokens))
    return limits


def _budget_of(organization: Organization) -> Budget:
    if organization.snapshot:
        return organization.snapshot.budget
    return Budget.objects.filter(organization=organization).first() or Budget()


def left_this_month(organization: Organization, now: datetime | None = None) -> float | None:
    """The share of the organization's monthly limits that is left, of the one that is used up furthest, from 0 to 1. None
    where it has no monthly limit."""
    budget = Budget.objects.filter(organization=organization).first() or Budget()
    month = f"{(now or timezone.now()).astimezone(ZoneInfo(organization.timezone)):%Y-%m}"
    rows = Spending.objects.filter(organization=organization, scope="organization", subject="", period=month)
    spent = rows.first() or Spending()
    used = (spent.tokens, budget.month_tokens), (spent.micros, _micros(budget.month_dollars))
    limited = [max(0.0, 1 - taken / cap) if cap else 0.0 for taken, cap in used if cap is not None]
    return min(limited) if limited else None


def _micros(dollars: Decimal | None) -> int | None:
    return None if dollars is None else int(dollars * 1_000_000)


def reserve(
    asking: Requester,
    *,
    model: str,
    prompt_tokens: int,
    completion_tokens: int,
    free: bool = False,
    now: datetime | None = None,
) -> Reservation:
    """Reserve the most that one request may use. Raises `BudgetExceeded`; then nothing is reserved. While the turn that asks
    is not saved itself, the reservation waits for that (`Pending`).

    `free` requests cost no money, as those to the demonstration model, but their tokens count.
    """
    organization = asking.organization
    budget = _budget_of(organization)
    limits = _limits(asking, budget, now or timezone.now())
    rate = FREE if free else rate_of(organization, model)
    tokens = prompt_tokens + completion_tokens
    micros = rate.micros(prompt_tokens, completion_tokens) or 0
    reservation = Reservation(0, asking, model, rate, prompt_tokens, tokens, micros, tuple(limits))
    pending = Pending(reservation, budget, completion_tokens)
    if asking.turn and asking.turn.unsaved is not None and asking.turn.reserving is None:
        asking.turn.reserving = pending
    else:
        pending.reserve()
    return reservation


class Pending:
    """A reservation to be made: at once with `reserve`, or by its `statements`, whose rows are `found` by `conclude`."""

    found: Sequence[Rows] = ()

    def __init__(self, reservation: Reservation, budget: Budget, completion_tokens: int) -> None:
        self.reservation, self.budget = reservation, budget
        self.tokens, self.micros = reservation.tokens, reservation.micros
        asking = reservation.asking
        self.organization_id = asking.organization.pk
        row = new(
            Usage,
            organization=asking.organization,
            assistant=asking.assistant,
            conversation=asking.conversation,
            turn=asking.turn,
            model=reservation.model,
            task=asking.task,
            reserved=True,
            prompt_tokens=reservation.prompt_tokens,
            completion_tokens=completion_tokens,
        )
        self.inserting = insertion(row, returning="id")

    def statements(self) -> list[Statement]:
        """Reserve it where all limits admit it, and leave their rows as they are otherwise."""
        limits = self.reservation.limits
        return [spending.adding_if_admitted(self.organization_id, limits, self.tokens, self.micros), self.inserting]

    def conclude(self) -> None:
        """Once the transaction of the `statements` has been committed. Raises `BudgetExceeded`."""
        used, [(usage_id,)] = self.found
        if len(used) == len(self.reservation.limits):
            self.reservation.usage_id = usage_id
            return
        # A limit is exceeded, or the row of a new period or a new visitor is missing.
        with transaction.atomic():
            execute("DELETE FROM assistant_usage WHERE id = %s", usage_id)
            full = self._save()
        self._refuse(full)

    def reserve(self) -> None:
        with transaction.atomic(savepoint=False):
            full = self._save()
        # Outside of the block: the transaction may be a message's, which stands whether or not it can be answered.
        self._refuse(full)

    def _save(self) -> Limit | None:
        """Reserve it in the rows of all limits, or in none of them; returns the limit that is exceeded, if any."""
        limits, (pk, tokens, micros) = self.reservation.limits, (self.organization_id, self.tokens, self.micros)
        used, [(usage_id,)] = together(*self.statements())
        if len(used) != len(limits):
            # Only now, when the rows that exist are locked: created before, they could be waited for by who holds the locks.
            spending.create(pk, limits)
            used, found = together(
                spending.adding_if_admitted(pk, limits, tokens, micros), spending.adding(pk, limits, 0, 0)
            )
            if not used:
                execute("DELETE FROM assistant_usage WHERE id = %s", usage_id)
                return spending.first_exceeded(limits, spending.by_place(found), tokens, micros)
        self.reservation.usage_id = usage_id
        return None

    def _refuse(self, full: Limit | None) -> None:
        if full:
            raise _exceeded(self.reservation.asking, self.budget, full)


def reservation_of(usage_id: int | None) -> Reservation | None:
    """A reservation that is settled by another process than the one that made it, by its row; None once it is settled."""
    rows = Usage.objects.select_related("assistant__organization", "conversation")
    row = rows.filter(pk=usage_id, reserved=True).first() if usage_id else None
    if row is None:
        return None
    asking = Requester(row.assistant, row.task, row.conversation, owner=row.organization)
    rate = rate_of(row.organization, row.model)
    tokens = row.prompt_tokens + row.completion_tokens
    micros = rate.micros(row.prompt_tokens, row.completion_tokens) or 0
    limits = _limits(asking, _budget_of(row.organization), row.at)
    return Reservation(row.pk, asking, row.model, rate, row.prompt_tokens, tokens, micros, tuple(limits))


def refuse_if_spent(asking: Requester, now: datetime | None = None) -> None:
    """Raises `BudgetExceeded` where nothing more fits: for a voice call, which is measured afterwards. Takes nothing."""
    budget = _budget_of(asking.organization)
    rows = Spending.objects.filter(organization=asking.organization)
    for limit in _limits(asking, budget, now or timezone.now()):
        scope, subject, period = limit.place
        used = rows.filter(scope=scope, subject=subject, period=period).first() or Spending()
        caps = ((used.tokens, limit.tokens), (used.micros, limit.micros), (used.requests, limit.requests))
        if any(cap is not None and taken >= cap for taken, cap in caps):
            raise _exceeded(asking, budget, limit)


def _exceeded(asking: Requester, budget: Budget, full: Limit) -> BudgetExceeded:
    return BudgetExceeded(
        " ".join(f"The limit of {full.scope} {full.subject} for {full.period} is reached.".split()),
        whose=full.scope,
        period=full.period,
        sentence=(asking.assistant.limit_sentence if asking.assistant else "") or budget.sentence,
    )


def settle(reservation: Reservation, attempts: Sequence[Attempt]) -> None:
    """Replace what was reserved by what was used; one row stays per attempt. None: nothing was sent."""
    with transaction.atomic(savepoint=False):
        settle_all([(reservation, attempts)])


def settle_all(
    unsettled: Sequence[tuple[Reservation, Sequence[Attempt]]], *, after: Sequence[Statement] = (), last: bool = False
) -> None:
    """`settle` each in the caller's transaction, once the statements `after` which that happens have been run. `last`:
    nothing follows in that transaction, which is committed with them."""
    settlements = [_Settlement(reservation, attempts) for reservation, attempts in unsettled]
    statements = [*after, *(one for settlement in settlements for one in settlement.statements)]
    last = last and not any(settlement.others for settlement in settlements)
    found = iter(together(*statements, last=last)[len(after) :])
    for settlement, counted, replaced in zip(settlements, found, found, strict=True):
        used = spending.by_place(counted)
        if replaced:
            settlement.insert_others(replaced[0])
        if near := spending.nearly_reached(settlement.limits, used):
            warn = partial(_warn, settlement.organization, near)
            transaction.on_commit(warn, robust=True) if last else warn()


class _Settlement:
    """Of one reservation, once only: a second one would give back what is not reserved any more."""

    def __init__(self, reservation: Reservation, attempts: Sequence[Attempt]) -> None:
        asking, self.limits = reservation.asking, reservation.limits
        self.organization = asking.organization
        rates = {reservation.model: reservation.rate}
        for attempt in attempts:
            if attempt.model not in rates:
                rates[attempt.model] = rate_of(self.organization, attempt.model)
        rows = [_row(asking, attempt, rates[attempt.model]) for attempt in attempts]
        tokens = sum(row.prompt_tokens + row.completion_tokens for row in rows) - reservation.tokens
        micros = sum(row.micros or 0 for row in rows) - reservation.micros
        self.others = rows[1:]
        pk = reservation.usage_id
        self.statements = [
            spending.adding(self.organization.pk, self.limits, tokens, micros, while_reserved=pk),
            _replacing(pk, rows),
        ]

    def insert_others(self, kept: tuple[Any, ...]) -> None:
        """Those of the attempts after the first; `kept` is what the first has of `MAY_BE_ERASED`."""
        for row in self.others:
            for name, value in zip(MAY_BE_ERASED, kept, strict=True):
                if value is None:
                    setattr(row, name, None)
        if self.others:
            insert(*self.others)


def _replacing(usage_id: int, rows: list[Usage]) -> Statement:
    """Replaces a reservation by the first of `rows`; returns nothing if it has been settled before."""
    if not rows:
        return statement("DELETE FROM assistant_usage WHERE id = %s AND reserved RETURNING id", usage_id)
    rows[0].pk = usage_id
    return overwriting(rows[0], "reserved", without=RESERVED_FOR, returning=", ".join(MAY_BE_ERASED))


def _row(asking: Requester, attempt: Attempt, rate: Rate) -> Usage:
    usage = attempt.usage or llm.TokenUsage(exact=False)
    if attempt.source == Usage.Source.DEMO:
        rate = FREE
    micros = rate.micros(usage.prompt_tokens, usage.completion_tokens) if attempt.usage else None
    known = Usage.Precision.UNKNOWN if attempt.usage is None else _precision(usage.exact)
    cost = Usage.Precision.UNKNOWN if micros is None else _precision(usage.exact and rate.known)
    return new(
        Usage,
        organization=asking.organization,
        assistant=asking.assistant,
        conversation=asking.conversation,
        turn=asking.turn,
        task=asking.task,
        provider_id=attempt.provider_id,
        provider_name=attempt.provider_name,
        source=attempt.source,
        health_key=attempt.health_key,
        model=attempt.model,
        cause=attempt.cause,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        tokens_are=known,
        prompt_price=rate.prompt,
        completion_price=rate.completion,
        micros=micros,
        cost_is=cost,
        first_token_ms=attempt.first_token_ms,
        total_ms=attempt.total_ms,
    )


def _precision(exact: bool) -> Usage.Precision:
    return Usage.Precision.EXACT if exact else Usage.Precision.ESTIMATED


@transaction.atomic
def _warn(organization: Organization, near: list[tuple[Limit, Used, float]]) -> None:
    """One e-mail per period, when the organization's own limit is nearly reached."""
    for limit, row, share in near:
        if not Spending.objects.filter(pk=row.row_id, warned=False).update(warned=True):
            continue
        log.warning("organization %s has used %d %% of its limit for %s", organization.pk, share * 100, limit.period)
        link = admin_pages.address("assistant_organization_change", organization.pk)
        notify_team(
            organization,
            f"{organization.name}: {share:.0%} of your assistant's limit for {limit.period} is used",
            f"Your assistant has used {row.tokens:,} tokens and ${row.micros / 1_000_000:,.2f} in {limit.period}.\n\n"
            "When the limit is reached, visitors are told that the assistant cannot answer until the next period. An owner "
            f"can change the limit in the admin, on the organization's page, under Limits:\n{link}",
            key=f"budget:{row.row_id}",
            event=StaffEvent.BUDGET,
            link=link,
        )


def notify_team(
    organization: Organization, subject: str, text: str, *, key: str, event: StaffEvent | None = None, link: str = ""
) -> None:
    """An e-mail to the organization's team, once per `key`, if it has an address for that; and notifications to those of
    the staff who want to be told of the `event`, where it is one, which lead to `link`."""
    if event is not None:
        notifications.notify(organization, event, subject, key=key, link=link)
    if not organization.team_email:
        return
    try:
        outbox.queue_email(organization, outbox.Email(subject, text), to=organization.team_email, key=key)
    except ToolError:
        log.warning("organization %s: the team's e-mail address is not valid", organization.pk)


def sweep(now: datetime | None = None) -> int:
    """Delete old usage rows and the counters of past periods. Returns how many counters."""
    now = now or timezone.now()
    Usage.objects.filter(at__lt=now - KEEP_USAGE).delete()
    return spending.sweep(now)
