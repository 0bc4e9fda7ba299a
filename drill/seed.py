"""People, policies and services of a drilled installation; prints JSON with the keys.

Run as `python -m drill.seed <port of the HTTP sink>`. Alice is reached by e-mail only, Bob and
Carol by webhook only. The service "mail" pages Alice, "hook" pages Carol, and "ladder" pages
Alice and an hour later Bob.
"""

import json
import sys

import django

django.setup()

from accounts.commands import create_first_admin  # noqa: E402
from accounts.models import User, UserStatus  # noqa: E402
from core import clock  # noqa: E402
from core.actor import SYSTEM  # noqa: E402
from drill.site import WAIT_MINUTES  # noqa: E402
from escalation import commands as escalation  # noqa: E402
from escalation.commands import PolicySpec, StepSpec, TargetSpec  # noqa: E402
from notifications import commands as notifications  # noqa: E402
from notifications.models import Channel  # noqa: E402
from services import commands as services  # noqa: E402


def person(name: str) -> User:
    return User.objects.create(
        email=f"{name.lower()}@example.com",
        name=name,
        role="RESPONDER",
        status=UserStatus.ACTIVE,
        is_active=True,
    )


def by_webhook(name: str, port: int) -> User:
    """A person whose only contact method is a webhook at the sink."""
    user, now = person(name), clock.now()
    (mail,) = notifications.ensure_default_method(user)
    address = f"http://127.0.0.1:{port}/{name.lower()}"
    notifications.add_method(user, channel=Channel.WEBHOOK, address=address, by=SYSTEM, now=now)
    notifications.set_enabled(mail, False, by=SYSTEM, now=now)
    return user


def service(name: str, steps: list[User], fallback: User) -> str:
    """A service whose policy pages these people in turn; the key of its integration."""
    now = clock.now()
    rungs = [StepSpec([TargetSpec(user=user)], WAIT_MINUTES) for user in steps]
    spec = PolicySpec(rungs, fallback_users=[fallback])
    policy = escalation.create_policy(name=name, spec=spec, by=SYSTEM, now=now)
    row = services.create_service(name=name, policy=policy, by=SYSTEM, now=now)
    _, key = services.create_integration(row, name=name, type="events", by=SYSTEM, now=now)
    return key


def main(port: int) -> None:
    root, _ = create_first_admin(email="root@example.com", name="Root", now=clock.now(), by=SYSTEM)
    alice = person("Alice")
    bob, carol = by_webhook("Bob", port), by_webhook("Carol", port)
    keys = {
        "key": service("Mail", [alice], root),
        "hook": service("Hook", [carol], root),
        "ladder": service("Ladder", [alice, bob], root),
    }
    sys.stdout.write(json.dumps(keys))


if __name__ == "__main__":
    main(int(sys.argv[1]))
