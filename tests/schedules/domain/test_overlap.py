"""Layers that overlap, held against asking both at every quarter of an hour."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain.layers import users_at
from schedules.domain.overlap import Standing, overlaps
from tests.schedules.domain.rota import layer, schedule, utc, version

START = utc("2026-03-27T12:00Z")
DAYS_4 = timedelta(days=4)
QUARTER = timedelta(minutes=15)
RULES = st.sampled_from(
    [
        ("Europe/London", "week 1 @2026-03-02T09:00 A,B,C"),
        ("Europe/London", "day 1 @2026-03-02T09:00 A", "Mon,Tue 09:00-17:30"),
        ("America/New_York", "day 1 @2026-03-02T02:30 B,-,D"),
        ("Asia/Kolkata", "day 2 @2026-03-01T00:00 -,D", "Sat 22:00-06:00"),
        ("UTC", "hour 12 @2026-03-31T08:00 G"),
    ]
)


@settings(max_examples=30, deadline=None)
@given(RULES, RULES, st.sampled_from([-1, 0, 1]))
def test_the_first_common_quarter_is_found(one: tuple, other: tuple, priority: int):
    mine = layer(version(*one), number=1)
    theirs = layer(version(*other), number=2, priority=priority)
    found = overlaps(schedule(mine, theirs, inactive="G"), 1, START, START + DAYS_4)
    at, gone = START, {7}
    while at < START + DAYS_4 and not (
        set(users_at(mine, at)) - gone and set(users_at(theirs, at)) - gone
    ):
        at += QUARTER
    standing = {-1: Standing.BELOW, 0: Standing.EQUAL, 1: Standing.ABOVE}[priority]
    expected = [] if at >= START + DAYS_4 else [("layer 2", priority, standing, at)]
    assert [(row.name, row.priority, row.standing, row.since) for row in found] == expected


def test_a_layer_does_not_overlap_its_own_past_or_what_has_ended():
    rule = ("UTC", "week 1 @2026-03-02T09:00 A,B")
    old = layer(version(*rule, valid_to=START), number=1, priority=5)
    new = layer(version(*rule, valid_from=START), number=1)
    ended = layer(version(*rule, valid_to=START), number=2)
    assert overlaps(schedule(old, new, ended), 1, START, START + DAYS_4) == []
