"""Amazon SES: receipts and whole mails come as signed notifications of one SNS topic."""

import base64
import binascii
import json
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from core import egress
from integrations.domain.mail_answer import MailAnswer, MailEvent, event_of
from integrations.replies.mail import parts

log = logging.getLogger(__name__)

HOST = re.compile(r"sns\.[a-z0-9-]{1,30}\.amazonaws\.com(\.cn)?")
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
HASHES: dict[str, type[hashes.HashAlgorithm]] = {"1": hashes.SHA1, "2": hashes.SHA256}
LOST = {"Bounce": "bounce", "Reject": "reject", "Rendering Failure": "failure"}


def is_genuine(
    headers: Mapping[str, str], body: bytes, fields: Mapping[str, str], now: float
) -> bool:
    """Signed by Amazon, and of the topic that the account names: others may have topics too."""
    note = parts.json_of(body)
    topic, names = fields.get("topic", ""), SIGNED.get(str(note.get("Type")))
    algorithm = HASHES.get(str(note.get("SignatureVersion")))
    if not topic or not parts.same(str(note.get("TopicArn", "")), topic):
        return False
    if names is None or algorithm is None or not is_amazons(str(note.get("SigningCertURL", ""))):
        return False
    signed = "".join(f"{name}\n{note[name]}\n" for name in names if name in note)
    try:
        signature = base64.b64decode(str(note.get("Signature", "")))
        key = public_key(str(note["SigningCertURL"]))
        key.verify(signature, signed.encode(), padding.PKCS1v15(), algorithm())
    except (binascii.Error, ValueError, InvalidSignature, egress.EgressError):
        return False
    return True


def is_amazons(url: str) -> bool:
    found = urlsplit(url)
    return found.scheme == "https" and bool(HOST.fullmatch(found.netloc.lower()))


@lru_cache(maxsize=8)
def public_key(url: str) -> rsa.RSAPublicKey:
    """The key of Amazon's certificate at this address. Raises ValueError or EgressError."""
    answer = egress.request("GET", url, timeout=5.0)
    key = x509.load_pem_x509_certificate(answer.body).public_key()
    if answer.status != 200 or not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("no certificate of Amazon")
    return key


def confirm(body: Mapping[str, Any]) -> bool:
    """Answers the question whether the topic may call here. True when there was nothing to ask."""
    if body.get("Type") != "SubscriptionConfirmation":
        return True
    url = str(body.get("SubscribeURL", ""))
    if not is_amazons(url):
        return False
    try:
        return egress.request("GET", url, timeout=5.0).status == 200
    except egress.EgressError as error:
        log.warning("the topic could not be confirmed: %s", error.reason)
        return False


def events(body: Any) -> list[MailEvent]:
    told = _told(body)
    kind = str(told.get("eventType") or told.get("notificationType"))
    if kind not in {"Delivery", *LOST}:
        return []
    about = parts.object_of(told.get(LOST.get(kind, "")))
    if about.get("bounceType") == "Transient":
        return []  # SES tries again, or it was a note of absence
    return event_of(_delivery(told), kind == "Delivery", _reason(about))


def answer(body: Any) -> MailAnswer | None:
    """The mail that a receipt rule brings with its content; None for anything else."""
    told = _told(body)
    if told.get("notificationType") != "Received":
        return None
    content = str(told.get("content", ""))
    encoded = parts.object_of(parts.object_of(told.get("receipt")).get("action")).get("encoding")
    try:
        raw = base64.b64decode(content) if encoded == "BASE64" else content.encode()
    except (binascii.Error, ValueError):
        return None
    to = parts.object_of(told.get("receipt")).get("recipients")
    return parts.answer_of_mime(raw, tuple(map(str, to)) if isinstance(to, list) else ())


def _told(body: Any) -> Mapping[str, Any]:
    try:
        return parts.object_of(json.loads(str(parts.object_of(body).get("Message", ""))))
    except ValueError:
        return {}


def _delivery(told: Mapping[str, Any]) -> object:
    """From the tags of an event, else from the header that stands in the mail."""
    mail = parts.object_of(told.get("mail"))
    tag = parts.object_of(mail.get("tags")).get(parts.DELIVERY)
    if isinstance(tag, list) and tag:
        return tag[0]
    rows = mail.get("headers")
    named = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    wanted = "x-opsknight-delivery"
    return next((one.get("value") for one in named if str(one.get("name")).lower() == wanted), None)


def _reason(about: Mapping[str, Any]) -> str:
    rows = about.get("bouncedRecipients")
    first = parts.object_of(rows[0]) if isinstance(rows, list) and rows else {}
    return str(
        first.get("diagnosticCode") or about.get("reason") or about.get("errorMessage") or ""
    )
