"""Random rotas for property tests, drawn close to clock changes, where the mistakes are."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

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
from tests.schedules.domain.rota_oracle import LONGEST, MINUTE, changes_of_clock, shown

ODD = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "UTC",
)
ZONES = sorted(available_timezones() - {"localtime"})
FIRST = datetime(2000, 1, 3, tzinfo=UTC)
MINUTES = 37 * 365 * 24 * 60

zones = st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES)).map(ZoneInfo)
clock_times = st.one_of(
    st.sampled_from([time(0), time(1, 30), time(2), time(2, 30), time(3), time(9), time(22)]),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
restrictions = st.builds(
    Restriction,
    st.frozensets(st.integers(0, 6), min_size=1),
    clock_times,
    clock_times,
    st.none() | st.integers(0, 6),
)


@st.composite
def instants(draw, zone: ZoneInfo) -> datetime:
    """A minute from 2000 to 2037, mostly within hours of a change of the clock."""
    known = changes_of_clock(zone)
    if known and draw(st.integers(0, 3)):
        return draw(st.sampled_from(known)) + draw(st.integers(-240, 240)) * MINUTE
    return FIRST + draw(st.integers(0, MINUTES)) * MINUTE


@st.composite
def rotations(draw, near: datetime, longest_run: int) -> Rotation:
    """A rotation with a boundary at or next to the wall time `near`."""
    unit = draw(st.sampled_from(Unit))
    every = draw(st.integers(1, 40 if unit is Unit.HOUR else 4))
    back = draw(st.integers(0, longest_run)) * every * LONGEST[unit]
    anchor = max(near - back, datetime(2000, 1, 1)) + draw(st.integers(-90, 90)) * MINUTE
    slots = draw(
        st.lists(st.lists(st.integers(1, 9), max_size=2, unique=True).map(tuple), min_size=1)
    )
    return Rotation(
        unit,
        every,
        anchor,
        tuple(slots),
        first_index=draw(st.integers(0, 9)),
        phase=draw(st.sampled_from(Phase)),
        shift_length_minutes=draw(st.none() | st.integers(1, 4000)),
    )


@st.composite
def versions(draw, near: datetime, zone: ZoneInfo, longest_run: int = 60) -> LayerVersion:
    return LayerVersion(
        id=1,
        valid_from=None,
        valid_to=None,
        zone=zone,
        rotation=draw(rotations(shown(near, zone), longest_run)),
        restrictions=tuple(draw(st.lists(restrictions, max_size=2))),
        end=None,
    )


@st.composite
def schedules(draw, near: datetime, zone: ZoneInfo) -> Schedule:
    """Some layers, some cut in two versions, with overrides and disabled people."""
    layers = [draw(_layers(number, near, zone)) for number in range(draw(st.integers(1, 3)))]
    return Schedule(
        1,
        zone,
        tuple(layers),
        tuple(draw(_overrides(number, near)) for number in range(draw(st.integers(0, 3)))),
        draw(st.frozensets(st.integers(1, 9), max_size=3)),
    )


@st.composite
def _layers(draw, number: int, near: datetime, zone: ZoneInfo) -> Layer:
    of = [draw(versions(near, draw(st.sampled_from([zone, ZoneInfo("UTC")]))))]
    if draw(st.booleans()):
        cut = near + draw(st.integers(-3000, 3000)) * MINUTE
        later = replace(draw(versions(near, zone)), id=2, valid_from=cut)
        of = [replace(of[0], valid_to=cut), later]
    return Layer(number, f"layer {number}", draw(st.integers(1, 2)), number, tuple(of))


@st.composite
def _overrides(draw, number: int, near: datetime) -> Override:
    start = near + draw(st.integers(-3000, 3000)) * MINUTE
    length = timedelta(minutes=draw(st.integers(1, 4000)))
    user, replaces = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    kind = draw(st.sampled_from(OverrideKind))
    return Override(number, kind, user, replaces, start, start + length, start)
