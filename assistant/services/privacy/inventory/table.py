"""The terms of the inventory: who a field is about, what erasure does, how long rows are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class About(StrEnum):
    """Who a field is about."""

    VISITOR = "visitor"
    STAFF = "staff"
    ORGANIZATION = "organization"
    NOBODY = "nobody"  # how the software works: keys, leases, counters


class Erasure(StrEnum):
    """What erasing a visitor does with a table's rows about them."""

    DELETED = "rows are deleted"
    BLANKED = "the visitor's fields are emptied; the rest stays"
    COUNTED = "rows are deleted; for a day, a number without content stays, which limits count"
    UNLINKED = "stays as numbers, without the link to the visitor"
    NOT_AFFECTED = "not affected"


class Term(StrEnum):
    """How long rows are kept; the first three are settings of the organization."""

    MESSAGES = "as long as the organization keeps messages"
    LEDGER = "as long as the organization keeps the ledger"
    VISITORS = "as long as the organization keeps visitors"
    NUMBERS = "400 days"
    COUNTERS = "62 days"
    SESSION = "until the login expires"
    MINUTES = "some minutes"
    OWNER = "until staff delete it"
    KEY = "until it has been replaced and no browser uses it"
    EVER = "as long as the organization exists, as evidence"


@dataclass(frozen=True)
class Table:
    """A model's entry. `fields` are names by who they are about. `owner` are the lookups from a row to the visitor: where
    one of them leads to a visitor, the row is theirs."""

    why: str
    term: Term
    erasure: Erasure = Erasure.NOT_AFFECTED
    owner: tuple[str, ...] = ()
    fields: dict[About, str] = field(default_factory=dict)
    shown: str = ""  # fields that are not about the visitor, and that an export needs to be understood

    def names(self, about: About) -> list[str]:
        return self.fields.get(about, "").split()
