"""Every voice of the product says the same: engine, API, calendar feed, and a minute scan.

`make proof` asks at 10,000 random instants, in every time zone; the suite at some.
"""

import os
from datetime import datetime, timedelta
from random import Random
from zoneinfo import available_timezones

import icalendar
import pytest
import time_machine
from django.test import Client

from accounts.models import User, UserStatus
from core.actor import SYSTEM
from schedules import commands, queries
from tests.cast import make_person
from tests.schedules.domain import rota_oracle
from tests.schedules.rota_rows import DAY, Rota, instants, random_rota

INSTANTS = int(os.environ.get("OPSKNIGHT_PROOF_INSTANTS", "60"))
PER_ROTA = 20
ZONES = sorted(available_timezones() - {"localtime"})


@pytest.fixture
def people(db: None) -> list[User]:
    return [make_person(f"person{number}") for number in range(7)]


def test_all_voices_agree_with_a_minute_scan(people, root, api) -> None:
    random = Random(INSTANTS)
    zones = [ZONES[number * 7919 % len(ZONES)] for number in range(INSTANTS // PER_ROTA)]
    names = {user.public_id: user.pk for user in people}
    for number, zone in enumerate(zones):
        become(people[-1], UserStatus.ACTIVE)
        rota = random_rota(random, zone, people, number)
        become(people[-1], random.choice(list(UserStatus)))
        moments = instants(random, rota, PER_ROTA)
        with time_machine.travel(rota.near - 8 * DAY, tick=False):
            feed = shifts_of_feed(rota, root)
            client = api(root, "schedules:read")
            for at in moments:
                told = {
                    "lookup": lookup(rota, at),
                    "api": [names[one] for one in answer_of_api(client, rota, at)],
                }
                expected = scan(rota, at)
                for voice, users in told.items():
                    assert users == expected, (voice, zone, at)
                assert by_feed(feed, at) == {name(people, pk) for pk in expected}, (zone, at)


def become(user: User, status: str) -> None:
    user.become(status)
    user.save()


def scan(rota: Rota, at: datetime) -> list[int]:
    value = queries.load([rota.schedule.pk], start=at, end=at + timedelta(seconds=1))
    return rota_oracle.answer(value[rota.schedule.pk], at)


def lookup(rota: Rota, at: datetime) -> list[int]:
    return [one.user.pk for one in queries.on_call([rota.schedule.pk], at)[rota.schedule.pk]]


def answer_of_api(client, rota: Rota, at: datetime) -> list[str]:
    path = f"/api/schedules/{rota.schedule.public_id}/on-call"
    answer = client.get(path, {"at": at.isoformat()})
    assert answer.status_code == 200, answer.content
    return [duty["user"]["id"] for duty in answer.json()["onCall"]]


def shifts_of_feed(rota: Rota, owner: User) -> list[tuple[datetime, datetime, str]]:
    now = rota.near - 8 * DAY
    _, token = commands.create_feed(owner, by=SYSTEM, now=now, schedule=rota.schedule)
    answer = Client().get(f"/calendar/{token}.ics")
    assert answer.status_code == 200
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    return [(one.decoded("dtstart"), one.decoded("dtend"), str(one["summary"])) for one in events]


def by_feed(feed: list[tuple[datetime, datetime, str]], at: datetime) -> set[str]:
    return {words.split()[0].rstrip(":,") for start, end, words in feed if start <= at < end}


def name(people: list[User], pk: int) -> str:
    return next(user.name for user in people if user.pk == pk)
