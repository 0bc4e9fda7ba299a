"""Sample data: a small organisation at work, and incidents in every state with their history.

Written through the same commands as everything else, at instants in the past. The timer and the
sender of that past are played here, each story in one transaction, so that no running process takes
part and nobody is mailed about it, and none has to wait long for its turn to write.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from accounts import commands as accounts
from accounts.models import Role, Team, TeamRole, User
from core.actor import SYSTEM, Actor
from dashboard.commands.demo_stories import PEOPLE, SERVICES, STORIES, Move, Story
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from incidents import commands as incidents
from incidents.commands.records import log
from incidents.domain.alert import Action, AlertEvent, Severity
from incidents.models import Alert, EventType, Incident, IncidentEvent, Status
from notifications.commands import simulator
from notifications.models import Delivery, DeliveryState
from schedules import commands as schedules
from schedules.commands import LayerSpec
from schedules.models import RotationUnit, Schedule
from services import commands as services
from services.models import Integration, Service
from services.queries import door_of_integration

# The timer's own entry point, named by path as in opsknight/recurring.py.
ADVANCE = "incidents.paging.advance"
ZONE = "Europe/Berlin"
HISTORY = timedelta(days=40)
KEY_PREFIX = "demo-"


@dataclass
class Filled:
    """What is new: sign-in data are shown once."""

    passwords: list[tuple[str, str]] = field(default_factory=list)
    incidents: int = 0


def is_lived_in() -> bool:
    """Whether sample data would be mixed with real work, and real people paged about it."""
    if Incident.objects.filter(dedup_key__startswith=KEY_PREFIX).exists():
        return False  # they are there already; what is missing is added
    real: tuple[QuerySet[Any], ...] = (
        Service.objects.all(),
        Team.objects.all(),
        Schedule.objects.all(),
        EscalationPolicy.objects.all(),
        User.objects.exclude(role=Role.ADMIN),
    )
    return any(rows.exists() for rows in real)


def fill(now: datetime) -> Filled:
    """Adds what is missing; a second call changes nothing."""
    filled = Filled()
    start = now - HISTORY
    people = _people(filled, now)
    by = people["Alice Archer"].as_actor("cli")
    teams = _teams(people, by, start)
    policies = _policies(people, teams, _schedule(people, by, start), by, start)
    doors = _services(teams, policies, by, start)
    filled.incidents = Past(now, people, doors).play(STORIES)
    if settings.DEMO:  # last: of the past nothing rings
        simulator.hand_out(people.values(), by=by, now=now)
    return filled


def _people(filled: Filled, now: datetime) -> dict[str, User]:
    """Alice is the admin that exists already, when there is one."""
    found: dict[str, User] = {}
    admin = User.objects.active().filter(role=Role.ADMIN).order_by("id").first()
    for name, email, role in PEOPLE:
        user = User.objects.filter(email=email).first() or (admin if role == Role.ADMIN else None)
        if user is None:
            user = _new_person(name, email, role, filled, now)
        found[name] = user
    return found


def _new_person(name: str, email: str, role: str, filled: Filled, now: datetime) -> User:
    if role == Role.ADMIN:
        user, password = accounts.create_first_admin(
            email=email, name=name, by=SYSTEM, now=now, time_zone=ZONE
        )
    else:
        user, password = _invited(name, email, role, now)
    filled.passwords.append((email, password))
    return user


def _invited(name: str, email: str, role: str, now: datetime) -> tuple[User, str]:
    _, url = accounts.invite(email=email, name=name, role=role, by=SYSTEM, now=now, time_zone=ZONE)
    password = secrets.token_urlsafe(12)
    token = url.rstrip("/").rsplit("/", 1)[-1]
    return accounts.accept_invitation(token, password, now=now), password


def _teams(people: dict[str, User], by: Actor, now: datetime) -> dict[str, Team]:
    members = {
        "Payments": ["Bob Brandt", "Dan Okafor"],
        "Platform": ["Carol Diaz", "Bob Brandt"],
    }
    found: dict[str, Team] = {}
    for name, names in members.items():
        team = Team.objects.filter(name__iexact=name).first()
        if team is None:
            team = _team(name, [people[member] for member in names], by, now)
        found[name] = team
    return found


@transaction.atomic
def _team(name: str, members: Sequence[User], by: Actor, now: datetime) -> Team:
    team = accounts.create_team(name=name, by=by, now=now)
    for member in members:
        accounts.add_member(team, member, TeamRole.MEMBER, by=by, now=now)
    accounts.set_lead(team, members[0], by=by, now=now)
    return team


@transaction.atomic
def _schedule(people: dict[str, User], by: Actor, now: datetime) -> Schedule:
    name = "Payments on-call"
    found = Schedule.objects.filter(name=name, archived_at=None).first()
    if found:
        return found
    schedule = schedules.create_schedule(
        name=name, time_zone=ZONE, by=by, now=now, description="Follows the week, from Monday 09:00"
    )
    alice, bob, carol, _ = (people[person].pk for person, *_ in PEOPLE)
    monday = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - wall-clock time of the schedule's zone
    weekly = LayerSpec(unit=RotationUnit.WEEK, anchor=monday, slots=[[alice], [bob], [carol]])
    weekend = LayerSpec(
        unit=RotationUnit.WEEK,
        anchor=monday,
        slots=[[bob], [carol]],
        restrictions=[{"days": ["SAT", "SUN"], "start": "00:00", "end": "00:00", "endDay": None}],
        priority=1,
    )
    schedules.add_layer(schedule, weekly, name="Week", by=by, now=now)
    schedules.add_layer(schedule, weekend, name="Weekend", by=by, now=now)
    return schedule


def _policies(
    people: dict[str, User], teams: dict[str, Team], schedule: Schedule, by: Actor, now: datetime
) -> dict[str, EscalationPolicy]:
    lead = TargetSpec(team=teams["Payments"], lead_only=True)
    carol = TargetSpec(user=people["Carol Diaz"])
    platform = TargetSpec(team=teams["Platform"])
    critical = PolicySpec(
        steps=[
            StepSpec([TargetSpec(schedule=schedule)], escalate_after_minutes=5),
            StepSpec([lead, carol], escalate_after_minutes=10),
            StepSpec([platform], escalate_after_minutes=15),
        ],
        repeat_count=2,
        fallback_users=[people["Alice Archer"]],
    )
    calm = PolicySpec(steps=[StepSpec([platform], escalate_after_minutes=30)], repeat_count=1)
    return {
        name: EscalationPolicy.objects.filter(name=name, archived_at=None).first()
        or escalation.create_policy(name=name, spec=spec, by=by, now=now)
        for name, spec in (("Business critical", critical), ("Office hours", calm))
    }


def _services(
    teams: dict[str, Team], policies: dict[str, EscalationPolicy], by: Actor, now: datetime
) -> dict[str, Integration]:
    found: dict[str, Integration] = {}
    for name, text, team, policy, kind, integration in SERVICES:
        service = Service.objects.filter(name=name, archived_at=None).first()
        if service is None:
            service = services.create_service(
                name=name,
                description=text,
                team=teams[team],
                policy=policies.get(policy),
                by=by,
                now=now,
            )
        door = service.integrations.first()
        if door is None:
            door, _ = services.create_integration(
                service, name=integration, type=kind, by=by, now=now
            )
        found[name] = door
    return found


class Past:
    """Plays stories, the oldest first; between two moves the timer and the sender take part."""

    def __init__(
        self, now: datetime, people: dict[str, User], doors: dict[str, Integration]
    ) -> None:
        self.now = now
        self.people = people
        self.doors = doors
        self.incidents: dict[int, Incident] = {}
        self.advance: Callable[[datetime], int] = import_string(ADVANCE)

    def play(self, stories: Sequence[Story]) -> int:
        """Returns how many incidents are new; one that is there already is left alone."""
        new = 0
        for index, story in sorted(enumerate(stories), key=lambda one: one[1].ago, reverse=True):
            known = Incident.objects.filter(dedup_key=f"{KEY_PREFIX}{index}").exists()
            if not known:
                self._tell(index, story)
                new += 1
        return new

    @transaction.atomic
    def _tell(self, index: int, story: Story) -> None:
        """A whole story, from its first event to the present."""
        self.incidents.clear()
        for after, move in story.moves:
            at = self.now - story.ago + after
            self._catch_up(at)
            self._do(index, story, move, at)
            self._send(at + timedelta(seconds=2))
        self._catch_up(self.now)
        self._close_the_past()

    def _catch_up(self, until: datetime) -> None:
        """What the timer and the sender did before `until`."""
        mine = Incident.objects.filter(pk__in=[row.pk for row in self.incidents.values()])
        while True:
            due = mine.filter(status=Status.OPEN, escalate_at__lte=until).order_by("escalate_at")
            at = due.values_list("escalate_at", flat=True).first()
            if at is None:
                return
            self.advance(at)
            self._send(at + timedelta(seconds=2))

    def _close_the_past(self) -> None:
        """What happened has been told: no subscriber brings old news to anybody today."""
        mine = [row.pk for row in self.incidents.values()]
        past = IncidentEvent.objects.filter(incident__in=mine, published_at=None)
        past.update(published_at=self.now)

    def _send(self, at: datetime) -> None:
        """The pages of the past arrived; nobody is mailed about them today."""
        mine = [row.pk for row in self.incidents.values()]
        waiting = Delivery.objects.filter(
            subject_kind="incident", subject_id__in=mine, state=DeliveryState.QUEUED
        )
        for delivery in waiting.select_related("user"):
            details = {"channel": delivery.channel.lower(), "recipient": str(delivery.user)}
            incident = Incident.objects.get(pk=delivery.subject_id)
            log(incident, EventType.NOTIFICATION_SENT, by=SYSTEM, now=at, details=details)
        waiting.update(state=DeliveryState.SENT, attempts=1, finished_at=at, reason="sample data")

    def _do(self, index: int, story: Story, move: Move, at: datetime) -> None:
        if move.verb in {"trigger", "clear"}:
            self._event(index, story, move, at)
            return
        incident, person = self.incidents[index], self.people[move.who]
        by = person.as_actor("web")
        if move.verb == "note":
            incidents.add_note(incident, move.text, author=person, by=by, now=at)
        elif move.verb == "assign":
            incidents.assign(incident, user=self.people[move.text], by=by, now=at)
        elif move.verb == "snooze":
            incidents.snooze(incident, at + move.span, reason=move.text, by=by, now=at)
        elif move.verb == "resolve":
            incidents.resolve(incident, note=move.text, by=by, now=at)
        else:
            getattr(incidents, move.verb)(incident, by=by, now=at)

    def _event(self, index: int, story: Story, move: Move, at: datetime) -> None:
        integration = self.doors[story.service]
        door = door_of_integration(integration)
        if door is None:
            return
        event = AlertEvent(
            action=Action.TRIGGER if move.verb == "trigger" else Action.RESOLVE,
            dedup_key=f"{KEY_PREFIX}{index}",
            summary=story.title,
            severity=Severity(story.severity),
            source=integration.name,
            details=dict(story.details),
            links=({"href": "https://runbooks.example.com/", "text": "Runbook"},),
            raw={"summary": story.title, "severity": story.severity, **dict(story.details)},
        )
        by = Actor("integration", "", integration.name, "integration")
        incidents.ingest(door, [event], by=by, now=at)
        alert = (
            Alert.objects.filter(dedup_key=event.dedup_key).select_related("incident").latest("id")
        )
        if alert.incident is not None:
            self.incidents[index] = alert.incident
