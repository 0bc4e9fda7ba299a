"""What becomes of a request for help: its states and which answer is possible. Pure."""

from enum import StrEnum


class ResponderState(StrEnum):
    """EXPIRED: no answer in time, which the asker was told; a late answer still counts."""

    REQUESTED = "REQUESTED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"


WAITING = (ResponderState.REQUESTED, ResponderState.EXPIRED)
LIVE = (ResponderState.REQUESTED, ResponderState.ACCEPTED)  # asked again, nothing changes
OVER = {
    ResponderState.WITHDRAWN: "The request was withdrawn",
    ResponderState.ENDED: "The incident is over: nobody has to answer any more",
}


class CannotAnswer(ValueError):
    """The request takes no answer any more; the message says why."""


def answered(current: ResponderState, accept: bool) -> ResponderState | None:
    """The state after an answer; None when it is so already. Raises CannotAnswer.

    A mind may be changed while the incident goes on.
    """
    if current in OVER:
        raise CannotAnswer(OVER[current])
    wanted = ResponderState.ACCEPTED if accept else ResponderState.DECLINED
    return None if current == wanted else wanted


def nobody_left(states: list[ResponderState]) -> bool:
    """Whether those asked together have all failed the asker: none accepted, none may answer."""
    return not any(state in LIVE for state in states)
