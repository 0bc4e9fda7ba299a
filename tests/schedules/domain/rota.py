"""Short ways to write down a rota, so that a vector stays one line."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedules.domain.model import (
    Layer,
    LayerVersion,
    Override,
    OverrideKind,
    Phase,
    Restriction,
    Rotation,
    Schedule,
    Unit,
)
from schedules.domain.resolver import on_call

NAMES = "ABCDEFG"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WORKDAYS = "Mon,Tue,Wed,Thu,Fri"


def utc(text: str) -> datetime:
    """Read `2026-03-08T12:59Z`."""
    return datetime.fromisoformat(text)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def person(name: str) -> int:
    """A is 1, B is 2."""
    return NAMES.index(name) + 1


def names(users: tuple[int, ...]) -> str:
    """`A, E`, or `nobody`."""
    return ", ".join(NAMES[user - 1] for user in users) or "nobody"


def rotation(rule: str, **fields: object) -> Rotation:
    """Read `week 2 @2026-01-05T09:00 A,B,C`; people of one slot are joined by `+`, `-` is none."""
    unit, every, anchor, slots = rule.split()
    return Rotation(
        Unit(unit),
        int(every),
        wall(anchor.removeprefix("@")),
        tuple(
            tuple(person(one) for one in slot.split("+") if one != "-") for slot in slots.split(",")
        ),
        **fields,
    )


def window(text: str) -> Restriction:
    """Read `daily 22:00-06:00`, `Mon,Tue 09:00-17:00` or `Fri 18:00-Mon 08:00`."""
    days, hours = text.split(" ", 1)
    start, end = hours.split("-")
    end_day = DAYS.index(end[:3]) if " " in end else None
    starts = range(7) if days == "daily" else [DAYS.index(day) for day in days.split(",")]
    return Restriction(
        frozenset(starts), time.fromisoformat(start), time.fromisoformat(end[-5:]), end_day
    )


def version(zone: str, rule: str, *windows: str, **fields: object) -> LayerVersion:
    rotation_fields = {
        name: fields.pop(name) for name in ("phase", "shift_length_minutes") if name in fields
    }
    return LayerVersion(
        **{
            "id": 1,
            "valid_from": None,
            "valid_to": None,
            "zone": ZoneInfo(zone),
            "rotation": rotation(rule, **rotation_fields),
            "restrictions": tuple(window(text) for text in windows),
            **fields,
        }
    )


def layer(*versions: LayerVersion, number: int = 1, priority: int = 0) -> Layer:
    return Layer(number, f"layer {number}", priority, number, versions)


def schedule(*layers: Layer, overrides: tuple[Override, ...] = (), inactive: str = "") -> Schedule:
    return Schedule(
        1, ZoneInfo("UTC"), layers, overrides, frozenset(person(name) for name in inactive)
    )


def simple(zone: str, rule: str, *windows: str, **fields: object) -> Schedule:
    """A schedule of one layer with one version."""
    return schedule(layer(version(zone, rule, *windows, **fields)))


def active(zone: str, rule: str, *windows: str, **fields: object) -> Schedule:
    return simple(zone, rule, *windows, phase=Phase.ACTIVE, **fields)


def override(text: str, number: int = 1) -> Override:
    """Read `replace A D 2026-03-03T18:00Z 2026-03-03T22:00Z`; created in the order of `number`."""
    kind, *people, start, end = text.split()
    taken_off = person(people[0]) if kind in ("replace", "remove") else None
    comes = person(people[-1]) if kind != "remove" else None
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    kind_of = OverrideKind(kind.upper().replace("-", "_"))
    return Override(number, kind_of, comes, taken_off, utc(start), utc(end), created)


def overrides(*texts: str) -> tuple[Override, ...]:
    return tuple(override(text, number) for number, text in enumerate(texts, start=1))


def who(of: Schedule, at: str | datetime) -> str:
    """Name who is on call."""
    instant = utc(at) if isinstance(at, str) else at
    return names(tuple(one.user for one in on_call(of, instant)))
