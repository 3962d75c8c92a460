"""Snapshots of what an organization's staff have set, one per process and organization.

A turn needs an assistant with its texts, its methods, the organization's providers, budget and prices: rows that change a
few times a week and were read with every message. They are kept for as long as the organization's revision is the one that
they were read at (models.revisions). The revision comes with the conversation's row, so looking costs nothing, and a change
reaches the next message in every process.

What turns change themselves is not in it: a provider's health and what was learnt of it, which another process may have
written a moment ago, spending, conversations and the ledger. Secrets are in its rows as they are in their columns, sealed;
those of providers are opened once, for as long as it is kept.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from assistant.models import (
    Assistant,
    Budget,
    Conversation,
    Method,
    Organization,
    Price,
    Provider,
    Rotation,
    Visitor,
    VisitorAttribute,
)
from assistant.services.raw_sql import columns, execute, read, width

T = TypeVar("T")
LIMIT = 500  # snapshots that are kept, those of the organizations that visitors wrote to last


@dataclass(frozen=True)
class Snapshot:
    """An organization and its settings at `revision`. Conversations get copies of its rows; `methods` are shared and must
    not be changed."""

    revision: int
    organization: Organization
    assistants: dict[int, Assistant]
    methods: dict[int, list[Method]]  # that are enabled, by assistant
    budget: Budget
    prices: list[Price]  # its own, and those for all
    attributes: list[VisitorAttribute]  # that visitors may have
    _derived: dict[Hashable, Any] = field(default_factory=dict)

    def attach_to(self, conversation: Conversation) -> None:
        """Set the conversation's assistant and organization to copies of these."""
        if found := self.assistants.get(conversation.assistant_id):
            conversation.assistant = copy.copy(found)
            conversation.organization = conversation.assistant.organization = copy.copy(self.organization)

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """A value that `make` computes from this snapshot alone, computed once."""
        if key not in self._derived:
            self._derived[key] = make()
        return self._derived[key]


class Snapshots:
    """The snapshots of one process."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._kept: OrderedDict[int, Snapshot] = OrderedDict()
        self._lock = threading.Lock()  # guards the order of use: database threads read concurrently

    def at(self, organization_id: int, revision: int) -> Snapshot:
        """The organization at `revision`, or at a later one. Reads the database where that is not what is kept."""
        kept = self._kept.get(organization_id)
        if kept is None or kept.revision != revision:
            kept = _read(organization_id)
        with self._lock:
            self._kept[organization_id] = kept
            self._kept.move_to_end(organization_id)
            while len(self._kept) > self.limit:
                self._kept.popitem(last=False)
        return kept

    def __contains__(self, organization_id: int) -> bool:
        return organization_id in self._kept

    def clear(self) -> None:
        self._kept.clear()


SNAPSHOTS = Snapshots()
at = SNAPSHOTS.at


_CONVERSATION = f"""
    SELECT organization.revision, COALESCE((SELECT number FROM assistant_rotation WHERE key = %s), 0),
        {columns(Visitor, "visitor")}, {columns(Conversation, "conversation")}
    FROM assistant_conversation AS conversation JOIN assistant_visitor AS visitor ON visitor.id = conversation.visitor_id
        JOIN assistant_organization AS organization ON organization.id = conversation.organization_id
    WHERE """


def conversation(condition: str, *values: Any) -> Conversation | None:
    """The conversation for which SQL `condition` holds, with its visitor, and with its assistant and organization from the
    snapshot; `health` is how often providers' health has changed, for `services.providers.health`."""
    found = execute(_CONVERSATION + condition, Rotation.HEALTH, *values)
    if not found:
        return None
    [(revision, health, *stored)] = found
    row = read(Conversation, stored[width(Visitor) :])
    row.visitor = read(Visitor, stored[: width(Visitor)])
    row.health = health  # type: ignore[attr-defined]
    at(row.organization_id, revision).attach_to(row)
    return row


def _read(organization_id: int) -> Snapshot:
    # The revision is read first: a change while the rest is read raises it, so that the next message reads all again.
    organization = Organization.objects.get(pk=organization_id)
    assistants = {row.pk: row for row in Assistant.objects.filter(organization=organization)}
    methods = {row.pk: row for row in Method.objects.filter(organization=organization, enabled=True)}
    links = Assistant.methods.through.objects.filter(assistant__in=assistants).values_list("assistant_id", "method_id")
    used = set(links)
    providers = list(Provider.objects.filter(organization=organization))
    budget = Budget.objects.filter(organization=organization).first() or Budget()
    prices = list(Price.objects.filter(Q(organization=organization) | Q(organization=None)))
    attributes = list(VisitorAttribute.objects.filter(organization=organization))
    owned: list[Assistant | Method | Provider] = [*assistants.values(), *methods.values(), *providers]
    for row in owned:
        row.organization = organization
    organization._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "providers": _fetched(organization.providers.all(), providers)
    }
    of_assistant = {pk: [method for method in methods.values() if (pk, method.pk) in used] for pk in assistants}
    snapshot = Snapshot(organization.revision, organization, assistants, of_assistant, budget, prices, attributes)
    organization.snapshot = snapshot
    return snapshot


def _fetched(rows: QuerySet[Provider], found: list[Provider]) -> QuerySet[Provider]:
    rows._result_cache = found
    return rows
