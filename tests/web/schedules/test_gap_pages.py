"""Pages ask before a gap: another zone of the schedule, the end of an override or of a series."""

import re
from datetime import time

import pytest
from django.test import Client

from accounts.models import User
from schedules import commands
from schedules.commands import SeriesSpec
from schedules.models import Layer, Schedule
from tests.web.schedules.conftest import ACTING, DAY, HOUR, NOW, names, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
SAID = "Nobody would be on call when somebody is now"


@pytest.fixture
def empty(db: None) -> Schedule:
    return commands.create_schedule(name="Nights", time_zone="UTC", **ACTING)


def sent_by(page: str) -> dict[str, str]:
    """The hidden inputs of the form that asks."""
    form = page.split("<main")[1]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_another_zone_is_shown_first_and_saved_with_the_second_click(
    as_alice: Client, rota: Schedule, layer: Layer
):
    path = f"/schedules/{rota.public_id}/edit/"
    form = {"name": "Primary", "description": "", "time_zone": "Asia/Tokyo"}
    looked = as_alice.post(path, form)
    text = text_of(looked.content.decode())
    assert looked.status_code == 200
    assert "shifts change in the next 12 months" in text and "Nothing is saved yet" in text
    assert layer.versions.count() == 1
    sent = form | sent_by(looked.content.decode())
    other = as_alice.post(path, sent | {"time_zone": "Asia/Kolkata"})
    assert (other.status_code, layer.versions.count()) == (200, 1)
    assert as_alice.post(path, sent).status_code == 302
    assert layer.versions.get(valid_to=None).time_zone == "Asia/Tokyo"


def test_a_zone_that_opens_a_gap_needs_a_tick(as_alice: Client, empty: Schedule, alice: User):
    office = [{"days": ["MON", "TUE"], "start": "09:00", "end": "17:00"}]
    spec = commands.LayerSpec("week", NOW.replace(tzinfo=None), [[alice.pk]], restrictions=office)
    commands.add_layer(empty, spec, name="Day", **ACTING)
    path = f"/schedules/{empty.public_id}/edit/"
    form = {"name": "Nights", "description": "", "time_zone": "Asia/Tokyo"}
    page = as_alice.post(path, form).content.decode()
    assert SAID in text_of(page) and 'name="confirm_gap"' in page
    sent = form | sent_by(page)
    refused = as_alice.post(path, sent)
    assert (refused.status_code, names(empty, NOW)) == (422, ["Alice"])
    assert 'aria-invalid="true"' in refused.content.decode()
    assert as_alice.post(path, sent | {"confirm_gap": "on"}).status_code == 302
    assert names(empty, NOW) == []


def test_a_new_name_alone_is_saved_at_once(as_alice: Client, rota: Schedule):
    form = {"name": "Second", "description": "", "time_zone": rota.time_zone}
    assert as_alice.post(f"/schedules/{rota.public_id}/edit/", form).status_code == 302


def test_an_override_without_which_nobody_is_there_ends_after_a_question(
    as_alice: Client, empty: Schedule, bob: User
):
    hours = {"start": NOW + HOUR, "end": NOW + DAY}
    row = commands.add_override(empty, kind="ADD", user=bob, **hours, **ACTING)
    path = f"/schedules/{empty.public_id}/overrides/{row.public_id}/cancel/"
    asked = as_alice.post(path)
    assert asked.status_code == 422
    text = text_of(asked.content.decode())
    assert SAID in text and "Mon 16 Mar, 13:00 – Tue 17 Mar, 12:00" in text
    again = as_alice.post(path, sent_by(asked.content.decode()))
    assert 'aria-invalid="true"' in again.content.decode()
    assert names(empty, NOW + 2 * HOUR) == ["Bob"]
    done = as_alice.post(path, {"confirm_gap": "on"}, follow=True).content.decode()
    assert names(empty, NOW + 2 * HOUR) == []
    undo = re.search(r'action="([^"]+/restore/[^"]+)"', done)[1]
    as_alice.post(undo)
    assert names(empty, NOW + 2 * HOUR) == ["Bob"]


def test_a_date_and_a_series_without_which_nobody_is_there_end_after_a_question(
    as_alice: Client, empty: Schedule, bob: User
):
    hours = {"start": time(9), "end": time(17), "first_day": NOW.date()}
    spec = SeriesSpec(kind="ADD", user=bob, days=["SAT"], **hours)
    row = commands.add_series(empty, spec, **ACTING)
    path, saturday = f"/schedules/{empty.public_id}/series/{row.public_id}", NOW + 5 * DAY
    asked = as_alice.post(f"{path}/skip/", {"day": "2026-03-21"})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert SAID in text_of(page) and "Leave it out on Sat 21 Mar" in text_of(page)
    assert names(empty, saturday) == ["Bob"]
    sent = sent_by(page)
    assert sent["day"] == "2026-03-21"
    assert as_alice.post(f"{path}/skip/", sent | {"confirm_gap": "on"}).status_code == 302
    assert names(empty, saturday) == []
    assert as_alice.post(f"{path}/end/").status_code == 422
    done = as_alice.post(f"{path}/end/", {"confirm_gap": "on"}, follow=True).content.decode()
    assert names(empty, saturday + 7 * DAY) == []
    as_alice.post(re.search(r'action="([^"]+/resume/)"', done)[1])
    assert names(empty, saturday + 7 * DAY) == ["Bob"]
