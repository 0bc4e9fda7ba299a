"""A push service for tests, and devices behind it."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import commands
from notifications.commands import Subscription
from notifications.models import ContactMethod
from tests.fakes.push_service import HOST, Device, PushService


@pytest.fixture
def push_service(settings: Any) -> Iterator[PushService]:
    settings.OPSKNIGHT_EGRESS_ALLOW = (f"{HOST}/32",)
    with PushService() as service:
        yield service


def subscription(device: Device) -> Subscription:
    return Subscription(device.endpoint, device.browser.p256dh, device.browser.auth)


def give(user: User, service: PushService, label: str = "Chrome on Android") -> tuple:
    """(contact method, device): the person pressed the button on a phone."""
    now = clock.now()
    device = service.subscribe(key=commands.public_key(now=now))
    method = commands.add_device(user, subscription(device), label=label, by=SYSTEM, now=now)
    return ContactMethod.objects.get(pk=method.pk), device
