"""`manage.py demo`: sample data to look around with; running it twice changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import clock
from dashboard.commands import demo


class Command(BaseCommand):
    help = "Adds sample people, teams, a schedule, policies, services and incidents."

    def handle(self, *args: Any, **options: Any) -> None:
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
