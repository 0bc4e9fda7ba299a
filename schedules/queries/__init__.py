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
from schedules.queries.handoffs import (
    notes_for,
    notes_of,
    shift_notices_wait,
    telling,
    told_lately,
)
from schedules.queries.instant import on_call
from schedules.queries.ledger import (
    fact_of,
    marks,
    oldest_to_record,
    record_of,
    running_json,
    running_of,
    standing,
    to_record,
)
from schedules.queries.rules import (
    OnCallNow,
    Rules,
    current_overrides,
    live,
    load,
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
    "fact_of",
    "feed_content",
    "feed_for",
    "feed_shifts",
    "feeds_of",
    "fingerprint",
    "live",
    "load",
    "marks",
    "notes_for",
    "notes_of",
    "oldest_to_record",
    "on_call",
    "override_value",
    "read",
    "record_of",
    "restriction_value",
    "running_json",
    "running_of",
    "series_of",
    "series_value",
    "shift_notices_wait",
    "standing",
    "telling",
    "to_record",
    "told_lately",
    "users_of",
    "version_value",
    "visible_to",
    "window_of",
    "with_person",
]
