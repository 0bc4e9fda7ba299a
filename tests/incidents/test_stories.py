"""Escalation told as stories: a fake clock, the real engine, real rows, fake phones."""

from datetime import timedelta

import pytest

from accounts.models import Team, UserStatus
from core.actor import SYSTEM, Actor
from escalation import commands as escalation
from escalation.commands import TargetSpec
from incidents import commands, paging, queries
from incidents.commands.create import Draft
from incidents.models import EscalationState, EventType, Incident, Page, PageKind
from tests.incidents.conftest import MINUTE, T0, policy_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def open_incident(service, **draft: object) -> Incident:
    draft.setdefault("urgency", "HIGH")
    draft.setdefault("title", "Checkout is down")
    incident, _ = commands.create(Draft(service=service, **draft), by=SYSTEM, now=T0)
    return incident


def woken(incident: Incident) -> list[tuple[float, str]]:
    """(minutes after T0, name) of every page, in order."""
    pages = Page.objects.filter(incident=incident).select_related("user").order_by("id")
    return [((page.created_at - T0) / MINUTE, page.user.name) for page in pages]


def by(user) -> Actor:
    return user.as_actor("web")


def test_first_responder_is_paged_at_once(make_service, page_ann_then_ben, run_until) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    assert woken(incident) == [(0, "Ann")]


def test_second_responder_is_paged_when_the_first_stays_silent(
    make_service, page_ann_then_ben, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0 + 5 * MINUTE)
    assert woken(incident) == [(0, "Ann"), (5, "Ben")]
    incident.refresh_from_db()
    assert incident.current_step == 1


