"""Demo mode: an incident rings on the page, and what is answered there counts."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock
from dashboard.commands import demo
from incidents import commands as incidents
from incidents import paging
from incidents.models import Bundle, EventType, Incident, Status
from notifications.commands import drills
from notifications.models import Channel, Delivery, DeliveryState, Provider
from notifications.providers.base import kinds
from opsknight import wiring
from tests.axe import violations_everywhere
from tests.browsers import PHONE, Browse, sideways
from tests.cast import browser_of
from tests.page_rules import PageRules, SignedInPage

HOME = "/simulator/"
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demo_mode(settings, monkeypatch: pytest.MonkeyPatch):
    """Without the stories of the weeks before, which take longer than all the rest."""
    monkeypatch.setattr(demo, "STORIES", ())
    settings.DEMO = True
    settings.PROVIDERS = {**wiring.PROVIDERS, **wiring.DEMO_PROVIDERS}
    kinds.cache_clear()
    yield
    kinds.cache_clear()


@pytest.fixture
def broken(demo_mode, root: User, as_root: Client, send_until) -> Incident:
    """Sample data, and something that was broken on the page; the telephones of one person ring."""
    demo.fill(clock.now())
    as_root.post(reverse("integrations:break_something"))
    incident = Incident.objects.latest("id")
    paging.advance(clock.now())
    send_until(lambda: len(ringing()) == 5, 10)
    return incident


def ringing() -> dict[str, Delivery]:
    rows = Delivery.objects.filter(state=DeliveryState.SENT, provider__startswith="prv_")
    return {row.channel: row for row in rows.select_related("user")}


def of(person: User, channel: Channel) -> Delivery | None:
    """The newest message that somebody's telephone shows."""
    rows = Delivery.objects.filter(state=DeliveryState.SENT, user=person, channel=channel)
    return rows.order_by("-id").first()


def press(client: Client, row: Delivery | None, verb: str) -> str:
    assert row
    url = reverse("integrations:press_button", args=[row.pk])
    return client.post(url, {"verb": verb}, headers={"HX-Request": "true"}).content.decode()


class TestRules(SignedInPage):
    @pytest.fixture(autouse=True)
    def _on(self, demo_mode) -> None:
        pass

    @pytest.fixture
    def url(self) -> str:
        return HOME


class TestBreakRules(PageRules):
    name = "integrations:break_something"
    roles = frozenset({"ADMIN", "RESPONDER"})
    post_only = True

    @pytest.fixture(autouse=True)
    def _on(self, demo_mode) -> None:
        pass


def test_without_demo_mode_there_is_no_such_page(as_root: Client):
    assert as_root.get(HOME).status_code == 404
    assert as_root.post(reverse("integrations:break_something")).status_code == 404
    assert b"Demo mode" not in as_root.get("/").content


def test_every_page_says_that_nobodys_telephone_rings(demo_mode, as_root: Client):
    assert b"Demo mode" in as_root.get("/").content


def test_it_rings_and_a_key_acknowledges(broken: Incident, as_root: Client):
    call = ringing()[Channel.VOICE]
    shown = as_root.get(HOME, headers={"HX-Request": "true"}).content.decode()
    assert "Incoming call" in shown
    assert "Press 4 to acknowledge" in shown
    as_root.post(reverse("integrations:press_key", args=[call.pk]), {"key": "4"})
    broken.refresh_from_db()
    assert broken.status == Status.ACKNOWLEDGED
    event = broken.events.get(type=EventType.ACKNOWLEDGED)
    assert (event.actor_label, event.via) == (str(call.user), "voice")
    call.refresh_from_db()
    assert call.seen_at is not None
    assert "Incoming call" not in as_root.get(HOME).content.decode()


def test_a_text_acknowledges_and_everything_else_stops_ringing(broken: Incident, as_root: Client):
    owner = ringing()[Channel.SMS].user
    url = reverse("integrations:reply", args=[owner.public_id])
    answer = as_root.post(url, {"text": "1"}, headers={"HX-Request": "true"})
    assert f"#{broken.pk} is acknowledged" in answer.content.decode()
    broken.refresh_from_db()
    assert broken.status == Status.ACKNOWLEDGED
    shown = answer.content.decode()
    assert "Incoming call" not in shown and 'value="acknowledge"' not in shown
    assert f"Acknowledged by {owner}" in shown


