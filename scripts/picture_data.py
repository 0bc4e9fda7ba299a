"""Fills a new installation with the sample data and prints JSON with a session of its admin."""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import Role, User  # noqa: E402
from core import clock  # noqa: E402
from dashboard.commands import demo  # noqa: E402
from incidents.models import Incident, Status  # noqa: E402
from schedules import commands as schedules  # noqa: E402
from schedules.models import OverrideKind, Schedule  # noqa: E402


def main() -> None:
    settings.ALLOWED_HOSTS = ["*"]
    now = clock.now()
    demo.fill(now)
    schedule = Schedule.objects.get()
    _override(schedule)
    client = Client()
    client.force_login(User.objects.filter(role=Role.ADMIN)[0])
    found = {
        "key": "",
        "session": client.cookies["sessionid"].value,
        "schedule": schedule.public_id,
        "incident": _with_a_policy().pk,
    }
    sys.stdout.write(json.dumps(found))


def _with_a_policy() -> Incident:
    rows = Incident.objects.filter(status=Status.OPEN, pages__isnull=False)
    return rows.exclude(policy_version=None).order_by("urgency", "pk")[0]


def _override(schedule: Schedule) -> None:
    """Somebody takes an evening."""
    admin = User.objects.filter(role=Role.ADMIN)[0]
    start = clock.now().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=2)
    schedules.add_override(
        schedule,
        kind=OverrideKind.COVER_ALL,
        user=admin,
        start=start,
        end=start + timedelta(hours=6),
        by=admin.as_actor("cli"),
        now=clock.now(),
    )


main()
