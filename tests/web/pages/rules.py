"""What holds for every page, inherited by its test: who is sent away, and how.

A test class names its page by the fixture `url`; a page that takes POSTs says so by `method`.
"""

from django.test import Client
from django.urls import reverse

from accounts.models import User

HTMX = {"HX-Request": "true"}


def ask(client: Client, method: str, url: str):
    return client.post(url) if method == "post" else client.get(url)


class SignedInPage:
    """Strangers are sent to the sign-in page and come back afterwards."""

    method = "get"

    def test_a_stranger_is_sent_to_the_sign_in_page(self, root: User, client: Client, url: str):
        answer = ask(client, self.method, url)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("account_login") + "?next=")


class IncidentPage(SignedInPage):
    """To people of other teams the incident does not exist."""

    def test_it_does_not_exist_for_a_user_of_another_team(self, as_carol: Client, url: str):
        assert ask(as_carol, self.method, url).status_code == 404


class IncidentVerb(IncidentPage):
    """A verb: following a link never does it."""

    method = "post"

    def test_following_a_link_changes_nothing(self, as_alice: Client, url: str):
        assert as_alice.get(url).status_code == 405


class AdminPage(SignedInPage):
    """For admins only."""

    def test_a_responder_is_refused(self, as_alice: Client, url: str):
        assert ask(as_alice, self.method, url).status_code == 403


class ServiceEditorsPage(SignedInPage):
    """For responders, admins and the team that owns the service."""

    def test_a_user_of_another_team_is_refused(self, as_carol: Client, url: str):
        assert ask(as_carol, self.method, url).status_code == 403
