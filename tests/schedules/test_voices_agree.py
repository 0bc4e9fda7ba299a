"""Every voice says the same: engine, API, calendar feed, timeline page, notices, a minute scan.

`make proof` asks at 10,000 random instants, in every time zone; the suite at some.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import available_timezones

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User, UserStatus
from core.actor import SYSTEM
from notifications.models import Delivery
from schedules import commands, queries
from tests.cast import browser_of, make_person
from tests.schedules import voice_of_notices, voice_of_page
from tests.schedules.domain import rota_oracle
from tests.schedules.rota_rows import DAY, MINUTE, Rota, instants, random_rota

INSTANTS = int(os.environ.get("OPSKNIGHT_PROOF_INSTANTS", "60"))
PER_ROTA = 16  # of 10,000 instants: 625 schedules, more than there are zones
PARTS = max(1, INSTANTS // 3000)  # side by side
# A parser of calendars would take most of the time; that programs can read it is told elsewhere.
EVENT = re.compile(r"DTSTART:(\w+)\r\nDTEND:(\w+)\r\nSUMMARY:([^\r]*)")
ZONES = sorted(available_timezones() - {"localtime"})


@pytest.fixture
def people(db: None) -> list[User]:
    return [make_person(f"person{number}") for number in range(7)]


@pytest.mark.once
@pytest.mark.parametrize("part", range(PARTS))
def test_all_voices_agree_with_a_minute_scan(people, root, api, part: int) -> None:
    random = Random(INSTANTS + part)
    for number in range(part, INSTANTS // PER_ROTA, PARTS):
        zone = ZONES[number * 7919 % len(ZONES)]
        become(people[-1], UserStatus.ACTIVE)
        rota = random_rota(random, zone, people, number)
        become(people[-1], random.choice(list(UserStatus)))
        with time_machine.travel(rota.near - 8 * DAY, tick=False):
            compare(random, rota, Voices(rota, people, root, api(root, "schedules:read"), random))
        rota.schedule.delete()  # its notices too: the next one may be in an earlier year
        Delivery.objects.all().delete()


def compare(random: Random, rota: Rota, voices: "Voices") -> None:
    for at in instants(random, rota, PER_ROTA):
        expected = scan(rota, at)
        names = frozenset(voices.names[pk] for pk in expected)
        where = (rota.schedule.name, at)
        assert lookup(rota, at) == expected, where
        assert voices.api(at) == expected, where
        assert by_feed(voices.feed, at) == names, where
        page = voice_of_page.shown(voices.page, at)
        assert page == {names} or voice_of_page.CROWD in page, where
        assert voices.told(at) == set(expected), where
    for user, start, end in voices.promised(random):
        before, after = start - MINUTE, end - MINUTE
        seen = [user in scan(rota, at) for at in (before, start, after, end)]
        assert seen == [False, True, True, False], (rota.schedule.name, user, start, end)


class Voices:
    """Everything that answers for many instants at once, asked once for a schedule."""

    def __init__(
        self, rota: Rota, people: list[User], root: User, client: APIClient, random: Random
    ) -> None:
        self.rota, self.client = rota, client
        self.names = {user.pk: user.name for user in people}
        self.pks = {user.public_id: user.pk for user in people}
        self.feed = shifts_of_feed(rota, root)
        self.since, self.end = rota.near - 8 * DAY, rota.near + 8 * DAY
        self.page = voice_of_page.bars_of(browser_of(root), rota.schedule, self.since, self.end)
        self.begun = set(scan(rota, self.since))
        voice_of_notices.tell_all(random, rota.schedule, self.since, self.end)

    def api(self, at: datetime) -> list[int]:
        path = f"/api/schedules/{self.rota.schedule.public_id}/on-call"
        answer = self.client.get(path, {"at": at.isoformat()})
        assert answer.status_code == 200, answer.content
        return [self.pks[duty["user"]["id"]] for duty in answer.json()["onCall"]]

    def told(self, at: datetime) -> set[int]:
        return voice_of_notices.told(self.rota.schedule, at, self.begun, self.since)

    def promised(self, random: Random) -> list[tuple[int, datetime, datetime]]:
        found = sorted(voice_of_notices.promised(self.rota.schedule))
        return random.sample(found, min(2, len(found)))


def become(user: User, status: str) -> None:
    user.become(status)
    user.save()


def scan(rota: Rota, at: datetime) -> list[int]:
    value = queries.load([rota.schedule.pk], start=at, end=at + timedelta(seconds=1))
    return rota_oracle.answer(value[rota.schedule.pk], at)


def lookup(rota: Rota, at: datetime) -> list[int]:
    return [one.user.pk for one in queries.on_call([rota.schedule.pk], at)[rota.schedule.pk]]


def shifts_of_feed(rota: Rota, owner: User) -> list[tuple[datetime, datetime, str]]:
    by = {"by": SYSTEM, "now": rota.near - 8 * DAY}
    feed, token = commands.create_feed(owner, schedule=rota.schedule, **by)
    answer = Client().get(f"/calendar/{token}.ics")
    commands.revoke_feed(feed, **by)
    assert answer.status_code == 200
    return [
        (_instant(start), _instant(end), words)
        for start, end, words in EVENT.findall(answer.content.decode().replace("\r\n ", ""))
    ]


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def by_feed(feed: list[tuple[datetime, datetime, str]], at: datetime) -> set[str]:
    return {words.split()[0].rstrip(":,") for start, end, words in feed if start <= at < end}
