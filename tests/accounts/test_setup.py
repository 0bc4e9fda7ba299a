"""The first admin: made once, by whoever holds the token."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import commands
from accounts.commands.setup import PASSWORD_ALPHABET, generate_password
from accounts.models import Role, User
from audit.models import AuditEvent
from core import clock, config
from core.actor import SYSTEM
from core.errors import ValidationFailed

pytestmark = [pytest.mark.once, pytest.mark.django_db]
FORM = {
    "name": "Ada Admin",
    "email": "Ada@Example.com",
    "public_url": "https://pager.example.com",
    "time_zone": "Europe/Berlin",
}


@pytest.mark.parametrize("path", ["/", "/people/", "/accounts/login/", "/admin/", "/nothing"])
def test_with_nobody_there_every_page_leads_to_the_set_up(client: Client, path: str):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == "/setup"


def test_the_api_answers_before_the_set_up_as_it_always_does(client: Client):
    assert client.get("/api/users").status_code == 401


def test_the_password_is_shown_once_and_opens_the_door(client: Client):
    page = client.post("/setup", FORM)
    assert page["Cache-Control"].count("no-store")
    password = page.context["password"]
    assert password in page.content.decode()
    assert client.login(email="ada@example.com", password=password)
    assert password not in client.get("/setup", follow=True).content.decode()


def test_the_first_person_is_admin_and_fallback_contact(client: Client):
    client.post("/setup", FORM)
    ada = User.objects.get()
    assert (ada.role, ada.email, ada.is_active) == (Role.ADMIN, "ada@example.com", True)
    assert ada.time_zone == "Europe/Berlin"
    assert not ada.must_change_password
    assert config.get("fallback_users") == [ada.pk]
    assert config.public_url() == "https://pager.example.com"


def test_the_zone_of_the_browser_is_offered_but_never_overrides_a_choice(client: Client):
    guess = 'name="time_zone" data-guess-zone>'
    assert guess in client.get("/setup").content.decode()
    again = client.post("/setup", FORM | {"email": "nonsense"}).content.decode()
    assert guess not in again
    assert '<option value="Europe/Berlin" selected>' in again


def test_an_old_name_of_a_zone_is_taken(client: Client):
    client.post("/setup", FORM | {"time_zone": "Asia/Calcutta"})
    assert User.objects.get().time_zone == "Asia/Calcutta"


def test_the_set_up_is_audited_without_the_password(client: Client):
    page = client.post("/setup", FORM)
    event = AuditEvent.objects.get(action="user.bootstrap")
    assert event.ip == "127.0.0.1"
    assert page.context["password"] not in str(event.changes)


def test_once_somebody_exists_the_set_up_is_gone(client: Client, alice: User):
    for response in (client.get("/setup"), client.post("/setup", FORM)):
        assert response["Location"] == reverse("account_login")
    assert User.objects.count() == 1


def test_the_address_is_prefilled_from_the_request(client: Client):
    page = client.get("/setup", headers={"host": "localhost:3000"})
    assert 'value="http://localhost:3000"' in page.content.decode()


def test_the_address_of_the_environment_is_not_asked_for(client: Client, monkeypatch):
    monkeypatch.setenv("OPSKNIGHT_URL", "https://given.example.com")
    assert "public_url" not in client.get("/setup").context["form"].fields
    client.post("/setup", FORM, headers={"host": "given.example.com"})
    assert config.public_url() == "https://given.example.com"


@pytest.mark.parametrize(
    "address", ["pager.example.com", "ftp://x", "https://x/path", "https://u:p@x", "http://[bad"]
)
def test_an_address_that_cannot_stand_in_a_link_is_refused(client: Client, address: str):
    page = client.post("/setup", FORM | {"public_url": address})
    assert page.context["form"].errors["public_url"]
    assert not User.objects.exists()


def test_the_token_is_required_when_there_is_one(client: Client, settings):
    settings.SETUP_TOKEN = "open sesame"
    assert "token" in client.post("/setup", FORM).context["form"].errors
    wrong = client.post("/setup", FORM | {"token": "guess"})
    assert "not the token" in wrong.content.decode()
    assert not User.objects.exists()
    assert client.post("/setup", FORM | {"token": "open sesame"}).context["password"]


def test_guessing_the_token_is_slowed_down(client: Client, settings, stopped_clock):
    settings.SETUP_TOKEN = "open sesame"
    for _ in range(7):
        page = client.post("/setup", FORM | {"token": "guess"})
    assert "Too many attempts" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_many_set_ups_at_once_one_makes_the_admin(at_once):
    numbers = iter(range(6))

    def set_up() -> int:
        form = FORM | {"email": f"ada{next(numbers)}@example.com"}
        return Client().post("/setup", form).status_code

    answers = at_once(6, set_up)
    assert User.objects.count() == 1
    assert sorted(answers) == [200, 302, 302, 302, 302, 302]


def test_a_bad_address_leaves_the_set_up_open():
    with pytest.raises(ValidationFailed):
        commands.create_first_admin(email="nonsense", name="Ada", by=SYSTEM, now=clock.now())
    commands.create_first_admin(email="a@b.example", name="Ada", by=SYSTEM, now=clock.now())


def test_generated_passwords_are_long_and_unlike_one_another():
    made = {generate_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 20 and set(each) <= set(PASSWORD_ALPHABET) for each in made)
