"""Three people reached by SMS, push and Slack through fakes, for the drill of the channels.

Run as `python -m drill.seed_channels <JSON>` with `twilio` and `slack` (fields of the accounts) and
`push` (a subscription); prints JSON with the key of a service that pages all three at once. Asked
with nothing it prints the public key that a device subscribes with.
"""

import json
import sys

import django

django.setup()

from accounts.models import User  # noqa: E402
from core import clock  # noqa: E402
from core.actor import SYSTEM  # noqa: E402
from drill.seed import person  # noqa: E402
from escalation import commands as escalation  # noqa: E402
from escalation.commands import PolicySpec, StepSpec, TargetSpec  # noqa: E402
from notifications import commands as notifications  # noqa: E402
from notifications.commands import Subscription, providers  # noqa: E402
from notifications.models import Channel  # noqa: E402
from services import commands as services  # noqa: E402


def only_by(name: str, channel: str, address: str) -> User:
    """A person whose only contact method this is."""
    user, now = person(name), clock.now()
    (mail,) = notifications.ensure_default_method(user)
    notifications.add_method(user, channel=channel, address=address, by=SYSTEM, now=now)
    notifications.set_enabled(mail, False, by=SYSTEM, now=now)
    return user


def by_push(name: str, subscription: dict[str, str]) -> User:
    user, now = person(name), clock.now()
    (mail,) = notifications.ensure_default_method(user)
    device = Subscription(**subscription)
    notifications.add_device(user, device, label="Phone", by=SYSTEM, now=now)
    notifications.set_enabled(mail, False, by=SYSTEM, now=now)
    return user


def main(wanted: dict[str, dict[str, str]]) -> dict[str, str]:
    now = clock.now()
    if not wanted:
        return {"public_key": notifications.public_key(now=now)}
    providers.create("twilio", wanted["twilio"], by=SYSTEM, now=now)
    providers.create("slack", wanted["slack"], by=SYSTEM, now=now)
    people = [
        only_by("Dora", Channel.SMS, "+4915112345678"),
        by_push("Eve", wanted["push"]),
        only_by("Finn", Channel.SLACK, "U0FINN0001"),
    ]
    step = StepSpec([TargetSpec(user=user) for user in people], 60)
    policy = escalation.create_policy(name="Channels", spec=PolicySpec([step]), by=SYSTEM, now=now)
    service = services.create_service(name="Channels", policy=policy, by=SYSTEM, now=now)
    _, key = services.create_integration(
        service, name="Channels", type="events", by=SYSTEM, now=now
    )
    return {"key": key}


sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
