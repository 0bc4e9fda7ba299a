"""The table of roles, read aloud."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.conf import settings

from accounts.domain.roles import RULES, SCOPES, Ability, Role, may, may_acknowledge, may_govern
from core.api_view import ApiView


@pytest.mark.parametrize("ability", Ability)
def test_an_admin_may_do_everything(ability: Ability):
    assert may(Role.ADMIN, ability)


@pytest.mark.parametrize("ability", Ability)
def test_an_unknown_role_may_do_nothing(ability: Ability):
    assert not may("ROOT", ability, own=True)


@pytest.mark.parametrize("ability", Ability)
def test_a_user_may_never_do_more_than_a_responder(ability: Ability):
    for own in (False, True):
        assert not may(Role.USER, ability, own=own) or may(Role.RESPONDER, ability, own=own)


def test_a_user_acknowledges_only_what_is_his():
    assert may_acknowledge(Role.USER, own=True)
    assert not may_acknowledge(Role.USER, own=False)
    assert may_acknowledge(Role.RESPONDER, own=False)


def test_only_owners_and_admins_govern_a_team():
    assert may_govern(Role.USER, "OWNER")
    assert may_govern(Role.ADMIN, None)
    assert not may_govern(Role.RESPONDER, "ADMIN")
    assert not may_govern(Role.RESPONDER, None)


@pytest.mark.parametrize(
    "ability",
    [
        Ability.DELETE_INCIDENT,
        Ability.DELETE_SERVICE,
        Ability.EDIT_POLICY,
        Ability.DELETE_TEAM,
        Ability.MANAGE_PEOPLE,
        Ability.MANAGE_SETTINGS,
        Ability.READ_AUDIT,
    ],
)
def test_what_only_admins_may(ability: Ability):
    assert not may(Role.RESPONDER, ability, own=True)


def test_every_ability_has_a_rule_and_every_scope_a_meaning_and_a_door():
    assert set(RULES) == set(Ability)
    assert all(SCOPES.values())
    import_module(settings.ROOT_URLCONF)
    asked = {scope for view in _below(ApiView) for scope in view.scopes.values()}
    assert {scope for scope in asked if scope} | {"events:write"} == set(SCOPES)  # ingest asks


def _below(view: type[ApiView]) -> Iterator[type[ApiView]]:
    for one in view.__subclasses__():
        yield one
        yield from _below(one)
