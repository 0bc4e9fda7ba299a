"""`manage.py bootstrap` and the window of Django admin."""

import json
from io import StringIO

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.domain.roles import SCOPES
from accounts.models import ApiKey, User
from core.admin import ReadOnlyAdmin, is_secret

pytestmark = pytest.mark.django_db


def bootstrap() -> dict[str, str]:
    out = StringIO()
    call_command("bootstrap", email="Op@Example.com", name="Op", json=True, stdout=out)
    return json.loads(out.getvalue())


def test_bootstrap_prints_what_opens_page_and_api(client: Client):
    printed = bootstrap()
    assert set(printed) == {"email", "password", "api_key"}
    assert client.login(email="op@example.com", password=printed["password"])
    api = APIClient(HTTP_AUTHORIZATION=f"Bearer {printed['api_key']}")
    assert api.get("/api/users").json()["users"][0]["role"] == "ADMIN"
    assert ApiKey.objects.get().scopes == list(SCOPES)


def test_bootstrap_refuses_when_somebody_exists(alice: User):
    with pytest.raises(CommandError, match="set up already"):
        bootstrap()
    assert not ApiKey.objects.exists()


def test_a_stranger_and_a_responder_do_not_see_the_admin(
    client: Client, as_alice: Client, root: User
):
    response = client.get("/admin/accounts/user/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")
    assert as_alice.get("/admin/", follow=True).status_code == 403


@pytest.mark.once
def test_every_admin_page_only_shows(as_root: Client, root: User):
    for model, shown in admin.site._registry.items():
        assert isinstance(shown, ReadOnlyAdmin), f"{model} is not read-only"
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
        assert as_root.get(f"{base}/").status_code == 200
        assert as_root.get(f"{base}/add/").status_code == 403


def test_a_person_in_the_admin_has_no_password_and_no_save_button(as_root: Client, root: User):
    path = f"/admin/accounts/user/{root.pk}/change/"
    page = as_root.get(path).content.decode()
    assert "root@example.com" in page
    assert root.password not in page
    assert 'name="_save"' not in page
    assert as_root.post(path, {"role": "USER"}).status_code == 403


def test_secrets_are_recognised_by_name_and_by_kind():
    fields = {field.name for field in ApiKey._meta.get_fields() if is_secret(field)}
    assert fields == {"key_hash"}
    assert {field.name for field in User._meta.get_fields() if is_secret(field)} == {"password"}
