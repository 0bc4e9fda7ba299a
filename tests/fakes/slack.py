"""Slack: the Web API methods that the product uses, incoming webhooks, and clicks on buttons."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from tests.fakes.server import Call, FakeVendor, Reply

TOKEN = "xoxb-fake-token"
SECRET = "fake-signing-secret"


class FakeSlack(FakeVendor):
    """`errors`: method -> errors to answer one after the other. `joined`: channels of the app.

    `emails`: member -> address for users.info. `cards`: "channel:ts" -> the message as it is now.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[str, list[str]] = {}
        self.joined = {"C0GENERAL"}
        self.emails: dict[str, str] = {}
        self.strangers: set[str] = set()
        self.cards: dict[str, dict[str, Any]] = {}
        self.answers: list[dict[str, Any]] = []  # what came to response_url
        self._ts = 0

    def account(self) -> dict[str, str]:
        """The fields of an account that leads here."""
        return {"bot_token": TOKEN, "signing_secret": SECRET, "base_url": self.url + "/api"}

    def refusal(self) -> Reply:
        """As a webhook that was removed answers; the app's errors are in `errors`."""
        return 404, b"no_service"

    def methods(self) -> list[str]:
        return [call.path.removeprefix("/api/") for call in self.calls]

    def answer(self, call: Call) -> Reply:
        if call.path.startswith("/services/"):
            return 200, b"ok"
        if call.path.startswith("/response/"):
            self.answers.append(call.json)
            return 200, {"ok": True}
        method = call.path.removeprefix("/api/")
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return 200, {"ok": False, "error": "invalid_auth"}
        if self.errors.get(method):
            return 200, {"ok": False, "error": self.errors[method].pop(0)}
        return 200, self._method(method, call)

    def _method(self, method: str, call: Call) -> dict[str, Any]:
        if method == "users.info":
            return self._user(call.query["user"])
        body = call.json
        if method == "conversations.join":
            self.joined.add(body["channel"])
            return {"ok": True}
        if method == "chat.update":
            place = f"{body['channel']}:{body['ts']}"
            if place not in self.cards:
                return {"ok": False, "error": "message_not_found"}
            self.cards[place] = body
            return {"ok": True, "channel": body["channel"], "ts": body["ts"]}
        return self._post(body)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        channel = body["channel"]
        if channel.startswith("U"):
            channel = "D" + channel[1:]  # a message to a member goes into their conversation
        elif channel not in self.joined and not channel.startswith("D"):
            return {"ok": False, "error": "not_in_channel"}
        self._ts += 1
        ts = f"1700000000.{self._ts:06}"
        if "thread_ts" not in body:
            self.cards[f"{channel}:{ts}"] = body
        return {"ok": True, "channel": channel, "ts": ts}

    def _user(self, member: str) -> dict[str, Any]:
        if member not in self.emails:
            return {"ok": False, "error": "user_not_found"}
        profile = {"email": self.emails[member], "real_name": "Ann"}
        stranger = member in self.strangers
        return {"ok": True, "user": {"id": member, "profile": profile, "is_stranger": stranger}}

    def click(
        self, action: str, value: str, *, member: str = "U0ANN", team: str = "T0HOME", **more: Any
    ) -> dict[str, Any]:
        """The payload of a click on a button."""
        return {
            "type": "block_actions",
            "team": {"id": "T0HOME"},
            "user": {"id": member, "name": "ann", "team_id": team},
            "response_url": self.url + "/response/1",
            "actions": [{"type": "button", "action_id": action, "value": value}],
            **more,
        }


def signed(payload: Any, *, secret: str = SECRET, at: float | None = None) -> dict[str, Any]:
    """Body and headers of a callback as Slack signs it."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "data": body,
        "content_type": "application/x-www-form-urlencoded",
        "headers": {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"},
    }
