"""Overrides by a plain form: the clock of the schedule, and a question before a gap."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from core.actor import SYSTEM
from schedules import cautions, commands
from schedules.models import LedgerMark, LedgerSpan, Override, Schedule
from tests.cast import browser_of
from tests.web.schedules.conftest import (
    DAY,
    HOUR,
    NOW,
    names,
    override_form,
    page_of,
    text_of,
)

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_an_override_is_written_in_the_clock_of_the_schedule(
    alice: User, rota: Schedule, bob: User, carol: User
):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    form = override_form(
        kind="REPLACE",
        user=bob.public_id,
        replaces=carol.public_id,
        start="2026-03-29T00:30",
        end="2026-03-29T01:30",
        seen="not_on_call",
    )
    client = browser_of(alice)
    client.post(f"/schedules/{rota.public_id}/overrides/", form)
    override = Override.objects.get()
    # 01:30 does not exist that night: the clocks of London jump from 01:00 to 02:00.
    assert override.start == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert override.end == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    text = text_of(page_of(client, rota))
    assert "Bob for Carol Sun 29 Mar, 09:30 – Sun 29 Mar, 10:00 , by Alice" in text


def test_without_a_start_it_begins_now(as_alice: Client, rota: Schedule, bob: User):
    form = override_form(kind="COVER_ALL", user=bob.public_id, start="")
    as_alice.post(f"/schedules/{rota.public_id}/overrides/", form)
    assert Override.objects.get().start == NOW
    assert names(rota, NOW) == ["Bob"]


def test_an_override_that_leaves_nobody_is_asked_about_first(
    as_alice: Client, rota: Schedule, carol: User
):
    path = f"/schedules/{rota.public_id}/overrides/"
    form = override_form(kind="REMOVE", replaces=carol.public_id)
    assert 'type="checkbox" name="confirm_gap"' not in as_alice.get(path).content.decode()
    asked = as_alice.post(path, form | {"confirm_gap": ""})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "Nobody would be on call" in page
    assert 'type="checkbox" name="confirm_gap"' in page
    assert not Override.objects.exists()
    as_alice.post(path, form | {"confirm_gap": "on"})
    assert names(rota, NOW + 6 * HOUR) == []


def test_what_is_odd_is_said_before_saving_and_then_saved(
    as_alice: Client, rota: Schedule, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/overrides/"
    form = override_form(kind="REPLACE", user=bob.public_id, replaces=alice.public_id)
    answer = as_alice.post(path, form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Alice is not on call at all then" in text_of(page)
    assert 'name="seen" value="not_on_call"' in page
    assert not Override.objects.exists()
    assert as_alice.post(path, form | {"seen": "not_on_call"}).status_code == 302
    assert Override.objects.exists()


def test_a_link_says_what_is_odd_at_once_and_the_second_click_saves(
    as_alice: Client, rota: Schedule, alice: User, carol: User
):
    start, end = "2026-03-16T09:00:00Z", "2026-03-23T10:00:00+01:00"
    path = f"/schedules/{rota.public_id}/overrides/new"
    link = f"{path}?kind=REPLACE&replaces={carol.public_id}&start={start}&end={end}"
    page = as_alice.get(link, follow=True).content.decode()
    assert 'value="2026-03-16T09:00"' in page and 'value="2026-03-23T09:00"' in page
    assert f'value="{alice.public_id}" selected' in page
    assert "Alice would be on call for 13 d 23 h without a break" in text_of(page)
    form = {
        "kind": "REPLACE",
        "user": alice.public_id,
        "replaces": carol.public_id,
        "start": "2026-03-16T12:00",
        "end": "2026-03-23T09:00",
        "seen": re.search(r'name="seen" value="([^"]*)"', page)[1],
    }
    assert as_alice.post(path + "/", form).status_code == 302
    assert names(rota, NOW + DAY) == ["Alice"]


def test_half_a_form_is_looked_at_without_saving(
    as_alice: Client, rota: Schedule, alice: User, bob: User
):
    path = f"/schedules/{rota.public_id}/overrides/check/"
    assert "banner" not in as_alice.post(path, {"kind": "REPLACE"}).content.decode()
    form = override_form(kind="REMOVE", replaces=alice.public_id)
    assert "Alice is not on call at all then" in as_alice.post(path, form).content.decode()
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "REPLACE"}, "replaces"),
        ({"kind": "ADD"}, "user"),
        ({"kind": "REMOVE"}, "replaces"),
        ({"end": ""}, "end"),
        ({"end": "2026-03-16T17:00"}, "end"),
        ({"start": "2026-03-01T09:00"}, "start"),
        ({"kind": "SWAP"}, "kind"),
    ],
)
def test_an_override_that_says_too_little_is_refused_beside_the_field(
    change: dict, field: str, as_alice: Client, rota: Schedule, bob: User
):
    given = {"kind": "ADD", "user": bob.public_id} if "kind" not in change else {}
    answer = as_alice.post(
        f"/schedules/{rota.public_id}/overrides/", override_form(**given, **change)
    )
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Override.objects.exists()


def test_an_admin_says_why_the_past_is_corrected(
    as_root: Client, as_alice: Client, rota: Schedule, bob: User
):
    path = f"/schedules/{rota.public_id}/overrides/"
    assert 'name="reason"' not in as_alice.get(path).content.decode()
    LedgerMark.objects.update(began_at=NOW - DAY, recorded_until=NOW - DAY)
    commands.record([rota.pk], now=NOW)
    form = override_form(kind="COVER_ALL", user=bob.public_id, start="2026-03-16T09:00")
    form |= {"end": "2026-03-16T10:00", "reason": "Carol was ill", "seen": "long_run"}
    assert as_root.post(path, form).status_code == 302
    notes = set(LedgerSpan.objects.exclude(note="").values_list("note", flat=True))
    assert notes == {"override: Cover the whole schedule: Carol was ill"}


def test_a_stretch_leads_to_a_filled_form(as_alice: Client, rota: Schedule, carol: User):
    page = page_of(as_alice, rota)
    link = re.search(r'href="(/schedules/[^"]*/overrides/\?[^"]*)"', page)
    assert link
    form = as_alice.get(link[1].replace("&amp;", "&")).content.decode()
    assert f'value="{carol.public_id}" selected' in form
    assert 'value="2026-03-23T09:00"' in form


def test_an_override_is_taken_back_or_ended(as_alice: Client, rota: Schedule, bob: User):
    cover = {"kind": "COVER_ALL", "user": bob, "by": SYSTEM, "now": NOW - DAY}
    running = commands.add_override(rota, start=NOW - HOUR, end=NOW + HOUR, **cover)
    coming = commands.add_override(rota, start=NOW + DAY, end=NOW + 2 * DAY, **cover)
    page = page_of(as_alice, rota)
    assert "End this override now" in page and "Cancel this override" in page
    for override in (running, coming):
        path = f"/schedules/{rota.public_id}/overrides/{override.public_id}/cancel/"
        assert as_alice.post(path).status_code == 302
    assert names(rota, NOW - HOUR) == ["Bob"]
    assert names(rota, NOW) == names(rota, NOW + DAY) == ["Carol"]
    assert "No overrides" in page_of(as_alice, rota)


def test_a_cancellation_can_be_undone(as_alice: Client, rota: Schedule, bob: User):
    cover = {"kind": "COVER_ALL", "user": bob, "by": SYSTEM, "now": NOW}
    row = commands.add_override(rota, start=NOW + DAY, end=NOW + 2 * DAY, **cover)
    path = f"/schedules/{rota.public_id}/overrides/{row.public_id}"
    page = as_alice.post(f"{path}/cancel/", follow=True).content.decode()
    undo = re.search(rf'action="({path}/restore/[^"]+)"', page)[1]
    assert names(rota, NOW + DAY) == ["Carol"]
    assert as_alice.post(undo[:-3] + "xx/").status_code == 404
    assert "holds again" in as_alice.post(undo, follow=True).content.decode()
    assert names(rota, NOW + DAY) == ["Bob"]


@pytest.mark.parametrize("door", ["new/", "check/"])
def test_centuries_are_refused_without_being_looked_at(
    as_alice: Client, rota: Schedule, bob: User, monkeypatch: pytest.MonkeyPatch, door: str
):
    """To look at them for what is odd would keep a worker busy for minutes."""
    looked: list[object] = []
    monkeypatch.setattr(cautions, "of_override", lambda *args: looked.append(args) or [])
    form = override_form(kind="COVER_ALL", user=bob.public_id, end="2200-12-31T23:59")
    page = as_alice.post(f"/schedules/{rota.public_id}/overrides/{door}", form).content.decode()
    assert looked == []
    assert not Override.objects.exists()
    assert door == "check/" or "at most a year" in page
