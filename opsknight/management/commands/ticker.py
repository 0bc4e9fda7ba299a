"""One ticker in the foreground, for those who supervise by themselves."""

from typing import Any

from django.core.management.base import BaseCommand

from opsknight.runtime.database import Role, take
from opsknight.runtime.processes import run_ticker


class Command(BaseCommand):
    help = "Fires due escalations and does the periodic work until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        take(Role.ENGINE)
        run_ticker()
