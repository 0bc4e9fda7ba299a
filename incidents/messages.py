"""Messages about incidents: facts and actions; channels decide what they look like."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from django.urls import reverse

from accounts.models import User
from core import config
from incidents import links
from incidents.domain.details import apart, lines
from incidents.models import EventType, Incident, IncidentEvent, IncidentResponder, Status
from notifications.domain.message import REQUEST, Action, Message

log = logging.getLogger("opsknight.paging")

DETAILS = 30
DETAIL_LENGTH = 300
WATCHED = 20  # incidents that one message to a watcher names


def page_message(incident: Incident, user: User, reason: str, *, now: datetime) -> Message:
    """The page that wakes `user`: what broke, since when, why them, one tap to acknowledge.

    Never raises: whatever stops the full message, the person is told what broke.
    """
    try:
        return _full_page(incident, user, reason)
    except Exception:
        log.exception("page about incident %d is sent without its details", incident.pk)
        return Message(
            kind="page",
            subject_id=str(incident.pk),
            title=f"#{incident.pk} {incident.title}",
            urgency=incident.urgency,
            tag=incident.urgency,
        )


def _full_page(incident: Incident, user: User, reason: str) -> Message:
    zone = user.zone
    facts = [
        ("Service", incident.service.name),
        ("Urgency", incident.urgency),
        ("Since", f"{incident.created_at.astimezone(zone):%a %d %b %Y %H:%M:%S %Z}"),
        ("Why you", reason),
    ]
    if incident.alert_count > 1:
        facts.append(("Alerts", str(incident.alert_count)))
    if incident.assignee:
        facts.append(("Assigned to", str(incident.assignee)))
    url = links.incident_url(incident)
    body, details = apart(incident.description, incident.custom_details)
    return Message(
        kind="page",
        subject_id=str(incident.pk),
        title=f"#{incident.pk} {incident.title}",
        facts=tuple(facts),
        body=body[:2000],
        details=_details(details),
        url=url,
        actions=(
            Action("Acknowledge", links.acknowledge_url(incident, user), "primary"),
            Action("Open incident", url, "secondary"),
        ),
        urgency=incident.urgency,
        tag=incident.urgency,
    )


def _details(details: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the monitoring tool sent, as far as a mail may be long."""
    found = lines(details, most=DETAILS + 1, width=DETAIL_LENGTH)
    rest = [("…", "there is more on the page of the incident")] if found[DETAILS:] else []
    return tuple(found[:DETAILS] + rest)


def owner_message(incident: Incident, user: User, reason: str, *, now: datetime) -> Message:
    """It is theirs now: a page while nobody has taken it, else news that rings like one."""
    page = page_message(incident, user, reason, now=now)
    if incident.status == Status.OPEN:
        return page
    url = links.incident_url(incident)
    actions = (Action("Open incident", url, "secondary"),)
    facts = (*page.facts, ("Status", incident.status.capitalize()))
    return replace(page, kind="assigned", tag="Assigned", facts=facts, actions=actions)


def request_message(row: IncidentResponder) -> Message:
    """Somebody asks for help: who, why, with what, and one page to say yes or no."""
    incident, user = row.incident, row.user
    url = links.incident_url(incident)
    return Message(
        kind=REQUEST,
        subject_id=str(incident.pk),
        title=f"{row.asked_by_label} asks for your help: #{incident.pk} {incident.title}",
        facts=(
            ("Service", incident.service.name),
            ("Urgency", incident.urgency),
            ("Status", incident.status.capitalize()),
            ("Asked by", row.asked_by_label),
            ("Why you", row.source),
        ),
        body=row.message,
        url=url,
        actions=(
            Action("Accept or decline", links.respond_url(incident, user), "primary"),
            Action("Open incident", url, "secondary"),
        ),
        urgency=incident.urgency,
        tag="Help wanted",
    )


