"""One sender in the foreground, for those who supervise by themselves."""

import os
import signal
from typing import Any

from django.core.management.base import BaseCommand

from notifications.sender import Sender
from opsknight.runtime.database import Role, take


class Command(BaseCommand):
    help = "Sends queued deliveries until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        take(Role.ENGINE)  # one that is frozen in a transaction gives its locks back
        sender = Sender()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sender.stop())
        sender.run()
        # Threads that hang in a look-up must not keep the process: all results are written.
        self.stdout.flush()
        os._exit(0)
