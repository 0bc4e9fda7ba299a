"""The one-page form of a whole schedule: a name, a rhythm, and people for each of its groups."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.domain import zones
from accounts.models import User, check_time_zone
from core.form_rows import typed
from core.widgets import QuickSelect, SelectList
from schedules.commands import LayerSpec
from schedules.domain.walltime import resolve
from schedules.models import RotationPhase, RotationUnit
from schedules.queries import DAYS
from schedules.web.forms import owner_field, person_choices
from schedules.web.presets import Group, Preset

ROOM = ["", "", ""]


class PeopleList(SelectList):
    """With room for a few at once, so that nobody must press a button for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return super().render(name, [*(value or []), *ROOM], attrs, renderer)


class RotaForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="As people call it: Payments on-call.")
    time_zone = forms.CharField(label="Time zone", widget=QuickSelect)
    team = owner_field()
    first_day = forms.DateField(label="First day", widget=forms.DateInput({"type": "date"}))
    hand_off = forms.TimeField(
        label="Hand-off", widget=forms.TimeInput({"type": "time"}, "%H:%M"), required=False
    )
    every = forms.IntegerField(min_value=1, max_value=1000, label="Somebody else every")
    unit = forms.ChoiceField(choices=RotationUnit.choices, label="Unit")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer_zones(self)

    def clean_time_zone(self) -> str:
        check_time_zone(self.cleaned_data["time_zone"])
        return self.cleaned_data["time_zone"]


class GroupForm(forms.Form):
    label = forms.CharField(max_length=120, label="Name")
    time_zone = forms.CharField(label="Clocks", widget=QuickSelect, required=False)
    opens = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    closes = forms.TimeField(label="To", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    people = forms.MultipleChoiceField(
        widget=PeopleList(item="Person"),
        label="People, in the order of their turns",
        error_messages={"required": "Choose at least one person."},
    )

    def __init__(self, *args: Any, group: Group, people: Sequence[User], **options: Any) -> None:
        super().__init__(*args, **options)
        self.group = group
        self.fields["people"].choices = [("", "Choose"), *person_choices(people)]  # type: ignore[attr-defined]
        if group.zone:
            _offer_zones(self)
        else:
            del self.fields["time_zone"]
        if group.opens is None:
            del self.fields["opens"], self.fields["closes"]

    def clean_time_zone(self) -> str:
        check_time_zone(self.cleaned_data["time_zone"])
        return self.cleaned_data["time_zone"]


class RotaEditor:
    """The form and its groups together."""

    def __init__(
        self,
        preset: Preset,
        people: Sequence[User],
        *,
        data: Any = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.preset = preset
        self.people = {user.public_id: user.pk for user in people}
        self.form = RotaForm(data, initial=initial)
        if any(group.opens for group in preset.groups):
            del self.form.fields["hand_off"]
        self.groups = [
            GroupForm(
                data,
                prefix=f"group-{number}",
                initial=_group_initial(group),
                group=group,
                people=people,
            )
            for number, group in enumerate(preset.groups)
        ]

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), *[group.is_valid() for group in self.groups]])

    def with_room(self) -> "RotaEditor":
        """The same with what was typed, and more empty places for people."""
        again = RotaEditor(self.preset, [], initial=typed(self.form))
        again.people = self.people
        for old, new in zip(self.groups, again.groups, strict=True):
            new.initial = typed(old)
            new.fields["people"].choices = old.fields["people"].choices  # type: ignore[attr-defined]
        return again

    def begins(self, now: datetime) -> datetime:
        given = self.form.cleaned_data
        midnight = datetime.combine(given["first_day"], datetime.min.time())
        return max(now, resolve(midnight, ZoneInfo(given["time_zone"])))

    def layers(self) -> list[tuple[str, LayerSpec]]:
        """The first group has the highest priority: where two overlap, it answers alone."""
        last = len(self.groups)
        return [
            (group.cleaned_data["label"], self._spec(group, last - number))
            for number, group in enumerate(self.groups, start=1)
        ]

    def _spec(self, form: GroupForm, priority: int) -> LayerSpec:
        given, own, group = self.form.cleaned_data, form.cleaned_data, form.group
        clock = own.get("opens") or given.get("hand_off") or datetime.min.time()
        day = given["first_day"]
        if given["unit"] == RotationUnit.WEEK:
            day += timedelta(days=group.begins - day.weekday())
        return LayerSpec(
            unit=given["unit"],
            every=given["every"],
            anchor=datetime.combine(day, clock),
            slots=[[self.people[public_id]] for public_id in own["people"]],
            phase=RotationPhase.CALENDAR,
            restrictions=_windows(group, own),
            priority=priority if len(self.groups) > 1 else 0,
            time_zone=own.get("time_zone") or None,
        )


def _windows(group: Group, own: dict[str, Any]) -> list[dict[str, Any]]:
    if "opens" not in own:
        return []
    return [
        {
            "days": list(group.days),
            "start": own["opens"].strftime("%H:%M"),
            "end": own["closes"].strftime("%H:%M"),
            "endDay": None if group.until is None else DAYS[group.until],
        }
    ]


def _group_initial(group: Group) -> dict[str, Any]:
    return {
        "label": group.name,
        "time_zone": group.zone,
        "opens": group.opens,
        "closes": group.closes,
    }


def _offer_zones(form: forms.Form) -> None:
    names = zones.offered()
    current = form["time_zone"].value()
    known = (current, *names) if current and current not in names else names
    form.fields["time_zone"].widget.choices = [(zone, zone) for zone in known]  # type: ignore[attr-defined]
