"""A backlog that is due in one instant, of all urgencies: how fast it is claimed, in which order.

Run as `python -m bench.backlog <count>` beside a running installation; prints one line of JSON:
`late` (seconds of each page), `missing`, `overtaken` (pages behind one that ranks lower).
"""

import json
import sys
import time
from datetime import datetime, timedelta
from itertools import groupby

import django

django.setup()

from django.db.models import F  # noqa: E402

from core import clock  # noqa: E402
from incidents.models import Incident, Page, Status, Urgency  # noqa: E402
from services.models import Service  # noqa: E402

RANKS = {Urgency.HIGH: 0, Urgency.MEDIUM: 1, Urgency.LOW: 2}
PATIENCE = 300


def main(count: int) -> None:
    ids = made(count)
    rows = Incident.objects.filter(pk__in=ids)
    start = clock.now()
    rows.update(escalate_at=F("created_at"), status=Status.OPEN)  # all of them at once
    pages = Page.objects.filter(incident_id__gte=ids[0], incident_id__lte=ids[-1])
    end = time.monotonic() + PATIENCE
    while pages.count() < count and time.monotonic() < end:
        time.sleep(0.5)
    found = list(
        pages.values_list("created_at", "incident__urgency", "incident__created_at", "incident")
    )
    late = [(at - start).total_seconds() for at, *_ in found]
    missing = count - len({incident for *_, incident in found})
    said = {"late": late, "missing": missing, "overtaken": overtaken(found)}
    sys.stdout.write(json.dumps(said) + "\n")


def made(count: int) -> list[int]:
    """Of mixed urgency and age, snoozed until everything is there."""
    now = clock.now()
    service = Service.objects.select_related("policy").get(pk=Service.objects.first().pk)
    rows = [
        Incident(
            service=service,
            policy_version=service.policy.current,
            title=f"Due mark-backlog-{number}",
            urgency=list(RANKS)[number % 3],
            status=Status.SNOOZED,
            snoozed_until=now + timedelta(days=1),
            last_status_change=now,
            created_at=now - timedelta(seconds=number * 7 % 600),
            updated_at=now,
        )
        for number in range(count)
    ]
    return [row.pk for row in Incident.objects.bulk_create(rows, batch_size=200)]


def overtaken(found: list[tuple[datetime, str, datetime, int]]) -> int:
    """Pages of a later batch than one whose incident was less urgent, or as urgent and younger."""
    worst: tuple[int, datetime] | None = None
    behind = 0
    for _, batch in groupby(sorted(found), key=lambda one: one[0]):
        keys = [(RANKS[Urgency(urgency)], created) for _, urgency, created, _ in batch]
        behind += sum(worst is not None and key < worst for key in keys)
        worst = max([*keys, *([worst] if worst else [])])
    return behind


if __name__ == "__main__":
    main(int(sys.argv[1]))
