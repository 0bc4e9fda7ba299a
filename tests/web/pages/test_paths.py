"""Paths of other editions, error pages, Django admin."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from dashboard.web.views import errors

pytestmark = pytest.mark.once


@pytest.mark.once
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/m", "/"),
        ("/m/", "/"),
        ("/m/incidents/7/", "/incidents/7/"),
        ("/m/incidents/?status=all", "/incidents/?status=all"),
        ("/login", "/accounts/login/"),
        ("/login?next=/incidents/", "/accounts/login/?next=/incidents/"),
    ],
)
def test_old_paths_lead_to_the_new_ones(root, client: Client, old, new):
    assert client.get(old).headers["Location"] == new


@pytest.mark.once
def test_a_mobile_path_never_leads_away(root, client: Client):
    target = client.get("/m//evil.example.com/").headers["Location"]
    assert not target.startswith(("//", "http"))


@pytest.mark.once
def test_what_is_not_there_has_a_page(as_alice):
    answer = as_alice.get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing lives here" in answer.content.decode()


@pytest.mark.once
def test_what_is_not_allowed_has_a_page(as_alice):
    answer = as_alice.get(reverse("settings:home"))
    assert answer.status_code == 403
    assert "You may not see this" in answer.content.decode()


def test_a_broken_page_needs_no_database(rf):
    answer = errors.broken(rf.get("/"))
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


ROWS = [
    model
    for model in admin.site._registry
    if model._meta.app_label in {"incidents", "services", "escalation", "schedules"}
]


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_admins_read_all_rows_and_change_none(as_root, as_alice, paged, integration, model):
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listing = as_root.get(reverse(f"{base}_changelist"))
    assert listing.status_code == 200
    assert as_root.get(reverse(f"{base}_add")).status_code == 403
    row = model.objects.first()
    if row is not None:
        page = as_root.get(reverse(f"{base}_change", args=[row.pk]))
        assert page.status_code == 200
        assert "key_hash" not in page.content.decode()
    assert as_alice.get(reverse(f"{base}_changelist")).status_code in {302, 403}


@pytest.mark.once
def test_the_guide_to_what_happens_is_a_page_with_its_drawing(as_alice):
    page = as_alice.get("/guide/what-happens/").content.decode()
    assert "img/what-happens" in page
    assert "nine passes at most" in page
    assert "](" not in page
