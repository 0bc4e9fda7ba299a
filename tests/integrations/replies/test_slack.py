"""Buttons of Slack: only Slack may call, only a known person may act, and the card tells it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from incidents import commands
from incidents.models import Incident
from notifications.commands import drills
from notifications.commands import slack as door
from notifications.models import ContactMethod, Delivery, Drill, Provider
from tests.fakes.slack import SECRET, FakeSlack, signed
from tests.integrations.replies.conftest import doors, status

pytestmark = [pytest.mark.once, pytest.mark.django_db]
PATH = "/api/inbound/slack/actions"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def account(reach: Callable[..., Provider], slack: FakeSlack) -> Provider:
    return reach("SLACK", "U0ANN", slack)


@pytest.fixture
def press(client: Client, slack: FakeSlack, account: Provider) -> Callable[..., int]:
    """`press("ack_incident", incident)`; gives the status of the answer."""

    def call(action: str, incident: Incident | Drill, at: float | None = None, **more: Any) -> int:
        secret = more.pop("secret", None)
        payload = slack.click(action, str(incident.pk), **more)
        call = signed(payload, at=at, **({"secret": secret} if secret else {}))
        return client.post(PATH, **call).status_code

    return call


def card(slack: FakeSlack) -> dict[str, Any]:
    (only,) = slack.cards.values()
    return only["attachments"][0]


def test_a_click_stops_the_escalation_and_the_card_turns(slack, press, page, publish):
    incident = page()
    assert card(slack)["color"] == "#c62828"
    assert press("ack_incident", incident) == 200
    assert status(incident) == ("ACKNOWLEDGED", False)
    assert doors(incident) == [("Alice", "slack")]
    assert "is acknowledged" in slack.answers[0]["text"]
    assert slack.answers[0]["response_type"] == "ephemeral"
    publish()
    assert card(slack)["color"] == "#b45309"
    assert press("resolve_incident", incident) == 200
    assert status(incident) == ("RESOLVED", False)
    publish()
    assert card(slack)["color"] == "#15803d"


def test_a_card_does_not_go_on_saying_that_somebody_has_it(slack, press, page, publish, alice):
    incident = page()
    press("ack_incident", incident)
    publish()
    commands.unacknowledge(incident, by=alice.as_actor("web"), now=clock.now())
    publish()
    assert (card(slack)["color"], status(incident)[0]) == ("#c62828", "OPEN")
    assert press("ack_incident", incident, trigger_id="2") == 200
    assert status(incident)[0] == "ACKNOWLEDGED"


def test_a_member_is_known_by_the_mail_address_too(slack, press, page, bob):
    slack.emails = {"U0BOB": "BOB@example.com"}
    incident = page()
    press("ack_incident", incident, member="U0BOB")
    assert doors(incident) == [("Bob", "slack")]


@pytest.mark.parametrize(
    "more",
    [
        {"member": "U0EVE"},  # nobody knows this member
        {"member": "U0GUEST"},  # a guest whose address is that of bob
        {"member": "U0BOB", "team": "T0OTHER"},  # bob's address, in another company's workspace
        {"member": "U0NAME"},  # only the name is that of somebody here
    ],
)
def test_a_stranger_is_refused_where_only_they_see_it(slack, press, page, bob, more):
    slack.emails = {"U0GUEST": bob.email, "U0BOB": bob.email, "U0NAME": "alice@evil.example"}
    slack.strangers = {"U0GUEST"}
    incident = page()
    assert press("ack_incident", incident, **more) == 200
    assert status(incident)[0] == "OPEN"
    (answer,) = slack.answers
    assert (answer["response_type"], answer["replace_original"]) == ("ephemeral", False)
    assert "Nothing was changed" in answer["text"]


def test_when_slack_does_not_tell_who_it_is_nothing_happens(slack, press, page):
    incident = page()
    slack.errors["users.info"] = ["internal_error"]
    assert press("ack_incident", incident, member="U0BOB") == 200
    assert status(incident)[0] == "OPEN"
    assert "Please try again" in slack.answers[0]["text"]


def test_who_may_not_see_it_is_refused(slack, press, page, carol):
    slack.emails = {"U0CAROL": carol.email}
    incident = page()
    press("resolve_incident", incident, member="U0CAROL")
    assert status(incident)[0] == "OPEN"
    assert "no such incident" in slack.answers[0]["text"]


def test_a_method_that_was_not_verified_proves_nothing(slack, press, page):
    incident = page()
    ContactMethod.objects.filter(channel="SLACK").update(verified_at=None)
    press("ack_incident", incident)
    assert status(incident)[0] == "OPEN"


@pytest.mark.parametrize(
    ("action", "type", "said"),
    [
        ("assign_me_incident", "assigned", "is yours now"),
        ("snooze_incident", "snoozed", "is snoozed for 1 h"),
        ("escalate_incident", "escalation", "goes to the next step now"),
    ],
)
def test_the_other_buttons_act_as_who_pressed_them(slack, press, page, action, type, said):
    incident = page()
    press(action, incident)
    assert doors(incident, type)[-1] == ("Alice", "slack")
    assert said in slack.answers[0]["text"]


def test_a_request_for_help_is_answered_by_a_button(slack, press, page, send, alice, bob):
    incident = page()
    helpers = commands.Helpers(people=[alice])
    commands.ask(incident, helpers, by=bob.as_actor("web"), now=clock.now(), message="Please")
    send()
    *_, asked = slack.cards.values()
    (buttons,) = [one for one in asked["attachments"][0]["blocks"] if one["type"] == "actions"]
    acting = [one["action_id"] for one in buttons["elements"] if "url" not in one]
    assert acting == ["accept_request", "decline_request"]
    press("accept_request", incident)
    assert doors(incident, "responder_accepted") == [("Alice", "slack")]
    assert "counts on you, Bob is told" in slack.answers[0]["text"]
    assert status(incident) == ("OPEN", True)


def test_a_test_page_is_confirmed_where_it_arrived(slack, press, send, alice):
    drill = drills.start_drill(alice, by=alice.as_actor("web"), now=clock.now())
    send()
    *_, card = slack.cards.values()
    (buttons,) = [one for one in card["attachments"][0]["blocks"] if one["type"] == "actions"]
    (button,) = [one for one in buttons["elements"] if "url" not in one]
    assert (button["action_id"], button["value"]) == ("confirm_test", str(drill.pk))
    Delivery.objects.update(address="U0ELSE")
    press("confirm_test", drill)
    assert "No test page was sent to you" in slack.answers[0]["text"]
    Delivery.objects.update(address="U0ANN")
    press("confirm_test", drill, at=time.time() - 5)
    assert "pages arrive in this chat" in slack.answers[1]["text"]
    drill.refresh_from_db()
    assert drill.answered_at


@pytest.mark.parametrize(("secret", "ahead"), [("wrong", 0), (SECRET, -301), (SECRET, 400)])
def test_only_slack_may_call_and_only_now(slack, press, page, secret, ahead):
    incident = page()
    assert press("ack_incident", incident, secret=secret, at=time.time() + ahead) == 401
    assert status(incident)[0] == "OPEN"
    assert slack.answers == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=x"},
        {"X-Slack-Request-Timestamp": "1e9", "X-Slack-Signature": "v0=\u00e9"},
    ],
)
def test_a_call_without_a_signature_is_refused(client, account, headers):
    answer = client.post(PATH, b"payload={}", content_type="text/plain", headers=headers)
    assert answer.status_code == 401


def test_without_an_account_everything_is_refused(client: Client, slack: FakeSlack, db: None):
    call = signed(slack.click("ack_incident", "1"), secret="")
    assert client.post(PATH, **call).status_code == 401


def test_the_same_call_again_does_nothing(slack, client, account, page, alice):
    incident = page()
    call = signed(slack.click("resolve_incident", str(incident.pk)))
    assert client.post(PATH, **call).status_code == 200
    commands.reopen(incident, by=SYSTEM, now=clock.now())
    assert client.post(PATH, **call).status_code == 200
    assert status(incident)[0] == "OPEN"


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30])
def test_a_value_that_is_no_number_is_left_alone(slack, client, account, value):
    call = signed(slack.click("ack_incident", value))
    assert client.post(PATH, **call).status_code == 200
    assert slack.answers == []


def test_a_second_click_says_who_has_it(slack, press, page, alice: User, bob: User):
    incident = page()
    commands.acknowledge(incident, by=bob.as_actor("web"), now=clock.now())
    press("ack_incident", incident)
    assert "already acknowledged by Bob" in slack.answers[0]["text"]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://hooks.slack.com/actions/T/1/x", True),
        ("http://hooks.slack.com/actions/T/1/x", False),
        ("https://hooks.slack.com.evil.example/x", False),
        ("https://hooks.slack.com@evil.example/x", False),
        ("https://evil.example/hooks.slack.com", False),
        ("", False),
    ],
)
def test_answers_go_to_slack_only(address: str, allowed: bool):
    account = door.Account("slack", "prv_1", {})
    assert door.may_answer(account, address) is allowed
