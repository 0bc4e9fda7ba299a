"""Secrets of accounts stay where they were meant for, whoever may change the account."""

import pytest

from core import clock
from core.actor import SYSTEM
from core.errors import ValidationFailed
from notifications.commands import providers as commands
from notifications.models import Provider
from notifications.providers import fields

pytestmark = pytest.mark.django_db
NOW = {"by": SYSTEM, "now": clock.now()}
TWILIO = {"account_sid": "AC1", "auth_token": "planted", "from_number": "+15550100"}
MAIL = {"host": "mail.example.com", "user": "u", "password": "planted", "from": "a@example.com"}


@pytest.mark.parametrize(
    ("kind", "given", "led", "secret"),
    [
        ("twilio", TWILIO, {"base_url": "https://evil.example"}, "auth_token"),
        ("mail_smtp", MAIL, {"host": "evil.example"}, "password"),
        ("ntfy", {"token": "planted"}, {"server": "https://evil.example"}, "token"),
    ],
)
def test_a_new_address_takes_the_secret_anew(kind, given, led, secret, monkeypatch):
    monkeypatch.delenv("TWILIO_AUTH_TOKEN", raising=False)
    account = commands.create(kind, given, **NOW)
    with pytest.raises(ValidationFailed) as refused:
        commands.change(account, fields={**led, secret: ""}, **NOW)
    assert refused.value.field == secret
    assert fields.stored(Provider.objects.get().config) == given
    commands.change(account, fields={**led, secret: "own"}, **NOW)
    stored = fields.stored(Provider.objects.get().config)
    assert (stored[secret], stored[next(iter(led))]) == ("own", next(iter(led.values())))


def test_the_way_back_to_the_vendor_asks_for_nothing():
    account = commands.create("ntfy", {"token": "t", "server": "https://ntfy.example.com"}, **NOW)
    commands.change(account, clear=["server"], **NOW)
    assert fields.stored(Provider.objects.get().config) == {"token": "t"}


def test_a_secret_of_the_environment_goes_only_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "planted")
    with pytest.raises(ValidationFailed) as refused:
        commands.create("twilio", {"base_url": "https://evil.example"}, **NOW)
    assert refused.value.field == "base_url"
    assert "TWILIO_AUTH_TOKEN" in refused.value.message


def test_a_hint_may_name_an_address_in_angle_brackets(as_root):
    page = as_root.get("/settings/providers/add/mail_smtp/").content.decode()
    assert "OpsKnight &lt;pager@example.com&gt;, allowed by the service" in page


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("twilio", TWILIO | {"account_sid": "SK1"}, "account_sid"),
        ("twilio", TWILIO | {"messaging_service_sid": "AC1"}, "messaging_service_sid"),
        ("slack", {"bot_token": "xoxp-planted", "signing_secret": "planted"}, "bot_token"),
    ],
)
def test_another_number_of_the_same_vendor_is_refused_before_it_is_saved(kind, given, field):
    with pytest.raises(ValidationFailed, match="begins with") as refused:
        commands.create(kind, given, **NOW)
    assert refused.value.field == field
    assert "planted" not in str(refused.value)
    assert not Provider.objects.exists()