def test_nobody_is_paged_after_an_acknowledgement(
    make_service, page_ann_then_ben, people, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    commands.acknowledge(incident, by=by(people.ann), now=T0 + MINUTE)
    run_until(T0 + 9 * HOUR)
    assert woken(incident) == [(0, "Ann")]
    incident.refresh_from_db()
    assert incident.assignee == people.ann


class TestCase1ServiceWithoutPolicy:
    def test_owning_team_is_paged_and_then_the_fallback(
        self, make_service, people, run_until
    ) -> None:
        team = Team.objects.create(name="Platform")
        team.memberships.create(user=people.ann)
        team.memberships.create(user=people.ben, receives_pages=False)
        incident = open_incident(make_service(None, team=team).service)
        run_until(T0 + 5 * MINUTE)
        assert woken(incident) == [(0, "Ann"), (5, "Root")]

    def test_assignee_is_paged_together_with_the_team(
        self, make_service, people, run_until
    ) -> None:
        team = Team.objects.create(name="Platform")
        team.memberships.create(user=people.ann)
        incident = open_incident(make_service(None, team=team).service, assignee=people.cat)
        run_until(T0)
        assert sorted(name for _, name in woken(incident)) == ["Ann", "Cat"]

    def test_without_any_owner_the_fallback_is_paged_at_once(self, make_service, run_until) -> None:
        incident = open_incident(make_service(None).service)
        run_until(T0)
        assert woken(incident) == [(0, "Root")]


def test_case_2_removing_the_policy_does_not_touch_a_running_escalation(
    make_service, page_ann_then_ben, run_until
) -> None:
    door = make_service(page_ann_then_ben)
    incident = open_incident(door.service)
    run_until(T0)
    door.service.policy = None
    door.service.save()
    run_until(T0 + 5 * MINUTE)
    assert woken(incident) == [(0, "Ann"), (5, "Ben")]


def test_case_2b_an_edit_of_the_policy_does_not_change_a_running_escalation(
    make_service, page_ann_then_ben, people, run_until
) -> None:
    door = make_service(page_ann_then_ben)
    incident = open_incident(door.service)
    run_until(T0)
    escalation.save_policy(
        door.policy, policy_of((1, [TargetSpec(user=people.cat)])), by=SYSTEM, now=T0
    )
    run_until(T0 + 5 * MINUTE)
    assert woken(incident) == [(0, "Ann"), (5, "Ben")]


class TestCase3NobodyLeft:
    def test_all_targets_disabled_ends_at_the_fallback_contact_at_once(
        self, make_service, page_ann_then_ben, people, run_until
    ) -> None:
        door = make_service(page_ann_then_ben)
        for user in (people.ann, people.ben):
            user.status, user.is_active = UserStatus.DISABLED, False
            user.save()
        incident = open_incident(door.service)
        run_until(T0)
        assert woken(incident) == [(0, "Root")]
        incident.refresh_from_db()
        assert incident.escalation_state == EscalationState.EXHAUSTED
        assert incident.escalate_at == T0 + HOUR

    def test_fallback_of_the_policy_comes_before_the_admins(
        self, make_service, people, run_until
    ) -> None:
        spec = policy_of((5, [TargetSpec(user=people.ann)]), fallback_users=[people.cat])
        incident = open_incident(make_service(spec).service)
        run_until(T0 + 5 * MINUTE)
        assert woken(incident) == [(0, "Ann"), (5, "Cat")]
        assert Page.objects.get(user=people.cat).kind == PageKind.FALLBACK

    def test_after_exhaustion_the_last_step_is_paged_every_hour(
        self, make_service, page_ann_then_ben, run_until
    ) -> None:
        incident = open_incident(make_service(page_ann_then_ben).service)
        run_until(T0 + 15 * MINUTE + 2 * HOUR)
        assert woken(incident)[2:] == [(15, "Root"), (75, "Ben"), (135, "Ben")]
        assert not queries.orphans(T0 + 15 * MINUTE + 2 * HOUR).exists()


def test_case_4_acknowledgement_while_pages_are_in_flight_cancels_them(
    make_service, page_ann_then_ben, people, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    page = Page.objects.get()
    entry = (1, incident.pk, page.key, people.ann.pk)
    assert queries.unwanted_pages([entry], T0) == {}
    commands.acknowledge(incident, by=by(people.ben), now=T0 + MINUTE)
    assert queries.unwanted_pages([entry], T0) == {1: "the incident is acknowledged"}


class TestCase8SamePersonTwice:
    def test_several_targets_of_a_step_page_a_person_once(
        self, make_service, people, run_until
    ) -> None:
        team = Team.objects.create(name="Platform", lead=people.ann)
        team.memberships.create(user=people.ann)
        targets = [
            TargetSpec(user=people.ann),
            TargetSpec(team=team),
            TargetSpec(team=team, lead_only=True),
        ]
        incident = open_incident(make_service(policy_of((5, targets))).service)
        run_until(T0)
        assert woken(incident) == [(0, "Ann")]


class TestCase9Snooze:
    def test_waking_up_pages_the_step_where_it_stood(
        self, make_service, page_ann_then_ben, people, run_until
    ) -> None:
        incident = open_incident(make_service(page_ann_then_ben).service)
        run_until(T0 + 5 * MINUTE)
        commands.snooze(incident, T0 + 21 * MINUTE, by=by(people.ben), now=T0 + 6 * MINUTE)
        run_until(T0 + 20 * MINUTE)
        assert commands.wake_due(T0 + 20 * MINUTE) == 0
        assert commands.wake_due(T0 + 21 * MINUTE) == 1
        run_until(T0 + 21 * MINUTE)
        assert woken(incident) == [(0, "Ann"), (5, "Ben"), (21, "Ben")]

    def test_a_snooze_wakes_up_once_even_when_asked_twice(
        self, make_service, page_ann_then_ben, people
    ) -> None:
        incident = open_incident(make_service(page_ann_then_ben).service)
        commands.snooze(incident, T0 + MINUTE, by=by(people.ann), now=T0)
        assert [commands.wake_due(T0 + MINUTE) for _ in range(2)] == [1, 0]


class TestCase10Reopen:
    def test_reopening_starts_at_step_one(
        self, make_service, page_ann_then_ben, people, run_until
    ) -> None:
        incident = open_incident(make_service(page_ann_then_ben).service)
        run_until(T0 + 5 * MINUTE)
        commands.resolve(incident, by=by(people.ben), now=T0 + 6 * MINUTE)
        commands.reopen(incident, by=by(people.ben), now=T0 + 30 * MINUTE)
        run_until(T0 + 35 * MINUTE)
        assert woken(incident)[2:] == [(30, "Ann"), (35, "Ben")]
        incident.refresh_from_db()
        assert incident.resolved_at is None
        assert incident.acknowledged_at is None

    def test_taking_an_acknowledgement_back_waits_and_goes_on_with_the_next_step(
        self, make_service, page_ann_then_ben, people, run_until
    ) -> None:
        incident = open_incident(make_service(page_ann_then_ben).service)
        run_until(T0)
        commands.acknowledge(incident, by=by(people.ann), now=T0 + MINUTE)
        commands.unacknowledge(incident, by=by(people.ann), now=T0 + 20 * MINUTE)
        run_until(T0 + 25 * MINUTE)
        assert woken(incident) == [(0, "Ann"), (25, "Ben")]


def test_case_11_zero_waits_fire_in_order_in_one_tick(make_service, people, run_until) -> None:
    steps = [(0, [TargetSpec(user=user)]) for user in (people.cat, people.ann, people.ben)]
    incident = open_incident(make_service(policy_of(*steps[:2], (5, steps[2][1]))).service)
    assert paging.advance(T0) == 1
    assert woken(incident) == [(0, "Cat"), (0, "Ann"), (0, "Ben")]


def test_case_12_five_hundred_incidents_at_once_lose_no_step(
    make_service, page_ann_then_ben
) -> None:
    service = make_service(page_ann_then_ben).service
    for number in range(500):
        open_incident(service, title=f"Incident {number}")
    assert [paging.advance(T0) for _ in range(6)] == [100, 100, 100, 100, 100, 0]
    assert Page.objects.filter(user__name="Ann").count() == 500
    assert not queries.orphans(T0).exists()


def test_urgent_ones_go_first(make_service, page_ann_then_ben) -> None:
    service = make_service(page_ann_then_ben).service
    low = open_incident(service, urgency="LOW")
    high = open_incident(service, urgency="HIGH")
    assert paging.advance(T0, limit=1) == 1
    assert (woken(high), woken(low)) == ([(0, "Ann")], [])


def test_suppressed_first_notifications_still_escalate(
    make_service, page_ann_then_ben, run_until
) -> None:
    service = make_service(page_ann_then_ben).service
    incident = open_incident(service, suppress_notifications=True)
    run_until(T0 + 5 * MINUTE)
    assert woken(incident) == [(5, "Ben")]


def test_suppressed_first_notifications_are_sent_when_it_is_opened_again(
    make_service, page_ann_then_ben, people, run_until
) -> None:
    service = make_service(page_ann_then_ben).service
    incident = open_incident(service, suppress_notifications=True)
    run_until(T0)
    commands.resolve(incident, by=by(people.cat), now=T0 + MINUTE)
    commands.reopen(incident, by=by(people.cat), now=T0 + HOUR)
    run_until(T0 + HOUR)
    assert woken(incident) == [(60, "Ann")]


def test_suppressing_stops_and_unsuppressing_goes_on(
    make_service, page_ann_then_ben, people, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    commands.suppress(incident, by=by(people.ann), now=T0 + MINUTE)
    run_until(T0 + HOUR)
    commands.unsuppress(incident, by=by(people.ann), now=T0 + HOUR)
    run_until(T0 + HOUR)
    assert woken(incident) == [(0, "Ann"), (60, "Ann")]


def test_restart_takes_the_current_policy(
    make_service, page_ann_then_ben, people, run_until
) -> None:
    door = make_service(page_ann_then_ben)
    incident = open_incident(door.service)
    run_until(T0)
    spec = policy_of((5, [TargetSpec(user=people.cat)]))
    escalation.save_policy(door.policy, spec, by=SYSTEM, now=T0)
    commands.restart_escalation(incident, by=by(people.ann), now=T0 + MINUTE)
    run_until(T0 + MINUTE)
    assert woken(incident) == [(0, "Ann"), (1, "Cat")]


def test_escalate_now_does_not_wait(make_service, page_ann_then_ben, people, run_until) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    commands.escalate_now(incident, by=by(people.ann), now=T0 + MINUTE)
    run_until(T0 + MINUTE)
    assert woken(incident) == [(0, "Ann"), (1, "Ben")]


def test_every_step_leaves_its_reason_in_the_timeline(
    make_service, page_ann_then_ben, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0 + 5 * MINUTE)
    events = incident.events.filter(type=EventType.ESCALATION).order_by("id")
    shown = [(e.details["from_step"], e.details["to_step"], e.details["paged"]) for e in events]
    assert shown == [(None, 1, ["Ann"]), (1, 2, ["Ben"])]


@pytest.mark.django_db(transaction=True)
def test_eight_engines_at_once_page_each_person_once(
    make_service, page_ann_then_ben, at_once
) -> None:
    service = make_service(page_ann_then_ben).service
    for number in range(30):
        open_incident(service, title=f"Incident {number}")
    handled = at_once(8, paging.advance, T0)
    assert sum(handled) == 30
    assert Page.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_acknowledge_and_resolve_at_the_same_moment_leave_one_end(
    make_service, page_ann_then_ben, people, at_once
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    verbs = iter([commands.acknowledge, commands.resolve] * 4)

    def end() -> None:
        next(verbs)(incident, by=by(people.ann), now=T0)

    results = at_once(8, end)
    incident.refresh_from_db()
    assert incident.status == "RESOLVED"
    assert incident.events.filter(type=EventType.RESOLVED).count() == 1
    assert incident.escalate_at is None
    refused = [error for error in results if error is not None]
    assert all("RESOLVED cannot become ACKNOWLEDGED" in str(error) for error in refused)
