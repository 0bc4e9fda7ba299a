"""Security cases that every page inherits.

    class TestEditTeam(PageRules):
        name = "teams:edit"
        roles = {"ADMIN", "RESPONDER"}

Strangers are sent to the sign-in page, other roles get 403, a page that only takes POST refuses
GET, and no POST works without the CSRF token. `arguments` builds what the URL needs. Where whose
thing it is decides instead of the role, a test starts from `SignedInPage`.
"""

from typing import ClassVar

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, Team, User
from tests.cast import browser_of, make_person

EVERYBODY = frozenset(Role.values)
HTMX = {"HX-Request": "true"}


@pytest.mark.once
class SignedInPage:
    """The fixture `url` names the page: for signed-in people, and nobody is tricked into a POST."""

    post_only: ClassVar[bool] = False

    def knock(self, client: Client, url: str):
        return client.post(url) if self.post_only else client.get(url)

    def test_a_stranger_is_sent_to_the_sign_in_page(self, client: Client, url: str, root: User):
        response = self.knock(client, url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login") + "?next=/")

    def test_no_post_without_the_token(self, url: str, root: User):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(root)
        assert strict.post(url).status_code == 403

    def test_a_page_that_acts_refuses_get(self, url: str, root: User):
        expected = {405} if self.post_only else {200}
        assert browser_of(root).get(url).status_code in expected


class PageRules(SignedInPage):
    """The same for a page that has a name, and `roles` that may enter it."""

    name: ClassVar[str]
    roles: ClassVar[frozenset[str] | set[str]] = EVERYBODY

    @pytest.fixture
    def arguments(self) -> list[str]:
        return []

    @pytest.fixture
    def url(self, arguments: list[str]) -> str:
        return reverse(self.name, args=arguments)

    @pytest.mark.parametrize("role", Role.values)
    def test_only_its_roles_may_enter(self, url: str, role: str):
        response = self.knock(browser_of(make_person("visitor", role)), url)
        if role in self.roles:
            assert response.status_code in {200, 302}
        else:
            assert response.status_code == 403


def person_and_team(platform: Team, bob: User) -> list[str]:
    """Arguments of the pages about a member of a team."""
    return [platform.public_id, bob.public_id]
