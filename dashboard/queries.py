"""Readers that look across all apps: the state of the world, system health, the first steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Func, IntegerField, Min, Q, QuerySet, Subquery
from django_q.models import Failure

from accounts.models import User
from core import config, heartbeat
from core.models import Heartbeat
from dashboard.domain import alarm
from dashboard.domain.alarm import Book, Entry, Part
from escalation.models import EscalationPolicy, Step
from incidents import queries as incidents
from incidents.models import (
    EscalationState,
    Incident,
    IncidentResponder,
    Page,
    PagingFault,
    ResponderState,
    Status,
)
from notifications import queries as notifications
from notifications.models import OutboxMail
from schedules.models import Schedule
from services.models import Integration, Service

# Heartbeat -> what it is called, and after how many seconds it counts as late.
PROCESSES = {
    "ticker": ("Escalation timer", 5.0),
    "sender": ("Sender", 5.0),
    "q2": ("Background jobs", 20.0),
}
LONG_DEAD = 60.0
CHECK = "paging check"  # heartbeat of the minute's look at `trouble`
ALARMS = "alarms"  # row of the book of alarms about the pager itself
ORPHAN_GRACE = timedelta(seconds=60)
OVERDUE_GRACE = timedelta(seconds=30)
LATELY = timedelta(days=1)
QUEUE_LENGTH = 10
HELP = (ResponderState.REQUESTED, ResponderState.ACCEPTED)
SOON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class World:
    """The strip on top of the Command Center, of what the person may see."""

    active: int
    unacknowledged: int
    acknowledged: int
    snoozed: int
    exhausted: int
    waits: timedelta | None
    late: int = 0
    soon: int = 0


_EXHAUSTED = Q(escalation_state=EscalationState.EXHAUSTED)


def world(user: User, now: datetime) -> World:
    """By one query. Active: open or acknowledged; `waits`: age of the oldest open one."""
    open_ones = Q(status=Status.OPEN)
    taken = Q(status=Status.ACKNOWLEDGED)
    found = incidents.visible_to(user).exclude(status=Status.RESOLVED)
    facts = found.order_by().aggregate(
        unacknowledged=Count("id", filter=open_ones),
        acknowledged=Count("id", filter=taken),
        snoozed=Count("id", filter=Q(status=Status.SNOOZED)),
        exhausted=Count("id", filter=open_ones & _EXHAUSTED),
        oldest=Min("created_at", filter=open_ones),
    )
    oldest = facts.pop("oldest")
    active = facts["unacknowledged"] + facts["acknowledged"]
    late, soon = _promises(user, now)
    waits = oldest and now - oldest
    return World(active=active, waits=waits, late=late, soon=soon, **facts)


def _promises(user: User, now: datetime) -> tuple[int, int]:
    """How many incidents broke their service level and go on, and how many will within SOON."""
    rows = incidents.visible_to(user).exclude(status=Status.RESOLVED)
    late = rows.filter(incidents.late()).order_by().count()
    return late, rows.filter(incidents.late_by(now + SOON)).order_by().count()


def exhausted_for(user: User) -> list[Incident]:
    """Open ones whose policy has run out, the oldest first: they stand here until a human acts."""
    rows = incidents.with_names(incidents.visible_to(user)).filter(_EXHAUSTED, status=Status.OPEN)
    return list(rows.order_by("id")[:QUEUE_LENGTH])


def queue_of(user: User, besides: Collection[Incident] = ()) -> list[Incident]:
    """Active incidents that are the person's: assigned, paged about, or asked to help with.

    `besides`: those that the page already shows.
    """
    paged = Page.objects.filter(user=user, incident__status__in=[Status.OPEN, Status.ACKNOWLEDGED])
    mine = Q(assignee=user) | Q(pk__in=paged.values("incident_id"), status=Status.OPEN)
    mine |= Q(pk__in=IncidentResponder.objects.filter(user=user, state__in=HELP).values("incident"))
    rows = incidents.with_names(incidents.visible_to(user)).filter(mine)
    rows = rows.filter(status__in=[Status.OPEN, Status.ACKNOWLEDGED])
    rows = rows.exclude(pk__in=[incident.pk for incident in besides])
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
    """What an admin must know: counts that should be zero.

    `orphans`: incidents that nothing will page for; `failing`: escalations that fail for a fault
    of ours, `untold` those among them of which not even the fallback contact heard; `overdue`:
    deliveries that the sender should have begun; `unreachable`: pages of the last day to people
    without any way to reach them; `dead_letters`: events and background jobs of the
    last day that were given up.
    """

    orphans: int = 0
    untold: int = 0
    failing: int = 0
    exhausted: int = 0
    overdue: int = 0
    unreachable: int = 0
    dead_letters: int = 0
    unsent_mail: int = 0
    no_mail_server: bool = False

    @classmethod
    def of(cls, detail: dict[str, Any]) -> "Trouble":
        """Read back from a heartbeat, which another version may have written."""
        return cls(**{key: detail[key] for key in cls.__dataclass_fields__ if key in detail})

    @property
    def silent(self) -> bool:
        """May a page be lost without anybody knowing?"""
        return bool(self.orphans or self.untold)


def trouble(now: datetime) -> Trouble:
    """By one query; all zero before anybody exists."""
    failing, since = incidents.failing(now), now - LATELY
    open_ones = Incident.objects.filter(status=Status.OPEN)
    found = _counted(
        orphans=incidents.orphans(now, ORPHAN_GRACE),
        untold=failing.filter(nobody_told=True),
        failing=failing,
        exhausted=open_ones.filter(_EXHAUSTED),
        overdue=notifications.overdue(now, OVERDUE_GRACE),
        late_bundles=incidents.overdue_bundles(now, OVERDUE_GRACE),
        unreachable=notifications.unreachable(since),
        events=incidents.given_up_events(since),
        fates=notifications.given_up_events(since),
        jobs=Failure.objects.filter(stopped__gte=since),
        unsent_mail=OutboxMail.objects.all(),
    )
    found["overdue"] = found.get("overdue", 0) + found.pop("late_bundles", 0)
    dead_letters = sum(found.pop(name, 0) for name in ("events", "fates", "jobs"))
    return Trouble(dead_letters=dead_letters, no_mail_server=not config.get("email_url"), **found)


def alarming(found: Trouble) -> dict[str, str]:
    """What of it the watchers raise an alarm about: part -> words."""
    said = {}
    if found.silent:
        said[str(Part.ESCALATION)] = (
            f"{found.orphans} without a next step, {found.untold} that fail and nobody was told"
        )
    if found.overdue:
        said[str(Part.DELIVERY)] = f"{found.overdue} overdue by more than 30 s"
    return said


def book_of(row: Heartbeat | None) -> Book:
    """The book of alarms; an entry of another version that cannot be read is left out."""
    book: dict[str, Entry] = {}
    for part, value in (row.detail if row else {}).items():
        try:
            book[str(Part(part))] = Entry.from_json(value)
        except (KeyError, TypeError, ValueError):
            continue
    return book


def broken_parts() -> dict[str, Entry]:
    """Parts of the pager about which an alarm stands, and what was said of it."""
    return alarm.standing(book_of(heartbeat.find(ALARMS)))


def broken_in_words() -> list[tuple[str, Entry]]:
    """The same with what each part's fault is called."""
    return [(alarm.MEANS[Part(part)].title, entry) for part, entry in broken_parts().items()]


