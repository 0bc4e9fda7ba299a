"""Recurring overrides by plain forms."""

import re
from datetime import time

import pytest
from django.test import Client

from accounts.models import User
from schedules import commands
from schedules.commands import SeriesSpec
from schedules.models import OverrideSeries, Schedule
from tests.cast import browser_of
from tests.web.schedules.conftest import ACTING, NOW, names, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
FRIDAY = NOW.replace(day=20)


def filled(bob: User, carol: User, **changes: object) -> dict[str, object]:
    who = {"kind": "REPLACE", "user": bob.public_id, "replaces": carol.public_id}
    when = {"days": ["FRI"], "start": "09:00", "end": "17:00", "first_day": "2026-03-16"}
    return who | when | changes


@pytest.fixture
def series(rota: Schedule, bob: User, carol: User) -> OverrideSeries:
    hours = {"start": time(9), "end": time(17), "first_day": NOW.date()}
    spec = SeriesSpec(kind="REPLACE", user=bob, replaces=carol, days=["FRI"], **hours)
    return commands.add_series(rota, spec, **ACTING)


def test_it_is_added_listed_left_out_and_ended(
    as_alice: Client, rota: Schedule, bob: User, carol: User
):
    path = f"/schedules/{rota.public_id}/series/"
    assert "No recurring overrides" in as_alice.get(path).content.decode()
    page = as_alice.post(f"{path}new/", filled(bob, carol), follow=True).content.decode()
    assert "Bob for Carol" in page and "Fri 09:00-17:00, clocks of Europe/London" in page
    assert "Fri 20 Mar, 09:00 – Fri 20 Mar, 17:00" in text_of(page)
    assert names(rota, FRIDAY) == ["Bob"]
    skip = re.search(r'action="([^"]+/skip/)"', page)[1]
    page = as_alice.post(skip, {"day": "2026-03-20"}, follow=True).content.decode()
    assert "Fri 20 Mar left out" in text_of(page)
    assert names(rota, FRIDAY) == ["Carol"]
    as_alice.post(skip, {"day": "2026-03-20", "take_in": "1"})
    assert names(rota, FRIDAY) == ["Bob"]
    end = re.search(r'action="([^"]+/end/)"', page)[1]
    page = as_alice.post(end, follow=True).content.decode()
    assert names(rota, FRIDAY) == ["Carol"]
    undo = re.search(r'action="([^"]+/resume/)"', page)[1]
    as_alice.post(undo)
    assert names(rota, FRIDAY) == ["Bob"]


def test_a_date_on_which_nothing_changes_is_named(
    as_alice: Client, rota: Schedule, series: OverrideSeries
):
    # Carol serves the week of 16 March; on the Fridays after it alice and bob do.
    page = text_of(as_alice.get(f"/schedules/{rota.public_id}/series/").content.decode())
    assert "Fri 20 Mar, 09:00 – Fri 20 Mar, 17:00 Leave out" in page
    assert "Fri 27 Mar, 17:00 Carol is not on call then: nothing changes" in page
    assert page.count("nothing changes") == 2, "of the next four she serves two"


def test_it_is_the_reason_on_the_page_of_the_schedule(
    as_alice: Client, rota: Schedule, series: OverrideSeries
):
    page = as_alice.get(f"/schedules/{rota.public_id}/").content.decode()
    assert "weekly override: Bob for Carol" in page


def test_a_gap_is_asked_about(as_alice: Client, rota: Schedule, bob: User, carol: User):
    path = f"/schedules/{rota.public_id}/series/new/"
    form = filled(bob, carol, kind="REMOVE")
    asked = as_alice.post(path, form)
    assert asked.status_code == 422
    assert 'type="checkbox" name="confirm_gap"' in asked.content.decode()
    assert as_alice.post(path, form | {"confirm_gap": "on"}).status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days": []}, "days"),
        ({"start": "x"}, "start"),
        ({"first_day": ""}, "first_day"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"user": ""}, "user"),
    ],
)
def test_a_refusal_stands_beside_the_field(
    change: dict, field: str, as_alice: Client, rota: Schedule, bob: User, carol: User
):
    path = f"/schedules/{rota.public_id}/series/new/"
    answer = as_alice.post(path, filled(bob, carol, **change))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_user_reads_and_does_not_edit(carol: User, rota: Schedule, series: OverrideSeries):
    client = browser_of(carol)
    page = client.get(f"/schedules/{rota.public_id}/series/").content.decode()
    assert "Bob for Carol" in page and "Leave out" not in page and "/end/" not in page
    path = f"/schedules/{rota.public_id}/series/{series.public_id}/skip/"
    assert client.post(path, {"day": "2026-03-20"}).status_code == 403


def test_nonsense_is_not_found(as_alice: Client, rota: Schedule, series: OverrideSeries):
    path = f"/schedules/{rota.public_id}/series/"
    assert as_alice.post(f"{path}{series.public_id}/skip/", {"day": "x"}).status_code == 404
    assert as_alice.post(f"{path}ser_x/end/").status_code == 404
