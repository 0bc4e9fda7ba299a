"""Layers by plain forms: rows without JavaScript, versions, refusals beside the field."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from schedules import commands
from schedules.models import Layer, LayerVersion, LedgerMark, LedgerSpan, Schedule
from tests.web.schedules.conftest import (
    ACTING,
    DAY,
    HOUR,
    NOW,
    controls,
    layer_form,
    names,
    text_of,
)

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_layer_is_added_from_now_on(as_alice: Client, rota: Schedule, root: User, bob: User):
    form = layer_form(root, bob, priority="5", anchor="2026-03-02T09:00")
    as_alice.post(f"/schedules/{rota.public_id}/layers/", form)
    assert names(rota, NOW) == ["Root"]
    assert names(rota, NOW - HOUR) == ["Carol"]
    assert names(rota, NOW + 7 * DAY) == ["Bob"]


def test_everything_a_layer_can_say_is_kept_by_form_and_edit(
    as_alice: Client, rota: Schedule, alice: User, bob: User, carol: User
):
    form = layer_form(
        alice,
        bob,
        "-",
        carol,
        preset="custom",
        every="3",
        unit="day",
        phase="calendar",
        shift_hours="12",
        shift_minutes="30",
        end="2026-12-31T09:00",
        effective_from="2026-03-20T09:00",
        windows=[{"days": ["FRI"], "start": "18:00", "end": "08:00", "end_day": "MON"}],
        **{"people-1-together": "on"},
    )
    as_alice.post(f"/schedules/{rota.public_id}/layers/", form)
    version = LayerVersion.objects.get(layer__name="Rotation")
    assert version.slots == [[alice.pk, bob.pk], [], [carol.pk]]
    window = {"days": ["FRI"], "start": "18:00", "end": "08:00", "endDay": "MON"}
    assert version.restrictions == [window]
    assert (version.unit, version.every, version.phase) == ("day", 3, "calendar")
    assert (version.shift_length_minutes, version.end) == (750, "2026-12-31T09:00")
    assert version.valid_from == datetime(2026, 3, 20, 9, tzinfo=UTC)
    path = f"/schedules/{rota.public_id}/layers/{version.layer.public_id}/"
    page = as_alice.get(path).content.decode()
    assert "Newer rules are waiting" in page
    sent_back = controls(page)
    as_alice.post(path, sent_back | {"name": "Renamed"})
    second = LayerVersion.objects.get(layer__name="Renamed", valid_to=None)
    assert second.pk != version.pk
    kept = ("unit", "every", "phase", "shift_length_minutes", "end", "slots", "restrictions")
    assert [getattr(second, name) for name in kept] == [getattr(version, name) for name in kept]


def test_an_edit_opens_a_new_version_and_says_so(
    as_alice: Client, rota: Schedule, layer: Layer, alice: User, root: User, carol: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    form = layer_form(alice, root, carol, name="Week", anchor="2026-03-02T09:00")
    answer = as_alice.post(path, form, follow=True)
    assert "Saved as a new version" in answer.content.decode()
    assert layer.versions.count() == 2
    assert names(rota, NOW) == ["Carol"]
    assert names(rota, datetime(2026, 3, 9, 12, tzinfo=UTC)) == ["Bob"]
    assert names(rota, datetime(2026, 3, 30, 12, tzinfo=UTC)) == ["Root"]


def test_a_restart_is_asked_for_by_a_tick(
    as_alice: Client, rota: Schedule, layer: Layer, bob: User, root: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    as_alice.post(path, layer_form(root, bob, anchor="2026-03-16T13:00", restart="on"))
    assert names(rota, NOW) == ["Carol"]
    assert names(rota, NOW + HOUR) == ["Root"]


@pytest.mark.parametrize(
    ("change", "words_of_refusal"),
    [
        ({"people-0-person": ""}, "Who takes turns: name at least one person"),
        ({"people-0-person": "-"}, "name at least one person"),
        ({"people-0-person": "usr_nobody"}, "This person is disabled or was deleted"),
        ({"time_zone": "Mars/Base"}, "not a known time zone"),
        ({"preset": "custom"}, "Needed for another rhythm"),
        ({"anchor": "9 o'clock"}, "Enter a date and a time"),
        ({"end": "2026-03-01T09:00"}, "The end lies before the anchor"),
        ({"effective_from": "2026-03-01T09:00"}, "Only an admin may change the past"),
        ({"name": " "}, "required"),
    ],
)
def test_a_layer_that_does_not_work_is_refused_beside_the_field(
    change: dict, words_of_refusal: str, as_alice: Client, rota: Schedule, alice: User
):
    form = layer_form(alice, name="New one") | change
    answer = as_alice.post(f"/schedules/{rota.public_id}/layers/", form)
    assert answer.status_code == 422
    assert words_of_refusal in answer.content.decode().replace("&#x27;", "'")
    assert rota.layers.count() == 1


def test_hours_without_days_are_refused(as_alice: Client, rota: Schedule, alice: User):
    form = layer_form(alice, windows=[{"start": "09:00", "end": "17:00"}])
    answer = as_alice.post(f"/schedules/{rota.public_id}/layers/", form)
    assert "Tick the days" in answer.content.decode()
    assert rota.layers.count() == 1


def test_rows_are_added_moved_and_removed_without_saving(
    as_alice: Client, rota: Schedule, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/layers/"
    form = layer_form(alice, bob, name="Half typed", anchor="nonsense")

    def people_after(do: str) -> list[str]:
        answer = as_alice.post(path, form | {"do": do})
        assert answer.status_code == 200
        page = answer.content.decode()
        assert 'value="Half typed"' in page and 'value="nonsense"' in page
        data = controls(page)
        return [str(data[key]) for key in sorted(data) if re.fullmatch(r"people-\d-person", key)]

    a, b = alice.public_id, bob.public_id
    assert people_after("people:add:0") == [a, b, ""]
    assert people_after("people:up:1") == people_after("people:down:0") == [b, a]
    assert people_after("people:remove:0") == [b]
    assert people_after("people:up:0") == people_after("people:up:99") == [a, b]
    assert people_after("windows:add:0") == [a, b]
    assert rota.layers.count() == 1


def test_removing_a_layer_asks_once(as_alice: Client, rota: Schedule, layer: Layer):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/remove/"
    assert "cannot be taken back" in as_alice.get(path).content.decode()
    assert names(rota, NOW) == ["Carol"]
    refused = as_alice.post(path)
    assert refused.status_code == 422
    assert "nobody would be" in refused.content.decode()
    assert names(rota, NOW) == ["Carol"]
    as_alice.post(path, {"confirm_gap": "on"})
    assert names(rota, NOW) == []
    assert as_alice.get(path).status_code == 404


OFFICE = {"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}


def test_a_look_at_what_changes_saves_nothing_and_keeps_what_was_typed(
    as_alice: Client, rota: Schedule, layer: Layer, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    form = layer_form(bob, alice, name="Week", anchor="2026-03-02T09:00", do="preview")
    page = as_alice.post(path, form).content.decode()
    assert "Bob instead of Carol" in text_of(page)
    assert "shifts change in the next 12 months" in text_of(page)
    assert layer.versions.count() == 1
    sent_back = controls(page)
    assert sent_back["people-0-person"] == bob.public_id
    assert as_alice.post(path, sent_back).status_code == 302
    assert layer.versions.count() == 2


def test_a_look_at_rules_that_do_not_work_says_why(
    as_alice: Client, rota: Schedule, layer: Layer, alice: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    page = as_alice.post(path, layer_form(alice, anchor="9 o'clock", do="preview"))
    assert "Enter a date and a time" in page.content.decode()
    assert "shifts change" not in page.content.decode()


def test_a_gap_that_was_not_there_is_asked_about(
    as_alice: Client, rota: Schedule, layer: Layer, alice: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    form = layer_form(alice, windows=[OFFICE])
    refused = as_alice.post(path, form)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Nobody would be on call when somebody is now" in text_of(page)
    assert 'name="confirm_gap"' in page
    assert layer.versions.count() == 1
    assert as_alice.post(path, form | {"confirm_gap": "on"}).status_code == 302
    assert layer.versions.count() == 2


def test_the_second_of_two_editors_sees_both_versions_and_loses_nothing(
    as_alice: Client, as_root: Client, rota: Schedule, layer: Layer, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    mine = controls(as_alice.get(path).content.decode())
    as_root.post(path, layer_form(bob, name="Week", preset="week-2"))
    stale = as_alice.post(path, mine | {"preset": "day-1", "name": "My name for it"})
    assert stale.status_code == 409
    page = stale.content.decode()
    assert "Somebody else changed this schedule meanwhile" in text_of(page)
    assert "every day, hand-off 09:00" in text_of(page)
    assert "every 2 weeks, hand-off Monday 09:00" in text_of(page)
    sent_back = controls(page)
    assert (sent_back["name"], sent_back["preset"]) == ("My name for it", "day-1")
    assert as_alice.post(path, sent_back).status_code == 302
    assert layer.versions.get(valid_to=None).unit == "day"


def test_a_layer_that_was_removed_meanwhile_comes_back_with_what_was_typed(
    as_alice: Client, rota: Schedule, layer: Layer, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    mine = controls(as_alice.get(path).content.decode())
    commands.remove_layer(layer, confirm_gap=True, **ACTING)
    gone = as_alice.post(path, mine | {"preset": "day-1", "name": "My name for it"})
    page = gone.content.decode()
    assert gone.status_code == 409
    assert "Somebody removed Week meanwhile" in text_of(page)
    assert "every day, hand-off 09:00" in text_of(page)
    assert "every week, hand-off Monday 09:00" in text_of(page)
    more = as_alice.post(path, mine | {"anchor": "nonsense", "do": "people:add:0"})
    assert more.status_code == 409 and 'value="nonsense"' in more.content.decode()
    add = f"/schedules/{rota.public_id}/layers/"
    assert f'action="{add}"' in page and f'hx-post="{add}"' in page
    assert as_alice.post(add, controls(page)).status_code == 302
    assert names(rota, NOW) != [] and rota.layers.filter(removed_at=None).count() == 1
    assert rota.layers.get(removed_at=None).name == "My name for it"


def test_a_removal_in_the_last_moment_is_noticed_as_well(
    as_alice: Client, rota: Schedule, layer: Layer, alice: User, monkeypatch: pytest.MonkeyPatch
):
    check = commands.check_not_past

    def remove_first(*arguments: object, **more: object) -> None:
        commands.remove_layer(layer, confirm_gap=True, **ACTING)
        check(*arguments, **more)

    monkeypatch.setattr(commands, "check_not_past", remove_first)
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    gone = as_alice.post(path, layer_form(alice))
    assert gone.status_code == 409
    assert "Somebody removed Week meanwhile" in text_of(gone.content.decode())


def test_the_editor_says_which_of_two_layers_answers(as_alice: Client, rota: Schedule, root: User):
    path = f"/schedules/{rota.public_id}/layers/"

    def said(**more: str) -> str:
        form = layer_form(root, windows=[OFFICE], do="preview", **more)
        return text_of(as_alice.post(path, form).content.decode())

    first = ", first Mon 16 Mar, 12:00"
    assert f"Week has a lower priority (0): this layer answers, not that one{first}" in said(
        priority="5"
    )
    assert f"Week has the higher priority (0): it answers, not this layer{first}" in said(
        priority="-1"
    )
    assert f"Week has the same priority (0): both answer together{first}" in said()


def test_an_admin_says_why_the_past_is_corrected(
    as_root: Client, as_alice: Client, rota: Schedule, layer: Layer, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/layers/{layer.public_id}/"
    assert 'name="reason"' not in as_alice.get(path).content.decode()
    assert 'name="reason"' in as_root.get(path).content.decode()
    LedgerMark.objects.update(began_at=NOW - DAY, recorded_until=NOW)
    commands.record([rota.pk], now=NOW)
    LayerVersion.objects.update(valid_from=NOW - DAY)
    form = layer_form(bob, name="Week", effective_from="2026-03-16T10:00", restart="on")
    assert as_root.post(path, form | {"reason": "Bob stood in"}).status_code == 302
    notes = LedgerSpan.objects.exclude(note="").values_list("note", flat=True)
    assert set(notes) == {"layer Week was changed: Bob stood in"}


def test_a_layer_with_clocks_of_its_own_is_kept_by_form_and_edit(
    as_alice: Client, rota: Schedule, alice: User
):
    form = layer_form(
        alice, name="Tokyo", time_zone="Asia/Tokyo", effective_from="2026-03-17T09:00"
    )
    as_alice.post(f"/schedules/{rota.public_id}/layers/", form)
    version = LayerVersion.objects.get(layer__name="Tokyo")
    assert (version.time_zone, version.own_zone) == ("Asia/Tokyo", True)
    assert version.valid_from == datetime(2026, 3, 17, 0, tzinfo=UTC)
    path = f"/schedules/{rota.public_id}/layers/{version.layer.public_id}/"
    sent_back = controls(as_alice.get(path).content.decode())
    assert sent_back["time_zone"] == "Asia/Tokyo"
    wrong = as_alice.post(path, sent_back | {"time_zone": "Mars/Base"})
    assert wrong.status_code == 422
