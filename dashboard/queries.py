"""Readers that look across all apps: the state of the world, system health, the first steps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, Q, QuerySet

from accounts.models import User
from core import config, heartbeat
from escalation.models import EscalationPolicy, Step
from incidents import queries as incidents
from incidents.models import EscalationState, Incident, Page, Status
from notifications.models import Delivery, DeliveryState, OutboxMail
from schedules.models import Schedule
from services.models import Integration, Service

# Heartbeat -> what it is called, and after how many seconds it counts as late.
PROCESSES = {
    "ticker": ("Escalation timer", 5.0),
    "sender": ("Sender", 5.0),
    "q2": ("Background jobs", 20.0),
}
LONG_DEAD = 60.0
ORPHAN_GRACE = timedelta(seconds=60)
QUEUE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class World:
    """The strip on top of the Command Center, of what the person may see."""

    active: int
    unacknowledged: int
    acknowledged: int
    snoozed: int
    waits: timedelta | None


def world(user: User, now: datetime) -> World:
    """By one query. Active: open or acknowledged; `waits`: age of the oldest open one."""
    open_ones = Q(status=Status.OPEN)
    taken = Q(status=Status.ACKNOWLEDGED)
    found = incidents.visible_to(user).exclude(status=Status.RESOLVED)
    facts = found.order_by().aggregate(
        unacknowledged=Count("id", filter=open_ones),
        acknowledged=Count("id", filter=taken),
        snoozed=Count("id", filter=Q(status=Status.SNOOZED)),
        oldest=Min("created_at", filter=open_ones),
    )
    oldest = facts.pop("oldest")
    active = facts["unacknowledged"] + facts["acknowledged"]
    return World(active=active, waits=oldest and now - oldest, **facts)


def queue_of(user: User) -> list[Incident]:
    """Active incidents that are the person's: assigned to them, or they were paged for."""
    paged = Page.objects.filter(user=user, incident__status__in=[Status.OPEN, Status.ACKNOWLEDGED])
    mine = Q(assignee=user) | Q(pk__in=paged.values("incident_id"), status=Status.OPEN)
    rows = incidents.with_names(incidents.visible_to(user)).filter(mine)
    rows = rows.filter(status__in=[Status.OPEN, Status.ACKNOWLEDGED])
    return list(rows.order_by("-status", "-id")[:QUEUE_LENGTH])


@dataclass(frozen=True, slots=True)
class Beat:
    """One process and when it last proved to be alive."""

    label: str
    at: datetime | None
    tone: str
    word: str


def beats(now: datetime) -> list[Beat]:
    last = heartbeat.last()
    return [_beat(label, last.get(name), late, now) for name, (label, late) in PROCESSES.items()]


def _beat(label: str, at: datetime | None, late: float, now: datetime) -> Beat:
    if at is None:
        return Beat(label, None, "danger", "never seen")
    if heartbeat.is_fresh(at, now=now, seconds=late):
        return Beat(label, at, "ok", "alive")
    dead = (now - at).total_seconds() > LONG_DEAD
    return Beat(label, at, "danger" if dead else "warn", "silent")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an admin must know: counts that should be zero."""

    exhausted: int
    orphans: int
    unsent_mail: int
    no_mail_server: bool


def trouble(now: datetime) -> Trouble:
    exhausted = Incident.objects.filter(
        status=Status.OPEN, escalation_state=EscalationState.EXHAUSTED
    )
    return Trouble(
        exhausted=exhausted.count(),
        orphans=incidents.orphans(now, ORPHAN_GRACE).count(),
        unsent_mail=OutboxMail.objects.count(),
        no_mail_server=not config.get("email_url"),
    )


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something above the page that an admin must not overlook."""

    tone: str
    title: str
    text: str
    url_name: str
    label: str


def alarms(found: Trouble) -> list[Alarm]:
    """The worst first."""
    said = []
    if found.orphans:
        text = f"{found.orphans} open without a next step: the escalation timer is not working."
        title = "Incidents escalate to nobody"
        said.append(Alarm("danger", title, text, "dashboard:health", "See why"))
    if found.exhausted:
        what = "1 incident has" if found.exhausted == 1 else f"{found.exhausted} incidents have"
        text = f"{what} gone through the whole policy without an answer."
        said.append(Alarm("danger", "Nobody has acknowledged", text, "incidents:list", "Show"))
    if found.no_mail_server:
        text = "No mail server: pages by mail are recorded as not sent."
        said.append(Alarm("warn", "Mail is not set up", text, "settings:home", "Set it up"))
    return said


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One item of the first-run checklist; `url_name` leads to where it is done."""

    title: str
    text: str
    url_name: str
    done: bool


def first_steps(user: User) -> list[FirstStep]:
    """From nothing to the first proven page, each item read from rows; one query."""
    sent = Delivery.objects.filter(subject_kind="incident", state=DeliveryState.SENT)
    has = _present(
        people=User.objects.exclude(pk=user.pk),
        schedule=Schedule.objects.filter(archived_at=None),
        policy=EscalationPolicy.objects.filter(archived_at=None, current__in=_versions()),
        service=Service.objects.filter(archived_at=None).exclude(policy=None),
        integration=Integration.objects.filter(service__archived_at=None),
        page=sent,
    )
    return [
        FirstStep(title, text, url, bool(config.get("email_url")) if key == "mail" else has[key])
        for key, title, text, url in FIRST_STEPS
    ]


def _versions() -> QuerySet[Step, Any]:
    return Step.objects.filter(targets__isnull=False).values("version")


def _present(**rows: QuerySet) -> dict[str, bool]:
    """Whether each of the querysets has a row, asked together."""
    asked = {key: Exists(found) for key, found in rows.items()}
    return dict(User.objects.order_by().values(**asked)[:1].get())


FIRST_STEPS = (
    ("mail", "Set up the mail server", "Pages leave by mail first.", "settings:home"),
    ("people", "Invite people", "Whoever can be on call needs an account.", "users:invite"),
    ("schedule", "Make a schedule", "Who is on call, and when it changes.", "schedules:list"),
    ("policy", "Write an escalation policy", "Who is paged first, who next.", "escalation:list"),
    ("service", "Add a service", "What can break, with its policy.", "services:create"),
    ("integration", "Connect a tool", "A key for your monitoring.", "services:list"),
    ("page", "Receive the first page", "Send a test event and acknowledge it.", "services:list"),
)
