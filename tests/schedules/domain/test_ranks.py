"""Who stands behind whoever is on call: written out, and for any rota."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain.layers import users_at
from schedules.domain.model import OverrideKind, Schedule
from schedules.domain.ranks import nth, spans
from schedules.domain.resolver import on_call
from tests.schedules.domain.rota import layer, names, overrides, schedule, simple, utc, version
from tests.schedules.domain.rota_strategies import instants, schedules, zones

WEEK = "week 1 @2026-03-02T09:00"
AT = "2026-03-10T12:00Z"  # the second week
MINUTE = timedelta(minutes=1)


def ranked(of: Schedule, at: str = AT, last: int = 4) -> list[str]:
    """Who has rank 1, 2, 3, … at an instant."""
    return [names(users(of, utc(at), rank)) for rank in range(1, last + 1)]


def users(of: Schedule, at: datetime, rank: int) -> tuple[int, ...]:
    return tuple(one.user for one in nth(of, at, rank))


def test_the_secondary_is_the_next_in_the_rotation_and_the_last_one_wraps() -> None:
    assert ranked(simple("UTC", f"{WEEK} A,B,C")) == ["B", "C", "A", "nobody"]


def test_a_disabled_person_is_skipped() -> None:
    of = schedule(layer(version("UTC", f"{WEEK} A,B,C,D")), inactive="C")
    assert ranked(of) == ["B", "D", "A", "nobody"]


def test_people_of_one_place_share_a_rank_and_nobody_has_two() -> None:
    assert ranked(simple("UTC", f"{WEEK} A,B+C,B,-,C+D,A")) == ["B, C", "D", "A", "nobody"]


def test_whoever_covers_already_is_not_the_secondary_too() -> None:
    of = schedule(
        layer(version("UTC", f"{WEEK} A,B,C,D")),
        overrides=overrides("replace B C 2026-03-10T00:00Z 2026-03-11T00:00Z"),
    )
    assert ranked(of) == ["C", "D", "A", "nobody"]


def test_whoever_gave_the_pager_away_is_not_asked_by_the_back_door() -> None:
    of = schedule(
        layer(version("UTC", f"{WEEK} A,B,C")),
        overrides=overrides("cover-all E 2026-03-10T00:00Z 2026-03-11T00:00Z"),
    )
    assert ranked(of) == ["E", "C", "A", "nobody"]


def test_a_gap_opened_by_hand_still_has_a_secondary() -> None:
    of = schedule(
        layer(version("UTC", f"{WEEK} A,B,C")),
        overrides=overrides("remove B 2026-03-10T00:00Z 2026-03-11T00:00Z"),
    )
    assert ranked(of, last=3) == ["nobody", "C", "A"]


def test_behind_a_disabled_person_whose_turn_it_is_stands_the_next() -> None:
    of = schedule(layer(version("UTC", f"{WEEK} A,B,C")), inactive="B")
    assert ranked(of, last=3) == ["nobody", "C", "A"]


def test_only_the_layer_that_answers_has_a_next() -> None:
    below = layer(version("UTC", f"{WEEK} A,B,C"))
    above = layer(version("UTC", "day 1 @2026-03-02T09:00 D,E", "daily 09:00-17:00"), number=2)
    of = schedule(below, layer(above.versions[0], number=2, priority=1))
    assert ranked(of, AT, 3) == ["D", "E", "nobody"]
    assert ranked(of, "2026-03-10T18:00Z", 3) == ["B", "C", "A"]


def test_rotations_that_answer_together_each_have_their_next() -> None:
    of = schedule(
        layer(version("UTC", f"{WEEK} A,B,C")), layer(version("UTC", f"{WEEK} D,E,F,G"), number=2)
    )
    assert ranked(of) == ["B, E", "C, F", "A, G", "D"]


def test_before_its_start_and_without_layers_nobody_has_a_rank() -> None:
    assert ranked(simple("UTC", f"{WEEK} A,B,C"), "2026-03-01T00:00Z") == ["nobody"] * 4
    assert ranked(schedule()) == ["nobody"] * 4


def test_ranks_count_from_one() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        nth(schedule(), utc(AT), 0)


@settings(max_examples=40)
@given(st.data(), zones)
def test_ranks_name_everybody_of_the_rotation_once(data: st.DataObject, zone: ZoneInfo) -> None:
    near = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    at = near + data.draw(st.integers(-3000, 3000)) * MINUTE
    assert nth(of, at, 1) == on_call(of, at)
    ranks = [users(of, at, rank) for rank in range(1, 40)]
    everyone = [user for people in ranks for user in people]
    assert len(everyone) == len(set(everyone))
    assert not of.inactive & set(everyone)
    assert all(not later for people, later in pairwise(ranks[1:]) if not people)
    assert set(everyone) <= _mentioned(of)
    if not of.overrides and on_call(of, at):
        assert set(everyone) == _of_answering_layers(of, at) - of.inactive


@settings(max_examples=30)
@given(st.data(), zones, st.integers(1, 3))
def test_spans_of_a_rank_are_the_answers_at_every_minute(
    data: st.DataObject, zone: ZoneInfo, rank: int
) -> None:
    near = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    end = near + 2000 * MINUTE
    found = spans(of, near, end, rank)
    assert (found[0].start, found[-1].end) == (near, end)
    for minutes in data.draw(st.lists(st.integers(0, 1999), min_size=10, max_size=10)):
        at = near + minutes * MINUTE
        [covering] = [one for one in found if one.start <= at < one.end]
        assert covering.on_call == nth(of, at, rank)


def _mentioned(of: Schedule) -> set[int]:
    coming = {one.user for one in of.overrides if one.kind != OverrideKind.REMOVE}
    return coming | {
        user
        for each in of.layers
        for version in each.versions
        for slot in version.rotation.slots
        for user in slot
    }


def _of_answering_layers(of: Schedule, at: datetime) -> set[int]:
    """Everybody in the rotations that answer: those of whoever is on call."""
    chosen = {one.because.id for one in on_call(of, at)}
    priorities = {one.priority for one in of.layers if one.id in chosen}
    return {
        user
        for each in of.layers
        if each.priority in priorities and users_at(each, at)
        for version in each.versions
        if (version.valid_from is None or version.valid_from <= at)
        and (version.valid_to is None or at < version.valid_to)
        for slot in version.rotation.slots
        for user in slot
    }
