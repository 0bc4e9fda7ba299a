"""Who may do what: one table for pages, API and commands. Pure; roles are compared as text."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role of a person in the installation."""

    ADMIN = "ADMIN"
    RESPONDER = "RESPONDER"
    USER = "USER"


class TeamRole(StrEnum):
    """The role of a person in a team."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"


class Grant(StrEnum):
    """How far a permission reaches: nowhere, to one's own, everywhere."""

    NO = "no"
    OWN = "own"
    ALL = "all"


class Ability(StrEnum):
    """Something a person may or may not do. The comment says what "own" means for it."""

    VIEW_CATALOGUE = "view services, teams, people and figures"
    VIEW_INCIDENT = "view an incident"  # own: assigned to me, or of a service of my team
    ACT_ON_INCIDENT = "act on an incident"  # own: as above
    CREATE_INCIDENT = "create an incident"  # own: for a service of my team
    ANNOTATE_INCIDENT = "add notes and tags"
    DELETE_INCIDENT = "delete an incident"
    CREATE_SERVICE = "create a service"
    EDIT_SERVICE = "edit a service and its integrations"  # own: of my team
    DELETE_SERVICE = "delete a service"
    VIEW_SCHEDULE = "view a schedule"  # own: I am on it
    EDIT_SCHEDULE = "edit schedules and overrides"
    VIEW_REACH = "see whether people can be paged"  # own: mine, and that of a team I lead
    VIEW_POLICY = "view escalation policies"
    EDIT_POLICY = "edit escalation policies"
    EDIT_TEAM = "create and edit a team, add members"
    GOVERN_TEAM = "set team roles, remove members"  # own: I am an owner of it
    DELETE_TEAM = "delete a team"
    MANAGE_PEOPLE = "invite people, set roles, disable"
    EDIT_POSTMORTEM = "write postmortems"
    EXPORT = "export data"
    MANAGE_SETTINGS = "change the installation's settings"
    READ_AUDIT = "read the audit log"


@dataclass(frozen=True, slots=True)
class Rule:
    """The reach of one ability per role; an admin may do everything."""

    user: Grant
    responder: Grant


_NO, _OWN, _ALL = Grant.NO, Grant.OWN, Grant.ALL
RULES: dict[Ability, Rule] = {
    Ability.VIEW_CATALOGUE: Rule(user=_ALL, responder=_ALL),
    Ability.VIEW_INCIDENT: Rule(user=_OWN, responder=_ALL),
    Ability.ACT_ON_INCIDENT: Rule(user=_OWN, responder=_ALL),
    Ability.CREATE_INCIDENT: Rule(user=_OWN, responder=_ALL),
    Ability.ANNOTATE_INCIDENT: Rule(user=_NO, responder=_ALL),
    Ability.DELETE_INCIDENT: Rule(user=_NO, responder=_NO),
    Ability.CREATE_SERVICE: Rule(user=_NO, responder=_ALL),
    Ability.EDIT_SERVICE: Rule(user=_OWN, responder=_ALL),
    Ability.DELETE_SERVICE: Rule(user=_NO, responder=_NO),
    Ability.VIEW_SCHEDULE: Rule(user=_OWN, responder=_ALL),
    Ability.EDIT_SCHEDULE: Rule(user=_NO, responder=_ALL),
    Ability.VIEW_REACH: Rule(user=_OWN, responder=_ALL),
    Ability.VIEW_POLICY: Rule(user=_ALL, responder=_ALL),
    Ability.EDIT_POLICY: Rule(user=_NO, responder=_NO),
    Ability.EDIT_TEAM: Rule(user=_NO, responder=_ALL),
    Ability.GOVERN_TEAM: Rule(user=_OWN, responder=_OWN),
    Ability.DELETE_TEAM: Rule(user=_NO, responder=_NO),
    Ability.MANAGE_PEOPLE: Rule(user=_NO, responder=_NO),
    Ability.EDIT_POSTMORTEM: Rule(user=_NO, responder=_ALL),
    Ability.EXPORT: Rule(user=_NO, responder=_ALL),
    Ability.MANAGE_SETTINGS: Rule(user=_NO, responder=_NO),
    Ability.READ_AUDIT: Rule(user=_NO, responder=_NO),
}


def reach(role: str, ability: Ability) -> Grant:
    """How far `role` reaches; an unknown role reaches nowhere."""
    if role == Role.ADMIN:
        return Grant.ALL
    if role == Role.RESPONDER:
        return RULES[ability].responder
    return RULES[ability].user if role == Role.USER else Grant.NO


def may(role: str, ability: Ability, *, own: bool = False) -> bool:
    """Whether `role` may, where `own` tells that the object is the person's own (see Ability)."""
    grant = reach(role, ability)
    return grant is Grant.ALL or (grant is Grant.OWN and own)


def may_acknowledge(role: str, own: bool) -> bool:
    """Acknowledge, resolve, snooze, assign: all verbs of an incident follow one rule."""
    return may(role, Ability.ACT_ON_INCIDENT, own=own)


def may_govern(role: str, team_role: str | None) -> bool:
    """Set team roles and remove members of a team in which one's own role is `team_role`."""
    return may(role, Ability.GOVERN_TEAM, own=team_role == TeamRole.OWNER)


# What an API key may do; the role of its owner applies on top.
SCOPES: dict[str, str] = {
    "events:write": "Send events that open and close incidents",
    "incidents:read": "Read incidents",
    "incidents:write": "Create and change incidents",
    "incidents:delete": "Delete incidents (admins only)",
    "services:read": "Read services",
    "services:write": "Create and change services and integrations",
    "schedules:read": "Read schedules and who is on call",
    "schedules:write": "Create and change schedules and overrides",
    "users:read": "Read people",
    "users:write": "Invite and change people (admins only)",
    "notifications:read": "Read how you are reached, and what was sent to you (admins: all)",
    "notifications:write": "Mark alerts as read, change how you are reached",
    "teams:read": "Read teams",
    "teams:write": "Create and change teams",
    "policies:read": "Read escalation policies",
    "policies:write": "Create and change escalation policies (admins only)",
    "providers:read": "Read provider accounts, without their secrets (admins only)",
    "providers:write": "Create, change, test and remove provider accounts (admins only)",
    "metrics:read": "Read the installation's figures for monitoring (admins only)",
}
DEFAULT_SCOPES = ["events:write"]


def unknown_scopes(scopes: list[str]) -> list[str]:
    """Those that the table does not know."""
    return [scope for scope in scopes if scope not in SCOPES]
