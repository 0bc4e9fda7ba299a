"""Messages about incidents: facts and actions; channels decide what they look like."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core import config, language
from core.domain.phrase import mark
from incidents import links
from incidents.domain.details import apart, lines
from incidents.models import EventType, Incident, IncidentEvent, IncidentResponder, Status
from notifications.domain.message import REQUEST, Action, Message

log = logging.getLogger("opsknight.paging")

URGENCIES = {"HIGH": mark("HIGH"), "MEDIUM": mark("MEDIUM"), "LOW": mark("LOW")}
STATUSES = {
    "OPEN": mark("Still open"),
    "ACKNOWLEDGED": mark("Acknowledged"),
    "RESOLVED": mark("Resolved"),
    "SNOOZED": mark("Snoozed"),
    "SUPPRESSED": mark("Suppressed"),
}
# Of a service level: (to come, missed), by the clock.
CLOCKS = {
    "ack": (
        mark("To be acknowledged by {moment}"),
        mark("Not acknowledged in time: it was due by {moment}"),
    ),
    "resolve": (
        mark("To be resolved by {moment}"),
        mark("Not resolved in time: it was due by {moment}"),
    ),
}
DETAILS = 30
DETAIL_LENGTH = 300
WATCHED = 20  # incidents that one message to a watcher names


def page_message(incident: Incident, user: User, reason: str, *, now: datetime) -> Message:
    """The page that wakes `user`: what broke, since when, why them, one tap to acknowledge.

    Never raises: whatever stops the full message, the person is told what broke.
    """
    try:
        with language.speaking_to(user.language):
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
    since = language.moment(incident.created_at, user.zone, language.TO_THE_SECOND)
    facts = [
        (_("Service"), incident.service.name),
        (_("Urgency"), _(URGENCIES[incident.urgency])),
        (_("Since"), since),
        (_("Why you"), language.worded(reason)),
    ]
    if incident.alert_count > 1:
        facts.append((_("Alerts"), str(incident.alert_count)))
    if incident.assignee:
        facts.append((_("Assigned to"), str(incident.assignee)))
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
            Action(_("Acknowledge"), links.acknowledge_url(incident, user), "primary"),
            Action(_("Open incident"), url, "secondary"),
        ),
        urgency=incident.urgency,
        tag=_(URGENCIES[incident.urgency]),
        service=incident.service.name,
        since=since,
        state="triggered",
    )


def _details(details: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the monitoring tool sent, as far as a mail may be long."""
    found = lines(details, most=DETAILS + 1, width=DETAIL_LENGTH)
    rest = [("…", _("there is more on the page of the incident"))] if found[DETAILS:] else []
    return tuple(found[:DETAILS] + rest)


def owner_message(incident: Incident, user: User, reason: str, *, now: datetime) -> Message:
    """It is theirs now: a page while nobody has taken it, else news that rings like one."""
    page = page_message(incident, user, reason, now=now)
    if incident.status == Status.OPEN:
        return page
    url = links.incident_url(incident)
    with language.speaking_to(user.language):
        actions = (Action(_("Open incident"), url, "secondary"),)
        status = _(STATUSES[incident.status])
        facts = (*page.facts, (_("Status"), status))
        return replace(page, kind="assigned", tag=_("Assigned"), facts=facts, actions=actions)


def request_message(row: IncidentResponder) -> Message:
    """Somebody asks for help: who, why, with what, and one page to say yes or no."""
    with language.speaking_to(row.user.language):
        return _request(row)


def _request(row: IncidentResponder) -> Message:
    incident, user = row.incident, row.user
    url = links.incident_url(incident)
    asks = _("{who} asks for your help").format(who=row.asked_by_label)
    return Message(
        kind=REQUEST,
        subject_id=str(incident.pk),
        title=f"{asks}: #{incident.pk} {incident.title}",
        facts=(
            (_("Service"), incident.service.name),
            (_("Urgency"), _(URGENCIES[incident.urgency])),
            (_("Status"), _(STATUSES[incident.status])),
            (_("Asked by"), row.asked_by_label),
            (_("Why you"), row.source),
        ),
        body=row.message,
        url=url,
        actions=(
            Action(_("Accept or decline"), links.respond_url(incident, user), "primary"),
            Action(_("Open incident"), url, "secondary"),
        ),
        urgency=incident.urgency,
        tag=_("Help wanted"),
        service=incident.service.name,
    )


def help_news(incident: Incident, text: str, *, loud: bool, user: User) -> Message:
    """What became of a request for help, for whoever asked; `text` may be a phrase."""
    with language.speaking_to(user.language):
        return _help(incident, f"#{incident.pk} {language.worded(text)}", loud)


def _help(incident: Incident, title: str, loud: bool) -> Message:
    url = links.incident_url(incident)
    return Message(
        kind="help" if loud else "news",
        subject_id=str(incident.pk),
        title=title,
        facts=((_("Incident"), incident.title), (_("Service"), incident.service.name)),
        url=url,
        actions=(Action(_("Open incident"), url, "secondary"),),
        urgency=incident.urgency,
        tag=_("Help"),
        service=incident.service.name,
    )


def over_message(
    incident: Incident, state: str, who: str, *, now: datetime, code: str = language.ENGLISH
) -> Message:
    """News for people who were paged: it is over for them, and who took it.

    `state`: how it stands, such as resolved; `code` names the language.
    """
    with language.speaking(code):
        return _over(incident, state, who, code)


