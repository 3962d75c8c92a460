"""What all processes share about providers: rotation, circuit breakers, measured capabilities.

The breaker is one row per provider and key, and one per model for a model that is missing. Closed until five counted
failures in a row, or one that will not pass by itself; then open for a while, each time longer; then half-open, one
probe at a time, until two answers in a row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant.models import Conversation, Organization, Provider, ProviderHealth, Rotation, StaffEvent, Usage
from assistant.services import admin_pages
from assistant.services.providers import budgets

log = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
SUCCESSES_TO_CLOSE = 2
COOL_DOWN = timedelta(seconds=30)  # times the number of openings in a row
LONGEST_COOL_DOWN = timedelta(minutes=10)
QUOTA_COOL_DOWN = timedelta(minutes=5)
PROBE = timedelta(seconds=60)  # after that, the process that probed is taken to be dead
ABILITIES = ("streaming", "tools", "tools_streaming")  # what costs visitors something when it is wrongly taken to be missing
REFUSAL_TRUSTED_FOR = timedelta(days=1)  # how long a refusal in use counts as proof that an ability is missing
REMEASURED_AFTER = timedelta(days=7)  # a check's word
REMEASURED_AGAIN = timedelta(days=1)  # after a measuring that found nothing out
MAX_WHY = 300  # characters
KEPT = 500  # sets of models of which a process keeps the rows
LAST_PROVIDER = timedelta(seconds=5)  # how often the only provider is asked while it is open

# Refusals of a request's form, and generations that came to nothing. The router counts them only where another server
# has taken the same request: a visitor's odd words, or a model's, must not close every provider.
OF_FORM = {"bad_request", "form_refused", "schema_refused", "tools_unsupported", "generation_failed"}
COUNTED = {"dns", "refused", "timeout", "server_error", "rate_limited", "bad_response", "cut_off", *OF_FORM}
OPEN_AT_ONCE = {"unauthorized", "forbidden", "tls", "not_found", "quota", "model_not_found"}
STAFF_MUST_FIX = {
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
    cause: str = ""  # of what is held against it
    until: datetime | None = None  # when it is asked again, while it is open
    probed: bool = False  # another turn tries it at this moment

    def __str__(self) -> str:
        cause = f" ({self.cause})" if self.cause else ""
        until = f" until {self.until:%H:%M:%S} UTC" if self.until else ""
        return f"half-open{cause}, another turn tries it" if self.probed else f"{self.state}{cause}{until}"


@dataclass(frozen=True)
class Learnt:
    """One thing that was found out about a model. `by` is "check" (a probe), "use" or "" where it was not recorded."""

    name: str
    value: Any
    at: datetime | None = None
    by: str = ""
    why: str = ""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def shown(self) -> str:
        return {True: "yes", False: "no", "": "none"}.get(self.value, str(self.value))


def health_key(owner: UUID | int | str | None, name: str, base_url: str, key: str) -> str:
    """Names a provider's health: `owner` is its organization's id, or None for the platform's.

    Another address or another key is another breaker, so a provider that was fixed is asked at once.
    """
    return f"{owner or 'platform'}:{name[:40]}:{_digest(base_url, key)}"


@lru_cache(maxsize=1024)
def _digest(base_url: str, key: str) -> str:
    return salted_hmac("provider.health", f"{base_url}\n{key}", algorithm="sha256").hexdigest()[:16]


def own(organization: Organization) -> list[Provider]:
    """The organization's enabled providers, by name."""
    return sorted((row for row in organization.providers.all() if row.enabled), key=lambda row: row.name)


def turn_number(rotation: str) -> int:
    """The next number of that rotation: no two processes get the same one."""
    with transaction.atomic():
        if not Rotation.objects.filter(pk=rotation).update(number=F("number") + 1):
            Rotation.objects.bulk_create([Rotation(key=rotation)], ignore_conflicts=True)
            Rotation.objects.filter(pk=rotation).update(number=F("number") + 1)
        return Rotation.objects.values_list("number", flat=True).get(pk=rotation)


def last_used(conversation: Conversation) -> str:
    """The health key of the provider that gave this conversation its last reply; "" when none did."""
    answered = Usage.objects.filter(conversation=conversation, task="reply", cause="", reserved=False)
    return answered.order_by("-at").values_list("health_key", flat=True).first() or ""


