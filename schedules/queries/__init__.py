"""Readers of schedules: one truth for every caller."""

from schedules.queries.changes import series_of, series_value, window_of
from schedules.queries.rules import (
    OnCallNow,
    Rules,
    current_overrides,
    live,
    load,
    on_call,
    override_value,
    read,
    users_of,
    version_value,
    visible_to,
)
from schedules.queries.windows import DAYS, restriction_value

__all__ = [
    "DAYS",
    "OnCallNow",
    "Rules",
    "current_overrides",
    "live",
    "load",
    "on_call",
    "override_value",
    "read",
    "restriction_value",
    "series_of",
    "series_value",
    "users_of",
    "version_value",
    "visible_to",
    "window_of",
]