def _over(incident: Incident, state: str, who: str, code: str) -> Message:
    url, what = links.incident_url(incident), _(STATUSES[state.upper()])
    how = _("by {name}").format(name=who) if who else _("automatically")
    facts = ((_("Service"), incident.service.name), (what, how))
    return Message(
        kind="news",
        subject_id=str(incident.pk),
        title=f"#{incident.pk} {incident.title}",
        facts=facts,
        body="",
        url=url,
        actions=(Action(_("Open incident"), url, "secondary"),),
        urgency=incident.urgency,
        tag=what,
        language=code,
        service=incident.service.name,
        state=state.lower(),
    )


def watch_message(lines: Sequence[tuple[Incident, str]], user: User) -> Message:
    """News for a watcher: what happened to each incident since the last message."""
    with language.speaking_to(user.language):
        return _watched([(row, language.worded(said)) for row, said in lines])


def _watched(lines: Sequence[tuple[Incident, str]]) -> Message:
    incident, what = lines[0]
    numbers = {"incidents": [row.pk for row, _ in lines]}
    if len(lines) == 1:
        url = links.incident_url(incident)
        return Message(
            kind="watch",
            subject_id=str(incident.pk),
            title=f"#{incident.pk} {incident.title}",
            facts=((_("Service"), incident.service.name), (_("What happened"), what)),
            url=url,
            actions=(Action(_("Open incident"), url, "secondary"),),
            urgency="LOW",
            tag=_("Watched"),
            data=numbers,
            service=incident.service.name,
        )
    url = config.absolute(reverse("incidents:list") + "?status=all&watched=me")
    more = len(lines) - WATCHED
    return Message(
        kind="watch",
        subject_id="list",
        title=_("{count} incidents that you watch have changed").format(count=len(lines)),
        facts=tuple((f"#{row.pk} {row.title}"[:60], said) for row, said in lines[:WATCHED]),
        body=_("And {count} more.").format(count=more) if more > 0 else "",
        url=url,
        actions=(Action(_("Open the list"), url, "secondary"),),
        urgency="LOW",
        tag=_("Watched"),
        data=numbers,
    )


def mention_message(incident: Incident, text: str, who: str, called: str, user: User) -> Message:
    """`called`: the name of the team that was meant, "" for the person."""
    with language.speaking_to(user.language):
        return _mention(incident, text, who, called)


def _mention(incident: Incident, text: str, who: str, called: str) -> Message:
    url = links.incident_url(incident)
    asks = _("{who} asks for you")
    if called:
        asks = _("{who} asks the team {team}")
    title = asks.format(who=who, team=called)
    return Message(
        kind="mention",
        subject_id=str(incident.pk),
        title=f"{title}: #{incident.pk} {incident.title}",
        facts=(
            (_("Service"), incident.service.name),
            (_("Urgency"), _(URGENCIES[incident.urgency])),
        ),
        body=text[:2000],
        url=url,
        actions=(Action(_("Open incident"), url, "secondary"),),
        urgency=min(incident.urgency, "MEDIUM", key=("LOW", "MEDIUM", "HIGH").index),
        tag=_("Mention"),
        service=incident.service.name,
        data={"incidents": [incident.pk]},
    )


def clock_message(events: Sequence[IncidentEvent], user: User) -> Message:
    """Warnings and breaches of service levels, in the zone of whoever reads them."""
    with language.speaking_to(user.language):
        return _clock(events[0], user) if len(events) == 1 else _clocks(events, user)


def _clocks(events: Sequence[IncidentEvent], user: User) -> Message:
    url = config.absolute(reverse("incidents:list") + "?status=all&sla=breached")
    more = len(events) - WATCHED
    said = [(event.incident, clock_words(event, user.zone)) for event in events[:WATCHED]]
    return Message(
        kind="news",
        subject_id="list",
        title=_("Service level: {count} clocks run out or have").format(count=len(events)),
        facts=tuple((f"#{row.pk} {row.title}"[:60], words) for row, words in said),
        body=_("And {count} more.").format(count=more) if more > 0 else "",
        url=url,
        actions=(Action(_("Open the list"), url, "primary"),),
        urgency=min((event.incident.urgency for event in events), key=list(URGENCIES).index),
        tag=_("Service level"),
    )


def _clock(event: IncidentEvent, user: User) -> Message:
    incident = event.incident
    url = links.incident_url(incident)
    return Message(
        kind="news",
        subject_id=str(incident.pk),
        title=f"#{incident.pk} {incident.title}",
        facts=(
            (_("Service level"), clock_words(event, user.zone)),
            (_("Service"), incident.service.name),
            (_("Status"), _(STATUSES[incident.status])),
            (_("Assigned to"), str(incident.assignee or incident.assigned_team or _("nobody"))),
        ),
        url=url,
        actions=(Action(_("Open incident"), url, "primary"),),
        urgency=incident.urgency,
        tag=_("Service level"),
        service=incident.service.name,
    )


def clock_words(event: IncidentEvent, zone: tzinfo) -> str:
    """ "To be acknowledged by Mon 02 Mar 14:15 CET", "Not resolved in time: it was due by …"."""
    details = event.details
    texts = CLOCKS["ack" if details.get("clock") == "ack" else "resolve"]
    due = details.get("due_at")
    moment = _("now")
    if due:
        at = datetime.fromisoformat(due)
        moment = language.moment(at, zone, language.WITHIN_A_YEAR)
    return _(texts[event.type == EventType.SLA_BREACHED]).format(moment=moment)
