"""Overrides: who is told, what is said before saving, and undo that leaves the past alone."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User, UserStatus
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from notifications.models import Delivery, InAppNotification
from schedules import cautions, commands, queries
from schedules.commands import LayerSpec
from schedules.models import Override, Schedule, TimeOff

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def rota(alice: User, bob: User, carol: User) -> Schedule:
    """alice, bob, carol by weeks, hand-off Monday 09:00 in London; carol serves at NOW."""
    schedule = commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)
    people = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=people)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


def add(rota: Schedule, **fields: object) -> Override:
    values = {"kind": "REPLACE", "start": NOW + HOUR, "end": NOW + 3 * HOUR, **ACTING}
    return commands.add_override(rota, **values | fields)


def names(rota: Schedule, at: datetime) -> list[str]:
    return [entry.user.name for entry in queries.on_call([rota.pk], at)[rota.pk]]


def notices(user: User) -> list[str]:
    rows = InAppNotification.objects.filter(user=user).order_by("id")
    return [row.title for row in rows]


def codes(row: Override) -> list[str]:
    return [str(one.code) for one in cautions.of_override(row, NOW)]


def draft(rota: Schedule, **fields: object) -> Override:
    values = {"kind": "REPLACE", "start": NOW + HOUR, "end": NOW + 3 * HOUR, "created_at": NOW}
    return Override(schedule=rota, **values | fields)


def test_both_people_are_told_once_and_quietly(rota: Schedule, bob: User, carol: User):
    row = add(rota, user=bob, replaces=carol)
    assert notices(bob) == ["You come on call: Primary"]
    assert notices(carol) == ["You go off call: Primary"]
    mails = Delivery.objects.filter(subject_kind="override", subject_id=row.pk)
    assert {(mail.user.name, mail.channel) for mail in mails} == {
        ("Bob", "EMAIL"),
        ("Carol", "EMAIL"),
    }
    body = InAppNotification.objects.get(user=bob).body
    assert "Mon 16 Mar 2026 13:00 UTC to 15:00 UTC" in body and "Instead of: Carol" in body


def test_nobody_is_told_of_their_own_doing_or_of_what_is_over(
    rota: Schedule, bob: User, carol: User
):
    add(rota, user=bob, replaces=carol, by=bob.as_actor("web"))
    assert notices(bob) == [] and len(notices(carol)) == 1
    add(rota, user=bob, replaces=carol, start=NOW - 3 * HOUR, end=NOW - HOUR)
    assert notices(bob) == []


def test_whoever_is_covered_by_one_for_all_is_told(rota: Schedule, bob: User, carol: User):
    add(rota, kind="COVER_ALL", user=bob)
    assert notices(carol) == ["You go off call: Primary"]


def test_a_disabled_person_is_not_written_to(rota: Schedule, bob: User, carol: User):
    carol.become(UserStatus.DISABLED)
    carol.save()
    add(rota, user=bob, replaces=carol)
    assert notices(carol) == [] and not Delivery.objects.filter(user=carol).exists()


def test_undo_brings_back_one_that_had_not_begun(rota: Schedule, bob: User, carol: User):
    row = add(rota, user=bob, replaces=carol)
    commands.cancel_override(row, **ACTING)
    assert names(rota, NOW + 2 * HOUR) == ["Carol"]
    later = NOW + timedelta(seconds=9)
    commands.restore_override(row, end=NOW + 3 * HOUR, by=SYSTEM, now=later)
    assert names(rota, NOW + 2 * HOUR) == ["Bob"]
    assert notices(bob) == [
        "You come on call: Primary",
        "You are not needed on call after all: Primary",
        "You come on call: Primary",
    ]


def test_undo_of_an_end_rewrites_nothing_that_has_happened(rota: Schedule, bob: User, carol: User):
    row = add(rota, user=bob, replaces=carol, start=NOW - HOUR)
    cover = add(rota, kind="COVER_ALL", user=carol, start=NOW, end=NOW + 2 * HOUR)
    commands.cancel_override(row, **ACTING)
    later = NOW + timedelta(seconds=9)
    back = commands.restore_override(row, end=NOW + 3 * HOUR, by=SYSTEM, now=later)
    assert (back.start, back.end) == (later, NOW + 3 * HOUR)
    with pytest.raises(Conflict, match="holds already"):
        commands.restore_override(row, end=NOW + 3 * HOUR, by=SYSTEM, now=later)
    # It stands where it stood in the order: below what was laid on top of it.
    assert back.created_at <= cover.created_at
    assert names(rota, NOW - timedelta(minutes=1)) == ["Bob"]
    assert names(rota, NOW + timedelta(seconds=1)) == ["Carol"]
    assert names(rota, NOW + 2 * HOUR) == ["Bob"]


def test_undo_comes_too_late_when_nothing_is_left(rota: Schedule, bob: User, carol: User):
    row = add(rota, user=bob, replaces=carol)
    commands.cancel_override(row, **ACTING)
    with pytest.raises(Conflict):
        commands.restore_override(row, end=row.end, by=SYSTEM, now=row.end)


def test_nobody_takes_over_from_themselves(rota: Schedule, bob: User):
    with pytest.raises(ValidationFailed) as refused:
        add(rota, user=bob, replaces=bob)
    assert refused.value.field == "userId"


def test_a_plain_cover_has_nothing_odd(rota: Schedule, bob: User, carol: User):
    far = {"start": NOW + 3 * DAY, "end": NOW + 4 * DAY}
    assert codes(draft(rota, user=bob, replaces=carol)) == []
    assert codes(draft(rota, user=bob, replaces=carol, **far)) == []


def test_other_overrides_time_off_and_double_duty_are_named(
    rota: Schedule, alice: User, bob: User, carol: User
):
    other = commands.create_schedule(name="Other", time_zone="UTC", **ACTING)
    spec = LayerSpec(unit="day", anchor=datetime(2026, 3, 1), slots=[[bob.pk]])
    commands.add_layer(other, spec, name="Day", effective_from=NOW + 2 * HOUR, **ACTING)
    add(rota, user=alice, replaces=carol, now=NOW - HOUR)
    off = {"user": bob, "start": NOW, "end": NOW + 90 * DAY, "created_at": NOW}
    TimeOff.objects.create(**off)
    found = cautions.of_override(draft(rota, user=bob, replaces=carol), NOW)
    assert [str(one.code) for one in found] == [
        "not_on_call",
        "overlaps",
        "on_call_already",
        "away",
        "long_run",
    ]
    assert found[2].intervals == ((NOW + 2 * HOUR, NOW + 3 * HOUR),)
    assert found[3].intervals == ((NOW + HOUR, NOW + 3 * HOUR),)


def test_a_run_of_two_weeks_is_named(rota: Schedule, alice: User, carol: User):
    # The clocks of London go forward in the second week.
    row = draft(
        rota,
        user=alice,
        replaces=carol,
        start=datetime(2026, 3, 16, 9, tzinfo=UTC),
        end=datetime(2026, 3, 23, 9, tzinfo=UTC),
    )
    found = cautions.of_override(row, NOW)
    assert [one.text for one in found] == [
        "With it Alice would be on call for 13 d 23 h without a break"
    ]
    saved = add(rota, user=alice, replaces=carol, start=row.start, end=row.end)
    # Its own effect is not held against it.
    assert codes(saved) == ["long_run"]


def test_a_draft_is_looked_at_as_the_last_in_order(rota: Schedule, bob: User):
    add(rota, kind="ADD", user=bob, now=NOW - DAY)
    assert codes(draft(rota, kind="REMOVE", replaces=bob)) == ["overlaps"]
