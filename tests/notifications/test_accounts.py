"""Several accounts for one channel: the next one when one fails, and health that is shared."""

import json
import time
from datetime import timedelta

import pytest

from accounts.models import User
from core import clock
from integrations.replies import noting
from notifications import accounts
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.commands import receipts
from notifications.commands.chains import end_chains
from notifications.domain.words import Channel, Receipt
from notifications.models import (
    OPEN_STATES,
    ContactMethod,
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryState,
    Provider,
    ProviderHealth,
)
from notifications.providers.base import Field, Kind, kinds
from tests.notifications.conftest import fates, hook, page

pytestmark = pytest.mark.django_db(transaction=True)


def _send(rendered: object, outgoing: Outgoing) -> Sent:
    """An account that does what its setting says."""
    assert outgoing.account
    does = outgoing.account.fields["does"]
    if does == "ok":
        return Sent("accepted", reference=f"ref-{outgoing.delivery_id}")
    if does == "token":
        raise ChannelError("the token is refused", permanent=True, provider_fault=True)
    if does == "number":
        raise ChannelError("no such number", permanent=True)
    raise ChannelError("HTTP 503", retry_after=90 if does == "busy" else None)


KIND = Kind(
    "scripted",
    "Scripted",
    sends={Channel.EMAIL: _send, Channel.SMS: _send},
    fields=(Field("does", "Does", env="SCRIPTED_DOES"), Field("extra", "Extra", default="x")),
)


@pytest.fixture(autouse=True)
def scripted(settings):
    settings.PROVIDERS = {"scripted": __name__}
    kinds.cache_clear()
    yield
    kinds.cache_clear()


def account(does: str, position: int = 0) -> Provider:
    row = Provider.objects.create(
        kind="scripted", label=does, position=position, config=json.dumps({"does": does})
    )
    accounts.forget()
    return row


def used() -> list[str]:
    """Labels of the accounts in the order of the attempts."""
    tries = DeliveryAttempt.objects.order_by("id").values_list("account", flat=True)
    return [Provider.objects.get(public_id=key).label for key in tries]


def test_the_next_account_is_tried_at_once(alice: User, send_until) -> None:
    account("token"), account("down", 1), account("ok", 2)
    page(alice)
    send_until(lambda: Delivery.objects.get().state == DeliveryState.SENT, 5)
    row = Delivery.objects.get()
    assert used() == ["token", "down", "ok"]
    assert row.reference == f"ref-{row.pk}"
    assert row.provider == Provider.objects.get(label="ok").public_id


