"""The Bot API of Telegram: chats that take messages, block the bot or press its buttons."""

import re
from html.parser import HTMLParser
from typing import Any

from tests.fakes.server import Call, FakeVendor, Mode, Reply

TOKEN = "12345:AAbot-token_of-the-fake"
BOT = "fake_pager_bot"
TAGS = {"b", "i", "u", "s", "a", "code", "pre"}


class _Text(HTMLParser):
    """Reads the HTML subset of Telegram strictly: unknown or unclosed tags are refused."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.bad = "", False
        self.open: list[str] = []
        self.feed(html)
        self.close()
        self.bad = self.bad or bool(self.open)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.bad = self.bad or tag not in TAGS
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.bad = self.bad or not self.open or self.open.pop() != tag

    def handle_data(self, data: str) -> None:
        self.text += data


class FakeTelegram(FakeVendor):
    """`chats` maps a chat id to what keeps it from taking messages ("" = nothing)."""

    def __init__(self) -> None:
        super().__init__()
        self.chats: dict[int, str] = {}
        self.messages: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {}

    def account(self) -> dict[str, str]:
        return {"token": TOKEN, "username": BOT, "base_url": self.url}

    def answer(self, call: Call) -> Reply:
        match = re.fullmatch(r"/bot([^/]+)/(\w+)", call.path)
        if match is None or match[1] != TOKEN:
            return _fault(401, "Unauthorized")
        method = getattr(self, f"_{match[2]}", None)
        return method(call.json) if method else _fault(404, "Not Found")

    def refusal(self) -> Reply:
        return _fault(401, "Unauthorized")

    def busy(self) -> Reply:
        wait = self.retry_after
        status, body = _fault(429, f"Too Many Requests: retry after {wait}")
        return status, {**body, "parameters": {"retry_after": wait}}

    def text_of(self, message: dict[str, Any]) -> str:
        """The words as a person reads them."""
        return _Text(message["text"]).text if message.get("parse_mode") else message["text"]

    def press(self, message: dict[str, Any], label: str) -> dict[str, Any]:
        """The update that a press of a button makes; it waits to be fetched as well."""
        keyboard = message["reply_markup"]["inline_keyboard"]
        button = next(button for row in keyboard for button in row if button["text"] == label)
        chat = {"id": message["chat_id"], "type": "private"}
        return self._update(
            callback_query={
                "id": str(len(self.updates) + 900),
                "from": {"id": chat["id"], "first_name": "Somebody"},
                "message": {"message_id": message["message_id"], "chat": chat},
                "data": button["callback_data"],
            }
        )

    def say(self, chat: int, text: str, kind: str = "private") -> dict[str, Any]:
        """The update of a message that somebody writes to the bot."""
        self.chats.setdefault(chat, "")
        message = {"message_id": 1, "chat": {"id": chat, "type": kind}, "text": text}
        return self._update(message={**message, "from": {"id": chat, "first_name": "Somebody"}})

    def _update(self, **content: Any) -> dict[str, Any]:
        update = {"update_id": 5000 + len(self.updates), **content}
        self.updates.append(update)
        return update

    def _getMe(self, body: Any) -> Reply:  # noqa: N802
        return _fine({"id": 12345, "is_bot": True, "username": BOT})

    def _setWebhook(self, body: Any) -> Reply:  # noqa: N802
        if not body["url"].startswith("https://"):
            return _fault(
                400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
            )
        self.webhook = body
        return _fine(True)

    def _deleteWebhook(self, body: Any) -> Reply:  # noqa: N802
        self.webhook = {}
        return _fine(True)

    def _getUpdates(self, body: Any) -> Reply:  # noqa: N802
        if self.webhook:
            return _fault(409, "Conflict: can't use getUpdates method while webhook is active")
        self.updates = [one for one in self.updates if one["update_id"] >= body.get("offset", 0)]
        return _fine(self.updates[: body.get("limit", 100)])

    def _answerCallbackQuery(self, body: Any) -> Reply:  # noqa: N802
        self.answers.append(body)
        return _fine(True)

    def _sendMessage(self, body: Any) -> Reply:  # noqa: N802
        refused = self.chats.get(body["chat_id"], "chat not found")
        if refused:
            status = 400 if refused == "chat not found" else 403
            kind = "Bad Request" if status == 400 else "Forbidden"
            return _fault(status, f"{kind}: {refused}")
        fault = _unreadable(body)
        if fault:
            return _fault(400, f"Bad Request: {fault}")
        self.messages.append({**body, "message_id": 100 + len(self.messages)})
        return _fine({"message_id": self.messages[-1]["message_id"]})

    def _editMessageText(self, body: Any) -> Reply:  # noqa: N802
        fault = _unreadable(body)
        if fault:
            return _fault(400, f"Bad Request: {fault}")
        for message in self.messages:
            if (message["chat_id"], message["message_id"]) == (body["chat_id"], body["message_id"]):
                if message["text"] == body["text"]:
                    return _fault(400, "Bad Request: message is not modified")
                message.update(reply_markup={"inline_keyboard": []})
                message.update(body)
                return _fine({"message_id": message["message_id"]})
        return _fault(400, "Bad Request: message to edit not found")


def _unreadable(body: Any) -> str:
    read = _Text(body["text"]) if body.get("parse_mode") else None
    if read and read.bad:
        return "can't parse entities: Unsupported start tag"
    text = read.text if read else body["text"]
    if len(text.encode("utf-16-le")) // 2 > 4096:
        return "message is too long"
    for row in body.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if len(button.get("callback_data", "").encode()) > 64:
                return "BUTTON_DATA_INVALID"
            if "url" in button and "." not in button["url"].split("/")[2]:
                return "inline keyboard button URL is invalid: Wrong HTTP URL"
    return ""


def _fine(result: Any) -> Reply:
    return 200, {"ok": True, "result": result}


def _fault(status: int, description: str) -> Reply:
    return status, {"ok": False, "error_code": status, "description": description}


__all__ = ["BOT", "TOKEN", "FakeTelegram", "Mode"]
