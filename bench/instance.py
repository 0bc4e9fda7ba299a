"""A whole installation in a temporary directory: real processes, real database, own port."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import psutil

from scripts.postgres import TemporaryPostgres

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
KEPT = ("PATH", "HOME", "LANG", "PYTHONPYCACHEPREFIX")  # of our environment


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """`database` is "sqlite" or "postgres". Use as a context; `key` is an integration key.

    `seed`: the module (and its arguments) that fills the database and prints JSON with a `key`.
    `prepared`: a database that is migrated already; a file of SQLite, which is copied, or the URL
    of a database in PostgreSQL.
    """

    def __init__(
        self,
        database: str,
        *,
        smtp_port: int = 0,
        env: dict[str, str] | None = None,
        seed: Sequence[str] = ("bench.seed",),
        prepared: str = "",
    ) -> None:
        self.database = database
        self.home = Path(tempfile.mkdtemp(prefix="opsknight-bench-"))
        self.port = free_port()
        self.postgres: TemporaryPostgres | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.key = ""
        self.ready_after = 0.0
        self.extra = env or {}
        self.smtp_port = smtp_port
        self.seed = seed
        self.prepared = prepared

    def __enter__(self) -> "Instance":
        if self.database == "sqlite" and self.prepared:
            shutil.copy(self.prepared, self.home / "opsknight.sqlite3")
        elif self.database == "postgres" and not self.prepared:
            self.postgres = TemporaryPostgres(fast=False)
            self.postgres.start()
        if not self.prepared:
            self.manage("migrate", "--verbosity", "0")
        self.seeds = json.loads(self.run("-m", *self.seed))
        self.key = self.seeds["key"]
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self.postgres:
            self.postgres.remove()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def url(self) -> str:
        """Of the database in PostgreSQL; "" for SQLite."""
        if self.database == "sqlite":
            return ""
        return self.postgres.url if self.postgres else self.prepared

    @property
    def env(self) -> dict[str, str]:
        own = {
            "OPSKNIGHT_ENV_FILE": os.devnull,
            "OPSKNIGHT_DATA_DIR": str(self.home),
            "DATABASE_URL": self.url,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}" if self.smtp_port else "",
            "OPSKNIGHT_EGRESS_ALLOW": "127.0.0.0/8",
            # The limiter stays in the path; only its number is out of reach.
            "OPSKNIGHT_EVENTS_PER_MINUTE": "100000000",
            # Each incident for itself: what is measured is the path of single pages.
            "OPSKNIGHT_PAGES_PER_CAUSE": "0",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "opsknight.settings",
            "PYTHONPATH": str(ROOT),
        }
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, **own, **self.extra}

    def run(self, *arguments: str) -> str:
        """Runs Python with this installation's environment; its standard output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.env,
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run(str(ROOT / "manage.py"), *arguments)

    def start(self) -> None:
        """Starts `manage.py up` and waits until it says it is ready."""
        started = time.monotonic()
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"],
                env=self.env,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - started > READY_SECONDS:
                raise RuntimeError((self.home / "up.log").read_text()[-3000:])
            time.sleep(0.05)
        self.ready_after = time.monotonic() - started

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        for child in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()

    def is_ready(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/api/health?mode=readiness"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    async def is_ready_async(self) -> bool:
        return await asyncio.to_thread(self.is_ready)

    def tree(self) -> list[psutil.Process]:
        """Every process of this installation, the supervisor first."""
        if self.process is None:
            return []
        try:
            top = psutil.Process(self.process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def memory_mb(self) -> float:
        """PSS of the whole tree in MB: shared pages count once."""
        return sum(process.memory_full_info().pss for process in self.tree()) / 1e6

    def change(self, sql: str) -> None:
        """The same for a statement that answers nothing."""
        if self.url:
            import psycopg

            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(sql)
            return
        import sqlite3

        path = self.home / "opsknight.sqlite3"
        with contextlib.closing(
            sqlite3.connect(path, timeout=30, isolation_level=None)
        ) as connection:
            connection.execute(sql)

    def is_free(self) -> bool:
        """Whether nobody holds the write lock of SQLite for more than a moment."""
        import sqlite3

        path = self.home / "opsknight.sqlite3"
        with contextlib.closing(
            sqlite3.connect(path, timeout=0.5, isolation_level=None)
        ) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return False
        return True

    def ask(self, sql: str, *values: object) -> list[tuple]:
        """One statement to the installation's database, from outside, at once committed.

        `values` take the places of `%s`.
        """
        if self.url:
            import psycopg

            with psycopg.connect(self.url, autocommit=True) as connection:
                return connection.execute(sql, values or None).fetchall()
        import sqlite3

        path = self.home / "opsknight.sqlite3"
        with contextlib.closing(
            sqlite3.connect(path, timeout=30, isolation_level=None)
        ) as connection:
            return connection.execute(sql.replace("%s", "?"), values).fetchall()
