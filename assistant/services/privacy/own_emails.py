"""Which messages of the outbox a visitor may download: those that are for them by their kind, never by an address alone.

Visitors type any address, the team's as well. What went to the team, to its members or to whom a method writes stays there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.models import Delivery, Membership, Method, Organization, ToolCall, Visitor

# The keys of what is only ever written to a visitor.
FOR_VISITORS = re.compile(r"(code|transcript|answer|follow-up):|(appointment|reminder):.+:visitor$")


def own(organization: Organization, visitors: Sequence[Visitor], rows: Sequence[Delivery]) -> list[Delivery]:
    """Of rows about the visitors, those that were for them."""
    teams = _teams_addresses(organization)
    proven = {visitor.email.casefold() for visitor in visitors if visitor.email and visitor.email_verified_at}
    calls = ToolCall.objects.filter(conversation__visitor__in=visitors, method__config__recipient="visitor")
    theirs = set(calls.values_list("pk", flat=True))

    def is_own(row: Delivery) -> bool:
        if row.kind == Delivery.Kind.WEBHOOK or row.to.casefold() in teams:
            return False
        if row.kind == Delivery.Kind.SMS or FOR_VISITORS.match(row.key):
            return True
        # A method may have written to the team until it was set up again: the address counts too, if they have proven it.
        return row.call_id in theirs and row.to.casefold() in proven

    return [row for row in rows if is_own(row)]


def _teams_addresses(organization: Organization) -> set[str]:
    members = Membership.objects.filter(organization=organization).values_list("user__email", flat=True)
    written_to = Method.objects.filter(organization=organization).values_list("config__to", flat=True)
    found = " ".join([organization.team_email, *members, *(str(to or "") for to in written_to)])
    return set(re.split(r"[\s,;]+", found.casefold())) - {""}
