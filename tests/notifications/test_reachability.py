"""Reachability of people, schedules and policies: who sees it, what it says, what it costs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Membership, Team, User
from core import clock
from escalation.models import EscalationPolicy, PolicyVersion, Step, StepTarget
from notifications.commands import readiness
from notifications.domain.readiness import Light, Reason
from notifications.models import Channel, ContactMethod, Delivery
from schedules import queries
from schedules.commands import handoffs
from schedules.models import Override, Schedule
from tests.cast import make_person

pytestmark = pytest.mark.once

PAGE = "/reachability/"


def way(user: User, channel: Channel, address: str, **more: object) -> ContactMethod:
    return ContactMethod.objects.create(user=user, channel=channel, address=address, **more)


@pytest.fixture
def schedule(alice: User, bob: User) -> Schedule:
    """alice is on duty now, bob in ten days."""
    row = Schedule.objects.create(name="Payments", time_zone="UTC")
    now, day = clock.now(), timedelta(days=1)
    for user, start in ((alice, now - day), (bob, now + 10 * day)):
        Override.objects.create(
            schedule=row, kind="ADD", user=user, start=start, end=start + 5 * day, created_at=now
        )
    return row


@pytest.fixture
def policy(schedule: Schedule, carol: User) -> EscalationPolicy:
    """First whoever is on duty, then carol."""
    row = EscalationPolicy.objects.create(name="Payments")
    version = PolicyVersion.objects.create(policy=row, number=1, created_at=clock.now())
    for position, target in enumerate(({"schedule": schedule}, {"user": carol})):
        step = Step.objects.create(version=version, position=position)
        StepTarget.objects.create(step=step, kind=next(iter(target)).upper(), **target)
    row.current = version
    row.save()
    return row


def make_sure(user: User) -> None:
    """A webhook that works beside a proven one of another kind: needs no account."""
    now = clock.now()
    way(user, Channel.WEBHOOK, f"https://one.example.com/{user.pk}", verified_at=now)
    way(user, Channel.TEAMS, f"https://two.example.com/{user.pk}", proven_at=now)


def test_responders_see_everybody_a_lead_the_team_and_others_themselves(
    alice: User, bob: User, carol: User, as_alice: Client, as_carol: Client
) -> None:
    assert all(name in as_alice.get(PAGE).content.decode() for name in ("Alice", "Bob", "Carol"))
    alone = as_carol.get(PAGE).content.decode()
    assert "Carol" in alone
    assert ">Bob<" not in alone
    assert as_carol.get(f"{PAGE}people/{bob.public_id}/").status_code == 404
    team = Team.objects.create(name="Night", lead=carol)
    Membership.objects.create(team=team, user=bob)
    assert ">Bob<" in as_carol.get(PAGE).content.decode()
    assert as_carol.get(f"{PAGE}people/{bob.public_id}/").status_code == 200


def test_channels_are_shown_to_others_but_no_address(
    alice: User, bob: User, as_alice: Client
) -> None:
    way(bob, Channel.SMS, "+4915112345678")
    page = as_alice.get(f"{PAGE}people/{bob.public_id}/").content.decode()
    assert "SMS" in page
    assert "This channel is not set up here" in page
    assert "+4915112345678" not in page


def test_the_worst_of_those_who_take_turns_counts_and_each_step_of_a_policy(
    alice: User,
    bob: User,
    carol: User,
    root: User,
    schedule: Schedule,
    policy: EscalationPolicy,
    api: Callable[..., APIClient],
) -> None:
    make_sure(alice)
    client = api(root, "schedules:read", "policies:read", "notifications:read")
    of_schedule = client.get(f"/api/schedules/{schedule.public_id}/reachability").json()
    assert of_schedule["light"] == "red"
    assert [one["user"]["name"] for one in of_schedule["doubts"]] == ["Bob"]
    assert of_schedule["doubts"][0]["onDutyAt"] > clock.now().isoformat()
    make_sure(bob)
    of_policy = client.get(f"/api/escalation-policies/{policy.public_id}/reachability").json()
    assert (of_policy["light"], of_policy["steps"]) == ("red", ["green", "red"])
    people = client.get("/api/reachability?light=green").json()["people"]
    assert [one["user"]["name"] for one in people] == ["Alice", "Bob"]
    me = client.get("/api/users/me/reachability").json()
    assert (me["light"], me["reasons"][0]["code"]) == ("red", "no_way")


def test_pages_of_schedule_and_policy_name_who_is_in_doubt(
    schedule: Schedule, policy: EscalationPolicy, as_alice: Client
) -> None:
    for path in ("schedules/", "policies/", f"of/{schedule.public_id}/", f"of/{policy.public_id}/"):
        page = as_alice.get(PAGE + path).content.decode()
        assert "Bob" in page
        assert "No way works" in page
    part = as_alice.get(f"{PAGE}of/{policy.public_id}/", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


def test_a_way_is_doubted_from_its_failure_until_something_gets_through(bob: User) -> None:
    now = clock.now()
    sms = way(bob, Channel.WEBHOOK, "https://one.example.com", verified_at=now, failed_at=now)
    carol = make_person("dora")

    def doubts() -> tuple[Reason, ...]:
        # Among several: whose way never failed is not asked about.
        return readiness.of_people([bob.pk, carol.pk], now)[bob.pk].ways[1].reasons

    def delivery(number: int, state: str) -> None:
        Delivery.objects.create(
            subject_kind="thing",
            subject_id=number,
            page_key="1",
            target_key=sms.public_id,
            contact_method=sms,
            user=bob,
            channel=sms.channel,
            address=sms.address,
            message={},
            state=state,
            next_attempt_at=now,
            created_at=now,
        )

    delivery(1, "FAILED")
    assert doubts() == (Reason.FAILED,)
    delivery(2, "SENT")
    assert doubts() == ()


def test_any_number_of_people_costs_the_same_few_queries(
    alice: User, bob: User, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(20):
        make_sure(make_person(f"p{number}"))
    people = User.objects.values_list("pk", flat=True)
    readiness.of_people(people, clock.now())
    with django_assert_num_queries(4):
        found = readiness.of_people(list(people), clock.now())
    assert sorted(one.light for one in found.values()).count(Light.GREEN) == 20


def test_whoever_saves_a_policy_or_an_override_hears_whom_it_cannot_reach(
    schedule: Schedule, policy: EscalationPolicy
) -> None:
    now = clock.now()
    people = queries.people_ahead([schedule.pk], now)[schedule.pk]
    assert readiness.doubts(people, now) == ["A page cannot reach Alice, Bob: see Reachability."]
    for name in ("alice", "bob"):
        make_sure(User.objects.get(email=f"{name}@example.com"))
    assert readiness.doubts(people, now) == []


def test_a_notice_of_a_shift_says_when_a_page_may_not_wake(schedule: Schedule, alice: User) -> None:
    now = clock.now()
    Schedule.objects.update(handoff_lead_minutes=60, created_at=now - timedelta(days=9))
    soon = now + timedelta(minutes=30)
    Override.objects.create(
        schedule=schedule,
        kind="ADD",
        user=make_person("dora"),
        start=soon,
        end=soon + timedelta(hours=8),
        created_at=now,
    )
    handoffs.tell_shifts(now)
    told = Delivery.objects.get(subject_kind="shift", page_key__startswith="soon")
    assert "A page may not wake you" in told.message["body"]
