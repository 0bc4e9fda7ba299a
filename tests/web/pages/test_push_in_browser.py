"""A push in a real browser: what its service worker shows, reports, and does on a tap."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from incidents import commands as incidents
from incidents import messages
from incidents.models import EventType, Incident, ResponderState, Status
from notifications import commands, links
from notifications.channels import push
from notifications.models import ContactMethod, Delivery
from tests.browsers import CONTROLLED, PHONE, Browse, sideways
from tests.fakes.push_service import PushService
from tests.notifications.push import give

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REACH = "/profile/reach/"
SHOWN = """(async () => {
  let all;
  while (!(all = await shown())) await new Promise(done => setTimeout(done, 20));
  return all.map(n => [n.title, n.body, n.tag]);
})()"""
BUTTONS = "self.registration.getNotifications().then(all => all[0].actions.map(one => one.title))"
TAP = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  await clicked({ notification, action });
}"""


@pytest.fixture(scope="module")
def chromium(whole_chromium: Browser) -> Browser:
    return whole_chromium


@pytest.fixture
def device(browse: Browse, alice: User) -> Page:
    """A phone on which alice allowed notifications."""
    page = browse(alice, "/", width=PHONE, worker=True)
    page.context.grant_permissions(["notifications"])
    page.evaluate(CONTROLLED)
    return page


@pytest.fixture
def worker(device: Page) -> Worker:
    """In charge, and ready: what is pushed while it still takes over may be dropped."""
    one = device.context.service_workers[0]
    until(device, lambda: one.evaluate("self.registration.active?.state") == "activated")
    return one


@pytest.fixture
def deliver(device: Page, worker: Worker) -> Callable[[bytes], None]:
    """Hands words to the worker as the browser does once it has decrypted a push."""
    session = device.context.new_cdp_session(device)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    until(device, lambda: found)
    origin = device.evaluate("location.origin")

    def send(words: bytes) -> None:
        message = {"origin": origin, "registrationId": found[-1], "data": words.decode()}
        session.send("ServiceWorker.deliverPushMessage", message)

    return send


@pytest.fixture
def pushed(alice: User, push_service: PushService) -> Delivery:
    """What was sent to the device, as the server knows it."""
    method, _ = give(alice, push_service)
    return commands.send_test(method, by=SYSTEM, now=clock.now())


def page_words(incident: Incident, alice: User, pushed: Delivery) -> bytes:
    message = messages.page_message(incident, alice, "step 1", now=clock.now())
    return push.render(message).packed(receipt=links.receipt_path(pushed.pk))


def until(device: Page, condition: Callable[[], Any]) -> None:
    for _ in range(200):
        if condition():
            return
        device.wait_for_timeout(25)
    pytest.fail("it did not come about in 5 s")


