"""A slow second opinion: read the clock minute by minute, count shifts one by one.

Shares nothing with the resolver but the nouns. Right for whole minutes from 2000 to 2037.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from schedules.domain.model import (
    Layer,
    LayerVersion,
    Override,
    Phase,
    Restriction,
    Rotation,
    Schedule,
    Unit,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
# No clock of these years goes back further than three hours.
LOOK_BACK = 6 * 60
LONGEST = {
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: DAY,
    Unit.WEEK: 7 * DAY,
    Unit.MONTH: 31 * DAY,
}


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def latest_shown(at: datetime, zone: ZoneInfo) -> datetime:
    """The latest time that the wall clock has shown by `at`."""
    return max(shown(at - back * MINUTE, zone) for back in range(LOOK_BACK))


def earliest_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first minute at which the wall clock shows `local` or later."""
    at = local.replace(tzinfo=UTC) - 27 * timedelta(hours=1)
    while shown(at + timedelta(hours=4), zone) < local:
        at += timedelta(hours=1)
    while shown(at, zone) < local:
        at += MINUTE
    return at


def people(version: LayerVersion, at: datetime) -> tuple[int, ...]:
    """Who is on duty by one version of a layer."""
    rotation, seen = version.rotation, latest_shown(at, version.zone)
    if version.end is not None and seen >= version.end:
        return ()
    shift = last_begun(rotation, seen)
    if shift < 0 or seen >= off_duty(rotation, shift):
        return ()
    if version.restrictions and not any(inside(one, seen) for one in version.restrictions):
        return ()
    turns = shift
    if rotation.phase is Phase.ACTIVE and version.restrictions:
        turns = sum(serves(version, earlier) for earlier in range(shift))
    return rotation.slots[(rotation.first_index + turns) % len(rotation.slots)]


def last_begun(rotation: Rotation, seen: datetime) -> int:
    least = (seen - rotation.anchor) // (LONGEST[rotation.unit] * rotation.every) - 2
    shift = max(-1, least)
    while begins(rotation, shift + 1) <= seen:
        shift += 1
    return shift


def begins(rotation: Rotation, shift: int) -> datetime:
    count = shift * rotation.every
    if rotation.unit is not Unit.MONTH:
        return rotation.anchor + count * LONGEST[rotation.unit]
    months = rotation.anchor.year * 12 + rotation.anchor.month - 1 + count
    day = rotation.anchor.day
    while True:
        try:
            return rotation.anchor.replace(year=months // 12, month=months % 12 + 1, day=day)
        except ValueError:
            day -= 1


def off_duty(rotation: Rotation, shift: int) -> datetime:
    following = begins(rotation, shift + 1)
    if rotation.shift_length_minutes is None:
        return following
    return min(following, begins(rotation, shift) + rotation.shift_length_minutes * MINUTE)


def inside(one: Restriction, seen: datetime) -> bool:
    return any(opens <= seen < closes for opens, closes in hours(one, seen, seen))


def serves(version: LayerVersion, shift: int) -> bool:
    start, end = begins(version.rotation, shift), off_duty(version.rotation, shift)
    return any(
        opens < end and closes > start
        for one in version.restrictions
        for opens, closes in hours(one, start, end)
    )


def hours(one: Restriction, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The wall times of the windows that may meet the time from `first` to `last`."""
    opens = datetime.combine(first.date() - 8 * DAY, one.start)
    while opens <= last:
        if opens.weekday() in one.days:
            closes = datetime.combine(opens.date(), one.end)
            while closes <= opens or (one.end_day is not None and closes.weekday() != one.end_day):
                closes += DAY
            yield opens, closes
        opens += DAY


@cache
def changes_of_clock(zone: ZoneInfo) -> list[datetime]:
    """The instants from 2000 to 2037 at which the offset of a zone changes."""
    found, at = [], datetime(2000, 1, 1, tzinfo=UTC)
    while at.year < 2038:
        following = at + 5 * DAY
        if at.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            found.append(_halve(at, following, zone))
        at = following
    return found


def _halve(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = low.astimezone(zone).utcoffset()
    while high - low > MINUTE:
        middle = low + (high - low) // MINUTE // 2 * MINUTE
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def answer(of: Schedule, at: datetime) -> list[int]:
    """Who is on call in a whole schedule: layers from the top, then the overrides in order."""
    changes = [one for one in of.overrides if one.start <= at < one.end]
    changes.sort(key=lambda one: (one.created_at, one.id))
    here = answering(of, at, changes)
    for change in changes:
        here = changed(here, change)
    return [user for user in dict.fromkeys(here) if user not in of.inactive]


def answering(of: Schedule, at: datetime, changes: list[Override]) -> list[int]:
    """The people of the highest priority that has somebody, or gets somebody as a replacement."""
    for priority in sorted({one.priority for one in of.layers}, reverse=True):
        level = [user for one in of.layers if one.priority == priority for user in turn(one, at)]
        replaced = level
        for change in changes:
            replaced = changed(replaced, change) if change.kind == "REPLACE" else replaced
        if {*level, *replaced} - of.inactive and level:
            return level
    return []


def turn(layer: Layer, at: datetime) -> list[int]:
    return [
        user
        for version in layer.versions
        if version.valid_from is None or version.valid_from <= at
        if version.valid_to is None or at < version.valid_to
        for user in people(version, at)
    ]


def changed(here: list[int], change: Override) -> list[int]:
    match change.kind:
        case "COVER_ALL":
            return [change.user]
        case "ADD":
            return [*here, change.user]
        case "REPLACE":
            return [change.user if user == change.replaces else user for user in here]
    leaves = change.replaces or change.user
    return [user for user in here if user != leaves]
