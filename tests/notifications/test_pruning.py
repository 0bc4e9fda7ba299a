"""What is older than kept goes, by small batches; what is still needed stays whatever its age."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core import clock, config
from core.actor import SYSTEM
from incidents import commands as incidents
from incidents import paging
from incidents.commands.create import Draft
from incidents.models import Incident, IncidentEvent
from notifications import commands
from notifications.commands import pruning
from notifications.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
    InAppNotification,
    OutboxMail,
)
from opsknight.recurring import JOBS
from services import commands as services
from tests.notifications.conftest import page

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
DAY = timedelta(days=1)
TABLES = (Delivery, DeliveryAttempt, DeliveryEvent, InAppNotification)


@pytest.fixture(autouse=True)
def _begin_at_the_old_end() -> None:
    pruning._reached.clear()


def settle(days_ago: float, state: str = DeliveryState.FAILED, *, published: bool = True) -> None:
    """Every delivery ended so long ago, after one try, and its fate was told of."""
    at = NOW - days_ago * DAY
    Delivery.objects.update(state=state, created_at=at, finished_at=at)
    InAppNotification.objects.update(created_at=at)
    for delivery in Delivery.objects.all():
        DeliveryAttempt.objects.create(
            delivery=delivery, number=1, started_at=at, finished_at=at, ok=False
        )
        DeliveryEvent.objects.create(
            delivery=delivery,
            outcome=DeliveryOutcome.FAILED,
            at=at,
            published_at=at if published else None,
        )


def left() -> list[int]:
    return [table.objects.count() for table in TABLES]


@pytest.fixture
def incident(bob: User, root: User) -> Incident:
    """Open, and the fallback contact was paged."""
    config.put("fallback_users", [bob.pk])
    service = services.create_service(name="Shop", by=SYSTEM, now=clock.now())
    draft = Draft(title="Down", service=service, urgency="HIGH")
    made, _ = incidents.create(draft, by=SYSTEM, now=clock.now())
    paging.advance(clock.now())
    assert Delivery.objects.filter(subject_kind="incident", subject_id=made.pk).exists()
    return made


@pytest.mark.parametrize(
    ("age", "expected"),
    [(89, [1, 1, 1, 1]), (91, [1, 0, 0, 0]), (364, [1, 0, 0, 0]), (366, [0, 0, 0, 0])],
)
def test_each_table_has_its_own_limit(bob: User, age: int, expected: list[int]):
    page(bob)
    settle(age)
    pruning.prune(NOW)
    assert left() == expected


def test_nothing_of_an_incident_that_is_not_resolved_goes(incident: Incident, root: User):
    settle(5000)
    before = left()
    pruning.prune(NOW)
    assert left() == before
    incidents.acknowledge(incident, by=SYSTEM, now=clock.now())
    pruning.prune(NOW)
    assert left() == before
    incidents.resolve(incident, by=SYSTEM, now=clock.now())
    Delivery.objects.filter(subject_kind="incident-news").delete()
    pruning.prune(NOW)
    assert left() == [0, 0, 0, 0]
    assert IncidentEvent.objects.filter(incident=incident).exists(), "the timeline stays"


@pytest.mark.parametrize(
    "state", [DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.SENDING]
)
def test_what_is_still_to_be_sent_stays(bob: User, state: str):
    page(bob)
    settle(5000, state)
    pruning.prune(NOW)
    assert left()[:3] == [1, 1, 1]


def test_a_fate_that_was_not_told_of_stays_with_its_delivery(bob: User):
    page(bob)
    settle(5000, published=False)
    pruning.prune(NOW)
    assert left()[:3] == [1, 0, 1]


def test_the_last_proof_that_an_address_works_stays(bob: User):
    page(bob, subject=1)
    page(bob, subject=2)
    settle(5000, DeliveryState.SENT)
    pruning.prune(NOW)
    assert Delivery.objects.get().subject_id == 2


def test_the_outbox_and_notices_that_are_about_nothing_go_by_age(bob: User):
    for days in (31, 29):
        OutboxMail.objects.create(to="a@example.com", subject="s", created_at=NOW - days * DAY)
    commands.notify([bob], key="hand-off", title="Old", now=NOW - 91 * DAY)
    commands.notify([bob], key="thing:x:y", title="Odd", now=NOW - 91 * DAY)
    commands.notify([bob], key="hand-off 2", title="New", now=NOW - 89 * DAY)
    pruning.prune(NOW)
    assert OutboxMail.objects.get().created_at == NOW - 29 * DAY
    assert InAppNotification.objects.get().title == "New"


def test_one_call_looks_at_one_batch_and_the_next_goes_on_behind_it(
    bob: User, incident: Incident, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pruning, "BATCH", 2)
    settle(5000)
    kept = Delivery.objects.count()  # of an open incident, at the old end
    for subject in range(5):
        OutboxMail.objects.create(to="a@example.com", subject="s", created_at=NOW - 31 * DAY)
        page(bob, subject=1000 + subject)
    Delivery.objects.update(
        state=DeliveryState.FAILED, created_at=NOW - 5000 * DAY, finished_at=NOW
    )
    assert pruning.prune(NOW) > 0
    assert OutboxMail.objects.count() == 3
    calls = 1
    while pruning.prune(NOW):
        calls += 1
    assert 2 <= calls <= 6
    assert OutboxMail.objects.count() == 0
    assert Delivery.objects.count() == kept


def test_nought_keeps_for_ever_and_so_does_nonsense(bob: User, monkeypatch: pytest.MonkeyPatch):
    page(bob)
    settle(5000)
    config.put("keep_deliveries_days", 0)
    monkeypatch.setenv("OPSKNIGHT_KEEP_ATTEMPTS_DAYS", "ten")
    monkeypatch.setenv("OPSKNIGHT_KEEP_NOTICES_DAYS", "-5")
    pruning.prune(NOW)
    assert left() == [1, 1, 1, 1]


def test_a_batch_costs_few_statements_however_many_rows_go(
    bob: User, django_assert_max_num_queries
):
    for subject in range(30):
        page(bob, subject=subject)
    settle(5000)
    config.get("keep_deliveries_days")
    with django_assert_max_num_queries(24):
        pruning.prune(NOW)
    assert left() == [0, 0, 0, 0]


def test_the_ticker_does_it():
    assert "notifications.commands.pruning.prune" in {job.path for job in JOBS}
