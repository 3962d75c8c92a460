"""Budgets of tokens and money: reserved before a request, settled after it.

A reservation is taken from one row per limit, by a conditional update: what does not fit is refused before anything
is sent, however many ask at once. A runner that dies leaves its reservation spent, since it may have been.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from assistant import llm
from assistant.errors import BudgetExceeded, ToolError
from assistant.models import Assistant, Budget, Conversation, Organization, Price, Spending, Turn, Usage
from assistant.services import admin_pages
from assistant.services.deliveries import outbox

log = logging.getLogger(__name__)

WARN_AT = 0.8
KEEP_SPENDINGS = timedelta(days=62)
KEEP_USAGE = timedelta(days=400)  # a year can be compared with the one before

# US dollars per million tokens (prompt, completion), by the beginning of a model's id without its maker's prefix; the
# longest fits. Prices change, so a cost from here is called estimated; a row that staff entered goes before it. For short
# prompts, without caching, at the dearest hours. Looked up on 2026-11-26 from
#   https://developers.openai.com/api/docs/pricing and /models   https://platform.claude.com/docs/en/about-claude/models/overview
#   https://ai.google.dev/gemini-api/docs/pricing (as read on 2026-10-07)   https://api-docs.deepseek.com/quick_start/pricing
#   https://console.groq.com/docs/models (gpt-oss)   https://docs.x.ai/developers/models (as others quote it)
# Not verified at the source: Mistral (what a gateway lists), o4-mini and the older ones, which end or have ended.
LIST_PRICES: dict[str, tuple[str, str]] = {
    "gpt-4o-mini": ("0.15", "0.60"),
    "gpt-4o": ("2.50", "10"),
    "gpt-4.1-nano": ("0.10", "0.40"),
    "gpt-4.1-mini": ("0.40", "1.60"),
    "gpt-4.1": ("2", "8"),
    "gpt-5-nano": ("0.05", "0.40"),
    "gpt-5-mini": ("0.25", "2"),
    "gpt-5": ("1.25", "10"),
    "gpt-5.4-nano": ("0.20", "1.25"),
    "gpt-5.4-mini": ("0.75", "4.50"),
    "gpt-5.4": ("2.50", "15"),
    "gpt-5.5": ("5", "30"),
    "gpt-5.6-luna": ("0.20", "1.20"),
    "gpt-5.6-terra": ("2", "12"),
    "gpt-5.6-sol": ("4", "20"),
    "gpt-6-luna": ("0.10", "0.50"),
    "gpt-6-sol": ("2", "10"),
    "gpt-6-astra": ("10", "50"),
    "gpt-6.1-terra": ("1", "5"),
    "gpt-6.1-sol": ("2", "10"),
    "gpt-6.2-sol": ("2", "10"),
    "gpt-6.2-astra": ("8", "40"),
    "o4-mini": ("1.10", "4.40"),
    "claude-haiku-4": ("1", "5"),
    "claude-haiku-5": ("0.10", "0.50"),
    "claude-sonnet-4": ("3", "15"),
    "claude-sonnet-5": ("2", "10"),
    "claude-opus-4": ("15", "75"),
    "claude-opus-4-5": ("5", "25"),
    "claude-opus-4-6": ("5", "25"),
    "claude-opus-4-7": ("5", "25"),
    "claude-opus-5": ("5", "25"),
    "claude-opus-5-5": ("4", "20"),
    "claude-fable-5": ("10", "50"),
    "gemini-2.5-flash": ("0.30", "2.50"),
    "gemini-2.5-flash-lite": ("0.10", "0.40"),
    "gemini-2.5-pro": ("1.25", "10"),
    "gemini-3.5-flash": ("1.50", "9"),
    "gemini-3.5-flash-lite": ("0.30", "2.50"),
    "gemini-3.8-flash": ("0.75", "3.75"),  # until 2026-12-31, then 1.50 and 7.50
    "deepseek-chat": ("0.28", "0.42"),  # until it ended
    "deepseek-flash": ("0.30", "1.20"),  # at peak hours; half of it at others
    "grok-4.3": ("1.25", "2.50"),
    "mistral-large": ("0.70", "2.10"),
    "gpt-oss-120b": ("0.15", "0.60"),
    "gpt-oss-20b": ("0.10", "0.50"),
    "text-embedding-3-small": ("0.02", "0"),
    "text-embedding-3-large": ("0.13", "0"),
    "text-embedding-ada-002": ("0.10", "0"),
}


# --- Prices -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """Dollars per million tokens, which is millionths of a dollar per token. None: unknown."""

    prompt: Decimal | None = None
    completion: Decimal | None = None
    known: bool = False  # somebody here entered it, rather than us

    def micros(self, prompt_tokens: int, completion_tokens: int) -> int | None:
        if self.prompt is None or self.completion is None:
            return None
        return round(self.prompt * prompt_tokens + self.completion * completion_tokens)


FREE = Rate(Decimal(0), Decimal(0), known=True)


def rate_of(organization_id: int, model: str) -> Rate:
    """The organization's price of `model`, else everybody's, else the list's; the longest match of each."""
    rows = Price.objects.filter(Q(organization=organization_id) | Q(organization=None)).filter(
        Q(model=model) | Q(model__endswith="*")
    )
    fits = [row for row in rows if row.model == model or model.startswith(row.model.removesuffix("*"))]
    if fits:
        row = max(fits, key=lambda row: (row.organization_id is not None, row.model == model, len(row.model)))
        return Rate(row.prompt, row.completion, known=True)
    plain = model.rpartition("/")[2].lower()
    if listed := max((name for name in LIST_PRICES if plain.startswith(name)), key=len, default=""):
        prompt, completion = LIST_PRICES[listed]
        return Rate(Decimal(prompt), Decimal(completion))
    return Rate()


