"""An incident that alice is paged about, her telephone, and the vendors that reach it."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import User
from core import clock, config
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import Incident
from notifications import accounts
from notifications.models import Channel, ContactMethod, Provider
from services import commands as services
from tests.fakes.twilio import FakeTwilio
from tests.fakes.vonage import FakeVonage
from tests.notifications.conftest import send_until, sender  # noqa: F401 fixtures

ORIGIN = "https://pager.example.com"
NUMBER = "+4915100000001"


@pytest.fixture
def page(alice) -> Callable[..., Incident]:
    """`page("Checkout is down")`: an open incident that alice is paged about now."""
    at = clock.now()
    spec = PolicySpec([StepSpec([TargetSpec(user=alice)], 5)])
    policy = escalation.create_policy(name="Payments", spec=spec, by=SYSTEM, now=at)
    service = services.create_service(name="Payments", policy=policy, by=SYSTEM, now=at)

    def make(title: str = "Checkout is down", now: datetime | None = None) -> Incident:
        now = now or clock.now()
        draft = Draft(service=service, title=title, urgency="HIGH")
        incident, _ = commands.create(draft, by=SYSTEM, now=now)
        paging.advance(now)
        incident.refresh_from_db()
        return incident

    return make


def entries(incident: Incident, type: str = "acknowledged") -> list[tuple[str, str]]:
    return list(incident.events.filter(type=type).values_list("actor_label", "via"))


def phone(
    user: User,
    number: str = NUMBER,
    verified: datetime | None = None,
    channel: str = Channel.SMS,
) -> None:
    ContactMethod.objects.create(user=user, channel=channel, address=number, verified_at=verified)


@pytest.fixture
def origin(db: None) -> str:
    """The public address of this installation."""
    config.put("public_url", ORIGIN)
    return ORIGIN


def account(kind: str, fields: dict[str, str], position: int = 0) -> Provider:
    row = Provider.objects.create(
        kind=kind, label=kind, position=position, config=json.dumps(fields)
    )
    accounts.forget()
    return row


@pytest.fixture
def twilio(origin: str, settings: Any) -> Iterator[FakeTwilio]:
    """Twilio with an account of ours."""
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    with FakeTwilio() as fake:
        account("twilio", fake.fields)
        yield fake


@pytest.fixture
def vonage(origin: str, settings: Any) -> Iterator[FakeVonage]:
    """Vonage with an account of ours, tried after Twilio."""
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    with FakeVonage() as fake:
        account("vonage", fake.fields, position=1)
        yield fake


def ring(client: Client, callback: tuple[str, Any, dict[str, str]], **more: str) -> Any:
    """Makes the call of a vendor to one of our doors."""
    url, body, headers = callback
    kind = {} if isinstance(body, dict) else {"content_type": "application/json"}
    if isinstance(body, dict):
        kind = {"content_type": "application/x-www-form-urlencoded"}
        body = urlencode(body)
    return client.post(url.removeprefix(ORIGIN), body, headers={**headers, **more}, **kind)


def aloud(incident: Incident) -> str:
    """Its number as a call says it: a long one digit by digit."""
    number = str(incident.pk)
    return " ".join(number) if len(number) > 3 else number
