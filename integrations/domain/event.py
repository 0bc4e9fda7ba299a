"""What vendor modules translate into; re-exported so that they import one page."""

from incidents.domain.alert import (
    Action,
    AlertEvent,
    Severity,
    one_line,
    short_key,
)

__all__ = ["Action", "AlertEvent", "Severity", "one_line", "short_key"]
