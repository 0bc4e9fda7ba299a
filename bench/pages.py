"""Prints JSON: seconds of server time for pages over a great deal of data. Run as `bench.pages`.

100,000 incidents of a year, 500 of them not over, and 1,000 people with three ways each to reach
them, in ten teams, on one policy. Without a network.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import Membership, Role, Team, User, UserStatus  # noqa: E402
from core import clock  # noqa: E402
from incidents.models import Incident, Status  # noqa: E402
from notifications.models import Channel, ContactMethod  # noqa: E402
from services.models import Service  # noqa: E402

INCIDENTS = int(os.environ.get("BENCH_INCIDENTS", "100000"))
PEOPLE, TEAMS, LEFT_OPEN = 1000, 10, 500
BATCH = 2000
PAGES = {
    "incidents, first page": ("incidents:list", {}),
    "incidents, all, page 50": ("incidents:list", {"status": "all", "page": "50"}),
    "incidents, a word searched": ("incidents:list", {"status": "all", "q": "replication"}),
    "home": ("home", {}),
    "reachability of people": ("dashboard:reachability", {}),
}


def main(times: int) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    people()
    incidents()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(User.objects.filter(role=Role.ADMIN)[0])
    for name, query in PAGES.values():
        seconds_of(client, name, query)
    gc.collect()
    gc.freeze()  # as every web process does once it has started
    found = {
        title: [seconds_of(client, name, query) for _ in range(times)]
        for title, (name, query) in PAGES.items()
    }
    sys.stdout.write(json.dumps(found))


def people() -> None:
    teams = Team.objects.bulk_create(Team(name=f"Crew {number}") for number in range(TEAMS))
    users = User.objects.bulk_create(
        User(
            email=f"person{number}@example.com",
            name=f"Person {number}",
            role=Role.RESPONDER,
            status=UserStatus.ACTIVE,
            is_active=True,
        )
        for number in range(PEOPLE)
    )
    Membership.objects.bulk_create(
        Membership(team=teams[number % TEAMS], user=user) for number, user in enumerate(users)
    )
    now = clock.now()
    ContactMethod.objects.bulk_create(
        ContactMethod(user=user, channel=channel, address=address, verified_at=now, created_at=now)
        for user in users
        for channel, address in (
            (Channel.EMAIL, user.email),
            (Channel.SMS, f"+4915{user.pk:08}"),
            (Channel.VOICE, f"+4916{user.pk:08}"),
        )
    )


def incidents() -> None:
    service = Service.objects.get(name="Bench")
    for first in range(0, INCIDENTS, BATCH):
        numbers = range(first, min(first + BATCH, INCIDENTS))
        Incident.objects.bulk_create(rows(service, numbers))


def rows(service: Service, numbers: range) -> Iterator[Incident]:
    now = clock.now()
    for number in numbers:
        at = now - timedelta(minutes=5 * (INCIDENTS - number))
        over = number < INCIDENTS - LEFT_OPEN
        yield Incident(
            service=service,
            title=f"Disk {number} of db-{number % 97} is nearly full",
            status=Status.RESOLVED if over else Status.ACKNOWLEDGED,
            urgency=("HIGH", "MEDIUM", "LOW")[number % 3],
            dedup_key=f"pages-{number}",
            created_at=at,
            updated_at=at,
            last_status_change=at,
            resolved_at=at + timedelta(minutes=9) if over else None,
        )


def seconds_of(client: Client, name: str, query: dict[str, str]) -> float:
    started = time.perf_counter()
    answer = client.get(reverse(name), query)
    took = time.perf_counter() - started
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f"{name} answered {answer.status_code}")
    return took


main(int(sys.argv[1]))
