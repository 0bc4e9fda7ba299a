"""`manage.py push_keys`: the public key of web push; `--rotate` makes a new pair."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.actor import SYSTEM
from core.errors import ProductError
from notifications import commands


class Command(BaseCommand):
    help = "Prints the public key that browsers subscribe with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="make a new pair first")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        try:
            if options["rotate"]:
                commands.rotate_keys(by=SYSTEM, now=now)
            self.stdout.write(commands.public_key(now=now))
        except ProductError as error:
            raise CommandError(error.message) from error
