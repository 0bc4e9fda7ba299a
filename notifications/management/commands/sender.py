"""The sender process: `manage.py sender`, ended by SIGTERM or Ctrl-C."""

import os
import signal
from typing import Any

from django.core.management.base import BaseCommand

from notifications.sender import Sender


class Command(BaseCommand):
    help = "Sends queued deliveries until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        sender = Sender()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sender.stop())
        sender.run()
        # Threads that hang in a look-up must not keep the process: all results are written.
        self.stdout.flush()
        os._exit(0)
