"""Buttons and chats of Telegram: whoever linked a chat can answer from it, nobody else."""

from collections.abc import Iterator

import pytest

from core import clock, config
from core.actor import SYSTEM
from incidents import commands
from integrations.replies import fetching
from notifications import links
from notifications.commands import chats
from notifications.models import ContactMethod, Delivery
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.integrations.replies.conftest import doors, status

pytestmark = [pytest.mark.once, pytest.mark.django_db]
ORIGIN = "https://pager.example.com"


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        fake.chats[77] = ""
        yield fake


@pytest.fixture
def bring(post, reach, telegram):
    """Brings an update as Telegram does; gives the status of the answer."""
    account = reach("TELEGRAM", "77", telegram)
    config.put("public_url", ORIGIN)
    secret = links.webhook_secret(account.public_id, TOKEN)

    def call(update, secret=secret):
        path = f"/api/inbound/telegram/{account.public_id}"
        return post(path, update, X_Telegram_Bot_Api_Secret_Token=secret).status_code

    return call


def test_a_press_acknowledges_and_the_message_tells_it(telegram, bring, page, publish):
    incident = page()
    (message,) = telegram.messages
    assert bring(telegram.press(message, "Acknowledge")) == 200
    assert status(incident) == ("ACKNOWLEDGED", False)
    assert doors(incident) == [("Alice", "telegram")]
    assert "is acknowledged" in telegram.answers[0]["text"]
    assert Delivery.objects.get(channel="TELEGRAM").seen_at
    publish()
    assert "Acknowledged: by Alice" in telegram.text_of(message)
    labels = [
        button["text"] for row in message["reply_markup"]["inline_keyboard"] for button in row
    ]
    assert labels == ["Resolve", "Open in OpsKnight"]
    assert bring(telegram.press(message, "Resolve")) == 200
    assert status(incident) == ("RESOLVED", False)
    publish()
    assert "Resolved: by Alice" in telegram.text_of(message)


def test_the_same_update_twice_acts_once(telegram, bring, page):
    incident = page()
    update = telegram.press(telegram.messages[0], "Acknowledge")
    assert [bring(update), bring(update)] == [200, 200]
    assert len(doors(incident)) == len(telegram.answers) == 1


def test_a_resolved_page_says_so_though_its_acknowledgement_was_never_told(
    telegram, bring, page, publish, bob
):
    incident = page()
    for verb in (commands.acknowledge, commands.resolve):
        verb(incident, by=bob.as_actor("web"), now=clock.now())
    publish()
    assert "Resolved: by Bob" in telegram.text_of(telegram.messages[0])
    assert Delivery.objects.filter(subject_kind="incident-card", state="CANCELLED").count() == 1


@pytest.mark.parametrize("secret", ["", "wrong", "ü"])
def test_an_update_without_the_secret_changes_nothing(telegram, bring, page, secret):
    incident = page()
    assert bring(telegram.press(telegram.messages[0], "Resolve"), secret) == 403
    assert status(incident) == ("OPEN", True)


def test_a_button_only_counts_in_its_own_linked_chat(telegram, bring, page, bob):
    incident = page()
    message = telegram.messages[0]
    elsewhere = telegram.press(message, "Acknowledge")
    elsewhere["callback_query"]["message"]["chat"]["id"] = 78
    bring(elsewhere)
    forged = telegram.press(message, "Acknowledge")
    data = forged["callback_query"]["data"]
    forged["callback_query"]["data"] = data.replace("acknowledge", "resolve")
    bring(forged)
    ContactMethod.objects.filter(channel="TELEGRAM").update(verified_at=None)
    bring(telegram.press(message, "Acknowledge"))
    assert status(incident) == ("OPEN", True)
    assert {answer["text"] for answer in telegram.answers} == {
        "This button is not yours or too old. Nothing was changed."
    }


def test_nonsense_is_taken_and_forgotten(bring):
    nonsense = [{}, {"update_id": 1}, {"update_id": 2, "message": 7}, {"update_id": "x"}]
    nonsense += [{"update_id": 3, "callback_query": {"message": {"chat": {"id": True}}}}]
    nonsense += [
        {"update_id": 4, "message": {"chat": {"id": 5, "type": "group"}, "text": "/start"}}
    ]
    assert {bring(update) for update in nonsense} == {200}
    assert bring([]) == bring(b"{") == 400


class TestLinking:
    def test_the_code_makes_the_chat_a_verified_way(self, telegram, bring, bob):
        code = chats.link_of(bob, clock.now()).partition("?start=")[2]
        assert len(code) <= 64
        bring(telegram.say(88, f"/start {code}"))
        method = ContactMethod.objects.get(user=bob, channel="TELEGRAM")
        assert (method.address, method.verified_at is not None) == ("88", True)
        assert "pages for Bob arrive here" in telegram.messages[0]["text"]

    def test_a_code_works_once_and_for_a_quarter_of_an_hour(self, telegram, bring, bob, data_dir):
        first = links.chat_code(bob, clock.now())
        second = links.chat_code(bob, clock.now())
        bring(telegram.say(88, f"/start {first}"))
        bring(telegram.say(99, f"/start {second}"))
        third = links.chat_code(bob, clock.now())
        (data_dir / clock.OFFSET_FILE).write_text("901")
        bring(telegram.say(99, f"/start {third}"))
        assert list(
            ContactMethod.objects.filter(user=bob, channel="TELEGRAM").values_list(
                "address", flat=True
            )
        ) == ["88"]
        assert "too old" in telegram.messages[-1]["text"]

    @pytest.mark.parametrize("code", ["", "1", "1_2_3", "9" * 99, "x_y_z", "\u0661_1_1"])
    def test_a_made_up_code_links_nobody(self, telegram, bring, bob, code):
        assert bring(telegram.say(88, f"/start {code}")) == 200
        assert not ContactMethod.objects.filter(address="88").exists()

    def test_a_group_is_nobody(self, telegram, bring, bob):
        code = links.chat_code(bob, clock.now())
        bring(telegram.say(-100, f"/start {code}", kind="supergroup"))
        assert not ContactMethod.objects.filter(user=bob, channel="TELEGRAM").exists()


def test_answers_are_fetched_where_telegram_cannot_call(telegram, reach, page):
    reach("TELEGRAM", "77", telegram)
    incident = page()
    telegram.press(telegram.messages[0], "Acknowledge")
    assert fetching.waits(clock.now())
    assert fetching.fetch(clock.now()) == 1
    assert doors(incident) == [("Alice", "telegram")]
    assert fetching.fetch(clock.now()) == 0
    assert not telegram.updates


def test_nothing_is_fetched_with_a_public_address(telegram, bring):
    assert fetching.waits(clock.now()) is None


def test_an_update_that_cannot_be_dealt_with_holds_up_no_other(
    telegram, reach, page, monkeypatch, bob
):
    reach("TELEGRAM", "77", telegram)
    incident = page()
    telegram.say(88, f"/start {links.chat_code(bob, clock.now())}")
    telegram.press(telegram.messages[0], "Acknowledge")
    monkeypatch.setattr(chats, "link_chat", None)
    assert fetching.fetch(clock.now()) == 2
    assert status(incident) == ("ACKNOWLEDGED", False)


def test_who_was_not_paged_is_told_so(telegram, bring, page):
    incident = page()
    commands.delete(incident, by=SYSTEM, now=clock.now())
    bring(telegram.press(telegram.messages[0], "Acknowledge"))
    assert "Nothing was changed" in telegram.answers[0]["text"]