def test_an_account_that_was_added_a_moment_ago_is_used(
    alice: User, send_until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender read the accounts before: nothing fails for good because of what it remembers."""
    monkeypatch.setattr(accounts, "CACHE_SECONDS", 3600)
    ContactMethod.objects.create(user=alice, channel=Channel.SMS, address="+15005550006")
    assert accounts.candidates(Channel.SMS, clock.now()) == []
    time.sleep(accounts.FRESH_SECONDS)
    Provider.objects.create(kind="scripted", label="ok", config=json.dumps({"does": "ok"}))
    page(alice)
    send_until(lambda: not Delivery.objects.filter(state__in=OPEN_STATES).exists(), 5)
    assert fates()[Channel.SMS] == DeliveryState.SENT


def test_a_bad_address_is_not_the_accounts_fault(alice: User, send_until) -> None:
    account("number"), account("ok", 1)
    page(alice)
    send_until(lambda: Delivery.objects.get().state == DeliveryState.FAILED, 5)
    assert used() == ["number"]
    assert not ProviderHealth.objects.exclude(failures=0).exists()


def test_refused_credentials_put_an_account_last_for_everybody(
    alice: User, bob: User, send_until
) -> None:
    broken, _ = account("token"), account("ok", 1)
    page(alice)
    send_until(lambda: Delivery.objects.filter(state=DeliveryState.SENT).count() == 1, 5)
    page(bob, subject=8)
    send_until(lambda: Delivery.objects.filter(state=DeliveryState.SENT).count() == 2, 5)
    assert used() == ["token", "ok", "ok"]
    health = ProviderHealth.objects.get(provider=broken)
    assert health.open_until > clock.now()
    assert health.last_error == "the token is refused"


def test_the_only_account_is_tried_although_it_is_broken(alice: User, send_until) -> None:
    one = account("ok")
    ProviderHealth.objects.create(
        provider=one, failures=9, open_until=clock.now() + timedelta(hours=1)
    )
    page(alice)
    send_until(lambda: Delivery.objects.get().state == DeliveryState.SENT, 5)
    health = ProviderHealth.objects.get(provider=one)
    assert (health.failures, health.open_until) == (0, None)


def test_an_account_that_is_removed_meanwhile_is_replaced(alice: User, send_until) -> None:
    first = account("down")
    account("ok", 1)
    page(alice)
    first.delete()
    accounts.forget()
    send_until(lambda: Delivery.objects.get().state == DeliveryState.SENT, 5)
    assert used() == ["ok"]


def test_a_setting_of_the_environment_wins(alice: User, send_until, monkeypatch) -> None:
    account("token")
    monkeypatch.setenv("SCRIPTED_DOES", "ok")
    accounts.forget()
    page(alice)
    send_until(lambda: Delivery.objects.get().state == DeliveryState.SENT, 5)


class TestReceipts:
    @pytest.fixture
    def sent(self, alice: User, send_until) -> Delivery:
        account("ok")
        page(alice)
        send_until(lambda: Delivery.objects.get().state == DeliveryState.SENT, 5)
        return Delivery.objects.get()

    def test_a_delivered_message_proves_the_method_once(self, sent: Delivery) -> None:
        now = clock.now()
        assert receipts.note(sent.pk, Receipt.DELIVERED, now=now)
        assert not receipts.note(sent.pk, Receipt.DELIVERED, now=now)
        assert receipts.note(sent.pk, Receipt.SEEN, now=now)
        sent.refresh_from_db()
        assert sent.delivered_at and sent.seen_at
        assert ContactMethod.objects.get().proven_at == now
        told = list(DeliveryEvent.objects.order_by("id").values_list("outcome", flat=True))
        assert told == ["sent", "delivered"]

    def test_undelivered_fails_it_and_lets_the_next_channel_go(
        self, alice: User, send_until, phones
    ) -> None:
        account("ok")
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        mails = Delivery.objects.filter(channel=Channel.EMAIL)
        send_until(lambda: mails.get().state == DeliveryState.SENT, 5)
        assert fates()["WEBHOOK"] == DeliveryState.CANCELLED
        receipts.note(
            mails.get().pk, Receipt.UNDELIVERED, now=clock.now(), detail="30003 unreachable"
        )
        send_until(lambda: phones.calls, 5)
        assert mails.get().reason == "accepted, but not delivered: 30003 unreachable"

    def test_undelivered_for_the_providers_fault_goes_through_another(
        self, sent: Delivery, send_until
    ) -> None:
        account("ok", 5)
        receipts.note(sent.pk, Receipt.UNDELIVERED, now=clock.now(), provider_fault=True)
        send_until(lambda: Delivery.objects.get().state == DeliveryState.SENT, 5)
        assert len(set(DeliveryAttempt.objects.values_list("account", flat=True))) == 2

    def test_the_next_channel_goes_when_the_other_account_fails_as_well(
        self, alice: User, send_until, phones
    ) -> None:
        account("ok")
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        mails = Delivery.objects.filter(channel=Channel.EMAIL)
        send_until(lambda: mails.get().state == DeliveryState.SENT, 5)
        account("number", 1)
        receipts.note(mails.get().pk, Receipt.UNDELIVERED, now=clock.now(), provider_fault=True)
        send_until(lambda: mails.get().state == DeliveryState.FAILED, 5)
        send_until(lambda: phones.calls, 5)

    def test_a_receipt_during_another_try_is_about_that_one_unless_it_is_known(
        self, sent: Delivery
    ) -> None:
        def undelivered(reference: str) -> str:
            now = clock.now()
            noting.take(sent.pk, Receipt.UNDELIVERED, reference=reference, now=now)
            return str(Delivery.objects.get().state)

        assert undelivered("of an older try") == DeliveryState.SENT
        Delivery.objects.update(state=DeliveryState.SENDING, lease_token="mine")
        assert undelivered(sent.reference) == DeliveryState.SENDING
        assert undelivered("of the new try") == DeliveryState.FAILED

    def test_bad_news_after_good_news_changes_nothing(self, sent: Delivery) -> None:
        receipts.note(sent.pk, Receipt.DELIVERED, now=clock.now())
        assert not receipts.note(sent.pk, Receipt.UNDELIVERED, now=clock.now())
        assert not receipts.note(sent.pk + 99, Receipt.DELIVERED, now=clock.now())
        assert Delivery.objects.get().state == DeliveryState.SENT


def test_a_link_that_was_overtaken_untried_goes_when_the_later_one_did_not_arrive(alice: User):
    hook(alice, "https://hooks.example.com/a")
    first, second = page(alice, urgency="MEDIUM")
    now = clock.now()
    # The first waits for room at its provider; the second was released, and accepted.
    Delivery.objects.filter(pk=second.pk).update(state=DeliveryState.SENT, finished_at=now)
    end_chains([Delivery.objects.get(pk=second.pk)], now)
    assert Delivery.objects.get(pk=first.pk).state == DeliveryState.CANCELLED
    receipts.note(second.pk, Receipt.UNDELIVERED, now=now)
    assert fates(by="position") == {"0": "QUEUED", "1": "FAILED"}
