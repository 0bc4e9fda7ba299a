"""Clocks of service levels as stories: real rows, real publishing, a clock that we move."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.actor import SYSTEM
from incidents import commands, publishing, queries
from incidents.commands.create import Draft
from incidents.models import EventType, Incident, IncidentEvent, SlaClock
from notifications.models import Delivery
from schedules import commands as schedules
from services import commands as services
from services.domain.levels import Target
from services.models import Service
from tests.incidents.conftest import MINUTE, T0

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOUR = 60 * MINUTE
TOLD = (EventType.SLA_WARNING, EventType.SLA_BREACHED)


@pytest.fixture
def service(timed_service: Service) -> Service:
    return timed_service


def opened(service: Service, urgency: str = "HIGH", at: datetime = T0) -> Incident:
    """HIGH: 15 minutes to acknowledge, 60 to resolve; warned 5 and 15 minutes before."""
    draft = Draft(service=service, title="Checkout is down", urgency=urgency)
    incident, _ = commands.create(draft, by=SYSTEM, now=at)
    publish(at)
    return incident


def publish(now: datetime) -> None:
    while publishing.publish_due(now):
        pass


def tick(now: datetime) -> None:
    """As ticker and workers would, a little later than due."""
    now += 2 * SECOND
    publish(now)
    commands.mind_clocks(now)
    publish(now)


def set_back(old: datetime) -> datetime:
    """An hour, and everything follows; what the clock shows then."""
    commands.shift_clocks(old, -HOUR, old - HOUR)
    commands.shift_due_times(old, -HOUR, old - HOUR)
    return old - HOUR


def clock_of(incident: Incident, kind: str = "ACK") -> SlaClock:
    return incident.sla_clocks.filter(clock=kind).order_by("-round")[0]


def due(incident: Incident, kind: str = "ACK") -> float | None:
    at = clock_of(incident, kind).due_at
    return at and (at - T0) / MINUTE


def entries(incident: Incident) -> list[tuple[str, str]]:
    events = IncidentEvent.objects.filter(incident=incident, type__in=TOLD).order_by("id")
    return [(event.type, event.details["clock"]) for event in events]


def told(incident: Incident) -> list[str]:
    rows = Delivery.objects.filter(subject_id=incident.pk, page_key__startswith="sla.")
    return sorted(rows.values_list("user__name", flat=True).distinct())


def level(service: Service, now: datetime = T0, **more: object) -> None:
    values = {
        "enabled": True,
        "hours": None,
        "targets": {},
        "warn_ack_minutes": 5,
        "warn_resolve_minutes": 15,
        "tells_people": True,
    }
    services.save_level(service, **(values | more), by=SYSTEM, now=now)
    commands.apply_levels(now)


def test_whoever_was_paged_and_the_lead_are_warned_once_and_told_of_the_breach_once(
    service: Service, run_until: Callable
):
    incident = opened(service)
    run_until(T0)
    tick(T0 + 9 * MINUTE)
    assert entries(incident) == []
    tick(T0 + 10 * MINUTE)
    tick(T0 + 11 * MINUTE)
    assert entries(incident) == [("sla_warning", "ack")]
    assert told(incident) == ["Ann", "Cat"]
    sent = Delivery.objects.filter(page_key__startswith="sla.").count()
    tick(T0 + 15 * MINUTE)
    tick(T0 + 16 * MINUTE)
    assert entries(incident)[1:] == [("sla_breached", "ack")]
    assert clock_of(incident).breached_at == T0 + 15 * MINUTE
    assert Delivery.objects.filter(page_key__startswith="sla.").count() == 2 * sent
    assert clock_of(incident).word == "BREACHED"


def test_a_tick_that_comes_hours_late_leaves_nothing_out_and_warns_nobody_in_hindsight(
    service: Service, run_until: Callable
):
    incident = opened(service)
    run_until(T0)
    tick(T0 + 5 * HOUR)
    kinds = {(kind, clock) for kind in TOLD for clock in ("ack", "resolve")}
    kinds = {(str(kind.value), clock) for kind, clock in kinds}
    assert set(entries(incident)) == kinds and len(entries(incident)) == 4
    assert clock_of(incident, "RESOLVE").breached_at == T0 + HOUR
    keys = Delivery.objects.filter(page_key__startswith="sla.").values_list("page_key", flat=True)
    events = {int(key.split(".")[1]) for key in keys}
    assert set(IncidentEvent.objects.filter(pk__in=events).values_list("type", flat=True)) == {
        "sla_breached"
    }


def test_taken_in_time_is_met_although_nobody_looked_until_later(service: Service):
    incident = opened(service)
    commands.acknowledge(incident, by=SYSTEM, now=T0 + 14 * MINUTE)
    tick(T0 + HOUR - 10 * MINUTE)
    publish(T0 + HOUR)
    assert clock_of(incident).word == "MET"
    assert entries(incident) == [("sla_warning", "resolve")]


def test_taken_late_is_a_breach_although_no_tick_ever_came(service: Service):
    incident = opened(service)
    commands.acknowledge(incident, by=SYSTEM, now=T0 + 20 * MINUTE)
    publish(T0 + 20 * MINUTE)
    clock = clock_of(incident)
    assert (clock.word, clock.breached_at) == ("LATE", T0 + 15 * MINUTE)
    assert entries(incident) == [("sla_breached", "ack")]


def test_a_snooze_stops_both_clocks_and_moves_their_ends(service: Service):
    incident = opened(service)
    commands.snooze(incident, T0 + 34 * MINUTE, by=SYSTEM, now=T0 + 4 * MINUTE)
    tick(T0 + 20 * MINUTE)
    clock = clock_of(incident)
    assert (clock.word, clock.due_at, clock.left_seconds) == ("PAUSED", None, 11 * 60)
    commands.wake_due(T0 + 34 * MINUTE)
    publish(T0 + 34 * MINUTE)
    assert (due(incident), due(incident, "RESOLVE")) == (45, 90)
    assert entries(incident) == []
    assert [pause["why"] for pause in clock_of(incident).pauses] == ["SNOOZED"]


def test_a_reopened_incident_has_to_be_taken_anew_and_goes_on_where_it_stood(service: Service):
    incident = opened(service)
    commands.resolve(incident, by=SYSTEM, now=T0 + 10 * MINUTE)
    commands.reopen(incident, by=SYSTEM, now=T0 + 100 * MINUTE)
    publish(T0 + 100 * MINUTE)
    assert clock_of(incident).round == 2
    assert (due(incident), due(incident, "RESOLVE")) == (115, 150)


def test_a_higher_priority_shortens_the_time_and_what_is_broken_stays_broken(service: Service):
    incident = opened(service, "LOW")
    assert due(incident) == 120
    commands.change_priority(incident, "P1", by=SYSTEM, now=T0 + 30 * MINUTE)
    tick(T0 + 30 * MINUTE)
    clock = clock_of(incident)
    assert (due(incident), clock.breached_at) == (5, T0 + 30 * MINUTE + 2 * SECOND)
    commands.change_priority(incident, "P5", by=SYSTEM, now=T0 + 40 * MINUTE)
    tick(T0 + 40 * MINUTE)
    assert clock_of(incident).word == "BREACHED"
    assert entries(incident).count(("sla_breached", "ack")) == 1


def test_running_clocks_follow_the_service_level(service: Service):
    incident = opened(service)
    level(service, targets={"HIGH": Target(30, None)})
    assert due(incident) == 30
    assert not incident.sla_clocks.filter(clock="RESOLVE").exists()
    assert queries.oldest_clock_due(T0) is None and not commands.apply_levels(T0 + MINUTE)
    level(service, T0 + MINUTE, enabled=False)
    assert not incident.sla_clocks.exists()
    level(service, T0 + 2 * MINUTE)  # counts for what is opened from now on
    assert not incident.sla_clocks.exists()
    assert due(opened(service, at=T0 + 3 * MINUTE)) == 18


def test_outside_support_hours_the_clock_waits_for_the_door_to_open(service: Service):
    line = {"days": ["MON"], "start": "09:00", "end": "17:00"}
    values = {"name": "Day", "time_zone": "UTC", "windows": [line], "holidays": None}
    hours = schedules.save_support_hours(None, **values, by=SYSTEM, now=T0)
    level(service, hours=hours, targets={"HIGH": Target(15, 60, in_hours=True)})
    incident = opened(service)  # a Monday, 03:00
    clock = clock_of(incident)
    assert (clock.word, clock.opens_at, due(incident)) == ("PAUSED", T0 + 6 * HOUR, 375)
    tick(T0 + 6 * HOUR)
    assert (clock_of(incident).word, entries(incident)) == ("RUNNING", [])
    earlier = values | {"windows": [line | {"start": "08:00"}]}
    schedules.save_support_hours(hours, **earlier, by=SYSTEM, now=T0 + MINUTE)
    commands.apply_levels(T0 + 4 * HOUR)
    assert due(incident) == 315


def test_a_jump_of_the_computers_clock_gives_the_time_back(service: Service):
    incident = opened(service)
    old = T0 + 5 * MINUTE
    commands.shift_clocks(old, 2 * HOUR, old + 2 * HOUR)
    assert due(incident) == 135
    commands.change_urgency(incident, "MEDIUM", by=SYSTEM, now=old + 2 * HOUR)
    tick(old + 2 * HOUR)
    assert (due(incident), entries(incident)) == (150, [])


@pytest.mark.parametrize("hours", [2, -2])
def test_an_incident_of_a_moment_before_the_jump_breaks_no_promise(service: Service, hours: int):
    draft = Draft(service=service, title="Checkout is down", urgency="HIGH")
    incident, _ = commands.create(draft, by=SYSTEM, now=T0)
    old, delta = T0 + SECOND, hours * HOUR
    commands.shift_clocks(old, delta, old + delta)
    tick(old + delta)
    assert (due(incident), entries(incident)) == (15 + hours * 60, [])
    tick(old + delta + 15 * MINUTE)
    assert EventType.SLA_BREACHED in incident.events.values_list("type", flat=True)


class TestClockSetBack:
    """What is done in the new time is compared with when it was promised, not with old readings."""

    def test_taken_in_time_is_met(self, service: Service):
        incident = opened(service)
        new = set_back(T0 + 5 * MINUTE)
        commands.acknowledge(incident, by=SYSTEM, now=new + MINUTE)
        tick(new + MINUTE)
        assert (clock_of(incident).word, entries(incident)) == ("MET", [])

    @pytest.mark.parametrize("asleep", [5, 7])
    def test_a_pause_around_it_counts_for_nothing(self, service: Service, asleep: int):
        incident = opened(service)
        until = T0 + asleep * MINUTE if asleep < 6 else T0 + 6 * MINUTE
        new = T0 + 6 * MINUTE - HOUR
        if asleep < 6:
            commands.snooze(incident, T0 + 35 * MINUTE, by=SYSTEM, now=until)
            publish(until)
        set_back(T0 + 6 * MINUTE)
        if asleep > 6:
            commands.snooze(incident, new + 29 * MINUTE, by=SYSTEM, now=new + MINUTE)
            tick(new + MINUTE)
        commands.wake_due(new + 29 * MINUTE)
        tick(new + 29 * MINUTE)
        run = 5 if asleep < 6 else 7
        assert entries(incident) == []
        assert due(incident) == pytest.approx((new - T0) / MINUTE + 29 + 15 - run, abs=0.1)

    def test_a_new_round_begins_in_the_new_time(self, service: Service):
        incident = opened(service)
        commands.resolve(incident, by=SYSTEM, now=T0 + 10 * MINUTE)
        tick(T0 + 10 * MINUTE)
        new = set_back(T0 + 11 * MINUTE)
        commands.reopen(incident, by=SYSTEM, now=new + MINUTE)
        tick(new + MINUTE)
        assert due(incident) == pytest.approx((new - T0) / MINUTE + 16, abs=0.1)

    def test_an_incident_of_the_old_clock_after_the_shift_runs_from_now(self, service: Service):
        new = set_back(T0)
        draft = Draft(service=service, title="Checkout is down", urgency="HIGH")
        incident, _ = commands.create(draft, by=SYSTEM, now=T0)
        tick(new)
        assert due(incident) == pytest.approx((new - T0) / MINUTE + 15, abs=0.1)


def test_what_a_worker_read_right_after_a_jump_ahead_moves_along(service: Service):
    draft = Draft(service=service, title="Checkout is down", urgency="HIGH")
    incident, _ = commands.create(draft, by=SYSTEM, now=T0)
    old = T0 + SECOND
    publish(old + 2 * HOUR)
    commands.shift_clocks(old, 2 * HOUR, old + 2 * HOUR + SECOND)
    tick(old + 2 * HOUR + SECOND)
    assert (due(incident), entries(incident)) == (135, [])


def test_one_noisy_incident_hides_no_other_from_a_jump(service: Service):
    first, other = (
        commands.create(Draft(service=service, title=title, urgency="HIGH"), by=SYSTEM, now=T0)[0]
        for title in ("Quiet", "Noisy")
    )
    noise = IncidentEvent.objects.filter(incident=other).values().first()
    assert noise
    noise |= {"id": None, "type": EventType.URGENCY_CHANGED}
    IncidentEvent.objects.bulk_create([IncidentEvent(**noise) for _ in range(600)])
    old = T0 + SECOND
    commands.shift_clocks(old, 2 * HOUR, old + 2 * HOUR)
    tick(old + 2 * HOUR)
    assert (due(first), entries(first)) == (135, [])


def test_clocks_that_no_event_started_are_started_later(service: Service):
    incident = opened(service)
    SlaClock.objects.all().delete()
    assert queries.oldest_without_clocks(T0 + 30 * SECOND) is None
    assert queries.oldest_without_clocks(T0 + 2 * MINUTE) == incident.pk
    commands.start_missing(T0 + 2 * MINUTE)
    assert due(incident) == 15
    assert queries.oldest_without_clocks(T0 + 2 * MINUTE) is None


def test_reading_again_changes_nothing_and_many_cost_no_more_queries_than_one(
    service: Service, django_assert_max_num_queries
):
    ids = [opened(service).pk for _ in range(3)]
    before = list(SlaClock.objects.values())
    with django_assert_max_num_queries(7):
        commands.sla.read_clocks(ids, now=T0 + MINUTE)
    assert list(SlaClock.objects.values()) == before


def test_a_clock_of_a_deleted_incident_goes_with_it(service: Service):
    incident = opened(service)
    SlaClock.objects.create(
        incident_id=incident.pk + 999,
        clock="ACK",
        target_minutes=1,
        started_at=T0,
        next_at=T0,
        changed_at=T0,
    )
    commands.delete(incident, by=SYSTEM, now=T0)
    tick(T0 + HOUR)
    assert not SlaClock.objects.exists()


def test_a_webhook_that_asks_for_it_hears_of_the_warning_and_of_the_breach(
    service: Service, settings
):
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    values = {"type": "GENERIC", "url": "http://127.0.0.1:1/hook", "on_triggered": False}
    quiet = services.add_webhook(service, name="Quiet", **values, by=SYSTEM, now=T0)
    asks = services.add_webhook(service, name="Asks", on_sla=True, **values, by=SYSTEM, now=T0)
    opened(service)
    tick(T0 + 10 * MINUTE)
    tick(T0 + 15 * MINUTE)
    rows = Delivery.objects.filter(subject_kind="incident-clock-hook").order_by("id")
    assert {row.target_key for row in rows} == {asks.target_key} != {quiet.target_key}
    bodies = [row.message["data"]["event"] for row in rows]
    assert [body["type"] for body in bodies] == ["warning", "breached"]
    assert bodies[1]["serviceLevel"]["dueAt"] == "2026-03-02T03:15:00Z"


def test_a_storm_of_late_incidents_is_one_message_to_each_person(
    service: Service, run_until: Callable
):
    late = [opened(service, urgency) for urgency in ("LOW", "HIGH", "HIGH", "HIGH", "HIGH")]
    run_until(T0)
    tick(T0 + 15 * MINUTE)
    rows = Delivery.objects.filter(page_key__startswith="sla.")
    keys = set(rows.values_list("user__name", "page_key"))
    assert sorted(name for name, _ in keys) == ["Ann", "Cat"]
    message = rows.first().message
    assert message["title"] == "Service level: 4 clocks run out or have"
    assert [label.split()[0] for label, _ in message["facts"]] == [f"#{one.pk}" for one in late[1:]]


def test_what_was_just_done_presses_no_more(service: Service):
    incident = opened(service)
    shown = incident.pressing_clock
    assert shown and shown.clock == "ACK"
    commands.acknowledge(incident, by=SYSTEM, now=T0 + MINUTE)
    incident.refresh_from_db()
    shown = incident.pressing_clock
    assert shown and shown.clock == "RESOLVE"
    commands.resolve(incident, by=SYSTEM, now=T0 + MINUTE)
    incident.refresh_from_db()
    assert incident.pressing_clock is None


def test_a_clock_that_is_put_right_again_leaves_the_promise_as_it_was(service: Service):
    incident = opened(service)
    wrong = set_back(T0 + 5 * MINUTE)
    wrong += 4 * MINUTE
    commands.shift_clocks(wrong, HOUR, wrong + HOUR)
    tick(wrong + HOUR)
    assert (due(incident), entries(incident)) == (15, [])
