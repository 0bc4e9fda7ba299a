"""The rows do what the model of a run does: random policies and histories, the real commands.

What holds for the model (tests/escalation/test_histories.py) so holds for incidents.
"""

import os
from itertools import count

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings

from accounts.models import Team, User, UserStatus
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.domain.engine import TargetKind
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import EscalationState, HoursWait, Incident, Page, PageKind, Status
from schedules import commands as schedules
from services import commands as services
from tests.escalation.run_model import MINUTE, PEOPLE, T0, Run, histories, runs
from tests.escalation.test_histories import live
from tests.incidents.conftest import person

HISTORIES = max(4, int(os.environ.get("OPSKNIGHT_PROOF_HISTORIES", "0")) // 50)
DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
NUMBERS = count()


class World:
    """Three people in a team, an admin, an office: what the model only numbers."""

    def __init__(self) -> None:
        self.people = {pk: person(f"p{pk}") for pk in PEOPLE}
        self.root = person("root", role="ADMIN")
        self.team = Team.objects.create(name="Team")
        for user in self.people.values():
            self.team.memberships.create(user=user)
        windows = [{"days": DAYS, "start": "09:00", "end": "17:00", "endDay": None}]
        self.office = schedules.save_support_hours(
            None, name="Office", time_zone="UTC", windows=windows, holidays=None, by=SYSTEM, now=T0
        )

    def open(self, run: Run) -> Incident:
        """An incident of a service of its own, as the model's."""
        plan, number = run.plan, next(NUMBERS)
        spec = PolicySpec(
            [self._step(step) for step in plan.steps],
            initial_delay_minutes=int(plan.initial_delay / MINUTE),
            repeat_count=plan.repeat_count,
            low_hours=self.office if plan.low_waits_for else None,
        )
        acting = {"by": SYSTEM, "now": T0}
        policy = escalation.create_policy(name=f"Policy {number}", spec=spec, **acting)
        service = services.create_service(name=f"Service {number}", policy=policy, **acting)
        draft = Draft("It broke", service, urgency=run.urgency, priority=run.priority)
        return commands.create(draft, **acting)[0]

    def _step(self, step) -> StepSpec:
        targets = [
            TargetSpec(user=self.people[target.id])
            if target.kind is TargetKind.USER
            else TargetSpec(team=self.team, in_turn=True)
            for target in step.targets
        ]
        rule = step.when.hours
        return StepSpec(
            targets,
            int(step.wait / MINUTE),
            urgencies=step.when.urgencies,
            priorities=step.when.priorities,
            hours=self.office if rule else None,
            inside_hours=rule.inside if rule else True,
        )


class Twin:
    """The model and the rows of one incident: whatever is done is done to both, then compared."""

    def __init__(self, run: Run, world: World) -> None:
        self.model, self.world = run, world
        self.incident = world.open(run)
        self.numbers = {user.pk: pk for pk, user in world.people.items()} | {world.root.pk: 0}

    def __getattr__(self, name: str):
        found = getattr(self.model, name)
        return self._both(name) if name in DEEDS else found

    def __setattr__(self, name: str, value: object) -> None:
        target = self.model if name == "now" else self
        object.__setattr__(target, name, value)

    def _both(self, name: str):
        def do(*arguments: object) -> None:
            self.incident.refresh_from_db()
            DEEDS[name](self, *arguments)
            getattr(self.model, name)(*arguments)
            self._compare()

        return do

    def _compare(self) -> None:
        self.incident.refresh_from_db()
        row, model = self.incident, self.model
        assert (row.status == Status.OPEN) == model.open
        if model.open:
            seen = (row.run, row.cycle, row.next_step, row.escalate_at)
            state = model.state
            assert seen == (model.run, state.cycle, state.next_step, state.due)
            assert (row.escalation_state == EscalationState.EXHAUSTED) == state.exhausted
            waits = {HoursWait.WAITING: "waiting", HoursWait.WAIVED: "waived"}
            assert waits.get(HoursWait(row.hours_wait)) == (
                ("waived" if model.waived else None) or ("waiting" if model.waiting else None)
            )
        rows = Page.objects.filter(incident=row, kind__in=[PageKind.STEP, PageKind.FALLBACK])
        keys = {
            (
                (page.run, page.cycle, page.step, page.kind, self.numbers[page.user_id]),
                page.created_at,
            )
            for page in rows
        }
        assert keys == {(page.key, page.at) for page in model.pages}


def tick(twin: Twin) -> None:
    commands.wake_due(twin.model.now)
    paging.advance(twin.model.now)


def leave(twin: Twin, absent: frozenset[int]) -> None:
    gone = [twin.world.people[pk].pk for pk in absent]
    everybody = User.objects.filter(pk__in=twin.numbers)
    everybody.update(status=UserStatus.ACTIVE, is_active=True)
    everybody.filter(pk__in=gone).update(status=UserStatus.DISABLED, is_active=False)


def acknowledge(twin: Twin) -> None:
    if twin.incident.status != Status.ACKNOWLEDGED:
        commands.acknowledge(twin.incident, by=SYSTEM, now=twin.model.now)


def unacknowledge(twin: Twin) -> None:
    if twin.incident.status == Status.ACKNOWLEDGED:
        commands.unacknowledge(twin.incident, by=SYSTEM, now=twin.model.now)


def snooze(twin: Twin, minutes: int) -> None:
    now = twin.model.now
    commands.snooze(twin.incident, now + minutes * MINUTE, by=SYSTEM, now=now)


def escalate(twin: Twin) -> None:
    """By somebody who sees where it stands: without a mark it may be meant for the last step."""
    if twin.incident.status == Status.OPEN:
        seen = twin.incident.mark
        commands.escalate_now(twin.incident, by=SYSTEM, now=twin.model.now, seen=seen)


def restart(twin: Twin) -> None:
    if twin.incident.status == Status.OPEN:
        commands.restart_escalation(twin.incident, by=SYSTEM, now=twin.model.now)


def change(twin: Twin, urgency: str, priority: str | None) -> None:
    acting = {"by": SYSTEM, "now": twin.model.now}
    incident = commands.change_urgency(twin.incident, urgency, **acting)
    commands.change_priority(incident, priority, **acting)


DEEDS = {
    "tick": tick,
    "leave": leave,
    "acknowledge": acknowledge,
    "unacknowledge": unacknowledge,
    "snooze": snooze,
    "escalate": escalate,
    "restart": restart,
    "change": change,
}


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_rows_and_model_live_through_the_same(world: World) -> None:
    @settings(max_examples=HISTORIES, phases=[Phase.generate])  # making it smaller takes minutes
    @given(runs, histories)
    def check(run: Run, history: list) -> None:
        with transaction.atomic():  # nothing is left for the next one
            live(Twin(run, world), history)  # type: ignore[arg-type]
            transaction.set_rollback(True)

    check()
