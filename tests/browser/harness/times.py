"""What a slots card is answered when its visitor looks further: days of January 2030, every second of them free."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

CARD = json.loads((Path(__file__).parents[2] / "wire" / "cards" / "slots.json").read_text())


def day_of(day: date) -> dict[str, Any]:
    slots = [
        {"id": f"s-{day}-{hour}", "label": f"{hour:02}:00", "start_at": f"{day}T{hour:02}:00:00Z"} for hour in (9, 11, 14)
    ]
    return {"date": day.isoformat(), "label": f"{day:%A}, {day.day} {day:%B}", "slots": slots}


def shown(asked: dict[str, Any]) -> dict[str, Any]:
    named = next(one["name"] for one in CARD["services"] if one["id"] == asked.get("service", "3"))
    kept = {name: CARD[name] for name in ("timezone", "first_day", "last_day", "calendars")}
    view = {"title": named, **kept, "service": asked.get("service", "3"), "days": []}
    if asked.get("calendar"):
        view["calendar"] = asked["calendar"]
    if month := asked.get("month"):
        return view | {"month": month, "free": [f"{month}-{day:02}" for day in range(2, 28, 2)]}
    day = date.fromisoformat(asked.get("day") or asked.get("after") or asked.get("before") or "2030-01-08")
    moved = day + timedelta(days=bool(asked.get("after")) - bool(asked.get("before")))
    problem = {"problem": "Nothing is free then. These are the next free times."} if moved.weekday() == 6 else {}
    return view | {"days": [day_of(moved)]} | problem
