"""Nobody and no team leaves a policy unnoticed: a team that is needed stays, a person is missed."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import commands as accounts
from accounts import queries
from accounts.models import Membership, Team, User, UserStatus
from core import clock, config
from core.actor import SYSTEM
from core.errors import Conflict
from escalation import commands
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from schedules import commands as schedules
from services import commands as services

pytestmark = pytest.mark.django_db

Policy = Callable[..., object]


def to(**named: object) -> StepSpec:
    """A step that pages one target."""
    return StepSpec([TargetSpec(**named)])


@pytest.fixture
def policy() -> Policy:
    """`policy(to(user=alice), fallback=[bob])`: a policy named Critical."""

    def make(*steps: StepSpec, fallback: tuple[User, ...] = (), name: str = "Critical"):
        spec = PolicySpec(steps, fallback_users=fallback)
        return commands.create_policy(name=name, spec=spec, by=SYSTEM, now=clock.now())

    return make


class TestTeam:
    def delete(self, team: Team) -> None:
        accounts.delete_team(team, by=SYSTEM, now=clock.now())

    @pytest.mark.parametrize("lead_only", [False, True])
    def test_one_that_a_policy_pages_stays(self, policy: Policy, platform: Team, lead_only: bool):
        policy(to(team=platform, lead_only=lead_only))
        with pytest.raises(Conflict, match="The policy “Critical” needs this team"):
            self.delete(platform)
        assert Team.objects.exists()

    def test_one_that_owns_services_stays(self, platform: Team):
        for name in ("Checkout", "Basket"):
            services.create_service(name=name, team=platform, by=SYSTEM, now=clock.now())
        with pytest.raises(Conflict, match="The service “Basket”, the service “Checkout” need"):
            self.delete(platform)

    def test_what_is_archived_or_overtaken_needs_no_team(self, policy: Policy, platform: Team, bob):
        archived = policy(to(team=platform), name="Old")
        commands.archive_policy(archived, by=SYSTEM, now=clock.now())
        changed = policy(to(team=platform))
        spec = PolicySpec([to(user=bob)])
        commands.save_policy(changed, spec, by=SYSTEM, now=clock.now())
        service = services.create_service(name="Old", team=platform, by=SYSTEM, now=clock.now())
        services.archive_service(service, by=SYSTEM, now=clock.now())
        self.delete(platform)
        assert not Team.objects.exists()

    def test_the_api_answers_409_and_names_the_user(
        self, api: Callable, root: User, policy: Policy, platform: Team
    ):
        policy(to(team=platform))
        answer = api(root).delete(f"/api/teams/{platform.public_id}")
        assert answer.status_code == 409
        assert answer.json()["error"] == {
            "code": "CONFLICT",
            "message": "The policy “Critical” needs this team; change that first",
        }

    def test_the_page_names_the_user_and_has_no_button(
        self, as_root: Client, policy: Policy, platform: Team
    ):
        policy(to(team=platform))
        path = f"/teams/{platform.public_id}/delete/"
        page = as_root.get(path).content.decode()
        assert "The policy “Critical”" in page
        assert "Delete the team" not in page
        refused = as_root.post(path, {"name": "Platform"}, follow=True)
        assert "needs this team" in refused.content.decode()
        assert Team.objects.exists()


class TestPerson:
    def test_one_whom_nothing_names_is_not_missed(self, policy: Policy, alice: User, bob: User):
        policy(to(user=alice))
        assert queries.lost_without(bob) == []

    def test_the_only_target_of_a_step_is_missed(self, policy: Policy, alice: User, bob: User):
        policy(to(user=alice), to(user=bob))
        assert queries.lost_without(bob) == ["Step 2 of the policy “Critical” will page nobody"]

    def test_others_in_the_step_are_enough_unless_they_are_disabled(
        self, policy: Policy, alice: User, bob: User
    ):
        policy(StepSpec([TargetSpec(user=alice), TargetSpec(user=bob)]))
        assert queries.lost_without(bob) == []
        accounts.disable(alice, by=SYSTEM, now=clock.now())
        assert queries.lost_without(bob) == ["Step 1 of the policy “Critical” will page nobody"]

    def test_a_schedule_in_the_step_counts_as_somebody(self, policy: Policy, bob: User):
        rota = schedules.create_schedule(name="Rota", time_zone="UTC", by=SYSTEM, now=clock.now())
        policy(StepSpec([TargetSpec(user=bob), TargetSpec(schedule=rota)]))
        assert queries.lost_without(bob) == []

    def test_the_last_who_is_paged_with_a_team_is_missed(
        self, policy: Policy, alice: User, bob: User, carol: User, platform: Team
    ):
        policy(StepSpec([TargetSpec(team=platform), TargetSpec(user=carol)]))
        assert queries.lost_without(bob) == []
        Membership.objects.filter(user=alice).update(receives_pages=False)
        assert queries.lost_without(bob) == [
            "The team “Platform”, which the policy “Critical” pages, will have nobody to page"
        ]
        assert queries.lost_without(alice) == []

    def test_the_lead_is_missed_where_the_lead_is_paged(
        self, policy: Policy, alice: User, bob: User, platform: Team
    ):
        policy(to(team=platform, lead_only=True))
        accounts.set_lead(platform, alice, by=SYSTEM, now=clock.now())
        assert queries.lost_without(alice) == ["Step 1 of the policy “Critical” will page nobody"]
        Membership.objects.filter(user=alice).update(receives_pages=False)
        assert queries.lost_without(alice) == []  # is not paged as it is
        assert queries.lost_without(bob) == []

    def test_a_fallback_contact_is_missed(self, policy: Policy, alice: User, bob: User, carol):
        policy(to(user=carol), fallback=(alice, bob))
        config.put("fallback_users", [bob.pk])
        assert queries.lost_without(bob) == [
            "The policy “Critical” will lose one of its fallback contacts",
            "The installation will lose its only fallback contact",
        ]

    def test_an_archived_policy_misses_nobody(self, policy: Policy, bob: User):
        made = policy(to(user=bob), fallback=(bob,))
        commands.archive_policy(made, by=SYSTEM, now=clock.now())
        assert queries.lost_without(bob) == []

    def test_who_is_disabled_already_is_not_missed_again(self, policy: Policy, bob: User):
        policy(to(user=bob), fallback=(bob,))
        accounts.disable(bob, by=SYSTEM, now=clock.now())
        bob.refresh_from_db()
        assert queries.lost_without(bob) == []

    def test_the_page_warns_before_it_disables(self, as_root: Client, policy: Policy, bob: User):
        policy(to(user=bob))
        path = f"/people/{bob.public_id}/disable/"
        page = as_root.get(path).content.decode()
        assert "Step 1 of the policy “Critical” will page nobody." in page
        bob.refresh_from_db()
        assert bob.status == UserStatus.ACTIVE
        as_root.post(path)
        bob.refresh_from_db()
        assert bob.status == UserStatus.DISABLED

    def test_the_api_warns_with_the_answer(
        self, api: Callable, root: User, policy: Policy, bob: User
    ):
        policy(to(user=bob))
        client, path = api(root), f"/api/users/{bob.public_id}"
        assert client.patch(path, {"name": "Bert"}).json()["warnings"] == []
        body = client.patch(path, {"status": "DISABLED"}).json()
        assert body["warnings"] == ["Step 1 of the policy “Critical” will page nobody"]
        assert client.patch(path, {"status": "ACTIVE"}).json()["warnings"] == []
