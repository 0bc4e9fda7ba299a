"""SendGrid, Resend, Postmark, Mailgun and Amazon SES: their sending APIs and signed webhooks."""

import base64
import hashlib
import hmac
import json
import time
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.server import Call, FakeVendor, Reply

KEY = "the-secret-key-of-the-fake"
SENDER = "OpsKnight <pager@example.org>"
Webhook = tuple[bytes, dict[str, str]]


class FakeMailApi(FakeVendor):
    """`mails` are those taken, as {to, from, subject, text, html, reply_to, delivery, headers}."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[dict[str, Any]] = []
        self.bad_addresses: set[str] = set()

    def _take(self, **mail: Any) -> str:
        self.mails.append(mail)
        return f"id-{len(self.mails)}"

    def event(self, delivery: int, kind: str) -> Webhook:
        """(body, headers) of a webhook: `kind` is delivered | bounced | opened."""
        raise NotImplementedError


class FakeSendGrid(FakeMailApi):
    def __init__(self) -> None:
        super().__init__()
        self._key = ec.generate_private_key(ec.SECP256R1())

    def account(self) -> dict[str, str]:
        raw = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {
            "api_key": KEY,
            "from": SENDER,
            "public_key": base64.b64encode(raw).decode(),
            "inbound_secret": "parse-word",
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {KEY}":
            return self.refusal()
        body = call.json
        to = body["personalizations"][0]["to"][0]["email"]
        if call.path != "/v3/mail/send" or to in self.bad_addresses:
            error = {
                "message": "Does not contain a valid address.",
                "field": "personalizations.0.to.0.email",
            }
            return 400, {"errors": [error]}
        text, html = (part["value"] for part in body["content"])
        self._take(
            to=to,
            subject=body["subject"],
            text=text,
            html=html,
            reply_to=body.get("reply_to", {}).get("email", ""),
            delivery=body["custom_args"]["opsknight_delivery"],
            headers=body["headers"],
        )
        return 202, {}

    def refusal(self) -> Reply:
        return 401, {"errors": [{"message": "authorization grant is invalid", "field": None}]}

    def event(self, delivery: int, kind: str) -> Webhook:
        name = {"delivered": "delivered", "bounced": "bounce", "opened": "open"}[kind]
        event = {"email": "a@x", "event": name, "opsknight_delivery": str(delivery)}
        body = json.dumps([event, {"event": "processed"}]).encode()
        stamp = str(int(time.time()))
        sign = self._key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return body, {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(sign).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }


class FakeResend(FakeMailApi):
    SECRET = "whsec_" + base64.b64encode(b"resend signing secret").decode()

    def account(self) -> dict[str, str]:
        return {
            "api_key": KEY,
            "from": SENDER,
            "webhook_secret": self.SECRET,
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {KEY}" or call.path != "/emails":
            return self.refusal()
        body = call.json
        if body["to"][0] in self.bad_addresses:
            return 422, {"name": "validation_error", "message": "Invalid `to` field."}
        name = self._take(
            to=body["to"][0],
            subject=body["subject"],
            text=body["text"],
            html=body["html"],
            reply_to=body.get("reply_to", ""),
            delivery=body["tags"][0]["value"],
            headers=body["headers"],
        )
        return 200, {"id": name}

    def refusal(self) -> Reply:
        return 401, {"name": "restricted_api_key", "message": "API key is invalid"}

    def event(self, delivery: int, kind: str) -> Webhook:
        data = {"email_id": "id-1", "tags": {"opsknight_delivery": str(delivery)}}
        body = json.dumps({"type": f"email.{kind}", "data": data}).encode()
        name, stamp = "msg_1", str(int(time.time()))
        signed = f"{name}.{stamp}.".encode() + body
        digest = hmac.new(b"resend signing secret", signed, hashlib.sha256).digest()
        return body, {
            "svix-id": name,
            "svix-timestamp": stamp,
            "svix-signature": f"v1,AAAA v1,{base64.b64encode(digest).decode()}",
        }


class FakePostmark(FakeMailApi):
    def account(self) -> dict[str, str]:
        return {
            "token": KEY,
            "from": SENDER,
            "webhook_secret": "postmark-word",
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        if call.headers.get("x-postmark-server-token") != KEY or call.path != "/email":
            return self.refusal()
        body = call.json
        if body["To"] in self.bad_addresses:
            return 422, {"ErrorCode": 406, "Message": "You tried to send to an inactive recipient"}
        name = self._take(
            to=body["To"],
            subject=body["Subject"],
            text=body["TextBody"],
            html=body["HtmlBody"],
            reply_to=body.get("ReplyTo", ""),
            delivery=body["Metadata"]["opsknight_delivery"],
            headers={one["Name"]: one["Value"] for one in body["Headers"]},
        )
        return 200, {"ErrorCode": 0, "Message": "OK", "MessageID": name}

    def refusal(self) -> Reply:
        return 401, {"ErrorCode": 10, "Message": "The Server Token you provided was invalid."}

    def event(self, delivery: int, kind: str) -> Webhook:
        names = {"delivered": "Delivery", "bounced": "Bounce", "opened": "Open"}
        body = {"RecordType": names[kind], "Metadata": {"opsknight_delivery": str(delivery)}}
        if kind == "bounced":
            body |= {"Type": "HardBounce", "Description": "The server was unable to deliver"}
        word = base64.b64encode(b"opsknight:postmark-word").decode()
        return json.dumps(body).encode(), {"Authorization": f"Basic {word}"}


class FakeMailgun(FakeMailApi):
    def account(self) -> dict[str, str]:
        return {
            "api_key": KEY,
            "domain": "mg.example.org",
            "from": SENDER,
            "signing_key": "mailgun-signing-key",
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        wanted = "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()
        if call.headers.get("authorization") != wanted:
            return self.refusal()
        form = call.form
        if call.path != "/v3/mg.example.org/messages" or form["to"] in self.bad_addresses:
            return 400, {"message": "to parameter is not a valid address. please check"}
        name = self._take(
            to=form["to"],
            subject=form["subject"],
            text=form["text"],
            html=form["html"],
            reply_to=form.get("h:Reply-To", ""),
            delivery=form["v:opsknight_delivery"],
            headers={key[2:]: value for key, value in form.items() if key.startswith("h:")},
        )
        return 200, {"id": f"<{name}@mg.example.org>", "message": "Queued. Thank you."}

    def sign(self, stamp: str = "") -> dict[str, str]:
        stamp, token = stamp or str(int(time.time())), "t" * 50
        key = b"mailgun-signing-key"
        digest = hmac.new(key, f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        return {"timestamp": stamp, "token": token, "signature": digest}

    def event(self, delivery: int, kind: str) -> Webhook:
        event: dict[str, Any] = {
            "event": {"delivered": "delivered", "bounced": "failed", "opened": "opened"}[kind],
            "user-variables": {"opsknight_delivery": str(delivery)},
        }
        if kind == "bounced":
            event |= {"severity": "permanent", "delivery-status": {"message": "no such user"}}
        return json.dumps({"signature": self.sign(), "event-data": event}).encode(), {}


class FakeSes(FakeMailApi):
    """Checks the signature as the service does: with the secret that belongs to the access key."""

    def account(self) -> dict[str, str]:
        return {
            "access_key": "AKIDFAKE",
            "secret_key": KEY,
            "region": "eu-central-1",
            "from": SENDER,
            "topic": "arn:aws:sns:eu-central-1:1:mail",
            "base_url": self.url,
        }

    def answer(self, call: Call) -> Reply:
        if not self._is_signed(call):
            return self.refusal()
        body = call.json
        raw = base64.b64decode(body["Content"]["Raw"]["Data"])
        found = message_from_bytes(raw, policy=default)
        name = self._take(
            to=body["Destination"]["ToAddresses"][0],
            subject=str(found["Subject"]),
            text=found.get_body(("plain",)).get_content(),
            html=found.get_body(("html",)).get_content(),
            reply_to=str(found["Reply-To"] or ""),
            delivery=body["EmailTags"][0]["Value"],
            headers={key: str(value) for key, value in found.items()},
        )
        return 200, {"MessageId": name}

    def refusal(self) -> Reply:
        return 403, {"message": "The request signature we calculated does not match"}

    def _is_signed(self, call: Call) -> bool:
        stamp = call.headers.get("x-amz-date", "")
        scope = f"{stamp[:8]}/eu-central-1/ses/aws4_request"
        names = ["content-type", "host", "x-amz-date"]
        lines = "".join(f"{name}:{call.headers[name]}\n" for name in names)
        payload = hashlib.sha256(call.body).hexdigest()
        request = f"POST\n{quote(call.path)}\n\n{lines}\n{';'.join(names)}\n{payload}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{KEY}".encode()
        for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return call.headers.get("authorization", "").endswith(f"Signature={key.hex()}")


FAKES: dict[str, type[Any]] = {
    "sendgrid": FakeSendGrid,
    "resend": FakeResend,
    "postmark": FakePostmark,
    "mailgun": FakeMailgun,
    "ses": FakeSes,
}
