"""An ntfy server: topics that take messages published as JSON."""

from typing import Any

from tests.fakes.server import Call, FakeVendor, Reply

TOKEN = "tk_ofthefakeserver"


class FakeNtfy(FakeVendor):
    """`reserved`: topics that this token may not write to."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.reserved: set[str] = set()

    def account(self) -> dict[str, str]:
        return {"server": self.url, "token": TOKEN}

    def answer(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.refusal()
        body = call.json
        if call.path != "/" or not body.get("topic"):
            return _fault(400, 40001, "topic invalid")
        if body["topic"] in self.reserved:
            return _fault(403, 40301, "forbidden")
        if len(body["message"].encode()) > 4096 or len(body["actions"]) > 3:
            return _fault(400, 40009, "invalid request")
        self.messages.append(body)
        return 200, {"id": f"msg{len(self.messages)}", "event": "message", "topic": body["topic"]}

    def refusal(self) -> Reply:
        return _fault(401, 40101, "unauthorized")

    def busy(self) -> Reply:
        return _fault(429, 42901, "limit reached: too many requests")


def _fault(status: int, code: int, words: str) -> Reply:
    return status, {"code": code, "http": status, "error": words, "link": "https://ntfy.sh/docs"}
