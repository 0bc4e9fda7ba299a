"""Stories of LOW that waits for support hours, and of steps that are for some incidents only."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from core.actor import SYSTEM
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from incidents import commands, paging, queries
from incidents.commands.create import Draft
from incidents.models import Bundle, EscalationState, HoursWait, Incident, Page
from incidents.shield import departure
from notifications import commands as notifications
from notifications.models import Delivery
from schedules import commands as schedules
from schedules.models import SupportHours
from tests.incidents.conftest import MINUTE, T0, policy_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NINE = T0 + 6 * HOUR  # T0 is 03:00 on a Monday
ACTING = {"by": SYSTEM, "now": T0}


def set_hours(office: SupportHours | None, start: str = "09:00") -> SupportHours:
    days = ["MON", "TUE", "WED", "THU", "FRI"]
    windows = [{"days": days, "start": start, "end": "17:00", "endDay": None}]
    names = {"name": "Office", "time_zone": "UTC", "holidays": None}
    return schedules.save_support_hours(office, windows=windows, **names, **ACTING)


@pytest.fixture
def office(db: None) -> SupportHours:
    return set_hours(None)


def opened(service, urgency: str = "LOW", **more: object) -> Incident:
    draft = Draft(title="Disk is filling", service=service, urgency=urgency, **more)
    return commands.create(draft, **ACTING)[0]


def woken(incident: Incident) -> list[tuple[float, str]]:
    """(minutes after T0, name) of every page, in order."""
    rows = Page.objects.filter(incident=incident).select_related("user").order_by("id")
    return [((row.created_at - T0) / MINUTE, row.user.name) for row in rows]


def test_a_step_never_waits_for_a_digest_and_what_is_raised_leaves_it(
    make_service, people, run_until
) -> None:
    notifications.set_low_digest(people.ann, "DAILY", **ACTING)
    steps = [(5, [TargetSpec(user=people.ann)]), (5, [TargetSpec(user=people.ben)])]
    incident = opened(make_service(policy_of(*steps)).service)
    run_until(T0 + 5 * MINUTE)
    assert woken(incident) == [(0, "Ann"), (5, "Ben")]
    sent = Delivery.objects.filter(subject_kind="incident", user=people.ann)
    assert sent.get().next_attempt_at == T0 + 5 * HOUR  # 08:00
    commands.change_urgency(incident, "HIGH", by=SYSTEM, now=T0 + HOUR)
    assert sent.get().next_attempt_at == T0 + HOUR


class TestLowWaits:
    @pytest.fixture
    def patient(self, make_service, people, office) -> SimpleNamespace:
        """ann, five minutes later ben; LOW waits for the office."""
        steps = [(5, [TargetSpec(user=people.ann)]), (5, [TargetSpec(user=people.ben)])]
        return make_service(policy_of(*steps, low_hours=office))

    def test_until_the_hours_begin_and_then_every_step_is_paged(self, patient, run_until) -> None:
        incident, urgent = opened(patient.service), opened(patient.service, "HIGH")
        run_until(T0)
        incident.refresh_from_db()
        assert (incident.escalate_at, incident.hours_wait) == (NINE, HoursWait.WAITING)
        [said] = incident.events.filter(type="escalation")
        assert said.details["reason"] == "LOW waits for Office"
        assert said.details["waits_until"] == NINE.isoformat()
        assert woken(urgent) == [(0, "Ann")]
        run_until(NINE + 5 * MINUTE)
        assert woken(incident) == [(360, "Ann"), (365, "Ben")]

    def test_unless_somebody_raises_the_urgency(self, patient, run_until) -> None:
        incident = opened(patient.service)
        run_until(T0)
        commands.change_urgency(incident, "MEDIUM", by=SYSTEM, now=T0 + HOUR)
        run_until(T0 + HOUR)
        assert woken(incident) == [(60, "Ann")]

    def test_unless_somebody_escalates_by_hand_and_then_for_the_whole_run(
        self, patient, run_until
    ) -> None:
        incident = opened(patient.service)
        run_until(T0)
        commands.escalate_now(incident, by=SYSTEM, now=T0 + HOUR)
        run_until(T0 + HOUR + 5 * MINUTE)
        assert woken(incident) == [(60, "Ann"), (65, "Ben")]

    def test_whoever_escalates_again_after_taking_it_and_giving_it_back_is_heard(
        self, patient, run_until
    ) -> None:
        incident = opened(patient.service)
        run_until(T0)
        press = [
            commands.escalate_now,
            commands.acknowledge,
            commands.unacknowledge,
            commands.escalate_now,
        ]
        for seconds, verb in enumerate(press):  # before any ticker came
            verb(incident, by=SYSTEM, now=T0 + HOUR + seconds * SECOND)
        run_until(T0 + HOUR + MINUTE)
        assert len(woken(incident)) == 1

    def test_not_longer_than_hours_that_are_changed_meanwhile(
        self, patient, office, run_until
    ) -> None:
        incident = opened(patient.service)
        run_until(T0)
        assert commands.look_again(T0 + HOUR) == 0
        set_hours(office, "06:00")
        assert commands.look_again(T0 + HOUR) == 1
        run_until(T0 + 3 * HOUR)
        assert woken(incident) == [(180, "Ann")]

    def test_a_raise_between_two_steps_does_not_cut_the_wait_short(
        self, patient, run_until
    ) -> None:
        incident = opened(patient.service)
        run_until(NINE)
        commands.change_urgency(incident, "HIGH", by=SYSTEM, now=NINE + MINUTE)
        incident.refresh_from_db()
        assert incident.escalate_at == NINE + 5 * MINUTE

    @pytest.mark.parametrize("restart", [False, True])
    def test_whoever_is_given_it_meanwhile_hears_of_it_at_once(
        self, patient, people, run_until, restart
    ) -> None:
        incident = opened(patient.service)
        run_until(T0)
        by = people.ben.as_actor("web")
        commands.assign(incident, user=people.cat, restart=restart, by=by, now=T0 + HOUR)
        run_until(T0 + HOUR)
        assert Delivery.objects.filter(user=people.cat).exists()
        assert woken(incident) == [(60, "Cat")]

    def test_also_after_a_snooze(self, patient, run_until) -> None:
        incident = opened(patient.service)
        run_until(T0)
        commands.snooze(incident, T0 + 2 * HOUR, by=SYSTEM, now=T0)
        commands.wake_due(T0 + 2 * HOUR)
        run_until(NINE)
        assert woken(incident) == [(360, "Ann")]


class TestConditions:
    def test_who_is_paged_depends_on_the_hour(
        self, make_service, people, office, run_until
    ) -> None:
        steps = [
            StepSpec([TargetSpec(user=people.ann)], 5, hours=office),
            StepSpec([TargetSpec(user=people.ben)], 5, hours=office, inside_hours=False),
        ]
        service = make_service(PolicySpec(steps)).service
        night = opened(service, "HIGH")
        run_until(T0)
        assert woken(night) == [(0, "Ben")]
        draft = Draft(title="By day", service=service, urgency="HIGH")
        day, _ = commands.create(draft, by=SYSTEM, now=NINE)
        paging.advance(NINE)
        assert woken(day) == [(360, "Ann")]

    @pytest.fixture
    def urgent_first(self, make_service, people) -> SimpleNamespace:
        """ann for HIGH, then ben for all."""
        steps = [
            StepSpec([TargetSpec(user=people.ann)], 5, urgencies=["HIGH"]),
            StepSpec([TargetSpec(user=people.ben)], 60),
        ]
        return make_service(PolicySpec(steps))

    def test_a_step_that_was_not_for_low_is_paged_when_the_urgency_is_raised(
        self, urgent_first, run_until
    ) -> None:
        incident = opened(urgent_first.service)
        run_until(T0)
        assert woken(incident) == [(0, "Ben")]
        later = T0 + 10 * MINUTE
        commands.change_urgency(incident, "HIGH", by=SYSTEM, now=later)
        run_until(later + 5 * MINUTE)
        assert woken(incident) == [(0, "Ben"), (10, "Ann"), (15, "Ben")]
        commands.change_urgency(incident, "LOW", by=SYSTEM, now=later)
        commands.change_urgency(incident, "HIGH", by=SYSTEM, now=later)
        incident.refresh_from_db()
        assert incident.run == 2, "it was paged already: nothing starts again"

    def test_for_whom_no_step_is_the_fallback_hears_at_once(
        self, make_service, people, run_until
    ) -> None:
        steps = [StepSpec([TargetSpec(user=people.ann)], 5, priorities=["P1"])]
        incident = opened(make_service(PolicySpec(steps)).service, assignee=people.ben)
        run_until(T0 + HOUR)
        assert sorted(woken(incident)) == [(0, "Ben"), (0, "Root"), (60, "Ben"), (60, "Root")]
        incident.refresh_from_db()
        assert incident.escalation_state == EscalationState.EXHAUSTED
        commands.change_priority(incident, "P1", by=SYSTEM, now=T0 + HOUR)
        run_until(T0 + HOUR)
        assert sorted(woken(incident)[4:]) == [(60, "Ann"), (60, "Ben")]

    def test_pages_of_earlier_steps_go_on_when_a_step_applies_after_all(
        self, make_service, people, run_until
    ) -> None:
        """Ann's second incident on would wait in a bundle, and her first one in the queue."""
        steps = [
            StepSpec([TargetSpec(user=people.ann)], 5),
            StepSpec([TargetSpec(user=people.ben)], 5, priorities=["P1"]),
            StepSpec([TargetSpec(user=people.cat)], 60),
        ]
        service = make_service(PolicySpec(steps)).service
        first, *_, last = [opened(service, "HIGH") for _ in range(4)]
        run_until(T0 + 5 * MINUTE)
        for incident in (first, last):
            commands.change_priority(incident, "P1", by=SYSTEM, now=T0 + 5 * MINUTE)
        run_until(T0 + 5 * MINUTE)
        assert woken(last) == [(0, "Ann"), (5, "Cat"), (5, "Ben")]
        [row] = Delivery.objects.filter(user=people.ann, subject_id=first.pk)
        asked = [(row.pk, row.subject_id, row.page_key, row.user_id)]
        assert queries.unwanted_pages(asked, T0) == {}
        departure.depart(T0 + 5 * MINUTE)
        bundle = Bundle.objects.get(user=people.ann)
        assert bundle.named == 2
        commands.restart_escalation(first, by=SYSTEM, now=T0 + 6 * MINUTE)
        assert queries.unwanted_pages(asked, T0) == {row.pk: "the escalation was started again"}
