"""A sender that is killed after a message left, before the database knew: no second message."""

import contextlib
import errno
import fcntl
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError

from accounts.models import User
from core import clock
from notifications import commands
from notifications.domain.retry import LEASE
from notifications.models import Delivery, DeliveryAttempt, DeliveryEvent
from notifications.sender import Sender, faults, notebook, results
from notifications.sender.claim import claim
from notifications.sender.notebook import (
    FOLDER,
    PATIENCE,
    YOUNG,
    Notebook,
    settle_left_behind,
)
from notifications.sender.pool import Result
from tests.notifications.conftest import fates, page
from tests.notifications.test_backlog import pages
from tests.notifications.test_leases import ROOT, database_url
from tests.phones import Phones

# Guards ask for incidents, and there are none behind these pages.
DIES_BEFORE_IT_WRITES = """
import os, signal, sys, django
django.setup()
from django.conf import settings
from notifications.sender import Sender, results
settings.DELIVERY_GUARDS = settings.DELIVERY_RENEWALS = {}
write = results.record
def record(found, **more):
    print(found, file=sys.stderr, flush=True)
    if any(result.ok for result in found):
        os.kill(os.getpid(), signal.SIGKILL)
    return write(found, **more)  # a slow computer could not begin in time, and tries again
results.record = record
Sender().run()
"""


def sent(row: Delivery, token: str = "one.1") -> Result:
    now = clock.now()
    return Result(row.pk, token, 1, now, now, detail="taken\x00\ud800", reference="SM1")


def claimed(user: User) -> Delivery:
    [row] = page(user)
    Delivery.objects.update(state="SENDING", lease_token="one.1", attempts=1)
    return row


def notes_of(home: Path) -> Path:
    [path] = (home / FOLDER).iterdir()
    return path


def begin(home: Path, age: timedelta = YOUNG) -> Notebook:
    return Notebook.begin(home, "one", clock.monotonic() - age.total_seconds())


def settle(home: Path, now: datetime, at: float | None = None) -> int:
    return settle_left_behind(home, now, clock.monotonic() if at is None else at)


def die(book: Notebook) -> None:
    """What the end of its process does."""
    assert book.file is not None
    os.close(book.file)
    book.file = None


def leave_a_note(home: Path, user: User) -> None:
    """What is found of a sender that died after a message had left."""
    book = begin(home)
    book.note([sent(claimed(user))])
    die(book)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("late", [0, 40 * 60])
def test_what_left_before_a_kill_is_not_sent_again(
    late: float, phones: Phones, alice: User, sender: Sender, data_dir: Path, pass_time: Callable
) -> None:
    count = 3 if late else 1
    pages(alice, count)
    pass_time(late)
    environment = os.environ | phones.environment() | {"DATABASE_URL": database_url()}
    environment["DJANGO_SETTINGS_MODULE"] = "opsknight.settings"
    command = [sys.executable, "-c", DIES_BEFORE_IT_WRITES]
    assert subprocess.run(command, cwd=ROOT, env=environment, timeout=60).returncode == -9
    assert set(fates(by="pk").values()) == {"SENDING"}
    assert len(phones.mails) == 1, "it left before the kill"
    sender.stop()
    sender._settle_in()
    sender.run()
    assert list(fates(by="pk").values()) == ["SENT"] * count
    assert DeliveryAttempt.objects.filter(ok=True).count() == count
    assert not Delivery.objects.filter(possible_duplicate=True).exists()
    assert len(phones.mails) == 1
    assert list((data_dir / FOLDER).iterdir()) == []


