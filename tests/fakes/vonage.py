"""Vonage as far as OpsKnight speaks with it: SMS API, Voice API, signed receipts and key presses.

Like FakeTwilio: `fail` is what the SMS API answers, `fate` what becomes of what it took.
"""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.server import Call, FakeVendor, Reply

KEY, SECRET, SIGNATURE_SECRET = "abcd1234", "api-secret", "signature-secret-of-the-account"
APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
FATES = {
    "delivered": ["accepted", "delivered"],
    "failed": ["failed"],
    "duplicate": ["delivered", "delivered"],
    "late": ["expired", "delivered"],
    "no receipt": [],
    "answered": ["started", "ringing", "answered", "completed"],
    "machine": ["started", "answered", "machine", "completed"],
    "busy": ["started", "busy"],
    "unanswered": ["started", "ringing", "unanswered"],
}
Callback = tuple[str, bytes, dict[str, str]]


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Accepted:
    """A message or call that the API took."""

    id: str
    order: dict[str, Any]


class FakeVonage(FakeVendor):
    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[Accepted] = []
        self.fail = ""
        self.fate = "delivered"
        self.error_code = "1"
        self._numbers = count(1)

    @property
    def fields(self) -> dict[str, str]:
        """An account that sends through this server."""
        pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "api_key": KEY,
            "api_secret": SECRET,
            "from_number": "+447700900000",
            "signature_secret": SIGNATURE_SECRET,
            "application_id": APPLICATION,
            "private_key": pem.decode(),
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        if call.path == "/v1/calls":
            return self._call(call)
        if call.path == "/sms/json":
            return self._sms(call.json)
        return 404, {"title": "Not found"}

    def _sms(self, order: dict[str, Any]) -> Reply:
        code = self.fail
        if (order.get("api_key"), order.get("api_secret")) != (KEY, SECRET):
            code = "4"
        elif not all(order.get(name) for name in ("from", "to", "text")):
            code = "2"
        if code:
            return 200, {"messages": [{"status": code, "error-text": f"made up error {code}"}]}
        taken = Accepted(f"0A{next(self._numbers):014d}", order)
        self.accepted.append(taken)
        part = {"status": "0", "message-id": taken.id, "to": order["to"]}
        return 200, {"message-count": "1", "messages": [part]}

    def _call(self, call: Call) -> Reply:
        if not self._knows(call.headers.get("authorization", "")):
            return 401, {"title": "Unauthorized", "type": "unauthorized"}
        if self.fail:
            return int(self.fail), {"title": f"made up error {self.fail}"}
        taken = Accepted(f"63f61863-4a51-4f6b-86e1-{next(self._numbers):012d}", call.json)
        self.accepted.append(taken)
        return 201, {"uuid": taken.id, "status": "started", "direction": "outbound"}

    def _knows(self, authorization: str) -> bool:
        head, _, signature = authorization.removeprefix("Bearer ").rpartition(".")
        try:
            key = private_key().public_key()
            key.verify(_bytes(signature), head.encode(), padding.PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        claims = json.loads(_bytes(head.split(".")[1]))
        return claims["application_id"] == APPLICATION and claims["exp"] > time.time()

    def receipts(self, taken: Accepted | None = None) -> list[Callback]:
        """The calls that follow an accepted message, in the order in which they arrive."""
        taken = taken or self.accepted[-1]
        if url := taken.order.get("callback"):
            return [self._receipt(url, taken, status) for status in FATES[self.fate]]
        return [
            self.signed_call(url, {"uuid": taken.id, "status": status})
            for url in taken.order.get("event_url", ())
            for status in FATES[self.fate]
        ]

    def _receipt(self, url: str, taken: Accepted, status: str) -> Callback:
        bad = status in {"failed", "expired", "rejected"}
        form = {
            "messageId": taken.id,
            "msisdn": taken.order["to"],
            "status": status,
            "err-code": self.error_code if bad else "0",
        }
        return self.signed_sms(url, form)

    def text(self, url: str, sender: str, text: str, *, at: float | None = None) -> Callback:
        """Somebody writes to our number."""
        form = {"msisdn": sender.removeprefix("+"), "to": "447700900000", "text": text}
        return self.signed_sms(url, {**form, "messageId": f"0B{next(self._numbers):014d}"}, at=at)

    def key(self, url: str, digits: str) -> Callback:
        """Somebody presses a key during a call; "" when nobody did in time."""
        body = {"dtmf": {"digits": digits, "timed_out": not digits}, "uuid": "63f61863"}
        return self.signed_call(url, body)

    def signed_sms(self, url: str, form: dict[str, str], *, at: float | None = None) -> Callback:
        form = {"api-key": KEY, **form, "timestamp": str(int(at or time.time())), "nonce": "n0"}
        clean = str.maketrans("&=", "__")
        text = "".join(f"&{name}={form[name].translate(clean)}" for name in sorted(form))
        form["sig"] = hmac.new(SIGNATURE_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        return url, json.dumps(form).encode(), {}

    def signed_call(self, url: str, body: dict[str, Any], *, at: float | None = None) -> Callback:
        content = json.dumps(body, separators=(",", ":")).encode()
        claims = {
            "iss": "Vonage",
            "iat": int(at or time.time()),
            "api_key": KEY,
            "payload_hash": hashlib.sha256(content).hexdigest(),
        }
        head = ".".join(_part(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        digest = hmac.new(SIGNATURE_SECRET.encode(), head.encode(), hashlib.sha256).digest()
        token = f"{head}.{_text(digest)}"
        return url, content, {"Authorization": f"Bearer {token}"}


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
