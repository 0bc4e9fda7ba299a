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
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, Team, User
from tests.cast import browser_of, forget_all, make_person

EVERYBODY = frozenset(Role.values)
HTMX = {"HX-Request": "true"}


@pytest.mark.once
class SignedInPage:
    """The fixture `url` names the page: for signed-in people, and nobody is tricked into a POST."""

    post_only: ClassVar[bool] = False

    def knock(self, client: Client, url: str):
        return client.post(url) if self.post_only else client.get(url)

    def test_strangers_forgeries_and_wrong_methods_are_refused(
        self, client: Client, url: str, root: User
    ):
        answer = self.knock(client, url)
        assert answer.status_code == 302, "a stranger is sent to the sign-in page"
        assert answer["Location"].startswith(reverse("account_login") + "?next=/")
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(root)
        assert strict.post(url).status_code == 403, "no POST works without the token"
        expected = 405 if self.post_only else 200
        assert browser_of(root).get(url).status_code == expected, "only what acts refuses GET"


class PageRules(SignedInPage):
    """The same for a page that has a name, and `roles` that may enter it."""

    name: ClassVar[str]
    roles: ClassVar[frozenset[str] | set[str]] = EVERYBODY
    # Those who knock; fewer where it depends on whose thing it is as well.
    visitors: ClassVar[frozenset[str] | set[str]] = EVERYBODY

    @pytest.fixture
    def arguments(self) -> list[str]:
        return []

    @pytest.fixture
    def url(self, arguments: list[str]) -> str:
        return reverse(self.name, args=arguments)

    def test_only_its_roles_may_enter(self, url: str):
        for role in sorted(self.visitors):
            expected = {200, 302} if role in self.roles else {403}
            assert self._answer_to(role, url) in expected, role

    def _answer_to(self, role: str, url: str) -> int:
        """The status; what the visit changed is taken back, so that the next one finds the same."""
        with transaction.atomic():
            answer = self.knock(browser_of(make_person("visitor", role)), url)
            transaction.set_rollback(True)
        forget_all()
        return answer.status_code


def person_and_team(platform: Team, bob: User) -> list[str]:
    """Arguments of the pages about a member of a team."""
    return [platform.public_id, bob.public_id]
