"""Readers of schedules: one truth for every caller."""

from schedules.queries.rules import (
    DAYS,
    OnCallNow,
    Rules,
    current_overrides,
    live,
    load,
    on_call,
    override_value,
    read,
    restriction_value,
    users_of,
    version_value,
    visible_to,
)

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
    "users_of",
    "version_value",
    "visible_to",
]
