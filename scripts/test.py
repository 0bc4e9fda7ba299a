"""Run the whole suite on SQLite and on PostgreSQL, both at once, and add up the results.

Usage: python -m scripts.test [--db sqlite|postgres] [arguments for pytest]
With CI=true a skipped test is a failure: nothing may be left out unnoticed.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree

import psycopg

from scripts.postgres import TemporaryPostgres

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("sqlite", "postgres")
HALVES = ("first", "second")  # what does not depend on the database is left out of the second
WORKERS = {1: (3,), 2: (3, 0)}  # of so many halves at once: the second, smaller, needs no helper
NOTHING_COLLECTED = 5  # pytest's exit code
INTERRUPTED = 130
PYTEST = (sys.executable, "-m", "pytest")
BYTECODE = ROOT / "build" / "bytecode"
PREPARED = "OPSKNIGHT_TESTS_PREPARED"  # how tests/conftest.py learns of the migrated database


@dataclass
class Outcome:
    """What one run of pytest came to; `trouble` holds what failed beside single tests."""

    database: str
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    trouble: str = ""

    def __str__(self) -> str:
        line = f"{self.database}: {counts(self.passed, self.failed, len(self.skipped))}"
        return f"{line} in {self.seconds:.0f} s {self.trouble}".rstrip()


@dataclass
class Run:
    """One half under way; `scratch` is its own temporary directory."""

    database: str
    workers: str
    scratch: Path
    environment: dict[str, str]
    started: float = 0.0

    @property
    def report(self) -> Path:
        return self.scratch / "report.xml"

    @property
    def home(self) -> Path:
        """Data directory of the migrations."""
        return self.scratch / "prepared"

    @property
    def prepared(self) -> str:
        """The migrated database: its name, or the file."""
        return "prepared" if self.environment["DATABASE_URL"] else f"{self.home}/opsknight.sqlite3"

    @property
    def said(self) -> Path:
        """The output of what does not speak at once."""
        return self.scratch / "output"


def main(arguments: list[str]) -> int:
    """Run what is asked for; 0 only when everything passed. The last line is the grand total."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    databases, rest = _split(arguments)
    try:
        outcomes = _run_all(databases, rest)
    except KeyboardInterrupt:
        return INTERRUPTED
    _forgive_empty(outcomes)
    strict = os.environ.get("CI") == "true"
    for outcome in outcomes:
        print(f"==> {outcome}")
        for name in outcome.skipped:
            print(f"    skipped{', which CI forbids' if strict else ''}: {name}")
    passed = sum(outcome.passed for outcome in outcomes)
    skipped = sum(len(outcome.skipped) for outcome in outcomes)
    failed = sum(outcome.failed or bool(outcome.trouble) for outcome in outcomes)
    if strict:
        failed, skipped = failed + skipped, 0
    print(counts(passed, failed, skipped), flush=True)
    return 0 if passed and not failed else 1


def counts(passed: int, failed: int, skipped: int) -> str:
    """The closing line that people and programs read."""
    line = f"{passed} passed, {failed} failed"
    return f"{line}, {skipped} skipped" if skipped else line


def _split(arguments: list[str]) -> tuple[tuple[str, ...], list[str]]:
    if arguments[:1] != ["--db"]:
        return DATABASES, arguments
    wanted, rest = arguments[1:2], arguments[2:]
    if wanted == [""]:
        return DATABASES, rest
    if not wanted or wanted[0] not in DATABASES:
        sys.exit(f"--db wants one of: {', '.join(DATABASES)}")
    return (wanted[0],), rest


def _run_all(databases: tuple[str, ...], arguments: list[str]) -> list[Outcome]:
    """Both at once: what one of them waits for (browsers, processes), the other makes use of."""
    print(f"==> tests on {' and '.join(databases)}", flush=True)
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(_site(name, half, f"{WORKERS[len(databases)][number]}"))
            for number, (name, half) in enumerate(zip(databases, HALVES, strict=False))
        ]
        collecting = stack.enter_context(_collecting(arguments, runs[0].environment))
        migrating = [stack.enter_context(_migrating(run)) for run in runs]
        collecting.wait()  # what is wrong with the tests is said by those that run them
        children: list[subprocess.Popen[bytes]] = []
        for run, migration in zip(runs, migrating, strict=True):
            # When the migrations fail, each worker runs them and says what is wrong.
            run.environment[PREPARED] = "" if migration.wait() else run.prepared
            child = stack.enter_context(_pytest(run, arguments, quiet=run is not runs[0]))
            children.append(child)
        return [_finish(run, child) for run, child in zip(runs, children, strict=True)]


