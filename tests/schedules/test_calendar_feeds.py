"""Calendar feeds from outside: what they tell, to whom, how often, and when they fall silent."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Team, User, UserStatus
from core.actor import SYSTEM
from schedules import commands
from schedules.commands import LayerSpec
from schedules.models import CalendarFeed, FeedEvent, Schedule

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
MONDAY = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock_at() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def rota(alice: User, bob: User, carol: User) -> Schedule:
    """alice, bob, carol by weeks, from Monday 2 March 09:00 in London: carol has it now."""
    schedule = commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)
    people = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=people)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


@pytest.fixture
def feed(rota: Schedule, alice: User) -> str:
    return address(alice, schedule=rota)


def address(owner: User, **fields: object) -> str:
    _, token = commands.create_feed(owner, **ACTING, **fields)
    return reverse("schedules:calendar", args=[token])


def read(path: str, **headers: str) -> list:
    answer = Client().get(path, headers=headers)
    assert answer.status_code == 200
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")


def replace(rota: Schedule, gone: User, comes: User, start: datetime, end: datetime) -> None:
    commands.add_override(
        rota, kind="REPLACE", user=comes, replaces=gone, start=start, end=end, **ACTING
    )


def test_a_schedule_is_told_from_last_month_to_next_year(feed: str):
    events = read(feed)
    now = next(one for one in events if one.decoded("dtstart") == MONDAY)
    assert (now["summary"], now.decoded("dtend")) == (
        "Carol on call: Primary",
        datetime(2026, 3, 23, 9, tzinfo=UTC),
    )
    assert events[0].decoded("dtstart") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    last = events[-1]
    assert last.decoded("dtend") == datetime(2027, 3, 16, tzinfo=UTC)
    assert last["x-opsknight-goes-on"] == "TRUE"
    summer = [one.decoded("dtstart").hour for one in events if one.decoded("dtstart").month == 7]
    assert set(summer) == {8}


def test_a_person_hears_of_own_shifts_everywhere(rota: Schedule, bob: User):
    events = read(address(bob, user=bob))
    assert {one["summary"] for one in events} == {"On call: Primary"}
    assert events[0].decoded("dtstart") == datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_a_team_hears_of_its_members_and_of_what_it_owns(
    rota: Schedule, platform: Team, alice: User, carol: User
):
    path = address(alice, team=platform)
    assert {one["summary"].split()[0] for one in read(path)} == {"Alice", "Bob"}
    Schedule.objects.filter(pk=rota.pk).update(team=platform)
    assert {one["summary"].split()[0] for one in read(path)} == {"Alice", "Bob", "Carol"}


def test_a_change_raises_the_sequence_and_keeps_the_identity(
    feed: str, rota: Schedule, bob: User, carol: User, clock_at: Any
):
    before = {one["uid"]: one for one in read(feed)}
    clock_at.shift(HOUR)
    replace(rota, carol, bob, MONDAY + 4 * DAY, MONDAY + WEEK)
    after = {one["uid"]: one for one in read(feed)}
    [uid] = [uid for uid, one in before.items() if one.decoded("dtstart") == MONDAY]
    assert after[uid]["sequence"] == 1
    assert after[uid].decoded("dtend") == MONDAY + 4 * DAY
    assert after[uid].decoded("last-modified") == NOW + HOUR
    assert sum(one["sequence"] for one in after.values()) == 1
    assert len(after) == len(before) + 1


def test_a_shift_that_is_no_more_is_cancelled_for_a_month(
    feed: str, rota: Schedule, bob: User, carol: User, clock_at: Any
):
    uid = next(
        one["uid"]
        for one in read(feed)
        if one["summary"].startswith("Carol") and one.decoded("dtstart") > MONDAY
    )
    replace(rota, carol, bob, MONDAY + 2 * WEEK, MONDAY + 4 * WEEK)
    found = {one["uid"]: one for one in read(feed)}
    assert (found[uid]["status"], found[uid]["sequence"]) == ("CANCELLED", 1)
    clock_at.move_to(NOW + 31 * DAY)
    assert uid not in {one["uid"] for one in read(feed)}


def test_an_unchanged_feed_is_304_after_few_queries(
    feed: str, django_assert_max_num_queries, clock_at: Any
):
    first = Client().get(feed)
    clock_at.shift(HOUR / 2)
    with django_assert_max_num_queries(8):
        again = Client().get(feed, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    since = Client().get(feed, headers={"If-Modified-Since": first["Last-Modified"]})
    assert since.status_code == 304


def test_a_change_ends_the_304(feed: str, rota: Schedule, alice: User, carol: User):
    tag = Client().get(feed)["ETag"]
    replace(rota, carol, alice, NOW + DAY, NOW + 2 * DAY)
    assert Client().get(feed, headers={"If-None-Match": tag}).status_code == 200


def test_the_same_question_twice_writes_nothing_new(feed: str):
    assert Client().get(feed).content == Client().get(feed).content
    assert not FeedEvent.objects.filter(sequence__gt=0).exists()


def test_a_feed_dies_with_its_owner_its_schedule_and_its_revocation(
    rota: Schedule, alice: User, carol: User, bob: User
):
    of_alice, of_carol, of_bob = (address(user, schedule=rota) for user in (alice, carol, bob))
    alice.become(UserStatus.DISABLED)
    alice.save()
    assert Client().get(of_alice).status_code == 404
    commands.revoke_feed(CalendarFeed.objects.get(owner=bob), **ACTING)
    assert Client().get(of_bob).status_code == 404
    assert Client().get(of_carol).status_code == 200
    commands.archive_schedule(rota, **ACTING)
    assert Client().get(of_carol).status_code == 404
    assert Client().get(reverse("schedules:calendar", args=["guess"])).status_code == 404


def test_a_user_who_left_the_rota_reads_nothing(rota: Schedule, carol: User):
    path = address(carol, schedule=rota)
    commands.remove_layer(rota.layers.get(), confirm_gap=True, **ACTING)
    assert Client().get(path).status_code == 404


def test_addresses_and_phones_of_people_are_not_told(feed: str, alice: User):
    assert b"@example.com" not in Client().get(feed).content


def test_the_use_is_noted_once_an_hour(feed: str, clock_at: Any):
    for minutes, noted in ((0, 0), (30, 0), (61, 61)):
        clock_at.move_to(NOW + timedelta(minutes=minutes))
        Client().get(feed)
        assert CalendarFeed.objects.get().last_used_at == NOW + timedelta(minutes=noted)


def test_an_address_that_nothing_reads_falls_asleep(feed: str, clock_at: Any, as_alice: Client):
    clock_at.move_to(NOW + 181 * DAY)
    assert Client().get(feed).status_code == 404
    as_alice.force_login(User.objects.get(name="Alice"))
    assert "switched off, because" in as_alice.get(reverse("schedules:feeds")).content.decode()


def test_a_hungry_program_is_slowed_down(feed: str, settings):
    settings.FEED_PER_MINUTE = 2
    answers = [Client().get(feed) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_a_feed_is_made_and_revoked_by_the_api(api: Callable, rota: Schedule, carol: User):
    client = api(carol)
    made = client.post("/api/calendar-feeds", {"scheduleId": rota.public_id, "busy": True})
    assert made.status_code == 201, made.json()
    body = made.json()
    path = "/calendar/" + body["url"].rsplit("/", 1)[1]
    assert read(path)[0]["transp"] == "OPAQUE"
    [listed] = client.get("/api/calendar-feeds").json()["calendarFeeds"]
    assert (listed["id"], listed["of"]["name"], "url" in listed) == (body["id"], "Primary", False)
    assert client.delete(f"/api/calendar-feeds/{body['id']}").status_code == 204
    assert Client().get(path).status_code == 404


def test_the_api_refuses_what_is_no_feed(api: Callable, rota: Schedule, alice: User, bob: User):
    client = api(alice)
    neither = client.post("/api/calendar-feeds", {})
    both = client.post(
        "/api/calendar-feeds", {"scheduleId": rota.public_id, "userId": bob.public_id}
    )
    unknown = client.post("/api/calendar-feeds", {"scheduleId": "sch_none"})
    assert [one.status_code for one in (neither, both, unknown)] == [422, 422, 422]
    client.post("/api/calendar-feeds", {"scheduleId": rota.public_id})
    foreign = CalendarFeed.objects.get().public_id
    assert api(bob).get(f"/api/calendar-feeds/{foreign}").status_code == 404
    reader = api(alice, "schedules:read")
    assert reader.post("/api/calendar-feeds", {"userId": bob.public_id}).status_code == 403


def test_a_stranger_of_a_rota_cannot_subscribe_to_it(api: Callable, carol: User, rota: Schedule):
    other = commands.create_schedule(name="Secret", time_zone="UTC", **ACTING)
    answer = api(carol).post("/api/calendar-feeds", {"scheduleId": other.public_id})
    assert answer.status_code == 422
    token = address(carol, schedule=other)  # even if there were one
    assert Client().get(token).status_code == 404


def test_pages_make_and_revoke_a_feed(as_alice: Client, rota: Schedule):
    path = reverse("schedules:feeds")
    assert "No feeds yet" in as_alice.get(path).content.decode()
    page = as_alice.post(path, {"of": rota.public_id, "alarm_minutes": "60"}).content.decode()
    assert "/calendar/" in page
    assert "webcal://" in page
    feed = CalendarFeed.objects.get()
    assert feed.alarm_minutes == 60
    assert "On call: Primary" in as_alice.get(path).content.decode()
    as_alice.post(reverse("schedules:revoke_feed", args=[feed.public_id]))
    feed.refresh_from_db()
    assert feed.revoked_at == NOW


def test_two_readers_at_once_tell_the_same(transactional_db, rota, alice, at_once):
    path = address(alice, schedule=rota)
    bodies = at_once(4, lambda: Client().get(path).content)
    assert len(set(bodies)) == 1
    assert FeedEvent.objects.count() == bodies[0].count(b"BEGIN:VEVENT")
