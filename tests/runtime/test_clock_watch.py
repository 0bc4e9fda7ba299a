"""The clock is set, or the machine sleeps: due times move along, exactly once."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from core.models import Heartbeat
from opsknight.runtime.clock_watch import ROW, ClockWatch, boot_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Shifts:
    """Records what it is asked to shift."""

    seen: list[tuple[datetime, timedelta, datetime]] = field(default_factory=list)
    error: Exception | None = None

    def __call__(self, *, old_now: datetime, delta: timedelta, now: datetime) -> None:
        if self.error:
            raise self.error
        self.seen.append((old_now, delta, now))


@pytest.fixture
def shifts() -> Shifts:
    return Shifts()


@pytest.fixture
def watch(shifts: Shifts, db: None) -> ClockWatch:
    """Has looked once, at noon and 1,000 s after boot."""
    watch = ClockWatch([shifts], boot="this boot")
    assert watch.check(NOON, 1000.0) is None
    return watch


def test_time_that_passes_is_no_jump(watch: ClockWatch, shifts: Shifts) -> None:
    assert watch.check(NOON + HOUR, 1000.0 + 3600) is None
    assert not shifts.seen


@pytest.mark.parametrize("seconds", [3600, -3600, 90_000, 31])
def test_a_jump_shifts_once(
    watch: ClockWatch, shifts: Shifts, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    delta = timedelta(seconds=seconds)
    later = NOON + delta + timedelta(seconds=1)
    with caplog.at_level(logging.WARNING):
        assert watch.check(later, 1001.0) == delta
    assert watch.check(later + timedelta(seconds=1), 1002.0) is None
    assert shifts.seen == [(NOON + timedelta(seconds=1), delta, later)]
    assert f"the clock moved by {seconds:+d} s" in caplog.text


def test_small_steps_do_not_add_up(watch: ClockWatch, shifts: Shifts) -> None:
    for step in range(1, 6):
        assert watch.check(NOON + timedelta(seconds=20 * step), 1000.0) is None
    assert not shifts.seen


def test_a_jump_while_no_ticker_ran_is_seen_at_the_next_start(
    watch: ClockWatch, shifts: Shifts
) -> None:
    restarted = ClockWatch([shifts], boot="this boot")
    assert restarted.check(NOON + HOUR, 1010.0) == HOUR - timedelta(seconds=10)


def test_small_steps_are_remembered_over_a_restart(watch: ClockWatch, shifts: Shifts) -> None:
    watch.check(NOON + timedelta(seconds=25), 1000.0)
    restarted = ClockWatch([shifts], boot="this boot")
    assert restarted.check(NOON + timedelta(seconds=50), 1000.0) is None


def test_a_reboot_is_no_jump(watch: ClockWatch, shifts: Shifts) -> None:
    rebooted = ClockWatch([shifts], boot="the next boot")
    assert rebooted.check(NOON + HOUR, 5.0) is None
    assert not shifts.seen


def test_a_shift_that_fails_is_still_owed(watch: ClockWatch, shifts: Shifts) -> None:
    shifts.error = RuntimeError("no")
    with pytest.raises(RuntimeError):
        watch.check(NOON + HOUR, 1000.0)
    shifts.error = None
    assert watch.check(NOON + HOUR, 1000.0) == HOUR


def test_an_accepted_clock_is_not_asked_about_again(watch: ClockWatch, shifts: Shifts) -> None:
    watch.accept(NOON + HOUR, 1000.0)
    assert watch.check(NOON + HOUR, 1000.0) is None
    restarted = ClockWatch([shifts], boot=watch.boot)
    assert restarted.check(NOON + HOUR, 1000.0) is None
    assert not shifts.seen


def test_the_row_names_boot_and_offset(watch: ClockWatch) -> None:
    detail = Heartbeat.objects.get(name=ROW).detail
    assert detail == {"boot_id": "this boot", "offset": NOON.timestamp() - 1000.0}


def test_the_boot_of_this_machine_has_a_name() -> None:
    assert len(boot_id()) == 36


@pytest.mark.django_db(transaction=True)
def test_of_several_tickers_exactly_one_shifts_and_none_goes_on_before() -> None:
    shifts = Shifts()

    def slow_shift(**times: object) -> None:
        time.sleep(0.2)
        shifts(**times)  # type: ignore[arg-type]

    watches = [ClockWatch([slow_shift], boot="this boot") for _ in range(4)]
    for watch in watches:
        watch.check(NOON, 1000.0)

    def look(watch: ClockWatch) -> tuple[timedelta | None, int]:
        try:
            return watch.check(NOON + HOUR, 1000.0), len(shifts.seen)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(look, watches))
    assert sorted(str(moved) for moved, _ in results) == ["1:00:00", "None", "None", "None"]
    assert [seen for _, seen in results] == [1, 1, 1, 1]
