"""How PostgreSQL carries out a claim whose statistics are stale, as at the start of every storm."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from notifications.models import Delivery
from notifications.sender.claim import claim

pytestmark = [pytest.mark.django_db, pytest.mark.postgres_only]


def deliveries(count: int, state: str, first: int) -> None:
    at = clock.now() - timedelta(seconds=1)
    Delivery.objects.bulk_create(
        Delivery(
            subject_kind="incident",
            subject_id=first + number,
            page_key=f"{first + number}",
            channel="EMAIL",
            address=f"{number}@example.test",
            provider="smtp",
            message={},
            rank=1,
            state=state,
            created_at=at,
            next_attempt_at=at,
        )
        for number in range(count)
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def test_due_rows_are_looked_for_once_although_the_statistics_say_that_nothing_is_due():
    deliveries(2000, "SENT", 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_delivery")
    deliveries(400, "QUEUED", 10_000)
    with CaptureQueriesContext(connection) as seen:
        taken = claim(clock.now(), "one.1", under_way={})
    [update] = [query["sql"] for query in seen.captured_queries if "UPDATE" in query["sql"]]
    Delivery.objects.filter(pk__in=[row.pk for row in taken]).update(
        state="QUEUED", next_attempt_at=clock.now() - timedelta(seconds=2)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {update}")
        [[plan]] = cursor.fetchall()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    loops = max(node["Actual Loops"] for node in nodes(plan[0]["Plan"]))
    assert taken
    assert loops <= len(taken)
