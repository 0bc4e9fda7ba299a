"""A whole schedule on one page: each preset makes the rota that it promises."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Team, User
from schedules import queries
from schedules.domain.resolver import gaps, on_call, users_of
from schedules.models import LayerVersion, Schedule
from schedules.web import looking
from schedules.web.presets import PRESETS
from tests.cast import make_person
from tests.web.schedules.conftest import NOW, controls, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
YEAR = timedelta(days=365)


def filled(client: Client, key: str, *groups: list[User], **more: object) -> dict[str, object]:
    """The form as it is offered, with a name and people."""
    page = client.get("/schedules/new/", {"preset": key}).content.decode()
    data = controls(page, "rota-form") | {"name": "Rota", "first_day": "2026-03-16"} | more
    for number, people in enumerate(groups):
        data[f"group-{number}-people"] = [user.public_id for user in people]
    return data


def made_of(client: Client, key: str, data: dict[str, object]) -> Schedule:
    answer = client.post(f"/schedules/new/?preset={key}", data)
    assert answer.status_code == 302, answer.content.decode()
    return Schedule.objects.get(name="Rota")


def words(answer) -> str:
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def value_of(schedule: Schedule):
    return queries.load([schedule.pk], start=NOW, end=NOW + YEAR)[schedule.pk]


@pytest.mark.parametrize("key", PRESETS)
def test_every_preset_covers_the_year_from_its_first_day(
    key: str, as_alice: Client, alice: User, bob: User
):
    groups = [[alice, bob] for _ in PRESETS[key].groups]
    schedule = made_of(as_alice, key, filled(as_alice, key, *groups))
    assert gaps(value_of(schedule), NOW, NOW + YEAR) == []
    assert schedule.layers.count() == len(groups)


def test_eight_people_in_three_zones_take_few_hands_and_one_answers_at_a_time(as_alice: Client):
    crew = [make_person(f"person{number}") for number in range(8)]
    blank = filled(as_alice, "follow-the-sun")
    data = filled(as_alice, "follow-the-sun", crew[:3], crew[3:6], crew[6:])
    touched = sum(
        len(value) if isinstance(value, list) else 1
        for key, value in data.items()
        if blank.get(key) != value
    )
    assert touched + 3 <= 30  # the name, the preset and the button as well
    schedule = made_of(as_alice, "follow-the-sun", data)
    zones = set(LayerVersion.objects.values_list("time_zone", "own_zone"))
    assert zones == {(zone, True) for zone in ("Asia/Tokyo", "Europe/London", "America/New_York")}
    page = as_alice.get(f"/schedules/{schedule.public_id}/").content.decode()
    assert "each layer follows its own clocks" in page
    value = value_of(schedule)
    for hour in range(0, 24 * 60, 5):
        assert len(users_of(on_call(value, NOW + timedelta(hours=hour)))) == 1


def test_week_and_weekend_meet_on_friday_evening(as_alice: Client, alice: User, bob: User):
    schedule = made_of(as_alice, "weekend", filled(as_alice, "weekend", [alice], [bob]))
    value = value_of(schedule)
    asked = {17: alice.pk, 18: bob.pk}
    for hour, pk in asked.items():
        assert users_of(on_call(value, datetime(2026, 3, 20, hour, tzinfo=UTC))) == (pk,)
    assert users_of(on_call(value, datetime(2026, 3, 23, 9, tzinfo=UTC))) == (alice.pk,)


def test_more_room_for_people_loses_nothing(as_alice: Client, alice: User, bob: User):
    data = filled(as_alice, "day-night", [alice], [bob], do="more")
    page = as_alice.post("/schedules/new/?preset=day-night", data).content.decode()
    assert page.count(f'value="{alice.public_id}" selected') == 1
    assert 'value="Rota"' in page
    assert not Schedule.objects.exists()


def test_what_it_would_say_is_shown_before_it_is_there(
    as_alice: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
):
    data = filled(as_alice, "weekly", [alice, bob], do="preview", first_day="2026-03-23")
    text = words(as_alice.post("/schedules/new/?preset=weekly", data))
    assert "Mon 23 Mar, 09:00 – Mon 30 Mar, 09:00 : Alice" in text
    assert "Bob : 26 shifts" in text
    assert "Somebody is on call all the time" in text
    assert not Schedule.objects.exists()
    monkeypatch.setattr(looking, "PER_MINUTE", 1)
    text = words(as_alice.post("/schedules/new/?preset=weekly", data))
    assert "Too many looks within a minute" in text
    assert made_of(as_alice, "weekly", data | {"do": ""})


def test_hours_that_leave_a_gap_are_asked_about_before_the_rota_is_there(
    as_alice: Client, alice: User, bob: User
):
    data = filled(as_alice, "day-night", [alice], [bob]) | {"group-1-closes": "07:00"}
    answer = as_alice.post("/schedules/new/?preset=day-night", data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Nobody is on call then" in text_of(page)
    assert "Tick this to go on" in page
    assert not Schedule.objects.exists()
    again = controls(page, "rota-form")
    assert "confirm_gap" not in again, "not ticked for them"
    assert made_of(as_alice, "day-night", data | {"confirm_gap": "on"})


def test_the_owner_of_a_rota_is_chosen_with_it(as_alice: Client, alice: User, platform: Team):
    data = filled(as_alice, "weekly", [alice], team=platform.public_id)
    assert made_of(as_alice, "weekly", data).team == platform


@pytest.mark.parametrize(
    ("change", "words_of_refusal"),
    [
        ({"time_zone": "Mars/Base"}, "time zone"),
        ({"group-0-people": []}, "Choose at least one person"),
        ({"group-0-people": ["usr_nobody"]}, "Select a valid choice"),
        ({"first_day": "31 March"}, "valid date"),
        ({"every": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_work_is_refused_beside_the_field(
    change: dict, words_of_refusal: str, as_alice: Client, alice: User
):
    data = filled(as_alice, "weekly", [alice]) | change
    answer = as_alice.post("/schedules/new/?preset=weekly", data)
    assert answer.status_code == 422
    assert words_of_refusal in answer.content.decode()
    assert not Schedule.objects.exists()


def test_the_page_of_a_new_schedule_offers_the_presets(as_alice: Client):
    page = as_alice.get("/schedules/new/").content.decode()
    assert all(f"?preset={key}" in page for key in PRESETS)
    assert as_alice.get("/schedules/new/?preset=unheard-of").status_code == 200


def test_the_second_of_two_who_edit_a_schedule_sees_what_it_is_now(
    as_alice: Client, as_root: Client, rota: Schedule
):
    path = f"/schedules/{rota.public_id}/edit/"
    seen = Schedule.objects.get().revision
    form = {"time_zone": "Europe/London", "description": "", "revision": seen}
    assert as_root.post(path, form | {"name": "Theirs"}).status_code == 302
    stale = as_alice.post(path, form | {"name": "Mine"})
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "Somebody else changed this schedule meanwhile" in page
    assert "Theirs, clocks of Europe/London" in page and 'value="Mine"' in page
    fresh = page.split('name="revision" value="')[1].split('"')[0]
    assert as_alice.post(path, form | {"name": "Mine", "revision": fresh}).status_code == 302
