"""/a/<token>/: acknowledge with one tap from a mail, without a session."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from accounts.models import UserStatus
from core.actor import SYSTEM
from incidents import commands, links
from incidents.models import EventType, Status
from notifications.models import Delivery

pytestmark = pytest.mark.once

DEAD = "This link does not work any more"


@pytest.fixture
def link(incident, alice) -> str:
    token = signing.dumps([incident.pk, alice.pk], salt=links.SALT)
    return reverse("incidents:quick_acknowledge", args=[token])


@pytest.fixture
def phone(db: None) -> Client:
    """A browser without a session; CSRF is checked as for anybody."""
    return Client(enforce_csrf_checks=True)


def test_one_tap_acknowledges_as_the_person_of_the_link(phone, link, incident, alice):
    page = phone.post(link).content.decode()
    incident.refresh_from_db()
    assert "You have it" in page
    assert (incident.status, incident.assignee) == (Status.ACKNOWLEDGED, alice)
    event = incident.events.get(type=EventType.ACKNOWLEDGED)
    assert (event.actor_id, event.via) == (alice.public_id, "email")


def test_the_tap_proves_the_mail_and_the_look_does_not(phone, link, paged):
    phone.get(link)
    assert Delivery.objects.get().seen_at is None
    phone.post(link)
    mail = Delivery.objects.select_related("contact_method").get()
    assert mail.seen_at
    assert mail.contact_method.proven_at


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_follows_the_link_changes_nothing(phone, link, incident, method):
    answer = getattr(phone, method)(link, headers={"User-Agent": "MailScanner/1.0"})
    assert answer.status_code == 200
    incident.refresh_from_db()
    assert incident.status == Status.OPEN


def test_the_page_is_kept_by_nobody_and_tells_nobody_where_it_was(phone, link):
    headers = phone.get(link).headers
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in headers["X-Robots-Tag"]


def test_it_works_without_scripts(phone, link):
    page = phone.get(link).content.decode()
    assert "<script" not in page
    assert '<form method="post">' in page


def test_a_second_tap_shows_who_has_it(phone, link, incident, bob, now):
    commands.acknowledge(incident, by=bob.as_actor("web"), now=now)
    page = phone.post(link).content.decode()
    assert "Bob has it" in page
    assert incident.events.filter(type=EventType.ACKNOWLEDGED).count() == 1


def test_after_the_end_it_says_so_and_does_nothing(phone, link, incident, now):
    commands.resolve(incident, by=SYSTEM, now=now)
    assert "It is over" in phone.get(link).content.decode()
    assert "It is over" in phone.post(link).content.decode()
    incident.refresh_from_db()
    assert incident.status == Status.RESOLVED


def test_a_suppressed_incident_stays_suppressed(phone, link, incident, now):
    commands.suppress(incident, by=SYSTEM, now=now)
    page = phone.post(link).content.decode()
    assert "Muted" in page
    assert "cannot become ACKNOWLEDGED" in page


def test_a_snoozed_incident_can_be_taken(phone, link, incident, now):
    commands.snooze(incident, now + timedelta(hours=1), by=SYSTEM, now=now)
    assert "You have it" in phone.post(link).content.decode()


@pytest.mark.parametrize("token", ["x", "a:b:c", "WzEsMV0:1abcde:" + "A" * 43])
def test_forged_links_are_dead(phone, incident, token):
    answer = phone.post(reverse("incidents:quick_acknowledge", args=[token]))
    assert answer.status_code == 410
    assert DEAD in answer.content.decode()


def test_a_link_for_another_purpose_is_dead(phone, incident, alice):
    token = signing.dumps([incident.pk, alice.pk], salt="something else")
    answer = phone.get(reverse("incidents:quick_acknowledge", args=[token]))
    assert answer.status_code == 410


def test_a_link_of_yesterday_is_dead(phone, link, incident, time_machine_to):
    time_machine_to(hours=24, seconds=5)
    assert phone.post(link).status_code == 410
    incident.refresh_from_db()
    assert incident.status == Status.OPEN


def test_a_disabled_person_cannot_acknowledge_any_more(phone, link, incident, alice):
    alice.become(UserStatus.DISABLED)
    alice.save()
    assert phone.post(link).status_code == 410
    incident.refresh_from_db()
    assert incident.status == Status.OPEN


def test_times_are_those_of_the_person(phone, link, alice):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    assert "JST" in phone.get(link).content.decode()


class TestFromANotification:
    """The service worker of a device that was paged: JSON, and no page is opened."""

    @pytest.fixture
    def worker(self, phone: Client, link: str):
        return lambda to=link: phone.post(to, headers={"Accept": "application/json"})

    def test_one_tap_acknowledges_by_push(self, worker, incident, alice):
        said = worker().json()
        assert said["title"] == f"You have it • #{incident.pk} Checkout is down"
        event = incident.events.get(type=EventType.ACKNOWLEDGED)
        assert (event.actor_id, event.via) == (alice.public_id, "push")

    def test_whoever_was_faster_is_named(self, worker, incident, bob, now):
        commands.acknowledge(incident, by=bob.as_actor("web"), now=now)
        answer = worker()
        assert answer.status_code == 200
        assert answer.json()["title"].startswith("Bob has it •")

    def test_after_the_end_there_is_nothing_to_do(self, worker, incident, now):
        commands.resolve(incident, by=SYSTEM, now=now)
        assert worker().json()["title"].startswith("It is over •")

    def test_what_nobody_has_is_never_called_done(self, worker, incident, now):
        commands.suppress(incident, by=SYSTEM, now=now)
        answer = worker()
        assert answer.status_code == 409
        assert "cannot become ACKNOWLEDGED" in answer.json()["message"]

    def test_a_dead_link_says_so(self, worker, incident):
        answer = worker(reverse("incidents:quick_acknowledge", args=["x"]))
        assert (answer.status_code, answer.json()) == (410, {"message": DEAD + "."})
