"""An admin helps somebody whom no mail reaches back in: a link to pass on, seen once."""

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts import commands
from accounts.models import User
from audit.models import AuditEvent
from core import clock
from core.errors import Conflict, Forbidden
from tests.accounts.test_password_reset import NEW, choose

pytestmark = [pytest.mark.once, pytest.mark.django_db]
LINK = re.compile(r"http[^\s\"<]+(/accounts/password/reset/key/[^\s\"<]+)")


def make(as_root: Client, who: User) -> str:
    page = as_root.post(f"/people/{who.public_id}/reset-link/").content.decode()
    return LINK.search(page)[1]


def test_the_link_sets_a_new_password_once(as_root: Client, alice: User):
    link = make(as_root, alice)
    assert choose(Client(), link).status_code == 302
    assert Client().login(email=alice.email, password=NEW)
    assert "used up" in choose(Client(), link, "a third password").content.decode()


def test_its_owner_is_told_and_it_is_on_record(
    as_root: Client, alice: User, run_jobs: Callable, mailoutbox: list[EmailMessage]
):
    link = make(as_root, alice)
    run_jobs()
    (mail,) = mailoutbox
    assert mail.to == [alice.email]
    assert mail.subject == "An administrator made a link that changes your password"
    event = AuditEvent.objects.get(action="user.reset_link_made")
    assert (event.actor_label, event.target_label) == ("Root", "Alice")
    assert link not in f"{mail.body}{event.changes}"


def test_it_dies_with_the_account(as_root: Client, root: User, alice: User):
    link = make(as_root, alice)
    commands.disable(alice, by=root.as_actor("web"), now=clock.now())
    assert "used up" in choose(Client(), link).content.decode()


@pytest.mark.parametrize("status", ["INVITED", "DISABLED"])
def test_nobody_gets_in_who_may_not(root: User, alice: User, status: str):
    User.objects.filter(pk=alice.pk).update(status=status, is_active=False)
    with pytest.raises(Conflict, match="may not sign in"):
        commands.make_reset_link(alice, by=root.as_actor("web"), now=clock.now())


def test_not_for_oneself_and_not_by_others(root: User, alice: User, bob: User):
    for who, by in ((root, root), (alice, bob)):
        with pytest.raises(Forbidden):
            commands.make_reset_link(who, by=by.as_actor("web"), now=clock.now())
    assert not AuditEvent.objects.filter(action="user.reset_link_made").exists()


def test_the_page_of_a_person_offers_it(as_root: Client, root: User, alice: User):
    assert "Make a reset link" in as_root.get(f"/people/{alice.public_id}/").content.decode()
    assert "Make a reset link" not in as_root.get(f"/people/{root.public_id}/").content.decode()
