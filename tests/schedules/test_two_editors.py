"""Two people change one schedule: they notice each other, and nobody opens a gap by accident."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import close_old_connections, connection, transaction

from accounts import commands as people
from accounts.models import User, UserStatus
from audit.models import AuditEvent
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from schedules import commands, queries
from schedules.commands import LayerSpec, SeriesSpec
from schedules.models import Layer, LayerVersion, Override, OverrideKind, Schedule

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
DAY = timedelta(days=1)
OFFICE = [{"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}]


@pytest.fixture
def rota(db: None) -> Schedule:
    return commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)


@pytest.fixture
def spec(alice: User, bob: User) -> LayerSpec:
    return LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk], [bob.pk]])


@pytest.fixture
def layer(rota: Schedule, spec: LayerSpec) -> Layer:
    return commands.add_layer(rota, spec, name="Week", **ACTING)


def revision(rota: Schedule) -> int:
    return Schedule.objects.get(pk=rota.pk).revision


def test_every_change_of_a_schedule_raises_its_revision(
    rota: Schedule, layer: Layer, spec: LayerSpec, bob: User
):
    def raised(do: Callable[[], object]) -> bool:
        before = revision(rota)
        do()
        return revision(rota) == before + 1

    override = {"kind": OverrideKind.ADD, "user": bob, "start": NOW, "end": NOW + DAY}
    assert raised(lambda: commands.update_schedule(rota, name="Other", **ACTING))
    assert raised(lambda: commands.edit_layer(layer, spec, **ACTING))
    assert raised(lambda: commands.add_override(rota, **override, **ACTING))
    made = rota.overrides.get()
    assert raised(lambda: commands.cancel_override(made, **ACTING))
    assert raised(lambda: commands.remove_layer(layer, confirm_gap=True, **ACTING))


def test_who_looked_at_an_older_revision_is_refused(rota: Schedule, layer: Layer, spec: LayerSpec):
    seen = revision(rota)
    commands.edit_layer(layer, replace(spec, every=2), seen=seen, **ACTING)
    with pytest.raises(Conflict) as refused:
        commands.edit_layer(layer, spec, seen=seen, **ACTING)
    assert (refused.value.reason, refused.value.field) == ("stale", "revision")
    assert layer.versions.get(valid_to=None).every == 2
    assert revision(rota) == seen + 1


@pytest.mark.postgres_only  # SQLite writes one at a time anyway
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(rota: Schedule, layer: Layer, spec: LayerSpec):
    seen, start, told = revision(rota), threading.Barrier(2), []

    def save(every: int) -> None:
        try:
            start.wait(5)
            commands.edit_layer(layer, replace(spec, every=every), seen=seen, **ACTING)
        except Conflict as error:
            told.append(error.reason)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=save, args=(every,)) for every in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert told == ["stale"]
    assert layer.versions.count() == 2
    assert revision(rota) == seen + 1


def test_a_gap_that_was_not_there_must_be_confirmed(rota: Schedule, layer: Layer, spec: LayerSpec):
    hours = replace(spec, restrictions=OFFICE)
    with pytest.raises(Conflict) as refused:
        commands.edit_layer(layer, hours, **ACTING)
    assert (refused.value.reason, refused.value.field) == ("creates_gap", "confirmGap")
    with pytest.raises(Conflict):
        commands.remove_layer(layer, **ACTING)
    assert layer.versions.get().restrictions == []
    commands.edit_layer(layer, hours, confirm_gap=True, **ACTING)
    commands.edit_layer(layer, replace(hours, every=2), **ACTING)
    sunday = datetime(2026, 3, 22, 12, tzinfo=UTC)
    assert queries.on_call([rota.pk], sunday)[rota.pk] == []


def test_a_layer_below_another_one_goes_without_a_question(
    rota: Schedule, layer: Layer, spec: LayerSpec
):
    higher = commands.add_layer(rota, replace(spec, priority=5), name="Higher", **ACTING)
    commands.remove_layer(higher, **ACTING)
    assert rota.layers.filter(removed_at=None).count() == 1


def test_a_gap_far_within_the_year_is_found(rota: Schedule, layer: Layer, spec: LayerSpec):
    with pytest.raises(Conflict):
        commands.edit_layer(layer, replace(spec, end=datetime(2027, 3, 1, 9)), **ACTING)


def test_a_layer_may_keep_its_own_zone_when_the_schedule_moves(
    rota: Schedule, layer: Layer, spec: LayerSpec
):
    tokyo = replace(spec, time_zone="Asia/Tokyo", priority=1)
    own = commands.add_layer(rota, tokyo, name="Tokyo", **ACTING)
    london = commands.add_layer(
        rota, replace(spec, time_zone="Europe/London"), name="London", **ACTING
    )
    commands.update_schedule(rota, time_zone="America/New_York", **ACTING)
    zones = dict(LayerVersion.objects.filter(valid_to=None).values_list("layer__name", "time_zone"))
    assert zones == {
        "Week": "America/New_York",
        "Tokyo": "Asia/Tokyo",
        "London": "Europe/London",
    }
    assert own.versions.count() == london.versions.count() == 1


def test_an_impossible_zone_of_a_layer_is_refused(rota: Schedule, spec: LayerSpec):
    with pytest.raises(ValidationFailed) as refused:
        commands.add_layer(rota, replace(spec, time_zone="Mars/Base"), name="Far", **ACTING)
    assert refused.value.field == "timeZone"


def test_a_disabled_person_may_stay_in_a_layer_but_not_come(
    rota: Schedule, layer: Layer, spec: LayerSpec, alice: User, carol: User
):
    for person in (alice, carol):
        person.become(UserStatus.DISABLED)
        person.save()
    commands.edit_layer(layer, replace(spec, every=2), confirm_gap=True, **ACTING)
    wrong = replace(spec, slots=[*spec.slots, [carol.pk]])
    with pytest.raises(ValidationFailed, match="Carol is disabled") as refused:
        commands.edit_layer(layer, wrong, **ACTING)
    assert refused.value.reason == "disabled"
    with pytest.raises(ValidationFailed, match="does not exist"):
        commands.add_layer(rota, replace(spec, slots=[[987654]]), name="Nobody", **ACTING)


def test_a_new_name_takes_nothing_else_back(rota: Schedule, layer: Layer):
    """Who saves without a revision writes what was asked for, not what the page once said."""
    old = Schedule.objects.get(pk=rota.pk)
    commands.update_schedule(rota, time_zone="Asia/Tokyo", description="New", **ACTING)
    commands.update_schedule(old, name="Other", **ACTING)
    row = Schedule.objects.get(pk=rota.pk)
    assert (row.name, row.description, row.time_zone) == ("Other", "New", "Asia/Tokyo")
    assert layer.versions.get(valid_to=None).time_zone == row.time_zone


def test_a_weekly_override_goes_by_the_clocks_that_hold_when_it_is_saved(
    rota: Schedule, layer: Layer, bob: User
):
    old = Schedule.objects.get(pk=rota.pk)
    commands.update_schedule(rota, time_zone="Asia/Tokyo", **ACTING)
    hours = {"start": time(9), "end": time(17), "first_day": NOW.date()}
    spec = SeriesSpec(kind=OverrideKind.ADD, days=["MON"], user=bob, **hours)
    assert commands.add_series(old, spec, **ACTING).time_zone == "Asia/Tokyo"


def test_an_override_is_taken_back_where_it_lies_by_now(
    rota: Schedule, layer: Layer, alice: User, bob: User
):
    """Whoever takes it back may have looked before its shift moved, or it was ended."""
    span = {"start": NOW + DAY, "end": NOW + 2 * DAY}
    seen = commands.add_override(rota, kind=OverrideKind.ADD, user=bob, **span, **ACTING)
    Override.objects.filter(pk=seen.pk).update(start=NOW - DAY)
    commands.cancel_override(seen, **ACTING)
    row = Override.objects.get(pk=seen.pk)
    assert (row.cancelled_at, row.end) == (None, NOW)
    commands.cancel_override(seen, by=SYSTEM, now=NOW + timedelta(hours=1))
    assert Override.objects.get(pk=seen.pk).end == NOW
    assert AuditEvent.objects.filter(action="schedule.override_cancelled").count() == 1


def test_an_archived_schedule_takes_no_change(rota: Schedule, layer: Layer, bob: User):
    """One that was archived after somebody had opened its page."""
    commands.archive_schedule(rota, **ACTING)
    span = {"start": NOW + DAY, "end": NOW + 2 * DAY}
    changes: list[Callable[[], object]] = [
        lambda: commands.add_override(rota, kind="ADD", user=bob, **span, **ACTING),
        lambda: commands.remove_layer(layer, confirm_gap=True, **ACTING),
        lambda: commands.archive_schedule(rota, by=SYSTEM, now=NOW + DAY),
    ]
    for change in changes:
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.reason == "archived"
    assert Schedule.objects.get(pk=rota.pk).archived_at == NOW


@pytest.mark.postgres_only  # SQLite has no row locks
@pytest.mark.django_db(transaction=True)
def test_what_is_being_saved_lets_others_name_its_schedule_and_its_people(
    rota: Schedule, layer: Layer, alice: User, bob: User, root: User
):
    """A row that only names them must not wait: two that waited crosswise ended in a deadlock."""
    span = {"start": NOW + DAY, "end": NOW + 2 * DAY}
    made = commands.add_override(rota, kind="ADD", user=alice, **span, **ACTING)
    commands.cancel_override(made, **ACTING)
    others: list[Callable[[], object]] = [
        lambda: commands.create_feed(bob, schedule=rota, **ACTING),
        lambda: people.disable(bob, by=root.as_actor("web"), now=NOW),
    ]

    def alone(do: Callable[[], object]) -> None:
        try:
            do()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        commands.restore_override(made, end=made.end, **ACTING)
        commands.add_override(rota, kind="ADD", user=bob, **span, **ACTING)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for do in others:
            pool.submit(alone, do).result(10)
