"""`manage.py demo`: sample data to look around with; running it twice changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from dashboard.commands import demo


class Command(BaseCommand):
    help = "Adds sample people, teams, a schedule, policies, services and incidents."

    def add_arguments(self, parser: CommandParser) -> None:
        words = "mix sample data with what is there; real people may be paged about it"
        parser.add_argument("--force", action="store_true", help=words)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["force"] and demo.is_lived_in():
            raise CommandError(
                "There are people, teams, schedules, policies or services here: sample data would"
                " be mixed with them, and real people paged about invented incidents. Nothing was"
                " added. Use an installation of its own (another OPSKNIGHT_DATA_DIR), or --force."
            )
        filled = demo.fill(clock.now())
        for email, password in filled.passwords:
            self.stdout.write(f"{email}  {password}")
        if filled.passwords:
            self.stdout.write("These passwords are shown once.")
        if settings.DEMO:
            self.stdout.write("Open /simulator/ and let something break: telephones ring there")
        else:
            self.stdout.write("With OPSKNIGHT_DEMO=1 there are telephones that ring in the browser")
        count = filled.incidents
        self.stdout.write(f"{count} incidents added" if count else "The sample data are there")
