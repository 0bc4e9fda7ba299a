"""What tests of provider accounts share: the kind of tests.notifications.carrier, an account.

`carrier` registers it as the only kind, for the channel SMS.
"""

from collections.abc import Iterator

import pytest

from core import clock
from core.actor import SYSTEM
from notifications.commands import providers as commands
from notifications.models import Provider
from notifications.providers.base import kinds
from tests.notifications import carrier as fake

MODULE = "tests.notifications.carrier"
CANARY = "planted-canary-token"
FIELDS = {"number": "+15550100", "token": CANARY}


@pytest.fixture
def carrier(settings, monkeypatch) -> Iterator[list[tuple[str, str]]]:
    """What the carrier was given: (account key, text)."""
    monkeypatch.delenv("CARRIER_NUMBER", raising=False)
    monkeypatch.delenv("CARRIER_TOKEN", raising=False)
    settings.PROVIDERS = {"carrier": MODULE}
    settings.CHANNELS = {**settings.CHANNELS, "SMS": MODULE}
    kinds.cache_clear()
    fake.sent.clear()
    yield fake.sent
    kinds.cache_clear()


def account(label: str = "", **more: object) -> Provider:
    fields = {**FIELDS, **more.pop("fields", {})}  # type: ignore[dict-item]
    return commands.create("carrier", fields, label=label, by=SYSTEM, now=clock.now(), **more)


def order() -> list[str]:
    return [row.label for row in Provider.objects.order_by("position", "id")]
