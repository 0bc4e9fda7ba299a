"""Acknowledge: whatever the door, the escalation stops at once and one same entry says who and how.

Each row goes through the real door: the page, the API, a signed link, a vendor's signed call.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from core import clock, config, via
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from incidents import commands, links, paging
from incidents.commands.create import Draft
from incidents.models import Incident, Page
from notifications import accounts
from notifications import links as chat_links
from notifications.models import ContactMethod, Delivery, DeliveryState, Provider
from services import commands as services
from tests.cast import browser_of
from tests.fakes.slack import FakeSlack, signed
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.twilio import FakeTwilio
from tests.integrations.telephone.conftest import NUMBER, ORIGIN, ring

pytestmark = pytest.mark.django_db
WAYS = {"SMS": NUMBER, "VOICE": NUMBER, "WHATSAPP": NUMBER, "SLACK": "U0ANN", "TELEGRAM": "77"}


@pytest.fixture
def world(alice: Any, bob: Any, api: Any, settings: Any) -> Iterator[SimpleNamespace]:
    """alice is paged on every channel, five minutes later it would be bob."""
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    config.put("public_url", ORIGIN)
    now = clock.now()
    for channel, address in WAYS.items():
        ContactMethod.objects.create(user=alice, channel=channel, address=address, verified_at=now)
    steps = [StepSpec([TargetSpec(user=one)], 5) for one in (alice, bob)]
    policy = escalation.create_policy(name="Payments", spec=PolicySpec(steps), by=SYSTEM, now=now)
    service = services.create_service(name="Payments", policy=policy, by=SYSTEM, now=now)
    draft = Draft(service=service, title="Checkout is down", urgency="HIGH")
    incident, _ = commands.create(draft, by=SYSTEM, now=now)
    paging.advance(now)
    with FakeSlack() as slack, FakeTelegram() as telegram, FakeTwilio() as twilio:
        for kind, fields in (
            ("slack", slack.account()),
            ("telegram", telegram.account()),
            ("twilio", twilio.fields),
        ):
            Provider.objects.create(kind=kind, config=json.dumps(fields))
        accounts.forget()
        yield SimpleNamespace(
            alice=alice, api=api, incident=incident, slack=slack, telegram=telegram, twilio=twilio
        )


def by_page(world: Any) -> Any:
    return browser_of(world.alice).post(f"/incidents/{world.incident.pk}/acknowledgement/")


def by_api(world: Any) -> Any:
    change = {"status": "ACKNOWLEDGED"}
    return world.api(world.alice).patch(f"/api/incidents/{world.incident.public_id}", change)


def _one_tap(world: Any) -> str:
    return urlsplit(links.acknowledge_url(world.incident, world.alice)).path


def by_mail(world: Any) -> Any:
    return Client().post(_one_tap(world))


def by_push(world: Any) -> Any:
    return Client().post(_one_tap(world), headers={"Accept": "application/json"})


def by_teams(world: Any) -> Any:
    """A card of a workflow can only open an address: the link is the button."""
    return Client().post(via.through(_one_tap(world), "teams"))


def by_sms(world: Any) -> Any:
    text = world.twilio.text(f"{ORIGIN}/api/inbound/twilio/message", NUMBER, "1")
    return ring(Client(), text)


def by_whatsapp(world: Any) -> Any:
    sender = f"whatsapp:{NUMBER}"
    return ring(Client(), world.twilio.text(f"{ORIGIN}/api/inbound/twilio/message", sender, "ack"))


def by_key(world: Any) -> Any:
    call = Delivery.objects.get(channel="VOICE")
    return ring(Client(), world.twilio.key(f"{ORIGIN}/api/inbound/twilio/keys/{call.pk}", "4"))


def by_slack(world: Any) -> Any:
    click = world.slack.click("ack_incident", str(world.incident.pk))
    return Client().post("/api/slack/actions", **signed(click))


def by_telegram(world: Any) -> Any:
    page = Delivery.objects.get(channel="TELEGRAM")
    account = Provider.objects.get(kind="telegram").public_id
    press = {
        "id": "1",
        "data": chat_links.button("acknowledge", page.pk, page.address),
        "message": {"message_id": 5, "chat": {"id": 77, "type": "private"}},
    }
    return Client().post(
        f"/api/inbound/telegram/{account}",
        json.dumps({"update_id": 1, "callback_query": press}),
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": chat_links.webhook_secret(account, TOKEN)},
    )


def by_mattermost(world: Any) -> Any:
    token = _one_tap(world).removeprefix("/a/").rstrip("/")
    body = json.dumps({"context": {"token": token}})
    path = "/api/inbound/mattermost/actions"
    return Client().post(path, body, content_type="application/json")


DOORS: dict[str, Callable[[Any], Any]] = {
    "web": by_page,
    "api": by_api,
    "email": by_mail,
    "push": by_push,
    "teams": by_teams,
    "sms": by_sms,
    "whatsapp": by_whatsapp,
    "voice": by_key,
    "slack": by_slack,
    "telegram": by_telegram,
    "mattermost": by_mattermost,
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_stops_the_escalation_at_once_with_one_same_entry(world, door) -> None:
    asked = time.monotonic()
    answer = DOORS[door](world)
    took = time.monotonic() - asked
    assert answer.status_code in {200, 302}
    assert took < 1, f"{took:.2f} s"
    incident = Incident.objects.get()
    assert (incident.status, incident.escalate_at) == ("ACKNOWLEDGED", None)
    assert incident.assignee == world.alice
    (event,) = incident.events.filter(type="acknowledged")
    told = (event.actor_type, event.actor_id, event.actor_label, event.details, event.via)
    assert told == ("user", world.alice.public_id, "Alice", {}, door)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.CANCELLED}
    assert paging.advance(clock.now() + timedelta(days=9)) == 0
    assert set(Page.objects.values_list("user__name", flat=True)) == {"Alice"}
