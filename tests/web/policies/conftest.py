"""A policy, a schedule, and the policy form as a browser sends it."""

import re
from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from escalation import commands
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from schedules import commands as schedules
from schedules.commands import LayerSpec
from schedules.models import Schedule, SupportHours
from tests.web.schedules.conftest import controls, text_of


def acting() -> dict:
    return {"by": SYSTEM, "now": clock.now()}


def steps_of(*people: User, wait: int = 5) -> PolicySpec:
    """One step for each of them."""
    return PolicySpec([StepSpec([TargetSpec(user=user)], wait) for user in people])


@pytest.fixture
def policy(alice: User, bob: User) -> EscalationPolicy:
    """alice, five minutes later bob."""
    return commands.create_policy(name="Critical", spec=steps_of(alice, bob), **acting())


@pytest.fixture
def rota(alice: User) -> Schedule:
    schedule = schedules.create_schedule(name="Primary", time_zone="UTC", **acting())
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk]])
    schedules.add_layer(schedule, spec, name="Week", **acting())
    return schedule


def make_hours() -> SupportHours:
    windows = [{"days": ["MON"], "start": "09:00", "end": "17:00", "endDay": None}]
    names = {"name": "Office", "time_zone": "UTC", "holidays": None}
    return schedules.save_support_hours(None, windows=windows, **names, **acting())


def ladder(client: Client, policy: EscalationPolicy) -> str:
    return text_of(client.get(f"/policies/{policy.public_id}/").content.decode())


def policy_form(*steps: dict[str, object], **head: object) -> dict[str, object]:
    """The policy form as a browser sends it; a step: `{"targets": [...], "wait": 5}`."""
    data: dict[str, object] = {
        "name": "Critical",
        "description": "",
        "initial_delay_minutes": "0",
        "repeat": "0",
        "steps-TOTAL_FORMS": str(len(steps)),
        "steps-INITIAL_FORMS": "0",
    }
    for index, step in enumerate(steps):
        # The empty select at the end is sent as well.
        data[f"steps-{index}-targets"] = [*step["targets"], ""]
        data[f"steps-{index}-escalate_after_minutes"] = step.get("wait", "5")
        data[f"steps-{index}-channels"] = step.get("channels", [])
    return data | head


def to(user: User) -> str:
    return f"user:{user.public_id}"


def filled_in(page: str) -> dict[str, object]:
    """What a browser would send: selects of one name are sent one after the other."""
    data = controls(page, "policy-form")
    form = page.split('<form id="policy-form"')[1].split("</form>")[0]
    data = {key: value for key, value in data.items() if "-targets" not in key}
    data["fallback"] = []
    for tag, options in re.findall(r"<select([^>]*)>(.*?)</select>", form, re.S):
        name = re.search(r'name="([^"]+)"', tag)[1]
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        if name.endswith("-targets") or name == "fallback":
            data[name] = [*data.get(name, []), chosen[1] if chosen else ""]
    return data
