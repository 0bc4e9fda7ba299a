"""What happens to a person: role, status, profile, sessions, password."""

from datetime import datetime

from django.db import transaction

from accounts.commands import fields
from accounts.commands.authority import require
from accounts.commands.second_factor import tell_owner
from accounts.commands.trace import trace_user
from accounts.domain.roles import Ability
from accounts.models import Role, User, UserStatus
from core.actor import Actor
from core.errors import Conflict, Forbidden

THEMES = ("", "light", "dark")  # "" follows the system


def set_role(user: User, role: str, *, by: Actor, now: datetime) -> User:
    """Ends the person's sessions, so that none keeps what the old role showed.

    Raises Forbidden (also for one's own role), or Conflict when no active admin would be left.
    """
    wanted = fields.role(role)
    with transaction.atomic():
        locked = _lock(user, by)
        if locked.pk == by.user_pk:
            raise Forbidden("You cannot change your own role; another admin can")
        if locked.role == wanted:
            return locked
        if wanted != Role.ADMIN:
            _keep_an_admin(locked)
        before, locked.role = locked.role, wanted
        locked.session_version += 1
        locked.save(update_fields=["role", "session_version"])
        trace_user("user.role_changed", locked, by, now, role=[before, wanted])
    return locked


def disable(user: User, *, by: Actor, now: datetime) -> User:
    """Ends sessions, API keys, invitations and pages of the person at once; keeps the history.

    Raises Forbidden (also for oneself), or Conflict when no active admin would be left.
    """
    with transaction.atomic():
        locked = _lock(user, by)
        if locked.pk == by.user_pk:
            raise Forbidden("You cannot disable yourself; another admin can")
        if locked.status == UserStatus.DISABLED:
            return locked
        _keep_an_admin(locked)
        locked.become(UserStatus.DISABLED)
        locked.session_version += 1
        locked.save(update_fields=["status", "is_active", "session_version"])
        locked.invitations.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
        trace_user("user.disabled", locked, by, now)
    return locked


def enable(user: User, *, by: Actor, now: datetime) -> User:
    """Active again, or invited when the person never chose a password. Raises Forbidden."""
    with transaction.atomic():
        locked = _lock(user, by)
        if locked.status != UserStatus.DISABLED:
            return locked
        known = locked.has_usable_password()
        locked.become(UserStatus.ACTIVE if known else UserStatus.INVITED)
        locked.save(update_fields=["status", "is_active"])
        trace_user("user.enabled", locked, by, now, status=locked.status)
    return locked


def update_profile(
    user: User,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    time_zone: str | None = None,
    theme: str | None = None,
    language: str | None = None,
) -> User:
    """Changes what is given. One's own, or anybody's for an admin; raises Forbidden."""
    wanted = {
        "name": None if name is None else fields.name(name),
        "time_zone": None if time_zone is None else fields.time_zone(time_zone),
        "theme": theme if theme in THEMES else None,
        "language": None if language is None else fields.language(language),
    }
    with transaction.atomic():
        if user.pk != by.user_pk:
            require(by, Ability.MANAGE_PEOPLE)
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        changes = {
            field: [getattr(locked, field), value]
            for field, value in wanted.items()
            if value is not None and getattr(locked, field) != value
        }
        for field, (_, value) in changes.items():
            setattr(locked, field, value)
        if changes:
            locked.save(update_fields=list(changes))
            trace_user("user.updated", locked, by, now, **changes)
    return locked


def end_sessions(user: User, *, by: Actor, now: datetime) -> User:
    """Signs the person out everywhere. One's own, or anybody's for an admin; raises Forbidden."""
    with transaction.atomic():
        if user.pk != by.user_pk:
            require(by, Ability.MANAGE_PEOPLE)
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        locked.session_version += 1
        locked.save(update_fields=["session_version"])
        trace_user("user.sessions_ended", locked, by, now)
    return locked


def set_password(user: User, password: str, *, by: Actor, now: datetime) -> User:
    """Ends all other sessions, because the password is part of what a session proves.

    The person is told by mail: whoever did not do it must hear of it.
    """
    user.set_password(password)
    user.must_change_password = False
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password"])
        tell_owner(user, "password_changed", by=by, now=now)
    return user


def note_sign_in(user: User, *, by: Actor, now: datetime) -> None:
    """Signing in changes nothing but the record of it."""
    trace_user("user.signed_in", user, by, now)


def _lock(user: User, by: Actor) -> User:
    """The person's row. All active admins are locked first, in order: two admins who demote each
    other at the same moment wait for one another here, and the second is an admin no more. Rows
    that only name these people, and pages among them, need not wait (`no_key`)."""
    rows = User.objects.select_for_update(no_key=True)
    list(rows.filter(role=Role.ADMIN, is_active=True).order_by("pk"))
    require(by, Ability.MANAGE_PEOPLE)
    return rows.get(pk=user.pk)


def _keep_an_admin(user: User) -> None:
    others = User.objects.active().filter(role=Role.ADMIN).exclude(pk=user.pk)
    if user.is_admin and not others.exists():
        raise Conflict("This is the last active admin; make somebody else an admin first")
