"""An incident that alice is paged about through an account of a fake vendor."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from incidents import commands, paging, publishing
from incidents.commands.create import Draft
from incidents.models import Incident
from notifications.models import Channel, ContactMethod, Delivery, Provider
from notifications.sender import Sender
from services import commands as services


@pytest.fixture(autouse=True)
def _reachable(settings: Any) -> None:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)


@pytest.fixture
def sender() -> Iterator[Sender]:
    one = Sender()
    yield one
    one.pool.close()


@pytest.fixture
def send(sender: Sender) -> Callable[[], None]:
    """Runs the sender until nothing is left to do."""

    def run() -> None:
        end = time.monotonic() + 20
        open_rows = Delivery.objects.filter(state__in=["QUEUED", "SENDING"])
        while open_rows.exists():
            assert time.monotonic() < end, list(open_rows.values("channel", "state", "reason"))
            sender.turn()

    return run


@pytest.fixture
def reach(alice: Any) -> Callable[..., Provider]:
    """`reach("TELEGRAM", "77", fake)`: alice can be reached only so, by an account at the fake."""

    def add(channel: str, address: str, fake: Any, kind: str = "") -> Provider:
        config = json.dumps(fake.account())
        account = Provider.objects.create(kind=kind or channel.lower(), config=config)
        ContactMethod.objects.create(
            user=alice, channel=Channel.EMAIL, address="a@x", enabled=False
        )
        ContactMethod.objects.create(
            user=alice, channel=channel, address=address, verified_at=clock.now()
        )
        return account

    return add


@pytest.fixture
def page(alice: Any, send: Callable[[], None]) -> Callable[..., Incident]:
    """An open incident whose page has left."""

    def make(title: str = "Checkout is down", urgency: str = "HIGH") -> Incident:
        now = clock.now()
        spec = PolicySpec([StepSpec([TargetSpec(user=alice)], 5)])
        policy = escalation.create_policy(name="Payments", spec=spec, by=SYSTEM, now=now)
        service = services.create_service(name="Payments", policy=policy, by=SYSTEM, now=now)
        draft = Draft(service=service, title=title, urgency=urgency)
        incident, _ = commands.create(draft, by=SYSTEM, now=now)
        paging.advance(now)
        send()
        incident.refresh_from_db()
        return incident

    return make


@pytest.fixture
def publish(send: Callable[[], None]) -> Callable[[], None]:
    """Subscribers hear what happened, and what they wrote leaves."""

    def run() -> None:
        publishing.publish_due(clock.now())
        send()

    return run


@pytest.fixture
def post(client: Client) -> Callable[..., Any]:
    """`post(path, {...}, X_Secret="…")`: a vendor's call with a JSON body."""

    def call(path: str, body: Any, **headers: str) -> Any:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        return client.post(path, content, content_type="application/json", headers=told)

    return call


def status(incident: Incident) -> tuple[str, bool]:
    """(status, whether it still escalates)."""
    incident.refresh_from_db()
    return incident.status, incident.escalate_at is not None


def doors(incident: Incident, type: str = "acknowledged") -> list[tuple[str, str]]:
    """Who did it and by which door."""
    return list(incident.events.filter(type=type).values_list("actor_label", "via"))