class TestWorker:
    def test_a_tap_on_the_notification_acknowledges_without_a_page(
        self, device: Page, worker: Worker, deliver, incident: Incident, alice: User, pushed
    ):
        deliver(page_words(incident, alice, pushed))
        until(device, lambda: ContactMethod.objects.filter(verified_at__isnull=False).exists())
        ((title, body, tag),) = worker.evaluate(SHOWN)
        assert (title, tag) == ("CRITICAL • Checkout API", f"incident-{incident.pk}")
        assert body.startswith(f"#{incident.pk} Checkout is down\n")
        device.context.clear_cookies()
        worker.evaluate(TAP, "acknowledge")
        incident.refresh_from_db()
        event = incident.events.get(type=EventType.ACKNOWLEDGED)
        assert (incident.status, event.via) == (Status.ACKNOWLEDGED, "push")
        ((title, _, tag),) = worker.evaluate(SHOWN)
        assert title.startswith("You have it •")
        assert tag == f"incident-{incident.pk}"
        pushed.refresh_from_db()
        assert pushed.seen_at is not None

    def test_an_icon_that_does_not_count_keeps_no_receipt_back(
        self, device: Page, worker: Worker, deliver, incident: Incident, alice: User, pushed
    ):
        worker.evaluate("() => { navigator.setAppBadge = () => new Promise(() => {}); }")
        deliver(page_words(incident, alice, pushed))
        until(device, lambda: ContactMethod.objects.filter(verified_at__isnull=False).exists())

    def test_a_tap_that_changes_nothing_is_never_taken_for_done(
        self, device: Page, worker: Worker, deliver, incident: Incident, alice: User, pushed
    ):
        deliver(page_words(incident, alice, pushed))
        until(device, lambda: worker.evaluate(SHOWN))
        incidents.suppress(incident, by=SYSTEM, now=clock.now())
        worker.evaluate(TAP, "acknowledge")
        ((title, body, _),) = worker.evaluate(SHOWN)
        assert title.startswith(f"NOT acknowledged • #{incident.pk}")
        assert "cannot become ACKNOWLEDGED" in body

    def test_a_request_for_help_is_answered_from_the_notification(
        self, device: Page, worker: Worker, deliver, incident: Incident, alice: User, bob: User
    ):
        (row,) = incidents.ask(
            incident, incidents.Helpers(people=[alice]), by=bob.as_actor("web"), now=clock.now()
        )
        deliver(push.render(messages.request_message(row)).packed())
        until(device, lambda: worker.evaluate(SHOWN))
        assert worker.evaluate(BUTTONS) == ["Accept", "Decline"]
        device.context.clear_cookies()
        worker.evaluate(TAP, "accept")
        row.refresh_from_db()
        assert row.state == ResponderState.ACCEPTED
        ((title, body, _),) = worker.evaluate(SHOWN)
        assert title.startswith(f"You are coming • #{incident.pk}")
        assert (body, worker.evaluate(BUTTONS)) == ("Bob is told.", [])

    def test_news_take_the_place_of_the_page(
        self, device: Page, worker: Worker, deliver, incident: Incident, alice: User, pushed
    ):
        deliver(page_words(incident, alice, pushed))
        until(device, lambda: worker.evaluate(SHOWN))
        news = messages.over_message(incident, "Acknowledged", "Bob", now=clock.now())
        deliver(push.render(news).packed())
        until(device, lambda: worker.evaluate(SHOWN)[0][0] == "Acknowledged • Checkout API")
        assert len(worker.evaluate(SHOWN)) == 1

    def test_what_cannot_be_read_is_shown_all_the_same(self, device: Page, worker: Worker, deliver):
        deliver(b"\x00 no JSON")
        until(device, lambda: worker.evaluate(SHOWN))
        assert worker.evaluate(SHOWN)[0][0] == "OpsKnight wants you"

    def test_pushes_that_come_together_can_all_be_tapped(
        self, device: Page, worker: Worker, deliver
    ):
        """Chromium forgot what was being shown while what is shown was counted for the icon."""
        wanted = [f"tag-{number}" for number in range(24)]
        for number, tag in enumerate(wanted):
            words = {"title": "Disk", "body": tag, "tag": tag, "ack": "/a/", "url": "/"}
            deliver(json.dumps(words).encode())
            device.wait_for_timeout(0 if number % 6 else 300)
        until(device, lambda: len(worker.evaluate(SHOWN)) == len(wanted))
        assert sorted(tag for _, _, tag in worker.evaluate(SHOWN)) == sorted(wanted)

    def test_an_address_that_leads_away_opens_the_site_itself(self, device: Page, worker: Worker):
        origin = device.evaluate("location.origin")
        for hostile in (
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "data:x",
        ):
            found = worker.evaluate("(path) => own(path)", hostile)
            assert found.startswith(f"{origin}/"), (hostile, found)


PUSH_MANAGER = """
  const answer = %s;
  const fake = { endpoint: answer.endpoint, toJSON: () => answer, unsubscribe: async () => true };
  let current = null;
  PushManager.prototype.getSubscription = async () => current;
  PushManager.prototype.subscribe = async () => (current = fake);
  Object.defineProperty(Notification, "permission", { get: () => "%s" });
  Notification.requestPermission = async () => "%s";
"""


class TestThisDevice:
    def open(self, browse: Browse, alice: User, script: str) -> Page:
        page = browse(alice, "/", width=PHONE, worker=True)
        page.add_init_script(script)
        page.goto(REACH)
        return page

    def test_one_tap_adds_it_and_sends_the_push_that_proves_it(
        self, browse: Browse, alice: User, push_service: PushService
    ):
        subscription = json.dumps(push_service.subscribe().subscription)
        page = self.open(browse, alice, PUSH_MANAGER % (subscription, "default", "granted"))
        with page.expect_response("**/profile/reach/devices/") as answer:
            page.get_by_role("button", name="Use this device").click()
        assert answer.value.status == 201
        expect(page.locator("[data-device]")).to_contain_text("Chrome on Linux", timeout=10_000)
        assert Delivery.objects.filter(channel="PUSH", user=alice).count() == 1
        assert sideways(page) == []

    def test_a_blocked_browser_is_told_how_to_undo_it(self, browse: Browse, alice: User):
        page = self.open(browse, alice, PUSH_MANAGER % ("{}", "denied", "denied"))
        expect(page.get_by_text("Notifications of this site are blocked.")).to_be_visible()
        expect(page.get_by_role("button", name="Use this device")).to_be_hidden()

    def test_an_iphone_is_sent_to_its_home_screen_first(self, browse: Browse, alice: User):
        agent = "Object.defineProperty(navigator, 'userAgent', { get: () => 'iPhone Safari' });"
        page = self.open(browse, alice, agent)
        expect(page.get_by_text("Add to Home Screen")).to_be_visible()

    def test_without_scripts_it_says_what_is_missing(self, browse: Browse, alice: User):
        page = browse(alice, "/profile/reach/this-device/", scripts=False)
        expect(page.get_by_text("This browser takes no pushes")).to_be_visible()
