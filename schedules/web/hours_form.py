"""The form of support hours: name, clocks, holidays, and lines of days and times."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.domain import zones
from core import form_rows
from core.errors import ProductError
from core.form_rows import Move, Row
from core.web import blame
from core.widgets import QuickSelect
from schedules.models import HolidayCalendar, SupportHours
from schedules.web.layer_form import WindowRows, window_of

OFFICE: Row = {"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}


class HoursForm(forms.Form):
    name = forms.CharField(
        max_length=120, help_text="As people choose them: Office hours Berlin, Weekday nights."
    )
    time_zone = forms.CharField(
        label="Clocks", widget=QuickSelect, help_text="All times below are read there."
    )
    holidays = forms.ModelChoiceField(
        HolidayCalendar.objects.all(),
        required=False,
        to_field_name="public_id",
        empty_label="None: open on holidays too",
        help_text="Closed on these days from midnight to midnight.",
    )

    def offer_zones(self) -> None:
        names = zones.offered()
        current = self["time_zone"].value()
        known = (current, *names) if current and current not in names else names
        self.fields["time_zone"].widget.choices = [(zone, zone) for zone in known]  # type: ignore[attr-defined]


class HoursEditor:
    """Form and lines together: shown, rearranged, checked, turned into what the command takes."""

    def __init__(
        self, *, data: Any = None, initial: Row | None = None, windows: Sequence[Row] = ()
    ) -> None:
        self.form = HoursForm(data, initial=initial)
        self.form.offer_zones()
        self.windows = WindowRows(data, initial=list(windows), prefix="windows")

    def rearranged(self, move: Move) -> "HoursEditor":
        """The same with what was typed, after a button among the lines was pressed."""
        rows = form_rows.typed_rows(self.windows)
        if move.prefix == "windows":
            rows = form_rows.moved(rows, move)
        return HoursEditor(initial=form_rows.typed(self.form), windows=rows)

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.windows.is_valid()])

    def blame(self, error: ProductError) -> None:
        blame(self.form, error)

    def values(self) -> dict[str, Any]:
        windows = [window_of(row) for row in self.windows.cleaned_data if row]
        return self.form.cleaned_data | {"windows": windows}


def blank(zone: str) -> HoursEditor:
    """Office hours on the clocks of whoever makes them."""
    return HoursEditor(initial={"time_zone": zone}, windows=[OFFICE])


def of_row(hours: SupportHours) -> HoursEditor:
    initial = {
        "name": hours.name,
        "time_zone": hours.time_zone,
        "holidays": hours.holidays.public_id if hours.holidays else "",
    }
    windows = [item | {"end_day": item.get("endDay") or ""} for item in hours.windows]
    return HoursEditor(initial=initial, windows=windows)
