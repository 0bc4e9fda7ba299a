"""The form of a layer: rules, people in order, hours. Rows are added and moved by buttons."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms import formset_factory

from accounts.domain import zones
from accounts.models import User, check_time_zone
from core import form_rows
from core.errors import ProductError
from core.form_rows import Move, Row
from core.web import blame
from core.widgets import QuickSelect
from schedules.commands import MAX_SLOTS, LayerSpec, usual_phase
from schedules.models import LayerVersion, RotationPhase, RotationUnit, Schedule
from schedules.queries import DAYS
from schedules.web.fields import FORMAT, WallTimeField, instant, reason_field, wall_of
from schedules.web.forms import person_choices

DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
CUSTOM = "custom"
PRESETS = {
    "week-1": "Every week",
    "week-2": "Every two weeks",
    "day-1": "Every day",
    "hour-12": "Every 12 hours",
    "month-1": "Every month",
    CUSTOM: "Another rhythm",
}
PHASES = [
    ("", "As usual: only days with duty in a daily rotation with hours, else all"),
    (RotationPhase.CALENDAR, "Every period counts, with or without duty in it"),
    (RotationPhase.ACTIVE, "Only periods with duty count"),
]
NOBODY = "-"
GONE = "This person is disabled or was deleted; choose somebody else"
MAX_WINDOWS = 50
MAX_ROWS = MAX_SLOTS * 2


class LayerForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="Shown as the reason why somebody is paged.")
    time_zone = forms.CharField(
        required=False,
        label="Clocks",
        widget=QuickSelect,
        help_text="Only where this layer follows the sun elsewhere: its own stay as they are when "
        "the schedule moves to another zone.",
    )
    preset = forms.ChoiceField(choices=list(PRESETS.items()), label="The pager changes hands")
    every = forms.IntegerField(min_value=1, max_value=1000, required=False, label="Every")
    unit = forms.ChoiceField(choices=RotationUnit.choices, required=False, label="Unit")
    anchor = WallTimeField(label="First hand-off")
    shift_hours = forms.IntegerField(
        min_value=0, max_value=8784, required=False, label="A shift lasts (hours)"
    )
    shift_minutes = forms.IntegerField(
        min_value=0, max_value=59, required=False, label="and minutes"
    )
    phase = forms.ChoiceField(choices=PHASES, required=False, label="Whose turn it is")
    priority = forms.IntegerField(
        min_value=-1000,
        max_value=1000,
        initial=0,
        help_text="The highest layer with somebody on duty answers; equal ones answer together.",
    )
    end = WallTimeField(required=False, label="Ends", help_text="Empty: never.")
    effective_from = WallTimeField(
        required=False, label="These rules hold from", help_text="Empty: from now on."
    )
    restart = forms.BooleanField(
        required=False,
        label="Begin anew with the first person at the first hand-off",
        help_text="Otherwise whoever has the pager keeps it until the next hand-off.",
    )

    def offer_zones(self, of_schedule: str) -> None:
        names = zones.offered()
        current = self["time_zone"].value()
        known = (current, *names) if current and current not in names else names
        choices = [
            ("", f"Those of the schedule ({of_schedule})"),
            *((name, name) for name in known),
        ]
        self.fields["time_zone"].widget.choices = choices  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        if self.cleaned_data["time_zone"]:
            check_time_zone(self.cleaned_data["time_zone"])
        return self.cleaned_data["time_zone"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("preset") == CUSTOM and not self.errors:
            for name in ("every", "unit"):
                if not values.get(name):
                    self.add_error(name, "Needed for another rhythm")
        return values


class PersonRow(forms.Form):
    person = forms.ChoiceField(required=False, label="Person", widget=QuickSelect)
    together = forms.BooleanField(required=False, label="with the one above")

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["person"].choices = choices  # type: ignore[attr-defined]
        self.fields["person"].error_messages["invalid_choice"] = GONE


class WindowRow(forms.Form):
    days = forms.MultipleChoiceField(
        choices=list(DAY_NAMES.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    start = forms.TimeField(
        required=False, label="From", widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    end = forms.TimeField(
        required=False, label="To", widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    end_day = forms.ChoiceField(
        choices=[("", "same day, or the next if earlier"), *DAY_NAMES.items()],
        required=False,
        label="Ends on",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        asked = [values.get("days"), values.get("start"), values.get("end")]
        if any(part is None or part == [] for part in asked) and not self.errors:
            self.add_error(None, "Tick the days on which it begins and give both times")
        return values


PersonRows = formset_factory(PersonRow, extra=0, max_num=MAX_ROWS, absolute_max=MAX_ROWS)
WindowRows = formset_factory(WindowRow, extra=0, max_num=MAX_WINDOWS, absolute_max=MAX_WINDOWS)


class LayerEditor:
    """Form and rows together: shown, rearranged, checked, turned into a LayerSpec."""

    def __init__(
        self,
        schedule: Schedule,
        people: Sequence[User],
        *,
        data: Any = None,
        initial: Row | None = None,
        slots: Sequence[Row] = (),
        windows: Sequence[Row] = (),
        corrects: bool = False,
    ) -> None:
        self.people = {user.public_id: user.pk for user in people}
        self._schedule, self._people, self._corrects = schedule, people, corrects
        choices = [("", "Choose"), *person_choices(people), (NOBODY, "Nobody: a planned gap")]
        self.form = LayerForm(data, initial=initial)
        self.form.offer_zones(schedule.time_zone)
        if corrects:
            self.form.fields["reason"] = reason_field()
        self.slots = PersonRows(
            data, initial=list(slots), prefix="people", form_kwargs={"choices": choices}
        )
        self.windows = WindowRows(data, initial=list(windows), prefix="windows")

    def rearranged(self, move: Move) -> "LayerEditor":
        """The same with what was typed, after a button among the rows was pressed."""
        rows = {"people": form_rows.typed_rows(self.slots)}
        rows["windows"] = form_rows.typed_rows(self.windows)
        if move.prefix in rows:
            rows[move.prefix] = form_rows.moved(rows[move.prefix], move)
        return LayerEditor(
            self._schedule,
            self._people,
            initial=form_rows.typed(self.form),
            slots=rows["people"],
            windows=rows["windows"],
            corrects=self._corrects,
        )

    def is_valid(self) -> bool:
        parts = [self.form.is_valid(), self.slots.is_valid(), self.windows.is_valid()]
        if all(parts) and not any(self._slots()):
            self.form.add_error(None, "Who takes turns: name at least one person")
            return False
        return all(parts)

    def blame(self, error: ProductError) -> None:
        blame(self.form, error)

    def effective_from(self) -> datetime | None:
        """All times of the form are read on the clocks of the layer."""
        given = self.form.cleaned_data
        zone = ZoneInfo(given["time_zone"] or self._schedule.time_zone)
        return instant(given["effective_from"], zone)

    def spec(self) -> LayerSpec:
        given = self.form.cleaned_data
        unit, every = _rhythm(given)
        restrictions = [window_of(row) for row in self.windows.cleaned_data if row]
        minutes = (given["shift_hours"] or 0) * 60 + (given["shift_minutes"] or 0)
        return LayerSpec(
            unit=unit,
            every=every,
            anchor=given["anchor"],
            slots=self._slots(),
            phase=given["phase"] or usual_phase(unit, restrictions),
            shift_length_minutes=minutes or None,
            restrictions=restrictions,
            end=given["end"],
            priority=given["priority"],
            time_zone=given["time_zone"] or None,
        )

    def _slots(self) -> list[list[int]]:
        found: list[list[int]] = []
        for row in self.slots.cleaned_data:
            chosen = row.get("person")
            if not chosen:
                continue
            people = [] if chosen == NOBODY else [self.people[chosen]]
            if row["together"] and found:
                found[-1] = list(dict.fromkeys([*found[-1], *people]))
            else:
                found.append(people)
        return found


def blank(
    schedule: Schedule, people: Sequence[User], now: datetime, *, corrects: bool = False
) -> LayerEditor:
    """A weekly rotation from this week's Monday 09:00."""
    today = wall_of(now, ZoneInfo(schedule.time_zone)) or now
    monday = (today - timedelta(days=today.weekday())).replace(hour=9, minute=0)
    anchor = monday if monday <= today else monday - timedelta(days=7)
    initial = {"preset": "week-1", "anchor": anchor, "name": "Rotation"}
    return LayerEditor(schedule, people, initial=initial, slots=[{}, {}], corrects=corrects)


