"""What the pages show: a service of Platform with a policy, and one open incident.

The cast is that of tests/cast.py: alice and bob are of Platform and responders, carol is a user
and of no team, root is the admin.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import Team, User
from core import clock
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import Incident
from services import commands as services
from services.models import Integration, Service

OpenIncident = Callable[..., Incident]


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def policy(alice: User, bob: User, root: User, now: datetime) -> EscalationPolicy:
    """alice, five minutes later bob, ten minutes later root."""
    steps = [StepSpec([TargetSpec(user=alice)], 5), StepSpec([TargetSpec(user=bob)], 10)]
    spec = PolicySpec(steps, fallback_users=[root])
    return escalation.create_policy(name="Critical", spec=spec, by=SYSTEM, now=now)


@pytest.fixture
def service(platform: Team, policy: EscalationPolicy, now: datetime) -> Service:
    return services.create_service(
        name="Checkout API", team=platform, policy=policy, by=SYSTEM, now=now
    )


@pytest.fixture
def integration(service: Service, now: datetime) -> Integration:
    made, _ = services.create_integration(
        service, name="Monitoring", type="events", by=SYSTEM, now=now
    )
    return made


@pytest.fixture
def open_incident(service: Service, now: datetime) -> OpenIncident:
    """`open_incident("Disk is full", urgency="LOW")`."""

    def make(title: str = "Checkout is down", **values: object) -> Incident:
        values = {"service": service, "urgency": "HIGH", **values}
        incident, _ = commands.create(Draft(title=title, **values), by=SYSTEM, now=now)
        return incident

    return make


@pytest.fixture
def incident(open_incident: OpenIncident) -> Incident:
    return open_incident()


@pytest.fixture
def paged(incident: Incident, now: datetime) -> Incident:
    """The incident after its first step: alice was paged."""
    paging.advance(now)
    incident.refresh_from_db()
    return incident


@pytest.fixture
def time_machine_to() -> Iterator[Callable[..., None]]:
    """`time_machine_to(hours=24)`: it is so much later for everybody in this process."""
    with contextlib.ExitStack() as later:

        def travel(**span: float) -> None:
            there = clock.now() + timedelta(**span)
            later.enter_context(time_machine.travel(there, tick=True))

        yield travel