def standings(
    wanted: Iterable[tuple[str, str]], now: datetime | None = None, *, at: int | None = None
) -> dict[tuple[str, str], Standing]:
    """The standing of each (health key, model); one query. `at` is how often providers' health has changed, as the caller
    has just read it: then none, unless it has changed since this process asked last."""
    now = now or timezone.now()
    wanted = frozenset(wanted)
    found = {(row.key, row.model): row for row in _rows(wanted, at)}
    result = {}
    for key, model in wanted:
        both = [row for row in (found.get((key, "")), found.get((key, model))) if row]
        states = [_state(row, now) for row in both]
        state = "open" if "open" in states else "half-open" if "half-open" in states else "closed"
        measured = found.get((key, model))
        well = all(row.open_until is None and not row.failures for row in both)
        shut = max((row for row in both if row.open_until), key=lambda row: row.open_until or now, default=None)
        result[key, model] = Standing(
            state,
            well,
            {fact.name: fact.value for fact in learnt(measured, now)} if measured else {},
            shut.cause if shut else "",
            shut.open_until if shut else None,
            any(_is_probed(row, now) for row in both),
        )
    return result


_kept: dict[frozenset[tuple[str, str]], tuple[int, list[ProviderHealth]]] = {}


def _rows(wanted: frozenset[tuple[str, str]], at: int | None) -> list[ProviderHealth]:
    kept = _kept.get(wanted)
    if kept and kept[0] == at:
        return kept[1]
    keys, models = {key for key, _ in wanted}, {"", *(model for _, model in wanted)}
    rows = list(ProviderHealth.objects.filter(key__in=keys, model__in=models))
    if at is not None:
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[wanted] = at, rows
    return rows


def forget_kept() -> None:
    """Ask the database again, whatever the count says; for tests, which roll it back."""
    _kept.clear()


def _state(row: ProviderHealth, now: datetime) -> str:
    """Open also while another's probe is under way."""
    return "open" if _is_probed(row, now) else row.state_at(now)


def _is_probed(row: ProviderHealth, now: datetime) -> bool:
    return bool(row.open_until and row.probe_until and row.probe_until > now)


def claim_probe(key: str, model: str, *, last: bool = False, now: datetime | None = None) -> bool:
    """Claim the one probe that a half-open provider gets; `last`: that an open one gets when there is no other."""
    now = now or timezone.now()
    shut = ProviderHealth.objects.filter(key=key, model__in={"", model}, open_until__isnull=False)
    free = shut.filter(Q(probe_until=None) | Q(probe_until__lte=now))
    if not last:
        free = free.filter(open_until__lte=now)
    with transaction.atomic():
        return free.update(probe_until=now + (LAST_PROVIDER if last else PROBE)) == shut.count()


def give_back_probe(key: str, model: str) -> None:
    """The probe was not used, or decided nothing."""
    ProviderHealth.objects.filter(key=key, model__in={"", model}, probe_until__isnull=False).update(probe_until=None)


def succeeded(key: str, model: str, now: datetime | None = None) -> None:
    """Count an answer, even if it was a refusal of this request."""
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
    """It was fixed: ask it again at once, as if it had never failed."""
    ProviderHealth.objects.filter(key=key, model=model).update(
        failures=0, openings=0, successes=0, open_until=None, probe_until=None, cause=""
    )


def failed(
    key: str, model: str, cause: str, *, name: str, provider_id: UUID | None = None, now: datetime | None = None
) -> None:
    """Count a failure by `cause` (see `ProviderError`). A failure that the request itself caused is not counted."""
    if cause not in COUNTED | OPEN_AT_ONCE:
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
        if state == "half-open" or (state == "closed" and (cause in OPEN_AT_ONCE or row.failures >= FAILURES_TO_OPEN)):
            row.openings += 1
            wait = QUOTA_COOL_DOWN if cause == "quota" else min(COOL_DOWN * row.openings, LONGEST_COOL_DOWN)
            row.open_until, row.probe_until = now + wait, None
            log.warning("provider %s: %s; paused for %d s", row, cause, wait.total_seconds())
            _notify_staff(row, now)
        row.save()
    if place["model"]:
        succeeded(key, "", now)


