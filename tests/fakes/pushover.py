"""The API of Pushover: messages, receipts of emergencies, and phones that acknowledge them."""

import re

from tests.fakes.server import Call, FakeVendor, Reply

TOKEN = "azGDORePK8gMaC0QOYAMyEEuzJnyUi"
USER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"


class FakePushover(FakeVendor):
    """`receipts` holds what became of each emergency."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, str]] = []
        self.receipts: dict[str, dict[str, object]] = {}
        self.cancelled: list[str] = []

    def account(self) -> dict[str, str]:
        return {"token": TOKEN, "base_url": self.url}

    def acknowledge(self, receipt: str, by: str = USER) -> dict[str, str]:
        """Somebody taps on the phone; gives the form that the callback brings."""
        self.receipts[receipt] |= {"acknowledged": 1, "acknowledged_by": by}
        return {"receipt": receipt, "acknowledged": "1", "acknowledged_by": by}

    def answer(self, call: Call) -> Reply:
        match = re.fullmatch(r"/1/receipts/(\w{30})(/cancel)?\.json", call.path)
        if match:
            return self._receipt(match[1], bool(match[2]), call)
        form = call.form
        if call.path != "/1/messages.json":
            return 404, {"status": 0}
        if form.get("token") != TOKEN:
            return self.refusal()
        if form.get("user") != USER:
            errors = ["user identifier is not a valid user, group, or subscribed user key"]
            return 400, {"user": "invalid", "errors": errors, "status": 0}
        if not form.get("message") or len(form["message"]) > 1024 or len(form["title"]) > 250:
            return 400, {"message": "cannot be blank", "errors": ["message is bad"], "status": 0}
        if form.get("priority") == "2" and not {"retry", "expire"} <= form.keys():
            return 400, {"retry": "missing", "errors": ["retry must be supplied"], "status": 0}
        self.messages.append(form)
        answer: dict[str, object] = {"status": 1, "request": f"r{len(self.messages)}"}
        if form.get("priority") == "2":
            receipt = f"{'R' * 26}{len(self.messages):04}"
            self.receipts[receipt] = {"status": 1, "acknowledged": 0, "expired": 0}
            answer["receipt"] = receipt
        return 200, answer

    def refusal(self) -> Reply:
        return 400, {"token": "invalid", "errors": ["application token is invalid"], "status": 0}

    def busy(self) -> Reply:
        return 429, {"errors": ["application is over its quota for the month"], "status": 0}

    def _receipt(self, receipt: str, cancel: bool, call: Call) -> Reply:
        token = call.form.get("token") if cancel else call.query.get("token")
        if token != TOKEN:
            return self.refusal()
        if receipt not in self.receipts:
            return 404, {"receipt": "not found", "errors": ["receipt not found"], "status": 0}
        if cancel:
            self.cancelled.append(receipt)
        return 200, self.receipts[receipt]