@pytest.mark.django_db
class TestNotes:
    def test_of_one_who_lives_are_left_alone(self, alice: User, home: Path) -> None:
        living = begin(home)
        living.note([sent(claimed(alice))])
        assert settle(home, clock.now()) == 0
        die(living)
        assert settle(home, clock.now()) == 1
        row = Delivery.objects.get()
        assert (row.state, row.reference, row.lease_token) == ("SENT", "SM1", "")
        assert list((home / FOLDER).iterdir()) == []

    @pytest.mark.parametrize("change", [{"lease_token": "two.1"}, {"lease_token": ""}])
    def test_of_a_row_that_another_has_or_that_is_settled_change_nothing(
        self, alice: User, home: Path, change: dict
    ) -> None:
        leave_a_note(home, alice)
        Delivery.objects.update(**change)
        assert settle(home, clock.now()) == 0
        assert Delivery.objects.get().state == "SENDING"
        assert not DeliveryAttempt.objects.exists()

    def held(self, alice: User) -> list[Delivery]:
        """Rows of "one", of "one" but noted as sent, and of another who lives."""
        rows = [page(alice, subject=subject)[0] for subject in range(3)]
        for row, token in zip(rows, ("one.1", "one.2", "one2.1"), strict=True):
            until = clock.now() + LEASE * (1 if token.startswith("one.") else 10)
            later = {"next_attempt_at": until, "lease_until": until}
            mine = Delivery.objects.filter(pk=row.pk)
            mine.update(state="SENDING", lease_token=token, attempts=1, **later)
        return rows

    def test_what_the_dead_one_held_is_taken_over_at_once(self, alice: User, home: Path) -> None:
        held, settled, _ = self.held(alice)
        book = begin(home)
        book.note([sent(settled, "one.2")])
        die(book)
        assert settle(home, clock.now()) == 1
        [again] = claim(clock.now(), "two.1", under_way={})
        assert (again.pk, again.attempts, again.possible_duplicate) == (held.pk, 2, True)

    def test_in_a_crash_loop_it_waits_for_a_sender_that_lives_but_not_for_long(
        self, alice: User, home: Path
    ) -> None:
        held, settled, _ = self.held(alice)
        start = clock.now()
        die(Notebook.begin(home, "one", 0))
        seconds = 0
        for seconds in range(2, 60, 2):  # each of them dies after two seconds
            now = start + timedelta(seconds=seconds)
            settle(home, now, seconds)
            if claim(now, f"n{seconds}.1", under_way={}, mine=[]):
                break
            die(Notebook.begin(home, f"n{seconds}", seconds))
        assert PATIENCE.seconds <= seconds <= PATIENCE.seconds + 2 * YOUNG.seconds
        assert {row.pk for row in Delivery.objects.filter(attempts=2)} == {held.pk, settled.pk}

    def test_the_first_that_lives_after_a_crash_loop_takes_it_soon(
        self, alice: User, home: Path
    ) -> None:
        self.held(alice)
        now = clock.now() + timedelta(seconds=13)
        die(Notebook.begin(home, "one", 0))
        die(Notebook.begin(home, "last", 12))
        settle(home, now, 13)
        assert claim(now + YOUNG / 2, "two.1", under_way={}) == []
        assert len(claim(now + YOUNG, "two.1", under_way={})) == 2

    def test_from_before_the_computer_started_it_is_repeated_at_once(
        self, alice: User, home: Path
    ) -> None:
        self.held(alice)
        die(Notebook.begin(home, "one", clock.monotonic() + 86_400))
        settle(home, clock.now())
        assert len(claim(clock.now(), "two.1", under_way={})) == 2

    def test_a_young_sender_that_lives_makes_no_crash_loop(self, alice: User, home: Path) -> None:
        self.held(alice)
        die(begin(home))
        living = Notebook.begin(home, "living", clock.monotonic())
        settle(home, clock.now())
        assert len(claim(clock.now(), "two.1", under_way={})) == 2
        living.end()

    def test_that_are_torn_or_strange_are_passed_over(self, alice: User, home: Path) -> None:
        leave_a_note(home, alice)
        with (notes_of(home)).open("ab") as file:
            file.write(b'\x00\xff\n[1,2]\n{"a":1}\n["x","t",1,"","","","",""]\n[1,"one.1",1,"2026-')
            file.write(b"\n[1e999,1,1,1,1,1,1,1]\n" + b"[" * 100_000)
        assert settle(home, clock.now()) == 1
        assert list((home / FOLDER).iterdir()) == []

    def test_what_no_sender_wrote_is_passed_over(self, alice: User, home: Path) -> None:
        leave_a_note(home, alice)
        os.mkfifo(home / FOLDER / "pipe.1.jsonl")
        (home / FOLDER / "folder.1.jsonl").mkdir()
        (home / FOLDER / "nowhere.1.jsonl").symlink_to(home / "nowhere")
        with (home / FOLDER / "huge.1.jsonl").open("wb") as huge:
            huge.truncate(2**40)
        assert settle(home, clock.now()) == 1

    def test_a_line_that_a_full_disk_tore_spoils_no_other(self, alice: User, home: Path) -> None:
        _, settled, _ = self.held(alice)
        book, (_, most) = begin(home), resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40, most))
        try:
            book.note([sent(Delivery(pk=0))])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        book.note([sent(settled, "one.2")])
        die(book)
        assert settle(home, clock.now()) == 1

    def test_one_that_cannot_be_stored_holds_up_no_other(self, alice: User, home: Path) -> None:
        held, settled, _ = self.held(alice)
        book = begin(home)
        book.note([sent(settled, "one.2"), replace(sent(held), reference="\ud800" * 999)])
        die(book)
        assert settle(home, clock.now()) == 2
        assert set(Delivery.objects.filter(state="SENT")) == {held, settled}

    def test_say_when_it_was_sent(self, alice: User, home: Path) -> None:
        leave_a_note(home, alice)
        settle(home, clock.now() + timedelta(hours=9))
        [attempt], [event] = DeliveryAttempt.objects.all(), DeliveryEvent.objects.all()
        assert event.at == attempt.finished_at == Delivery.objects.get().finished_at

    @pytest.mark.parametrize("age", [timedelta(seconds=2), YOUNG])
    def test_what_is_taken_over_is_not_late_by_a_clock_that_is_set_back_meanwhile(
        self, alice: User, home: Path, age: timedelta
    ) -> None:
        self.held(alice)
        true = clock.now()
        ahead = true + timedelta(hours=1)
        die(begin(home, age))
        settle(home, ahead)  # it read the clock before everything was moved back
        commands.take_in_strays(true)
        assert len(claim(true + 2 * YOUNG, "two.1", under_way={})) == 2

    def test_of_one_who_just_begins_are_left_alone(
        self, alice: User, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lock = fcntl.flock

        def another_first(file: int, how: int) -> None:
            monkeypatch.undo()
            settle(home, clock.now())
            lock(file, how)

        monkeypatch.setattr(fcntl, "flock", another_first)
        book = begin(home)
        book.note([sent(claimed(alice))])
        die(book)
        assert settle(home, clock.now()) == 1

    @pytest.mark.parametrize("broken", [(Path, "unlink"), (os, "scandir"), (os, "open")])
    def test_on_a_broken_disk_do_not_keep_a_sender_from_its_work(
        self, broken: tuple, alice: User, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_a_note(home, alice)
        book = begin(home)

        def fail(*args: object, **more: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(*broken, fail)
            settle(home, clock.now())
            Notebook.begin(home, "new", clock.monotonic()).end()
            book.end()

    def test_are_wiped_when_the_database_has_all_of_them(self, alice: User, home: Path) -> None:
        row, book, path = claimed(alice), begin(home), notes_of(home)
        first, second = sent(row), sent(row, "one.2")
        book.note([first])
        book.note([second])
        book.written([second, sent(row, "one.3")])
        assert len(path.read_text().split()) == 2
        book.written([first])
        book.note([first])
        assert len(path.read_text().split()) == 1
        die(book)

    def test_wait_for_a_database_that_is_away(
        self, alice: User, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_a_note(home, alice)

        def away(*args: object, **more: object) -> None:
            raise OperationalError("away")

        with monkeypatch.context() as patch, pytest.raises(OperationalError):
            patch.setattr(results, "record", away)
            settle(home, clock.now())
        assert settle(home, clock.now()) == 1

    def test_that_cannot_be_settled_do_not_keep_a_sender_from_its_work(
        self, alice: User, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_a_note(home, alice)
        monkeypatch.setattr(results, "record", lambda *args, **more: 1 / 0)
        monkeypatch.setattr(faults, "settle_barely", lambda *args, **more: 1 / 0)
        assert settle(home, clock.now()) == 0
        assert list((home / FOLDER).iterdir()) == []


def test_without_a_place_to_write_nothing_is_noted_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    book, result = begin(tmp_path), sent(Delivery(pk=1))
    assert book.file is None
    book.note([result])
    book.written([result])
    book.end()
    monkeypatch.setattr(notebook, "MAX_BYTES", 300)
    full = begin(tmp_path / "elsewhere")
    results = [sent(Delivery(pk=pk)) for pk in range(9)]
    for one in results:
        full.note([one])
    noted = full.size
    assert 0 < noted <= 300
    full.written(results)
    full.note(results[:1])
    assert (full.size <= noted, len(full.outstanding)) == (True, 1)
    full.end()


def redirect(book: Notebook, file: int) -> None:
    assert book.file is not None
    os.dup2(file, book.file)
    os.close(file)


def test_a_full_disk_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = begin(tmp_path)
    redirect(book, os.open("/dev/full", os.O_WRONLY))
    for pk in range(3):
        book.note([sent(Delivery(pk=pk))])
    assert caplog.text.count("cannot be noted") == 1
    book.end()


def test_a_disk_that_hangs_holds_up_one_thread_and_nobody_else(tmp_path: Path) -> None:
    book, (out, into) = begin(tmp_path), os.pipe()
    os.set_blocking(into, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(into, bytes(4096))
    os.set_blocking(into, True)
    redirect(book, into)
    stuck = threading.Thread(target=book.note, args=[[sent(Delivery(pk=1))]])
    stuck.start()
    stuck.join(0.2)
    assert stuck.is_alive()
    began = time.monotonic()
    other = sent(Delivery(pk=2))
    book.note([other])
    book.written([other])
    book.end()
    assert time.monotonic() - began < 2
    while stuck.is_alive():
        os.read(out, 65536)
        stuck.join(0.05)
    os.close(out)
