"""Contact methods, rules and the bell by the API: one's own, and little of others'."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import accounts, commands, queries
from notifications.commands import providers
from notifications.models import Delivery, ProviderHealth
from tests.notifications.conftest import page
from tests.notifications.providers import account, carrier

__all__ = ["carrier"]
Api = Callable[..., APIClient]
pytestmark = [pytest.mark.once, pytest.mark.django_db]
MINE = "/api/users/me/contact-methods"
RULES = "/api/users/me/notification-rules"
URL = "https://hooks.example.com/alice"


def test_a_way_is_added_verified_moved_and_removed(api: Api, alice: User):
    mine = api(alice)
    body = {"channel": "WEBHOOK", "address": URL, "secret": "planted-canary"}
    added = mine.post(MINE, body)
    assert (added.status_code, added.json()["verifiedAt"]) == (201, None)
    assert "planted-canary" not in added.content.decode()
    one = f"{MINE}/{added.json()['id']}"
    assert mine.post(f"{one}/verification").status_code == 202
    code = Delivery.objects.get().message["title"].split()[0]
    assert mine.put(f"{one}/verification", {"code": "x"}).status_code == 422
    assert mine.put(f"{one}/verification", {"code": code}).json()["verifiedAt"]
    change = {"label": "Pager", "address": URL + "/2"}
    changed = mine.patch(one, change).json()
    assert (changed["label"], changed["verifiedAt"]) == ("Pager", None)
    assert mine.post(f"{one}/move", {"direction": "up"}).status_code == 200
    assert mine.get(MINE).json()[0]["address"] == URL + "/2"
    assert mine.post(f"{one}/test").status_code == 202
    assert mine.delete(one).status_code == 204
    assert len(mine.get(MINE).json()) == 1


def test_a_bad_address_and_the_last_way_are_refused(api: Api, alice: User):
    mine = api(alice)
    bad = mine.post(MINE, {"channel": "SMS", "address": "0151 2345678"})
    assert (bad.status_code, "country code" in bad.content.decode()) == (422, True)
    push = {"channel": "PUSH", "address": "https://push.example.com/x"}
    assert mine.post(MINE, push).status_code == 422
    only = mine.get(MINE).json()[0]["id"]
    assert mine.delete(f"{MINE}/{only}").status_code == 409


def test_admins_see_others_masked_and_may_only_add(api: Api, alice: User, bob: User, root: User):
    theirs = f"/api/users/{alice.public_id}/contact-methods"
    admin, other = api(root), api(bob)
    [mail] = admin.get(theirs).json()
    assert mail["address"] == "a…@example.com"
    body = {"channel": "WEBHOOK", "address": URL}
    assert admin.post(theirs, body).json()["address"] == "hooks.example.com/…"
    assert admin.patch(f"{theirs}/{mail['id']}", {"label": "x"}).status_code == 403
    assert admin.post(f"{theirs}/{mail['id']}/verification").status_code == 403
    rules = f"/api/users/{alice.public_id}/notification-rules"
    assert admin.get(rules).status_code == 200
    assert admin.put(rules, {}).status_code == 403
    for path in (theirs, rules):
        assert other.get(path).status_code == 403
    assert other.post(theirs, body).status_code == 403
    stolen = f"{MINE}/{mail['id']}"
    assert other.delete(stolen).status_code == 404


def test_rules_are_replaced_by_urgency_all_or_nothing(api: Api, alice: User):
    mine = api(alice)
    [mail] = [row["id"] for row in mine.get(MINE).json()]
    rule = {"contactMethodId": mail, "delayMinutes": 1, "repeatMinutes": 5, "repeatTimes": 3}
    assert mine.put(RULES, {"HIGH": [rule]}).json()["HIGH"] == [rule]
    wrong = {"HIGH": [], "LOW": [rule | {"contactMethodId": "cm_nobody"}]}
    assert mine.put(RULES, wrong).status_code == 422
    assert mine.put(RULES, {"LOW": [rule, rule]}).status_code == 422
    digest = {"rhythm": "DAILY", "hour": 9}
    assert mine.put(RULES, {"lowDigest": {"rhythm": "WEEKLY"}}).status_code == 422
    assert mine.put(RULES, {"lowDigest": digest | {"hour": 24}}).status_code == 422
    assert mine.get(RULES).json()["lowDigest"] == {"rhythm": "AT_ONCE", "hour": 8}
    assert mine.put(RULES, {"lowDigest": digest}).status_code == 200
    kept = {"HIGH": [rule], "MEDIUM": [], "LOW": [], "lowDigest": digest}
    assert mine.get(RULES).json() == kept


def test_the_bell_is_read_and_marked(api: Api, alice: User, bob: User):
    commands.notify([alice, bob], key="k", title="Moved", now=clock.now())
    commands.notify([alice], key="l", title="Moved again", now=clock.now())
    mine = api(alice)
    bell = mine.get("/api/notifications?limit=1").json()
    assert (bell["total"], bell["unreadCount"], len(bell["notifications"])) == (2, 2, 1)
    ids = {"notificationIds": [bell["notifications"][0]["id"]]}
    answer = mine.patch("/api/notifications", ids).json()
    assert answer == {"updated": 1, "unreadCount": 1}
    assert mine.get("/api/notifications?unreadOnly=true").json()["total"] == 1
    assert mine.patch("/api/notifications", {}).status_code == 422
    mine.patch("/api/notifications", {"markAllAsRead": True})
    assert (queries.unread_count(alice), queries.unread_count(bob)) == (0, 1)


@pytest.mark.parametrize(("who", "seen"), [("alice", {"alice"}), ("root", {"alice", "bob"})])
def test_the_history_is_ones_own_and_everybodys_for_admins(
    api: Api, alice: User, bob: User, root: User, who: str, seen: set[str]
):
    page(alice)
    page(bob)
    people = {"alice": alice, "bob": bob, "root": root}
    mine = api(people[who])
    rows = mine.get("/api/notifications/history?channel=EMAIL").json()["deliveries"]
    assert {row["user"] for row in rows} == {people[name].public_id for name in seen}
    assert ("alice@example.com" in str(rows)) == (who == "alice")


@pytest.mark.parametrize(
    ("name", "slip", "right"),
    [
        ("channel", "MAIL", "EMAIL"),
        ("state", "sent", "SENT"),
        ("outcome", "lost", "failed"),
        ("incident", "inc_1", "#1"),
        ("since", "1.3.2026", "2026-03-01"),
        ("until", "2026-02-30", ""),
    ],
)
def test_a_slip_in_a_filter_of_the_history_does_not_show_everything(
    api: Api, alice: User, name: str, slip: str, right: str
):
    mine = api(alice)
    answer = mine.get("/api/notifications/history", {name: slip})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, name)
    assert mine.get("/api/notifications/history", {name: right}).status_code == 200


def test_a_key_without_the_scope_is_refused(api: Api, alice: User):
    mine = api(alice, "users:read")
    for path in (MINE, RULES, "/api/notifications", "/api/notifications/history"):
        assert mine.get(path).status_code == 403


def test_a_way_says_whether_anything_leaves_by_its_channel(
    api: Api, alice: User, carrier: list[tuple[str, str]]
):
    mine = api(alice)

    def told() -> tuple[bool, bool]:
        accounts.forget()
        *_, sms = mine.get(MINE).json()
        return sms["channelIsSetUp"], sms["channelIsFailing"]

    added = mine.post(MINE, {"channel": "SMS", "address": "+44 7700 900123"}).json()
    assert added["channelIsSetUp"] is False
    assert told() == (False, False)
    bought = account()
    assert told() == (True, False)
    ProviderHealth.objects.create(provider=bought, failures=3)
    assert told() == (True, True)
    providers.set_enabled(bought, False, by=SYSTEM, now=clock.now())
    assert told() == (False, False)
