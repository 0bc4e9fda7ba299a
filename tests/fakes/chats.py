"""Chats that take cards at a webhook: Microsoft Teams, Google Chat, Discord, Mattermost."""

from typing import Any

from tests.fakes.server import Call, FakeVendor, Reply


class FakeTeams(FakeVendor):
    """A workflow answers 202; an old connector says its refusals (`hidden`) behind a 200."""

    hidden = ""

    def answer(self, call: Call) -> Reply:
        return (200, self.hidden.encode()) if self.hidden else (202, b"")


class FakeGoogleChat(FakeVendor):
    def answer(self, call: Call) -> Reply:
        return 200, {"name": "spaces/AAA/messages/BBB"}

    def refusal(self) -> Reply:
        error = {"code": 404, "message": f"gone {self.url}", "status": "NOT_FOUND"}
        return 404, {"error": error}


class FakeDiscord(FakeVendor):
    """`messages`: id -> the message as it is now."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, Any] = {}

    def answer(self, call: Call) -> Reply:
        if call.method == "PATCH":
            message = call.path.rpartition("/")[2]
            if message not in self.messages:
                return 404, {"message": "Unknown Message", "code": 10008}
            self.messages[message] = call.json
            return 200, {"id": message}
        message = str(1000 + len(self.messages))
        self.messages[message] = call.json
        return (200, {"id": message}) if call.query.get("wait") else (204, b"")

    def refusal(self) -> Reply:
        return 404, {"message": "Unknown Webhook", "code": 10015}


class FakeMattermost(FakeVendor):
    def answer(self, call: Call) -> Reply:
        return 200, b"ok"

    def refusal(self) -> Reply:
        return 400, {"id": "web.incoming_webhook.invalid.app_error"}
