"""Time off: who may enter it, whose duty it meets, who could serve instead, who is told of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Team, User
from core.actor import SYSTEM
from core.errors import Conflict, Forbidden, ValidationFailed
from notifications.models import Delivery, InAppNotification
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.models import OverrideKind, Schedule, TimeOff

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
# Hand-offs are Monday 09:00 UTC: alice from the 16th, bob from the 23rd, carol from the 30th.
HANDOFF = datetime(2026, 3, 23, 9, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User, carol: User, platform: Team) -> Schedule:
    schedule = commands.create_schedule(name="Primary", time_zone="UTC", **ACTING)
    people = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 16, 9), slots=people)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    Schedule.objects.filter(pk=schedule.pk).update(team=platform)
    schedule.refresh_from_db()
    return schedule


def off(user: User, start: datetime, end: datetime, by: User | None = None) -> TimeOff:
    actor = (by or user).as_actor("web")
    return commands.add_time_off(user, start=start, end=end, by=actor, now=NOW)


def told(user: User) -> list[str]:
    return list(InAppNotification.objects.filter(user=user).values_list("title", flat=True))


def test_a_person_the_lead_of_a_team_and_an_admin_may_enter_it(
    alice: User, bob: User, carol: User, root: User, platform: Team
):
    platform.lead = alice
    platform.save()
    for by in (bob, alice, root):
        off(bob, NOW + DAY, NOW + 2 * DAY, by=by)
    for by in (carol, bob):
        with pytest.raises(Forbidden):
            off(alice, NOW + DAY, NOW + 2 * DAY, by=by)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (NOW + DAY, NOW + DAY, "end"),
        (NOW - 2 * DAY, NOW, "end"),
        (NOW, NOW + 367 * DAY, "end"),
        (NOW + 1200 * DAY, NOW + 1201 * DAY, "start"),
    ],
)
def test_impossible_times_are_refused_beside_their_field(
    alice: User, start: datetime, end: datetime, field: str
):
    with pytest.raises(ValidationFailed) as refusal:
        off(alice, start, end)
    assert refusal.value.field == field


def test_there_is_a_limit_of_entries(alice: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("schedules.commands.absence.MAX_ENTRIES", 1)
    off(alice, NOW + DAY, NOW + 2 * DAY)
    with pytest.raises(Conflict):
        off(alice, NOW + DAY, NOW + 2 * DAY)


def test_overlapping_entries_count_once(alice: User):
    off(alice, NOW + DAY, NOW + 3 * DAY)
    off(alice, NOW + 2 * DAY, NOW + 4 * DAY)
    found = queries.time_off([alice.pk], start=NOW, end=NOW + WEEK)
    assert found == {alice.pk: [(NOW + DAY, NOW + 4 * DAY)]}


def test_duty_within_time_off_is_a_conflict_with_people_who_are_free(
    rota: Schedule, bob: User, alice: User, carol: User
):
    off(bob, HANDOFF + DAY, HANDOFF + 3 * DAY)
    (found,) = queries.clashes_ahead([rota], NOW)
    assert (found.user, found.start, found.end) == (bob, HANDOFF + DAY, HANDOFF + 3 * DAY)
    assert {cover.user for cover in found.covers} == {alice, carol}
    assert not any(cover.back_to_back for cover in found.covers)


def test_whoever_is_away_as_well_is_not_suggested(rota: Schedule, bob: User, carol: User):
    off(bob, HANDOFF, HANDOFF + WEEK)
    off(carol, HANDOFF + 6 * DAY, HANDOFF + WEEK + HOUR)
    mine = [one for one in queries.clashes_ahead([rota], NOW) if one.user == bob]
    assert [cover.user.name for cover in mine[0].covers] == ["Alice"]


def test_an_override_settles_a_conflict(rota: Schedule, bob: User, carol: User):
    off(bob, HANDOFF + DAY, HANDOFF + 2 * DAY)
    commands.add_override(
        rota,
        kind=OverrideKind.REPLACE,
        user=carol,
        replaces=bob,
        start=HANDOFF + DAY,
        end=HANDOFF + 2 * DAY,
        **ACTING,
    )
    assert queries.clashes_ahead([rota], NOW) == []


def test_cancelled_time_off_meets_nothing_and_may_be_restored(rota: Schedule, bob: User):
    row = off(bob, HANDOFF, HANDOFF + DAY)
    commands.cancel_time_off(row, by=bob.as_actor("web"), now=NOW)
    assert queries.clashes_of(bob, start=NOW, end=NOW + 90 * DAY) == []
    commands.restore_time_off(row, by=bob.as_actor("web"), now=NOW)
    assert len(queries.clashes_of(bob, start=NOW, end=NOW + 90 * DAY)) == 1


def test_the_person_and_the_lead_are_told_once(rota: Schedule, platform: Team, alice, bob, carol):
    platform.lead = alice
    platform.save()
    off(bob, HANDOFF, HANDOFF + DAY)
    for _ in range(2):
        commands.tell_conflicts(NOW)
    assert told(bob) == ["You are on call in Primary while away"]
    assert told(alice) == ["Bob is on call in Primary while away"]
    assert told(carol) == []
    assert Delivery.objects.count() == 2
    assert queries.oldest_untold(NOW) is None


def test_admins_are_told_when_no_team_has_a_lead(rota: Schedule, root: User, bob: User):
    off(bob, HANDOFF, HANDOFF + DAY)
    commands.tell_conflicts(NOW)
    assert told(root) == ["Bob is on call in Primary while away"]


def test_nobody_is_told_of_time_off_without_duty(rota: Schedule, root: User, bob: User):
    off(bob, HANDOFF + WEEK, HANDOFF + WEEK + DAY)
    assert commands.tell_conflicts(NOW) == 1
    assert told(bob) == told(root) == []


def test_many_new_entries_make_one_message(rota: Schedule, bob: User):
    for day in range(0, 6, 2):
        off(bob, HANDOFF + day * DAY, HANDOFF + (day + 1) * DAY)
    commands.tell_conflicts(NOW)
    assert len(told(bob)) == 1
    facts = Delivery.objects.filter(user=bob).first().message["facts"]
    assert [label for label, _ in facts].count("On call") == 3


def test_time_off_that_was_told_of_is_not_told_again_with_newer(rota: Schedule, bob: User):
    off(bob, HANDOFF, HANDOFF + DAY)
    commands.tell_conflicts(NOW)
    off(bob, HANDOFF + 2 * DAY, HANDOFF + 3 * DAY)
    commands.tell_conflicts(NOW)
    newest = Delivery.objects.filter(user=bob).latest("id").message["facts"]
    assert [text for label, text in newest if label == "On call"] == [
        "Wed 25 Mar 2026 09:00 – Thu 26 Mar 09:00 UTC"
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
def test_two_workers_tell_once(rota: Schedule, bob: User, at_once):
    off(bob, HANDOFF, HANDOFF + DAY)
    assert not [one for one in at_once(4, commands.tell_conflicts, NOW) if type(one) is not int]
    assert len(told(bob)) == 1


def test_an_archived_schedule_is_left_alone(rota: Schedule, bob: User):
    commands.archive_schedule(rota, **ACTING)
    off(bob, HANDOFF, HANDOFF + DAY)
    assert queries.clashes_of(bob, start=NOW, end=NOW + 90 * DAY) == []


def test_few_queries_whatever_the_number_of_schedules(
    rota: Schedule, bob: User, django_assert_max_num_queries
):
    schedules = [rota]
    for number in range(5):
        other = commands.create_schedule(name=f"Other {number}", time_zone="UTC", **ACTING)
        spec = LayerSpec(unit="day", anchor=datetime(2026, 3, 16, 9), slots=[[bob.pk]])
        commands.add_layer(other, spec, name="Day", **ACTING)
        schedules.append(other)
    off(bob, HANDOFF, HANDOFF + DAY)
    with django_assert_max_num_queries(6):
        assert len(queries.clashes_ahead(schedules, NOW)) == 6


class TestApi:
    def test_own_time_off_by_days_of_ones_zone(self, api, bob: User):
        User.objects.filter(pk=bob.pk).update(time_zone="America/New_York")
        client = api(bob, "schedules:read", "schedules:write")
        body = {"firstDay": "2026-04-01", "lastDay": "2026-04-02", "note": "Holiday"}
        made = client.post("/api/time-off", body)
        assert made.status_code == 201
        shown = made.json()
        assert (shown["start"], shown["end"]) == ("2026-04-01T04:00:00Z", "2026-04-03T04:00:00Z")
        assert client.get("/api/time-off").json()["timeOff"] == [shown]
        assert client.delete(f"/api/time-off/{shown['id']}").status_code == 204
        assert client.get("/api/time-off").json()["total"] == 0

    def test_that_of_others_is_for_admins_and_leads(self, api, alice, bob, root):
        times = {"start": "2026-04-01T00:00:00Z", "end": "2026-04-02T00:00:00Z"}
        body = times | {"userId": bob.public_id}
        assert api(alice).post("/api/time-off", body).status_code == 403
        made = api(root).post("/api/time-off", body)
        assert made.status_code == 201
        assert api(alice).get("/api/time-off", {"userId": bob.public_id}).status_code == 403
        assert api(alice).delete(f"/api/time-off/{made.json()['id']}").status_code == 404

    def test_a_key_without_the_scope_may_not(self, api, bob: User):
        assert api(bob, "schedules:read").post("/api/time-off", {}).status_code == 403

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "start"),
            ({"firstDay": "2026-04-02", "lastDay": "2026-04-01"}, "end"),
            ({"firstDay": "9999-12-31"}, "firstDay"),
            ({"firstDay": "soon"}, "firstDay"),
            ({"firstDay": "2026-04-01", "userId": "usr_nobody"}, "userId"),
        ],
    )
    def test_bad_input_names_its_field(self, api, bob: User, body: dict, field: str):
        answer = api(bob).post("/api/time-off", body)
        assert answer.status_code == 422
        assert field in str(answer.json())

    def test_conflicts_of_a_schedule_and_ones_own(self, api, rota: Schedule, bob, carol, alice):
        off(bob, HANDOFF, HANDOFF + DAY)
        expected = {
            "schedule": {"id": rota.public_id, "name": "Primary"},
            "user": {"id": bob.public_id, "name": "Bob"},
            "start": "2026-03-23T09:00:00Z",
            "end": "2026-03-24T09:00:00Z",
        }
        (found,) = api(alice).get(f"/api/schedules/{rota.public_id}/conflicts").json()["conflicts"]
        suggestions = found.pop("suggestions")
        assert found == expected
        assert [one["user"]["name"] for one in suggestions] == ["Carol", "Alice"]
        assert suggestions[0] == {
            "user": {"id": carol.public_id, "name": "Carol"},
            "dutyHours": 168.0,
            "backToBack": False,
        }
        assert len(api(bob).get("/api/time-off/conflicts").json()["conflicts"]) == 1
        assert api(carol).get("/api/time-off/conflicts").json() == {"conflicts": []}
