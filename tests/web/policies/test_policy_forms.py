"""Policies to write: steps by buttons, versions, two people at once, refusals by field."""

import pytest
from django.test import Client

from accounts import commands as accounts
from accounts.models import Team, User
from core import clock
from escalation import commands
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy, PolicyVersion
from schedules.models import Schedule
from services import commands as services
from tests.web.policies.conftest import (
    acting,
    filled_in,
    ladder,
    make_hours,
    policy_form,
    steps_of,
    to,
)
from tests.web.schedules.conftest import text_of

# Forms, words and drawings: what they read and save is proven on both by tests/escalation.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_policy_is_made_by_the_form(
    as_root: Client, root: User, alice: User, platform: Team, rota: Schedule
):
    form = policy_form(
        {"targets": [f"schedule:{rota.public_id}"], "wait": "7", "channels": ["EMAIL"]},
        {"targets": [f"lead:{platform.public_id}", f"team:{platform.public_id}", to(alice)]},
        repeat="forever",
        initial_delay_minutes="3",
        fallback=[root.public_id, ""],
    )
    answer = as_root.post("/policies/new/", form)
    policy = EscalationPolicy.objects.get()
    assert answer["Location"] == f"/policies/{policy.public_id}/"
    version = policy.current
    assert (version.repeat_count, version.initial_delay_minutes) == (None, 3)
    assert list(version.fallback_users.all()) == [root]
    first, second = version.steps.all()
    assert (first.escalate_after_minutes, first.channels) == (7, ["EMAIL"])
    assert [target.kind for target in first.targets.all()] == ["SCHEDULE"]
    assert [target.kind for target in second.targets.all()] == ["TEAM_LEAD", "TEAM", "USER"]


def test_an_edit_that_changes_nothing_makes_the_same_version_again(
    as_root: Client, root: User, alice: User, platform: Team, policy: EscalationPolicy
):
    lead = TargetSpec(team=platform, lead_only=True)
    turn = TargetSpec(team=platform, in_turn=True)
    office = make_hours()
    narrow = {"urgencies": ["MEDIUM", "LOW"], "priorities": ["P5", ""]}
    narrow |= {"hours": office, "inside_hours": False}
    spec = PolicySpec(
        [
            StepSpec([TargetSpec(user=alice), lead], 15, ["WEBHOOK"]),
            StepSpec([lead, turn], 0, **narrow),
        ],
        initial_delay_minutes=1,
        low_hours=office,
        repeat_count=2,
        fallback_users=[root, alice],
    )
    commands.save_policy(policy, spec, **acting())
    path = f"/policies/{policy.public_id}/edit/"
    as_root.post(path, filled_in(as_root.get(path).content.decode()))
    second, third = PolicyVersion.objects.filter(policy=policy, number__gte=2).order_by("number")
    assert said(third) == said(second)


def said(version: PolicyVersion) -> list:
    head = [version.repeat_count, version.initial_delay_minutes, version.low_hours_id]
    people = sorted(user.pk for user in version.fallback_users.all())
    steps = [
        [
            step.escalate_after_minutes,
            step.channels,
            step.condition,
            [
                (row.kind, row.user_id, row.team_id, row.schedule_id, row.rank)
                for row in step.targets.all()
            ],
        ]
        for step in version.steps.all()
    ]
    return [*head, people, steps]


def test_the_secondary_of_a_schedule_is_chosen_and_shown(
    as_root: Client, rota: Schedule, platform: Team
):
    page = as_root.get("/policies/new/").content.decode()
    assert "The secondary: next in the rotation of a schedule" in page
    step = {"targets": [f"schedule:{rota.public_id}", f"schedule:{rota.public_id}:2"]}
    as_root.post("/policies/new/", policy_form(step, team=platform.public_id))
    policy = EscalationPolicy.objects.get()
    assert policy.team == platform
    assert [target.rank for target in policy.current.steps.get().targets.all()] == [1, 2]
    assert "Primary secondary of Primary at once" in ladder(as_root, policy)
    path = f"/policies/{policy.public_id}/edit/"
    as_root.post(path, filled_in(as_root.get(path).content.decode()))
    policy.refresh_from_db()
    assert (policy.current.number, policy.team) == (2, platform)
    assert [target.rank for target in policy.current.steps.get().targets.all()] == [1, 2]


