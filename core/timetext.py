"""How instants and spans read: "5 min ago", "4:59", "1 h 05 min". Pure; mirrored in app.js."""

from datetime import datetime, timedelta

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def duration(span: timedelta | float) -> str:
    """A span (seconds or timedelta) in at most two units, rounded down; the sign is dropped."""
    seconds = int(abs(span.total_seconds() if isinstance(span, timedelta) else span))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        hours, minutes = divmod(seconds // MINUTE, 60)
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    days, hours = divmod(seconds // HOUR, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def relative(value: datetime, now: datetime) -> str:
    """Distance in one unit: "just now", "5 min ago", "in 3 h", "12 d ago"."""
    seconds = (value - now).total_seconds()
    if abs(seconds) < 45:
        return "just now" if seconds <= 0 else "in a moment"
    text = _one_unit(abs(seconds))
    return f"in {text}" if seconds > 0 else f"{text} ago"


def countdown(value: datetime, now: datetime) -> str:
    """Time left: "4:59" below an hour, "1 h 05 min" above, "due" when it has passed."""
    seconds = int((value - now).total_seconds())
    if seconds <= 0:
        return "due"
    if seconds < HOUR:
        return f"{seconds // MINUTE}:{seconds % MINUTE:02d}"
    return duration(seconds)


def _one_unit(seconds: float) -> str:
    if seconds < HOUR:
        return f"{max(1, int(seconds // MINUTE))} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    return f"{int(seconds // DAY)} d"
