"""The button of a Mattermost message: its token is the person, without it nothing happens."""

from collections.abc import Iterator

import pytest

from core import clock, config
from incidents import commands
from notifications.commands import drills
from notifications.models import Channel, ContactMethod
from tests.fakes.chats import FakeMattermost
from tests.integrations.replies.conftest import doors, status

pytestmark = [pytest.mark.once, pytest.mark.django_db]
PATH = "/api/inbound/mattermost/actions"


@pytest.fixture
def mattermost(alice) -> Iterator[FakeMattermost]:
    config.put("public_url", "https://pager.example.com")
    with FakeMattermost() as fake:
        ContactMethod.objects.create(
            user=alice, channel=Channel.EMAIL, address="a@x", enabled=False
        )
        address = fake.url + "/hooks/x"
        ContactMethod.objects.create(user=alice, channel="MATTERMOST", address=address)
        yield fake


def button(fake: FakeMattermost, name: str = "acknowledge") -> dict:
    (attachment,) = fake.calls[-1].json["attachments"]
    found = {action["id"]: action["integration"] for action in attachment["actions"]}
    return found[name]


def test_a_press_acknowledges_and_takes_the_button_away(mattermost, page, post):
    incident = page("Checkout @channel")
    found = button(mattermost)
    assert found["url"] == f"https://pager.example.com{PATH}"
    answer = post(PATH, {"user_id": "x", "context": found["context"]}).json()
    assert status(incident) == ("ACKNOWLEDGED", False)
    assert doors(incident) == [("Alice", "mattermost")]
    assert answer["update"]["props"] == {}
    assert "@channel" not in answer["update"]["message"]


def test_a_second_press_says_who_has_it(mattermost, page, post, bob):
    incident = page()
    commands.acknowledge(incident, by=bob.as_actor("web"), now=clock.now())
    answer = post(PATH, {"context": button(mattermost)["context"]}).json()
    assert "already acknowledged by Bob" in answer["ephemeral_text"]


def test_the_other_button_lets_the_next_step_fire(mattermost, page, post):
    incident = page()
    due = incident.escalate_at
    answer = post(PATH, {"context": button(mattermost, "escalate")["context"]}).json()
    assert "goes to the next step now" in answer["ephemeral_text"]
    assert "update" not in answer
    incident.refresh_from_db()
    assert incident.escalate_at < due
    assert doors(incident, "escalation")[-1] == ("Alice", "mattermost")


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_a_request_for_help_is_answered_by_its_buttons(
    mattermost, page, post, send, alice, bob, answer
):
    incident = page()
    helpers = commands.Helpers(people=[alice])
    commands.ask(incident, helpers, by=bob.as_actor("web"), now=clock.now())
    send()
    context = button(mattermost, answer)["context"]
    assert "Bob is told" in post(PATH, {"context": context}).json()["ephemeral_text"]
    assert doors(incident, f"responder_{answer}ed".replace("eed", "ed")) == [
        ("Alice", "mattermost")
    ]
    taken = post(PATH, {"context": {"token": context["token"], "verb": "acknowledge"}})
    assert taken.status_code == 403, "the token answers a request, and takes nothing"


def test_a_test_page_is_confirmed_by_its_button(mattermost, post, send, alice):
    drill = drills.start_drill(alice, by=alice.as_actor("web"), now=clock.now())
    send()
    found = button(mattermost, "arrived")
    assert "arrive" in post(PATH, {"context": found["context"]}).json()["update"]["message"]
    drill.refresh_from_db()
    assert drill.answered_at
    assert post(PATH, {"context": {"token": "forged", "verb": "arrived"}}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"context": {}}, {"context": {"token": "forged:x:y"}}, {"context": {"token": 7}}, []],
)
def test_without_a_genuine_token_nothing_happens(mattermost, page, post, body):
    incident = page()
    assert post(PATH, body).status_code == 403
    assert status(incident)[0] == "OPEN"