# --- Reserve and settle -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asking:
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


@dataclass(frozen=True)
class _Limit:
    scope: str
    subject: str
    period: str
    tokens: int | None = None
    micros: int | None = None
    requests: int | None = None

    @property
    def place(self) -> Q:
        return Q(scope=self.scope, subject=self.subject, period=self.period)

    def room(self, tokens: int, micros: int) -> Q:
        """Its row, if so much more still fits."""
        room = self.place
        for name, cap, more in (
            ("tokens", self.tokens, tokens),
            ("micros", self.micros, micros),
            ("requests", self.requests, 1),
        ):
            if cap is not None:
                room &= Q(**{f"{name}__lte": cap - more})
        return room


@dataclass(frozen=True)
class Reservation:
    usage_id: int
    asking: Asking
    model: str
    rate: Rate
    prompt_tokens: int
    tokens: int  # with those of the answer
    micros: int
    limits: tuple[_Limit, ...]


def _limits(asking: Asking, budget: Budget, now: datetime) -> list[_Limit]:
    """The organization's month comes first: its row's lock puts all of the organization's requests in a line."""
    local = now.astimezone(ZoneInfo(asking.organization.timezone))
    month, day, minute = f"{local:%Y-%m}", f"{local:%Y-%m-%d}", f"{local:%Y-%m-%dT%H:%M}"
    limits = [
        _Limit("organization", "", month, budget.month_tokens, _micros(budget.month_dollars)),
        _Limit("organization", "", day, budget.day_tokens, _micros(budget.day_dollars)),
        _Limit("organization", "", minute, requests=budget.requests_per_minute),
    ]
    if conversation := asking.conversation:
        limits.append(_Limit("visitor", str(conversation.visitor_id), day, budget.visitor_day_tokens))
        if conversation.network:
            limits.append(_Limit("network", conversation.network, day, budget.network_day_tokens))
    return limits


def _micros(dollars: Decimal | None) -> int | None:
    return None if dollars is None else int(dollars * 1_000_000)


def reserve(
    asking: Asking,
    *,
    model: str,
    prompt_tokens: int,
    completion_tokens: int,
    free: bool = False,
    now: datetime | None = None,
) -> Reservation:
    """Reserve the most that one request may use. Raises `BudgetExceeded`; then nothing is reserved.

    `free` requests cost no money, as those to the demonstration model, but their tokens count.
    """
    organization = asking.organization
    budget = Budget.objects.filter(organization=organization).first() or Budget()
    limits = _limits(asking, budget, now or timezone.now())
    rate = FREE if free else rate_of(organization.pk, model)
    tokens = prompt_tokens + completion_tokens
    micros = rate.micros(prompt_tokens, completion_tokens) or 0
    for _ in range(2):
        with transaction.atomic():
            if _reserve_in_all(organization, limits, tokens, micros):
                row = Usage.objects.create(
                    organization=organization,
                    assistant=asking.assistant,
                    conversation=asking.conversation,
                    turn=asking.turn,
                    model=model,
                    task=asking.task,
                    reserved=True,
                    prompt_tokens=prompt_tokens,
                    completion_tokens=completion_tokens,
                )
                return Reservation(row.pk, asking, model, rate, prompt_tokens, tokens, micros, tuple(limits))
            transaction.set_rollback(True)
        # Perhaps only because a period has begun, or a visitor has come, that has no row yet.
        Spending.objects.bulk_create(
            [Spending(organization=organization, scope=one.scope, subject=one.subject, period=one.period) for one in limits],
            ignore_conflicts=True,
        )
    rows = Spending.objects.filter(organization=organization)
    full = next((limit for limit in limits if not rows.filter(limit.room(tokens, micros)).exists()), limits[0])
    raise _exceeded(asking, budget, full)


def refuse_if_spent(asking: Asking, now: datetime | None = None) -> None:
    """Raises `BudgetExceeded` where nothing more fits: for what cannot be measured beforehand, as a talk. Takes nothing."""
    budget = Budget.objects.filter(organization=asking.organization).first() or Budget()
    rows = Spending.objects.filter(organization=asking.organization)
    for limit in _limits(asking, budget, now or timezone.now()):
        used = rows.filter(limit.place).first() or Spending()
        caps = ((used.tokens, limit.tokens), (used.micros, limit.micros), (used.requests, limit.requests))
        if any(cap is not None and taken >= cap for taken, cap in caps):
            raise _exceeded(asking, budget, limit)


