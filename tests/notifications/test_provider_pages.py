"""The pages and the API of provider accounts."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from audit.models import AuditEvent
from core import clock
from notifications import accounts
from notifications.commands import receipts
from notifications.domain.words import Receipt
from notifications.models import ContactMethod, Delivery, Provider, ProviderHealth
from notifications.web import guides
from tests.notifications.carrier import BROKEN
from tests.notifications.providers import CANARY, FIELDS, account, carrier
from tests.page_rules import PageRules

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("carrier")]
__all__ = ["carrier"]
ADMIN = {Role.ADMIN}
HOME = "/settings/providers/"


class AboutAccount(PageRules):
    name = "notifications:provider"
    roles = ADMIN

    @pytest.fixture
    def arguments(self) -> list[str]:
        return [account().public_id]


class TestListRules(PageRules):
    name = "notifications:providers"
    roles = ADMIN


class TestAddRules(PageRules):
    name = "notifications:add_provider"
    roles = ADMIN

    @pytest.fixture
    def arguments(self) -> list[str]:
        return ["carrier"]


class TestAccountRules(AboutAccount):
    pass


class TestRemoveRules(AboutAccount):
    name = "notifications:remove_provider"


class TestSwitchRules(AboutAccount):
    name = "notifications:switch_provider"
    post_only = True


class TestMoveRules(AboutAccount):
    name = "notifications:move_provider"
    post_only = True


class TestTestRules(AboutAccount):
    name = "notifications:test_provider"
    post_only = True


def page(row: Provider) -> str:
    return reverse("notifications:provider", args=[row.public_id])


def test_an_account_is_added_changed_and_its_secret_never_comes_back(as_root: Client):
    answer = as_root.post(f"{HOME}add/carrier/", {**FIELDS, "account_label": "Main"}, follow=True)
    row = Provider.objects.get()
    assert answer.redirect_chain[-1][0] == page(row)
    shown = answer.content + as_root.get(HOME).content + as_root.get(page(row)).content
    assert CANARY.encode() not in shown
    assert b"Set. Leave this empty to keep it." in shown
    as_root.post(page(row), {"number": "+2", "token": "", "region": "us", "account_label": "Two"})
    row.refresh_from_db()
    assert (row.label, CANARY in row.config, '"us"' in row.config) == ("Two", True, True)
    assert CANARY not in str(list(AuditEvent.objects.values()))


def test_what_is_missing_is_said_beside_its_field(as_root: Client):
    answer = as_root.post(f"{HOME}add/carrier/", {"number": "+1"})
    assert answer.status_code == 422
    assert "token" in answer.context["form"].errors


def test_a_field_that_the_environment_decides_is_shown_not_asked(as_root: Client, monkeypatch):
    row = account()
    monkeypatch.setenv("CARRIER_TOKEN", "from-environment-canary")
    answer = as_root.get(page(row))
    assert "token" not in answer.context["form"].fields
    assert b"CARRIER_TOKEN" in answer.content
    assert b"canary" not in answer.content


def test_an_optional_secret_can_be_removed(as_root: Client):
    row = account(fields={"extra": "second"})
    as_root.post(page(row), {"number": "+2", "clear:extra": "on"})
    row.refresh_from_db()
    assert "second" not in row.config


def test_removal_names_whom_it_cuts_off(as_root: Client, alice: User):
    row = account()
    ContactMethod.objects.create(user=alice, channel="SMS", address="+15550101")
    url = reverse("notifications:remove_provider", args=[row.public_id])
    assert b"Alice" in as_root.get(url).content
    as_root.post(url)
    assert not Provider.objects.exists()


def test_order_and_switch_from_the_list(as_root: Client):
    account("1")
    two = account("2")
    move = reverse("notifications:move_provider", args=[two.public_id])
    as_root.post(move, {"channel": "SMS", "to": "up"})
    as_root.post(reverse("notifications:switch_provider", args=[two.public_id]))
    cards = as_root.get(HOME).context["groups"][0].cards
    assert [(card.label, card.usable) for card in cards] == [("2", False), ("1", True)]


def test_an_unknown_kind_is_shown_and_can_go(as_root: Client):
    row = Provider.objects.create(kind="pigeon")
    assert b"pigeon" in as_root.get(HOME).content
    assert b"does not know the kind" in as_root.get(page(row)).content
    assert as_root.get(f"{HOME}add/pigeon/").status_code == 404


def test_a_test_names_the_wrong_address(as_root: Client):
    row = account()
    url = reverse("notifications:test_provider", args=[row.public_id])
    answer = as_root.post(url, {"channel": "SMS", "address": "555"}, headers={"HX-Request": "true"})
    assert b"Begin with +" in answer.content
    assert not Delivery.objects.exists()


class TestApi:
    def test_an_account_lives_and_its_secrets_go_in_only(self, api, root: User):
        client = api(root, "providers:read", "providers:write")
        body = {"kind": "carrier", "label": "Main", "settings": FIELDS}
        made = client.post("/api/providers", body)
        assert made.status_code == 201, made.json()
        row = made.json()
        assert row["settings"] == {"number": "+15550100", "region": "eu"}
        assert (row["secretsSet"], row["health"]["standing"]) == (["token"], "unused")
        url = f"/api/providers/{row['id']}"
        changed = client.patch(url, {"enabled": False, "settings": {"number": "+2"}}).json()
        assert (changed["enabled"], changed["settings"]["number"]) == (False, "+2")
        assert changed["warnings"] == ["Nothing else sends by SMS."]
        listed = client.get("/api/providers")
        assert CANARY not in listed.content.decode()
        assert [one["id"] for one in listed.json()["providers"]] == [row["id"]]
        kinds = client.get("/api/providers/kinds").json()["kinds"]
        assert [field["name"] for field in kinds[0]["settings"]][:2] == ["number", "token"]
        moved = client.post(f"{url}/move", {"channel": "SMS", "direction": "up"})
        assert moved.status_code == 200
        assert client.delete(url).json()["deleted"]
        assert client.get(url).status_code == 404

    def test_refusals_name_their_field(self, api, root: User):
        answer = api(root).post("/api/providers", {"kind": "carrier", "settings": {"number": "1"}})
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["field"] == "token"

    def test_a_scope_does_not_make_an_admin(self, api, alice: User, root: User):
        assert api(alice).get("/api/providers").status_code == 403
        assert api(root, "users:read").get("/api/providers").status_code == 403


@pytest.mark.django_db(transaction=True)
class TestRealTest:
    """A message that leaves through one account and no other."""

    @pytest.fixture
    def url(self) -> str:
        account("first", fields={"token": BROKEN})
        row = account("second", enabled=False)
        return reverse("notifications:test_provider", args=[row.public_id])

    def fate(self, client: Client) -> str:
        row = Delivery.objects.get()
        args = [Provider.objects.get(pk=row.subject_id).public_id, row.pk]
        return client.get(reverse("notifications:provider_test_fate", args=args)).content.decode()

    def finish(self, send_until) -> None:
        send_until(lambda: Delivery.objects.get().state in {"SENT", "FAILED"}, 5)

    def test_it_leaves_through_an_account_that_is_off_and_its_fate_is_shown(
        self, as_root: Client, root: User, url: str, carrier: list, send_until
    ):
        mine = ContactMethod.objects.create(user=root, channel="SMS", address="+15550101")
        data = {"channel": "SMS", "method": mine.public_id}
        answer = as_root.post(url, data, headers={"HX-Request": "true"}).content.decode()
        assert "on its way" in answer
        assert "data-poll" in answer
        self.finish(send_until)
        assert [key for key, _ in carrier] == [Provider.objects.get(label="second").public_id]
        assert "The provider took the test" in self.fate(as_root)
        receipts.note(Delivery.objects.get().pk, Receipt.DELIVERED, now=clock.now())
        assert "Test was delivered" in self.fate(as_root)

    def test_a_failure_is_not_hidden_by_another_account(
        self, as_root: Client, url: str, carrier: list, send_until
    ):
        bad = Provider.objects.get(label="first")
        url = reverse("notifications:test_provider", args=[bad.public_id])
        Provider.objects.update(enabled=True)
        as_root.post(url, {"channel": "SMS", "address": "+1 555 010 1234"})
        self.finish(send_until)
        assert carrier == []
        shown = self.fate(as_root)
        assert "Test failed" in shown
        assert "401 wrong token" in shown
        assert "data-poll" not in shown

    def test_by_the_api(self, api, root: User, url: str, send_until):
        client = api(root)
        path = url.replace("/settings/providers/", "/api/providers/").rstrip("/")
        asked = client.post(path, {"channel": "SMS"})
        assert asked.json()["error"]["details"]["field"] == "address"
        asked = client.post(path, {"channel": "SMS", "address": "+15550101"})
        assert (asked.status_code, asked.json()["state"]) == (202, "QUEUED")
        self.finish(send_until)
        fate = client.get(path.replace("/test", f"/tests/{asked.json()['id']}"))
        assert fate.json()["state"] == "SENT"


def test_what_the_vendor_says_of_the_credentials_is_shown(as_root: Client, api, root: User):
    page = as_root.post(f"{HOME}add/carrier/", {**FIELDS, "extra": BROKEN}, follow=True)
    assert b"Stored, but it does not work yet. Carrier: 401 wrong token" in page.content
    row = Provider.objects.get()
    said = api(root).patch(f"/api/providers/{row.public_id}", {"clear": ["extra"]}).json()
    assert said["warnings"] == []
    page = as_root.post(f"{HOME}add/carrier/", FIELDS, follow=True)
    assert b"The carrier knows +15550100" in page.content


def test_a_guide_is_a_page_and_only_where_there_is_one(as_root: Client, monkeypatch, tmp_path):
    monkeypatch.setattr(guides, "FOLDER", tmp_path)
    url = f"{HOME}guide/carrier/"
    assert as_root.get(url).status_code == 404
    assert url not in as_root.get(f"{HOME}add/carrier/").content.decode()
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers" / "carrier.md").write_text("# Carrier\n\nBuy **one** <b>number</b>.")
    shown = as_root.get(url).content.decode()
    assert "<strong>one</strong> &lt;b&gt;" in shown
    assert url in as_root.get(f"{HOME}add/carrier/").content.decode()


def test_a_channel_whose_only_account_fails_is_not_shown_as_well(as_root: Client):
    bought = account()
    accounts.forget()
    assert b"Failing" not in as_root.get(HOME).content
    ProviderHealth.objects.create(provider=bought, failures=3)
    accounts.forget()
    assert b"Failing" in as_root.get(HOME).content
