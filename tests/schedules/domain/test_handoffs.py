"""Shifts and notices, held against the resolver at random instants."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.domain import handoffs, resolver
from schedules.domain.handoffs import Kind
from schedules.domain.model import Schedule, users_of
from schedules.domain.shifts import SECOND, runs, shifts
from tests.schedules.domain import rota
from tests.schedules.domain.rota_strategies import instants, schedules, zones

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


def at(schedule: Schedule, moment: datetime) -> set[int]:
    return set(users_of(resolver.on_call(schedule, moment)))


@st.composite
def settings(draw) -> tuple[Schedule, datetime]:
    zone = draw(zones)
    now = draw(instants(zone))
    return draw(schedules(now, zone)), now


@given(settings(), st.lists(st.integers(0, 3 * 24 * 60), min_size=5, max_size=20))
def test_shifts_are_what_the_resolver_says(setting: tuple[Schedule, datetime], minutes: list[int]):
    schedule, start = setting
    end = start + 3 * DAY
    found = shifts(schedule, start, end)
    for moment in (start + timedelta(minutes=minute) for minute in minutes):
        if moment < end:
            assert {one.user for one in found if one.start <= moment < one.end} == at(
                schedule, moment
            )
    for one in found:
        assert one.cut_start or one.user not in at(schedule, one.start - SECOND)
        assert (one.user in at(schedule, one.end)) is one.cut_end


@given(settings(), st.integers(0, 600))
def test_notices_are_the_changes_that_the_resolver_shows(
    setting: tuple[Schedule, datetime], minutes: int
):
    schedule, now = setting
    lead = timedelta(minutes=minutes)
    told = handoffs.due(schedule, lead, now)
    assert len({(one.kind, one.user, one.at) for one in told}) == len(told)
    for one in told:
        before, after = at(schedule, one.at - SECOND), at(schedule, one.at)
        facts = handoffs.facts(schedule, one)
        if one.kind == Kind.END:
            assert one.user in before - after
            assert set(facts.others) == after
        else:
            assert one.user in after - before
            assert set(facts.others) == before
            if facts.until:
                assert one.user in at(schedule, facts.until - SECOND) - at(schedule, facts.until)
        assert (one.kind == Kind.SOON) is (one.at > now)
        assert one.late is (now - one.at > handoffs.LATE)
    edges = {
        (one.user, edge)
        for one in runs(schedule, now - DAY, now + lead + SECOND)
        for edge, cut in ((one.start, one.cut_start), (one.end, one.cut_end))
        if not cut and edge <= now + lead
    }
    past_ends = {(one.user, one.at) for one in told if one.kind == Kind.END}
    starts = {(one.user, one.at) for one in told if one.kind != Kind.END}
    assert starts <= edges
    assert {pair for pair in edges if pair[1] <= now} <= starts | past_ends


def test_who_goes_on_hears_nothing():
    schedule = rota.simple("UTC", "day 1 @2026-03-02T09:00 A,A")
    assert handoffs.due(schedule, HOUR, NOW) == []


def test_a_lead_reaches_ahead():
    schedule = rota.simple("UTC", "day 1 @2026-03-02T13:00 A,B")
    soon = [one for one in handoffs.due(schedule, HOUR, NOW) if one.kind == Kind.SOON]
    assert [one.at for one in soon] == [NOW + HOUR]
    none = handoffs.due(schedule, HOUR - timedelta(minutes=1), NOW)
    assert [one for one in none if one.kind == Kind.SOON] == []


def test_notes_count_from_the_beginning_of_the_shift_before():
    schedule = rota.simple("UTC", "week 1 @2026-03-02T09:00 A,B,C")
    turn = datetime(2026, 3, 16, 9, tzinfo=UTC)
    assert handoffs.notes_count_from(schedule, turn) == turn - 7 * DAY
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert handoffs.notes_count_from(schedule, first) == first - handoffs.NOTES_BACK
