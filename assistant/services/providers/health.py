"""What all processes share about providers: whose turn it is, who may be asked, what was measured.

The breaker is one row per provider and key, and one per model for a model that is missing. Closed until five counted
failures in a row, or one that will not pass by itself; then open for a while, each time longer; then half-open, one
probe at a time, until two answers in a row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant.models import Conversation, Organization, Provider, ProviderHealth, Rotation, Usage
from assistant.services import admin_pages
from assistant.services.providers import budgets

log = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
SUCCESSES_TO_CLOSE = 2
COOL_DOWN = timedelta(seconds=30)  # times the number of openings in a row
LONGEST_COOL_DOWN = timedelta(minutes=10)
QUOTA_COOL_DOWN = timedelta(minutes=5)
PROBE = timedelta(seconds=60)  # after that, whoever probed is taken to be dead
LAST_PROVIDER = timedelta(seconds=5)  # how often the only provider is asked while it is open

COUNTED = {"dns", "refused", "timeout", "server_error", "rate_limited", "bad_response", "cut_off"}
AT_ONCE = {"unauthorized", "forbidden", "tls", "not_found", "quota", "model_not_found"}
FOR_STAFF = {
    "unauthorized": "it refuses the key",
    "forbidden": "it refuses the key, or this use of it",
    "quota": "its quota or credit is used up",
    "model_not_found": "it has no such model",
    "not_found": "there is nothing at its address",
}


@dataclass(frozen=True)
class Standing:
    """Whether one model of one provider may be asked: closed, half-open (a probe must be claimed first) or open."""

    state: str = "closed"
    well: bool = True  # nothing is held against it: an answer changes nothing
    capabilities: Mapping[str, Any] = field(default_factory=dict)


def health_key(owner: UUID | int | str | None, name: str, base_url: str, key: str) -> str:
    """Names a provider's health: `owner` is its organization's id, or None for the platform's.

    Another address or another key is another breaker, so a mended provider is asked at once.
    """
    digest = salted_hmac("provider.health", f"{base_url}\n{key}", algorithm="sha256").hexdigest()[:16]
    return f"{owner or 'platform'}:{name[:40]}:{digest}"


def own(organization: Organization) -> list[Provider]:
    """The organization's enabled providers, by name."""
    return sorted((row for row in organization.providers.all() if row.enabled), key=lambda row: row.name)


def turn_number(rotation: str) -> int:
    """The next number of that rotation: every process gets another one."""
    with transaction.atomic():
        if not Rotation.objects.filter(pk=rotation).update(number=F("number") + 1):
            Rotation.objects.bulk_create([Rotation(key=rotation)], ignore_conflicts=True)
            Rotation.objects.filter(pk=rotation).update(number=F("number") + 1)
        return Rotation.objects.values_list("number", flat=True).get(pk=rotation)


def last_used(conversation: Conversation) -> str:
    """The health key of the provider that gave this conversation its last reply; "" when none did."""
    answered = Usage.objects.filter(conversation=conversation, task="reply", cause="", reserved=False)
    return answered.order_by("-at").values_list("health_key", flat=True).first() or ""


def standings(wanted: Iterable[tuple[str, str]], now: datetime | None = None) -> dict[tuple[str, str], Standing]:
    """The standing of each (health key, model); one query."""
    now = now or timezone.now()
    wanted = set(wanted)
    rows = ProviderHealth.objects.filter(key__in={key for key, _ in wanted}, model__in={"", *(model for _, model in wanted)})
    found = {(row.key, row.model): row for row in rows}
    result = {}
    for key, model in wanted:
        both = [row for row in (found.get((key, "")), found.get((key, model))) if row]
        states = [_state(row, now) for row in both]
        state = "open" if "open" in states else "half-open" if "half-open" in states else "closed"
        measured = found.get((key, model))
        well = all(row.open_until is None and not row.failures for row in both)
        result[key, model] = Standing(state, well, measured.capabilities if measured else {})
    return result


def _state(row: ProviderHealth, now: datetime) -> str:
    """Open also while another's probe is under way."""
    probed = row.open_until and row.probe_until and row.probe_until > now
    return "open" if probed else row.state_at(now)


