"""API keys: shown once, hashed, as strong as their owner."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import commands, queries
from accounts.models import ApiKey, User
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM
from core.errors import Forbidden, ValidationFailed

pytestmark = pytest.mark.django_db


def make(person: User, *scopes: str, **more) -> tuple[ApiKey, str]:
    values = {"name": "Terraform", "scopes": scopes, "by": SYSTEM, "now": clock.now()}
    return commands.create_api_key(person, **(values | more))


def test_the_page_shows_the_key_once_and_the_table_never(as_alice: Client, alice: User):
    page = as_alice.post("/profile/keys/", {"name": "CI", "scopes": ["teams:read"]})
    secret = page.context["secret"]
    assert secret.startswith("ok_")
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert secret not in as_alice.get("/profile/keys/").content.decode()
    key = ApiKey.objects.get()
    assert key.scopes == ["teams:read"]
    assert secret not in (key.key_hash, key.prefix)
    assert secret not in str(list(AuditEvent.objects.values()))


def test_without_scopes_a_key_may_send_events(alice: User):
    assert make(alice)[0].scopes == ["events:write"]


def test_an_unknown_scope_is_refused(alice: User):
    with pytest.raises(ValidationFailed):
        make(alice, "everything")


def test_nobody_makes_a_key_for_somebody_else(root: User, alice: User):
    with pytest.raises(Forbidden):
        make(alice, "teams:read", by=root.as_actor("web"))


def test_the_key_is_found_in_one_query(alice: User, django_assert_num_queries: Callable):
    _, secret = make(alice, "teams:read")
    with django_assert_num_queries(1):
        key = queries.api_key_for(secret, clock.now())
        assert key.user.email == alice.email


def test_revoked_expired_and_orphaned_keys_fail(alice: User, root: User):
    now = clock.now()
    key, secret = make(alice, expires_at=now + timedelta(days=1))
    assert queries.api_key_for(secret, now)
    assert queries.api_key_for(secret, now + timedelta(days=1)) is None
    commands.disable(alice, by=root.as_actor("web"), now=now)
    assert queries.api_key_for(secret, now) is None
    commands.enable(alice, by=root.as_actor("web"), now=now)
    commands.revoke_api_key(key, by=alice.as_actor("web"), now=now)
    assert queries.api_key_for(secret, now) is None


def test_a_key_is_revoked_by_its_owner_or_an_admin(alice: User, bob: User, root: User):
    key, _ = make(alice)
    with pytest.raises(Forbidden):
        commands.revoke_api_key(key, by=bob.as_actor("web"), now=clock.now())
    assert commands.revoke_api_key(key, by=root.as_actor("web"), now=clock.now()).revoked_at


def test_somebody_elses_key_cannot_be_revoked_from_the_page(as_bob: Client, alice: User):
    key, _ = make(alice)
    assert as_bob.post(f"/profile/keys/{key.public_id}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_the_page_revokes(as_alice: Client, alice: User):
    key, secret = make(alice)
    page = as_alice.post(f"/profile/keys/{key.public_id}/revoke/", follow=True)
    assert "Revoked" in page.content.decode()
    assert queries.api_key_for(secret, clock.now()) is None


def test_use_is_noted_at_most_once_a_minute(alice: User, django_assert_num_queries: Callable):
    key, _ = make(alice)
    now = clock.now()
    commands.note_use(key, now)
    key.refresh_from_db()
    assert key.last_used_at == now
    with django_assert_num_queries(0):
        commands.note_use(key, now + timedelta(seconds=59))
    commands.note_use(key, now + timedelta(seconds=60))
    key.refresh_from_db()
    assert key.last_used_at == now + timedelta(seconds=60)


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_AUTHORIZATION": "Bearer {}"},
        {"HTTP_AUTHORIZATION": "bearer {}"},
        {"HTTP_AUTHORIZATION": "Api-Key {}"},
        {"HTTP_X_API_KEY": "{}"},
    ],
)
def test_every_documented_way_to_send_a_key_works(alice: User, header: dict[str, str]):
    _, secret = make(alice, "teams:read")
    client = APIClient()
    sent = {name: value.format(secret) for name, value in header.items()}
    assert client.get("/api/teams", **sent).status_code == 200


def test_a_key_in_the_query_is_no_key(alice: User):
    _, secret = make(alice, "teams:read")
    assert APIClient().get(f"/api/teams?api_key={secret}").status_code == 401


def test_a_session_is_no_key(as_alice: Client):
    assert as_alice.get("/api/teams").status_code == 401
