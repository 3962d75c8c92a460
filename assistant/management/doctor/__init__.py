"""What `manage.py doctor` checks, and what it found.

`findings` holds the values, `providers` looks at the model servers and asks them, `hints` is the list of what would make
a working set-up a better one, and `system` looks at everything else: database, Redis, broker, e-mail, keys, addresses.
"""

from __future__ import annotations

from assistant.management.doctor import providers, system
from assistant.management.doctor.findings import Examination, Finding, described, new_style
from assistant.management.doctor.hints import hints
from assistant.providers import router

__all__ = ["Examination", "Finding", "described", "examine", "hints", "new_style"]


def examine(*, ask: bool = False, record: bool = False) -> Examination:
    """Check everything; `ask` also asks the servers, and `record` keeps the requests and answers."""
    seen = Examination(router.platform())
    usable_database = system.check_database(seen)
    rows = list(providers.usable_rows(seen)) if usable_database else []
    providers.check(seen, rows)
    if ask:
        providers.probe_all(seen, rows, keep=usable_database, record=record)
    seen.findings += hints(seen.found, seen.reports)
    system.check(seen, ask=ask)
    return seen
