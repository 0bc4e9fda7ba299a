"""A real installation: `manage.py up` with its own data directory, database and port."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from opsknight.runtime import linux
from tests.prepared import PREPARED, SERVER, copy_sqlite, own_postgres

ROOT = Path(__file__).resolve().parents[2]
FAMILY = ["worker 1", "worker 2", "monitor", "pusher"]


def wait_until(what: Callable[[], Any], seconds: float, why: str) -> Any:
    """The first true answer of `what`. Fails the test when there is none in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := what():
            return answer
        time.sleep(0.03)
    pytest.fail(f"not within {seconds} s: {why}")


class Installation:
    """Started and stopped like an operator does it."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        self.database_url = database_url
        self.log = home / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, **variables: str) -> tuple[list[str], dict[str, str]]:
        """A command line of manage.py and its environment."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return command, self._environment(variables)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        command, environment = self.command(*arguments, **variables)
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    def start(self, **variables: str) -> "Installation":
        command, environment = self.command("up", **variables)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        return self

    def until_ready(self) -> "Installation":
        wait_until(lambda: self._died() or self.url, 60, "ready")
        assert not self._died(), self.log.read_text()
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and waits; the exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(15)

    @property
    def url(self) -> str:
        found = re.search(r"ready at (http\S+)", self.log.read_text())
        return found[1] if found else ""

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 0)

    def health(self, query: str = "?mode=readiness") -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.url}/api/health{query}", timeout=5) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except (OSError, ValueError):
            return {"status": "no answer"}

    def last_seen(self) -> dict[str, str]:
        checks = self.health().get("checks", {})
        return {name: check["lastSeen"] for name, check in checks.items() if "lastSeen" in check}

    def pids(self) -> dict[str, int]:
        """Every process below the supervisor, by what it does."""
        assert self.process
        found = {name_of(pid).removeprefix("ok-"): pid for pid in linux.children(self.process.pid)}
        for sentinel in linux.children(found.get("q2", 0)):
            found["sentinel"] = sentinel
            found |= dict(zip(FAMILY, linux.children(sentinel), strict=False))
        return found

    def _died(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.database_url,
            "OPSKNIGHT_DATA_DIR": str(self.home),
            "OPSKNIGHT_TESTING": "0",
            "PORT": "0",
            "LOG_LEVEL": "WARNING",
            **variables,
        }


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(scope="session")
def own_database_url(worker_id: str) -> Iterator[str]:
    """A database on the server of the suite; "" is SQLite in the data directory."""
    if not SERVER:
        yield ""
        return
    with own_postgres(f"runtime_{worker_id}") as url:
        yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, own_database_url: str) -> Installation:
    """Nothing runs yet."""
    installation = Installation(tmp_path_factory.mktemp("installation"), own_database_url)
    copy_sqlite(installation.home)
    if not PREPARED:
        done = installation.run("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
    return installation


@pytest.fixture(scope="package")
def running(migrated: Installation) -> Iterator[Installation]:
    """One running installation for all tests that leave it running; it ends with the last of them.

    Its processes look for work all the time, which other tests would pay for.
    """
    installation = Installation(migrated.home, migrated.database_url)
    yield installation.start().until_ready()
    pids = list(installation.pids().values())
    started = time.monotonic()
    assert installation.end(signal.SIGTERM) == 0
    assert time.monotonic() - started < 10
    assert not [pid for pid in pids if is_alive(pid)], "orphans"
