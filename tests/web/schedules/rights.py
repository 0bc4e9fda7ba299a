"""Bases of the page rules of schedules."""

import pytest
from django.urls import reverse

from accounts.models import Role
from schedules.models import Schedule
from tests.page_rules import PageRules, SignedInPage

EDITORS = {Role.ADMIN, Role.RESPONDER}


class AboutRota(PageRules):
    @pytest.fixture
    def arguments(self, rota: Schedule) -> list[str]:
        return [rota.public_id]


class Concerned(SignedInPage):
    """Found by those whom it concerns: who that is, stands in the tests of the page."""

    name: str

    @pytest.fixture
    def url(self, arguments: list[str]) -> str:
        return reverse(self.name, args=arguments)
