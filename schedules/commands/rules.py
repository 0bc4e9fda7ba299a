"""The rules of a layer as they come from a form or the API: checked, and turned into a row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from accounts.models import User, UserStatus, check_time_zone
from core.errors import ValidationFailed
from schedules import queries
from schedules.domain import edit, model
from schedules.domain.periods import EARLIEST, LATEST
from schedules.models import Layer, LayerVersion, RotationPhase, RotationUnit

MAX_SLOTS = 200


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """The rules of a layer. `anchor` and `end` are wall-clock times of its zone.

    `time_zone` None: the layer follows the zone of its schedule, whatever that will be.
    """

    unit: str
    anchor: datetime
    slots: Sequence[Sequence[int]]
    every: int = 1
    phase: str = RotationPhase.CALENDAR
    shift_length_minutes: int | None = None
    restrictions: Sequence[dict[str, Any]] = field(default_factory=tuple)
    end: datetime | None = None
    priority: int = 0
    time_zone: str | None = None

    @property
    def people(self) -> set[int]:
        return {user for slot in self.slots for user in slot}


def usual_phase(unit: str, restrictions: Sequence[dict[str, Any]]) -> str:
    """A daily rota with windows counts active days, else some would never get a turn."""
    daily = unit == RotationUnit.DAY and restrictions
    return RotationPhase.ACTIVE if daily else RotationPhase.CALENDAR


def check(spec: LayerSpec, *, staying: Collection[int] = ()) -> None:
    """Raises ValidationFailed for rules that do not work.

    People must exist and not be disabled, but for those of `staying`, who are in the layer already.
    """
    if spec.unit not in RotationUnit.values:
        raise ValidationFailed("unit is hour, day, week or month", field="rotation.unit")
    if spec.phase not in RotationPhase.values:
        raise ValidationFailed("phase is calendar or active", field="rotation.phase")
    if not spec.slots or len(spec.slots) > MAX_SLOTS:
        raise ValidationFailed(
            f"A rotation has 1 to {MAX_SLOTS} slots", field="rotation.slots", reason="required"
        )
    if not spec.people:
        raise ValidationFailed(
            "A rotation needs at least one person", field="rotation.slots", reason="required"
        )
    check_year(spec.anchor, "anchor")
    check_year(spec.end, "end")
    if spec.end is not None and spec.end <= spec.anchor:
        raise ValidationFailed("The end lies before the anchor", field="end")
    if spec.time_zone is not None:
        check_zone(spec.time_zone)
    try:
        queries.version_value(row_of(Layer(), spec, "UTC"))
    except (ValueError, KeyError, TypeError) as error:
        raise ValidationFailed(f"These rules do not work: {error}", field="rotation") from error
    _check_people(spec.people - set(staying))


def check_year(moment: datetime | None, field: str) -> None:
    """Raises ValidationFailed for an instant so far away that arithmetic with it would end."""
    if moment is not None and not EARLIEST <= moment.year <= LATEST:
        raise ValidationFailed(f"Choose a year between {EARLIEST} and {LATEST}", field=field)


def row_of(layer: Layer, spec: LayerSpec, time_zone: str) -> LayerVersion:
    """The unsaved version; `time_zone` is that of the schedule."""
    return LayerVersion(
        layer=layer,
        time_zone=spec.time_zone or time_zone,
        own_zone=spec.time_zone is not None,
        unit=spec.unit,
        every=spec.every,
        anchor=wall_text(spec.anchor),
        phase=spec.phase,
        shift_length_minutes=spec.shift_length_minutes,
        slots=[list(slot) for slot in spec.slots],
        restrictions=list(spec.restrictions),
        end=wall_text(spec.end) if spec.end else "",
        priority=spec.priority,
    )


def divided(
    old: LayerVersion, draft: LayerVersion, cut: datetime, *, restart: bool
) -> tuple[model.LayerVersion, model.LayerVersion]:
    """The values of an edit at `cut`: the closed old version and the opened new one.

    Raises ValidationFailed for a cut that lies before the version in force.
    """
    wanted = queries.version_value(draft)
    divide = edit.restarted if restart else edit.successor
    try:
        closed, opened = divide(
            queries.version_value(old),
            wanted.rotation,
            cut,
            zone=wanted.zone,
            restrictions=wanted.restrictions,
        )
    except ValueError as error:
        begins = old.valid_from and old.valid_from.isoformat(timespec="minutes")
        message = f"Newer rules of this layer begin at {begins}; choose a time from then on"
        raise ValidationFailed(message, field="effectiveFrom") from error
    return closed, replace(opened, end=wanted.end)


def wall_text(value: datetime) -> str:
    return value.isoformat(timespec="minutes")


def check_zone(name: str) -> None:
    """Raises ValidationFailed for a zone that the time zone database does not know."""
    try:
        check_time_zone(name)
    except Exception as error:
        message = f"“{name[:64]}” is not a known time zone; use a name like Europe/Berlin"
        raise ValidationFailed(message, field="timeZone") from error


def clean_name(value: str) -> str:
    """The name without needless blanks. Raises ValidationFailed when nothing is left."""
    clean = " ".join(value.split())
    if not clean:
        raise ValidationFailed("Name is required", field="name", reason="required")
    return clean[:120]


def _check_people(coming: set[int]) -> None:
    found = User.objects.in_bulk(coming)
    for pk in sorted(coming):
        user = found.get(pk)
        if user is None:
            message, reason = "One of these people does not exist any more", "does_not_exist"
        elif user.status == UserStatus.DISABLED:
            message, reason = f"{user.name} is disabled and would never be paged", "disabled"
        else:
            continue
        raise ValidationFailed(message, field="rotation.slots", reason=reason)
