"""What the incident page and its fragments show, gathered once, and when it has changed."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest

from accounts.domain import roles
from accounts.models import User
from escalation.models import Step
from incidents import queries
from incidents.domain.details import apart, lines
from incidents.domain.lifecycle import MOVES
from incidents.models import (
    BundleMember,
    EventType,
    Incident,
    IncidentEvent,
    IncidentResponder,
    Mention,
    Note,
    SlaClock,
    Status,
)
from incidents.models.sla import present, pressing
from incidents.web import notes, timeline
from incidents.web.ladder import ladder_of
from incidents.web.responders import asked_of, helpers_of
from notifications import queries as notifications
from notifications.models import Delivery

TIMELINE_LENGTH = 60
MAX_DETAILS = 80
DETAIL_LENGTH = 2000
SHOWN_NAMES = (
    "service__team",
    "service__policy",
    "assignee",
    "assigned_team",
    "integration",
    "policy_version__policy",
    "policy_version__low_hours",
    "acknowledge_timer",
)
SNOOZES = ((15, "15 min"), (30, "30 min"), (60, "1 h"), (240, "4 h"), (480, "8 h"), (1440, "24 h"))


def found(user: User, number: int) -> Any:
    """The incident with the names that the page shows, and whether its messages to them are unseen.

    Raises Http404 when it is not theirs.
    """
    rows = _with_marks(queries.visible_to(user)).select_related(*SHOWN_NAMES)
    mine = notifications.unseen(user.pk).filter(subject_kind="incident")
    rows = rows.annotate(unseen=Exists(mine.filter(subject_id=OuterRef("pk")).order_by()))
    incident = rows.filter(pk=number).first()
    if incident is None:
        raise Http404
    return incident


def live(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """The context of the parts that follow what happens."""
    user: Any = request.user
    events = IncidentEvent.objects.filter(incident=incident).order_by("-id")
    shown = list(events[: TIMELINE_LENGTH + 1])
    helpers = helpers_of(incident) if getattr(incident, "has_helpers", True) else []
    clocks = _clocks(incident)
    description, details = apart(incident.description, incident.custom_details)
    return {
        "incident": incident,
        "etag": etag_of(user, incident),
        "can": moves(incident),
        "clocks": clocks,
        "pressing": pressing(clocks, incident.status),
        "ladder": ladder_of(incident),
        "entries": timeline.entries(shown[:TIMELINE_LENGTH]),
        "more_entries": len(shown) > TIMELINE_LENGTH,
        "notes": _notes(incident),
        "links": safe_links(incident.links),
        "details": lines(details, most=MAX_DETAILS, width=DETAIL_LENGTH),
        "description": description,
        "taken_by": _taken_by(shown),
        "responders": helpers,
        "asked_of_me": asked_of(user.pk, helpers),
        "ack_ends": queries.acknowledged_until(incident),
        "lasted": incident.resolved_at and incident.resolved_at - incident.created_at,
        "may_annotate": roles.may(user.role, roles.Ability.ANNOTATE_INCIDENT),
        "snoozes": SNOOZES,
    }


def moves(incident: Incident) -> dict[str, bool]:
    """The verbs that the life cycle allows now, by name."""
    status = Status(incident.status)
    allowed = MOVES[status]
    back = Status.OPEN in allowed
    return {
        "acknowledge": Status.ACKNOWLEDGED in allowed,
        "resolve": Status.RESOLVED in allowed,
        "snooze": Status.SNOOZED in allowed or status is Status.SNOOZED,
        "suppress": Status.SUPPRESSED in allowed,
        "unacknowledge": back and status is Status.ACKNOWLEDGED,
        "wake": back and status is Status.SNOOZED,
        "unsuppress": back and status is Status.SUPPRESSED,
        "reopen": back and status is Status.RESOLVED,
        "escalate": status is Status.OPEN,
        "ask": status not in {Status.RESOLVED, Status.SUPPRESSED},
    }


def safe_links(links: Any) -> list[dict[str, str]]:
    """Links that may become an `href`: http and https only, whoever sent them."""
    given = links if isinstance(links, list) else []
    pairs = [(str(link.get("href", "")), link) for link in given if isinstance(link, dict)]
    return [
        {"href": href, "text": str(link.get("text") or urlsplit(href).netloc)[:200]}
        for href, link in pairs
        if href.lower().startswith(("http://", "https://"))
    ]


def _taken_by(events: list[IncidentEvent]) -> str:
    """Who acknowledged last; events are newest first."""
    taken = (event for event in events if event.type == EventType.ACKNOWLEDGED)
    return next((event.actor_label for event in taken), "")


def _clocks(incident: Incident) -> list[SlaClock]:
    """Those that count now; the marks of `found` know whether there are any."""
    rows = SlaClock.objects.filter(incident=incident)
    return list(present(rows).values()) if getattr(incident, "clocks", True) else []


def _notes(incident: Incident) -> list[tuple[Note, str, list[str]]]:
    """Newest first: the note, its HTML, and who was called in it."""
    rows = Note.objects.filter(incident=incident).order_by("-id")
    if getattr(incident, "has_mentions", True):
        rows = rows.annotate(called=F("mentions__label")).order_by("-id", "mentions__id")
    found: dict[int, tuple[Note, list[str]]] = {}
    for note in rows:
        labels = found.setdefault(note.pk, (note, []))[1]
        if label := getattr(note, "called", None):
            labels.append(label)
    return [(note, notes.as_html(note.content), called) for note, called in found.values()]


def etag_of(user: User, incident: Incident) -> str:
    """Changes with everything that the live parts show; `incident` came from `found`."""
    policy = incident.service.policy
    marks = [getattr(incident, name) for name in MARKS]
    return _etag(user, (*marks, policy and policy.current_id, incident.service.name))


def state_of(user: User, number: int) -> str | None:
    """The same by one query, so that a poll which finds nothing new costs next to nothing.

    None when the incident is not theirs.
    """
    rows = _with_marks(queries.visible_to(user)).filter(pk=number)
    facts = rows.values_list(*MARKS, "service__policy__current_id", "service__name").first()
    return _etag(user, facts) if facts else None


MARKS = ("pk", "updated_at", "alert_count", "last_event", "clocks", "tries", "finished", "promised")


def _with_marks(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """Besides its own columns: how far timeline and deliveries have come."""
    events = IncidentEvent.objects.filter(incident=OuterRef("pk")).order_by()
    clocks = SlaClock.objects.filter(incident=OuterRef("pk")).order_by()
    ours = Delivery.objects.filter(subject_kind="incident", subject_id=OuterRef("pk"))
    sent = ours.order_by().values("subject_id")
    asked = IncidentResponder.objects.filter(incident=OuterRef("pk"))
    steps = Step.objects.filter(version=OuterRef("policy_version")).order_by().values("version")
    return rows.annotate(
        has_helpers=Exists(asked),
        steps=Coalesce(Subquery(steps.annotate(n=Count("id")).values("n")), 0),
        has_mentions=Exists(Mention.objects.filter(note__incident=OuterRef("pk"))),
        has_bundles=Exists(BundleMember.objects.filter(incident=OuterRef("pk"))),
        last_event=Subquery(events.values("incident").annotate(n=Max("id")).values("n")),
        clocks=Subquery(clocks.values("incident").annotate(n=Max("changed_at")).values("n")),
        tries=Subquery(sent.annotate(n=Sum("attempts")).values("n")),
        finished=Subquery(sent.annotate(n=Max("finished_at")).values("n")),
        promised=Subquery(sent.annotate(n=Count("id")).values("n")),
    )


def _etag(user: User, facts: tuple[Any, ...]) -> str:
    text = str((*facts, user.pk, user.role, user.time_zone))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
