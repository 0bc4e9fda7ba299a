"""Forms of schedules and overrides. They check shape; the commands decide."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet

from accounts.domain import zones
from accounts.models import User, UserStatus, check_time_zone
from core.widgets import QuickSelect
from schedules.models import OverrideKind, Schedule
from schedules.web.fields import WallTimeField, instant

OVERRIDE_KINDS = [
    (OverrideKind.REPLACE, "Somebody takes over from one person"),
    (OverrideKind.ADD, "Somebody comes on call as well"),
    (OverrideKind.REMOVE, "One person goes off call"),
    (OverrideKind.COVER_ALL, "Somebody takes over from everybody"),
]
COMING = {OverrideKind.REPLACE, OverrideKind.ADD, OverrideKind.COVER_ALL}
GOING = {OverrideKind.REPLACE, OverrideKind.REMOVE}


class ScheduleForm(forms.Form):
    name = forms.CharField(
        max_length=120, help_text="As people call it: Payments on-call, Night shift."
    )
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea({"rows": 2})
    )
    time_zone = forms.CharField(
        label="Time zone",
        widget=QuickSelect,
        help_text="Hand-offs follow the clocks there, across every change of summer time.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = zones.offered()
        current = self["time_zone"].value()
        known = (current, *names) if current and current not in names else names
        self.fields["time_zone"].widget.choices = [(zone, zone) for zone in known]  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        check_time_zone(self.cleaned_data["time_zone"])
        return self.cleaned_data["time_zone"]


class OverrideForm(forms.Form):
    """Times are wall-clock times of the schedule's zone; an empty start means now."""

    kind = forms.ChoiceField(choices=OVERRIDE_KINDS, label="What changes")
    user = forms.ChoiceField(required=False, label="Comes on call", widget=QuickSelect)
    replaces = forms.ChoiceField(required=False, label="Goes off call", widget=QuickSelect)
    start = WallTimeField(required=False, label="From", help_text="Empty: from now on.")
    end = WallTimeField(label="Until")
    confirm_gap = forms.BooleanField(
        required=False, label="Yes, nobody shall be on call in this time"
    )

    def __init__(self, *args: Any, people: Iterable[User], schedule: Schedule, **options: Any):  # noqa: ANN204
        super().__init__(*args, **options)
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
        """The override would leave nobody on call: now the tick is asked for."""
        self.fields["confirm_gap"].widget = forms.CheckboxInput()

    def values(self, now: datetime) -> dict[str, Any]:
        """What the command takes."""
        given = self.cleaned_data
        kind = given["kind"]
        return {
            "kind": kind,
            "user": self.people.get(given["user"]) if kind in COMING else None,
            "replaces": self.people.get(given["replaces"]) if kind in GOING else None,
            "start": instant(given["start"], self.zone) or now,
            "end": instant(given["end"], self.zone),
            "confirm_gap": given["confirm_gap"],
        }


def choosable(named: Iterable[int] = ()) -> QuerySet[User]:
    """Everybody who may be paged, and those who are named already even if they may not."""
    return User.objects.filter(~Q(status=UserStatus.DISABLED) | Q(pk__in=set(named)))


def person_choices(people: Iterable[User]) -> list[tuple[str, str]]:
    """Names, with the address where two people share one."""
    rows = list(people)
    names = [user.name for user in rows]
    return [(user.public_id, _label(user, names.count(user.name) > 1)) for user in rows]


def _label(user: User, shared: bool) -> str:
    label = f"{user.name} ({user.email})" if shared else user.name
    return f"{label}, {user.get_status_display().lower()}" if user.status != "ACTIVE" else label
