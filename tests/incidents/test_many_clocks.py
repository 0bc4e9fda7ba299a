"""Many clocks at once: nobody waits in a circle, nothing starves the rest, news ask little."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Team
from core.actor import SYSTEM
from core.later import Later
from incidents import commands, concern
from incidents.commands import sla
from incidents.models import Incident, SlaClock
from services.models import Service
from tests.incidents.conftest import MINUTE, T0
from tests.incidents.test_sla_clocks import SECOND, clock_of, entries, opened
from tests.locks import somebody_waits

pytestmark = pytest.mark.django_db


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


@pytest.mark.postgres_only  # SQLite writes one at a time anyway
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["mind", "delete"])
def test_whoever_reads_minds_or_deletes_clocks_at_once_waits_for_nobody_who_waits(
    timed_service: Service, monkeypatch: pytest.MonkeyPatch, other: str
):
    incident = opened(timed_service)
    late = T0 + 20 * MINUTE
    commands.acknowledge(incident, by=SYSTEM, now=late)
    holds, histories = threading.Event(), sla._histories

    def slowly(ids: set[int]) -> dict:
        """Once the clocks are held, the other one comes as far as it can."""
        if not holds.is_set():
            holds.set()
            end = time.monotonic() + 10
            while not somebody_waits() and time.monotonic() < end:
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


def test_news_of_many_late_clocks_cost_no_more_questions_than_of_one(
    timed_service: Service, people: SimpleNamespace, run_until: Callable
):
    teams = [Team.objects.create(name=f"Team {number}") for number in range(3)]
    found = [opened(timed_service) for _ in range(7)]
    run_until(T0)
    for number, team in enumerate(teams):
        Membership.objects.create(team=team, user=people.ben)
        Incident.objects.filter(pk=found[number].pk).update(assigned_team=team)
    Incident.objects.filter(pk=found[3].pk).update(assignee=people.ben)
    read = Incident.objects.select_related("service", "assignee")
    asked = [(row, True) for row in read.order_by("pk")]
    with CaptureQueriesContext(connection) as one:
        concern.by_clocks(asked[:1])
    with CaptureQueriesContext(connection) as many:
        told = concern.by_clocks(asked)
    assert [sorted(map(str, heard)) for heard in told] == 4 * [["Ben", "Cat"]] + 3 * [
        ["Ann", "Cat"]
    ]
    assert len(many) <= len(one) + 1  # who was paged


def test_a_clock_of_which_the_timeline_knows_nothing_is_not_first_in_line_for_ever(
    timed_service: Service,
):
    incident, late = opened(timed_service), opened(timed_service)
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
    timed_service: Service, monkeypatch: pytest.MonkeyPatch
):
    bad, good = opened(timed_service), opened(timed_service, at=T0 + MINUTE)
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
