"""Writing policies: versions, refusals, and whom a target means at an instant."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import commands as accounts
from accounts.models import Team, User
from core import config
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from escalation import commands, queries
from escalation.commands import OUTDATED, PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy, PolicyVersion
from schedules import commands as schedules
from schedules.commands import LayerSpec
from schedules.models import LayerVersion, Schedule
from services import commands as services

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}


def paging(*people: User, **extra: object) -> PolicySpec:
    """One step that pages the people."""
    return PolicySpec([StepSpec([TargetSpec(user=user) for user in people])], **extra)


def names(targets: list[TargetSpec]) -> list[tuple[str, str]]:
    """Whom a policy with these targets pages now, and why."""
    spec = PolicySpec([StepSpec(targets)])
    policy = commands.create_policy(name="Probe", spec=spec, **ACTING)
    (step,) = queries.plans([policy.current_id])[policy.current_id].steps
    found = queries.Recipients(NOW).of(step.targets)
    return [(recipient.user.name, recipient.reason) for recipient in found]


@pytest.fixture
def rota(alice: User) -> Schedule:
    schedule = schedules.create_schedule(name="Primary", time_zone="UTC", **ACTING)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk]])
    schedules.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


def test_saving_makes_the_next_version_and_keeps_the_first(alice: User, bob: User):
    policy = commands.create_policy(name=" Loud  one ", spec=paging(alice), **ACTING)
    assert (policy.name, policy.current.number) == ("Loud one", 1)
    saved = commands.save_policy(policy, paging(bob), expected_version=1, **ACTING)
    assert saved.current.number == 2
    first = PolicyVersion.objects.get(policy=policy, number=1)
    assert [target.user for target in first.steps.get().targets.all()] == [alice]


def test_a_save_over_somebody_elses_version_is_refused(alice: User, bob: User):
    policy = commands.create_policy(name="Loud", spec=paging(alice), **ACTING)
    commands.save_policy(policy, paging(bob), **ACTING)
    with pytest.raises(Conflict, match="at version 2") as refused:
        commands.save_policy(policy, paging(alice), expected_version=1, **ACTING)
    assert refused.value.reason == OUTDATED
    policy.refresh_from_db()
    assert policy.current.number == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_is_refused(alice: User, bob: User, at_once):
    policy = commands.create_policy(name="Loud", spec=paging(alice), **ACTING)

    def save() -> int:
        return commands.save_policy(policy, paging(bob), expected_version=1, **ACTING).pk

    answers = at_once(3, save)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 2
    assert PolicyVersion.objects.count() == 2


def test_a_name_is_taken_until_it_is_archived(alice: User):
    first = commands.create_policy(name="Loud", spec=paging(alice), **ACTING)
    other = commands.create_policy(name="Calm", spec=paging(alice), **ACTING)
    with pytest.raises(Conflict):
        commands.create_policy(name="LOUD", spec=paging(alice), **ACTING)
    with pytest.raises(Conflict) as refused:
        commands.save_policy(other, paging(alice), name="loud", **ACTING)
    assert refused.value.field == "name"
    commands.archive_policy(first, **ACTING)
    commands.create_policy(name="loud", spec=paging(alice), **ACTING)


@pytest.mark.parametrize(
    ("extra", "step", "field"),
    [
        ({"repeat_count": 10}, {}, "repeatCount"),
        ({"initial_delay_minutes": 1441}, {}, "initialDelayMinutes"),
        ({}, {"escalate_after_minutes": -1}, "steps[0].escalateAfterMinutes"),
        ({}, {"channels": ["PIGEON"]}, "steps[0].channels"),
        ({}, {"targets": [TargetSpec()]}, "steps[0].targets"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(alice: User, extra: dict, step: dict, field: str):
    rung = StepSpec(**{"targets": [TargetSpec(user=alice)], **step})
    with pytest.raises(ValidationFailed) as refused:
        commands.create_policy(name="Odd", spec=PolicySpec([rung], **extra), **ACTING)
    assert refused.value.field == field
    assert not EscalationPolicy.objects.exists()


def test_there_are_bounds_to_steps_and_targets(alice: User):
    rung = StepSpec([TargetSpec(user=alice)])
    with pytest.raises(ValidationFailed, match="At most 20 steps"):
        commands.create_policy(name="Long", spec=PolicySpec([rung] * 21), **ACTING)
    wide = StepSpec([TargetSpec(user=alice)] * 21)
    with pytest.raises(ValidationFailed, match="At most 20 targets"):
        commands.create_policy(name="Wide", spec=PolicySpec([wide]), **ACTING)


def test_a_policy_that_a_service_follows_stays(alice: User):
    policy = commands.create_policy(name="Loud", spec=paging(alice), **ACTING)
    service = services.create_service(name="Checkout", policy=policy, **ACTING)
    with pytest.raises(Conflict, match="1 services"):
        commands.archive_policy(policy, **ACTING)
    services.archive_service(service, **ACTING)
    commands.archive_policy(policy, **ACTING)
    assert not queries.with_steps().exists()


def test_targets_are_looked_up_when_the_step_fires(
    alice: User, bob: User, carol: User, platform: Team, rota: Schedule
):
    accounts.set_lead(platform, bob, by=SYSTEM, now=NOW)
    assert names([TargetSpec(schedule=rota)]) == [
        ("Alice", "on call in Primary, layer Week"),
    ]
    found = names_of_policy(
        [
            TargetSpec(user=carol),
            TargetSpec(team=platform, lead_only=True),
            TargetSpec(team=platform),
        ]
    )
    assert found == [
        ("Carol", "named in the step"),
        ("Bob", "lead of Platform"),
        ("Alice", "member of Platform"),
    ]


def names_of_policy(targets: list[TargetSpec]) -> list[tuple[str, str]]:
    EscalationPolicy.objects.all().update(archived_at=NOW)
    return names(targets)


def test_disabled_people_and_those_who_opted_out_are_not_paged(
    alice: User, bob: User, root: User, platform: Team
):
    by = root.as_actor("web")
    accounts.change_member(platform, bob, receives_pages=False, by=by, now=NOW)
    assert names([TargetSpec(team=platform)]) == [("Alice", "member of Platform")]
    accounts.disable(alice, by=by, now=NOW)
    assert names_of_policy([TargetSpec(team=platform), TargetSpec(user=alice)]) == []


def test_a_lead_whose_team_pages_are_off_is_not_paged_as_the_lead(
    alice: User, bob: User, root: User, platform: Team
):
    by = root.as_actor("web")
    accounts.set_lead(platform, bob, by=by, now=NOW)
    accounts.change_member(platform, bob, receives_pages=False, by=by, now=NOW)
    assert names([TargetSpec(team=platform, lead_only=True)]) == []
    assert names_of_policy([TargetSpec(team=platform, lead_only=True), TargetSpec(user=bob)]) == [
        ("Bob", "named in the step")
    ]


def test_the_secondary_is_the_next_in_the_rotation(rota: Schedule, alice: User, bob: User):
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk], [bob.pk]])
    schedules.edit_layer(rota.layers.get(), spec, effective_from=NOW, restart=True, **ACTING)
    targets = [TargetSpec(schedule=rota, rank=rank) for rank in (1, 2, 3)]
    assert names(targets) == [
        ("Alice", "on call in Primary, layer Week"),
        ("Bob", "secondary of Primary, layer Week"),
    ]


def test_only_schedules_have_positions(alice: User, rota: Schedule):
    for target in (TargetSpec(user=alice, rank=2), TargetSpec(schedule=rota, rank=10)):
        with pytest.raises(ValidationFailed, match="position in a rotation is 1 to 9"):
            commands.create_policy(
                name="Odd", spec=PolicySpec([StepSpec([target])]), by=SYSTEM, now=NOW
            )


def test_a_rank_is_part_of_the_version_that_an_incident_keeps(rota: Schedule):
    def saying(rank: int) -> PolicySpec:
        return PolicySpec([StepSpec([TargetSpec(schedule=rota, rank=rank)])])

    policy = commands.create_policy(name="Calm", spec=saying(2), **ACTING)
    first = policy.current_id
    commands.save_policy(policy, saying(1), **ACTING)
    policy.refresh_from_db()
    ranks = [queries.plans([pk])[pk].steps[0].targets[0].rank for pk in (first, policy.current_id)]
    assert ranks == [2, 1]


def test_a_policy_is_given_to_a_team(alice: User, platform: Team):
    policy = commands.create_policy(name="Calm", spec=paging(alice), **ACTING)
    commands.give_policy(policy, platform, **ACTING)
    policy.refresh_from_db()
    assert policy.team == platform
    commands.give_policy(policy, None, **ACTING)
    policy.refresh_from_db()
    assert policy.team is None


def test_recipients_of_many_targets_need_few_queries(
    alice: User, carol: User, platform: Team, rota: Schedule, django_assert_max_num_queries
):
    targets = [TargetSpec(user=carol), TargetSpec(team=platform), TargetSpec(schedule=rota)]
    targets.append(TargetSpec(team=platform, lead_only=True))
    policy = commands.create_policy(name="All", spec=PolicySpec([StepSpec(targets)]), **ACTING)
    with django_assert_max_num_queries(9):
        plan = queries.plans([policy.current_id])[policy.current_id]
        recipients = queries.Recipients(NOW)
        recipients.of(plan.steps[0].targets)
    with django_assert_max_num_queries(0):
        recipients.of(plan.steps[0].targets)


def test_the_fallback_is_the_policys_then_the_installations_then_every_admin(
    alice: User, bob: User, root: User, django_assert_max_num_queries
):
    spec = paging(alice, fallback_users=[bob])
    policy = commands.create_policy(name="Loud", spec=spec, **ACTING)

    def fallback() -> list[str]:
        return [recipient.user.name for recipient in queries.fallback(policy.current_id)]

    assert fallback() == ["Bob"]
    accounts.disable(bob, by=root.as_actor("web"), now=NOW)
    assert fallback() == ["Root"]
    config.put("fallback_users", [alice.pk])
    assert fallback() == ["Alice"]
    with django_assert_max_num_queries(1):
        assert [person.user for person in queries.fallback(None)] == [alice]


def test_a_schedule_that_cannot_be_read_holds_up_neither_the_others_nor_the_page(
    carol: User, rota: Schedule, caplog
):
    broken = schedules.create_schedule(name="Broken", time_zone="UTC", **ACTING)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[carol.pk]])
    schedules.add_layer(broken, spec, name="Week", **ACTING)
    LayerVersion.objects.filter(layer__schedule=broken).update(time_zone="Gone/Zone")
    targets = [TargetSpec(schedule=broken), TargetSpec(schedule=rota), TargetSpec(user=carol)]
    assert [name for name, _ in names(targets)] == ["Alice", "Carol"]
    assert f"schedule {broken.pk} cannot be read" in caplog.text


def test_a_policy_is_found_by_the_schedule_it_pages(alice: User, rota: Schedule):
    spec = PolicySpec([StepSpec([TargetSpec(schedule=rota)])] * 2)
    policy = commands.create_policy(name="Loud", spec=spec, **ACTING)
    assert queries.policies_using_schedule(rota.pk) == ["Loud"]
    commands.save_policy(policy, paging(alice), by=SYSTEM, now=NOW + timedelta(hours=1))
    assert queries.policies_using_schedule(rota.pk) == []
