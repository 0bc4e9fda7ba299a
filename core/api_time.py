"""Instants as the API writes them."""

from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime

from core.errors import InvalidRequest

EARLIEST, LATEST = 1970, 2200


def iso(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, milliseconds only when there are any."""
    if value is None:
        return None
    moment = value.astimezone(UTC)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def instant(text: str, field: str) -> datetime:
    """A query parameter as an instant; without an offset it is UTC. Raises InvalidRequest.

    A blank counts as the "+" of an offset that the caller did not escape.
    """
    try:
        value = parse_datetime(text.strip().replace(" ", "+"))
    except ValueError:
        value = None
    if value is None or not EARLIEST <= value.year <= LATEST:
        message = f"{field} is an ISO 8601 instant between {EARLIEST} and {LATEST}"
        raise InvalidRequest(message, field=field, reason="invalid")
    return value if value.tzinfo else value.replace(tzinfo=UTC)
