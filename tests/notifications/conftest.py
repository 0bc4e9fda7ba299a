"""How people are reached, and a sender that works in the test's own thread."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import commands
from notifications.commands import PageRequest
from notifications.domain.message import Message
from notifications.models import Channel, ContactMethod, Delivery
from notifications.sender import Sender


def message(title: str = "Checkout is down", **more: object) -> Message:
    more.setdefault("urgency", "HIGH")
    return Message(kind="page", subject_id="7", title=title, **more)  # type: ignore[arg-type]


def hook(user: User, url: str, **more: object) -> ContactMethod:
    """Gives a person a webhook beside the e-mail that everybody has."""
    more = {"channel": Channel.WEBHOOK, "address": url, "by": SYSTEM, "now": clock.now()} | more
    return commands.add_method(user, **more)  # type: ignore[arg-type]


def request(user: User, subject: int = 7, **more: object) -> PageRequest:
    urgency = more.setdefault("urgency", "HIGH")
    more.setdefault("message", message(urgency=urgency))
    more.setdefault("subject_kind", "thing")
    more.setdefault("page_key", f"1.{user.pk}")
    return PageRequest(subject_id=subject, user=user, **more)  # type: ignore[arg-type]


def page(user: User, *, now: datetime | None = None, **more: object) -> list[Delivery]:
    return commands.enqueue([request(user, **more)], now=now or clock.now())


def fates(*, by: str = "channel") -> dict[str, str]:
    """State of every delivery by its channel (or another attribute)."""
    rows = Delivery.objects.order_by("id").defer("message", "secret")
    return {str(getattr(row, by)): str(row.state) for row in rows}


@pytest.fixture
def sender() -> Iterator[Sender]:
    one = Sender()
    yield one
    one.pool.close()


@pytest.fixture
def send_until(sender: Sender) -> Callable[..., None]:
    """Runs the sender until a condition holds; fails after `seconds`."""

    def run(condition: Callable[[], object], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {fates(by='pk')}"
            sender.turn()

    return run


@pytest.fixture
def pass_time(data_dir: Path) -> Callable[[float], None]:
    """Moves the clock of this process forward."""
    moved = timedelta()

    def move(seconds: float) -> None:
        nonlocal moved
        moved += timedelta(seconds=seconds)
        (data_dir / clock.OFFSET_FILE).write_text(str(moved.total_seconds()))

    return move
