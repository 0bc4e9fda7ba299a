"""Chats of a service: what they are told, where the card changes in place, who may set them up."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse

from accounts.models import User
from core import clock, via
from core.actor import SYSTEM
from core.errors import ValidationFailed
from incidents import commands as incidents
from incidents.commands.create import Draft
from incidents.models import EventType, Incident, Status
from incidents.publishing import publish_due
from notifications import accounts
from notifications.commands import providers
from notifications.models import Delivery
from notifications.sender import Sender
from services import commands
from services.models import Service, ServiceWebhook
from tests.fakes.server import HOST
from tests.fakes.slack import FakeSlack
from tests.page_rules import SignedInPage

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture
def service(root: User) -> Service:
    return commands.create_service(name="Checkout API", by=SYSTEM, now=clock.now())


@pytest.fixture
def slack(settings) -> Iterator[FakeSlack]:
    settings.OPSKNIGHT_EGRESS_ALLOW = (f"{HOST}/32",)
    accounts.forget()
    with FakeSlack() as fake:
        providers.create("slack", fake.account(), by=SYSTEM, now=clock.now())
        yield fake
    accounts.forget()


def chat(service: Service, **more: object) -> ServiceWebhook:
    more = {"name": "#alerts", "type": "SLACK", "channel": "C0GENERAL"} | more
    return commands.add_webhook(service, by=SYSTEM, now=clock.now(), **more)  # type: ignore[arg-type]


@pytest.fixture
def incident(service: Service) -> Incident:
    draft = Draft("Checkout is down <!channel>", service)
    return incidents.create(draft, by=SYSTEM, now=clock.now())[0]


@pytest.fixture
def tell() -> Iterator[Callable[[], None]]:
    """Publishes what happened and sends what it made."""
    sender = Sender()

    def run() -> None:
        publish_due(clock.now())
        open_ones = Delivery.objects.filter(
            subject_kind__in=["incident-hook", "hook-test"], state__in=["QUEUED", "SENDING"]
        )
        for _ in range(400):
            if not open_ones.exists():
                return
            sender.turn()
        raise AssertionError(list(open_ones.values_list("state", "reason")))

    yield run
    sender.pool.close()


def colours(slack: FakeSlack) -> list[str]:
    return [body["attachments"][0]["color"] for body in slack.cards.values()]


class TestStories:
    def test_one_card_turns_from_red_to_amber_to_green(
        self, slack, service, incident, tell, alice
    ) -> None:
        chat(service)
        tell()
        assert colours(slack) == ["#c62828"]
        incidents.acknowledge(incident, by=alice.as_actor("web"), now=clock.now())
        tell()
        assert colours(slack) == ["#b45309"]
        incidents.resolve(incident, by=alice.as_actor("web"), now=clock.now())
        tell()
        assert colours(slack) == ["#15803d"]
        card = next(iter(slack.cards.values()))["attachments"][0]
        fields = [field["text"] for field in card["blocks"][1]["fields"]]
        assert "Resolved by\nAlice" in fields
        replies = [c.json["text"] for c in slack.calls if b"thread_ts" in c.body]
        assert [text.partition(":")[0] for text in replies] == [
            "Incident acknowledged",
            "Incident resolved",
        ]
        assert "<!channel>" not in replies[0]

    def test_reopening_is_loud_again(self, slack, service, incident, tell, alice) -> None:
        chat(service)
        tell()
        incidents.resolve(incident, by=alice.as_actor("web"), now=clock.now())
        tell()
        incidents.reopen(incident, by=alice.as_actor("web"), now=clock.now())
        tell()
        assert colours(slack) == ["#15803d", "#c62828"]

    def test_an_older_state_never_takes_the_place_of_a_newer_one(
        self, slack, service, incident, tell, alice
    ) -> None:
        chat(service)
        tell()
        incidents.acknowledge(incident, by=alice.as_actor("web"), now=clock.now())
        publish_due(clock.now())
        late = Delivery.objects.get(subject_kind="incident-hook", state="QUEUED")
        Delivery.objects.filter(pk=late.pk).update(state="WAITING")
        incidents.resolve(incident, by=alice.as_actor("web"), now=clock.now())
        tell()
        Delivery.objects.filter(pk=late.pk).update(state="QUEUED")
        tell()
        late.refresh_from_db()
        assert (late.state, late.reason) == ("CANCELLED", "something newer was told")
        assert colours(slack) == ["#15803d"]

    def test_programs_beside_chats_get_the_same_json_as_ever(
        self, slack, service, incident, tell, phones, settings
    ) -> None:
        chat(service, name="hook", type="GENERIC", channel="", url=phones.hook.url("/in"))
        chat(service)
        tell()
        assert phones.calls[0].json["event"]["type"] == "triggered"
        assert phones.calls[0].json["incident"]["number"] == incident.pk
        assert len(slack.cards) == 1

    def test_what_is_not_wanted_is_not_told(self, slack, service, incident, tell) -> None:
        chat(service, on_triggered=False)
        chat(service, enabled=False)
        tell()
        assert slack.calls == []

    def test_a_test_says_that_nothing_is_broken(self, slack, service, tell) -> None:
        hook = chat(service)
        number = commands.send_webhook_test(hook, by=SYSTEM, now=clock.now())
        tell()
        assert Delivery.objects.get(pk=number).state == "SENT"
        assert "Test" in slack.calls[0].json["text"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"type": "CARRIER_PIGEON"}, "type"),
        ({"channel": "", "url": ""}, "url"),
        ({"channel": "general"}, "channel"),
        ({"url": "https://hooks.slack.com/services/x"}, "channel"),
        ({"type": "TEAMS", "channel": "", "url": "http://93.184.216.34/x"}, "url"),
        ({"type": "DISCORD", "channel": "", "url": "https://127.0.0.1/x"}, "url"),
        ({"name": " "}, "name"),
    ],
)
def test_a_place_that_cannot_work_is_refused(service, values: dict, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        chat(service, **values)
    assert refused.value.field == field


class TestPages(SignedInPage):
    @pytest.fixture
    def url(self, service: Service) -> str:
        return reverse("services:webhook", args=[chat(service).public_id])

    def test_a_stranger_to_the_service_may_not(self, as_carol, url) -> None:
        assert as_carol.get(url).status_code == 403

    def test_the_page_asks_for_the_kind_first(self, as_alice, service) -> None:
        page = as_alice.get(reverse("services:add_webhook", args=[service.public_id]))
        assert "?type=DISCORD" in page.content.decode()

    def test_a_channel_is_added_changed_and_switched_off(self, as_alice, service) -> None:
        address = reverse("services:add_webhook", args=[service.public_id])
        values = {"name": "#a", "channel": "C012AB3CD", "on_triggered": "on"}
        as_alice.post(f"{address}?type=SLACK", values)
        made = ServiceWebhook.objects.get()
        assert (made.type, made.channel, made.on_resolved) == ("SLACK", "C012AB3CD", False)
        edit = reverse("services:webhook", args=[made.public_id])
        as_alice.post(edit, {"name": "#b", "channel": "C012AB3CD", "on_resolved": "on"})
        made.refresh_from_db()
        assert (made.name, made.enabled, made.on_resolved) == ("#b", False, True)

    def test_an_empty_secret_keeps_the_stored_one_until_it_is_forgotten(
        self, as_alice, service
    ) -> None:
        hook = chat(service, type="GENERIC", channel="", url="https://93.184.216.34/", secret="s")
        edit = reverse("services:webhook", args=[hook.public_id])
        values = {"name": "x", "url": hook.url, "secret": "", "enabled": "on"}
        as_alice.post(edit, values)
        hook.refresh_from_db()
        assert hook.secret == "s"
        as_alice.post(edit, {**values, "forget_secret": "on"})
        hook.refresh_from_db()
        assert hook.secret == ""

    def test_a_test_is_asked_for_and_its_fate_is_shown(self, as_alice, service) -> None:
        hook = chat(service)
        page = as_alice.post(
            reverse("services:test_webhook", args=[hook.public_id]), follow=True
        ).content.decode()
        assert "The test is on its way" in page
        fate = as_alice.get(reverse("services:webhook_test_fate", args=[hook.public_id]))
        assert "hx-get" in fate.content.decode()

    def test_the_address_of_a_chat_is_shown_to_nobody_in_lists(self, as_alice, service) -> None:
        chat(service, type="DISCORD", channel="", url="https://discord.com/api/webhooks/1/t0ken")
        page = as_alice.get(reverse("services:detail", args=[service.public_id]))
        assert "t0ken" not in page.content.decode()


def test_the_api_has_all_of_it(api: Callable, alice: User, carol: User, service: Service) -> None:
    path = f"/api/services/{service.public_id}/webhooks"
    client = api(alice)
    body = {"name": "x", "type": "DISCORD", "url": "https://discord.com/api/webhooks/1/t0ken"}
    made = client.post(path, {**body, "onResolved": False})
    assert made.status_code == 201, made.json()
    assert (made.json()["url"], made.json()["onResolved"]) == ("discord.com/…", False)
    one = f"{path}/{made.json()['id']}"
    assert client.get(path).json()["webhooks"] == [client.get(one).json()]
    assert client.patch(one, {"enabled": False}).json()["enabled"] is False
    assert client.patch(one, {"url": "http://10.0.0.1/"}).status_code == 422
    assert client.post(f"{one}/test").status_code == 202
    assert api(carol).post(path, body).status_code == 403
    assert api(carol).delete(one).status_code == 403
    assert client.delete(one).status_code == 204


class TestTake(SignedInPage):
    """The link in a chat that many people read."""

    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:take", args=[incident.pk])

    def test_whoever_is_signed_in_takes_it_through_the_door_of_the_link(
        self, as_alice, alice, incident, url
    ) -> None:
        link = via.through(f"https://pager.example.com{url}", "teams")
        as_alice.post(link.removeprefix("https://pager.example.com"))
        incident.refresh_from_db()
        assert (incident.status, incident.assignee) == (Status.ACKNOWLEDGED, alice)
        assert incident.events.get(type=EventType.ACKNOWLEDGED).via == "teams"

    def test_looking_changes_nothing(self, as_alice, incident, url) -> None:
        assert "Acknowledge" in as_alice.get(url).content.decode()
        incident.refresh_from_db()
        assert incident.status == Status.OPEN

    def test_who_may_not_see_it_finds_nothing(self, as_carol, url) -> None:
        assert as_carol.post(url).status_code == 404
