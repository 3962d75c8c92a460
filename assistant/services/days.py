"""Days as moments: when one begins in a time zone. Pure: it knows neither rows nor Django."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo


def midnight(day: date, zone: tzinfo) -> datetime:
    """When `day` begins in `zone`; of a midnight that comes twice, the first."""
    return datetime.combine(day, time(), zone)