def _notify_staff(row: ProviderHealth, now: datetime) -> None:
    """At most one e-mail a day to the organization whose provider needs attention."""
    if row.provider is None or row.cause not in STAFF_MUST_FIX:
        return
    name = row.provider.name
    what = f"{name} ({row.model})" if row.model else name
    link = admin_pages.address("assistant_provider_change", row.provider.pk)
    budgets.notify_team(
        row.provider.organization,
        f"Your model provider {name} has stopped answering",
        f"{what} could not answer a visitor: {STAFF_MUST_FIX[row.cause]}.\n\n"
        f"Other providers answer instead, if there are any. Check it in the admin:\n{link}",
        key=f"provider:{row.pk}:{row.cause}:{now:%Y-%m-%d}",
        event=StaffEvent.PROVIDER,
        link=link,
    )


# --- What was measured ------------------------------------------------------------------------------------------------


def learnt(row: ProviderHealth, now: datetime | None = None) -> list[Learnt]:
    """What is known of that model and still believed, by name.

    That it lacks an ability (`ABILITIES`) is believed for a day where use said so: a gateway that routed one request
    badly must not take the tools away for ever, and a server that really lacks them says so again, at the price of
    one request.
    """
    now = now or timezone.now()
    found = []
    for name, value in sorted(row.capabilities.items()):
        origin = row.origins.get(name) or {}
        at = _instant(origin.get("at")) or row.measured_at
        fact = Learnt(name, value, at, origin.get("by", ""), origin.get("why", ""))
        doubtful = name in ABILITIES and value is False and fact.by == "use"
        if not (doubtful and at and now - at >= REFUSAL_TRUSTED_FOR):
            found.append(fact)
    return found


def measured(
    key: str,
    model: str,
    facts: Mapping[str, Any],
    *,
    name: str,
    provider_id: UUID | None = None,
    by: str = "check",
    why: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> None:
    """Keep what was found out about one model; `facts` are fields of `completions.Capabilities`, or a probe's own.

    `why` says for each what it rests on, for staff: the check, or the refusal's class and words; never a key. Where use
    contradicts a check, the model is measured again soon (`due_for_measuring`).
    """
    now = now or timezone.now()
    with transaction.atomic():
        place = {"key": key, "model": model}
        ProviderHealth.objects.get_or_create(**place, defaults={"name": name, "provider_id": provider_id})
        row = ProviderHealth.objects.select_for_update().get(**place)
        if by == "check":
            row.measure_after = None
        elif any(row.capabilities.get(fact, value) != value for fact, value in facts.items()):
            row.measure_after = now
        row.capabilities = {**row.capabilities, **facts}
        row.origins = row.origins | {
            fact: {"at": now.isoformat(), "by": by, "why": (why or {}).get(fact, "")[:MAX_WHY]} for fact in facts
        }
        row.measured_at = now
        row.save(update_fields=["capabilities", "origins", "measured_at", "measure_after"])


def forget(provider: Provider, model: str | None = None) -> int:
    """Delete what was learnt about a provider's model, or about all of them; returns how many."""
    rows = provider.health.exclude(capabilities={})
    if model is not None:
        rows = rows.filter(model=model)
    return rows.update(capabilities={}, origins={}, measured_at=None, measure_after=None)


def due_for_measuring(limit: int, now: datetime | None = None) -> list[ProviderHealth]:
    """Models to measure again, claimed for a day: use has contradicted a check, or they were found to lack an ability
    some time ago. This corrects a probe that was misled once."""
    now = now or timezone.now()
    lacks = Q()
    for ability in ABILITIES:
        lacks |= Q(**{f"capabilities__{ability}": False})
    old = Q(measure_after=None, measured_at__lte=now - REMEASURED_AFTER) & lacks
    due = ProviderHealth.objects.filter(Q(measure_after__lte=now) | old).exclude(model="")
    claimed = []
    for row in due.select_related("provider__organization").order_by("measured_at")[:limit]:
        same = ProviderHealth.objects.filter(pk=row.pk, measure_after=row.measure_after)
        if same.update(measure_after=now + REMEASURED_AGAIN):
            claimed.append(row)
    return claimed


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
