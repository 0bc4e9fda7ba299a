"""The forms with rows in a real browser: by htmx, without scripts, and on the smallest phone."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from schedules.models import Layer, Schedule
from tests.browsers import SMALLEST, Browse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """A browser needs a clock that goes on."""
    with time_machine.travel(clock.now(), tick=True):
        yield


@pytest.fixture
def visit(browse: Browse, root: User) -> Browse:
    """`visit("/schedules/", scripts=False)`: a page of the admin on the smallest phone."""
    return partial(browse, root, width=SMALLEST)


@pytest.fixture
def policy(rota: Schedule, alice: User, bob: User) -> EscalationPolicy:
    steps = [StepSpec([TargetSpec(schedule=rota), TargetSpec(user=alice)]), StepSpec([])]
    by = {"by": SYSTEM, "now": clock.now()}
    return escalation.create_policy(name="Critical", spec=PolicySpec(steps), **by)


@pytest.mark.parametrize("scripts", [True, False], ids=["htmx", "no scripts"])
def test_rows_are_added_and_moved_and_keep_what_was_typed(
    scripts: bool, visit: Browse, rota: Schedule, alice: User, bob: User
):
    page = visit(reverse("schedules:add_layer", args=[rota.public_id]), scripts=scripts)
    page.fill("#id_name", "Nights")
    page.select_option("#id_people-0-person", alice.public_id)
    page.click("#people-add-0")
    page.select_option("#id_people-2-person", bob.public_id)
    page.click("#people-up-2")
    expect(page.locator("#id_people-1-person")).to_have_value(bob.public_id)
    page.click("#people-up-1")
    expect(page.locator("#id_people-0-person")).to_have_value(bob.public_id)
    page.get_by_role("button", name=re.compile("Show what changes|Look again")).click()
    expect(page.locator("#layer-preview")).to_contain_text("next 12 months")
    page.get_by_role("button", name="Add layer").click()
    expect(page.get_by_role("heading", name="Nights")).to_be_visible()
    assert Layer.objects.get(name="Nights").versions.get().slots == [[bob.pk], [alice.pk]]


def test_enter_in_a_field_saves_and_moves_no_row(visit: Browse, policy: EscalationPolicy):
    page = visit(reverse("escalation:edit", args=[policy.public_id]))
    page.click("#steps-remove-1")
    expect(page.locator("#policy-form .form-row-block")).to_have_count(1)
    page.fill("#id_name", "Renamed")
    page.press("#id_name", "Enter")
    expect(page.get_by_role("heading", name="Renamed", level=1)).to_be_visible()
    assert policy.versions.count() == 2
