"""Rules of a layer in words: "every week, hand-off Monday 09:00", "only Mon-Fri 09:00-17:30"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User, UserStatus
from core.timetext import duration
from schedules.domain.model import Because, Source
from schedules.models import (
    LayerVersion,
    Override,
    OverrideKind,
    OverrideSeries,
    RotationPhase,
    RotationUnit,
)
from schedules.queries import DAYS, Rules
from schedules.web.fields import FORMAT

SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS_OF_DAY = 24
FEW_HAND_OFFS = 4
LAST_SURE_DAY = 28


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a rotation: who serves it, together. Nobody: a planned gap."""

    people: tuple[User, ...]

    @property
    def names(self) -> str:
        return " + ".join(_name(user) for user in self.people) or "nobody"

    @property
    def unmanned(self) -> bool:
        return all(user.status == UserStatus.DISABLED for user in self.people)


def cadence(version: LayerVersion) -> str:
    """How often and when the pager changes hands."""
    anchor = datetime.strptime(version.anchor, FORMAT)  # noqa: DTZ007 - a wall time
    clock = anchor.strftime("%H:%M")
    rhythm = _every(version.unit, version.every)
    if version.unit == RotationUnit.HOUR:
        return f"{rhythm}, hand-off {_hours(anchor, version.every)}"
    if version.unit == RotationUnit.WEEK:
        return f"{rhythm}, hand-off {LONG[anchor.weekday()]} {clock}"
    if version.unit == RotationUnit.MONTH:
        late = ", or the last one of a shorter month" if anchor.day > LAST_SURE_DAY else ""
        return f"{rhythm}, hand-off on day {anchor.day} at {clock}{late}"
    return f"{rhythm}, hand-off {clock}"


def places(version: LayerVersion, people: Mapping[int, User]) -> list[Place]:
    """Who takes turns, in order; the first one served the first shift."""
    return [Place(tuple(people[user] for user in slot if user in people)) for slot in version.slots]


def details(version: LayerVersion) -> list[str]:
    """Everything else that the rules say."""
    lines = []
    if version.shift_length_minutes:
        length = duration(timedelta(minutes=version.shift_length_minutes))
        lines.append(f"each shift lasts {length}, then nobody of this layer until the next")
    if version.restrictions:
        lines.append("only " + ", ".join(window(item) for item in version.restrictions))
    if version.phase == RotationPhase.ACTIVE:
        lines.append("only periods with duty count as a turn")
    if version.end:
        lines.append(f"ends {_moment(version.end)}")
    return lines


def window(item: Mapping[str, Any]) -> str:
    """ "Mon-Fri 09:00-17:30", "Fri 18:00 to Mon 08:00"."""
    days = sorted(DAYS.index(day) for day in item["days"])
    start, end, end_day = item["start"], item["end"], item.get("endDay")
    if end_day:
        return f"{_days(days)} {start} to {SHORT[DAYS.index(end_day)]} {end}"
    overnight = " (next day)" if end <= start and end != "00:00" else ""
    return f"{_days(days)} {start}-{'24:00' if end == '00:00' else end}{overnight}"


def begins(version: LayerVersion) -> str:
    """The first hand-off as text of the wall clock."""
    return _moment(version.anchor)


def change(override: Override | OverrideSeries, people: Mapping[int, User]) -> str:
    """ "Dan for Ann", "without Ann", "Dan instead of everybody"."""
    comes = _of(people, override.user_id)
    if override.kind == OverrideKind.REPLACE:
        return f"{comes} for {_of(people, override.replaces_id)}"
    if override.kind == OverrideKind.ADD:
        return f"{comes} as well"
    if override.kind == OverrideKind.COVER_ALL:
        return f"{comes} instead of everybody"
    return f"without {_of(people, override.replaces_id or override.user_id)}"


def reason(because: Because, rules: Rules, schedule_id: int) -> str:
    """Why somebody is on call: the layer, or what the override does."""
    if because.type == Source.LAYER:
        return because.name
    single = because.type == Source.OVERRIDE
    rows = rules.overrides[schedule_id] if single else rules.series.get(schedule_id, [])
    word = "override" if single else "weekly override"
    row = next((row for row in rows if row.pk == because.id), None)
    return f"{word}: {change(row, rules.people)}" if row else word


def _every(unit: str, every: int) -> str:
    return f"every {unit}" if every == 1 else f"every {every} {unit}s"


def _hours(anchor: datetime, every: int) -> str:
    times = HOURS_OF_DAY // every if HOURS_OF_DAY % every == 0 else 0
    if not 0 < times <= FEW_HAND_OFFS:
        return f"counted from {anchor.strftime('%a %-d %b %Y %H:%M')}"
    clocks = sorted((anchor + timedelta(hours=every * n)).strftime("%H:%M") for n in range(times))
    return " and ".join(clocks)


def _days(days: Sequence[int]) -> str:
    """Neighbouring days are joined: "Mon-Fri", "Mon, Wed", "every day"."""
    if len(days) == len(SHORT):
        return "every day"
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    if len(run) > 2:
        return f"{SHORT[run[0]]}-{SHORT[run[-1]]}"
    return ", ".join(SHORT[day] for day in run)


def _moment(wall: str) -> str:
    return datetime.strptime(wall, FORMAT).strftime("%a %-d %b %Y, %H:%M")  # noqa: DTZ007


def _of(people: Mapping[int, User], pk: int | None) -> str:
    user = people.get(pk or 0)
    return _name(user) if user else "somebody"


def _name(user: User) -> str:
    return f"{user} (disabled)" if user.status == UserStatus.DISABLED else str(user)
