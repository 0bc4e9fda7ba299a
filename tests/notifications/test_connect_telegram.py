"""Connect Telegram, as a person sees it: the link, the wait, the chat that is theirs."""

import json

import pytest

from core import clock
from notifications.commands import chats
from notifications.models import ContactMethod, Provider

pytestmark = pytest.mark.django_db
PAGE = "/profile/reach/telegram/"


@pytest.fixture
def bot() -> Provider:
    config = json.dumps({"token": "1:secret-token", "username": "@my_pager_bot"})
    return Provider.objects.create(kind="telegram", config=config)


def test_without_a_bot_it_says_who_can_add_one(as_alice):
    assert "There is no Telegram bot yet" in as_alice.get(PAGE).content.decode()


def test_it_is_offered_where_there_is_a_bot(as_alice, as_root):
    offer, alone, admin = f'href="{PAGE}"', "There is no bot yet: an admin adds one", "Set up"
    before = as_alice.get("/profile/reach/").content.decode()
    assert offer not in before and alone in before
    assert admin in as_root.get("/profile/reach/").content.decode()
    Provider.objects.create(kind="telegram", config=json.dumps({"token": "1:s", "username": "@b"}))
    after = as_alice.get("/profile/reach/").content.decode()
    assert offer in after and alone not in after


def test_the_link_opens_the_bot_with_a_code_and_never_tells_the_token(as_alice, bot):
    body = as_alice.get(PAGE).content.decode()
    assert "https://t.me/my_pager_bot?start=" in body
    assert "secret-token" not in body


def test_the_page_asks_until_the_chat_is_there(as_alice, alice, bot):
    now = clock.now()
    path = f"{PAGE}{int(now.timestamp())}/"
    waiting = as_alice.get(path).content.decode()
    assert "Not connected yet" in waiting and "hx-get" in waiting
    code = chats.link_of(alice, now).partition("?start=")[2]
    assert chats.link_chat(code, 77, "Alice", now=clock.now())
    done = as_alice.get(path).content.decode()
    assert "Connected" in done and "hx-get" not in done


@pytest.mark.parametrize("since", ["0", "99999999999999999999"])
def test_an_odd_time_is_no_error(as_alice, bot, since):
    assert as_alice.get(f"{PAGE}{since}/").status_code == 200


def test_strangers_are_sent_to_sign_in(client, bot, root):
    assert client.get(PAGE).status_code == 302


def test_a_second_chat_is_a_second_way(alice, bot):
    for chat in (77, 78):
        code = chats.link_of(alice, clock.now()).partition("?start=")[2]
        assert chats.link_chat(code, chat, "Alice\n<b>", now=clock.now())
    labels = ContactMethod.objects.filter(user=alice, channel="TELEGRAM")
    assert [row.label for row in labels] == ["Alice <b>"] * 2


def test_the_api_gives_the_same_link(api, alice, bot):
    answer = api(alice, "users:write").post("/api/telegram-link").json()
    code = answer["url"].partition("https://t.me/my_pager_bot?start=")[2]
    assert chats.link_chat(code, 77, "Alice", now=clock.now()).user == alice
    assert answer["expiresAt"]


def test_the_api_says_when_there_is_no_bot(api, alice):
    assert api(alice, "users:write").post("/api/telegram-link").status_code == 409
