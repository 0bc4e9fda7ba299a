"""How far ahead a preview looks: a year, or less where the rules change hands too often. Pure.

The work grows with the number of shifts and windows. What nobody could read anyway must not keep
the computer busy for seconds, so the look is cut and says how far it went.
"""

from datetime import datetime, timedelta

from schedules.domain.model import LayerVersion, Schedule, Unit
from schedules.domain.preview import HORIZON

# Shifts and windows that are walked through at most, about a second's work; a year of five busy
# layers has a tenth of it.
BUDGET = 60_000
SHORTEST = timedelta(days=30)
_DAY = timedelta(days=1)
_DAYS = {Unit.HOUR: 1 / 24, Unit.DAY: 1.0, Unit.WEEK: 7.0, Unit.MONTH: 30.0}


def look_until(schedule: Schedule, start: datetime) -> datetime:
    """Return the end of a look ahead from `start` on."""
    daily = sum(
        _each_day(version)
        for layer in schedule.layers
        for version in layer.versions
        if version.valid_to is None or version.valid_to > start
    )
    if daily * (HORIZON / _DAY) <= BUDGET:
        return start + HORIZON
    return start + max(SHORTEST, int(BUDGET / daily) * _DAY)


def _each_day(version: LayerVersion) -> float:
    rotation = version.rotation
    shifts = 1 / (_DAYS[rotation.unit] * rotation.every)
    windows = sum(len(one.days) for one in version.restrictions) / 7
    return 2 * (shifts + windows)
