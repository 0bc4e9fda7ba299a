"""What stories about incidents start from: a service, its policy, its keys."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from accounts.models import Role, Team, User, UserStatus
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from incidents import paging
from incidents.models import Incident
from services import commands as services
from services.models import Service

T0 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person(name: str, role: Role = Role.RESPONDER) -> User:
    user = User(email=f"{name}@example.com", name=name.capitalize(), role=role)
    user.status, user.is_active = UserStatus.ACTIVE, True
    user.save()
    return user


@pytest.fixture
def people(db: None) -> SimpleNamespace:
    """ann, ben, cat: responders; root: the only admin."""
    names = {name: person(name) for name in ("ann", "ben", "cat")}
    return SimpleNamespace(**names, root=person("root", Role.ADMIN))


def policy_of(*steps: tuple[int, list[TargetSpec]], **extra: object) -> PolicySpec:
    """`policy_of((5, [target]), …)`: minutes to wait after each step."""
    specs = [StepSpec(targets, minutes) for minutes, targets in steps]
    return PolicySpec(specs, **extra)  # type: ignore[arg-type]


@pytest.fixture
def make_service(people: SimpleNamespace) -> Callable[..., SimpleNamespace]:
    """A service with an integration; `spec` None = no policy."""

    def make(spec: PolicySpec | None = None, name: str = "Payment API", team: Team | None = None):
        policy = None
        if spec is not None:
            policy = escalation.create_policy(name=f"{name} policy", spec=spec, by=SYSTEM, now=T0)
        service = services.create_service(name=name, policy=policy, team=team, by=SYSTEM, now=T0)
        integration, key = services.create_integration(
            service, name="Monitoring", type="events", by=SYSTEM, now=T0
        )
        return SimpleNamespace(service=service, policy=policy, integration=integration, key=key)

    return make


@pytest.fixture
def run_until() -> Callable[[datetime], None]:
    """Lets the engine work from due time to due time up to an instant, as the ticker would."""

    def run(until: datetime) -> None:
        while True:
            due = Incident.objects.filter(status="OPEN", escalate_at__lte=until)
            first = due.order_by("escalate_at").values_list("escalate_at", flat=True).first()
            if first is None:
                return
            paging.advance(first)

    return run


@pytest.fixture
def timed_service(make_service: Callable, people: SimpleNamespace) -> Service:
    """Pages ann; cat leads the team that owns it."""
    team = Team.objects.create(name="Payments", lead=people.cat)
    spec = policy_of((60, [TargetSpec(user=people.ann)]))
    made = make_service(spec, team=team).service
    Service.objects.update(created_at=T0)
    return made


@pytest.fixture
def page_ann_then_ben(people):
    return policy_of((5, [TargetSpec(user=people.ann)]), (10, [TargetSpec(user=people.ben)]))
