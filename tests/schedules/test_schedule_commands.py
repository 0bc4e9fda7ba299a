"""Writing schedules: versions never rewrite the past, gaps are asked about, rules are checked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts import commands as accounts
from accounts.models import User
from audit.models import AuditEvent
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from schedules import commands, coverage, queries
from schedules.commands import LayerSpec
from schedules.domain.resolver import WarningCode
from schedules.models import Layer, Schedule

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
MONDAY = datetime(2026, 3, 2, 9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def weekly(*people: User, **changes: object) -> LayerSpec:
    spec = LayerSpec(unit="week", anchor=MONDAY, slots=[[user.pk] for user in people])
    return replace(spec, **changes)


def names(schedule: Schedule, at: datetime) -> list[str]:
    return [entry.user.name for entry in queries.on_call([schedule.pk], at)[schedule.pk]]


@pytest.fixture
def rota() -> Schedule:
    return commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)


@pytest.fixture
def layer(rota: Schedule, alice: User, bob: User, carol: User) -> Layer:
    """alice, bob, carol by weeks; carol has the pager at NOW."""
    return commands.add_layer(rota, weekly(alice, bob, carol), name="Week", **ACTING)


@pytest.mark.parametrize(
    ("name", "zone", "field"), [(" ", "UTC", "name"), ("Night", "Mars/Olympus", "timeZone")]
)
def test_a_schedule_needs_a_name_and_a_zone(name: str, zone: str, field: str):
    with pytest.raises(ValidationFailed) as refused:
        commands.create_schedule(name=name, time_zone=zone, **ACTING)
    assert refused.value.field == field


def test_a_name_is_taken_until_it_is_archived(rota: Schedule):
    with pytest.raises(Conflict):
        commands.create_schedule(name="PRIMARY", time_zone="UTC", **ACTING)
    commands.archive_schedule(rota, **ACTING)
    assert commands.create_schedule(name="Primary", time_zone="UTC", **ACTING).pk != rota.pk


def test_an_edit_keeps_the_pager_and_the_past(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User, root: User
):
    commands.edit_layer(layer, weekly(alice, bob, carol, root), **ACTING)
    assert names(rota, datetime(2026, 3, 10, 12, tzinfo=UTC)) == ["Bob"]
    assert names(rota, NOW) == ["Carol"]
    assert names(rota, datetime(2026, 3, 23, 9, tzinfo=UTC)) == ["Root"]
    assert names(rota, datetime(2026, 3, 30, 8, tzinfo=UTC)) == ["Alice"]


def test_a_restart_begins_anew_at_its_anchor(rota: Schedule, layer: Layer, bob: User, root: User):
    spec = weekly(root, bob, anchor=datetime(2026, 3, 18, 9))
    commands.edit_layer(layer, spec, restart=True, **ACTING)
    assert names(rota, datetime(2026, 3, 17, 12, tzinfo=UTC)) == ["Carol"]
    assert names(rota, datetime(2026, 3, 18, 9, tzinfo=UTC)) == ["Root"]


def test_an_edit_before_waiting_rules_is_refused(layer: Layer, alice: User, bob: User):
    commands.edit_layer(layer, weekly(bob), effective_from=NOW + 7 * DAY, **ACTING)
    with pytest.raises(ValidationFailed, match="begin at 2026-03-23") as refused:
        commands.edit_layer(layer, weekly(alice), effective_from=NOW + DAY, **ACTING)
    assert refused.value.field == "effectiveFrom"


def test_a_removed_layer_ends_now_even_when_new_rules_were_waiting(
    rota: Schedule, layer: Layer, bob: User
):
    commands.edit_layer(layer, weekly(bob), effective_from=NOW + 7 * DAY, **ACTING)
    commands.remove_layer(layer, confirm_gap=True, **ACTING)
    assert names(rota, NOW - HOUR) == ["Carol"]
    assert names(rota, NOW) == names(rota, NOW + DAY) == names(rota, NOW + 8 * DAY) == []


def test_another_zone_moves_hand_offs_from_now_on(rota: Schedule, layer: Layer):
    tuesday = {"by": SYSTEM, "now": NOW + DAY}
    commands.update_schedule(rota, time_zone="America/New_York", **tuesday)
    assert names(rota, datetime(2026, 3, 9, 9, tzinfo=UTC)) == ["Bob"]
    assert names(rota, datetime(2026, 3, 23, 12, tzinfo=UTC)) == ["Carol"]
    assert names(rota, datetime(2026, 3, 23, 13, tzinfo=UTC)) == ["Alice"]
    with pytest.raises(ValidationFailed):
        commands.update_schedule(rota, time_zone="Nowhere", **ACTING)


def test_a_new_priority_changes_nothing_of_the_past(
    rota: Schedule, layer: Layer, alice: User, root: User
):
    top = commands.add_layer(rota, weekly(root, priority=1), name="Top", **ACTING)
    commands.edit_layer(top, weekly(root, priority=-1), **ACTING)
    assert names(rota, NOW - HOUR) == ["Root"]
    assert names(rota, NOW) == ["Carol"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slots": []}, "rotation.slots"),
        ({"unit": "fortnight"}, "rotation.unit"),
        ({"phase": "lunar"}, "rotation.phase"),
        ({"every": 0}, "rotation"),
        ({"shift_length_minutes": 0}, "rotation"),
        ({"end": MONDAY}, "end"),
        ({"restrictions": [{"days": ["FUN"], "start": "09:00", "end": "17:00"}]}, "rotation"),
    ],
)
def test_rules_that_do_not_work_are_refused(rota: Schedule, alice: User, changes: dict, field: str):
    with pytest.raises(ValidationFailed) as refused:
        commands.add_layer(rota, weekly(alice, **changes), name="Odd", **ACTING)
    assert refused.value.field == field


def test_a_daily_rota_with_hours_counts_days_with_duty(rota: Schedule):
    window = [{"days": ["MON"], "start": "09:00", "end": "17:00"}]
    assert commands.usual_phase("day", window) == "active"
    assert commands.usual_phase("week", window) == commands.usual_phase("day", []) == "calendar"


def test_a_disabled_person_keeps_the_place_and_lower_layers_answer(
    rota: Schedule, layer: Layer, alice: User, carol: User, root: User
):
    commands.add_layer(rota, weekly(alice, priority=-1), name="Second", **ACTING)
    accounts.disable(carol, by=root.as_actor("web"), now=NOW)
    assert names(rota, NOW) == ["Alice"]
    assert names(rota, datetime(2026, 3, 10, 12, tzinfo=UTC)) == ["Bob"]


def test_an_override_that_leaves_nobody_must_be_confirmed(
    rota: Schedule, layer: Layer, carol: User
):
    gap = {"kind": "REMOVE", "replaces": carol, "start": NOW, "end": NOW + HOUR, **ACTING}
    with pytest.raises(Conflict) as refused:
        commands.add_override(rota, **gap)
    assert refused.value.reason == "creates_gap"
    commands.add_override(rota, confirm_gap=True, **gap)
    assert names(rota, NOW) == []
    assert names(rota, NOW + HOUR) == ["Carol"]


def test_a_disabled_substitute_is_a_gap_and_named_as_such(
    rota: Schedule, layer: Layer, bob: User, carol: User, root: User
):
    accounts.disable(bob, by=root.as_actor("web"), now=NOW)
    bob.refresh_from_db()
    change = {"kind": "REPLACE", "user": bob, "replaces": carol, "start": NOW, "end": NOW + HOUR}
    with pytest.raises(Conflict):
        commands.add_override(rota, **change, **ACTING)
    saved = commands.add_override(rota, **change, confirm_gap=True, **ACTING)
    codes = {warning.code for warning in commands.warnings_of(saved)}
    assert codes == {WarningCode.INACTIVE, WarningCode.CREATES_GAP}


def test_replacing_somebody_who_is_not_on_call_warns(rota: Schedule, layer: Layer, alice, bob):
    saved = commands.add_override(
        rota, kind="REPLACE", user=bob, replaces=alice, start=NOW, end=NOW + HOUR, **ACTING
    )
    (warning,) = commands.warnings_of(saved)
    assert warning.code == WarningCode.NOT_ON_CALL
    assert warning.entire


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "SWAP"}, "type"),
        ({"end": NOW}, "end"),
        ({"end": NOW + 400 * DAY}, "end"),
        ({"kind": "ADD", "user": None}, "userId"),
        ({"kind": "REPLACE"}, "replacesUserId"),
        ({"kind": "REMOVE", "user": None}, "userId"),
    ],
)
def test_an_override_says_who_and_when(rota: Schedule, alice: User, change: dict, field: str):
    given = {"kind": "ADD", "user": alice, "start": NOW, "end": NOW + HOUR} | change
    with pytest.raises(ValidationFailed) as refused:
        commands.add_override(rota, **given, **ACTING)
    assert refused.value.field == field


def test_cancelling_ends_a_running_override_and_takes_back_a_coming_one(
    rota: Schedule, layer: Layer, bob: User
):
    cover = {"kind": "COVER_ALL", "user": bob, "by": SYSTEM, "now": NOW - DAY}
    running = commands.add_override(rota, start=NOW - HOUR, end=NOW + HOUR, **cover)
    coming = commands.add_override(rota, start=NOW + DAY, end=NOW + 2 * DAY, **cover)
    commands.cancel_override(running, **ACTING)
    commands.cancel_override(coming, **ACTING)
    assert names(rota, NOW - HOUR) == ["Bob"]
    assert names(rota, NOW) == names(rota, NOW + DAY) == ["Carol"]


def test_only_admins_change_the_past(alice: User, root: User):
    commands.check_not_past(root, NOW - DAY, now=NOW, field="start")
    commands.check_not_past(alice, NOW - timedelta(seconds=59), now=NOW, field="start")
    with pytest.raises(ValidationFailed) as refused:
        commands.check_not_past(alice, NOW - HOUR, now=NOW, field="start")
    assert refused.value.reason == "past"


def test_a_schedule_that_a_policy_pages_stays(rota: Schedule, alice: User):
    step = StepSpec([TargetSpec(schedule=rota)])
    policy = escalation.create_policy(name="Loud", spec=PolicySpec([step]), **ACTING)
    with pytest.raises(Conflict, match="Loud uses this schedule"):
        commands.archive_schedule(rota, **ACTING)
    alone = PolicySpec([StepSpec([TargetSpec(user=alice)])])
    escalation.save_policy(policy, alone, **ACTING)
    commands.archive_schedule(rota, **ACTING)
    assert queries.live().count() == 0


def test_an_archived_schedule_still_answers_old_policies(rota: Schedule, layer: Layer):
    commands.archive_schedule(rota, **ACTING)
    assert names(rota, NOW) == ["Carol"]


def test_every_change_is_in_the_audit_log(rota: Schedule, layer: Layer, alice: User):
    commands.edit_layer(layer, weekly(alice), **ACTING)
    commands.remove_layer(layer, confirm_gap=True, **ACTING)
    actions = AuditEvent.objects.filter(target_id=rota.public_id).values_list("action", flat=True)
    assert sorted(actions) == [
        "schedule.created",
        "schedule.layer_added",
        "schedule.layer_edited",
        "schedule.layer_removed",
    ]


def test_coverage_knows_until_when_and_who_is_next(
    rota: Schedule, layer: Layer, django_assert_max_num_queries
):
    with django_assert_max_num_queries(4):
        answer = coverage.coverage(rota, NOW)
    (duty,) = answer.duties
    assert (duty.user.name, duty.because_id) == ("Carol", layer.public_id)
    assert duty.start == datetime(2026, 3, 16, 9, tzinfo=UTC)
    assert duty.end == answer.next_at == datetime(2026, 3, 23, 9, tzinfo=UTC)
    assert [user.name for user in answer.next_users] == ["Alice"]


@pytest.mark.django_db(transaction=True)
def test_two_edits_at_once_leave_one_open_version(
    rota: Schedule, layer: Layer, alice: User, bob: User, at_once
):
    def edit() -> None:
        commands.edit_layer(layer, weekly(bob, alice), **ACTING)

    answers = at_once(4, edit)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert layer.versions.filter(valid_to=None).count() == 1
    assert names(rota, NOW - HOUR) == ["Carol"]
