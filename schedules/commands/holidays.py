"""Writers of holiday calendars, and which of them a schedule counts."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import commands as audit
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands import trail
from schedules.commands.hours import holidays_changed
from schedules.models import HolidayCalendar, Schedule

MAX_OWN_DAYS = 400
LONGEST_NAME, LONGEST_SUBDIVISION = 120, 12
EARLIEST, LATEST = 1970, 2200


def save_holidays(
    calendar: HolidayCalendar | None,
    *,
    name: str,
    country: str,
    subdivision: str,
    days: Iterable[Mapping[str, str]],
    by: Actor,
    now: datetime,
) -> HolidayCalendar:
    """A new calendar (None) or a changed one; `days` are its own: [{"date": …, "name": …}].

    Raises ValidationFailed (no name, unknown country, subdivision or date), Conflict (name taken).
    """
    made = calendar is None
    row = calendar or HolidayCalendar()
    row.name = _name(name)
    row.country, row.subdivision = _place(country, subdivision)
    row.days = _days(days)
    try:
        with transaction.atomic():
            row.save()
            holidays_changed(row, now)
            _trace("created" if made else "updated", row, by=by, now=now)
    except IntegrityError as error:
        message = f"A holiday calendar named “{row.name}” exists already"
        raise Conflict(message, field="name") from error
    return row


def delete_holidays(calendar: HolidayCalendar, *, by: Actor, now: datetime) -> None:
    """Schedules and support hours that used it count no holidays any more."""
    with transaction.atomic():
        holidays_changed(calendar, now)
        _trace("deleted", calendar, by=by, now=now)
        calendar.delete()


def choose_holidays(
    schedule: Schedule, calendar: HolidayCalendar | None, *, by: Actor, now: datetime
) -> None:
    """Which days count as holidays in the figures of a schedule; it changes nobody's duty."""
    before = schedule.holidays.name if schedule.holidays else None
    with transaction.atomic():
        schedule.holidays = calendar
        schedule.save(update_fields=["holidays"])
        after = calendar.name if calendar else None
        changes: dict[str, Any] = {"holidays": [before, after]}
        trail.record("schedule.updated", schedule, by=by, now=now, changes=changes)


def _name(value: str) -> str:
    clean = " ".join(value.split())[:LONGEST_NAME]
    if not clean:
        raise ValidationFailed("Name is required", field="name", reason="required")
    return clean


def _place(country: str, subdivision: str) -> tuple[str, str]:
    country, subdivision = country.strip().upper(), subdivision.strip()
    if not country:
        if subdivision:
            raise ValidationFailed("Choose the country as well", field="country")
        return "", ""
    known = queries.countries()
    if country not in known:
        message = f"No holidays are known of “{country[:10]}”; use a code like DE"
        raise ValidationFailed(message, field="country")
    parts = {part.upper(): part for part in known[country] if len(part) <= LONGEST_SUBDIVISION}
    if subdivision and subdivision.upper() not in parts:
        options = ", ".join(sorted(parts.values())) or "none"
        message = f"Parts of {country} with holidays of their own: {options}"
        raise ValidationFailed(message, field="subdivision")
    return country, parts.get(subdivision.upper(), "")


def _days(days: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    found = {_date(item["date"]): " ".join(item.get("name", "").split())[:80] for item in days}
    if len(found) > MAX_OWN_DAYS:
        raise ValidationFailed(f"At most {MAX_OWN_DAYS} own days", field="days")
    return [
        {"date": day.isoformat(), "name": name or "Day off"} for day, name in sorted(found.items())
    ]


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        message = f"“{text[:40]}” is no date; write it like 2026-12-24"
        raise ValidationFailed(message, field="days") from error
    if not EARLIEST <= day.year <= LATEST:
        raise ValidationFailed(f"{text} lies outside {EARLIEST}-{LATEST}", field="days")
    return day


def _trace(verb: str, calendar: HolidayCalendar, *, by: Actor, now: datetime) -> None:
    audit.record(
        f"holidays.{verb}",
        by=by,
        now=now,
        target_type="holidays",
        target_id=calendar.public_id,
        target_label=calendar.name,
    )
