"""Pages that a person asked for, beside the escalation: rows and deliveries like every page."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from incidents.models import Incident, Page, PageKind, Status
from notifications import commands as notifications
from notifications.domain.message import Message

Call = tuple[User, str, Message]  # whom, why them, what they are told


def call(
    incident: Incident,
    kind: PageKind,
    number: int,
    calls: Sequence[Call],
    *,
    now: datetime,
) -> None:
    """Pages people; `number` counts how often it was asked for. Joins the caller's transaction.

    While somebody works on the incident, quiet hours count for news that it is theirs now. A
    request for help waits for nothing.
    """
    pages = [
        Page(
            incident=incident,
            user=user,
            run=incident.run,
            cycle=number,
            step=0,
            kind=kind,
            reason=why[:300],
            created_at=now,
        )
        for user, why, _ in calls
    ]
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    waits = kind == PageKind.OWNER and incident.status != Status.OPEN
    requests = [
        notifications.PageRequest(
            subject_kind="incident",
            subject_id=incident.pk,
            page_key=page.key,
            user=user,
            message=message,
            urgency=incident.urgency,
            may_wait=waits,
        )
        for page, (user, _, message) in zip(pages, calls, strict=True)
    ]
    if requests:
        notifications.enqueue(requests, now=now)