def gauges(found: Trouble) -> list[tuple[str, int, str]]:
    """(label, count, tone) for the health page; those that are zero calm down."""
    lines = (
        ("Open incidents without a next step", found.orphans, "danger"),
        ("Escalations that keep failing", found.failing, "danger"),
        ("Exhausted policies", found.exhausted, "danger"),
        ("Pages overdue by more than 30 s", found.overdue, "warn"),
        ("Pages in a day to people without a way to reach them", found.unreachable, "warn"),
        ("Events and jobs given up in a day", found.dead_letters, "warn"),
    )
    return [(label, count, tone if count else "ok") for label, count, tone in lines]


def number_of(rows: QuerySet) -> Subquery:
    """COUNT(*) as a part of another query."""
    counted = rows.order_by().annotate(number=Func(F("pk"), function="COUNT"))
    return Subquery(counted.values("number"), output_field=IntegerField())


def _counted(**rows: QuerySet) -> dict[str, int]:
    """How many rows each of the querysets has, asked together."""
    asked = {name: number_of(found) for name, found in rows.items()}
    return dict(User.objects.order_by("pk").values(**asked).first() or {})


def stumbling(now: datetime) -> list[PagingFault]:
    """The escalations that fail, for the page that names them."""
    return list(incidents.failing(now)[:QUEUE_LENGTH])


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something above the page that an admin must not overlook."""

    tone: str
    title: str
    text: str
    url_name: str
    label: str


def _so_many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def alarms(found: Trouble, broken: Sequence[tuple[str, Entry]] = ()) -> list[Alarm]:
    """The worst first. `broken`: parts of the pager about which an alarm stands."""
    said = []
    for title, entry in broken:
        text = f"Told: {entry.told}." if entry.reached else "Nobody could be told of it yet."
        said.append(Alarm("danger", f"Broken: {title}", text, "dashboard:health", "Show"))
    if found.orphans:
        text = f"{found.orphans} open without a next step: the escalation timer is not working."
        title = "Incidents escalate to nobody"
        said.append(Alarm("danger", title, text, "dashboard:health", "See why"))
    if found.failing:
        instead = "the fallback contact was paged instead"
        if found.untold:
            instead = "not even the fallback contact could be paged"
        text = f"The escalation of {_so_many(found.failing, 'incident')} keeps failing; {instead}."
        said.append(Alarm("danger", "Escalations fail", text, "dashboard:health", "See which"))
    if found.exhausted:
        what = "1 incident has" if found.exhausted == 1 else f"{found.exhausted} incidents have"
        text = f"{what} gone through the whole policy without an answer."
        said.append(Alarm("danger", "Nobody has acknowledged", text, "incidents:list", "Show"))
    if found.overdue:
        text = f"{_so_many(found.overdue, 'page')} should have left by now."
        said.append(Alarm("warn", "Pages are late", text, "dashboard:health", "See why"))
    if found.unreachable:
        text = f"{_so_many(found.unreachable, 'page')} of the last day had nowhere to go."
        title = "People without a way to reach them"
        said.append(Alarm("warn", title, text, "notifications:deliveries", "Show"))
    if found.dead_letters:
        text = f"Events and jobs given up in the last day: {found.dead_letters}. The log says why."
        said.append(Alarm("warn", "Something was given up", text, "dashboard:health", "Show"))
    if found.no_mail_server:
        text = "No mail server: pages by mail are recorded as not sent."
        said.append(Alarm("warn", "Mail is not set up", text, "settings:home", "Set it up"))
    return said


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One item of the first-run checklist; `url_name` leads to where it is done.

    `optional`: whoever works alone needs it never.
    """

    title: str
    text: str
    url_name: str
    done: bool
    optional: bool = False