def help_news(incident: Incident, title: str, *, loud: bool) -> Message:
    """What became of a request for help, for whoever asked."""
    url = links.incident_url(incident)
    return Message(
        kind="help" if loud else "news",
        subject_id=str(incident.pk),
        title=title,
        facts=(("Incident", incident.title), ("Service", incident.service.name)),
        url=url,
        actions=(Action("Open incident", url, "secondary"),),
        urgency=incident.urgency,
        tag="Help",
    )


def over_message(incident: Incident, what: str, who: str, *, now: datetime) -> Message:
    """News for people who were paged: it is over for them, and who took it."""
    url = links.incident_url(incident)
    facts = (("Service", incident.service.name), (what, f"by {who}" if who else "automatically"))
    return Message(
        kind="news",
        subject_id=str(incident.pk),
        title=f"#{incident.pk} {incident.title}",
        facts=facts,
        body="",
        url=url,
        actions=(Action("Open incident", url, "secondary"),),
        urgency=incident.urgency,
        tag=what,
    )


def watch_message(lines: Sequence[tuple[Incident, str]]) -> Message:
    """News for a watcher: what happened to each incident since the last message."""
    incident, what = lines[0]
    numbers = {"incidents": [row.pk for row, _ in lines]}
    if len(lines) == 1:
        url = links.incident_url(incident)
        return Message(
            kind="watch",
            subject_id=str(incident.pk),
            title=f"#{incident.pk} {incident.title}",
            facts=(("Service", incident.service.name), ("What happened", what)),
            url=url,
            actions=(Action("Open incident", url, "secondary"),),
            urgency="LOW",
            tag="Watched",
            data=numbers,
        )
    url = config.absolute(reverse("incidents:list") + "?status=all&watched=me")
    more = len(lines) - WATCHED
    return Message(
        kind="watch",
        subject_id="list",
        title=f"{len(lines)} incidents that you watch have changed",
        facts=tuple((f"#{row.pk} {row.title}"[:60], said) for row, said in lines[:WATCHED]),
        body=f"And {more} more." if more > 0 else "",
        url=url,
        actions=(Action("Open the list", url, "secondary"),),
        urgency="LOW",
        tag="Watched",
        data=numbers,
    )


def mention_message(incident: Incident, text: str, who: str, called: str) -> Message:
    """`called`: the name of the team that was meant, "" for the person."""
    url = links.incident_url(incident)
    return Message(
        kind="mention",
        subject_id=str(incident.pk),
        title=f"{who} asks {f'the team {called}' if called else 'for you'}: #{incident.pk}"
        f" {incident.title}",
        facts=(("Service", incident.service.name), ("Urgency", incident.urgency)),
        body=text[:2000],
        url=url,
        actions=(Action("Open incident", url, "secondary"),),
        urgency=min(incident.urgency, "MEDIUM", key=("LOW", "MEDIUM", "HIGH").index),
        tag="Mention",
        data={"incidents": [incident.pk]},
    )


def clock_message(event: IncidentEvent, user: User) -> Message:
    """A warning or a breach of the service level, in the zone of whoever reads it."""
    incident = event.incident
    url = links.incident_url(incident)
    return Message(
        kind="news",
        subject_id=str(incident.pk),
        title=f"#{incident.pk} {incident.title}",
        facts=(
            ("Service level", clock_words(event, user.zone)),
            ("Service", incident.service.name),
            ("Status", incident.status.capitalize()),
            ("Assigned to", str(incident.assignee or incident.assigned_team or "nobody")),
        ),
        url=url,
        actions=(Action("Open incident", url, "primary"),),
        urgency=incident.urgency,
        tag="Service level",
    )


def clock_words(event: IncidentEvent, zone: tzinfo) -> str:
    """ "To be acknowledged by Mon 02 Mar 14:15 CET", "Not resolved in time: it was due by …"."""
    details = event.details
    verb = "acknowledged" if details.get("clock") == "ack" else "resolved"
    due = details.get("due_at")
    by = f"{datetime.fromisoformat(due).astimezone(zone):%a %d %b %H:%M %Z}" if due else "now"
    if event.type == EventType.SLA_BREACHED:
        return f"Not {verb} in time: it was due by {by}"
    return f"To be {verb} by {by}"
