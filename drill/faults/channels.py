"""The sender dies again and again while pages leave by SMS, push and Slack: none may be lost."""

import asyncio
import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from typing import Any

from bench.measures import drained
from bench.sinks import MARK
from drill.flow import Flow
from drill.site import Site
from tests.fakes.push_service import PushService
from tests.fakes.server import Call, Reply
from tests.fakes.slack import FakeSlack
from tests.fakes.twilio import FakeTwilio

EVERY = 1.1
WIRE_SECONDS = 0.12  # that a provider takes, so that senders die with messages on the wire
DRAIN_SECONDS = 90.0


class SlowTwilio(FakeTwilio):
    def answer(self, call: Call) -> Reply:
        time.sleep(WIRE_SECONDS)
        return super().answer(call)


class SlowSlack(FakeSlack):
    def answer(self, call: Call) -> Reply:
        time.sleep(WIRE_SECONDS)
        return super().answer(call)


class SlowPush(PushService):
    def _take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        time.sleep(WIRE_SECONDS)
        return super()._take(path, headers, body)


async def channels(site: Site) -> None:
    """SIGKILL for the sender about once a second; every accepted event reaches all three."""
    rng = random.Random(site.options.seed)
    with SlowTwilio() as twilio, SlowSlack() as slack, SlowPush() as push:
        key = await asyncio.to_thread(_seed, site, twilio, slack, push)
        async with Flow(site.instance.port, key, clients=2, rate=4) as flow:
            kills = await _kill_senders(site, site.options.seconds / 2, rng)
            await flow.finish()
        site.report.say(f"{kills} senders killed")
        done = await drained(site.instance, DRAIN_SECONDS)
        site.report.check("everything owed was done in the end", done)
        arrived = {"SMS": _of_twilio(twilio), "PUSH": _of_push(push), "SLACK": _of_slack(slack)}
    await _judge(site, flow, arrived)


def _seed(site: Site, twilio: FakeTwilio, slack: FakeSlack, push: PushService) -> str:
    def ask(wanted: dict[str, Any]) -> dict[str, str]:
        said = site.instance.run("-m", "drill.seed_channels", json.dumps(wanted))
        return dict(json.loads(said))

    device = push.subscribe(key=ask({})["public_key"])
    browser = {"p256dh": device.browser.p256dh, "auth": device.browser.auth}
    wanted = {
        "twilio": {**twilio.fields, "whatsapp_content_sid": "", "whatsapp_from": ""},
        "slack": slack.account(),
        "push": {"endpoint": device.endpoint, **browser},
    }
    return ask(wanted)["key"]


async def _kill_senders(site: Site, seconds: float, rng: random.Random) -> int:
    kills, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(EVERY * rng.uniform(0.6, 1.4))
        sender = site.roles().get("sender")
        if sender:
            with contextlib.suppress(ProcessLookupError):
                os.kill(sender, signal.SIGKILL)
                kills += 1
    return kills


def _marks(texts: list[str]) -> Counter[str]:
    found = (MARK.search(text.encode()) for text in texts)
    return Counter(match.group(1).decode() for match in found if match)


def _of_twilio(twilio: FakeTwilio) -> Counter[str]:
    return _marks([taken.Body for taken in twilio.accepted])


def _of_push(push: PushService) -> Counter[str]:
    return _marks([one.body.decode() for one in push.pushes])


def _of_slack(slack: FakeSlack) -> Counter[str]:
    posts = [call for call in slack.calls if call.path.endswith("chat.postMessage")]
    return _marks([call.body.decode() for call in posts])


async def _judge(site: Site, flow: Flow, arrived: dict[str, Counter[str]]) -> None:
    rows = await site.ask(
        "SELECT d.channel, i.dedup_key FROM notifications_delivery d"
        " JOIN incidents_incident i ON d.subject_kind = 'incident' AND d.subject_id = i.id"
        " WHERE d.possible_duplicate"
    )
    marked = {tuple(row) for row in rows}
    for channel, marks in arrived.items():
        missing = sorted(flow.accepted.keys() - marks.keys())
        site.report.check(
            f"{channel}: every accepted event was paged",
            bool(flow.accepted) and not missing,
            f"{len(flow.accepted)} accepted, {len(missing)} missing {missing[:3]}",
        )
        twice = {mark: times for mark, times in marks.items() if times > 1}
        unmarked = [mark for mark in twice if (channel, mark) not in marked]
        site.report.check(
            f"{channel}: at most one duplicate per page, and it is marked",
            max(twice.values(), default=2) == 2 and not unmarked,
            f"{len(twice)} came twice, {len(unmarked)} of them unmarked",
        )
