"""Real processes: what is killed comes back, what is ended leaves nothing behind."""

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from opsknight.runtime import linux
from tests.runtime.conftest import FAMILY, Installation, is_alive, wait_until

QUEUE = ["q2", "sentinel", *FAMILY]


@pytest.fixture
def second(migrated: Installation, tmp_path: Path) -> Installation:
    """Another supervisor over the same database, for tests that end it."""
    installation = Installation(migrated.home, migrated.database_url)
    installation.log = tmp_path / "log"
    return installation


def heal(installation: Installation, name: str) -> float:
    """SIGKILL; seconds until all processes are there and each has given a sign of life."""
    before, seen = installation.pids(), installation.last_seen()
    assert name in before
    started = time.monotonic()
    os.kill(before[name], signal.SIGKILL)

    def healed() -> bool:
        now, later = installation.pids(), installation.last_seen()
        whole = now.keys() == before.keys() and now[name] != before[name]
        return whole and bool(later) and all(later[who] > seen[who] for who in seen)

    wait_until(healed, 10, f"{name} healed; {installation.log.read_text()}")
    return time.monotonic() - started


def proportional(pid: int) -> int:
    """Bytes, shared ones by parts; nothing for what a killed process left, which ends just now."""
    try:
        return psutil.Process(pid).memory_full_info().pss
    except psutil.NoSuchProcess:
        return 0


def test_it_is_ready_when_it_says_so(running: Installation) -> None:
    answer = running.health()
    assert answer["status"] == "healthy"
    known = {"database", "migrations", "ticker", "sender", "q2", "paging"}
    assert known == answer["checks"].keys()


@pytest.mark.parametrize("name", ["web-1", "ticker", "sender"])
def test_a_killed_process_comes_back(running: Installation, name: str) -> None:
    heal(running, name)


@pytest.mark.once
def test_the_queue_comes_back_whichever_of_its_processes_is_killed(running: Installation) -> None:
    for name in QUEUE:
        heal(running, name)


def test_the_idle_tree_needs_less_than_300_megabytes(running: Installation) -> None:
    assert running.process
    pids = [running.process.pid, *linux.descendants(running.process.pid)]
    assert sum(map(proportional, pids)) < 300 * 2**20


@pytest.mark.once
def test_ctrl_c_leaves_no_orphan_and_strangers_need_a_token(second: Installation) -> None:
    second.start(HOST="0.0.0.0").until_ready()
    assert "Setup token, asked for by /setup: " in second.log.read_text()
    pids = list(second.pids().values())
    started = time.monotonic()
    assert second.end(signal.SIGINT) == 0
    assert time.monotonic() - started < 10
    assert not [pid for pid in pids if is_alive(pid)]


@pytest.mark.once
def test_nothing_survives_a_killed_supervisor(second: Installation) -> None:
    second.start().until_ready()
    pids = list(second.pids().values())
    second.end(signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in pids), 10, "all gone")


@pytest.mark.once
def test_foreign_keys_are_refused(running: Installation, second: Installation) -> None:
    refused = second.run("up", KEY_PEPPER="a pepper of another installation")
    assert refused.returncode != 0
    assert "secrets.json" in refused.stderr


@pytest.mark.once
def test_a_database_that_is_down_is_waited_for(tmp_path: Path) -> None:
    waiting = Installation(tmp_path, "postgres://nobody:secret@127.0.0.1:1/none")
    waiting.start()
    says = "The database does not answer, trying again every second"
    try:
        wait_until(lambda: says in waiting.log.read_text(), 20, says)
    finally:
        assert waiting.end() == 0


@pytest.mark.once
def test_liveness_needs_no_database(running: Installation) -> None:
    answer = running.health("")
    assert answer["status"] == "healthy"
    assert "checks" not in answer


@pytest.mark.once
def test_a_web_process_can_be_run_alone(migrated: Installation) -> None:
    command, environment = migrated.command("web")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().removeprefix("Listening on ").strip()
        with urllib.request.urlopen(f"{address}/api/health", timeout=10) as answer:
            assert answer.status == 200
        process.terminate()
        assert process.wait(10) == 0
