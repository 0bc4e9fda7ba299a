"""The form of a service level: switches, notices, and a table of targets."""

from typing import Any

from django import forms

from core.timetext import duration
from schedules import queries as schedules
from services.domain.levels import (
    DEFAULTS,
    LONGEST_MINUTES,
    LONGEST_NOTICE,
    PRIORITIES,
    SCOPES,
    Target,
    table,
)
from services.models import ServiceLevel

Bound = forms.BoundField


class LevelForm(forms.Form):
    """The columns of a target are fields of their own, named as the command names them."""

    enabled = forms.BooleanField(required=False, label="Keep clocks for this service")
    hours = forms.ModelChoiceField(
        schedules.support_hours(),
        required=False,
        to_field_name="public_id",
        label="Support hours",
        empty_label="None: every hour counts",
        help_text="Targets that are ticked below count only then.",
    )
    warn_ack_minutes = forms.IntegerField(
        min_value=1, max_value=LONGEST_NOTICE, label="Warn before it must be acknowledged (minutes)"
    )
    warn_resolve_minutes = forms.IntegerField(
        min_value=1, max_value=LONGEST_NOTICE, label="Warn before it must be resolved (minutes)"
    )
    tells_people = forms.BooleanField(
        required=False,
        label="Tell whoever has the incident, or was paged for it, and the lead of the team",
    )

    def __init__(self, level: ServiceLevel, data: Any = None, *, editable: bool = True) -> None:
        super().__init__(data, initial=_initial(level))
        for scope in SCOPES:
            name = scope if scope in PRIORITIES else f"{scope.capitalize()} urgency"
            for verb in ("acknowledge", "resolve"):
                self.fields[f"targets.{scope}.{verb}Minutes"] = forms.IntegerField(
                    min_value=1,
                    max_value=LONGEST_MINUTES,
                    required=False,
                    widget=_minutes(f"{name}: minutes to {verb}"),
                )
            self.fields[f"targets.{scope}.inSupportHours"] = forms.BooleanField(
                required=False,
                widget=forms.CheckboxInput({"aria-label": f"{name}: only in support hours"}),
            )
        for field in self.fields.values():
            field.disabled = not editable

    def rows(self) -> list[tuple[str, bool, Bound, Bound, Bound, str]]:
        """One per target: name, whether it is a priority, its three controls, the default."""
        return [
            (
                scope,
                scope in PRIORITIES,
                self[f"targets.{scope}.acknowledgeMinutes"],
                self[f"targets.{scope}.resolveMinutes"],
                self[f"targets.{scope}.inSupportHours"],
                _words(DEFAULTS[scope]),
            )
            for scope in SCOPES
        ]

    def values(self) -> dict[str, Any]:
        """What the command takes."""
        given = self.cleaned_data
        targets = {
            scope: Target(
                given[f"targets.{scope}.acknowledgeMinutes"],
                given[f"targets.{scope}.resolveMinutes"],
                given[f"targets.{scope}.inSupportHours"],
            )
            for scope in SCOPES
        }
        return {key: value for key, value in given.items() if "." not in key} | {"targets": targets}


def _initial(level: ServiceLevel) -> dict[str, Any]:
    found: dict[str, Any] = {
        "enabled": level.enabled,
        "hours": level.hours.public_id if level.hours else "",
        "warn_ack_minutes": level.warn_ack_minutes,
        "warn_resolve_minutes": level.warn_resolve_minutes,
        "tells_people": level.tells_people,
    }
    for scope, target in table(level.targets).items():
        found[f"targets.{scope}.acknowledgeMinutes"] = target.ack
        found[f"targets.{scope}.resolveMinutes"] = target.resolve
        found[f"targets.{scope}.inSupportHours"] = target.in_hours
    return found


def _minutes(label: str) -> forms.NumberInput:
    looks = {"class": "control target-minutes", "placeholder": "none"}
    return forms.NumberInput({"aria-label": label, **looks})


def _words(target: Target) -> str:
    return " / ".join(duration((minutes or 0) * 60) for minutes in (target.ack, target.resolve))
