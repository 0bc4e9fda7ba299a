"""Holidays: a calendar's own days and the public ones of its country."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from schedules.models import HolidayCalendar, Schedule

# Nobody plans further, and a year costs milliseconds.
MAX_YEARS = 5
LANGUAGE = "en_US"
CODE_LENGTH = 2


def days_of(calendar: HolidayCalendar, years: Iterable[int]) -> dict[date, str]:
    """Every holiday of the years with its name, in order; own days win over public ones."""
    wanted = sorted(set(years))[:MAX_YEARS]
    found: dict[date, str] = {}
    for year in wanted:
        found |= public_days(calendar.country, calendar.subdivision, year)
    found |= {day: name for day, name in own_days(calendar) if day.year in wanted}
    return dict(sorted(found.items()))


def own_days(calendar: HolidayCalendar) -> list[tuple[date, str]]:
    return [(date.fromisoformat(item["date"]), item["name"]) for item in calendar.days]


def schedules_by_calendar() -> dict[int, list[Schedule]]:
    """Live schedules that count the days of a calendar."""
    found: dict[int, list[Schedule]] = {}
    for row in Schedule.objects.filter(archived_at=None).exclude(holidays=None):
        found.setdefault(row.holidays_id or 0, []).append(row)
    return found


@lru_cache(maxsize=64)
def public_days(country: str, subdivision: str, year: int) -> dict[date, str]:
    """Public holidays; none for a country that nobody named or knows (any more)."""
    if not country or subdivision not in ("", *countries().get(country, ())):
        return {}
    if country not in countries():
        return {}
    import holidays  # takes a third of a second and 25 MB: only where holidays are asked

    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=year, language=LANGUAGE
    )
    return dict(found.items())


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, ...]]:
    """Codes (ISO 3166-1) that have holidays, with the codes of their subdivisions."""
    import holidays

    known = holidays.list_supported_countries(include_aliases=False)
    return {code: tuple(parts) for code, parts in known.items() if len(code) == CODE_LENGTH}


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """Code to name, by name."""
    from holidays.registry import COUNTRIES

    names = {codes[1]: key.replace("_", " ").title() for key, codes in COUNTRIES.items()}
    known = {code: name for code, name in names.items() if code in countries()}
    return dict(sorted(known.items(), key=lambda item: item[1]))