def test_steps_are_added_moved_and_removed_without_saving(as_root: Client, alice: User, bob: User):
    rows = [{"targets": [to(alice)], "wait": "5"}, {"targets": [to(bob)], "wait": "60"}]
    form = policy_form(*rows, name="Half typed", initial_delay_minutes="soon")

    def after(do: str) -> list[tuple[list[str], object]]:
        answer = as_root.post("/policies/new/", form | {"do": do})
        assert answer.status_code == 200
        page = answer.content.decode()
        assert 'value="Half typed"' in page and 'value="soon"' in page
        data = filled_in(page)
        count = int(str(data["steps-TOTAL_FORMS"]))
        return [
            (
                [value for value in data[f"steps-{index}-targets"] if value],
                data[f"steps-{index}-escalate_after_minutes"],
            )
            for index in range(count)
        ]

    a, b = [to(alice)], [to(bob)]
    assert after("steps:add:0") == [(a, "5"), (b, "60"), ([], "5")]
    assert after("steps:remove:0") == [(b, "60")]
    # The waits stay where they are.
    assert after("steps:up:1") == after("steps:down:0") == [(b, "5"), (a, "60")]
    assert after("steps:more:1") == after("nonsense:up:7") == [(a, "5"), (b, "60")]
    assert not EscalationPolicy.objects.exists()


@pytest.mark.parametrize(
    ("step", "head", "refusal"),
    [
        ({"targets": []}, {}, "Say whom this step pages, or remove the step"),
        ({"targets": ["user:usr_nobody"]}, {}, "Select a valid choice"),
        ({"wait": "1441"}, {}, "less than or equal to 1440"),
        ({"channels": ["IN_APP"]}, {}, "Select a valid choice"),
        ({}, {"initial_delay_minutes": "-1"}, "greater than or equal to 0"),
        ({}, {"repeat": "99"}, "Select a valid choice"),
        ({}, {"name": ""}, "This field is required"),
        ({}, {"name": "critical"}, "exists already"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_beside_the_field(
    step: dict, head: dict, refusal: str, as_root: Client, policy: EscalationPolicy, alice: User
):
    form = policy_form({"targets": [to(alice)]} | step, **{"name": "Another", **head})
    answer = as_root.post("/policies/new/", form)
    assert answer.status_code == 422
    assert refusal in answer.content.decode()
    assert EscalationPolicy.objects.count() == 1


def test_of_two_people_who_edit_the_second_loses_nothing(
    as_root: Client, alice: User, bob: User, policy: EscalationPolicy
):
    path = f"/policies/{policy.public_id}/edit/"
    commands.save_policy(policy, steps_of(bob), by=bob.as_actor("web"), now=clock.now())
    mine = policy_form({"targets": [to(alice)], "wait": "42"}, name="Mine", expected_version="1")
    refused = as_root.post(path, mine)
    page = refused.content.decode()
    assert refused.status_code == 409
    text = text_of(page)
    assert "You began with version 1; Bob saved version 2 just now" in text
    assert "It pages: Bob (5 min)" in text
    sent_again = filled_in(page)
    assert (sent_again["name"], sent_again["steps-0-escalate_after_minutes"]) == ("Mine", "42")
    assert EscalationPolicy.objects.get().name == "Critical"
    assert as_root.post(path, sent_again).status_code == 302
    policy.refresh_from_db()
    assert (policy.name, policy.current.number) == ("Mine", 3)


def test_a_version_that_is_not_named_is_never_written_over(
    as_root: Client, alice: User, policy: EscalationPolicy
):
    form = policy_form({"targets": [to(alice)]})
    assert as_root.post(f"/policies/{policy.public_id}/edit/", form).status_code == 409
    assert PolicyVersion.objects.count() == 1


def test_a_disabled_target_stays_choosable_until_it_is_taken_out(
    as_root: Client, root: User, alice: User, policy: EscalationPolicy
):
    accounts.disable(alice, by=root.as_actor("web"), now=clock.now())
    path = f"/policies/{policy.public_id}/edit/"
    page = as_root.get(path).content.decode()
    assert "Alice, disabled" in page
    assert as_root.post(path, filled_in(page)).status_code == 302
    assert policy.versions.count() == 2


def test_archiving_needs_the_name_and_no_service(as_root: Client, policy: EscalationPolicy):
    path = f"/policies/{policy.public_id}/archive/"
    service = services.create_service(name="Checkout", policy=policy, **acting())
    assert "1 service follows this policy" in text_of(as_root.get(path).content.decode())
    refused = as_root.post(path, {"name": "Critical"}, follow=True)
    assert "give them another one first" in refused.content.decode()
    services.archive_service(service, **acting())
    assert "not the name" in as_root.post(path, {"name": "critical"}).content.decode()
    as_root.post(path, {"name": "Critical"})
    assert as_root.get(f"/policies/{policy.public_id}/").status_code == 404