@contextlib.contextmanager
def _site(database: str, half: str, workers: str) -> Iterator[Run]:
    with (
        _database_url(database) as url,
        tempfile.TemporaryDirectory(prefix="opsknight-") as scratch,
    ):
        os.chmod(scratch, 0o711)  # a server that runs as another account finds its way through
        # Whatever tests leave behind, even when they are killed, goes with the directory.
        ours = {"DATABASE_URL": url, "TMPDIR": scratch, "OPSKNIGHT_TESTS_HALF": half}
        yield Run(database, workers, Path(scratch), _environment() | ours)


@contextlib.contextmanager
def _pytest(run: Run, arguments: list[str], *, quiet: bool) -> Iterator[subprocess.Popen[bytes]]:
    """The tests of one half; quiet ones write into a file, so that two do not talk at once."""
    run.started = time.monotonic()
    command = [*PYTEST, "-n", run.workers, "--dist", "worksteal", f"--junit-xml={run.report}"]
    with contextlib.ExitStack() as stack:
        said = stack.enter_context(run.said.open("wb")) if quiet else None
        yield stack.enter_context(_running([*command, *arguments], run.environment, said))


@contextlib.contextmanager
def _running(
    command: Sequence[str], environment: dict[str, str], output: int | IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is never left running behind us; `output` takes all that it says."""
    errors = None if output is None else subprocess.STDOUT
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=output, stderr=errors
    ) as child:
        try:
            yield child
        finally:
            _end(child)


def _finish(run: Run, child: subprocess.Popen[bytes]) -> Outcome:
    """Waits for the end; Ctrl-C reaches the child as well, which then reports and ends."""
    try:
        code = child.wait()
    except KeyboardInterrupt:
        _wait(child)
        raise
    if run.said.exists():
        print(f"==> what the tests on {run.database} say", flush=True)
        print(run.said.read_text(errors="replace"), flush=True)
    outcome = _read(run.database, run.report, code)
    outcome.seconds = time.monotonic() - run.started
    return outcome


def _environment() -> dict[str, str]:
    """Ours, with a place for compiled code: every process of a run would compile all of it again.

    Beside the sources it might be unwelcome (PYTHONDONTWRITEBYTECODE says so).
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(BYTECODE)}


def _collecting(
    arguments: list[str], environment: dict[str, str]
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """Lets one process compile the tests while the databases are made ready, not four at once."""
    command = [*PYTEST, "--collect-only", "--quiet", "-p", "no:xdist", *arguments]
    return _running(command, environment, subprocess.DEVNULL)


@contextlib.contextmanager
def _database_url(database: str) -> Iterator[str]:
    if database == "sqlite":
        yield ""
        return
    with TemporaryPostgres() as server:
        yield server.url


def _migrating(run: Run) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """Migrate once for all workers of a half, which copy `run.prepared`."""
    run.home.mkdir()
    url = run.environment["DATABASE_URL"]
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{run.prepared}"')
        url = urlunsplit(urlsplit(url)._replace(path=f"/{run.prepared}"))
    ours = {
        "DATABASE_URL": url,
        "OPSKNIGHT_DATA_DIR": str(run.home),
        "OPSKNIGHT_ENV_FILE": os.devnull,
        "OPSKNIGHT_TESTING": "1",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    return _running(command, _environment() | ours)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        _wait(child)
        child.kill()


def _wait(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        child.wait(5)


def _read(database: str, report: Path, code: int) -> Outcome:
    outcome = Outcome(database)
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            _count(outcome, case)
    if code == NOTHING_COLLECTED:
        outcome.trouble = "(no test was run)"
    elif code and not outcome.failed:
        outcome.trouble = f"(pytest ended with code {code})"
    return outcome


def _count(outcome: Outcome, case: ElementTree.Element) -> None:
    skip = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        outcome.failed += 1
    elif skip is not None:
        reason = re.sub(r"\s+", " ", skip.get("message") or "")
        outcome.skipped.append(f"{case.get('classname')}.{case.get('name')} ({reason})")
    else:
        outcome.passed += 1


def _forgive_empty(outcomes: list[Outcome]) -> None:
    """A selection may hold tests of one database only; then the other run may be empty."""
    if any(outcome.passed or outcome.failed for outcome in outcomes):
        for outcome in outcomes:
            if outcome.trouble == "(no test was run)":
                outcome.trouble = ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
