"""What the actor of a command may do, read fresh inside its transaction."""

from accounts.domain import roles
from accounts.models import Membership, Role, Team, User
from core.actor import SYSTEM, Actor
from core.errors import Forbidden


def role_of(by: Actor) -> str:
    """The role of the active person behind `by`; the system acts as an admin.

    Raises Forbidden for machines without an owner and for people who are not active any more.
    """
    if by.type == SYSTEM.type:
        return Role.ADMIN
    person = User.objects.active().filter(pk=by.user_pk).first() if by.user_pk else None
    if person is None:
        raise Forbidden("Only an active person may do this")
    return person.role


def require(by: Actor, ability: roles.Ability, *, own: bool = False) -> None:
    """Raises Forbidden unless the table of roles allows it."""
    if not roles.may(role_of(by), ability, own=own):
        raise Forbidden(f"Your role may not {ability.value}")


def require_governing(by: Actor, team: Team) -> None:
    """Raises Forbidden unless `by` owns the team or is an admin."""
    own = Membership.objects.filter(team=team, user=by.user_pk)
    if not roles.may_govern(role_of(by), own.values_list("role", flat=True).first()):
        raise Forbidden("Only an owner of the team may do this")
