"""Selection for one round: health, stickiness, rotation, and the log that explains the choice."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from assistant.errors import ProviderUnavailable
from assistant.models import Usage
from assistant.providers import completions
from assistant.providers.configuration import Configuration, Rotation
from assistant.providers.router.candidates import Candidate
from assistant.providers.router.rotation import ordered
from assistant.services.providers import health
from assistant.services.providers.budgets import Requester
from assistant.services.providers.health import Standing

log = logging.getLogger("assistant.providers.router")

Place = tuple[str, str]  # health key and model


@dataclass
class Selection:
    """The candidates in the order in which to ask them, and what is known of their health."""

    order: list[Candidate]
    half_open: set[Place] = field(default_factory=set)
    well: set[Place] = field(default_factory=set)


@dataclass(frozen=True)
class Selector:
    """Chooses for the rounds of one turn. Synchronous: it reads and claims in the database."""

    groups: Sequence[list[Candidate]]
    asking: Requester
    rules: Configuration
    chance: random.Random

    def select(self, now: datetime, current: Candidate | None, *, shown: bool, health_at: int | None = None) -> Selection:
        """`current` answered the last round of this turn; `shown` when the visitor has seen text of it. `health_at` as
        `health.standings` has it.

        Raises `ProviderUnavailable` when there is nobody to ask.
        """
        standings = health.standings({one.place for group in self.groups for one in group}, now, at=health_at)
        half_open = {place for place, standing in standings.items() if standing.state == "half-open"}
        groups = [[_measured(one, standings[one.place].capabilities) for one in group] for group in self.groups]
        if current and shown:
            # Never two models' words in one reply.
            groups = [[one for one in group if one.place == current.place] for group in groups]
        order, choices = self._in_order(groups, standings, current.health_key if current else self._sticky())
        everybody = list(itertools.chain(*groups))
        skipped = [f"{one}: {standings[one.place]}" for one in everybody if one not in order]
        while order and order[0].place in half_open and not health.claim_probe(*order[0].place, now=now):
            skipped.append(f"{order.pop(0)}: another turn tries it")
        if not order:
            order, choices = _last_resort(everybody, now), ["nobody else is left"]
            half_open.update(one.place for one in order)
        self._explain(choices, order, skipped)
        if not order:
            raise ProviderUnavailable()
        return Selection(order, half_open, {place for place, standing in standings.items() if standing.well})

    def _in_order(
        self, groups: Sequence[list[Candidate]], standings: Mapping[Place, Standing], sticky: str
    ) -> tuple[list[Candidate], list[str]]:
        """Those that may be asked, and how each group was put in order, for the log."""
        order: list[Candidate] = []
        choices: list[str] = []
        for group in groups:
            able = [one for one in group if standings[one.place].state != "open"]
            closed = [one for one in able if standings[one.place].state == "closed" and not one.fallback]
            kept = [one for one in closed if one.health_key == sticky]
            order += kept or self._rotated(able)
            order += [one for one in able if one not in order]
            if able:
                choices.append("sticky" if kept else self._strategy(able))
        return order, choices

    def _sticky(self) -> str:
        """The health key of the provider that this conversation stays with; "" for none."""
        conversation = self.asking.conversation
        choice = len({one.health_key for group in self.groups for one in group}) > 1
        return health.last_used(conversation) if choice and conversation and self.asking.task == "reply" else ""

    def _strategy(self, able: Sequence[Candidate]) -> Rotation:
        if any(one.source == Usage.Source.ORGANIZATION for one in able):
            return "weighted"  # an organization sets weights, and no rotation
        return self.rules.rotation

    def _rotated(self, able: list[Candidate]) -> list[Candidate]:
        rotation = self._strategy(able)
        number = 0
        if rotation in ("round-robin", "weighted") and len(able) > 1:
            # One counter for the platform and one for each organization, which all processes share.
            owner = able[0].health_key.partition(":")[0]
            number = health.turn_number(f"{owner}:{self.asking.task}")
        return ordered(able, rotation, number, self.chance)

    def _explain(self, choices: Sequence[str], order: Sequence[Candidate], skipped: Sequence[str]) -> None:
        """Every choice, at the level debug: the strategy, the order, and who was skipped, and why."""
        if not log.isEnabledFor(logging.DEBUG):
            return
        names = [
            f"{one}{'' if one.provider.weight else ' (weight 0)'}{' (fallback)' if one.fallback else ''}" for one in order
        ]
        log.debug(
            "turn %s: %s: %s; skipped: %s",
            self.asking.turn.pk if self.asking.turn else "-",
            ", then ".join(choices) or "nobody to choose from",
            " → ".join(names) or "nobody",
            "; ".join(skipped) or "nobody",
        )


def _last_resort(everybody: Iterable[Candidate], now: datetime) -> list[Candidate]:
    """With nobody else to ask, one that is open is asked all the same, now and then."""
    probed = (one for one in everybody if health.claim_probe(*one.place, last=True, now=now))
    return list(itertools.islice(probed, 1))


def _measured(one: Candidate, facts: Mapping[str, Any]) -> Candidate:
    return replace(one, capabilities=completions.Capabilities.of(facts), thinks=facts.get("thinks") is True)
