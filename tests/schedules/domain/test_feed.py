"""Identities in a calendar feed: what stays, what changes, what is taken back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.domain.feed import KEEP_REMOVED, Told, Wanted, owner_of, reconcile

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANN, BOB = owner_of("sch_1", "usr_ann"), owner_of("sch_1", "usr_bob")


def shift(day: float, length: float = 1, owner: str = ANN, summary: str = "Ann") -> Wanted:
    return Wanted(owner, NOW + day * DAY, NOW + (day + length) * DAY, summary)


def tell(*wanted: Wanted, told: list[Told] = (), later: timedelta = HOUR) -> list[Told]:
    return reconcile(told, wanted, NOW + later)


def test_the_same_again_changes_nothing():
    first = tell(shift(1), shift(3))
    assert tell(shift(1), shift(3), told=first, later=DAY) == first


def test_a_moved_end_keeps_the_identity():
    [first] = tell(shift(1))
    [second] = tell(shift(1, 2), told=[first], later=DAY)
    assert (second.uid, second.sequence, second.modified) == (first.uid, 1, NOW + DAY)


def test_a_moved_start_keeps_the_identity():
    [first] = tell(shift(1))
    [second] = tell(shift(1.25, 0.75), told=[first])
    assert (second.uid, second.start, second.sequence) == (first.uid, shift(1.25).start, 1)


def test_a_shift_cut_in_two_keeps_its_first_part():
    [first] = tell(shift(1, 4))
    head, tail = tell(shift(1), shift(3, 2), told=[first])
    assert head.uid == first.uid != tail.uid


def test_an_identity_is_not_given_twice():
    [first] = tell(shift(1))
    [moved] = tell(shift(1.5), told=[first])
    early, late = tell(shift(1, 0.25), shift(1.5), told=[moved])
    assert (late, early.uid != moved.uid) == (moved, True)


def test_what_is_no_more_is_taken_back_and_later_forgotten():
    first = tell(shift(40))
    [gone] = tell(told=first)
    assert (gone.sequence, gone.removed) == (1, NOW + HOUR)
    assert tell(told=[gone], later=DAY) == [gone]
    assert tell(told=[gone], later=KEEP_REMOVED + DAY) == []


def test_what_comes_back_is_the_same_event_again():
    first = tell(shift(2))
    [back] = tell(shift(2), told=tell(told=first), later=DAY)
    assert (back.uid, back.sequence, back.removed) == (first[0].uid, 2, None)


def test_people_do_not_take_over_identities():
    [first] = tell(shift(1))
    ann, bob = sorted(tell(shift(1, owner=BOB), told=[first]), key=lambda one: one.removed is None)
    assert (ann.uid, ann.removed) == (first.uid, NOW + HOUR)
    assert bob.uid != first.uid


owners = st.sampled_from([ANN, BOB])


@st.composite
def rotas(draw) -> list[Wanted]:
    """Shifts that do not overlap for one person."""
    found = []
    for owner in (ANN, BOB):
        edges = sorted(draw(st.lists(st.integers(0, 40), unique=True, max_size=8)))
        found += [
            shift(a, b - a, owner) for a, b in zip(edges[::2], edges[1::2], strict=False) if b > a
        ]
    return found


@given(st.lists(rotas(), min_size=2, max_size=5))
def test_the_live_events_are_the_shifts_and_sequence_never_falls(rounds: list[list[Wanted]]):
    told: list[Told] = []
    for number, wanted in enumerate(rounds):
        before = {one.uid: one for one in told}
        told = reconcile(told, wanted, NOW + number * HOUR)
        live = sorted((one.owner, one.start, one.end) for one in told if not one.removed)
        assert live == sorted((one.owner, one.start, one.end) for one in wanted)
        assert len({one.uid for one in told}) == len(told)
        for one in told:
            was = before.pop(one.uid, None)
            assert was is None or was == one or was.sequence < one.sequence
        assert before == {}, "nothing vanishes without being taken back"
