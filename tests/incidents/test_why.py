"""The why-log: whoever was paged and whoever was not can be told why, from rows alone."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Team, UserStatus
from core.actor import SYSTEM
from escalation.commands import TargetSpec
from incidents import commands, publishing
from incidents.commands.create import Draft
from incidents.models import EventType, Incident
from notifications import publishing as fates
from notifications.commands import receipts
from notifications.domain.words import Receipt
from notifications.models import Delivery, DeliveryState
from schedules.models import Schedule
from tests.incidents.conftest import T0, policy_of

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture
def team(people) -> Team:
    """ann receives its pages, ben does not, cat is disabled."""
    people.cat.become(UserStatus.DISABLED)
    people.cat.save()
    team = Team.objects.create(name="Platform")
    team.memberships.create(user=people.ann)
    team.memberships.create(user=people.ben, receives_pages=False)
    team.memberships.create(user=people.cat)
    return team


@pytest.fixture
def opened(make_service, team, run_until) -> Incident:
    """Its first step paged the team and a schedule in which nobody is on call."""
    empty = Schedule.objects.create(name="Nights", time_zone="UTC")
    spec = policy_of((5, [TargetSpec(team=team), TargetSpec(schedule=empty)]))
    draft = Draft(service=make_service(spec).service, title="Down", urgency="LOW")
    incident, _ = commands.create(draft, by=SYSTEM, now=T0)
    run_until(T0)
    return incident


def test_the_chain_names_who_was_paged_and_who_was_not(opened: Incident, people, api) -> None:
    (firing,) = api(people.root).get(f"/api/incidents/{opened.pk}/why").json()["why"]
    (paged,) = firing["paged"]
    assert (firing["step"], firing["cycle"], paged["person"]["name"]) == (1, 1, "Ann")
    assert paged["why"] == [{"code": "member", "text": "member of the team Platform"}]
    (mail,) = paged["deliveries"]
    assert [why["code"] for why in mail["why"]] == ["all_at_once"]
    passed = [
        (one["person"] and one["person"]["name"], one["why"]["code"]) for one in firing["notPaged"]
    ]
    assert passed == [("Ben", "no_team_pages"), ("Cat", "disabled"), (None, "gap")]


def test_the_page_shows_it_to_whoever_may_see_the_incident(opened: Incident, people) -> None:
    browser = Client()
    url = reverse("incidents:why", args=[opened.pk])
    browser.force_login(people.root)
    page = browser.get(url).content.decode()
    assert "Why them: member of the team Platform" in page
    assert "nobody is on call in Nights" in page
    log = reverse("notifications:deliveries")
    assert f"{url}#delivery-" in browser.get(log).content.decode()
    for number, lines in ((opened.pk, 2), (4711, 1)):
        file = browser.get(log, {"format": "csv", "incident": number})
        assert len(file.content.splitlines()) == lines
    stranger = Client()
    stranger.force_login(people.cat)
    assert stranger.get(url).status_code in {302, 403, 404}


def test_a_step_whose_last_channel_fails_hands_over_at_once_and_says_so(
    make_service, people, run_until
) -> None:
    spec = policy_of((5, [TargetSpec(user=people.ann)]), (5, [TargetSpec(user=people.ben)]))
    draft = Draft(service=make_service(spec).service, title="Down", urgency="HIGH")
    incident, _ = commands.create(draft, by=SYSTEM, now=T0)
    run_until(T0)
    page = Delivery.objects.get()
    Delivery.objects.update(state=DeliveryState.SENT)
    receipts.note(page.pk, Receipt.UNDELIVERED, now=T0, detail="mailbox is full")
    fates.publish_due(T0)
    publishing.publish_due(T0)
    run_until(T0)
    entries = incident.events.filter(type=EventType.ESCALATION).order_by("id")
    said = [entry.details.get("unreached") or entry.details["paged"] for entry in entries]
    assert said == [["Ann"], ["Ann"], ["Ben"]]
    assert entries[1].details["reason"].startswith("nobody of the step can be reached")


def test_who_looks_at_the_incident_has_seen_the_own_messages_only(opened: Incident, people) -> None:
    Delivery.objects.update(state=DeliveryState.SENT)
    browser = Client()
    for person, seen in ((people.root, False), (people.ann, True)):
        browser.force_login(person)
        browser.get(reverse("incidents:detail", args=[opened.pk]))
        mail = Delivery.objects.select_related("contact_method").get()
        assert bool(mail.seen_at) is seen
    assert mail.contact_method.proven_at is None  # nobody knows by which way she came