def first_steps(user: User) -> list[FirstStep]:
    """From nothing to the first proven page, each item read from rows; one query."""
    has = _present(
        people=User.objects.exclude(pk=user.pk),
        schedule=Schedule.objects.filter(archived_at=None),
        policy=EscalationPolicy.objects.filter(archived_at=None, current__in=_versions()),
        service=Service.objects.filter(archived_at=None).exclude(policy=None),
        integration=Integration.objects.filter(service__archived_at=None),
        mail=notifications.ways_out(),
        page=notifications.proofs_of(user),
    )
    has["mail"] = has["mail"] or bool(config.get("email_url"))
    return [
        FirstStep(title, text, url, has[key], key in OF_TEAMS)
        for key, title, text, url in FIRST_STEPS
    ]


def _versions() -> QuerySet[Step, Any]:
    return Step.objects.filter(targets__isnull=False).values("version")


def _present(**rows: QuerySet) -> dict[str, bool]:
    """Whether each of the querysets has a row, asked together."""
    asked = {key: Exists(found) for key, found in rows.items()}
    return dict(User.objects.order_by().values(**asked)[:1].get())


OF_TEAMS = {"people", "schedule"}
PROVIDERS, REACH = "notifications:providers", "notifications:reach"
FIRST_STEPS = (
    (
        "mail",
        "Open a way out",
        "A mail server, SMS, calls, push or chat.",
        "notifications:providers",
    ),
    ("people", "Invite people", "Whoever can be on call needs an account.", "users:invite"),
    ("schedule", "Make a schedule", "Who is on call, and when it changes.", "schedules:list"),
    ("policy", "Write an escalation policy", "Who is paged first, who next.", "escalation:list"),
    ("service", "Add a service", "What can break, with its policy.", "services:create"),
    ("integration", "Connect a tool", "A key for your monitoring.", "services:list"),
    ("page", "Prove that you are paged", "Send yourself a test page and acknowledge it.", REACH),
)
