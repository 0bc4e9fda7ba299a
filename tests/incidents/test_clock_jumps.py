"""The clock is set while an escalation runs: nobody's wait is cut short, stretched or forgotten."""

from datetime import timedelta

import pytest

from core.actor import SYSTEM
from incidents import commands
from tests.incidents.conftest import MINUTE, T0
from tests.incidents.test_stories import open_incident, woken

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_clock_that_jumps_an_hour_ahead_skips_nobodys_wait(
    make_service, page_ann_then_ben, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    commands.shift_due_times(T0 + MINUTE, HOUR, T0 + MINUTE + HOUR)
    run_until(T0 + HOUR + 4 * MINUTE)
    assert woken(incident) == [(0, "Ann")]
    run_until(T0 + HOUR + 5 * MINUTE)
    assert woken(incident) == [(0, "Ann"), (65, "Ben")]


def test_a_clock_that_jumps_back_does_not_delay_the_next_step_by_an_hour(
    make_service, page_ann_then_ben, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    commands.shift_due_times(T0 + MINUTE, -HOUR, T0 + MINUTE - HOUR)
    assert commands.take_in_strays(T0 + MINUTE - HOUR) == 0, "what was shifted is no stray"
    run_until(T0 - HOUR + 5 * MINUTE)
    assert woken(incident) == [(0, "Ann"), (-55, "Ben")]


def test_a_step_that_was_just_due_is_no_later_after_a_jump_ahead(
    make_service, page_ann_then_ben
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    commands.shift_due_times(T0 + MINUTE / 60, HOUR, T0 + MINUTE / 60 + HOUR)
    incident.refresh_from_db()
    assert incident.escalate_at == T0 + HOUR


@pytest.mark.parametrize("what", ["priority", "urgency", "assign"])
def test_what_is_changed_right_after_a_jump_ahead_keeps_its_wait(
    what: str, make_service, page_ann_then_ben, run_until, people
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    run_until(T0)
    new = T0 + MINUTE + HOUR
    if what == "priority":
        commands.change_priority(incident, "P2", by=SYSTEM, now=new)
    elif what == "urgency":
        commands.change_urgency(incident, "MEDIUM", by=SYSTEM, now=new)
    else:
        commands.assign(incident, user=people.cat, by=SYSTEM, now=new)
    commands.shift_due_times(T0 + MINUTE, HOUR, new)
    incident.refresh_from_db()
    assert incident.escalate_at == T0 + HOUR + 5 * MINUTE


def test_a_clock_that_jumps_back_delays_no_step_that_was_due(
    make_service, page_ann_then_ben, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    commands.shift_due_times(T0 + MINUTE / 60, -HOUR, T0 + MINUTE / 60 - HOUR)
    run_until(T0 - HOUR + MINUTE)
    assert [name for _, name in woken(incident)] == ["Ann"]


def test_an_event_that_was_being_stored_when_the_clock_went_back_is_paged_at_once(
    make_service, page_ann_then_ben, run_until
) -> None:
    incident = open_incident(make_service(page_ann_then_ben).service)
    assert commands.take_in_strays(T0 - HOUR) == 1
    run_until(T0 - HOUR)
    assert woken(incident) == [(-60, "Ann")]


@pytest.mark.parametrize("stray", [False, True])
def test_what_somebody_pressed_for_stays_theirs_when_the_clock_goes_back(
    stray: bool, make_service, page_ann_then_ben, run_until
) -> None:
    service = make_service(page_ann_then_ben).service
    pressed, left = (open_incident(service, title=title) for title in ("Disk", "Net"))
    run_until(T0)
    old, new = T0 + MINUTE, T0 + MINUTE - HOUR
    commands.escalate_now(pressed, by=SYSTEM, now=old)
    if stray:
        commands.take_in_strays(new)
    else:
        commands.shift_due_times(old, -HOUR, new)
    pressed.refresh_from_db()
    left.refresh_from_db()
    assert (pressed.pressed_at, pressed.escalate_at, left.pressed_at) == (new, new, None)
