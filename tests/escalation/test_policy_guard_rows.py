"""The guard of policies over rows: what steps mean in the days ahead, and when it looks."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import commands as accounts
from accounts.models import Team, User
from core.actor import SYSTEM
from escalation import commands
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from escalation.queries.guard import oldest_policy_due
from notifications.models import Channel, ContactMethod
from schedules import commands as schedules
from schedules.commands import LayerSpec
from schedules.models import FindingKind, OverrideKind, Schedule, SubjectKind
from schedules.queries import guard

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_leaves")]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    """alice and bob by weeks; alice has the pager at NOW."""
    schedule = schedules.create_schedule(name="Primary", time_zone="UTC", **ACTING)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk], [bob.pk]])
    schedules.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


def policy(*steps: list[TargetSpec]) -> EscalationPolicy:
    return commands.create_policy(
        name="Loud", spec=PolicySpec([StepSpec(step) for step in steps]), **ACTING
    )


def found(at: datetime = NOW) -> list[tuple[str, str]]:
    commands.guard_policies(at)
    rows = guard.standing().filter(subject_kind=SubjectKind.POLICY)
    return [(row.kind, row.words) for row in rows]


def test_primary_then_secondary_is_fine(rota: Schedule):
    policy([TargetSpec(schedule=rota)], [TargetSpec(schedule=rota, rank=2)])
    assert found() == []


def test_the_same_one_on_every_step_is_named_with_the_times(rota: Schedule, alice: User, bob: User):
    policy([TargetSpec(schedule=rota)], [TargetSpec(user=alice)])
    words = "Alice alone is paged, whatever the step; 3 times in the next 30 days"
    [(kind, said)] = found()
    assert kind == FindingKind.SINGLE_POINT
    assert said.startswith(words)
    row = guard.standing().get()
    assert (row.start, row.end) == (NOW - 3 * HOUR, NOW + 7 * DAY - 3 * HOUR)


def test_a_policy_that_reaches_nobody_for_two_hours_is_found(rota: Schedule, alice: User):
    policy([TargetSpec(schedule=rota)])
    start = NOW + 2 * DAY
    change = {"kind": OverrideKind.REMOVE, "replaces": alice, "confirm_gap": True, **ACTING}
    schedules.add_override(rota, start=start, end=start + 2 * HOUR, **change)
    [(kind, words)] = found()
    assert (kind, words) == (
        FindingKind.REACHES_NOBODY,
        "No step pages anybody: only the fallback contact would hear of it",
    )
    row = guard.standing().get()
    assert (row.start, row.end) == (start, start + 2 * HOUR)


def test_whom_nothing_can_reach_counts_as_nobody(platform: Team, alice: User, bob: User):
    policy([TargetSpec(team=platform)])
    for user in (alice, bob):
        ContactMethod.objects.create(
            user=user, channel=Channel.EMAIL, address=user.email, enabled=False
        )
    assert [kind for kind, _ in found()] == [FindingKind.REACHES_NOBODY]


def test_leads_members_and_people_are_read_as_the_engine_reads_them(
    platform: Team, alice: User, bob: User, carol: User, root: User
):
    Team.objects.filter(pk=platform.pk).update(lead=bob)
    by = root.as_actor("web")
    policy([TargetSpec(team=platform, lead_only=True)], [TargetSpec(user=carol)])
    assert found() == []
    accounts.disable(carol, by=by, now=NOW)
    assert found(NOW + MINUTE) == [
        (FindingKind.SINGLE_POINT, "Bob alone is paged, whatever the step")
    ]
    accounts.disable(bob, by=by, now=NOW)
    assert [kind for kind, _ in found(NOW + 2 * MINUTE)] == [FindingKind.REACHES_NOBODY]


def test_a_lead_who_is_not_paged_with_the_team_counts_as_nobody(
    platform: Team, bob: User, root: User
):
    Team.objects.filter(pk=platform.pk).update(lead=bob)
    by = root.as_actor("web")
    policy([TargetSpec(team=platform, lead_only=True)])
    accounts.change_member(platform, bob, receives_pages=False, by=by, now=NOW)
    assert [kind for kind, _ in found()] == [FindingKind.REACHES_NOBODY]


def test_a_change_of_a_schedule_is_looked_into_for_the_policies_that_page_it(
    rota: Schedule, alice: User
):
    policy([TargetSpec(schedule=rota)])
    found()
    assert oldest_policy_due(NOW + MINUTE) is None
    schedules.remove_layer(rota.layers.get(), confirm_gap=True, **ACTING)
    assert oldest_policy_due(NOW + MINUTE) is not None
    assert [kind for kind, _ in found(NOW + MINUTE)] == [FindingKind.REACHES_NOBODY]


def test_an_archived_policy_has_nothing_wrong(rota: Schedule):
    empty = policy()
    assert [kind for kind, _ in found()] == [FindingKind.REACHES_NOBODY]
    commands.archive_policy(empty, **ACTING)
    assert found(NOW + MINUTE) == []
