"""Calendar, API, outlook, board and notices give the resolver's answer at random instants."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.actor import SYSTEM
from core.api_time import iso
from notifications.models import Delivery
from schedules import commands, coverage, queries
from schedules.commands import LayerSpec
from schedules.domain import resolver
from schedules.messages import moment
from schedules.models import Schedule
from tests.cast import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# Ten days before clocks change in New York.
NOW = datetime(2026, 2, 26, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW - timedelta(days=40)}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKDAYS = ["MON", "TUE", "WED", "THU", "FRI"]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW - 40 * DAY, tick=False):
        yield


@pytest.fixture
def crew(db: None) -> list[User]:
    return [make_person(name) for name in ("ann", "ben", "cat", "dan", "eve")]


@pytest.fixture
def tangled(crew: list[User]) -> Schedule:
    """A weekly rota, office hours above it, a pair at weekends, and overrides of every kind."""
    schedule = commands.create_schedule(name="Tangled", time_zone="America/New_York", **ACTING)
    pks = [user.pk for user in crew]
    begin = {"anchor": datetime(2026, 1, 5, 2, 30)}
    weekly = LayerSpec(unit="week", slots=[[pk] for pk in pks[:3]], **begin)
    office = LayerSpec(
        unit="day",
        slots=[[pk] for pk in pks[2:]],
        restrictions=[{"days": WORKDAYS, "start": "09:00", "end": "17:30", "endDay": None}],
        priority=5,
        **begin,
    )
    pair = LayerSpec(
        unit="week",
        slots=[[pks[0], pks[4]], [pks[1]], []],
        restrictions=[{"days": ["FRI"], "start": "18:00", "end": "08:00", "endDay": "MON"}],
        priority=5,
        **begin,
    )
    for number, spec in enumerate((weekly, office, pair)):
        commands.add_layer(schedule, spec, name=f"L{number}", **ACTING)
    random = Random(5)
    for kind in ("REPLACE", "ADD", "REMOVE", "COVER_ALL") * 3:
        start = NOW + timedelta(hours=random.randrange(-10 * 24, 30 * 24))
        comes, goes = random.sample(crew, 2)
        commands.add_override(
            schedule,
            kind=kind,
            user=None if kind == "REMOVE" else comes,
            replaces=goes if kind in {"REPLACE", "REMOVE"} else None,
            start=start,
            end=start + timedelta(hours=random.randrange(1, 60)),
            confirm_gap=True,
            **ACTING,
        )
    crew[3].become("DISABLED")
    crew[3].save()
    return schedule


def instants(count: int, *, back: int = 20, ahead: int = 60) -> list[datetime]:
    random = Random(7)
    span = (back + ahead) * 86400
    return [NOW - back * DAY + timedelta(seconds=random.randrange(span)) for _ in range(count)]


@pytest.fixture
def truth(tangled: Schedule, crew: list[User]) -> Callable[[datetime], set[str]]:
    """Names on call at an instant, by the resolver alone."""
    reach = resolver.SHIFT_SEARCH
    value = queries.load([tangled.pk], start=NOW - reach, end=NOW + reach)[tangled.pk]
    names = {user.pk: user.name for user in crew}
    return lambda at: {names[one.user] for one in resolver.on_call(value, at)}


def test_the_calendar_agrees(tangled: Schedule, crew: list[User], truth: Callable):
    _, token = commands.create_feed(crew[0], schedule=tangled, **ACTING)
    with time_machine.travel(NOW, tick=False):
        body = Client().get(reverse("schedules:calendar", args=[token])).content
    events = [
        (one.decoded("dtstart"), one.decoded("dtend"), str(one["summary"]).split()[0])
        for one in icalendar.Calendar.from_ical(body).walk("VEVENT")
    ]
    for at in instants(1000, back=29, ahead=360):
        there = [name for start, end, name in events if start <= at < end]
        assert len(there) == len(set(there))
        assert set(there) == truth(at), at


def test_outlook_and_queries_agree(tangled: Schedule, truth: Callable):
    rules = coverage.rules_around([tangled.pk], NOW)
    stretches = coverage.outlook(rules, tangled.pk, NOW - 20 * DAY, NOW + 60 * DAY)
    for at in instants(300):
        [stretch] = [one for one in stretches if one.start <= at < one.end]
        assert {served.user.name for served in stretch.served} == truth(at)
    for at in instants(40):
        assert {one.user.name for one in queries.on_call([tangled.pk], at)[tangled.pk]} == truth(at)


def test_both_doors_of_the_api_agree(
    api: Callable, tangled: Schedule, crew: list[User], truth: Callable, settings
):
    settings.API_PER_MINUTE = 0
    client = api(crew[0])
    for at in instants(15):
        one = client.get(f"/api/schedules/{tangled.public_id}/on-call", {"at": iso(at)}).json()
        every = client.get("/api/on-call", {"at": iso(at)}).json()["schedules"][0]
        assert {duty["user"]["name"] for duty in one["onCall"]} == truth(at)
        assert {duty["user"]["name"] for duty in every["onCall"]} == truth(at)


def test_the_board_agrees(tangled: Schedule, crew: list[User], truth: Callable):
    browser = Client()
    for at in instants(12):
        with time_machine.travel(at, tick=False):
            browser.force_login(crew[0])
            page = browser.get(reverse("schedules:board"), {"part": "1"}).content.decode()
        people = page.split('<p class="board-people')[1].split(">", 1)[1].split("</p>")[0]
        names = set() if people.startswith("Nobody") else set(people.split(", "))
        assert names == truth(at)


def test_what_people_were_told_agrees(tangled: Schedule, crew: list[User], truth: Callable):
    """Every notice of a week is true, and nobody went on or off call unheard."""
    step, second = timedelta(minutes=55), timedelta(seconds=1)
    commands.set_handoff_lead(tangled, 0, **ACTING)
    at, end = NOW, NOW + 7 * DAY
    while at < end:
        commands.tell_shifts(at)
        at += step
    told = set()
    for row in Delivery.objects.filter(subject_kind="shift", created_at__gt=NOW):
        facts, title = dict(row.message["facts"]), row.message["title"]
        name = row.user.name
        over = title.startswith("Your shift is over")
        instant = datetime.fromtimestamp(int(row.page_key.rsplit(".", 1)[1]), UTC)
        assert facts["Until" if over else "From"] == moment(instant, ZoneInfo("UTC"))
        before, after = truth(instant - second), truth(instant)
        assert name in (before - after if over else after - before)
        others = facts["On call now" if over else "On call before"]
        assert others == "nobody" or set(others.split(", ")) == (after if over else before)
        told.add((name, over, instant))
    expected = set()
    rules = coverage.rules_around([tangled.pk], NOW)
    for one in coverage.outlook(rules, tangled.pk, NOW, end):
        before, after = truth(one.start - second), truth(one.start)
        expected |= {(name, False, one.start) for name in after - before}
        expected |= {(name, True, one.start) for name in before - after}
    slack = end - step
    assert {item for item in told if NOW < item[2] < slack} == {
        item for item in expected if NOW < item[2] < slack
    }
