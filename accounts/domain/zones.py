"""Time zone names. Listing them reads hundreds of files, so it is done once per process."""

import zoneinfo
from functools import cache

_AREAS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}


@cache
def known() -> frozenset[str]:
    """Every name that the time zone database has."""
    return frozenset(zoneinfo.available_timezones())


@cache
def offered() -> tuple[str, ...]:
    """UTC and places by name; what is kept only for old programs is left out."""
    return ("UTC", *sorted(name for name in known() if name.split("/")[0] in _AREAS))
