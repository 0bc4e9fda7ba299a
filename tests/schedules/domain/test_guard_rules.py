"""Gaps of any rota: what the guard finds is what the resolver leaves open, no more and no less."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.domain.reach import NOTHING, Known, Reach, Way, reach_of
from schedules.domain.guard import Kind, Look, schedule_findings
from schedules.domain.resolver import gaps, on_call
from tests.schedules.domain.rota_strategies import instants, schedules, zones

MINUTE = timedelta(minutes=1)
PROVEN = dict.fromkeys(range(1, 10), Known(Reach.PROVEN))


@settings(max_examples=25)
@given(st.data(), zones)
def test_the_gaps_found_are_those_of_the_resolver(data: st.DataObject, zone: ZoneInfo) -> None:
    near = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    look = Look.around(near, zone)
    found = [one for one in schedule_findings(of, look, PROVEN) if one.kind == Kind.GAP]
    open_time = sum((end - start for start, end in gaps(of, look.now, look.horizon)), timedelta())
    assert sum((one.total for one in found), timedelta()) == open_time
    assert len({one.key for one in found}) == len(found)
    for one in found:
        at = max(one.start or look.now, look.now)
        assert on_call(of, at) == ()
        if one.end is not None:
            assert on_call(of, one.end - MINUTE) == () != on_call(of, one.end)


@settings(max_examples=15)
@given(st.data(), zones)
def test_whoever_is_on_duty_unproven_is_named_once(data: st.DataObject, zone: ZoneInfo) -> None:
    near: datetime = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    look = Look.around(near, zone)
    found = [one for one in schedule_findings(of, look, {}) if one.kind == Kind.UNREACHABLE]
    named = [one.people[0] for one in found]
    assert len(named) == len(set(named))
    for minutes in range(0, 30 * 24 * 60, 1201):
        assert {one.user for one in on_call(of, near + minutes * MINUTE)} <= set(named)


def test_a_way_counts_as_proven_only_while_it_is_switched_on() -> None:
    proven, off = Way("EMAIL", enabled=True, proven=True), Way("EMAIL", enabled=False, proven=True)
    fresh, bell = (
        Way("WEBHOOK", enabled=True, proven=False),
        Way("IN_APP", enabled=True, proven=True),
    )
    assert reach_of([proven, off]) == Known(Reach.PROVEN)
    assert reach_of([off, fresh]) == Known(Reach.UNPROVEN)
    assert reach_of([off, bell]) == reach_of([]) == NOTHING


def test_a_way_counts_only_while_messages_leave_by_its_channel() -> None:
    sms = Way("SMS", enabled=True, proven=True, served=False)
    mail = Way("EMAIL", enabled=True, proven=False)
    assert reach_of([sms, sms]) == Known(Reach.MUTE, ("SMS",))
    assert reach_of([sms, mail]) == Known(Reach.UNPROVEN), "what cannot leave proves nothing"
