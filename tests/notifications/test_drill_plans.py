"""Monthly test pages: chosen by the person, sent once, by the person's own clocks."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from core import clock
from notifications import queries
from notifications.commands import drill_plans
from notifications.domain.drill_times import LATE, Monthly, Rhythm
from notifications.models import Drill, DrillPlan

PAGE = "/profile/reach/monthly-test/"
FIRST_TUESDAY = Monthly(Rhythm.WEEKDAY, 1, 1, time(10))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 10, tzinfo=UTC)
NEXT = datetime(2027, 1, 5, 10, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def choose(user: User) -> DrillPlan:
    return drill_plans.plan_drills(user, FIRST_TUESDAY, by=user.as_actor("web"), now=NOW)


def test_it_is_off_until_somebody_saves_it_and_can_be_called_off(
    alice: User, as_alice: Client
) -> None:
    page = as_alice.get(PAGE).content.decode()
    assert "Below stands a suggestion" in page
    form = {"rhythm": "WEEKDAY", "week": "1", "weekday": "1", "day": "1", "at": "10:00"}
    assert as_alice.post(PAGE, form | {"day": "32"}).status_code == 422
    assert as_alice.post(PAGE, form).status_code == 302
    assert "The next one comes" in as_alice.get("/profile/reach/").content.decode()
    as_alice.post(f"{PAGE}clear/")
    assert not DrillPlan.objects.exists()


def test_it_is_sent_once_when_its_time_comes_and_then_waits_for_the_next(alice: User) -> None:
    choose(alice)
    assert queries.oldest_drill_plan_due(DUE - MOMENT) is None
    assert drill_plans.send_due(DUE) == 1
    assert drill_plans.send_due(DUE) == 0
    drill = Drill.objects.get()
    assert (drill.trigger, drill.asked_by, drill.slot) == ("MONTHLY", "OpsKnight", "2026-12-01")
    assert DrillPlan.objects.get().next_at == NEXT


def test_one_that_is_late_is_left_out(alice: User) -> None:
    choose(alice)
    assert drill_plans.send_due(DUE + LATE + MOMENT) == 1
    assert not Drill.objects.exists()
    assert DrillPlan.objects.get().next_at == NEXT


def test_whoever_moves_has_it_by_the_clocks_there(alice: User) -> None:
    choose(alice)
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    drill_plans.send_due(NOW)
    assert DrillPlan.objects.get().next_at == datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert not Drill.objects.exists()


def test_a_clock_that_is_set_back_sends_no_second_one(alice: User) -> None:
    choose(alice)
    drill_plans.send_due(DUE)
    day = timedelta(days=1)
    drill_plans.shift_due_times(DUE, -day, DUE - day)
    assert DrillPlan.objects.get().next_at == DUE
    drill_plans.send_due(DUE)
    assert Drill.objects.count() == 1


def test_a_jump_keeps_the_calendar_and_the_hour_of_one_that_runs(alice: User) -> None:
    choose(alice)
    drill_plans.send_due(DUE)
    ends = Drill.objects.get().ends_at
    year = timedelta(days=365)
    drill_plans.shift_due_times(DUE, year, DUE + year)
    assert Drill.objects.get().ends_at == ends + year
    assert DrillPlan.objects.get().next_at == datetime(2027, 12, 7, 10, tzinfo=UTC)


def test_the_api_keeps_it_as_the_page_does(alice: User, api: Callable[..., APIClient]) -> None:
    client, path = api(alice, "notifications:write", "notifications:read"), "/api/users/me/monthly"
    path += "-test-page"
    body = {"rhythm": "DAY", "number": 31, "at": "09:30"}
    saved = client.put(path, body, format="json").json()["monthly"]
    assert saved["nextAt"] > clock.now().isoformat()
    assert client.put(path, body | {"number": 0}, format="json").status_code == 422
    assert client.delete(path).status_code == 204
    assert client.get(path).json() == {"monthly": None}
