"""Owners hear of what is wrong ahead: at once when it is near, else in the morning, and once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import Team, User
from notifications.models import Delivery, InAppNotification
from schedules import commands
from schedules.commands import findings
from schedules.commands.coverage_news import next_morning
from schedules.commands.findings import Subject
from schedules.domain.guard import Found, Kind
from schedules.models import CoverageFinding, SubjectKind

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def gap(
    number: int, start: datetime | None, *, team: Team | None = None, at: datetime = NOW
) -> None:
    """The guard has found that nobody is on call in schedule `number` for four hours."""
    end = start and start + 4 * HOUR
    subject = Subject(
        SubjectKind.SCHEDULE, number, f"sch_{number}", f"Rota {number}", getattr(team, "pk", None)
    )
    findings.keep({subject: [Found(Kind.GAP, f"GAP:{number}", start, end)]}, now=at)


def told(at: datetime) -> list[tuple[str, str]]:
    """Who is told what at an instant: the lines under the bell since the last time."""
    commands.tell_coverage(at)
    rows = InAppNotification.objects.filter(read_at=None).order_by("user__name")
    found = [(row.user.name, row.title) for row in rows.select_related("user")]
    rows.update(read_at=at)
    return found


@pytest.mark.django_db
def test_what_is_near_is_told_at_once_by_mail_and_bell_and_only_once(root: User):
    gap(1, NOW + 47 * HOUR)
    assert told(NOW) == [("Root", "Rota 1: Nobody is on call")]
    [mail] = Delivery.objects.all()
    assert (mail.channel, mail.user) == ("EMAIL", root)
    assert "from Wed 18 Mar, 11:00 UTC for 4 h" in str(mail.message["facts"])
    assert told(NOW + HOUR) == told(NOW + DAY) == []
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
def test_what_is_further_away_waits_for_the_morning_of_each_reader(
    platform: Team, alice: User, bob: User
):
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    gap(1, NOW + 10 * DAY, team=platform)
    gap(2, NOW + 9 * DAY, team=platform)
    assert told(NOW) == []
    tokyo = datetime(2026, 3, 17, 0, tzinfo=UTC)
    assert told(tokyo - timedelta(minutes=1)) == []
    title = "Rota 2: Nobody is on call (and 1 more)"
    assert told(tokyo) == [("Alice", title)]
    assert told(tokyo + 9 * HOUR) == [("Bob", title)]
    assert told(tokyo + 8 * DAY) == [], "nor again when it comes near"


@pytest.mark.django_db
def test_what_comes_near_before_the_morning_does_not_wait(root: User):
    gap(1, NOW + 50 * HOUR)
    assert told(NOW + HOUR) == []
    assert len(told(NOW + 2 * HOUR)) == 1


@pytest.mark.django_db
def test_the_lead_is_told_for_the_team_and_admins_where_there_is_none(
    platform: Team, alice: User, bob: User, root: User
):
    gap(1, NOW, team=platform)
    assert {name for name, _ in told(NOW)} == {"Alice", "Bob"}
    Team.objects.filter(pk=platform.pk).update(lead=bob)
    gap(2, NOW, team=platform)
    assert {name for name, _ in told(NOW)} == {"Bob"}
    platform.memberships.all().delete()
    gap(3, NOW, team=platform)
    assert {name for name, _ in told(NOW)} == {"Root"}


@pytest.mark.django_db
def test_what_is_mended_is_not_announced_and_what_comes_again_is(root: User):
    gap(1, NOW + 10 * DAY)
    findings.keep({Subject(SubjectKind.SCHEDULE, 1): []}, now=NOW + HOUR)
    assert told(NOW + 2 * DAY) == []
    gap(1, NOW + 3 * DAY, at=NOW + 2 * DAY)
    assert len(told(NOW + 2 * DAY)) == 1


@pytest.mark.django_db
def test_a_hole_that_gets_another_key_is_not_news(root: User):
    gap(1, NOW - HOUR)
    assert len(told(NOW)) == 1
    subject = Subject(SubjectKind.SCHEDULE, 1, "sch_1", "Rota 1")
    findings.keep(
        {subject: [Found(Kind.GAP, "GAP:11:00-15:00+0", NOW - HOUR, None, returns=True)]}, now=NOW
    )
    assert told(NOW + HOUR) == []
    assert CoverageFinding.objects.get().key == "GAP:11:00-15:00+0"


@pytest.mark.parametrize(
    ("zone", "at", "morning"),
    [
        ("UTC", "2026-03-16T08:59Z", "2026-03-16T09:00Z"),
        ("UTC", "2026-03-16T09:00Z", "2026-03-17T09:00Z"),
        ("America/New_York", "2026-03-08T03:00Z", "2026-03-08T13:00Z"),
        ("Pacific/Apia", "2026-03-16T20:30Z", "2026-03-17T20:00Z"),
    ],
)
def test_the_morning_is_that_of_the_readers_clock(zone: str, at: str, morning: str):
    user = User(time_zone=zone)
    assert next_morning(datetime.fromisoformat(at), user) == datetime.fromisoformat(morning)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_two_who_tell_at_once_tell_once(root: User):
    for number in range(5):
        gap(number, NOW)
    begin = threading.Barrier(2)

    def tell() -> None:
        begin.wait()
        commands.tell_coverage(NOW)
        connection.close()

    workers = [threading.Thread(target=tell) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    facts = [fact for row in Delivery.objects.all() for fact in row.message["facts"]]
    assert sorted(name for name, _ in facts) == [f"Rota {number}" for number in range(5)]
