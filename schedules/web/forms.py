"""Forms of schedules and overrides. They check shape; the commands decide."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.domain import zones
from accounts.models import Team, User, UserStatus, check_time_zone
from core.widgets import QuickSelect


def owner_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Team.objects.all(),
        required=False,
        to_field_name="public_id",
        label="Owner",
        empty_label="Nobody in particular",
        help_text="The team that is told of gaps ahead; without one the admins are.",
    )


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
    team = owner_field()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = zones.offered()
        current = self["time_zone"].value()
        known = (current, *names) if current and current not in names else names
        self.fields["time_zone"].widget.choices = [(zone, zone) for zone in known]  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        check_time_zone(self.cleaned_data["time_zone"])
        return self.cleaned_data["time_zone"]


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
