"""Each failure of each channel: the person's next channel is tried within ten seconds.

All channels fail at once, each for a person of its own whose second channel is a webhook. The real
sender drives the real adapters against servers that speak the vendors' formats.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import User
from core import clock
from notifications import accounts
from notifications.commands import enqueue, receipts
from notifications.domain.words import Channel, Receipt
from notifications.models import ContactMethod, Delivery, DeliveryState, Provider, ProviderHealth
from tests.cast import make_person
from tests.fakes import push_service
from tests.fakes.chats import FakeDiscord, FakeGoogleChat, FakeMattermost, FakeTeams
from tests.fakes.mail_apis import FakePostmark
from tests.fakes.ntfy import FakeNtfy
from tests.fakes.push_service import PushService
from tests.fakes.pushover import USER, FakePushover
from tests.fakes.server import Call, FakeVendor, Mode, Reply
from tests.fakes.slack import FakeSlack
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import FakeTwilio
from tests.notifications.conftest import request
from tests.notifications.push import give

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

WITHIN = 10.0  # seconds, from the page to the next channel
NUMBER = "+15005550006"
ACCOUNTS: dict[str, tuple[type[FakeVendor], Callable[[Any], dict[str, str]]]] = {
    "twilio": (FakeTwilio, lambda fake: fake.fields),
    "slack": (FakeSlack, lambda fake: fake.account()),
    "telegram": (FakeTelegram, lambda fake: fake.account()),
    "ntfy": (FakeNtfy, lambda fake: fake.account()),
    "pushover": (FakePushover, lambda fake: fake.account()),
    "postmark": (FakePostmark, lambda fake: fake.account()),
}
CHATS = {
    Channel.TEAMS: FakeTeams,
    Channel.GOOGLE_CHAT: FakeGoogleChat,
    Channel.DISCORD: FakeDiscord,
    Channel.MATTERMOST: FakeMattermost,
}
ADDRESSES = {
    Channel.SMS: NUMBER,
    Channel.VOICE: NUMBER,
    Channel.WHATSAPP: NUMBER,
    Channel.SLACK: "U0ALICE01",
    Channel.TELEGRAM: "77",
    Channel.NTFY: "alice-pager",
    Channel.PUSHOVER: USER,
    Channel.EMAIL: "alice@example.com",
}


# What a push service answers or does in the words of the other vendors.
NO_TLS = "no tls"
PUSH_STATUS = {Mode.REFUSE: 403, Mode.BROKEN: 500, Mode.BUSY: 429}
PUSH_MODES = {Mode.DROP: push_service.Mode.DROP, Mode.HANG: push_service.Mode.HANG}


class FakeHook(FakeVendor):
    """Somebody's own server."""

    def answer(self, call: Call) -> Reply:
        return 200, {}

    def refusal(self) -> Reply:
        return 401, {}


@dataclass
class World:
    """Every vendor, and one person for each channel."""

    vendors: list[FakeVendor]
    push: PushService
    people: dict[str, User]
    backup: str

    def fail(self, mode: Mode | str) -> None:
        if mode == NO_TLS:
            self._expect_tls()
            return
        for vendor in self.vendors:
            vendor.mode = mode
        if mode in PUSH_MODES:
            self.push.mode = PUSH_MODES[mode]
        else:
            self.push.then(*[PUSH_STATUS[mode]] * 50)

    def _expect_tls(self) -> None:
        """Everybody is called by https, where nobody speaks it."""
        for account in Provider.objects.exclude(kind="webpush"):
            account.config = account.config.replace("http://", "https://")
            account.save(update_fields=["config"])
        for way in ContactMethod.objects.filter(address__startswith="http://"):
            way.address = way.address.replace("http://", "https://")
            if way.address != self.backup.replace("http:", "https:"):
                way.save(update_fields=["address"])
        accounts.forget()

    def page(self) -> None:
        now = clock.now()
        enqueue([request(user, urgency="LOW") for user in self.people.values()], now=now)

    def backups(self) -> set[str]:
        """Channels whose person got the webhook."""
        rows = Delivery.objects.filter(address=self.backup, state=DeliveryState.SENT)
        reached = set(rows.values_list("user_id", flat=True))
        return {channel for channel, user in self.people.items() if user.pk in reached}


