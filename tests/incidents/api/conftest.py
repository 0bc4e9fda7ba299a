"""A service with a policy, a key of alice, and incidents opened through both doors."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from rest_framework.test import APIClient

from accounts.models import Team, User
from core import clock
from core.actor import Actor
from escalation.commands import TargetSpec
from incidents import commands
from incidents.domain.alert import Action, AlertEvent, Severity
from incidents.models import Incident
from services.queries import door_of_integration
from tests.incidents.conftest import policy_of

PATH = "/api/incidents"


@pytest.fixture
def client(api: Callable, alice: User) -> APIClient:
    return api(alice)


@pytest.fixture
def shop(make_service: Callable, alice: User, bob: User, platform: Team) -> SimpleNamespace:
    """A service of Platform with a policy: alice, after five minutes bob."""
    spec = policy_of((5, [TargetSpec(user=alice)]), (10, [TargetSpec(user=bob)]))
    return make_service(spec, team=platform)


def open_one(client: APIClient, shop: SimpleNamespace, **body: object) -> dict:
    given = {"title": "Elevated API error rate", "serviceId": shop.service.public_id, **body}
    answer = client.post(PATH, given)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def alarm(shop: SimpleNamespace, key: str = "db-timeout") -> Incident:
    """An incident opened by the integration of the service."""
    event = AlertEvent(
        action=Action.TRIGGER,
        dedup_key=key,
        summary="Database connection timeout",
        severity=Severity.CRITICAL,
        source="db-1",
        details={"timeout_ms": 30000},
        links=({"href": "https://grafana.example.com/d", "text": "Dashboard"},),
        raw={},
    )
    by = Actor("integration", "", shop.integration.name, "integration")
    commands.ingest(door_of_integration(shop.integration), [event], by=by, now=clock.now())
    return Incident.objects.get(dedup_key=key)
