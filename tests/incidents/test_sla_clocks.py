"""Clocks of service levels as stories: real rows, real publishing, a clock that we move."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from accounts.models import Team
from core.actor import SYSTEM
from core.later import Later
from escalation.commands import TargetSpec
from incidents import commands, publishing, queries
from incidents.commands import sla
from incidents.commands.create import Draft
from incidents.models import EventType, Incident, IncidentEvent, SlaClock
from notifications.models import Delivery
from schedules import commands as schedules
from services import commands as services
from services.domain.levels import Target
from services.models import Service
from tests.incidents.conftest import MINUTE, T0, policy_of

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOUR = 60 * MINUTE
TOLD = (EventType.SLA_WARNING, EventType.SLA_BREACHED)


@pytest.fixture
def service(make_service: Callable, people: SimpleNamespace) -> Service:
    """Pages ann; cat leads the team that owns it."""
    team = Team.objects.create(name="Payments", lead=people.cat)
    spec = policy_of((60, [TargetSpec(user=people.ann)]))
    made = make_service(spec, team=team).service
    Service.objects.update(created_at=T0)
    return made


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


def acting(*works: Callable[[], object]) -> list[BaseException]:
    """Each in a thread and connection of its own; what went wrong."""
    wrong: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return wrong


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.postgres_only  # SQLite writes one at a time anyway
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["mind", "delete"])
def test_whoever_reads_minds_or_deletes_clocks_at_once_waits_for_nobody_who_waits(
    service: Service, monkeypatch: pytest.MonkeyPatch, other: str
):
    incident = opened(service)
    late = T0 + 20 * MINUTE
    commands.acknowledge(incident, by=SYSTEM, now=late)
    holds, histories = threading.Event(), sla._histories

    def slowly(ids: set[int]) -> dict:
        """Once the clocks are held, the other one comes as far as it can."""
        if not holds.is_set():
            holds.set()
            end = time.monotonic() + 10
            while not somebody_waits_for_a_lock() and time.monotonic() < end:
                time.sleep(0.02)
        return histories(ids)

    monkeypatch.setattr(sla, "_histories", slowly)

    def meanwhile() -> None:
        holds.wait(10)
        if other == "mind":
            sla._mind([incident.pk], late)
        else:
            commands.delete(incident, by=SYSTEM, now=late)

    def follow() -> None:
        with transaction.atomic():
            sla.read_clocks([incident.pk], now=late)

    assert acting(follow, meanwhile) == []
    breaches = [] if other == "delete" else [("sla_breached", "ack")]
    assert entries(incident) == breaches


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


def test_a_clock_of_which_the_timeline_knows_nothing_is_not_first_in_line_for_ever(
    service: Service,
):
    incident, late = opened(service), opened(service)
    row = {"clock": "ACK", "target_minutes": 1, "started_at": T0, "changed_at": T0}
    row |= {"incident": incident, "next_at": T0}
    SlaClock.objects.create(round=8, breached_at=T0, **row)
    SlaClock.objects.create(round=9, **row)
    at = T0 + 16 * MINUTE
    for _ in range(4):
        commands.mind_clocks(at, limit=1)
    assert not SlaClock.objects.filter(next_at__lte=at - 2 * SECOND).exists()
    assert clock_of(late).word == "BREACHED"
    left = SlaClock.objects.filter(incident=incident, round__gt=1)
    assert list(left.values_list("round", "next_at")) == [(8, None)]


def test_clocks_that_cannot_be_read_leave_the_others_their_turn(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    bad, good = opened(service), opened(service, at=T0 + MINUTE)
    monkeypatch.setattr(sla, "_LATER", Later("clocks"))
    mind = sla._mind

    def stumble(ids: set[int], now: datetime) -> int:
        if bad.pk in ids:
            SlaClock.objects.filter(pk="no number")
        return mind(ids, now)

    monkeypatch.setattr(sla, "_mind", stumble)
    monkeypatch.setattr(sla, "AGAIN", "not even put off")
    with pytest.raises(TypeError):
        commands.mind_clocks(T0 + 20 * MINUTE, limit=1)
    assert commands.mind_clocks(T0 + 20 * MINUTE, limit=1) == 1
    assert clock_of(good).word == "BREACHED"


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
