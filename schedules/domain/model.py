"""The nouns of a schedule as immutable values: rotation, restriction, layer, override, span."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from schedules.domain.walltime import Unit, in_utc

__all__ = [
    "Because",
    "Layer",
    "LayerVersion",
    "OnCall",
    "Override",
    "OverrideKind",
    "Phase",
    "Restriction",
    "Rotation",
    "Schedule",
    "Slot",
    "Source",
    "Span",
    "Unit",
    "UserId",
    "users_of",
]

UserId = int
Slot = tuple[UserId, ...]


class Phase(StrEnum):
    """Which shifts move a rotation on: every one, or only those with an open window."""

    CALENDAR = "calendar"
    ACTIVE = "active"


@dataclass(frozen=True)
class Rotation:
    """Slots taking turns: shift k begins `k * every` units after `anchor` on the wall (D3).

    A slot holds zero, one or more people. `first_index` is the slot of shift 0. With
    `shift_length_minutes` (on the wall) duty may end before the next shift; the rest is meant to
    be a gap of this layer.
    """

    unit: Unit
    every: int
    anchor: datetime
    slots: tuple[Slot, ...]
    first_index: int = 0
    phase: Phase = Phase.CALENDAR
    shift_length_minutes: int | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError("a rotation hands off every 1 or more units")
        if self.anchor.tzinfo is not None:
            raise ValueError("the anchor is a wall time")
        if self.shift_length_minutes is not None and self.shift_length_minutes < 1:
            raise ValueError("a shift lasts at least one minute")


@dataclass(frozen=True)
class Restriction:
    """A weekly window on the wall (D4); `days` are the weekdays on which it starts (0 = Monday).

    An `end` at or before `start` lies on the next day. With `end_day` the window runs on to that
    weekday, for example from Friday 18:00 to Monday 08:00.
    """

    days: frozenset[int]
    start: time
    end: time
    end_day: int | None = None

    @property
    def longest(self) -> int:
        """Days between the first and the last date of one window, at most."""
        return 1 if self.end_day is None else 7

    def starts_on(self, day: date) -> bool:
        return day.weekday() in self.days

    def opens(self, day: date) -> datetime:
        return datetime.combine(day, self.start)

    def closes(self, day: date) -> datetime:
        """Return the wall time at which the window that starts on `day` ends."""
        if self.end_day is None:
            days = 1 if self.end <= self.start else 0
        else:
            days = (self.end_day - day.weekday()) % 7
            if days == 0 and self.end <= self.start:
                days = 7
        return datetime.combine(day + timedelta(days=days), self.end)


@dataclass(frozen=True)
class LayerVersion:
    """The rules of a layer in `[valid_from, valid_to)`, UTC; None is open. `end` is a wall time.

    No restrictions means always; several are united.
    """

    id: int | None
    valid_from: datetime | None
    valid_to: datetime | None
    zone: ZoneInfo
    rotation: Rotation
    restrictions: tuple[Restriction, ...] = ()
    end: datetime | None = None


@dataclass(frozen=True)
class Layer:
    """One rotation of a schedule. Higher priority answers first; equal priorities are united."""

    id: int
    name: str
    priority: int
    position: int
    versions: tuple[LayerVersion, ...]


class Source(StrEnum):
    """What put somebody on call: a layer, a single override, or one that comes back."""

    LAYER = "layer"
    OVERRIDE = "override"
    SERIES = "series"


class OverrideKind(StrEnum):
    REPLACE = "REPLACE"
    ADD = "ADD"
    REMOVE = "REMOVE"
    COVER_ALL = "COVER_ALL"


@dataclass(frozen=True)
class Override:
    """A change of who is on call in `[start, end)`, applied in the order of (created_at, id).

    REPLACE puts `user` in the place of `replaces`; ADD and COVER_ALL bring `user`; REMOVE takes
    off `replaces`, or `user` where only that is given. `id` is unique within its `source`; the
    occurrences of a series share that of the series.
    """

    id: int
    kind: OverrideKind
    user: UserId | None
    replaces: UserId | None
    start: datetime
    end: datetime
    created_at: datetime
    source: Source = Source.OVERRIDE

    def __post_init__(self) -> None:
        in_utc(self.start), in_utc(self.end), in_utc(self.created_at)
        if self.kind != OverrideKind.REMOVE and self.user is None:
            raise ValueError(f"an override of kind {self.kind} names who comes on call")
        if self.kind in _TAKES_OFF and self.outgoing is None:
            raise ValueError(f"an override of kind {self.kind} names who goes off call")

    @property
    def incoming(self) -> UserId | None:
        """The person whom this override brings on call."""
        return None if self.kind == OverrideKind.REMOVE else self.user

    @property
    def outgoing(self) -> UserId | None:
        """The one person whom this override takes off call."""
        if self.kind == OverrideKind.REPLACE:
            return self.replaces
        if self.kind == OverrideKind.REMOVE:
            return self.user if self.replaces is None else self.replaces
        return None


_TAKES_OFF = frozenset({OverrideKind.REPLACE, OverrideKind.REMOVE})


@dataclass(frozen=True)
class Schedule:
    """All that decides who is on call. `zone` is for showing; each version has its own."""

    id: int
    zone: ZoneInfo
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    inactive: frozenset[UserId] = frozenset()


@dataclass(frozen=True)
class Because:
    """Why somebody is on call; an override goes by the name of its kind."""

    type: Source
    id: int
    name: str


@dataclass(frozen=True)
class OnCall:
    user: UserId
    because: Because


@dataclass(frozen=True)
class Span:
    """The same answer through all of `[start, end)`; an empty one is a gap."""

    start: datetime
    end: datetime
    on_call: tuple[OnCall, ...]

    @property
    def users(self) -> tuple[UserId, ...]:
        return users_of(self.on_call)


def users_of(on_call: Iterable[OnCall]) -> tuple[UserId, ...]:
    """Return the people of an answer without the reasons."""
    return tuple(one.user for one in on_call)