def test_a_bundle_that_was_taken_asks_for_nothing_more(broken: Incident, as_root: Client):
    row = ringing()[Channel.TELEGRAM]
    bundle = Bundle.objects.create(
        user=row.user,
        service=broken.service,
        urgency="HIGH",
        opened_at=clock.now(),
        last_at=clock.now(),
        leaves_at=clock.now(),
    )
    mine = Delivery.objects.filter(pk__in=[one.pk for one in ringing().values()])
    mine.update(subject_kind="bundle", subject_id=bundle.pk)
    shown = as_root.get(HOME).content.decode()
    assert "Incoming call" in shown and 'value="acknowledge"' in shown
    Bundle.objects.update(taken_at=clock.now())
    shown = as_root.get(HOME).content.decode()
    assert "All acknowledged" in shown
    assert "Incoming call" not in shown and 'value="acknowledge"' not in shown


def test_a_request_for_help_is_answered_by_its_buttons(
    broken: Incident, root: User, as_root: Client, send_until
):
    owner = ringing()[Channel.VOICE].user
    incidents.acknowledge(broken, by=owner.as_actor("web"), now=clock.now())
    helper = User.objects.exclude(pk__in=[owner.pk, root.pk]).filter(contact_methods__channel="SMS")
    asked = helper.first()
    assert asked
    helpers = incidents.Helpers(people=[asked])
    incidents.ask(broken, helpers, by=owner.as_actor("web"), now=clock.now(), message="Please")
    send_until(lambda: of(asked, Channel.TELEGRAM), 10)
    shown = as_root.get(HOME).content.decode()
    assert 'value="decline"' in shown and "Incoming call" in shown
    answer = press(as_root, of(asked, Channel.TELEGRAM), "accept")
    assert f"counts on you, {owner} is told" in answer
    assert "Accepted" in answer and 'value="decline"' not in answer


def test_a_test_page_is_confirmed_by_a_button_or_a_text(
    demo_mode, root: User, as_root: Client, send_until
):
    demo.fill(clock.now())
    person = User.objects.filter(contact_methods__channel="SMS").first()
    assert person
    drill = drills.start_drill(person, by=root.as_actor("web"), now=clock.now())
    send_until(lambda: of(person, Channel.SMS) and of(person, Channel.PUSH), 10)
    assert 'value="arrived"' in as_root.get(HOME).content.decode()
    assert "pages arrive here" in press(as_root, of(person, Channel.PUSH), "arrived")
    url = reverse("integrations:reply", args=[person.public_id])
    said = as_root.post(url, {"text": "3"}, headers={"HX-Request": "true"})
    assert "pages arrive at this number" in said.content.decode()
    seen = Delivery.objects.filter(subject_kind="drill", seen_at__isnull=False)
    assert set(seen.values_list("channel", flat=True)) == {"PUSH", "SMS"}
    drill.refresh_from_db()
    assert drill.answered_at


def test_a_button_resolves(broken: Incident, as_root: Client):
    card = ringing()[Channel.TELEGRAM]
    as_root.post(reverse("integrations:press_button", args=[card.pk]), {"verb": "resolve"})
    broken.refresh_from_db()
    assert broken.status == Status.RESOLVED


def test_others_hold_no_telephone_but_their_own(broken: Incident, alice: User):
    other = ringing()[Channel.VOICE]
    stranger = browser_of(alice)
    assert b"Incoming call" not in stranger.get(HOME).content
    url = reverse("integrations:press_key", args=[other.pk])
    assert stranger.post(url, {"key": "4"}).status_code == 404
    url = reverse("integrations:reply", args=[other.user.public_id])
    assert stranger.post(url, {"text": "1"}).status_code == 404
    broken.refresh_from_db()
    assert broken.status == Status.OPEN


@pytest.mark.browser
@pytest.mark.sqlite_only
def test_it_is_seen_to_ring_and_acknowledged_by_hand(
    demo_mode, root: User, send_until, browse: Browse
):
    demo.fill(clock.now())
    page = browse(root, HOME, width=PHONE)
    page.get_by_role("button", name="Let something break").click()
    paging.advance(clock.now())
    send_until(lambda: len(ringing()) == 5, 10)
    page.get_by_text("Incoming call").wait_for()  # it came by itself
    assert violations_everywhere(page) + sideways(page) == []
    page.get_by_role("button", name="4", exact=True).click()
    page.get_by_text("Incoming call").wait_for(state="detached")
    assert Incident.objects.latest("id").status == Status.ACKNOWLEDGED


def test_sample_data_have_no_telephones_outside_demo_mode(db):
    demo.fill(clock.now())
    assert not Provider.objects.exists()
