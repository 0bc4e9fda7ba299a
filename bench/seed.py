"""What a measured installation contains: one responder with e-mail, a policy, a service, a key.

Run as `python -m bench.seed`; prints JSON.
"""

import json
import sys

import django

django.setup()

from accounts.commands import create_first_admin  # noqa: E402
from accounts.models import User, UserStatus  # noqa: E402
from core import clock  # noqa: E402
from core.actor import SYSTEM  # noqa: E402
from escalation import commands as escalation  # noqa: E402
from escalation.commands import PolicySpec, StepSpec, TargetSpec  # noqa: E402
from services import commands as services  # noqa: E402


def main() -> None:
    now = clock.now()
    admin, _ = create_first_admin(email="root@example.com", name="Root", now=now, by=SYSTEM)
    ann = User.objects.create(
        email="ann@example.com",
        name="Ann",
        role="RESPONDER",
        status=UserStatus.ACTIVE,
        is_active=True,
    )
    spec = PolicySpec([StepSpec([TargetSpec(user=ann)], 60)], fallback_users=[admin])
    policy = escalation.create_policy(name="Bench", spec=spec, by=SYSTEM, now=now)
    service = services.create_service(name="Bench", policy=policy, by=SYSTEM, now=now)
    _, key = services.create_integration(service, name="Bench", type="events", by=SYSTEM, now=now)
    sys.stdout.write(json.dumps({"key": key, "service": service.pk, "ann": ann.pk}))


main()
