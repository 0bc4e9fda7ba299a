"""Roles and status of people, and the last admin who cannot go."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import commands
from accounts.models import Role, User, UserStatus
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Forbidden, ValidationFailed
from tests.cast import make_person

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def acting(person: User) -> dict:
    return {"by": person.as_actor("web"), "now": clock.now()}


def test_an_admin_changes_a_role_and_it_is_written_down(root: User, bob: User):
    assert commands.set_role(bob, Role.USER, **acting(root)).role == Role.USER
    event = AuditEvent.objects.get(action="user.role_changed")
    assert event.changes == {"role": ["RESPONDER", "USER"]}
    assert (event.actor_id, event.target_id) == (root.public_id, bob.public_id)


@pytest.mark.parametrize("verb", [commands.disable, commands.enable])
def test_only_admins_change_the_status(verb: Callable, alice: User, bob: User):
    with pytest.raises(Forbidden):
        verb(bob, **acting(alice))


def test_nobody_changes_the_own_role_or_disables_himself(root: User):
    make_person("rita", Role.ADMIN)
    with pytest.raises(Forbidden):
        commands.set_role(root, Role.USER, **acting(root))
    with pytest.raises(Forbidden):
        commands.disable(root, **acting(root))


def test_the_last_active_admin_stays(root: User):
    make_person("dora", Role.ADMIN, UserStatus.DISABLED)
    system = {"by": SYSTEM, "now": clock.now()}
    with pytest.raises(Conflict):
        commands.set_role(root, Role.USER, **system)
    with pytest.raises(Conflict):
        commands.disable(root, **system)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_disable_each_other_at_once_leave_one(root: User, at_once: Callable):
    rita = make_person("rita", Role.ADMIN)
    pairs = [(root, rita), (rita, root)]

    def disable() -> User:
        by, whom = pairs.pop()
        return commands.disable(whom, **acting(by))

    answers = at_once(2, disable)
    assert User.objects.active().filter(role=Role.ADMIN).count() == 1
    assert sum(isinstance(answer, Forbidden) for answer in answers) == 1


def test_an_actor_who_was_disabled_meanwhile_may_do_nothing(root: User, bob: User):
    rita = make_person("rita", Role.ADMIN)
    commands.disable(rita, **acting(root))
    with pytest.raises(Forbidden):
        commands.set_role(bob, Role.ADMIN, **acting(rita))


def test_a_machine_is_nobody(bob: User):
    prometheus = Actor("integration", label="Prometheus")
    with pytest.raises(Forbidden):
        commands.disable(bob, by=prometheus, now=clock.now())


def test_a_disabled_person_keeps_history_and_comes_back(root: User, bob: User):
    commands.disable(bob, **acting(root))
    assert commands.disable(bob, **acting(root)).status == UserStatus.DISABLED
    assert commands.enable(bob, **acting(root)).status == UserStatus.ACTIVE
    assert AuditEvent.objects.filter(target_id=bob.public_id).count() == 2


def test_names_are_one_clean_line(alice: User):
    changed = commands.update_profile(alice, name="  Zoë\n\x00 Z.\t", **acting(alice))
    assert changed.name == "Zoë Z."


def test_somebody_elses_profile_is_for_admins(alice: User, bob: User, root: User):
    with pytest.raises(Forbidden):
        commands.update_profile(bob, name="Bert", **acting(alice))
    assert commands.update_profile(bob, name="Bert", **acting(root)).name == "Bert"


def test_an_unknown_zone_is_refused(alice: User):
    with pytest.raises(ValidationFailed):
        commands.update_profile(alice, time_zone="Mars/Olympus", **acting(alice))


def test_the_profile_page_saves_and_times_follow_the_zone(as_alice: Client, alice: User):
    form = {"name": "Alice A.", "time_zone": "Asia/Tokyo", "theme": "dark"}
    assert as_alice.post("/profile/", form).status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.theme) == ("Alice A.", "Asia/Tokyo", "dark")
    assert "JST" in as_alice.get(f"/people/{alice.public_id}/").content.decode()


def test_a_zone_that_the_form_does_not_offer_is_kept(as_alice: Client, alice: User):
    User.objects.filter(pk=alice.pk).update(time_zone="US/Eastern")
    page = as_alice.get("/profile/")
    assert '<option value="US/Eastern" selected>' in page.content.decode()


def test_the_list_finds_people_by_name_and_status(as_carol: Client, alice: User, bob: User):
    make_person("dora", status=UserStatus.DISABLED)
    assert "Alice" in as_carol.get("/people/?q=ALI").content.decode()
    found = as_carol.get("/people/?status=DISABLED").context["page"].object_list
    assert [person.name for person in found] == ["Dora"]
    assert "Nobody matches" in as_carol.get("/people/?q=zzz").content.decode()


def test_the_admin_pages_act_and_say_so(as_root: Client, bob: User):
    path = f"/people/{bob.public_id}"
    as_root.post(f"{path}/role/", {"role": "USER"})
    as_root.post(f"{path}/edit/", {"name": "Bert", "time_zone": "UTC"})
    page = as_root.post(f"{path}/disable/", follow=True)
    assert "is disabled and signed out everywhere" in page.content.decode()
    bob.refresh_from_db()
    assert (bob.role, bob.name, bob.status) == (Role.USER, "Bert", UserStatus.DISABLED)
    as_root.post(f"{path}/enable/")
    bob.refresh_from_db()
    assert bob.is_active


def test_a_refused_change_is_told_on_the_page(as_root: Client, bob: User):
    page = as_root.post(f"/people/{bob.public_id}/role/", {"role": "KING"}, follow=True)
    assert "Role is one of" in page.content.decode()
