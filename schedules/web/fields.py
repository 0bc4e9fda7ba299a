"""Form fields of wall-clock times: what a clock in the schedule's zone shows, without an offset."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from schedules.commands import LONGEST_REASON
from schedules.domain.walltime import resolve, to_local

FORMAT = "%Y-%m-%dT%H:%M"
EARLIEST, LATEST = 1970, 2200


class WallTimeInput(forms.TextInput):
    input_type = "datetime-local"


class WallTimeField(forms.CharField):
    """Cleans to a naive datetime; None when it was left empty.

    Django's own field would read the time in the viewer's zone and refuse what a change of the
    clocks skips.
    """

    widget = WallTimeInput

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        moment = read_wall(text)
        if moment is None:
            raise forms.ValidationError("Enter a date and a time, like 2026-03-02T09:00")
        return moment

    def prepare_value(self, value: Any) -> Any:
        return value.strftime(FORMAT) if isinstance(value, datetime) else value


def reason_field() -> forms.CharField:
    """Why the past is corrected; only for those who may."""
    return forms.CharField(
        max_length=LONGEST_REASON,
        required=False,
        label="Why the past is corrected",
        help_text="Stands in the record beside what it corrects; not kept if nothing past changes.",
    )


def read_wall(text: str) -> datetime | None:
    """A wall-clock time to the minute as a browser sends it, or None."""
    try:
        moment = datetime.strptime(text.strip()[:16], FORMAT)  # noqa: DTZ007 - a wall time
    except ValueError:
        return None
    return moment if EARLIEST <= moment.year <= LATEST else None


def instant(wall: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The first instant at which clocks in `zone` show it or later."""
    return resolve(wall, zone) if wall else None


def wall_of(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """What clocks in `zone` show at an instant, to the minute."""
    if moment is None:
        return None
    return to_local(moment, zone).replace(tzinfo=None, fold=0, second=0, microsecond=0)
