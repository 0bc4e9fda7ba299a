"""Forms of overrides, single and weekly. They check shape; the commands decide."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import User
from core.widgets import QuickSelect
from schedules.commands import LONGEST_OVERRIDE, SeriesSpec
from schedules.models import Override, OverrideKind, Schedule
from schedules.queries import DAYS
from schedules.web.fields import (
    FORMAT,
    WallTimeField,
    instant,
    read_wall,
    reason_field,
    wall_of,
)
from schedules.web.forms import person_choices

OVERRIDE_KINDS = [
    (OverrideKind.REPLACE, "Somebody takes over from one person"),
    (OverrideKind.ADD, "Somebody comes on call as well"),
    (OverrideKind.REMOVE, "One person goes off call"),
    (OverrideKind.COVER_ALL, "Somebody takes over from everybody"),
]
COMING = {OverrideKind.REPLACE, OverrideKind.ADD, OverrideKind.COVER_ALL}
GOING = {OverrideKind.REPLACE, OverrideKind.REMOVE}
DAY_CHOICES = [(day, day.capitalize()) for day in DAYS]
PREFILLED = ("kind", "user", "replaces", "start", "end")


class ChangeForm(forms.Form):
    """Who comes on call and who goes."""

    kind = forms.ChoiceField(choices=OVERRIDE_KINDS, label="What changes")
    user = forms.ChoiceField(required=False, label="Comes on call", widget=QuickSelect)
    replaces = forms.ChoiceField(required=False, label="Goes off call", widget=QuickSelect)
    confirm_gap = forms.BooleanField(
        required=False, label="Yes, nobody shall be on call in this time"
    )

    def __init__(self, *args: Any, people: Iterable[User], schedule: Schedule, **options: Any):  # noqa: ANN204
        super().__init__(*args, **options)
        self.schedule = schedule
        self.zone = ZoneInfo(schedule.time_zone)
        self.people = {user.public_id: user for user in people}
        choices = [("", "Choose"), *person_choices(self.people.values())]
        for name in ("user", "replaces"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if not self.data.get("confirm_gap"):
            self.fields["confirm_gap"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        kind = values.get("kind")
        for name, kinds in (("user", COMING), ("replaces", GOING)):
            if kind in kinds and name not in self.errors and not values.get(name):
                self.add_error(name, "Choose a person")
        return values

    def ask_confirmation(self) -> None:
        """The change would leave nobody on call: now the tick is asked for."""
        self.fields["confirm_gap"].widget = forms.CheckboxInput()

    def who(self) -> dict[str, Any]:
        given = self.cleaned_data
        kind = given["kind"]
        return {
            "kind": kind,
            "user": self.people.get(given["user"]) if kind in COMING else None,
            "replaces": self.people.get(given["replaces"]) if kind in GOING else None,
        }


class OverrideForm(ChangeForm):
    """Times are wall-clock times of the schedule's zone; an empty start means now."""

    start = WallTimeField(required=False, label="From", help_text="Empty: from now on.")
    end = WallTimeField(label="Until")
    field_order = ("kind", "user", "replaces", "start", "end", "reason", "confirm_gap")

    def __init__(self, *args: Any, corrects: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if corrects:
            self.fields["reason"] = reason_field()

    def values(self, now: datetime) -> dict[str, Any]:
        """What the command takes."""
        given = self.cleaned_data
        when = {
            "start": instant(given["start"], self.zone) or now,
            "end": instant(given["end"], self.zone),
        }
        more = {"confirm_gap": given["confirm_gap"], "reason": given.get("reason", "")}
        return self.who() | when | more


class SeriesForm(ChangeForm):
    """Days and times are read by the clocks of the schedule's zone."""

    days = forms.MultipleChoiceField(
        choices=DAY_CHOICES, label="Begins on", widget=forms.CheckboxSelectMultiple
    )
    start = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    end = forms.TimeField(label="Until", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    end_day = forms.ChoiceField(
        choices=[("", "same day, or the next if earlier"), *DAY_CHOICES],
        required=False,
        label="Ends on",
    )
    first_day = forms.DateField(label="First day", widget=forms.DateInput({"type": "date"}))
    last_day = forms.DateField(
        required=False,
        label="Last day",
        help_text="Empty: until you end it.",
        widget=forms.DateInput({"type": "date"}),
    )

    def spec(self) -> SeriesSpec:
        given = self.cleaned_data
        names = ("days", "start", "end", "end_day", "first_day", "last_day")
        return SeriesSpec(**self.who(), **{name: given[name] for name in names})


def prefilled(given: Mapping[str, str], viewer: User, zone: ZoneInfo) -> dict[str, Any]:
    """What a link filled in; "I take it" unless it says who. Times with or without an offset."""
    values: dict[str, Any] = {name: given[name][:40] for name in PREFILLED if name in given}
    for name in ("start", "end"):
        if name in values:
            values[name] = _wall_text(values[name], zone)
    kind = values.setdefault("kind", OverrideKind.REPLACE)
    if kind in COMING and values.get("replaces") != viewer.public_id:
        values.setdefault("user", viewer.public_id)
    return values


def of_now(duties: Iterable[User], until: datetime | None, zone: ZoneInfo) -> str:
    """The query of a form for "from now on": who goes is who serves, until their shift ends."""
    going = list(duties)
    wanted: dict[str, str] = {"kind": OverrideKind.COVER_ALL if going else OverrideKind.ADD}
    if len(going) == 1:
        wanted = {"kind": OverrideKind.REPLACE, "replaces": going[0].public_id}
    wall = wall_of(until, zone) if until else None
    return urlencode({**wanted, **({"end": wall.strftime(FORMAT)} if wall else {})})


def drafted(form: OverrideForm, values: Mapping[str, Any], now: datetime) -> Override | None:
    """The override that a link or half a form describes, to look at; None while it cannot be."""
    kind = str(values.get("kind", ""))
    user, replaces = (form.people.get(str(values.get(name))) for name in ("user", "replaces"))
    start = instant(read_wall(str(values.get("start", ""))), form.zone) or now
    end = instant(read_wall(str(values.get("end", ""))), form.zone)
    if kind not in OverrideKind.values or end is None or end <= start:
        return None
    if end - start > LONGEST_OVERRIDE:  # is refused anyway, and centuries take minutes to look at
        return None
    if (kind in COMING and not user) or (kind in GOING and not replaces):
        return None
    return Override(
        schedule=form.schedule,
        kind=kind,
        user=user if kind in COMING else None,
        replaces=replaces if kind in GOING else None,
        start=start,
        end=end,
        created_at=now,
    )


def _wall_text(text: str, zone: ZoneInfo) -> str:
    """An instant with an offset becomes the reading of the schedule's clocks."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    wall = wall_of(moment, zone)
    return wall.strftime(FORMAT) if wall else text
