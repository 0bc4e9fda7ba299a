"""One web process in the foreground, for those who supervise by themselves."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opsknight.runtime import start, web
from opsknight.runtime.database import Role, take
from opsknight.runtime.processes import run_web


class Command(BaseCommand):
    help = "Answers HTTP requests on HOST:PORT until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sock = start.bind()
        except start.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        sock.listen(web.BACKLOG)
        take(Role.WEB)
        self.stdout.write(f"Listening on {start.address(*sock.getsockname()[:2])}")
        run_web(sock)
