"""Teams: owners, leads, and who may change what."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import commands
from accounts.models import Membership, Team, TeamRole, User
from audit.models import AuditEvent
from core import clock
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from tests.cast import browser_of

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def acting(person: User) -> dict:
    return {"by": person.as_actor("web"), "now": clock.now()}


def role_in(team: Team, person: User) -> str | None:
    rows = Membership.objects.filter(team=team, user=person)
    return rows.values_list("role", flat=True).first()


def test_the_creator_becomes_an_owner(alice: User):
    team = commands.create_team(name="  Payments ", **acting(alice))
    assert team.name == "Payments"
    assert role_in(team, alice) == TeamRole.OWNER
    assert AuditEvent.objects.get(action="team.created").target_id == team.public_id


def test_a_name_is_taken_whatever_its_case(alice: User, platform: Team):
    with pytest.raises(Conflict):
        commands.create_team(name="PLATFORM", **acting(alice))
    other = commands.create_team(name="Payments", **acting(alice))
    with pytest.raises(Conflict):
        commands.update_team(other, name="platform", **acting(alice))


def test_users_create_no_team(carol: User):
    with pytest.raises(Forbidden):
        commands.create_team(name="Mine", **acting(carol))


def test_every_responder_adds_members_but_only_owners_add_owners(
    bob: User, carol: User, root: User, platform: Team
):
    commands.add_member(platform, carol, **acting(bob))
    assert role_in(platform, carol) == TeamRole.MEMBER
    with pytest.raises(Forbidden):
        commands.add_member(platform, root, TeamRole.OWNER, **acting(bob))


def test_an_owner_governs_even_as_a_mere_user(carol: User, bob: User, root: User, platform: Team):
    commands.add_member(platform, carol, TeamRole.OWNER, **acting(root))
    commands.change_member(platform, bob, role=TeamRole.ADMIN, **acting(carol))
    commands.add_member(platform, root, **acting(carol))
    assert role_in(platform, bob) == TeamRole.ADMIN
    assert role_in(platform, root) == TeamRole.MEMBER


def test_nobody_is_in_a_team_twice(alice: User, bob: User, platform: Team):
    with pytest.raises(Conflict):
        commands.add_member(platform, bob, **acting(alice))


def test_the_last_owner_neither_leaves_nor_steps_down(alice: User, root: User, platform: Team):
    for by in (alice, root):
        with pytest.raises(Conflict):
            commands.remove_member(platform, alice, **acting(by))
        with pytest.raises(Conflict):
            commands.change_member(platform, alice, role=TeamRole.MEMBER, **acting(by))
    assert role_in(platform, alice) == TeamRole.OWNER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one(alice: User, bob: User, platform: Team, at_once):
    commands.change_member(platform, bob, role=TeamRole.OWNER, **acting(alice))
    people = [alice, bob]

    def leave() -> None:
        me = people.pop()
        commands.remove_member(platform, me, **acting(me))

    answers = at_once(2, leave)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert platform.memberships.filter(role=TeamRole.OWNER).count() == 1


def test_a_member_may_leave_but_not_remove_others(alice: User, bob: User, platform: Team):
    with pytest.raises(Forbidden):
        commands.remove_member(platform, alice, **acting(bob))
    commands.remove_member(platform, bob, **acting(bob))
    assert role_in(platform, bob) is None
    with pytest.raises(NotFound):
        commands.remove_member(platform, bob, **acting(alice))


def test_a_lead_who_goes_is_no_lead(alice: User, bob: User, platform: Team):
    commands.set_lead(platform, bob, **acting(alice))
    commands.remove_member(platform, bob, **acting(alice))
    platform.refresh_from_db()
    assert platform.lead is None


def test_the_lead_is_a_member(alice: User, carol: User, platform: Team):
    with pytest.raises(ValidationFailed):
        commands.set_lead(platform, carol, **acting(alice))


def test_whether_the_team_pages_somebody_is_for_owners(alice: User, bob: User, platform: Team):
    with pytest.raises(Forbidden):
        commands.change_member(platform, bob, receives_pages=False, **acting(bob))
    row = commands.change_member(platform, bob, receives_pages=False, **acting(alice))
    assert not row.receives_pages


def test_only_admins_delete_a_team_and_its_people_stay(alice: User, root: User, platform: Team):
    with pytest.raises(Forbidden):
        commands.delete_team(platform, **acting(alice))
    commands.delete_team(platform, **acting(root))
    assert not Team.objects.exists()
    assert User.objects.filter(pk=alice.pk).exists()
    assert AuditEvent.objects.filter(action="team.deleted").exists()


def test_the_empty_list_teaches_the_next_step(as_alice: Client, as_carol: Client):
    page = as_alice.get("/teams/").content.decode()
    assert "No teams yet" in page
    assert "/teams/new/" in page
    assert "/teams/new/" not in as_carol.get("/teams/").content.decode()


def test_a_team_is_made_and_edited_by_forms(as_alice: Client):
    made = as_alice.post("/teams/new/", {"name": "Payments", "description": "Money"}, follow=True)
    team = made.context["team"]
    assert "Payments" in made.content.decode()
    as_alice.post(f"/teams/{team.public_id}/edit/", {"name": "Billing", "description": ""})
    assert Team.objects.get().name == "Billing"
    page = as_alice.post("/teams/new/", {"name": "billing"})
    assert "exists already" in page.content.decode()


def test_an_owner_runs_the_team_from_its_page(
    as_alice: Client, bob: User, carol: User, platform: Team
):
    path = f"/teams/{platform.public_id}"
    as_alice.post(f"{path}/members/", {"user": carol.public_id, "role": "ADMIN"})
    as_alice.post(f"{path}/members/{bob.public_id}/", {"role": "OWNER"})
    as_alice.post(f"{path}/lead/", {"user": bob.public_id})
    platform.refresh_from_db()
    assert role_in(platform, carol) == TeamRole.ADMIN
    assert role_in(platform, bob) == TeamRole.OWNER
    assert not platform.memberships.get(user=bob).receives_pages
    assert platform.lead == bob
    as_alice.post(f"{path}/members/{carol.public_id}/remove/")
    assert role_in(platform, carol) is None


def test_a_stranger_who_posts_the_form_by_hand_is_refused(
    as_carol: Client, carol: User, platform: Team
):
    path = f"/teams/{platform.public_id}/members/"
    assert as_carol.post(path, {"user": carol.public_id}).status_code == 403
    assert role_in(platform, carol) is None


def test_a_member_sees_no_controls_of_owners(as_bob: Client, platform: Team):
    page = as_bob.get(f"/teams/{platform.public_id}/").content.decode()
    assert "Leave the team" in page
    assert "Remove from the team" not in page
    assert "/lead/" not in page


def test_deleting_needs_the_name(as_root: Client, platform: Team):
    path = f"/teams/{platform.public_id}/delete/"
    assert "not the name" in as_root.post(path, {"name": "platform"}).content.decode()
    assert Team.objects.exists()
    as_root.post(path, {"name": "Platform"})
    assert not Team.objects.exists()


def test_pages_need_few_queries(
    as_alice: Client, platform: Team, carol: User, django_assert_max_num_queries: Callable
):
    commands.add_member(
        platform, carol, by=platform.memberships.first().user.as_actor("web"), now=clock.now()
    )
    with django_assert_max_num_queries(12):
        as_alice.get(f"/teams/{platform.public_id}/")
    with django_assert_max_num_queries(12):
        as_alice.get("/people/")


def test_a_stranger_with_a_role_of_user_may_look(carol: User, platform: Team):
    page = browser_of(carol).get(f"/teams/{platform.public_id}/")
    assert page.status_code == 200
    assert "Add a member" not in page.content.decode()
