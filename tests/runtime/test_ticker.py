"""The ticker's loop: each kind of work isolated, the queue used, and replaced when it is silent."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django_q.models import OrmQ

from core import heartbeat
from core.models import Heartbeat
from opsknight.recurring import CLOCK_SHIFTS, ERRANDS, JOBS, Errand
from opsknight.runtime import ticker
from opsknight.runtime.clock_watch import ClockWatch
from opsknight.runtime.queue import Diligence, Parcel
from opsknight.runtime.ticker import Entry, Porter, QueueWatch, Ticker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db

waiting: list[int] = []
carried: list[str] = []


def oldest(now: datetime) -> int | None:
    return min(waiting, default=None)


def carry() -> None:
    carried.append("here")
    waiting.clear()


ERRAND = Errand("test", f"{__name__}.carry", f"{__name__}.oldest", every=0.1)


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    waiting.clear()
    carried.clear()


@pytest.fixture
def queue() -> QueueWatch:
    return QueueWatch()


@pytest.fixture
def porter(queue: QueueWatch, monkeypatch: pytest.MonkeyPatch) -> Porter:
    paths = {ERRAND.task: carry, ERRAND.pending: oldest}
    monkeypatch.setattr(ticker, "import_string", paths.__getitem__)
    return Porter(ERRAND, queue)


def loop(*entries: Entry, shift: Callable[..., object] | None = None) -> Ticker:
    return Ticker(entries, ClockWatch([shift] if shift else []))


def refuse(now: datetime) -> None:
    raise ValueError("refused")


def lose_the_database(now: datetime) -> None:
    raise OperationalError("gone")


def work_of_worker() -> None:
    """What the queue does when it has run a task."""
    OrmQ.objects.all().delete()


def grow_old(parcel: Parcel) -> None:
    parcel.sent_at = time.monotonic() - ticker.SILENT_SECONDS - 1


def test_everything_listed_exists_and_runs() -> None:
    built = ticker.build(JOBS, ERRANDS, CLOCK_SHIFTS)
    built.turn()
    assert not [entry.name for entry in built.entries if entry.failures]
    assert heartbeat.last().keys() >= {"ticker"}


def test_a_failing_job_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[datetime] = []
    loop(Entry("bad", refuse, 1), Entry("good", done.append, 1)).turn()
    assert len(done) == 1
    assert "bad failed" in caplog.text


@pytest.mark.django_db(transaction=True)  # the connection is closed
def test_a_lost_database_is_one_line_and_the_loop_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = Entry("bad", lose_the_database, 0.0)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            loop(entry).turn()
    assert [record.exc_info for record in caplog.records] == [None]
    assert entry.failures == 3


def test_a_job_rests_longer_after_each_failure() -> None:
    entry = Entry("bad", refuse, 0.04)
    rests = []
    for _ in range(12):
        entry.due = 0
        loop(entry).turn()
        rests.append(entry.due - time.monotonic())
    assert rests[0] < 0.1 < rests[3] < 1 < rests[-1] <= ticker.MAX_REST_AFTER_FAILURE


def test_a_job_that_found_work_is_asked_again_soon() -> None:
    busy, idle = Entry("busy", lambda now: 1, 10, 0.01), Entry("idle", lambda now: 0, 10, 0.01)
    loop(busy, idle).turn()
    assert busy.due - time.monotonic() < 1 < idle.due - time.monotonic()


def test_work_waits_for_the_shift_of_due_times_but_not_for_ever(data_dir: object) -> None:
    done: list[datetime] = []
    jumped = loop(Entry("work", done.append, 0), shift=lambda **times: refuse(NOON))
    jumped.turn()
    jumped.watch.offset = 0.0  # as if the clock had been moved by decades
    Heartbeat.objects.update(detail={"boot_id": jumped.watch.boot, "offset": 0.0})
    done.clear()
    for _ in range(ticker.SHIFT_TRIES - 1):
        jumped.turn()
    assert not done
    jumped.turn()
    assert done


def test_nothing_is_enqueued_when_nothing_waits(porter: Porter) -> None:
    porter.look(NOON)
    assert not OrmQ.objects.exists()


def test_exactly_one_task_is_under_way_however_often_is_looked(porter: Porter) -> None:
    waiting.append(1)
    for _ in range(5):
        porter.look(NOON)
    assert OrmQ.objects.count() == 1
    assert not carried


def test_the_next_task_follows_when_the_last_is_done_and_more_waits(porter: Porter) -> None:
    waiting.append(1)
    porter.look(NOON)
    work_of_worker()
    waiting[:] = [2]
    porter.look(NOON)
    assert OrmQ.objects.count() == 1


def test_a_row_that_stays_is_not_asked_for_without_pause(porter: Porter) -> None:
    waiting.append(1)
    porter.look(NOON)
    work_of_worker()
    porter.look(NOON)
    assert not OrmQ.objects.exists()


def test_a_silent_queue_is_replaced(porter: Porter, queue: QueueWatch) -> None:
    waiting.append(1)
    porter.look(NOON)
    grow_old(porter.parcel)
    porter.look(NOON)
    assert carried == ["here"]
    assert queue.silent
    assert not OrmQ.objects.exists()
    waiting.append(2)
    porter.look(NOON)
    assert carried == ["here", "here"]


def test_a_heartbeat_that_is_never_run_means_silence(queue: QueueWatch) -> None:
    queue.look(NOON)
    grow_old(queue.pulse)
    queue.look(NOON)
    assert queue.silent
    assert OrmQ.objects.count() == 1  # replaced: the old one may be locked by a dead worker


def test_a_queue_that_works_again_gets_its_work_back(queue: QueueWatch, porter: Porter) -> None:
    queue.look(NOON)
    grow_old(queue.pulse)
    queue.look(NOON)
    work_of_worker()
    queue.look(NOON)
    assert not queue.silent
    waiting.append(1)
    porter.look(NOON)
    assert (OrmQ.objects.count(), carried) == (1, [])


def test_the_pulse_is_sent_again_only_after_a_while(queue: QueueWatch) -> None:
    queue.look(NOON)
    work_of_worker()
    queue.look(NOON)
    assert not OrmQ.objects.exists()


def test_a_beat_from_the_future_proves_nothing() -> None:
    now = NOON
    assert heartbeat.is_fresh(now - timedelta(seconds=4), now=now, seconds=5)
    assert not heartbeat.is_fresh(now - timedelta(seconds=6), now=now, seconds=5)
    assert not heartbeat.is_fresh(now + timedelta(hours=1), now=now, seconds=5)
    assert not heartbeat.is_fresh(None, now=now, seconds=5)


def test_a_worker_notes_its_progress_but_not_after_each_task() -> None:
    diligence = Diligence()
    diligence.note(sender="django_q")
    first = Heartbeat.objects.get(name="q2").at
    diligence.note(sender="django_q")
    assert Heartbeat.objects.get(name="q2").at == first
    diligence.noted_at = float("-inf")
    diligence.note(sender="django_q")
    assert Heartbeat.objects.get(name="q2").at > first


def test_a_note_that_cannot_be_written_does_not_end_the_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core.tasks.beat", lambda: lose_the_database(NOON))
    with caplog.at_level(logging.WARNING):
        Diligence().note()
    assert "cannot note its progress" in caplog.text
