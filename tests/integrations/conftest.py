"""Doors for vendors."""

from types import SimpleNamespace

import pytest

from core import clock
from core.actor import SYSTEM
from services import commands as services


@pytest.fixture
def prometheus_door(db: None) -> SimpleNamespace:
    """A service with a Prometheus integration; `key` is its secret."""
    now = clock.now()
    service = services.create_service(name="Databases", by=SYSTEM, now=now)
    integration, key = services.create_integration(
        service, name="Alertmanager", type="prometheus", by=SYSTEM, now=now
    )
    return SimpleNamespace(service=service, integration=integration, key=key)
