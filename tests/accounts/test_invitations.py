"""An invitation: mailed and shown, good once, for seven days."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django_q.models import OrmQ

from accounts import commands, queries
from accounts.models import Invitation, User, UserStatus
from audit.models import AuditEvent
from core import clock, config
from core.errors import Conflict, Forbidden, IllegalTransition, NotFound, ValidationFailed

pytestmark = [pytest.mark.once, pytest.mark.django_db]
WORDS = "correct horse battery staple"


def invite(root: User, email: str = "Nina@Example.com", **more) -> tuple[User, str]:
    values = {"name": "Nina", "role": "RESPONDER", "by": root.as_actor("web"), "now": clock.now()}
    return commands.invite(email=email, **(values | more))


def token_of(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[1]


def path_of(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)


def test_the_clocks_of_whoever_invites_are_offered(as_root: Client, root: User):
    User.objects.filter(pk=root.pk).update(time_zone="Asia/Tokyo")
    page = as_root.get("/people/invite/").content.decode()
    assert '<option value="Asia/Tokyo" selected>' in page


def test_the_link_is_shown_to_the_admin_and_mailed(
    as_root: Client, run_jobs: Callable, mailoutbox: list[EmailMessage]
):
    config.put("public_url", "https://pager.example.com")
    form = {"name": "Nina", "email": "nina@example.com", "role": "USER", "time_zone": "UTC"}
    page = as_root.post("/people/invite/", form, headers={"host": "pager.example.com"})
    url = page.context["url"]
    assert url.startswith("https://pager.example.com/invite/")
    assert url in page.content.decode()
    run_jobs()
    assert mailoutbox[0].to == ["nina@example.com"]
    assert url in mailoutbox[0].body
    assert url in mailoutbox[0].alternatives[0][0]


def test_the_token_is_kept_nowhere_in_clear(root: User):
    _, url = invite(root)
    token = token_of(url)
    assert token not in Invitation.objects.get().token_hash
    assert token.encode() not in OrmQ.objects.get().payload.encode()
    assert token not in str(list(AuditEvent.objects.values()))


def test_the_person_chooses_a_password_and_is_in(client: Client, root: User):
    nina, url = invite(root)
    assert client.get(path_of(url)).status_code == 200
    response = client.post(path_of(url), {"password": WORDS, "again": WORDS})
    assert response["Location"] == "/"
    assert client.get("/profile/").context["user"] == nina
    nina.refresh_from_db()
    assert nina.status == UserStatus.ACTIVE


def test_the_link_works_once(client: Client, root: User):
    _, url = invite(root)
    client.post(path_of(url), {"password": WORDS, "again": WORDS})
    assert Client().get(path_of(url)).status_code == 404
    with pytest.raises(NotFound):
        commands.accept_invitation(token_of(url), WORDS, now=clock.now())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_the_link_at_once_one_gets_in(root: User, at_once: Callable):
    _, url = invite(root)

    def accept() -> User:
        return commands.accept_invitation(token_of(url), WORDS, now=clock.now())

    answers = at_once(4, accept)
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert sum(isinstance(answer, NotFound) for answer in answers) == 3


def test_opening_the_link_changes_nothing(client: Client, root: User):
    nina, url = invite(root)
    for _ in range(3):
        assert client.get(path_of(url), headers={"user-agent": "MailScanner"}).status_code == 200
    nina.refresh_from_db()
    assert nina.status == UserStatus.INVITED


def test_the_link_ends_after_seven_days(root: User):
    _, url = invite(root)
    almost = clock.now() + timedelta(days=7, minutes=-1)
    assert queries.invitation_for(token_of(url), almost)
    assert queries.invitation_for(token_of(url), almost + timedelta(minutes=2)) is None


def test_a_new_link_replaces_the_old_one(as_root: Client, root: User):
    nina, url = invite(root)
    page = as_root.post(f"/people/{nina.public_id}/invitation/")
    assert queries.invitation_for(token_of(url), clock.now()) is None
    assert queries.invitation_for(token_of(page.context["url"]), clock.now())


def test_whoever_is_in_gets_no_new_link(root: User, alice: User):
    with pytest.raises(IllegalTransition):
        commands.renew_invitation(alice, by=root.as_actor("web"), now=clock.now())


def test_disabling_kills_the_link_for_good(root: User):
    nina, url = invite(root)
    commands.disable(nina, by=root.as_actor("web"), now=clock.now())
    commands.enable(nina, by=root.as_actor("web"), now=clock.now())
    nina.refresh_from_db()
    assert nina.status == UserStatus.INVITED
    assert queries.invitation_for(token_of(url), clock.now()) is None


@pytest.mark.parametrize("password", ["short", "password123", "1234567890123"])
def test_a_weak_password_is_refused(client: Client, root: User, password: str):
    _, url = invite(root)
    page = client.post(path_of(url), {"password": password, "again": password})
    assert page.context["form"].errors["password"]


def test_two_different_passwords_are_refused(client: Client, root: User):
    _, url = invite(root)
    page = client.post(path_of(url), {"password": WORDS, "again": WORDS + "!"})
    assert page.context["form"].errors["again"]


def test_nobody_is_invited_twice_whatever_the_case(root: User):
    invite(root)
    with pytest.raises(Conflict):
        invite(root, email="NINA@example.COM")


def test_only_admins_invite(alice: User):
    with pytest.raises(Forbidden):
        invite(alice)
    assert not User.objects.filter(email="nina@example.com").exists()


@pytest.mark.parametrize(
    "bad", [{"email": "nonsense"}, {"name": "\x00 \n"}, {"role": "KING"}, {"time_zone": "Mars/X"}]
)
def test_bad_values_are_named(root: User, bad: dict):
    with pytest.raises(ValidationFailed) as refusal:
        invite(root, **bad)
    assert refusal.value.field
