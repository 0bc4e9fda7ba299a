"""Who may see incidents and services: cases for pages where the thing decides, not the role."""

from django.test import Client

from tests.page_rules import SignedInPage


class IncidentPage(SignedInPage):
    """To people of other teams the incident does not exist."""

    def test_it_does_not_exist_for_a_user_of_another_team(self, as_carol: Client, url: str):
        assert self.knock(as_carol, url).status_code == 404


class IncidentVerb(IncidentPage):
    """A verb: following a link never does it."""

    post_only = True


class AdminPage(SignedInPage):
    """For admins only."""

    def test_a_responder_is_refused(self, as_alice: Client, url: str):
        assert self.knock(as_alice, url).status_code == 403


class ServiceEditorsPage(SignedInPage):
    """For responders, admins and the team that owns the service."""

    def test_a_user_of_another_team_is_refused(self, as_carol: Client, url: str):
        assert self.knock(as_carol, url).status_code == 403
