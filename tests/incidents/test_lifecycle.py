"""The table of moves, exactly as the Incidents API documents it."""

import pytest

from incidents.domain.lifecycle import IllegalMove, Status, check_move

LEGAL = {
    ("OPEN", "ACKNOWLEDGED"),
    ("OPEN", "RESOLVED"),
    ("OPEN", "SNOOZED"),
    ("OPEN", "SUPPRESSED"),
    ("ACKNOWLEDGED", "OPEN"),
    ("ACKNOWLEDGED", "RESOLVED"),
    ("ACKNOWLEDGED", "SNOOZED"),
    ("SNOOZED", "OPEN"),
    ("SNOOZED", "ACKNOWLEDGED"),
    ("SNOOZED", "RESOLVED"),
    ("SUPPRESSED", "OPEN"),
    ("SUPPRESSED", "RESOLVED"),
    ("RESOLVED", "OPEN"),
}


@pytest.mark.parametrize("current", list(Status))
@pytest.mark.parametrize("wanted", list(Status))
def test_every_pair_of_statuses_is_decided(current: Status, wanted: Status) -> None:
    if current == wanted:
        assert check_move(current, wanted) is False
    elif (current.value, wanted.value) in LEGAL:
        assert check_move(current, wanted) is True
    else:
        with pytest.raises(IllegalMove, match=f"{current} cannot become {wanted}"):
            check_move(current, wanted)
