"""A policy says which of those it relies on are away."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from escalation import commands
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from schedules import commands as schedules
from schedules.models import Schedule
from tests.web.policies.conftest import acting
from tests.web.schedules.conftest import text_of

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_noon(db: None):
    with time_machine.travel(NOW, tick=False):
        yield


def off(user: User, start: datetime) -> None:
    schedules.add_time_off(user, start=start, end=start + DAY, by=user.as_actor("web"), now=NOW)


def test_it_names_people_of_its_steps_and_of_its_schedules(
    as_bob: Client, alice: User, bob: User, rota: Schedule
):
    steps = [StepSpec([TargetSpec(schedule=rota)], 5), StepSpec([TargetSpec(user=bob)], 5)]
    policy = commands.create_policy(name="Critical", spec=PolicySpec(steps), **acting())
    url = f"/policies/{policy.public_id}/away/"
    assert "Nobody is away" in text_of(as_bob.get(url).content.decode())
    assert as_bob.get(url, headers={"HX-Request": "true"}).content.strip() == b""
    off(alice, NOW + DAY)
    off(bob, NOW + 5 * DAY)
    page = text_of(as_bob.get(url).content.decode())
    assert "Alice is on call in Primary while away, Tue 17 Mar, 12:00 – Wed 18 Mar, 12:00" in page
    assert "Bob, named in a step, is away Sat 21 Mar, 12:00 – Sun 22 Mar, 12:00" in page
    assert url in as_bob.get(f"/policies/{policy.public_id}/").content.decode()


def test_a_stranger_to_the_policy_does_not_count(as_bob: Client, policy, carol: User):
    off(carol, NOW + DAY)
    page = as_bob.get(f"/policies/{policy.public_id}/away/").content.decode()
    assert "Nobody is away" in text_of(page)
