"""A page that shows a secret is the answer to a POST: reloaded, it makes no second one."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, User
from core import config
from schedules.models import BoardLink, CalendarFeed
from services.models import Integration, IntegrationKey, Service
from tests.cast import browser_of

pytestmark = pytest.mark.django_db
PAGE, ANOTHER = {"csrfmiddlewaretoken": "a" * 64}, {"csrfmiddlewaretoken": "b" * 64}
KINDS = ["integration", "rotated key", "API key", "board", "feed"]
ALREADY = "That was done already"


@pytest.fixture
def as_root(root: User) -> Client:
    return browser_of(root)


@pytest.fixture
def forms(service: Service, integration: Integration, root: User) -> dict:
    """What makes a secret: the address, what is sent, the rows, and where a reload leads."""
    config.put("public_boards", True)
    of = service.public_id
    detail = reverse("services:detail", args=[of])
    return {
        "integration": (
            reverse("services:add_integration", args=[of]),
            {"type": "events", "name": "Tool"},
            Integration,
            detail,
        ),
        "rotated key": (
            reverse("services:rotate_key", args=[integration.public_id]),
            {},
            IntegrationKey,
            detail,
        ),
        "API key": (
            reverse("account:api_keys"),
            {"name": "Script", "scopes": ["incidents:read"]},
            ApiKey,
            reverse("account:api_keys"),
        ),
        "board": (
            reverse("schedules:board_links"),
            {"name": "Wall", "name_form": "FULL"},
            BoardLink,
            reverse("schedules:board_links"),
        ),
        "feed": (
            reverse("schedules:feeds"),
            {"of": root.public_id, "name": "Mine"},
            CalendarFeed,
            reverse("schedules:feeds"),
        ),
    }


@pytest.mark.parametrize("what", KINDS)
def test_a_reload_makes_no_second_one(forms: dict, as_root: Client, what: str):
    url, sent, rows, back = forms[what]
    before = rows.objects.count()
    first = as_root.post(url, sent | PAGE)
    assert first.status_code == 200, first.content.decode()
    made = sorted(rows.objects.values_list("pk", flat=True))
    assert len(made) == before + 1
    again = as_root.post(url, sent | PAGE, follow=True)
    assert again.redirect_chain == [(back, 302)]
    assert ALREADY in again.content.decode()
    assert sorted(rows.objects.values_list("pk", flat=True)) == made


@pytest.mark.parametrize("what", KINDS)
def test_the_same_form_from_a_page_of_its_own_is_meant(forms: dict, as_root: Client, what: str):
    url, sent, rows, _ = forms[what]
    before = rows.objects.count()
    for page in (PAGE, ANOTHER):
        assert as_root.post(url, sent | page).status_code == 200
    assert rows.objects.count() == before + 2


def test_another_word_in_a_page_one_came_back_to_is_meant(forms: dict, as_root: Client):
    url, sent, rows, _ = forms["integration"]
    before = rows.objects.count()
    for name in ("One", "Two"):
        assert as_root.post(url, sent | PAGE | {"name": name}).status_code == 200
    assert rows.objects.count() == before + 2
