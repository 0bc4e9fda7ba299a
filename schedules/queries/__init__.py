"""Readers of schedules: one truth for every caller."""

from schedules.queries.changes import series_of, series_value, window_of
from schedules.queries.feeds import (
    FeedContent,
    FeedShift,
    feed_content,
    feed_for,
    feed_shifts,
    feeds_of,
    fingerprint,
)
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
    with_person,
)
from schedules.queries.windows import DAYS, restriction_value

__all__ = [
    "DAYS",
    "FeedContent",
    "FeedShift",
    "OnCallNow",
    "Rules",
    "current_overrides",
    "feed_content",
    "feed_for",
    "feed_shifts",
    "feeds_of",
    "fingerprint",
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
    "with_person",
]