def claim_probe(key: str, model: str, *, last: bool = False, now: datetime | None = None) -> bool:
    """Take the one probe that a half-open provider gets; `last`: that an open one gets when there is no other."""
    now = now or timezone.now()
    shut = ProviderHealth.objects.filter(key=key, model__in={"", model}, open_until__isnull=False)
    free = shut.filter(Q(probe_until=None) | Q(probe_until__lte=now))
    if not last:
        free = free.filter(open_until__lte=now)
    with transaction.atomic():
        return free.update(probe_until=now + (LAST_PROVIDER if last else PROBE)) == shut.count()


def give_back_probe(key: str, model: str) -> None:
    """The probe came to nothing, one way or the other."""
    ProviderHealth.objects.filter(key=key, model__in={"", model}, probe_until__isnull=False).update(probe_until=None)


def succeeded(key: str, model: str, now: datetime | None = None) -> None:
    """It answered, if only to refuse this request."""
    now = now or timezone.now()
    ill = ProviderHealth.objects.filter(key=key, model__in={"", model})
    ill.filter(open_until=None, failures__gt=0).update(failures=0, cause="")
    shut = ill.filter(open_until__isnull=False)
    if shut.filter(successes__gte=SUCCESSES_TO_CLOSE - 1).update(
        failures=0, openings=0, successes=0, open_until=None, probe_until=None, cause=""
    ):
        log.info("provider %s answers again", key)
    shut.update(successes=F("successes") + 1, open_until=now, probe_until=None)


def close(key: str, model: str) -> None:
    """Somebody has mended it: ask it again at once, as if nothing had happened."""
    ProviderHealth.objects.filter(key=key, model=model).update(
        failures=0, openings=0, successes=0, open_until=None, probe_until=None, cause=""
    )


def failed(
    key: str, model: str, cause: str, *, name: str, provider_id: UUID | None = None, now: datetime | None = None
) -> None:
    """It did not answer, for `cause` (see `ProviderError`). What the request itself was to blame for is no failure."""
    if cause not in COUNTED | AT_ONCE:
        return succeeded(key, model, now)
    now = now or timezone.now()
    with transaction.atomic():
        # A missing model says nothing about the provider's other models.
        place = {"key": key, "model": model if cause == "model_not_found" else ""}
        defaults = {"name": name, "provider_id": provider_id}
        ProviderHealth.objects.get_or_create(**place, defaults=defaults)
        row = ProviderHealth.objects.select_for_update().get(**place)
        state = row.state_at(now)
        row.cause, row.failed_at, row.successes = cause, now, 0
        row.failures += 1
        if state == "half-open" or (state == "closed" and (cause in AT_ONCE or row.failures >= FAILURES_TO_OPEN)):
            row.openings += 1
            wait = QUOTA_COOL_DOWN if cause == "quota" else min(COOL_DOWN * row.openings, LONGEST_COOL_DOWN)
            row.open_until, row.probe_until = now + wait, None
            log.warning("provider %s: %s; left alone for %d s", row, cause, wait.total_seconds())
            _tell_staff(row, now)
        row.save()
    if place["model"]:
        succeeded(key, "", now)


def _tell_staff(row: ProviderHealth, now: datetime) -> None:
    """One e-mail a day to the organization whose provider needs somebody to mend it."""
    if row.provider is None or row.cause not in FOR_STAFF:
        return
    name = row.provider.name
    what = f"{name} ({row.model})" if row.model else name
    budgets.tell_team(
        row.provider.organization,
        f"Your model provider {name} does not answer",
        f"{what} could not answer a visitor: {FOR_STAFF[row.cause]}.\n\n"
        "Other providers are asked instead, if there are any. Please look at it in the admin:\n"
        + admin_pages.address("assistant_provider_change", row.provider.pk),
        key=f"provider:{row.pk}:{row.cause}:{now:%Y-%m-%d}",
    )


def measured(key: str, model: str, facts: Mapping[str, Any], *, name: str, provider_id: UUID | None = None) -> None:
    """Keep what was found out about one model; `facts` are fields of `completions.Capabilities`, or a probe's own."""
    with transaction.atomic():
        place = {"key": key, "model": model}
        ProviderHealth.objects.get_or_create(**place, defaults={"name": name, "provider_id": provider_id})
        row = ProviderHealth.objects.select_for_update().get(**place)
        row.capabilities = {**row.capabilities, **facts}
        row.measured_at = timezone.now()
        row.save(update_fields=["capabilities", "measured_at"])
