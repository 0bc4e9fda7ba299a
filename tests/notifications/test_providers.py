"""Provider accounts: stored, changed, ordered, made by the environment, and who depends on them."""

from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from notifications import accounts
from notifications.commands import providers as commands
from notifications.domain.standing import Standing, standing
from notifications.models import ContactMethod, Provider, ProviderHealth
from notifications.providers import fields, overview
from tests.notifications.providers import CANARY, account, carrier, order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier")]
__all__ = ["carrier"]
NOW = {"by": SYSTEM, "now": clock.now()}


def stored(row: Provider) -> dict[str, str]:
    row.refresh_from_db()
    return fields.stored(row.config)


def loss(row: Provider) -> overview.Loss:
    found = overview.cards(clock.now())
    return overview.loss_of(next(c for c in found if c.account.pk == row.pk), found)


def test_secrets_are_kept_encrypted_and_out_of_the_audit_log():
    row = account("Main")
    raw = Provider.objects.filter(pk=row.pk).extra(select={"raw": "config"}).values("raw")[0]
    assert stored(row)["token"] == CANARY
    assert CANARY not in raw["raw"]
    event = AuditEvent.objects.get(action="provider.created")
    assert event.changes == {"kind": "carrier", "number": "+15550100", "token": "(secret)"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"token": "x"}, "number"),
        ({"number": "1", "token": " "}, "token"),
        ({"number": "1", "token": "x", "colour": "red"}, "colour"),
        ({"number": "1", "token": "x", "region": "moon"}, "region"),
    ],
)
def test_what_the_kind_does_not_allow_is_refused_beside_its_field(given, field):
    with pytest.raises(ValidationFailed) as refused:
        commands.create("carrier", given, **NOW)
    assert refused.value.field == field
    assert not Provider.objects.exists()


def test_an_empty_secret_keeps_the_stored_one_and_clear_removes_it():
    row = account(fields={"extra": "second"})
    commands.change(row, fields={"number": "+2", "token": "", "extra": ""}, **NOW)
    assert stored(row) == {"number": "+2", "token": CANARY, "extra": "second"}
    commands.change(row, clear=["extra"], **NOW)
    assert "extra" not in stored(row)
    with pytest.raises(ValidationFailed):
        commands.change(row, clear=["token"], **NOW)
    events = AuditEvent.objects.filter(action="provider.changed").order_by("id")
    assert list(events.values_list("changes", flat=True)) == [
        {"kind": "carrier", "number": "+2"},
        {"kind": "carrier", "extra": ""},
    ]


def test_nothing_is_written_when_nothing_is_different():
    row = account("Main")
    commands.change(row, fields={"number": "+15550100", "token": ""}, label="Main", **NOW)
    assert not commands.set_enabled(row, True, **NOW)
    assert AuditEvent.objects.count() == 1


def test_accounts_move_one_place_and_stop_at_the_ends():
    one, two, three = account("1"), account("2"), account("3")
    assert commands.move(three, "SMS", up=True, **NOW)
    assert order() == ["1", "3", "2"]
    assert commands.move(one, "SMS", up=False, **NOW)
    assert order() == ["3", "1", "2"]
    assert not commands.move(two, "SMS", up=False, **NOW)
    with pytest.raises(Conflict):
        commands.move(two, "VOICE", up=True, **NOW)


def test_the_environment_wins_for_the_oldest_account_alone(monkeypatch):
    one, two = account("1"), account("2")
    monkeypatch.setenv("CARRIER_NUMBER", "+999")
    shown = {c.account.pk: c for c in overview.cards(clock.now())}
    assert shown[one.pk].values[0].text == "+999"
    assert shown[one.pk].variables == ["CARRIER_NUMBER"]
    assert shown[two.pk].values[0].text == "+15550100"
    with pytest.raises(ValidationFailed, match="CARRIER_NUMBER is set"):
        commands.change(one, fields={"number": "+1"}, **NOW)
    commands.change(two, fields={"number": "+1"}, **NOW)


def test_an_account_given_by_the_environment_needs_no_form(monkeypatch):
    environ = {"CARRIER_NUMBER": "+999", "CARRIER_TOKEN": CANARY}
    assert commands.adopt_environment({"CARRIER_NUMBER": "+999"}, now=clock.now()) == []
    assert commands.adopt_environment(environ, now=clock.now()) == ["carrier"]
    assert commands.adopt_environment(environ, now=clock.now()) == []
    row = Provider.objects.get()
    assert stored(row) == {}
    assert overview.card_of(row, clock.now()).standing == Standing.INCOMPLETE
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert overview.card_of(row, clock.now()).standing == Standing.UNUSED
    with pytest.raises(Conflict, match="CARRIER_TOKEN"):
        commands.remove(row, **NOW)
    assert CANARY not in str(list(AuditEvent.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_the_sender_makes_the_account_of_the_environment(monkeypatch, sender):
    monkeypatch.setenv("CARRIER_NUMBER", "+999")
    monkeypatch.setenv("CARRIER_TOKEN", CANARY)
    monkeypatch.setattr(sender, "turn", lambda **_: sender.stop())
    sender.run()
    assert accounts.first("SMS", clock.now()).fields["token"] == CANARY


def test_what_cannot_be_read_is_incomplete_not_a_crash():
    row = account()
    Provider.objects.filter(pk=row.pk).update(config="no json")
    assert overview.card_of(row, clock.now()).missing == ["Sender number", "Token"]


def test_removing_names_who_loses_the_only_way(alice: User, bob: User, carol: User):
    row = account()
    for person in (alice, bob, carol):
        ContactMethod.objects.create(user=person, channel="SMS", address="+15550101")
        on = person != alice
        ContactMethod.objects.create(
            user=person, channel="WEBHOOK", address="https://x.example", enabled=on
        )
    ContactMethod.objects.filter(user=bob, channel="SMS").update(enabled=False)
    found = loss(row)
    # Without a mail server the account's address reaches nobody.
    assert (found.cut_off, found.weakened) == ([alice], [carol])
    assert "Alice" in found.sentences()[1]
    account("second")
    assert loss(row).sentences() == []


NOTHING = {"enabled": True, "missing": (), "failures": 0, "open_until": None, "used": True}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Standing.WELL),
        ({"used": False}, Standing.UNUSED),
        ({"failures": 1}, Standing.STUMBLING),
        ({"failures": 3, "open_until": clock.now() + timedelta(hours=1)}, Standing.SHUT),
        ({"failures": 3, "open_until": clock.now() - timedelta(hours=1)}, Standing.STUMBLING),
        ({"missing": ["Token"], "failures": 1}, Standing.INCOMPLETE),
        ({"enabled": False, "missing": ["Token"]}, Standing.OFF),
    ],
)
def test_the_worst_that_is_true_is_shown(facts, expected):
    assert standing(**{**NOTHING, **facts}, now=clock.now()) == expected


def test_health_of_a_row_reaches_its_card():
    row = account()
    ProviderHealth.objects.create(provider=row, failures=2, last_error="401")
    assert overview.card_of(row, clock.now()).look.tone == "warn"
