"""The record of duty in rows: written once, never changed, corrected by new rows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from accounts import commands as accounts
from accounts.models import User
from core.actor import SYSTEM
from core.api_time import iso
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.models import Layer, LedgerMark, LedgerSpan, OverrideKind, Schedule
from schedules.tasks import record_duty
from tests.cast import make_person

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # in London as well
NOON = timedelta(hours=3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


def weekly(*people: User) -> LayerSpec:
    return LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[p.pk] for p in people])


@pytest.fixture
def rota() -> Schedule:
    return commands.create_schedule(
        name="Primary", time_zone="Europe/London", by=SYSTEM, now=MONDAY - HOUR
    )


@pytest.fixture
def layer(rota: Schedule, alice: User, bob: User, carol: User) -> Layer:
    """alice, bob, carol by weeks."""
    spec = weekly(alice, bob, carol)
    return commands.add_layer(rota, spec, name="Week", by=SYSTEM, now=MONDAY - HOUR)


@pytest.fixture
def boss(root: User) -> dict:
    """An admin acts."""
    return {"by": root.as_actor("web")}


def said(rota: Schedule, **filters: object) -> list[tuple[str, datetime, datetime]]:
    rows = LedgerSpan.objects.standing().filter(schedule=rota, **filters)
    return [(row.user_name, row.start, row.end) for row in rows]


def going_on(rota: Schedule) -> list[tuple[str, str]]:
    spans = LedgerMark.objects.get(schedule=rota).open_spans
    return [(item["who"], item["since"]) for item in spans]


def take_over(rota: Schedule, alice: User, bob: User, start: datetime, end: datetime, **acting):
    return commands.add_override(
        rota, kind=OverrideKind.REPLACE, user=bob, replaces=alice, start=start, end=end, **acting
    )


def test_a_span_is_written_when_it_ends(rota: Schedule, layer: Layer):
    commands.record([rota.pk], now=MONDAY + MINUTE)
    assert said(rota) == []
    assert going_on(rota) == [("Alice", "2026-03-02T09:00:00+00:00")]
    commands.record([rota.pk], now=MONDAY + WEEK + MINUTE)
    assert said(rota) == [("Alice", MONDAY, MONDAY + WEEK)]
    row = LedgerSpan.objects.get()
    assert (row.reason_type, row.reason_id, row.reason) == ("layer", layer.pk, "Week")
    assert row.recorded_at == MONDAY + WEEK + MINUTE


def test_downtime_is_filled_in_and_marked(rota: Schedule, layer: Layer):
    for moment in (
        MONDAY - MINUTE,
        MONDAY + MINUTE,
        MONDAY + WEEK - MINUTE,
        MONDAY + WEEK + MINUTE,
    ):
        commands.record([rota.pk], now=moment)
    commands.record([rota.pk], now=MONDAY + 4 * WEEK - DAY)
    rows = LedgerSpan.objects.filter(schedule=rota)
    assert [(row.user_name, row.backfilled) for row in rows] == [
        ("Alice", False),
        ("Bob", True),
        ("Carol", True),
    ]


def test_the_recorder_takes_what_waits_and_then_rests(rota: Schedule, layer: Layer):
    late = MONDAY + 80 * DAY
    assert queries.oldest_to_record(late)
    strides = 0
    while commands.record_due(late):
        strides += 1
    assert strides == 3
    assert queries.oldest_to_record(late) is None
    assert len(said(rota)) == 11
    assert queries.oldest_to_record(late + MINUTE)


def test_a_schedule_that_was_never_looked_at_begins_now(rota: Schedule, layer: Layer):
    LedgerMark.objects.all().delete()
    assert queries.oldest_to_record(MONDAY + DAY) == -rota.pk
    commands.record_due(MONDAY + DAY)
    commands.record_due(MONDAY + WEEK + DAY)
    assert said(rota) == [("Alice", MONDAY + DAY, MONDAY + WEEK)]


def test_the_task_of_the_queue_records(rota: Schedule, layer: Layer):
    record_duty()
    assert LedgerMark.objects.get(schedule=rota).recorded_until > MONDAY


def test_the_duty_of_a_disabled_person_ends_when_he_was_disabled(
    rota: Schedule, layer: Layer, alice: User, bob: User, root: User
):
    commands.record([rota.pk], now=MONDAY + HOUR)
    boss = root.as_actor("web")
    accounts.disable(alice, by=boss, now=MONDAY + 2 * HOUR)
    accounts.enable(alice, by=boss, now=MONDAY + 5 * HOUR)
    accounts.disable(bob, by=boss, now=MONDAY + 6 * HOUR)
    commands.record([rota.pk], now=MONDAY + 8 * HOUR)
    assert said(rota) == [("Alice", MONDAY, MONDAY + 2 * HOUR)]
    assert going_on(rota) == [("Alice", "2026-03-02T14:00:00+00:00")]


def test_an_archived_schedule_ends_its_record(rota: Schedule, layer: Layer):
    commands.record([rota.pk], now=MONDAY + HOUR)
    commands.archive_schedule(rota, by=SYSTEM, now=MONDAY + 2 * HOUR)
    commands.record_due(MONDAY + DAY)
    assert said(rota) == [("Alice", MONDAY, MONDAY + 2 * HOUR)]
    assert queries.oldest_to_record(MONDAY + 2 * DAY) is None


def test_a_deleted_person_leaves_his_name(rota: Schedule, layer: Layer, alice: User):
    commands.record([rota.pk], now=MONDAY + WEEK + MINUTE)
    alice.delete()
    row = LedgerSpan.objects.get()
    assert (row.user, row.user_name) == (None, "Alice")


def test_somebody_deleted_on_duty_leaves_his_name(rota: Schedule, layer: Layer, alice: User):
    commands.record([rota.pk], now=MONDAY + MINUTE)
    alice.delete()
    commands.record([rota.pk], now=MONDAY + HOUR)
    row = LedgerSpan.objects.get()
    assert (row.user, row.user_name) == (None, "Alice")


def test_the_record_has_no_verb_for_change(rota: Schedule, layer: Layer):
    commands.record([rota.pk], now=MONDAY + WEEK + MINUTE)
    row = LedgerSpan.objects.get()
    row.user_name = "Mallory"
    for change in (row.save, row.delete, LedgerSpan.objects.all().delete):
        with pytest.raises(TypeError):
            change()
    with pytest.raises(TypeError):
        LedgerSpan.objects.update(user_name="Mallory")


@pytest.mark.postgres_only
def test_postgresql_refuses_to_change_the_record(rota: Schedule, layer: Layer):
    commands.record([rota.pk], now=MONDAY + WEEK + MINUTE)
    rows = LedgerSpan._base_manager.all()
    for change in (lambda: rows.update(user_name="Mallory"), rows.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert said(rota) == [("Alice", MONDAY, MONDAY + WEEK)]


def test_an_override_in_the_past_corrects_the_record(
    rota: Schedule, layer: Layer, alice: User, bob: User, boss: dict
):
    now = MONDAY + WEEK + DAY
    commands.record([rota.pk], now=now)
    start, end = MONDAY + DAY, MONDAY + 2 * DAY
    take_over(rota, alice, bob, start, end, now=now, **boss)
    assert said(rota) == [
        ("Alice", MONDAY, start),
        ("Bob", start, end),
        ("Alice", end, MONDAY + WEEK),
    ]
    old = LedgerSpan.objects.exclude(corrections=None).distinct().get()
    assert (old.user_name, old.start, old.end) == ("Alice", MONDAY, MONDAY + WEEK)
    rows = list(old.corrections.all())
    assert len(rows) == 3
    assert {row.recorded_by for row in rows} == {"Root"}
    assert {row.note for row in rows} == {"override: Replace a person"}


def test_the_api_takes_the_reason_of_a_correction(
    api: Callable[..., APIClient], root: User, rota: Schedule, layer: Layer, bob: User
):
    commands.record([rota.pk], now=MONDAY + WEEK + DAY)
    path, body = f"/api/schedules/{rota.public_id}/overrides", {"type": "COVER_ALL"}
    body |= {"userId": bob.public_id, "start": iso(MONDAY), "end": iso(MONDAY + DAY)}
    answer = api(root).post(path, body | {"reason": "Alice  was ill"})
    assert answer.status_code == 201, answer.json()
    notes = set(LedgerSpan.objects.exclude(note="").values_list("note", flat=True))
    assert notes == {"override: Cover the whole schedule: Alice was ill"}
    assert api(root).post(path, body | {"reason": "x" * 301}).status_code == 422


def test_what_still_goes_on_is_written_down_before_it_is_corrected(
    rota: Schedule, layer: Layer, alice: User, bob: User, boss: dict
):
    now = MONDAY + 3 * DAY
    commands.record([rota.pk], now=now)
    start, end = MONDAY + DAY, MONDAY + 2 * DAY
    take_over(rota, alice, bob, start, end, now=now, **boss)
    assert said(rota) == [("Alice", MONDAY, start), ("Bob", start, end)]
    assert going_on(rota) == [("Alice", "2026-03-04T09:00:00+00:00")]


def test_taking_somebody_off_in_the_past_withdraws_what_was_written(
    rota: Schedule, layer: Layer, alice: User, boss: dict
):
    now = MONDAY + WEEK + DAY
    commands.record([rota.pk], now=now)
    commands.add_override(
        rota,
        kind=OverrideKind.REMOVE,
        replaces=alice,
        start=MONDAY,
        end=MONDAY + WEEK,
        confirm_gap=True,
        now=now,
        **boss,
    )
    assert said(rota) == []
    withdrawn = LedgerSpan.objects.get(withdrawn=True)
    assert withdrawn.corrects.user_name == "Alice"


def test_a_layer_added_in_the_past_fills_the_record(rota: Schedule, alice: User, boss: dict):
    now = MONDAY + DAY
    commands.record([rota.pk], now=now)
    commands.add_layer(rota, weekly(alice), name="Week", now=now, **boss)
    assert said(rota) == [("Alice", MONDAY, now)]
    assert LedgerSpan.objects.get().note == "a layer was added"


def test_what_an_edit_says_of_the_minute_that_has_begun_is_no_correction(
    rota: Schedule, layer: Layer, alice: User, bob: User, boss: dict
):
    now = MONDAY + HOUR
    commands.record([rota.pk], now=now)
    take_over(rota, alice, bob, now - MINUTE, now + HOUR, now=now, **boss)
    assert LedgerSpan.objects.count() == 0
    commands.record([rota.pk], now=now + MINUTE)
    assert said(rota) == [("Alice", MONDAY, now)]


def test_the_record_before_its_beginning_stays_unknown(
    rota: Schedule, layer: Layer, alice: User, bob: User, boss: dict
):
    now = MONDAY + 2 * DAY
    LedgerMark.objects.update(began_at=now - HOUR, recorded_until=now - HOUR)
    commands.record([rota.pk], now=now)
    take_over(rota, alice, bob, MONDAY, MONDAY + DAY, now=now, **boss)
    assert LedgerSpan.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_recorders_write_each_span_once(
    rota: Schedule, layer: Layer, alice: User, at_once: Callable
):
    now = MONDAY + 3 * WEEK + MINUTE
    results = at_once(4, commands.record_due, now)
    assert [one for one in results if isinstance(one, Exception)] == []
    commands.record_due(now)
    assert [name for name, *_ in said(rota)] == ["Alice", "Bob", "Carol"]


@pytest.mark.django_db(transaction=True)
def test_corrections_and_recorders_at_once_leave_one_true_record(
    rota: Schedule, layer: Layer, alice: User, bob: User, boss: dict, at_once: Callable
):
    written, now = MONDAY + 2 * DAY, MONDAY + WEEK + MINUTE
    commands.record([rota.pk], now=written)
    turns = count(1)

    def act() -> None:
        number = next(turns)
        if number % 2:
            commands.record_due(now)
        start = MONDAY + number * 3 * HOUR
        take_over(rota, alice, bob, start, start + HOUR, now=written, **boss)

    assert [one for one in at_once(4, act) if one is not None] == []
    commands.record_due(now)
    spans = sorted(said(rota), key=lambda span: span[1])
    assert [end for *_, end in spans[:-1]] == [start for _, start, _ in spans[1:]]
    assert (spans[0][1], spans[-1][2]) == (MONDAY, MONDAY + WEEK)
    assert [start for name, start, _ in spans if name == "Bob"] == [
        MONDAY + number * 3 * HOUR for number in range(1, 5)
    ]


VECTORS = {
    93: ("2026-03-10T12:00", "Bob"),
    94: ("2026-03-16T12:00", "Carol"),
    95: ("2026-03-23T08:59", "Carol"),
    96: ("2026-03-23T09:00", "Dave"),
    97: ("2026-03-30T08:00", "Alice"),
}
REMOVED = {
    98: ("2026-03-10T12:00", "Bob"),
    99: ("2026-03-17T12:00", "Carol"),
    100: ("2026-03-24T12:00", "Alice"),
}


def at(rota: Schedule, text: str) -> str:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return ", ".join(name for name, start, end in said(rota) if start <= moment < end)


def test_the_record_of_a_rota_to_which_dave_was_added(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    cut = datetime(2026, 3, 16, 12, tzinfo=UTC)
    commands.record([rota.pk], now=cut)
    before = said(rota)
    spec = weekly(alice, bob, carol, make_person("dave"))
    commands.edit_layer(layer, spec, by=SYSTEM, now=cut)
    commands.record([rota.pk], now=cut + 4 * WEEK)
    assert said(rota)[: len(before)] == before
    assert {number: at(rota, text) for number, (text, _) in VECTORS.items()} == {
        number: who for number, (_, who) in VECTORS.items()
    }


def test_the_record_of_a_rota_from_which_bob_was_removed(
    rota: Schedule, layer: Layer, alice: User, carol: User
):
    cut = datetime(2026, 3, 30, 12, tzinfo=UTC)
    for moment in (cut, cut + WEEK):
        commands.record([rota.pk], now=moment)
        assert {number: at(rota, text) for number, (text, _) in REMOVED.items()} == {
            number: who for number, (_, who) in REMOVED.items()
        }
        if moment == cut:
            spec = weekly(alice, carol)
            commands.edit_layer(layer, spec, by=SYSTEM, now=cut, confirm_gap=True)
