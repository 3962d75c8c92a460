"""Invariants of the database. Each is a query for the rows that violate it.

The words are those of SQLite and PostgreSQL alike. Two kinds: what may never be, and what may not last once everything runs
again and has had its minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Query = Callable[[str], list[tuple[Any, ...]]]

ASKING = "('confirm', 'verify')"
OPEN_TURN = """SELECT 1 FROM assistant_turn t
        WHERE (t.id = c.turn_id OR t.opening_call_id = c.id) AND t.state IN ('queued', 'running')"""

NEVER = {
    "the events of a conversation are numbered without a gap": """
        SELECT conversation_id FROM assistant_event GROUP BY conversation_id HAVING count(*) != max(seq) OR min(seq) != 1""",
    "a conversation knows its last number": """
        SELECT c.id FROM assistant_conversation c
        WHERE c.last_seq != (SELECT coalesce(max(e.seq), 0) FROM assistant_event e WHERE e.conversation_id = c.id)""",
    "a message has its event": """
        SELECT m.id FROM assistant_message m WHERE (SELECT count(*) FROM assistant_event e
        WHERE e.message_id = m.id AND e.type = 'message.added' AND e.seq = m.seq) != 1""",
    "a visitor's message is answered by a turn, or by a person": """
        SELECT m.id FROM assistant_message m JOIN assistant_conversation c ON c.id = m.conversation_id
        WHERE m.role = 'visitor' AND c.staff_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM assistant_turn t WHERE t.message_id = m.id)""",
    "a turn that has ended says so exactly once, and no other does": """
        SELECT t.id FROM assistant_turn t WHERE (SELECT count(*) FROM assistant_event e
        WHERE e.turn_id = t.id AND e.type = 'turn.ended') != CASE WHEN t.state IN ('queued', 'running') THEN 0 ELSE 1 END""",
    "a turn has one reply at most, and one that is done has it": """
        SELECT t.id FROM assistant_turn t JOIN assistant_conversation c ON c.id = t.conversation_id WHERE
        (SELECT count(*) FROM assistant_message m WHERE m.turn_id = t.id) > 1 OR (t.state = 'done' AND c.staff_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM assistant_message m WHERE m.turn_id = t.id))""",
    "no two appointments of a calendar overlap": """
        SELECT a.id, b.id FROM assistant_appointment a JOIN assistant_appointment b ON a.calendar_id = b.calendar_id
        AND a.id < b.id AND a.start_at < b.busy_until AND b.start_at < a.busy_until
        WHERE a.state = 'confirmed' AND b.state = 'confirmed'""",
    "a confirmed appointment has its receipt and its e-mail": """
        SELECT a.id FROM assistant_appointment a WHERE a.state = 'confirmed' AND a.call_id IS NOT NULL
        AND (NOT EXISTS (SELECT 1 FROM assistant_card k WHERE k.call_id = a.call_id AND k.kind = 'receipt')
        OR NOT EXISTS (SELECT 1 FROM assistant_delivery d WHERE d.appointment_id = a.id AND d."to" = a.email))""",
    "an e-mail about an appointment has an appointment that was confirmed": """
        SELECT d.id FROM assistant_delivery d JOIN assistant_appointment a ON a.id = d.appointment_id
        WHERE a.confirmed_at IS NULL""",
    "what was spent is what the attempts took, and what was reserved": """
        SELECT s.organization_id FROM assistant_spending s WHERE s.scope = 'organization' AND length(s.period) = 7
        AND s.tokens != (SELECT coalesce(sum(u.prompt_tokens + u.completion_tokens), 0) FROM assistant_usage u
        WHERE u.organization_id = s.organization_id)""",
}
NOT_FOR_LONG = {
    "a turn ends": "SELECT id FROM assistant_turn WHERE state IN ('queued', 'running')",
    "a call that nobody is at is closed": f"""
        SELECT c.id, c.name, c.state FROM assistant_toolcall c
        WHERE c.state IN ('pending', 'sent') AND NOT EXISTS ({OPEN_TURN})""",
    "a call that waits has a card that can be answered": f"""
        SELECT c.id, c.name FROM assistant_toolcall c WHERE c.state = 'waiting' AND NOT EXISTS ({OPEN_TURN})
        AND NOT EXISTS (SELECT 1 FROM assistant_card k
        WHERE k.call_id = c.id AND k.kind IN {ASKING} AND k.state = 'open')""",
    "a card that asks has a call that waits": f"""
        SELECT k.id FROM assistant_card k JOIN assistant_toolcall c ON c.id = k.call_id
        WHERE k.kind IN {ASKING} AND k.state = 'open' AND c.state != 'waiting'""",
    "an e-mail that is being sent is sent, or waits for its next attempt": """
        SELECT id, "to" FROM assistant_delivery WHERE state = 'sending' OR (state = 'queued' AND attempts = 0)""",
    "a hold that has lapsed is let go": """
        SELECT id FROM assistant_appointment WHERE state = 'held' AND held_until < CURRENT_TIMESTAMP""",
    "a document that is being read is read": "SELECT id FROM assistant_document WHERE state IN ('queued', 'reading')",
    "a replay ends": "SELECT id FROM assistant_replay WHERE state IN ('queued', 'running')",
}


def broken(query: Query, *, settled: bool = True) -> list[str]:
    """Every invariant that does not hold, with some of the rows that break it; `settled` counts those that may be broken for
    a while."""
    asked = {**NEVER, **(NOT_FOR_LONG if settled else {})}
    found = {words: query(sql) for words, sql in asked.items()}
    return [f"{words}: {len(rows)} do not, such as {rows[:3]}" for words, rows in found.items() if rows]
