"""Makes incidents due in the same second and prints how late each step fired, in seconds.

Run as `python -m bench.due <count> <seconds from now>` beside a running installation.
"""

import sys
import time
from datetime import timedelta

import django

django.setup()

from core import clock  # noqa: E402
from incidents.models import Incident, Page  # noqa: E402
from services.models import Service  # noqa: E402


def main(count: int, ahead: int) -> None:
    now = clock.now()
    due = (now + timedelta(seconds=ahead)).replace(microsecond=0)
    service = Service.objects.select_related("policy").first()
    rows = [
        Incident(
            service=service,
            policy_version=service.policy.current,
            title=f"Due mark-due-{number}",
            urgency="HIGH",
            escalate_at=due,
            last_status_change=now,
            created_at=now,
            updated_at=now,
        )
        for number in range(count)
    ]
    made = Incident.objects.bulk_create(rows, batch_size=200)
    ids = [row.pk for row in made]
    end = time.monotonic() + ahead + 120
    pages = Page.objects.filter(incident_id__gte=ids[0], incident_id__lte=ids[-1])
    while pages.count() < count and time.monotonic() < end:
        time.sleep(0.2)
    for at in pages.values_list("created_at", flat=True):
        sys.stdout.write(f"{(at - due).total_seconds()}\n")


main(int(sys.argv[1]), int(sys.argv[2]))
