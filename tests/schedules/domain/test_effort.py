"""A preview looks a year ahead, or as far as a bounded amount of work goes."""

from dataclasses import replace
from datetime import time

import pytest

from schedules.domain.effort import SHORTEST, look_until
from schedules.domain.model import Restriction, Schedule
from schedules.domain.preview import HORIZON
from tests.schedules.domain.rota import layer, schedule, utc, version

START = utc("2026-03-16T12:00Z")


def busy(windows: int, layers: int = 1) -> Schedule:
    """Hourly hand-offs, each day cut by so many windows."""
    plain = version("Europe/London", "hour 1 @2026-03-02T08:00 A,B")
    daily = frozenset(range(7))
    cuts = tuple(
        Restriction(daily, time(n // 60, n % 60), time(n // 60, n % 60, 30)) for n in range(windows)
    )
    rows = [layer(replace(plain, restrictions=cuts), number=n + 1) for n in range(layers)]
    return schedule(*rows)


@pytest.mark.parametrize("unit", ["week", "day", "hour"])
def test_usual_rotations_are_looked_at_for_a_year(unit):
    rows = [layer(version("Europe/London", f"{unit} 1 @2026-03-02T09:00 A,B"), number=1)]
    assert look_until(schedule(*rows), START) == START + HORIZON


def test_what_changes_hands_all_the_time_is_looked_at_for_a_part_of_it():
    some, more = (look_until(busy(100, layers), START) - START for layers in (1, 2))
    assert SHORTEST < more < some < HORIZON


def test_a_month_is_always_looked_at():
    assert look_until(busy(400, 20), START) == START + SHORTEST
