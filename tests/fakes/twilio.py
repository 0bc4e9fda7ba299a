"""Twilio as far as OpsKnight speaks with it: messages, calls, signed receipts and replies.

with FakeTwilio() as twilio:
    twilio.fail = 21211                         # what the API answers
    twilio.fate = "undelivered"                 # what becomes of an accepted message
    for url, form, headers in twilio.receipts(): …   # what it then calls, signed
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from itertools import count
from urllib.parse import parse_qs

from tests.fakes.server import Call, FakeVendor, Reply

SID = "AC" + "0" * 32
TOKEN = "twilio-auth-token"
STATUS_OF = {20003: 401, 20404: 404, 20429: 429}
FATES = {
    "delivered": ["queued", "sent", "delivered"],
    "read": ["sent", "delivered", "read"],
    "undelivered": ["sent", "undelivered"],
    "failed": ["failed"],
    "duplicate": ["sent", "delivered", "delivered"],
    "late": ["undelivered", "delivered", "sent"],  # out of order
    "no receipt": [],
    "answered": ["in-progress", "completed"],
    "busy": ["busy"],
    "no-answer": ["no-answer"],
}
Callback = tuple[str, dict[str, str], dict[str, str]]


@dataclass(frozen=True)
class Accepted:
    """A message or call that the API took."""

    sid: str
    form: dict[str, list[str]]

    def __getattr__(self, name: str) -> str:
        return self.form.get(name, [""])[0]


class FakeTwilio(FakeVendor):
    def __init__(self, sid: str = SID, token: str = TOKEN) -> None:
        super().__init__()
        self.sid, self.token = sid, token
        self.accepted: list[Accepted] = []
        self.fail = 0
        self.fate = "delivered"
        self.error_code = 30003
        self._numbers = count(1)

    @property
    def fields(self) -> dict[str, str]:
        """An account that sends through this server."""
        return {
            "account_sid": self.sid,
            "auth_token": self.token,
            "from_number": "+15005550006",
            "whatsapp_from": "+15005550009",
            "whatsapp_content_sid": "HX" + "1" * 32,
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        account = f"/2010-04-01/Accounts/{self.sid}/"
        login = base64.b64encode(f"{self.sid}:{self.token}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {login}":
            return self._error(20003)
        if call.method != "POST" or call.path not in (
            f"{account}Messages.json",
            f"{account}Calls.json",
        ):
            return self._error(20404)
        if self.fail:
            return self._error(self.fail)
        prefix = "CA" if call.path.endswith("Calls.json") else "SM"
        taken = Accepted(f"{prefix}{next(self._numbers):032d}", parse_qs(call.body.decode()))
        self.accepted.append(taken)
        return 201, {"sid": taken.sid, "status": "queued", "error_code": None}

    def receipts(self, taken: Accepted | None = None) -> list[Callback]:
        """The calls that follow an accepted message, in the order in which they arrive."""
        taken = taken or self.accepted[-1]
        url = taken.StatusCallback
        kind = "Call" if taken.sid.startswith("CA") else "Message"
        calls = []
        for status in FATES[self.fate] if url else ():
            form = {f"{kind}Sid": taken.sid, f"{kind}Status": status, "To": taken.To}
            if status in {"undelivered", "failed"}:
                form["ErrorCode"] = str(self.error_code)
            calls.append(self.signed(url, form))
        return calls

    def text(self, url: str, sender: str, body: str, **more: str) -> Callback:
        """Somebody writes to our number."""
        sid = f"SM9{next(self._numbers):031d}"
        return self.signed(url, {"MessageSid": sid, "From": sender, "Body": body, **more})

    def key(self, url: str, digit: str) -> Callback:
        """Somebody presses a key during a call."""
        return self.signed(url, {"CallSid": "CA" + "7" * 32, "Digits": digit})

    def signed(self, url: str, form: dict[str, str]) -> Callback:
        form = {"AccountSid": self.sid, "ApiVersion": "2010-04-01", **form}
        text = url + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(self.token.encode(), text.encode(), hashlib.sha1).digest()
        return url, form, {"X-Twilio-Signature": base64.b64encode(digest).decode()}

    def refusal(self) -> Reply:
        return self._error(20003)

    def busy(self) -> Reply:
        return self._error(20429)

    def _error(self, code: int) -> Reply:
        status = STATUS_OF.get(code, 400)
        return status, {"code": code, "message": f"made up error {code}", "status": status}