def of_version(
    version: LayerVersion,
    schedule: Schedule,
    people: Sequence[User],
    now: datetime,
    *,
    corrects: bool = False,
) -> LayerEditor:
    """The rules of a layer as they stand."""
    zone = ZoneInfo(version.time_zone)
    later = version.valid_from if version.valid_from and version.valid_from > now else None
    preset = f"{version.unit}-{version.every}"
    hours, minutes = divmod(version.shift_length_minutes or 0, 60)
    initial = {
        "name": version.layer.name,
        "time_zone": version.time_zone if version.own_zone else "",
        "preset": preset if preset in PRESETS else CUSTOM,
        "every": version.every,
        "unit": version.unit,
        "anchor": datetime.strptime(version.anchor, FORMAT),  # noqa: DTZ007 - a wall time
        "shift_hours": hours or None,
        "shift_minutes": minutes or None,
        "phase": version.phase,
        "priority": version.priority,
        "end": version.end,
        "effective_from": wall_of(later, zone),
    }
    names = {user.pk: user.public_id for user in people}
    return LayerEditor(
        schedule,
        people,
        initial=initial,
        slots=[row for slot in version.slots for row in _rows_of_slot(slot, names)],
        windows=[item | {"end_day": item.get("endDay") or ""} for item in version.restrictions],
        corrects=corrects,
    )


def _rows_of_slot(slot: Sequence[int], names: dict[int, str]) -> list[Row]:
    known = [names[user] for user in slot if user in names]
    rows = [{"person": name, "together": index > 0} for index, name in enumerate(known)]
    return rows or [{"person": NOBODY, "together": False}]


def _rhythm(given: dict[str, Any]) -> tuple[str, int]:
    if given["preset"] == CUSTOM:
        return given["unit"], given["every"]
    unit, every = given["preset"].split("-")
    return unit, int(every)


def window_of(row: dict[str, Any]) -> dict[str, Any]:
    """A cleaned row as the rules write it."""
    return {
        "days": row["days"],
        "start": row["start"].strftime("%H:%M"),
        "end": row["end"].strftime("%H:%M"),
        "endDay": row["end_day"] or None,
    }
