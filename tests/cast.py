"""The cast of every story: alice owns the team Platform, bob is in it, carol is a stranger.

alice and bob are responders, carol is a user, root is the admin. `as_alice` … are browsers that
are signed in; `api(person, *scopes)` is a client of the JSON API with a key of that person.
"""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import update_last_login
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from rest_framework.test import APIClient

from accounts import commands, middleware
from accounts.domain.roles import SCOPES
from accounts.models import Membership, Role, Team, TeamRole, User, UserStatus
from core import clock, config
from core.actor import SYSTEM
from incidents import paging
from incidents import publishing as incident_publishing
from notifications import accounts as provider_accounts
from notifications import publishing as delivery_publishing

PASSWORD = "correct horse battery"


def make_person(name: str, role: str = Role.RESPONDER, status: str = UserStatus.ACTIVE) -> User:
    """A person with the password `PASSWORD`."""
    user = User(email=f"{name.lower()}@example.com", name=name.capitalize(), role=role)
    user.become(status)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Each test has its own database; what a process remembers of the last one is wrong."""
    forget_all()


def forget_all() -> None:
    middleware.forget()
    config.forget()
    provider_accounts.forget()
    for portion in (paging.PORTION, incident_publishing.PORTION, delivery_publishing.PORTION):
        portion.size = portion.most


@pytest.fixture
def root(db: None) -> User:
    return make_person("root", Role.ADMIN)


@pytest.fixture
def mail_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server is set up, so that who has an address can be reached."""
    monkeypatch.setenv("EMAIL_URL", "smtp://127.0.0.1:9")


@pytest.fixture
def alice(db: None) -> User:
    return make_person("alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_person("bob")


@pytest.fixture
def carol(db: None) -> User:
    return make_person("carol", Role.USER)


@pytest.fixture
def platform(alice: User, bob: User) -> Team:
    """The team Platform: alice owns it, bob is a member."""
    team = Team.objects.create(name="Platform")
    Membership.objects.create(team=team, user=alice, role=TeamRole.OWNER)
    Membership.objects.create(team=team, user=bob, role=TeamRole.MEMBER)
    return team


def browser_of(person: User) -> Client:
    """A browser that is signed in as the person, with what a sign-in leaves in the database.

    `force_login` comes to the same with three times as many statements.
    """
    session = SessionStore()
    session[auth.SESSION_KEY] = str(person.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    update_last_login(None, person)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def as_root(root: User) -> Client:
    return browser_of(root)


@pytest.fixture
def as_alice(alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return browser_of(bob)


@pytest.fixture
def as_carol(carol: User) -> Client:
    return browser_of(carol)


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """`api(alice, "teams:read")`; without scopes the key has all of them."""

    def client_of(person: User, *scopes: str) -> APIClient:
        _, secret = commands.create_api_key(
            person, name="test", scopes=scopes or SCOPES, by=SYSTEM, now=clock.now()
        )
        client = APIClient()
        client.default_format = "json"
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return client_of


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Runs the background jobs that wait in the queue, as a worker would; returns how many."""

    def run() -> int:
        rows = list(OrmQ.objects.order_by("id"))
        for row in rows:
            job = SignedPackage.loads(row.payload)
            import_string(job["func"])(*job["args"], **job["kwargs"])
            row.delete()
        return len(rows)

    return run
