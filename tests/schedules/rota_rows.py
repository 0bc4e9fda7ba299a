"""Random schedules as rows, written by the product's own commands, near a change of the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import User
from core.actor import SYSTEM
from schedules import commands
from schedules.commands import LayerSpec
from schedules.models import Schedule
from tests.schedules.domain.rota_oracle import changes_of_clock, shown

DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEARS = range(2024, 2036)
LAYERS = ("Base", "Days", "Nights")
LONGEST = {"hour": 36, "day": 5, "week": 3, "month": 2}


@dataclass(frozen=True)
class Rota:
    """A schedule and the instant around which its clock is most likely to change."""

    schedule: Schedule
    near: datetime


def random_rota(random: Random, zone: str, people: list[User], number: int) -> Rota:
    """Some layers, some of them edited, and overrides of each kind."""
    near = _near(random, ZoneInfo(zone))
    before = {"by": SYSTEM, "now": near - 40 * DAY}
    name = f"Rota {number} {zone}"
    schedule = commands.create_schedule(name=name, time_zone=zone, **before)
    Schedule.objects.filter(pk=schedule.pk).update(created_at=near - 40 * DAY)
    for layer in LAYERS[: random.randint(1, 3)]:
        spec = _spec(random, zone, near, people)
        row = commands.add_layer(schedule, spec, name=layer, **before)
        if random.random() < 0.4:
            cut = near + random.randint(-5000, 5000) * MINUTE
            spec = _spec(random, zone, near, people)
            commands.edit_layer(
                row, spec, by=SYSTEM, now=near - DAY, effective_from=cut, confirm_gap=True
            )
    for _ in range(random.randint(0, 4)):
        _override(random, schedule, near, people)
    return Rota(schedule, near)


def instants(random: Random, rota: Rota, count: int) -> list[datetime]:
    """Minutes of the fortnight around, half of them close to the change of the clock."""
    reach = [240, 7 * 24 * 60]
    return [rota.near + _minutes(random, reach[number % 2]) for number in range(count)]


def _minutes(random: Random, reach: int) -> timedelta:
    return random.randint(-reach, reach) * MINUTE


def _near(random: Random, zone: ZoneInfo) -> datetime:
    known = [at for at in changes_of_clock(zone) if at.year in YEARS]
    if known and random.random() < 0.8:
        return random.choice(known)
    days = random.randrange(len(YEARS) * 365)
    return datetime(YEARS[0], 1, 2, tzinfo=UTC) + days * DAY + random.randrange(1440) * MINUTE


def _spec(random: Random, zone: str, near: datetime, people: list[User]) -> LayerSpec:
    unit = random.choice(["hour", "day", "day", "week", "month"])
    anchor = shown(near, ZoneInfo(zone)) - timedelta(days=random.randrange(60))
    length = random.choice([None, None, random.randint(30, 3000)])
    return LayerSpec(
        unit=unit,
        every=random.randint(1, LONGEST[unit]),
        anchor=anchor + _minutes(random, 90),
        slots=_slots(random, people),
        phase=random.choice(["calendar", "active"]),
        shift_length_minutes=length,
        restrictions=[_window(random) for _ in range(random.choice([0, 0, 1, 2]))],
        priority=random.randint(0, 2),
    )


def _slots(random: Random, people: list[User]) -> list[list[int]]:
    """Some may be planned gaps, not all."""
    slots = [_slot(random, people) for _ in range(random.randint(1, 5))]
    return slots if any(slots) else [[people[0].pk]]


def _slot(random: Random, people: list[User]) -> list[int]:
    return [user.pk for user in random.sample(people, random.choice([0, 1, 1, 1, 2]))]


def _window(random: Random) -> dict[str, object]:
    days = random.sample(DAYS, random.randint(1, 7))
    return {
        "days": [day for day in DAYS if day in days],
        "start": f"{random.choice([0, 1, 2, 9, 22]):02}:{random.choice([0, 30]):02}",
        "end": f"{random.choice([0, 2, 3, 6, 17]):02}:{random.choice([0, 15]):02}",
        "endDay": random.choice([None, None, None, random.choice(DAYS)]),
    }


def _override(random: Random, schedule: Schedule, near: datetime, people: list[User]) -> None:
    start = near + _minutes(random, 4000)
    user, replaced = random.sample(people, 2)
    commands.add_override(
        schedule,
        kind=random.choice(["REPLACE", "ADD", "REMOVE", "COVER_ALL"]),
        user=user,
        replaces=replaced,
        start=start,
        end=start + random.randint(1, 3000) * MINUTE,
        by=SYSTEM,
        now=near - 20 * DAY + _minutes(random, 60),
        confirm_gap=True,
    )
