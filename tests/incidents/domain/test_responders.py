"""What becomes of a request for help."""

import pytest

from incidents.domain.responders import CannotAnswer, ResponderState, answered, nobody_left

S = ResponderState


@pytest.mark.parametrize(
    ("current", "accept", "then"),
    [
        (S.REQUESTED, True, S.ACCEPTED),
        (S.REQUESTED, False, S.DECLINED),
        (S.EXPIRED, True, S.ACCEPTED),  # late is better than never
        (S.DECLINED, True, S.ACCEPTED),  # a mind may be changed
        (S.ACCEPTED, False, S.DECLINED),
        (S.ACCEPTED, True, None),
        (S.DECLINED, False, None),
    ],
)
def test_an_answer_counts_while_the_incident_goes_on(current, accept, then) -> None:
    assert answered(current, accept) is then


@pytest.mark.parametrize("over", [S.WITHDRAWN, S.ENDED])
def test_what_is_over_takes_no_answer(over) -> None:
    with pytest.raises(CannotAnswer):
        answered(over, accept=True)


@pytest.mark.parametrize(
    ("states", "nobody"),
    [
        ([S.DECLINED, S.EXPIRED], True),
        ([S.DECLINED, S.REQUESTED], False),
        ([S.EXPIRED, S.ACCEPTED], False),
        ([S.WITHDRAWN], True),
    ],
)
def test_nobody_is_left_when_none_has_come_and_none_may_still_answer(states, nobody) -> None:
    assert nobody_left(states) is nobody
