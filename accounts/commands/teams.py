"""Teams and who is in them. Every change of a team locks its row first."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import queries
from accounts.commands import fields
from accounts.commands.authority import require, require_governing, role_of
from accounts.commands.trace import trace_team
from accounts.domain.roles import Ability, may
from accounts.models import Membership, Team, TeamRole, User
from core.actor import Actor
from core.errors import Conflict, NotFound, ValidationFailed


def create_team(*, name: str, by: Actor, now: datetime, description: str = "") -> Team:
    """The creator becomes an owner. Raises Forbidden, ValidationFailed, Conflict (name taken)."""
    team = Team(name=fields.name(name), description=fields.text(description, field="description"))
    try:
        with transaction.atomic():
            require(by, Ability.EDIT_TEAM)
            team.save()
            if by.user_pk is not None:
                Membership.objects.create(team=team, user_id=by.user_pk, role=TeamRole.OWNER)
            trace_team("team.created", team, by, now)
    except IntegrityError as error:
        raise _name_taken(team) from error
    return team


def update_team(
    team: Team,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
) -> Team:
    """Changes what is given. Raises Forbidden, ValidationFailed, Conflict (name taken)."""
    wanted = {
        "name": None if name is None else fields.name(name),
        "description": None
        if description is None
        else fields.text(description, field="description"),
    }
    try:
        with transaction.atomic():
            require(by, Ability.EDIT_TEAM)
            locked = _lock(team)
            changes = {field: value for field, value in wanted.items() if value is not None}
            for field, value in changes.items():
                setattr(locked, field, value)
            locked.save(update_fields=list(changes))
            trace_team("team.updated", locked, by, now, **changes)
    except IntegrityError as error:
        raise _name_taken(Team(name=wanted["name"] or team.name)) from error
    return locked


def delete_team(team: Team, *, by: Actor, now: datetime) -> None:
    """People stay. Raises Forbidden, or Conflict while a policy or a service needs the team."""
    with transaction.atomic():
        require(by, Ability.DELETE_TEAM)
        locked = _lock(team)
        if users := queries.users_of_team(locked):
            verb = "needs" if len(users) == 1 else "need"
            words = ", ".join(users)
            raise Conflict(f"{words[:1].upper()}{words[1:]} {verb} this team; change that first")
        trace_team("team.deleted", locked, by, now)
        locked.delete()


def add_member(
    team: Team,
    user: User,
    role: str = TeamRole.MEMBER,
    *,
    by: Actor,
    now: datetime,
    receives_pages: bool = True,
) -> Membership:
    """Raises Forbidden (only owners add owners and team admins), or Conflict for a member."""
    wanted = fields.team_role(role)
    try:
        with transaction.atomic():
            locked = _lock(team)
            plain = wanted == TeamRole.MEMBER and receives_pages
            if not (plain and may(role_of(by), Ability.EDIT_TEAM)):
                require_governing(by, locked)
            membership = Membership.objects.create(
                team=locked, user=user, role=wanted, receives_pages=receives_pages
            )
            trace_team("team.member_added", locked, by, now, user=user.public_id, role=wanted)
    except IntegrityError as error:
        raise Conflict(f"{user.name} is in the team already", field="userId") from error
    return membership


def change_member(
    team: Team,
    user: User,
    *,
    by: Actor,
    now: datetime,
    role: str | None = None,
    receives_pages: bool | None = None,
) -> Membership:
    """Raises Forbidden, NotFound, or Conflict when the team would lose its last owner."""
    wanted = None if role is None else fields.team_role(role)
    with transaction.atomic():
        locked = _lock(team)
        require_governing(by, locked)
        membership = _membership(locked, user)
        if wanted and wanted != TeamRole.OWNER:
            _keep_an_owner(membership)
        membership.role = wanted or membership.role
        if receives_pages is not None:
            membership.receives_pages = receives_pages
        membership.save(update_fields=["role", "receives_pages"])
        shape = {"role": membership.role, "receives_pages": membership.receives_pages}
        trace_team("team.member_changed", locked, by, now, user=user.public_id, **shape)
    return membership


def remove_member(team: Team, user: User, *, by: Actor, now: datetime) -> None:
    """Everybody may leave; removing others is for owners and admins. A lead who goes is no lead.

    Raises Forbidden, NotFound, or Conflict when the team would lose its last owner.
    """
    with transaction.atomic():
        locked = _lock(team)
        if user.pk != by.user_pk:
            require_governing(by, locked)
        membership = _membership(locked, user)
        _keep_an_owner(membership)
        membership.delete()
        if locked.lead_id == user.pk:
            locked.lead = None
            locked.save(update_fields=["lead"])
        trace_team("team.member_removed", locked, by, now, user=user.public_id)


def set_lead(team: Team, user: User | None, *, by: Actor, now: datetime) -> Team:
    """The lead is one of the members, or nobody. Raises Forbidden, ValidationFailed."""
    with transaction.atomic():
        locked = _lock(team)
        require_governing(by, locked)
        if user is not None and not locked.memberships.filter(user=user).exists():
            raise ValidationFailed(f"{user.name} is not a member of the team", field="leadId")
        locked.lead = user
        locked.save(update_fields=["lead"])
        trace_team("team.lead_changed", locked, by, now, lead=user.public_id if user else None)
    return locked


def _lock(team: Team) -> Team:
    locked = Team.objects.select_for_update().filter(pk=team.pk).first()
    if locked is None:
        raise NotFound("The team does not exist any more")
    return locked


def _membership(team: Team, user: User) -> Membership:
    membership = team.memberships.filter(user=user).first()
    if membership is None:
        raise NotFound(f"{user.name} is not a member of the team")
    return membership


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != TeamRole.OWNER:
        return
    owners = Membership.objects.filter(team=membership.team, role=TeamRole.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise Conflict("This is the last owner of the team; make somebody else an owner first")


def _name_taken(team: Team) -> Conflict:
    return Conflict(f"A team named “{team.name}” exists already", field="name", reason="unique")
