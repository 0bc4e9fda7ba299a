"""Schedules in the browser: who is on call, the next days, making and archiving one."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts import commands as accounts
from accounts.models import User
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.models import Layer, Schedule
from tests.cast import browser_of
from tests.web.schedules.conftest import (
    ACTING,
    DAY,
    HOUR,
    NOW,
    names,
    page_of,
    text_of,
)

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_empty_list_teaches_the_next_step(as_alice: Client):
    page = as_alice.get("/schedules/").content.decode()
    assert "No schedules yet" in page
    assert "/schedules/new/" in page


def test_the_list_says_who_until_when_and_who_next(as_alice: Client, rota: Schedule):
    commands.create_schedule(name="Empty", time_zone="Asia/Kathmandu", **ACTING)
    text = text_of(as_alice.get("/schedules/").content.decode())
    assert "Carol until Mon 23 Mar, 09:00 , then Alice Europe/London" in text
    assert "Nobody is on call no change in the next month Asia/Kathmandu" in text
    assert "Empty" not in text_of(as_alice.get("/schedules/", {"q": "prim"}).content.decode())


def test_on_call_is_a_fragment_for_htmx_and_a_page_for_others(as_alice: Client, rota: Schedule):
    page = as_alice.get("/schedules/on-call/").content.decode()
    fragment = as_alice.get("/schedules/on-call/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in fragment
    assert "Carol" in page and "Carol" in fragment


def test_the_page_says_who_why_and_what_comes(as_alice: Client, rota: Schedule):
    page = page_of(as_alice, rota)
    text = text_of(page)
    carol = User.objects.get(name="Carol").public_id
    assert f"?kind=REPLACE&amp;replaces={carol}&amp;end=2026-03-23T09%3A00" in page
    assert "Carol Week, until Mon 23 Mar, 09:00" in text
    assert "now: Mon 16 Mar 09:00 +00:00 to Mon 23 Mar 09:00 +00:00, 168 h Carol Week" in text
    assert "Alice → Bob" not in text  # the arrows are drawn, not read
    assert "Every week, hand-off Monday 09:00." in text
    assert "First hand-off Mon 2 Mar 2026, 09:00, clocks of Europe/London." in text


def test_times_are_the_viewers_and_the_zone_is_named(alice: User, rota: Schedule):
    alice.time_zone = "America/New_York"
    alice.save()
    text = text_of(page_of(browser_of(alice), rota))
    assert "Europe/London hand-offs follow the clocks there, times below are yours" in text
    assert "now: Mon 16 Mar 05:00 -04:00 to Mon 23 Mar 05:00 -04:00, 168 h" in text


def test_a_gap_is_loud(as_alice: Client, rota: Schedule, carol: User):
    commands.add_override(
        rota, kind="REMOVE", replaces=carol, start=NOW, end=NOW + HOUR, confirm_gap=True, **ACTING
    )
    page = page_of(as_alice, rota)
    assert 'class="banner banner-danger"' in page
    assert "1 gap, 1 h in all: nobody is on call then." in text_of(page)
    assert 'class="tl-gap"' in page
    assert "stretch-gap" in page


def test_a_disabled_person_who_takes_turns_is_named(
    as_alice: Client, rota: Schedule, bob: User, root: User
):
    accounts.disable(bob, by=root.as_actor("web"), now=NOW)
    text = text_of(page_of(as_alice, rota))
    assert "A disabled person still takes turns In Week nobody serves that turn" in text
    assert "Bob (disabled)" in text


def test_the_probe_reads_the_clock_of_the_schedule(alice: User, rota: Schedule):
    alice.time_zone = "America/New_York"
    alice.save()
    text = text_of(page_of(browser_of(alice), rota, at="2026-03-30T08:59"))
    assert "A Alice at 30 Mar 2026, 03:59 your time, Mon 30 Mar, 08:59 BST there" in text


def test_the_probe_says_when_clocks_skip_the_time(as_alice: Client, rota: Schedule):
    text = text_of(page_of(as_alice, rota, at="2026-03-29T01:30"))
    assert "clocks in Europe/London skip the time you asked for" in text
    assert "Carol" not in text.split("Ask")[1].split("Overrides")[0]


@pytest.mark.parametrize("asked", ["soon", "2026-02-30T09:00", "9999-01-01T00:00"])
def test_an_odd_probe_is_answered_in_words(as_alice: Client, rota: Schedule, asked: str):
    answer = as_alice.get(f"/schedules/{rota.public_id}/", {"at": asked})
    assert answer.status_code == 200
    assert "Enter a date and a time" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/schedules/", "/schedules/on-call/", "detail", "layer", "override"]
)
def test_pages_need_few_queries(
    path: str,
    as_alice: Client,
    rota: Schedule,
    layer: Layer,
    carol: User,
    bob: User,
    django_assert_max_num_queries: Callable,
):
    for number in range(3):
        other = commands.create_schedule(name=f"Other {number}", time_zone="UTC", **ACTING)
        spec = LayerSpec(unit="day", anchor=datetime(2026, 3, 2, 9), slots=[[carol.pk], [bob.pk]])
        for name in ("One", "Two"):
            commands.add_layer(other, spec, name=name, **ACTING)
        span = {"start": NOW + DAY, "end": NOW + 2 * DAY}
        commands.add_override(rota, kind="ADD", user=bob, **span, **ACTING)
    named = {
        "detail": reverse("schedules:detail", args=[rota.public_id]) + "?at=2026-04-01T12:00",
        "layer": reverse("schedules:edit_layer", args=[rota.public_id, layer.public_id]),
        "override": reverse("schedules:add_override", args=[rota.public_id]),
    }
    as_alice.get(named.get(path, path))  # what a process remembers is read
    with django_assert_max_num_queries(12):
        assert as_alice.get(named.get(path, path)).status_code == 200


def test_a_schedule_is_made_and_leads_to_its_first_layer(as_alice: Client):
    form = {"name": "Night shift", "time_zone": "Asia/Kolkata", "description": ""}
    answer = as_alice.post("/schedules/new/", form)
    made = Schedule.objects.get(name="Night shift")
    assert answer["Location"] == f"/schedules/{made.public_id}/layers/"
    again = as_alice.post("/schedules/new/", form | {"name": "night SHIFT"})
    assert again.status_code == 422
    assert "exists already" in again.content.decode()


def test_another_zone_moves_hand_offs_from_now_on(as_alice: Client, rota: Schedule):
    form = {"name": "Primary", "time_zone": "America/New_York", "description": "Weekly"}
    form["looked"] = "America/New_York"
    as_alice.post(f"/schedules/{rota.public_id}/edit/", form)
    rota.refresh_from_db()
    assert (rota.time_zone, rota.description) == ("America/New_York", "Weekly")
    assert names(rota, datetime(2026, 3, 23, 12, 59, tzinfo=UTC)) == ["Alice"]
    bad = as_alice.post(f"/schedules/{rota.public_id}/edit/", form | {"time_zone": "Mars"})
    assert "not a known time zone" in bad.content.decode()


def test_archiving_needs_the_name_and_no_policy(as_alice: Client, rota: Schedule):
    path = f"/schedules/{rota.public_id}/archive/"
    spec = PolicySpec([StepSpec([TargetSpec(schedule=rota)])])
    policy = escalation.create_policy(name="Loud", spec=spec, **ACTING)
    assert "Loud pages whoever is on call here" in text_of(as_alice.get(path).content.decode())
    refused = as_alice.post(path, {"name": "Primary"}, follow=True)
    assert "Loud uses this schedule" in refused.content.decode()
    escalation.archive_policy(policy, **ACTING)
    assert "not the name" in as_alice.post(path, {"name": "primary"}).content.decode()
    assert queries.live().exists()
    as_alice.post(path, {"name": "Primary"})
    assert not queries.live().exists()
