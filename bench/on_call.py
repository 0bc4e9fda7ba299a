"""Prints how long "who is on call now" takes for many schedules, five times, in seconds."""

import sys
import time

import django

django.setup()

from accounts.models import User  # noqa: E402
from core import clock  # noqa: E402
from schedules import queries  # noqa: E402
from schedules.models import Layer, LayerVersion, Schedule  # noqa: E402

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")


def main(count: int) -> None:
    users = list(User.objects.values_list("pk", flat=True))
    schedules = Schedule.objects.bulk_create(
        Schedule(name=f"Bench {number}", time_zone=ZONES[number % len(ZONES)])
        for number in range(count)
    )
    layers = Layer.objects.bulk_create(
        Layer(schedule=schedule, name=f"Layer {rank}", position=rank)
        for schedule in schedules
        for rank in range(2)
    )
    LayerVersion.objects.bulk_create(
        LayerVersion(
            layer=layer,
            priority=layer.position,
            time_zone=layer.schedule.time_zone,
            unit="week",
            anchor="2026-01-05T09:00",
            slots=[[user] for user in users],
            restrictions=(
                [{"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:30"}]
                if layer.position
                else []
            ),
        )
        for layer in layers
    )
    ids = [schedule.pk for schedule in schedules]
    for _ in range(5):
        started = time.perf_counter()
        queries.on_call(ids, clock.now())
        sys.stdout.write(f"{time.perf_counter() - started}\n")


main(int(sys.argv[1]))
