"""People who were asked to help, as the page of the incident shows them."""

from dataclasses import dataclass

from incidents.models import Incident, IncidentResponder, ResponderState


@dataclass(frozen=True, slots=True)
class Look:
    word: str
    tone: str
    icon: str


LOOKS = {
    ResponderState.REQUESTED: Look("asked", "info", "clock"),
    ResponderState.ACCEPTED: Look("comes", "ok", "check"),
    ResponderState.DECLINED: Look("declined", "warn", "x"),
    ResponderState.EXPIRED: Look("no answer", "danger", "circle-alert"),
    ResponderState.WITHDRAWN: Look("withdrawn", "neutral", "undo-2"),
    ResponderState.ENDED: Look("it was over first", "neutral", "ban"),
}
Helper = tuple[IncidentResponder, Look]


def helpers_of(incident: Incident) -> list[Helper]:
    """In the order in which they were asked."""
    rows = incident.responders.select_related("user")
    return [(row, LOOKS[ResponderState(row.state)]) for row in rows]


def asked_of(user_id: int | None, helpers: list[Helper]) -> IncidentResponder | None:
    """The request that waits for an answer of this person."""
    mine = (row for row, _ in helpers if row.user_id == user_id and row.waits)
    return next(mine, None)
