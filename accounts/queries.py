"""Readers of people, teams, API keys and invitations."""

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.module_loading import import_string

from accounts.domain import roles
from accounts.models import ApiKey, Invitation, Membership, Team, User, UserStatus
from core.crypto import key_hash

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def any_user() -> bool:
    """Whether the installation is set up."""
    return User.objects.exists()


def api_key_for(secret: str, now: datetime) -> ApiKey | None:
    """The live key of an active owner, with the owner, in one query; else None."""
    return (
        ApiKey.objects.select_related("user")
        .filter(key_hash=key_hash(secret), revoked_at=None, user__status=UserStatus.ACTIVE)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )


def invitation_for(token: str, now: datetime) -> Invitation | None:
    """The open invitation of a link, with the person; None when used, expired or overtaken."""
    return (
        Invitation.objects.select_related("user")
        .filter(token_hash=key_hash(token), used_at=None, expires_at__gt=now)
        .filter(user__status=UserStatus.INVITED)
        .first()
    )


def visible_users(viewer: User) -> QuerySet[User]:
    """The people a signed-in person may see: everybody, because an installation is one
    organisation."""
    return User.objects.all() if viewer.is_active else User.objects.none()


def find_users(viewer: User, *, text: str = "", role: str = "", status: str = "") -> QuerySet[User]:
    """Those seen by `viewer` whose name or address contains `text`, with their teams."""
    rows = visible_users(viewer).prefetch_related("teams")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if role:
        rows = rows.filter(role=role)
    return rows.filter(status=status) if status else rows


def with_second_factor(rows: QuerySet[User]) -> QuerySet[User]:
    """Each person with `second_factor`: does signing in take more than the password?"""
    own = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    return rows.annotate(second_factor=Exists(own))


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()


def whose_reach_is_seen_by(viewer: User) -> QuerySet[User]:
    """People who may be paged and of whom `viewer` may see whether they can be: all, or oneself
    and the teams that one leads."""
    rows = User.objects.pageable()
    if roles.may(viewer.role, roles.Ability.VIEW_REACH):
        return rows
    led = Membership.objects.filter(team__lead=viewer).values("user")
    return rows.filter(Q(pk=viewer.pk) | Q(pk__in=led))


def visible_teams(viewer: User) -> QuerySet[Team]:
    """The teams a signed-in person may see: all."""
    return Team.objects.all() if viewer.is_active else Team.objects.none()


def teams_with_people(viewer: User) -> QuerySet[Team]:
    """Teams with lead, members (role and person) and their number."""
    members = Membership.objects.select_related("user").order_by("user__name", "id")
    return (
        visible_teams(viewer)
        .select_related("lead")
        .annotate(size=Count("memberships"))
        .order_by("name", "id")
        .prefetch_related(Prefetch("memberships", queryset=members))
    )


def team_role(viewer: User, team: Team) -> str | None:
    """The viewer's role in the team, or None for a stranger."""
    own = Membership.objects.filter(team=team, user=viewer)
    return own.values_list("role", flat=True).first()


def api_keys_of(user: User) -> QuerySet[ApiKey]:
    """The person's keys, live ones first."""
    return ApiKey.objects.filter(user=user).order_by(F("revoked_at").desc(nulls_first=True), "-id")


def invitation_expires_at(user: User, now: datetime) -> datetime | None:
    """Until when the person's newest link works."""
    open_links = user.invitations.filter(used_at=None, expires_at__gt=now)
    return open_links.order_by("-expires_at").values_list("expires_at", flat=True).first()


def users_of_team(team: Team) -> list[str]:
    """Names of what needs the team; asked upwards, through wiring."""
    return _asked(settings.TEAM_USERS, team.pk)


def lost_without(user: User) -> list[str]:
    """Sentences: what would reach nobody if the person were disabled; asked upwards, as above."""
    return _asked(settings.PERSON_DUTIES, user.pk)


def _asked(paths: Iterable[str], subject: int) -> list[str]:
    return [words for path in paths for words in import_string(path)(subject)]


def teams_of(user_public_id: str) -> QuerySet[Team]:
    """The teams a person is in."""
    return Team.objects.filter(memberships__user__public_id=user_public_id)
