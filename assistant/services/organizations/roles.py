"""Roles: what a member of an organization may do there, in one table.

A role is a rank within one organization, and each act takes at least one rank. Django's groups and permissions have no
effect. The admin and `docs/admin.md` show this table; a test holds the document to it.
"""

from __future__ import annotations

from enum import Enum, IntEnum

from assistant.models import Membership

Role = Membership.Role


class Rank(IntEnum):
    NONE = 0
    VIEWER = 1
    AGENT = 2
    EDITOR = 3
    OWNER = 4
    SUPERUSER = 5
    NOBODY = 6  # what even superusers may not do, such as adding a tool call


RANKS = {
    Role.VIEWER.value: Rank.VIEWER,
    Role.AGENT.value: Rank.AGENT,
    Role.EDITOR.value: Rank.EDITOR,
    Role.OWNER.value: Rank.OWNER,
}


class Act(Enum):
    """What staff do, and the lowest rank that may: `Act.ANSWER.rank`."""

    READ = "Read conversations, appointments, visitors, settings and statistics", Rank.VIEWER
    ANSWER = "Answer visitors, take over, hand back and close conversations, leave notes", Rank.AGENT
    BOOK = "Book, move, approve, decline and cancel appointments, record who came, block times", Rank.AGENT
    SEND_AGAIN = "Send a failed e-mail again", Rank.AGENT
    SET_UP = "Set up assistants, methods, documents, services, calendars and message texts, and try them out", Rank.EDITOR
    EXPORT = "Export conversations and the data of a visitor", Rank.EDITOR
    DELETE = "Delete assistants, services and calendars", Rank.OWNER
    ERASE = "Erase a visitor", Rank.OWNER
    PAY = "Set up model providers and their keys, limits and prices", Rank.OWNER
    GOVERN = "Change the organization itself: its allowed sites, privacy and security", Rank.OWNER
    MANAGE_MEMBERS = "Invite and remove members and change their roles", Rank.OWNER
    AUDIT = "Read and export the audit log", Rank.OWNER

    def __init__(self, description: str, rank: Rank) -> None:
        self.description, self.rank = description, rank


def may(role: str, act: Act) -> bool:
    """Whether a member with this role may do it in their organization."""
    return RANKS[role] >= act.rank


def table() -> list[tuple[str, list[bool]]]:
    """A row for each act: what it is, and for each of `Role` whether it may."""
    return [(act.description, [may(role, act) for role in Role]) for act in Act]


def as_markdown() -> str:
    """The table as `docs/admin.md` shows it."""
    head = [f"| | {' | '.join(Role.labels)} |", "|---|" + ":-:|" * len(Role)]
    return "\n".join([*head, *(f"| {says} | {' | '.join('✓' if yes else '' for yes in mays)} |" for says, mays in table())])