def _exceeded(asking: Asking, budget: Budget, full: _Limit) -> BudgetExceeded:
    return BudgetExceeded(
        " ".join(f"The limit of {full.scope} {full.subject} for {full.period} is reached.".split()),
        whose=full.scope,
        period=full.period,
        sentence=(asking.assistant.limit_sentence if asking.assistant else "") or budget.sentence,
    )


def _reserve_in_all(organization: Organization, limits: list[_Limit], tokens: int, micros: int) -> bool:
    """Take it from every row; False when some row has no room, or is not there. The caller rolls back."""
    rows = Spending.objects.filter(organization=organization)
    more = {"tokens": F("tokens") + tokens, "micros": F("micros") + micros, "requests": F("requests") + 1}
    first, *rest = (limit.room(tokens, micros) for limit in limits)
    return rows.filter(first).update(**more) == 1 and rows.filter(reduce(or_, rest)).update(**more) == len(rest)


def settle(reservation: Reservation, attempts: Sequence[Attempt]) -> None:
    """Replace what was reserved by what was used; one row stays per attempt. None: nothing was sent."""
    asking = reservation.asking
    rates = {reservation.model: reservation.rate}
    for attempt in attempts:
        if attempt.model not in rates:
            rates[attempt.model] = rate_of(asking.organization.pk, attempt.model)
    rows = [_row(asking, attempt, rates[attempt.model]) for attempt in attempts]
    spent = {
        "tokens": F("tokens") + sum(row.prompt_tokens + row.completion_tokens for row in rows) - reservation.tokens,
        "micros": F("micros") + sum(row.micros or 0 for row in rows) - reservation.micros,
    }
    with transaction.atomic():
        # Once only: a second settling would give back what is not reserved any more.
        if not Usage.objects.filter(pk=reservation.usage_id, reserved=True).delete()[0]:
            return
        Usage.objects.bulk_create(rows)
        first, *rest = (limit.place for limit in reservation.limits)
        of_organization = Spending.objects.filter(organization=asking.organization)
        of_organization.filter(first).update(**spent)
        of_organization.filter(reduce(or_, rest)).update(**spent)
        _warn(asking.organization, [limit for limit in reservation.limits if limit.scope == "organization"])


def _row(asking: Asking, attempt: Attempt, rate: Rate) -> Usage:
    usage = attempt.usage or llm.TokenUsage(exact=False)
    if attempt.source == Usage.Source.DEMO:
        rate = FREE
    micros = rate.micros(usage.prompt_tokens, usage.completion_tokens) if attempt.usage else None
    known = Usage.Precision.UNKNOWN if attempt.usage is None else _precision(usage.exact)
    cost = Usage.Precision.UNKNOWN if micros is None else _precision(usage.exact and rate.known)
    return Usage(
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


def _warn(organization: Organization, limits: list[_Limit]) -> None:
    """One e-mail per period, when the organization's own limit is nearly reached."""
    caps = {limit.period: (limit.tokens, limit.micros) for limit in limits if limit.tokens or limit.micros}
    if not caps:
        return
    unwarned = Spending.objects.filter(organization=organization, scope="organization", period__in=caps, warned=False)
    for row in unwarned:
        tokens, micros = caps[row.period]
        shares = [used / cap for used, cap in ((row.tokens, tokens), (row.micros, micros)) if cap]
        if max(shares, default=0) < WARN_AT or not Spending.objects.filter(pk=row.pk, warned=False).update(warned=True):
            continue
        log.warning("organization %s has used %d %% of its limit for %s", organization.pk, max(shares) * 100, row.period)
        notify_team(
            organization,
            f"{organization.name}: {max(shares):.0%} of your assistant's limit for {row.period} is used",
            f"Your assistant has used {row.tokens:,} tokens and ${row.micros / 1_000_000:,.2f} in {row.period}.\n\n"
            "When the limit is reached, visitors are told that the assistant cannot answer until the next period. An owner "
            "can change the limit in the admin, on the organization's page, under Limits:\n"
            + admin_pages.address("assistant_organization_change", organization.pk),
            key=f"budget:{row.pk}",
        )


def notify_team(organization: Organization, subject: str, text: str, *, key: str) -> None:
    """An e-mail to the organization's team, once per `key`, if it has an address for that."""
    if not organization.team_email:
        return
    try:
        outbox.queue_email(organization, to=organization.team_email, subject=subject, text=text, key=key)
    except ToolError:
        log.warning("organization %s: the team's e-mail address is not valid", organization.pk)


def sweep(now: datetime | None = None) -> int:
    """Delete old usage rows and the counters of past periods. Returns how many counters."""
    now = now or timezone.now()
    Usage.objects.filter(at__lt=now - KEEP_USAGE).delete()
    past = Q(created_at__lt=now - KEEP_SPENDINGS) | Q(period__contains="T", created_at__lt=now - timedelta(hours=1))
    return Spending.objects.filter(past).delete()[0]
