"""Requests for help that got no answer, or reached nobody: the asker is told, loudly."""

import functools
from datetime import datetime

from django.db import transaction

from core.actor import SYSTEM
from core.domain.phrase import Phrase
from core.errors import NotFound
from core.later import Later
from incidents.commands import asker
from incidents.commands.records import lock, log
from incidents.domain.responders import ResponderState, nobody_left
from incidents.models import EventType, Incident, IncidentResponder

_LATER = Later("the end of the requests for help with incident", gone=(NotFound,))


def expire_requests(now: datetime, limit: int = 100) -> int:
    """Rounds whose time is over; returns how many requests. Safe to run in several places."""
    due = IncidentResponder.objects.filter(due_at__lte=now).order_by("due_at")
    one = functools.partial(_expire, now=now)
    return _LATER.each(due, one, now=now, limit=limit, key="incident_id")


@transaction.atomic
def _expire(pk: int, now: datetime) -> int:
    """All rounds of one incident, each told for itself."""
    incident = lock(Incident(pk=pk))
    late = IncidentResponder.objects.filter(incident=pk, due_at__lte=now).order_by("round")
    rounds = dict.fromkeys(late.values_list("round", flat=True))
    return sum(_expire_round(incident, number, now) for number in rounds)


def _expire_round(incident: Incident, number: int, now: datetime) -> int:
    together = IncidentResponder.objects.filter(incident=incident, round=number)
    late = list(
        together.filter(state=ResponderState.REQUESTED, due_at__lte=now)
        .select_related("user", "asked_by")
        .order_by("id")
    )
    if not late:
        return 0
    for row in late:
        row.state, row.due_at = ResponderState.EXPIRED, None
    IncidentResponder.objects.bulk_update(late, ["state", "due_at"])
    silent = ", ".join(str(row.user) for row in late)
    alone = nobody_left(
        [ResponderState(state) for state in together.values_list("state", flat=True)]
    )
    details = {"silent": [str(row.user) for row in late], "nobody": alone}
    log(incident, EventType.RESPONDER_EXPIRED, by=SYSTEM, now=now, details=details)
    if alone:
        text = Phrase("Nobody comes: no answer from {who}. Ask somebody else", who=silent)
        asker.tell(incident, late[0], text, loud=True, now=now)
    return len(late)


def unreached(incident_id: int, user_id: int, now: datetime) -> None:
    """No channel reached the person who was asked: waiting for an answer would be waiting."""
    rows = IncidentResponder.objects.filter(
        incident=incident_id, user=user_id, state=ResponderState.REQUESTED
    )
    row = rows.select_related("user", "asked_by", "incident__service").first()
    if row is not None:
        text = Phrase(
            "{who} cannot be reached by any channel. Ask somebody else", who=str(row.user)
        )
        asker.tell(row.incident, row, text, loud=True, now=now)
