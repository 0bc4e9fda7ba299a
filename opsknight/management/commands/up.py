"""Starts everything: `manage.py up`, ended by SIGTERM or Ctrl-C."""

import resource
import signal
import sys
from typing import Any

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core import config
from opsknight.runtime import start, static, web
from opsknight.runtime.database import Role, take
from opsknight.runtime.processes import children
from opsknight.runtime.progress import Board
from opsknight.runtime.supervisor import Supervisor
from opsknight.runtime.web_check import WebCheck

FILES = 8192


class Command(BaseCommand):
    help = "Starts the web server, the job queue, the sender and the ticker, and watches them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            self._run()
        except (start.Refused, static.CannotCollect) as refusal:
            raise CommandError(str(refusal)) from refusal
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _run(self) -> None:
        self._say(f"OpsKnight {settings.VERSION}, data in {settings.DATA_DIR}")
        sock = start.bind()
        take(Role.WATCH)
        self._say(f"Database: {connection.vendor}")
        start.wait_for_database(self._say)
        start.check_migrations()
        start.check_fingerprint()
        static.collect_if_stale(self._say)
        token = start.setup_token()
        if token:
            self._say(f"Setup token, asked for by /setup: {token}")
        sock.listen(web.BACKLOG)
        _allow_many_files()
        self._supervise(sock)

    def _supervise(self, sock: Any) -> None:
        host, port = sock.getsockname()[:2]
        where = start.address(host, port)
        board = Board(settings.WEB_PROCESSES)
        processes = children(sock, board)

        def ready() -> None:
            total = sum(_memory(pid) for pid in supervisor.pids()) / 2**20
            count = len(supervisor.pids())
            self._say(f"{count} processes, {total:.0f} MB together")
            self._say(f"OpsKnight is ready at {config.public_url() or where}")

        supervisor = Supervisor(processes, board, WebCheck((start.reachable(host), port)), ready)
        start.freeze()
        self._say(f"Starting {', '.join(child.name for child in processes)}")
        supervisor.run()
        self._say("Stopped.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _allow_many_files() -> None:
    """Each connection is a file: the usual soft limit of 1,024 would be the first to break."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _memory(pid: int) -> int:
    """Proportional set size in bytes: shared pages count once in the sum over all processes."""
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except psutil.Error:
        return 0
