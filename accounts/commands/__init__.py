"""The only writers of people, teams, invitations and API keys."""

from accounts.commands.addresses import ask_for_address, change_address, mailbox_proven
from accounts.commands.api_keys import create_api_key, note_use, revoke_api_key
from accounts.commands.invitations import accept_invitation, invite, renew_invitation
from accounts.commands.people import (
    disable,
    enable,
    end_sessions,
    note_sign_in,
    set_password,
    set_role,
    update_profile,
)
from accounts.commands.resets import make_reset_link
from accounts.commands.second_factor import remove_second_factor, tell_owner
from accounts.commands.setup import create_first_admin
from accounts.commands.teams import (
    add_member,
    change_member,
    create_team,
    delete_team,
    remove_member,
    set_lead,
    update_team,
)

__all__ = [
    "accept_invitation",
    "add_member",
    "ask_for_address",
    "change_address",
    "change_member",
    "create_api_key",
    "create_first_admin",
    "create_team",
    "delete_team",
    "disable",
    "enable",
    "end_sessions",
    "invite",
    "mailbox_proven",
    "make_reset_link",
    "note_sign_in",
    "note_use",
    "remove_member",
    "remove_second_factor",
    "renew_invitation",
    "revoke_api_key",
    "set_lead",
    "set_password",
    "set_role",
    "tell_owner",
    "update_profile",
    "update_team",
]
