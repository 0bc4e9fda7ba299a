"""Prints JSON: seconds for previews of a year, and for the timeline page, of a large schedule.

Five layers of twenty people with windows, overrides among them. Server time, without a network.
"""

import gc
import json
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import Role, User  # noqa: E402
from core import clock  # noqa: E402
from core.actor import SYSTEM  # noqa: E402
from schedules import commands, queries  # noqa: E402
from schedules.commands import LayerSpec  # noqa: E402
from schedules.domain import model, preview  # noqa: E402
from schedules.models import Schedule  # noqa: E402

PEOPLE, LAYERS, OVERRIDES = 20, 5, 20
WORKDAYS = ["MON", "TUE", "WED", "THU", "FRI"]
YEAR = timedelta(days=365)


def main(times: int) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    schedule = large_schedule()
    previews = [seconds_of_preview(schedule) for _ in range(times)]
    client = Client()
    client.force_login(User.objects.filter(role=Role.ADMIN)[0])
    seconds_of_page(client, schedule)
    gc.collect()
    gc.freeze()  # as every web process does once it has started
    pages = [seconds_of_page(client, schedule) for _ in range(2 * times)]
    sys.stdout.write(json.dumps({"preview": previews, "page": pages}))


def large_schedule() -> Schedule:
    now = clock.now()
    users = [
        User.objects.create(email=f"rota{number}@example.com", name=f"Rota {number}")
        for number in range(PEOPLE)
    ]
    schedule = commands.create_schedule(
        name="Large", time_zone="Europe/Berlin", by=SYSTEM, now=now - YEAR
    )
    for layer in range(LAYERS):
        spec = LayerSpec(
            unit=["week", "day", "hour", "week", "day"][layer],
            every=[1, 1, 12, 2, 3][layer],
            anchor=datetime.fromisoformat("2026-01-05T09:00") - timedelta(hours=layer),
            slots=[[user.pk] for user in users[layer:] + users[:layer]],
            restrictions=[window(layer)] if layer else [],
            priority=layer,
        )
        commands.add_layer(schedule, spec, name=f"Layer {layer}", by=SYSTEM, now=now - YEAR)
    for number in range(OVERRIDES):
        start = now + timedelta(days=number, hours=3)
        commands.add_override(
            schedule,
            kind="COVER_ALL",
            user=users[number],
            start=start,
            end=start + timedelta(hours=5),
            by=SYSTEM,
            now=now,
        )
    return schedule


def window(layer: int) -> dict[str, object]:
    """Two hours and a half of each working day, one layer after the other."""
    start, end = f"{6 + 2 * layer:02}:00", f"{8 + 2 * layer:02}:30"
    return {"days": WORKDAYS, "start": start, "end": end, "endDay": None}


def seconds_of_preview(schedule: Schedule) -> float:
    """What happens when somebody moves a hand-off: both years resolved and compared."""
    now = clock.now()
    (value,) = queries.load([schedule.pk], start=now, end=now + YEAR).values()
    first, *others = value.layers
    started = time.perf_counter()
    moved = with_later_anchor(first)
    after = replace(value, layers=(moved, *others))
    found = preview.compare(value, after, now, now + YEAR)
    took = time.perf_counter() - started
    if not found.lines:
        raise SystemExit("the preview found no difference")
    return took


def with_later_anchor(layer: model.Layer) -> model.Layer:

    version = layer.versions[-1]
    anchor = version.rotation.anchor + timedelta(hours=15)
    moved = replace(version, rotation=replace(version.rotation, anchor=anchor))
    return replace(layer, versions=(moved,))


def seconds_of_page(client: Client, schedule: Schedule) -> float:
    started = time.perf_counter()
    answer = client.get(reverse("schedules:detail", args=[schedule.public_id]), {"view": "month"})
    took = time.perf_counter() - started
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f"the page answered {answer.status_code}")
    return took


main(int(sys.argv[1]))
