"""How many messages leave per second, one channel after the other, through a fake of its vendor.

The fakes speak the vendors' formats and answer at once, so this is the speed of the product: a real
vendor answers after 50 to 300 ms and sets limits of its own.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.figures import Figure
from bench.instance import Instance
from bench.sinks import SmtpSink
from core.webpush import new_pair
from notifications.domain.devices import DeviceKeys
from tests.fakes.chats import FakeDiscord, FakeGoogleChat, FakeMattermost, FakeTeams
from tests.fakes.ntfy import FakeNtfy
from tests.fakes.push_service import PushService
from tests.fakes.pushover import USER, FakePushover
from tests.fakes.server import FakeVendor
from tests.fakes.slack import FakeSlack
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import FakeTwilio

COUNT = int(os.environ.get("BENCH_DELIVERIES", "10000"))
SECONDS = 60 + COUNT // 20  # then a channel is given up: below 20 messages per second
OPEN = (
    "SELECT count(*) FROM notifications_delivery"
    " WHERE subject_kind = 'bench' AND state IN ('QUEUED', 'SENDING', 'WAITING')"
)
TRIES = (
    "SELECT min(t.started_at), max(t.finished_at) FROM notifications_deliveryattempt t"
    " JOIN notifications_delivery d ON d.id = t.delivery_id"
    " WHERE d.subject_kind = 'bench' AND d.channel = %s"
)
GIVE_UP = (
    "UPDATE notifications_delivery SET state = 'CANCELLED', reason = 'the measurement is over'"
    " WHERE subject_kind = 'bench' AND state IN ('QUEUED', 'WAITING') RETURNING id"
)
SENT = (
    "SELECT count(*) FROM notifications_delivery"
    " WHERE subject_kind = 'bench' AND state = 'SENT' AND channel = %s"
)


@dataclass(frozen=True)
class Target:
    """Where the messages go: address, settings of the account, keys of a device."""

    address: str
    fields: dict[str, str] = field(default_factory=dict)
    secret: str = ""


@dataclass(frozen=True)
class Way:
    """A channel with its fake; `kind` is empty where the address is all it needs."""

    channel: str
    fake: Callable[[], AbstractContextManager[Any]]
    target: Callable[[Any], Target]
    kind: str = ""


def _telephone(fake: FakeTwilio) -> Target:
    return Target("+15005550006", fake.fields)


def _telegram(fake: FakeTelegram) -> Target:
    fake.chats[77] = ""
    return Target("77", fake.account())


def _push(fake: PushService) -> Target:
    pair = new_pair()
    device = fake.subscribe(key=pair.public)
    keys = DeviceKeys(device.browser.p256dh, device.browser.auth, device.key)
    fields = {"public_key": pair.public, "private_key": pair.private}
    fields["subject"] = "mailto:bench@example.com"
    return Target(device.endpoint, fields, keys.to_text())


def _link(fake: FakeVendor) -> Target:
    return Target(f"{fake.url}/hooks/x")


WAYS = (
    Way("EMAIL", nullcontext, lambda nothing: Target("bench@example.com")),
    Way("WEBHOOK", FakeTeams, _link),
    Way("SMS", FakeTwilio, _telephone, "twilio"),
    Way("VOICE", FakeTwilio, _telephone, "twilio"),
    Way("WHATSAPP", FakeTwilio, _telephone, "twilio"),
    Way("PUSH", PushService, _push, "webpush"),
    Way("SLACK", FakeSlack, lambda fake: Target("U0ALICE01", fake.account()), "slack"),
    Way("TEAMS", FakeTeams, _link),
    Way("GOOGLE_CHAT", FakeGoogleChat, _link),
    Way("DISCORD", FakeDiscord, _link),
    Way("MATTERMOST", FakeMattermost, _link),
    Way("TELEGRAM", FakeTelegram, _telegram, "telegram"),
    Way("NTFY", FakeNtfy, lambda fake: Target("alice-pager", fake.account()), "ntfy"),
    Way("PUSHOVER", FakePushover, lambda fake: Target(USER, fake.account()), "pushover"),
)


async def channels(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """COUNT deliveries for each channel: messages per second and memory while they leave."""
    return [await _measure(instance, way) for way in WAYS]


async def _measure(instance: Instance, way: Way) -> Figure:
    with way.fake() as fake:
        await asyncio.to_thread(_clear, instance)
        target = way.target(fake)
        whereto = (way.channel, target.address, way.kind, json.dumps(target.fields), target.secret)
        order = ("-m", "bench.deliveries", str(COUNT), *whereto)
        started = time.monotonic()
        queueing = asyncio.create_task(asyncio.to_thread(instance.run, *order))
        highest = 0.0
        while not queueing.done() or await _open(instance):
            highest = max(highest, await asyncio.to_thread(instance.memory_mb))
            if time.monotonic() - started > SECONDS:
                break
            await asyncio.sleep(0.5)
        took = time.monotonic() - started
        await queueing
        sent = (await asyncio.to_thread(instance.ask, SENT, way.channel))[0][0]
        span = _seconds(*(await asyncio.to_thread(instance.ask, TRIES, way.channel))[0])
        await asyncio.to_thread(instance.ask, GIVE_UP)  # or it would slow down the next channel
    rate = f"{sent / max(span, 0.001):.0f}/s from the first try to the last"
    value = f"{rate}, {sent} of {COUNT} sent in {took:.0f} s, {highest:.0f} MB"
    return Figure(f"{way.channel}: {COUNT:,} deliveries", value)


def _seconds(first: Any, last: Any) -> float:
    """Between two instants as a database gives them; 0 when nothing was tried."""
    if first is None or last is None:
        return 0.0
    begun, ended = (datetime.fromisoformat(str(one)) for one in (first, last))
    return (ended - begun).total_seconds()


async def _open(instance: Instance) -> int:
    return int((await asyncio.to_thread(instance.ask, OPEN))[0][0])


def _clear(instance: Instance) -> None:
    """Accounts of the channel before would be tried as well."""
    statement = "UPDATE notifications_provider SET enabled = FALSE WHERE enabled RETURNING id"
    instance.ask(statement)