@pytest.fixture
def world(phones: Any, settings: Any) -> Iterator[World]:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    with ExitStack() as stack:
        vendors: list[FakeVendor] = []
        for kind, (fake_of, fields_of) in ACCOUNTS.items():
            fake = stack.enter_context(fake_of())
            Provider.objects.create(kind=kind, config=json.dumps(fields_of(fake)))
            vendors.append(fake)
            if isinstance(fake, FakeTelegram):
                fake.chats[77] = ""
        addresses = dict(ADDRESSES)
        for channel, chat in CHATS.items():
            fake = stack.enter_context(chat())
            vendors.append(fake)
            addresses[channel] = f"{fake.url}/hooks/x"
        hook = stack.enter_context(FakeHook())
        vendors.append(hook)
        addresses[Channel.WEBHOOK] = f"{hook.url}/alice"
        push = stack.enter_context(PushService())
        accounts.forget()
        people = {c: _person(c, a, phones.hook.url()) for c, a in addresses.items()}
        people[Channel.PUSH] = _with_device(push, phones.hook.url())
        yield World(vendors, push, people, phones.hook.url())


def _with_device(push: PushService, hook: str) -> User:
    user = _person(Channel.IN_APP, "", hook)
    user.contact_methods.filter(channel=Channel.IN_APP).delete()
    give(user, push)
    user.contact_methods.filter(channel=Channel.PUSH).update(position=0)
    return user


def _person(channel: str, address: str, hook: str) -> User:
    user = make_person(f"on{channel.lower()}")
    rows = [(channel, address, True), (Channel.WEBHOOK, hook, True)]
    if channel != Channel.EMAIL:
        rows.append((Channel.EMAIL, user.email, False))
    for position, (kind, where, enabled) in enumerate(rows):
        ContactMethod.objects.create(
            user=user, channel=kind, address=where, enabled=enabled, position=position
        )
    return user


def test_every_channel_delivers_when_nothing_fails(world: World, send_until: Any) -> None:
    world.page()
    send_until(lambda: not Delivery.objects.filter(state__in=["QUEUED", "SENDING"]).exists())
    backup = Delivery.objects.filter(address=world.backup)
    assert set(backup.values_list("state", flat=True)) == {"CANCELLED"}
    sent = Delivery.objects.exclude(address=world.backup)
    assert {row.channel: row.state for row in sent} == {
        str(channel): "SENT" for channel in world.people
    }
    assert set(world.people) == set(Channel) - {Channel.IN_APP}, "the bell needs nobody else"


@pytest.mark.parametrize(
    "mode", [Mode.REFUSE, Mode.BROKEN, Mode.BUSY, Mode.DROP, Mode.HANG, NO_TLS], ids=str
)
def test_the_next_channel_is_reached_in_time(
    world: World, send_until: Any, phones: Any, mode: Mode | str
) -> None:
    world.fail(mode)
    world.page()
    started = time.monotonic()
    send_until(lambda: world.backups() == set(world.people), WITHIN + 5)
    assert time.monotonic() - started < WITHIN
    tried = Delivery.objects.exclude(address=world.backup).exclude(attempts=0)
    assert {row.channel for row in tried} == set(world.people)
    assert not tried.filter(reason="").exists(), "history says nothing"
    if mode == NO_TLS:
        failed = tried.filter(tries__detail__contains="TLS handshake")
        assert set(failed.values_list("channel", flat=True)) == set(world.people)


def test_a_refused_account_is_remembered_and_a_busy_one_is_spared(
    world: World, send_until: Any
) -> None:
    world.fail(Mode.REFUSE)
    world.page()
    send_until(lambda: world.backups() == set(world.people))
    broken = ProviderHealth.objects.filter(open_until__gt=clock.now())
    assert {row.provider.kind for row in broken.select_related("provider")} >= {
        "twilio",
        "telegram",
        "ntfy",
        "pushover",
        "postmark",
    }


def test_taken_but_not_delivered_goes_on_to_the_next_channel(world: World, send_until: Any) -> None:
    world.page()
    first = Delivery.objects.exclude(address=world.backup)
    send_until(lambda: first.filter(state=DeliveryState.SENT).count() == len(world.people))
    for row in first:
        assert receipts.note(row.pk, Receipt.UNDELIVERED, now=clock.now(), detail="30003")
        assert not receipts.note(row.pk, Receipt.UNDELIVERED, now=clock.now(), detail="30003")
    send_until(lambda: world.backups() == set(world.people), WITHIN)
