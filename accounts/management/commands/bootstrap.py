"""`manage.py bootstrap`: the first admin without a browser, for scripts and tests."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import commands
from accounts.domain.roles import SCOPES
from core import clock
from core.actor import Actor
from core.errors import ProductError


class Command(BaseCommand):
    help = "Creates the first admin and an API key with all scopes; prints both secrets once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--json", action="store_true", help="one JSON object on one line")

    def handle(self, *args: Any, **options: Any) -> None:
        by, now = Actor("system", label="bootstrap", via="cli"), clock.now()
        try:
            user, password = commands.create_first_admin(
                email=options["email"], name=options["name"], by=by, now=now
            )
            _, secret = commands.create_api_key(
                user, name="bootstrap", scopes=SCOPES, by=by, now=now
            )
        except ProductError as error:
            raise CommandError(error.message) from error
        answer = {"email": user.email, "password": password, "api_key": secret}
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        for name, value in answer.items():
            self.stdout.write(f"{name}: {value}")
