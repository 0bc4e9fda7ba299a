"""Figures of duty from rows: the record for what was, the rules for what is to come."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts import commands as accounts
from accounts.models import Role, Team, User
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from notifications.models import Channel, Delivery, DeliveryState
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.domain import periods
from schedules.models import HolidayCalendar, Layer, LedgerMark, OverrideKind, Schedule
from tests.cast import make_person

pytestmark = [pytest.mark.once, pytest.mark.django_db]
LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
NOW = MONDAY + 2 * WEEK + 3 * HOUR
MARCH = periods.between(date(2026, 3, 1), date(2026, 3, 31), LONDON)


@pytest.fixture
def rota() -> Schedule:
    acting = {"by": SYSTEM, "now": MONDAY - HOUR}
    return commands.create_schedule(name="Primary", time_zone=LONDON.key, **acting)


@pytest.fixture
def layer(rota: Schedule, alice: User, bob: User, carol: User) -> Layer:
    """alice, bob, carol by weeks; carol is on call now, and all before is on record."""
    slots = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=slots)
    made = commands.add_layer(rota, spec, name="Week", by=SYSTEM, now=MONDAY - HOUR)
    commands.record([rota.pk], now=NOW)
    return made


def figures(rota: Schedule, period: periods.Period = MARCH) -> dict[str, timedelta]:
    found = queries.fairness_of([rota], period, NOW)
    assert found.sums.balanced
    return {one.name: one.load.total for one in found.people}


def paged(user: User, at: datetime, number: int = 1, **changes: object) -> None:
    """Two channels told of one page."""
    for channel in (Channel.EMAIL, Channel.WEBHOOK):
        values = {
            "subject_kind": "incident",
            "subject_id": number,
            "page_key": "1.0.0.STEP",
            "target_key": f"{user.pk}.{channel}",
            "user": user,
            "channel": channel,
            "address": "a@example.com",
            "provider": "mail",
            "message": {},
            "state": DeliveryState.SENT,
            "next_attempt_at": at,
            "created_at": at,
            "finished_at": at + MINUTE,
        }
        Delivery.objects.create(**(values | changes))


def test_the_past_is_the_record_and_the_rest_the_plan(rota: Schedule, layer: Layer):
    assert figures(rota) == {"Alice": 2 * WEEK - HOUR, "Bob": WEEK + 39 * HOUR, "Carol": WEEK}
    found = queries.fairness_of([rota], MARCH, NOW)
    (cover,) = found.covers
    assert cover.planned_from == NOW
    assert cover.known_from == MONDAY - HOUR
    assert cover.nobody == HOUR
    assert cover.covered + cover.nobody == MARCH.end - cover.known_from
    assert found.sums.people == cover.covered


def test_a_disabled_person_keeps_what_was_served(
    rota: Schedule, layer: Layer, alice: User, root: User
):
    before = figures(rota, periods.between(date(2026, 3, 2), date(2026, 3, 8), LONDON))
    accounts.disable(alice, by=root.as_actor("web"), now=NOW)
    after = figures(rota, periods.between(date(2026, 3, 2), date(2026, 3, 8), LONDON))
    assert before == after == {"Alice": 6 * DAY + 15 * HOUR}


def test_a_deleted_person_keeps_name_and_figures(rota: Schedule, layer: Layer, alice: User):
    alice.delete()
    found = queries.fairness_of([rota], MARCH, NOW)
    (gone,) = [one for one in found.people if one.user is None]
    assert (gone.name, gone.load.total) == ("Alice", WEEK)


def test_a_correction_counts_instead_of_what_it_corrects(
    rota: Schedule, layer: Layer, alice: User, bob: User, root: User
):
    before = figures(rota)
    start = MONDAY + DAY
    commands.add_override(
        rota,
        kind=OverrideKind.REPLACE,
        user=bob,
        replaces=alice,
        start=start,
        end=start + DAY,
        by=root.as_actor("web"),
        now=NOW,
    )
    after = figures(rota)
    assert after == before | {"Alice": before["Alice"] - DAY, "Bob": before["Bob"] + DAY}


def test_what_was_before_the_record_is_not_known(rota: Schedule, layer: Layer):
    LedgerMark.objects.update(began_at=MONDAY + DAY)
    found = queries.fairness_of([rota], MARCH, NOW)
    assert found.record_begins == MONDAY + DAY


def test_pages_count_once_and_only_while_on_call(
    rota: Schedule, layer: Layer, alice: User, bob: User
):
    paged(alice, MONDAY + HOUR)
    paged(alice, MONDAY + 18 * HOUR, number=2)
    paged(alice, MONDAY + WEEK + HOUR, number=3)
    paged(bob, MONDAY + WEEK + HOUR, number=3)
    paged(bob, MONDAY + WEEK + HOUR, number=4, state=DeliveryState.FAILED)
    paged(bob, MONDAY + WEEK + HOUR, number=5, subject_kind="incident-news")
    found = queries.fairness_of([rota], MARCH, NOW)
    pages = {one.name: (one.pages, one.night_pages) for one in found.people}
    assert pages == {"Alice": (2, 1), "Bob": (1, 0), "Carol": (0, 0)}


def test_a_page_in_the_night_of_the_person(rota: Schedule, layer: Layer, alice: User):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    paged(alice, MONDAY + 5 * HOUR)
    found = queries.fairness_of([rota], MARCH, NOW)
    assert {one.name: one.night_pages for one in found.people}["Alice"] == 1


def test_the_cost_does_not_grow_with_the_number_of_schedules(
    rota: Schedule, layer: Layer, alice: User, django_assert_max_num_queries
):
    others = []
    for number in range(5):
        acting = {"by": SYSTEM, "now": MONDAY}
        one = commands.create_schedule(name=f"Rota {number}", time_zone="UTC", **acting)
        spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk]])
        commands.add_layer(one, spec, name="Week", **acting)
        others.append(one)
    commands.record([one.pk for one in others], now=NOW)
    with django_assert_max_num_queries(10):
        found = queries.fairness_of([rota, *others], MARCH, NOW)
    assert found.sums.balanced
    assert found.sums.doubled > timedelta()


def test_the_least_loaded_is_suggested_first(rota: Schedule, layer: Layer, bob: User, carol: User):
    """Even so far; then it turns out that Carol served for Bob."""
    assert queries.proposals(rota, MARCH, NOW) == []
    week = {"start": MONDAY + WEEK, "end": MONDAY + 2 * WEEK}
    acting = {"by": SYSTEM, "now": NOW}
    commands.add_override(
        rota, kind=OverrideKind.REPLACE, user=carol, replaces=bob, **week, **acting
    )
    (proposal,) = queries.proposals(rota, MARCH, NOW)
    assert [user.name for slot in proposal.slots for user in slot] == ["Bob", "Alice", "Carol"]
    assert proposal.coming.shifts[0].begins == MONDAY + 3 * WEEK
    assert proposal.suggestion.now == 2 * WEEK
    ahead = periods.between(date(2026, 4, 1), date(2026, 6, 30), LONDON)
    assert queries.proposals(rota, ahead, NOW) == []


# Holidays


def calendar(**changes: object) -> HolidayCalendar:
    values = {"name": "England", "country": "GB", "subdivision": "ENG", "days": []}
    return commands.save_holidays(None, by=SYSTEM, now=NOW, **(values | changes))


def test_holidays_are_those_of_the_country_and_ones_own():
    days = queries.days_of(calendar(days=[{"date": "2026-03-04", "name": " Big  day "}]), [2026])
    assert days[date(2026, 12, 25)] == "Christmas Day"
    assert days[date(2026, 3, 4)] == "Big day"
    assert list(days) == sorted(days)


def test_a_schedule_counts_the_holidays_it_chose(rota: Schedule, layer: Layer):
    chosen = calendar(country="", subdivision="", days=[{"date": "2026-03-04", "name": "Off"}])
    commands.choose_holidays(rota, chosen, by=SYSTEM, now=NOW)
    found = queries.fairness_of([rota], MARCH, NOW)
    assert {one.name: one.load.holidays for one in found.people}["Alice"] == DAY
    commands.delete_holidays(chosen, by=SYSTEM, now=NOW)
    rota.refresh_from_db()
    assert rota.holidays is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"country": "XX"}, "country"),
        ({"country": ""}, "country"),
        ({"subdivision": "BY"}, "subdivision"),
        ({"days": [{"date": "24.12.2026", "name": ""}]}, "days"),
        ({"days": [{"date": "0001-01-01", "name": ""}]}, "days"),
    ],
)
def test_a_calendar_that_means_nothing_is_refused(changes: dict, field: str):
    with pytest.raises(ValidationFailed) as refused:
        calendar(**changes)
    assert refused.value.field == field


def test_two_calendars_have_two_names():
    calendar()
    with pytest.raises(Conflict):
        calendar()


# The same through the API


@pytest.fixture
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def admin(api: Callable, root: User, at_now: None) -> APIClient:
    return api(root)


def test_the_ledger_by_api(rota: Schedule, layer: Layer, admin: APIClient, alice: User):
    path = f"/api/schedules/{rota.public_id}/ledger"
    body = admin.get(path).json()
    assert [row["user"]["name"] for row in body["ledger"]] == ["Alice", "Bob"]
    first = body["ledger"][0]
    assert first["user"]["id"] == alice.public_id
    assert (first["start"], first["end"]) == ("2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z")
    assert first["reason"] == {"type": "layer", "name": "Week"}
    assert first["standing"] is True
    assert body["recordedUntil"] == "2026-03-16T12:00:00Z"
    assert [one["user"]["name"] for one in body["goingOn"]] == ["Carol"]
    later = admin.get(path, {"from": "2026-03-10T00:00:00Z", "userId": alice.public_id}).json()
    assert later["total"] == 0


def test_the_figures_by_api(rota: Schedule, layer: Layer, admin: APIClient):
    path = f"/api/schedules/{rota.public_id}/fairness"
    body = admin.get(path, {"from": "2026-03-02", "to": "2026-03-15"}).json()
    loads = {one["user"]["name"]: one["onCall"] for one in body["people"]}
    assert loads == {"Alice": 7 * 86400, "Bob": 7 * 86400 - 9 * 3600}
    assert body["sums"]["balanced"] is True
    assert body["timeZone"] == "Europe/London"
    assert body["suggestions"] == []
    everything = admin.get("/api/fairness", {"period": "quarter"}).json()
    assert [one["schedule"]["name"] for one in everything["schedules"]] == ["Primary"]


@pytest.mark.parametrize(
    "asked", [{"period": "ever"}, {"from": "2026-03-02"}, {"from": "x", "to": "y"}, {"days": "3"}]
)
def test_a_period_that_means_nothing_is_refused(
    rota: Schedule, layer: Layer, admin: APIClient, asked: dict
):
    assert admin.get(f"/api/schedules/{rota.public_id}/fairness", asked).status_code == 400


def test_the_figures_of_a_team_by_api(
    rota: Schedule, layer: Layer, admin: APIClient, platform: Team
):
    assert admin.get("/api/fairness", {"teamId": platform.public_id}).json()["schedules"] == []
    rota.team = platform
    rota.save()
    answer = admin.get("/api/fairness", {"teamId": platform.public_id}).json()
    assert [one["schedule"]["id"] for one in answer["schedules"]] == [rota.public_id]


def test_holiday_calendars_by_api(rota: Schedule, admin: APIClient, api: Callable, bob: User):
    body = {"name": "Bavaria", "country": "de", "subdivision": "by", "ownDays": []}
    made = admin.post("/api/holiday-calendars", body)
    assert made.status_code == 201, made.json()
    assert (made.json()["country"], made.json()["subdivision"]) == ("DE", "BY")
    path = f"/api/holiday-calendars/{made.json()['id']}"
    days = admin.get(path, {"year": 2026}).json()["days"]
    assert {"date": "2026-01-06", "name": "Epiphany"} in days
    responder = api(bob)
    assert responder.get("/api/holiday-calendars").json()["total"] == 1
    assert responder.put(path, body).status_code == 403
    chosen = responder.put(
        f"/api/schedules/{rota.public_id}/holidays", {"calendarId": made.json()["id"]}
    )
    assert chosen.json()["calendar"]["name"] == "Bavaria"
    own = [{"date": "2026-05-04", "name": "Moving"}]
    assert admin.put(path, body | {"ownDays": own}).json()["ownDays"] == own
    assert admin.delete(path).status_code == 204
    nothing = admin.get(f"/api/schedules/{rota.public_id}/holidays").json()
    assert nothing == {"calendar": None}


def test_who_is_not_on_a_schedule_sees_no_figures_of_it(
    rota: Schedule, layer: Layer, api: Callable, at_now: None
):
    stranger = api(make_person("mallory", Role.USER))
    for part in ("ledger", "fairness", "holidays"):
        assert stranger.get(f"/api/schedules/{rota.public_id}/{part}").status_code == 404
    assert stranger.get("/api/fairness").json()["schedules"] == []
