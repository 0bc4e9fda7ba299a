"""API keys: shown once, stored as a keyed hash, revoked for good."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.commands import fields
from accounts.commands.authority import require
from accounts.domain import roles
from accounts.models import ApiKey, User
from audit import commands as audit
from core.actor import SYSTEM, Actor
from core.crypto import key_hash
from core.errors import Forbidden, ValidationFailed

PREFIX = "ok_"
SHOWN = 8  # characters that stay visible, the prefix among them
LAST_USED_EVERY = timedelta(minutes=1)


def create_api_key(
    user: User,
    *,
    name: str,
    scopes: Iterable[str],
    by: Actor,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """The row and the secret ``ok_…``, which is not kept. Without scopes it may send events.

    Raises Forbidden for somebody else's key, ValidationFailed for a bad name or scope.
    """
    if by.user_pk != user.pk and by.type != SYSTEM.type:
        raise Forbidden("A key is made by the person who owns it")
    wanted = list(scopes) or roles.DEFAULT_SCOPES
    unknown = roles.unknown_scopes(wanted)
    if unknown:
        message = f"“{unknown[0]}” is not a scope"
        raise ValidationFailed(message, field="scopes", reason="invalid_choice")
    if expires_at is not None and expires_at <= now:
        raise ValidationFailed("The key would be expired already", field="expiresAt")
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            user=user,
            name=fields.name(name),
            prefix=secret[:SHOWN],
            key_hash=key_hash(secret),
            scopes=[scope for scope in roles.SCOPES if scope in wanted],
            expires_at=expires_at,
        )
        _trace("api_key.created", key, by, now)
    return key, secret


def revoke_api_key(key: ApiKey, *, by: Actor, now: datetime) -> ApiKey:
    """Ends the key. One's own, or anybody's for an admin; raises Forbidden."""
    with transaction.atomic():
        if key.user_id != by.user_pk:
            require(by, roles.Ability.MANAGE_PEOPLE)
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            _trace("api_key.revoked", key, by, now)
    key.refresh_from_db(fields=["revoked_at"])
    return key


def note_use(key: ApiKey, now: datetime) -> None:
    """Remembers the use, at most one write per minute however many requests come."""
    if key.last_used_at and now - key.last_used_at < LAST_USED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _trace(action: str, key: ApiKey, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="api_key",
        target_id=key.public_id,
        target_label=key.name,
        changes={"scopes": key.scopes, "prefix": key.prefix, "owner": key.user.public_id},
    )
