"""Round robin: fair, in order, past those who cannot, and told in words."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from escalation.domain.turns import Absence, Member, Turn, in_words, next_turn

ANA, BEN, CAT = (Member(pk, name) for pk, name in enumerate(("Ana", "Ben", "Cat"), 1))


def away(member: Member) -> Member:
    return Member(member.id, member.name, Absence.AWAY)


def test_the_turn_goes_round_and_passes_over_who_is_away() -> None:
    assert [next_turn([CAT, ANA, BEN], last).member for last in (0, 1, 2, 3)] == [
        ANA,
        BEN,
        CAT,
        ANA,
    ]
    turn = next_turn([away(ANA), BEN, CAT], CAT.id)
    assert (turn.member, in_words(turn)) == (BEN, "in turn; Ana is away")
    assert next_turn([ANA, away(BEN), CAT], CAT.id).passed == (), "Ben was not in the way"


def test_the_order_goes_on_behind_somebody_who_has_left() -> None:
    assert next_turn([ANA, CAT], BEN.id).member == CAT


def test_who_has_only_ways_that_are_not_set_up_has_the_turn_when_nobody_else_can() -> None:
    mute = Member(BEN.id, BEN.name, Absence.MUTE)
    assert next_turn([ANA, mute, CAT], ANA.id).member == CAT
    turn = next_turn([away(ANA), mute, away(CAT)], CAT.id)
    assert turn.member == BEN
    assert in_words(turn) == "in turn; Ana is away"


def test_when_nobody_can_the_words_name_some_and_count_the_rest() -> None:
    crowd = [Member(pk, f"P{pk}", Absence.UNREACHABLE) for pk in range(1, 6)]
    turn = next_turn(crowd, 0)
    assert turn.member is None
    assert in_words(turn) == (
        "in turn; P1 cannot be reached, P2 cannot be reached, P3 cannot be reached, "
        "2 more cannot either"
    )
    assert next_turn([], 0) == Turn(None)


@given(st.sets(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 60), st.integers(0, 31))
def test_nobody_has_two_turns_more_than_anybody_else(ids: set[int], turns: int, last: int) -> None:
    members = [Member(pk, str(pk)) for pk in ids]
    had = Counter(dict.fromkeys(ids, 0))
    for _ in range(turns):
        member = next_turn(members, last).member
        assert member is not None
        last = member.id
        had[last] += 1
    assert max(had.values()) - min(had.values()) <= 1
