"""Whoever asked for help hears what became of it: an answer, no answer, nobody reached."""

from datetime import datetime

from accounts.models import User
from core.actor import Actor
from core.domain.phrase import Phrase, mark
from escalation import queries as escalation
from incidents import messages
from incidents.domain.marks import NEWS
from incidents.domain.responders import ResponderState
from incidents.models import Incident, IncidentResponder
from notifications import commands as notifications


def tell(
    incident: Incident,
    row: IncidentResponder,
    text: str,
    *,
    loud: bool,
    now: datetime,
    by: Actor | None = None,
) -> None:
    """Once per request and text; `loud` when the asker must not miss it. Joins the transaction."""
    requests = [
        notifications.PageRequest(
            subject_kind=NEWS,
            subject_id=incident.pk,
            page_key=f"help.{row.pk}.{row.state.lower()}.{'loud' if loud else 'news'}.{user.pk}",
            user=user,
            message=messages.help_news(incident, text, loud=loud, user=user),
            urgency=incident.urgency,
            quiet=not loud,
            may_wait=not loud,
        )
        for user in _listeners(incident, row)
        if by is None or by.user_pk != user.pk
    ]
    if requests:
        notifications.enqueue(requests, now=now)


def answer_of(row: IncidentResponder, alone: bool) -> str:
    """What the answer means; `alone`: nobody else of those asked may still come."""
    reason = f" (“{row.note}”)" if row.note else ""
    if row.state == ResponderState.ACCEPTED:
        return Phrase("{who} comes to help{reason}", who=str(row.user), reason=reason)
    said = mark("{who} cannot help{reason}")
    if alone:
        said = mark("{who} cannot help{reason}. Nobody comes: ask somebody else")
    return Phrase(said, who=str(row.user), reason=reason)


def _listeners(incident: Incident, row: IncidentResponder) -> list[User]:
    """The asker; where they are gone, who has the incident, else the fallback contact."""
    for pk in (row.asked_by_id, incident.assignee_id):
        found = User.objects.pageable().filter(pk=pk).first() if pk else None
        if found is not None:
            return [found]
    return [one.user for one in escalation.fallback(incident.policy_version_id)]
