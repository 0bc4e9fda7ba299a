"""Rotas that many teams have: what the one-page form of a new schedule begins with."""

from dataclasses import dataclass, field
from datetime import time

from schedules.queries import DAYS

MONDAY, FRIDAY = 0, 4


@dataclass(frozen=True, slots=True)
class Group:
    """One layer. `opens`, `closes` None: always. `zone` empty: that of the schedule.

    With `until` the window is one span of the week, from `begins` (0 = Monday) to that weekday.
    """

    name: str
    opens: time | None = None
    closes: time | None = None
    zone: str = ""
    begins: int = MONDAY
    until: int | None = None
    days: tuple[str, ...] = field(default=DAYS)


@dataclass(frozen=True, slots=True)
class Preset:
    label: str
    text: str
    unit: str
    groups: tuple[Group, ...]
    every: int = 1

    @property
    def zoned(self) -> bool:
        return any(group.zone for group in self.groups)


ALONE = (Group("Rotation"),)

PRESETS = {
    "daily": Preset("Daily", "Somebody else every day", "day", ALONE),
    "weekly": Preset("Weekly", "Somebody else every week", "week", ALONE),
    "two-weekly": Preset("Two-weekly", "Somebody else every two weeks", "week", ALONE, every=2),
    "day-night": Preset(
        "Day and night",
        "12 hours by day, 12 by night, with people of their own",
        "week",
        (Group("Day", time(8), time(20)), Group("Night", time(20), time(8))),
    ),
    "weekend": Preset(
        "Week and weekend",
        "Weekends have people of their own",
        "week",
        (
            Group("Week", time(9), time(18), days=("MON",), until=FRIDAY),
            Group("Weekend", time(18), time(9), days=("FRI",), begins=FRIDAY, until=MONDAY),
        ),
    ),
    # These windows cover the day all year: they overlap, and the first group answers then.
    "follow-the-sun": Preset(
        "Follow the sun",
        "Everybody serves by daylight: three zones, one after the other",
        "week",
        (
            Group("Asia", time(9), time(18), "Asia/Tokyo"),
            Group("Europe", time(8), time(17), "Europe/London"),
            Group("America", time(11), time(20), "America/New_York"),
        ),
    ),
    "custom": Preset("Another rhythm", "Every so many hours, days, weeks, months", "day", ALONE, 3),
}
