"""Holes and single points of policies: for any timelines the same as asking at each instant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from escalation.domain.conditions import Condition
from escalation.domain.guard import Rung, Timeline, policy_findings, rungs_findings
from schedules.domain.guard import Found, Kind, Look
from schedules.domain.windows import Interval

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
LOOK = Look.around(NOW, ZoneInfo("Europe/London"))
HOUR = timedelta(hours=1)
SPAN = int((LOOK.end - LOOK.start) / HOUR)

people = st.frozensets(st.integers(1, 3), max_size=2)
changes = st.lists(st.tuples(st.integers(-30, SPAN + 30), people), max_size=6)
timelines = changes.map(
    lambda found: [(LOOK.start + hours * HOUR, who) for hours, who in sorted(found, key=first)]
)
policies = st.lists(st.lists(timelines, max_size=3), max_size=3)


def first(pair: tuple) -> int:
    return pair[0]


def always(*users: int) -> Timeline:
    return [(LOOK.start, frozenset(users))]


def kinds(steps: list[list[Timeline]]) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.kind, one.people) for one in policy_findings(steps, LOOK)]


def meant(line: Timeline, at: datetime) -> frozenset[int]:
    """Who a timeline means at an instant, the slow way."""
    return next((who for when, who in reversed(line) if when <= at), frozenset())


def wrong_at(steps: list[list[Timeline]], at: datetime) -> tuple[str, int] | None:
    """The oracle: what is wrong with a policy at one instant."""
    everyone = {user for step in steps for line in step for user in meant(line, at)}
    if not everyone:
        return Kind.REACHES_NOBODY, 0
    return (Kind.SINGLE_POINT, *everyone) if len(everyone) == 1 and len(steps) > 1 else None


def covers(found: Found, at: datetime) -> bool:
    return (found.start is None or found.start <= at) and (found.end is None or at < found.end)


@given(policies, st.lists(st.integers(0, 30 * 24 - 1), min_size=20, max_size=20))
def test_what_is_found_is_wrong_and_what_is_wrong_is_found(
    steps: list[list[Timeline]], hours: list[int]
):
    found = policy_findings(steps, LOOK)
    for hour in hours:
        at = NOW + hour * HOUR
        wrong = wrong_at(steps, at)
        said = [one for one in found if covers(one, at)]
        assert [(one.kind, one.people[0] if one.people else 0) for one in said] in (
            [] if wrong is None else [wrong],
            # Of what comes back only the next time is named.
            [] if any(one.times > 1 for one in found) else [wrong],
        )


@given(policies)
def test_the_length_of_what_is_wrong_is_exact(steps: list[list[Timeline]]):
    """Totals of the findings are those of counting each hour."""
    hours = [wrong_at(steps, NOW + hour * HOUR) for hour in range(30 * 24)]
    for kind in (Kind.REACHES_NOBODY, Kind.SINGLE_POINT):
        found = [one for one in policy_findings(steps, LOOK) if one.kind == kind]
        counted = sum(wrong is not None and wrong[0] == kind for wrong in hours)
        assert sum((one.total for one in found), timedelta()) == counted * HOUR


def test_an_empty_policy_reaches_nobody_at_any_time():
    [found] = policy_findings([], LOOK)
    assert (found.kind, found.key) == (Kind.REACHES_NOBODY, "REACHES_NOBODY:always")
    assert (found.start, found.end, found.total) == (None, None, 30 * 24 * HOUR)


def test_one_person_on_every_step_is_a_single_point():
    assert kinds([[always(1)], [always(1)]]) == [(Kind.SINGLE_POINT, (1,))]
    assert kinds([[always(1)], [always()]]) == [(Kind.SINGLE_POINT, (1,))]
    assert kinds([[always(1)], [always(1), always(2)]]) == []
    assert kinds([[always(1)]]) == [], "a single step is meant to page its people"


def test_the_secondary_who_swaps_into_the_first_place_is_seen_only_then():
    on_call = [(LOOK.start, frozenset({1})), (NOW + 5 * HOUR, frozenset({2}))]
    behind = [(LOOK.start, frozenset({2})), (NOW + 8 * HOUR, frozenset({1}))]
    [found] = policy_findings([[on_call], [behind]], LOOK)
    assert (found.people, found.start, found.end) == ((2,), NOW + 5 * HOUR, NOW + 8 * HOUR)


def urgencies_found(*rungs: Rung, low: list[Interval] | None = None) -> list[tuple[str, timedelta]]:
    return [(one.kind, one.total) for one in rungs_findings(rungs, LOOK, low)]


def test_an_urgency_for_which_no_step_is_reaches_nobody():
    month = 30 * 24 * HOUR
    high = Rung([always(1, 2)], Condition(frozenset({"HIGH"})))
    assert urgencies_found(high) == [(Kind.NOBODY_MEDIUM, month), (Kind.NOBODY_LOW, month)]
    day = [(NOW, NOW + 8 * HOUR)]
    assert urgencies_found(high, low=day)[1] == (Kind.NOBODY_LOW, 8 * HOUR), "else it waits"
    urgent = Rung([always(1, 2)], Condition(priorities=frozenset({"P1"})))
    assert [kind for kind, _ in urgencies_found(urgent)] == [
        Kind.NOBODY_HIGH,
        Kind.NOBODY_MEDIUM,
        Kind.NOBODY_LOW,
    ]
    assert urgencies_found(high, Rung([always(1, 2)])) == []


def test_a_step_that_its_hours_keep_shut_reaches_nobody():
    day = [(LOOK.start, NOW + 8 * HOUR), (NOW + 12 * HOUR, LOOK.end)]
    rung = Rung([always(1, 2)], fires=day)
    [found] = rungs_findings([rung], LOOK)
    assert (found.kind, found.start, found.end) == (
        Kind.REACHES_NOBODY,
        NOW + 8 * HOUR,
        NOW + 12 * HOUR,
    )


def test_holes_that_come_back_each_night_are_one():
    look = Look.around(NOW + 8 * HOUR, ZoneInfo("UTC"))  # the last night is not over at its end
    days = [LOOK.start.replace(hour=9) + timedelta(days=day) for day in range(-1, 72)]
    office: list = [
        change for day in days for change in ((day, frozenset({1})), (day + 8 * HOUR, frozenset()))
    ]
    [found] = policy_findings([[office]], look)
    assert (found.returns, found.key) == (True, "REACHES_NOBODY:17:00-09:00+1")
    assert found.times == 31
    night: Interval = (NOW.replace(hour=17), NOW.replace(hour=9) + timedelta(days=1))
    assert (found.start, found.end) == night
