"""Who may open which page of accounts; a page without a rule fails the last test."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts.models import Role, Team, User
from accounts.web import urls
from tests.page_rules import PageRules, person_and_team

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADMIN = {Role.ADMIN}
EDITORS = {Role.ADMIN, Role.RESPONDER}


class AboutBob(PageRules):
    name = "users:detail"

    @pytest.fixture
    def arguments(self, bob: User) -> list[str]:
        return [bob.public_id]


class ChangesBob(AboutBob):
    roles = ADMIN
    post_only = True


class AboutPlatform(PageRules):
    name = "teams:detail"

    @pytest.fixture
    def arguments(self, platform: Team) -> list[str]:
        return [platform.public_id]


class AboutMember(PageRules):
    name = "teams:change_member"
    roles = ADMIN  # and owners, see test_teams
    post_only = True

    @pytest.fixture
    def arguments(self, platform: Team, bob: User) -> list[str]:
        return person_and_team(platform, bob)


class TestPeople(PageRules):
    name = "users:list"


class TestInvite(PageRules):
    name = "users:invite"
    roles = ADMIN


class TestPerson(AboutBob):
    name = "users:detail"


class TestEditPerson(ChangesBob):
    name = "users:edit"


class TestSetRole(ChangesBob):
    name = "users:role"


class TestDisable(AboutBob):
    name = "users:disable"
    roles = ADMIN


class TestEnable(ChangesBob):
    name = "users:enable"


class TestRemoveSecondFactor(ChangesBob):
    name = "users:second_factor"


class TestResetLink(ChangesBob):
    name = "users:reset_link"


class TestRenewInvitation(ChangesBob):
    name = "users:renew_invitation"


class TestTeams(PageRules):
    name = "teams:list"


class TestNewTeam(PageRules):
    name = "teams:create"
    roles = EDITORS


class TestTeam(AboutPlatform):
    name = "teams:detail"


class TestEditTeam(AboutPlatform):
    name = "teams:edit"
    roles = EDITORS


class TestDeleteTeam(AboutPlatform):
    name = "teams:delete"
    roles = ADMIN


class TestLead(AboutPlatform):
    name = "teams:lead"
    roles = ADMIN
    post_only = True


class TestAddMember(AboutPlatform):
    name = "teams:add_member"
    post_only = True

    def knock(self, client: Client, url: str):
        return client.post(url)  # an empty form is shown again; the command decides on the rest


class TestRemoveMember(AboutMember):
    name = "teams:remove_member"


class TestChangeMember(AboutMember):
    name = "teams:change_member"

    def knock(self, client: Client, url: str):
        return client.post(url, {"role": "MEMBER"})


class TestProfile(PageRules):
    name = "account:profile"


class TestChangeAddress(PageRules):
    name = "account:change_address"


class TestSecondFactor(PageRules):
    name = "mfa_index"


class TestEndSessions(PageRules):
    name = "account:end_sessions"
    post_only = True


class TestApiKeys(PageRules):
    name = "account:api_keys"


def test_look_up_is_authorisation(as_alice: Client):
    assert as_alice.get("/people/usr_nobody/").status_code == 404
    assert as_alice.get("/teams/team_none/").status_code == 404


def names(patterns: list, prefix: str = "") -> set[str]:
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            found |= names(pattern.url_patterns, prefix + space)
        elif isinstance(pattern, URLPattern):
            found.add(f"{prefix}{pattern.name}")
    return found


def test_every_page_has_a_rule():
    cases = [case for name, case in globals().items() if name.startswith("Test")]
    ruled = {case.name for case in cases if issubclass(case, PageRules)}
    open_to_strangers = {"setup", "invitation", "new_address"}
    own_rule = {"account:revoke_api_key"}  # only one's own, see test_api_keys
    own_rule |= {  # they ask for the password first, see test_second_factor
        "mfa_activate_totp",
        "mfa_authenticate",
        "mfa_deactivate_totp",
        "mfa_download_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_reauthenticate",
        "mfa_view_recovery_codes",
    }
    pages = {name for name in names(urls.urlpatterns) if not name.startswith("account_")}
    assert pages - open_to_strangers - own_rule == ruled
