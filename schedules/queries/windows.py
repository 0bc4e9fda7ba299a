"""Weekly windows as rows write them, read as values of the domain."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from schedules.domain import model

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def restriction_value(item: Mapping[str, Any]) -> model.Restriction:
    """Reads `{"days": ["MON"], "start": "09:00", "end": "17:30", "endDay": null}`."""
    end_day = item.get("endDay")
    return model.Restriction(
        days=frozenset(DAYS.index(day) for day in item["days"]),
        start=time.fromisoformat(item["start"]),
        end=time.fromisoformat(item["end"]),
        end_day=None if end_day is None else DAYS.index(end_day),
    )
