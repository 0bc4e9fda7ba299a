"""What the modules of the mail services share: passwords, times, pieces of JSON."""

import base64
import binascii
import email
import hmac
import json
from collections.abc import Mapping
from email.message import Message
from typing import Any

from integrations.domain.mail_answer import MailAnswer

DELIVERY = "opsknight_delivery"
# Services repeat a call for hours after a break of ours; receipts and answers may come twice.
RECENT_SECONDS = 24 * 3600
AHEAD_SECONDS = 300


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def has_password(headers: Mapping[str, str], password: str) -> bool:
    """Basic (any user name) or Bearer. Without a password nothing is believed."""
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if not password:
        return False
    if scheme.lower() == "bearer":
        return same(value.strip(), password)
    if scheme.lower() != "basic":
        return False
    try:
        plain = base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return False
    return same(plain.partition(":")[2], password)


def is_recent(stamp: str, now: float, seconds: float = RECENT_SECONDS) -> bool:
    """Whether Unix seconds lie in the recent past."""
    plain = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    return plain and -AHEAD_SECONDS <= now - int(stamp) <= seconds


def object_of(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def json_of(body: bytes) -> Mapping[str, Any]:
    try:
        return object_of(json.loads(body))
    except ValueError:
        return {}


def headers_of(block: str) -> dict[str, str]:
    """Names in lower case; the first of repeated ones."""
    found: dict[str, str] = {}
    for name, value in email.message_from_string(block).items():
        found.setdefault(name.lower(), str(value))
    return found


def answer_of_mime(raw: bytes, recipients: tuple[str, ...] = ()) -> MailAnswer:
    """A whole mail; without known recipients those that stand in it."""
    mail = email.message_from_bytes(raw)
    headers = headers_of(raw.split(b"\r\n\r\n")[0].split(b"\n\n")[0].decode("utf-8", "replace"))
    named = [headers[name] for name in ("delivered-to", "x-original-to", "to") if name in headers]
    return MailAnswer(
        recipients=recipients or tuple(one for line in named for one in line.split(",")),
        sender=headers.get("from", ""),
        text=_text(mail),
        headers=headers,
    )


def _text(mail: Message) -> str:
    """The first plain part, whatever is broken in it."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            raw = payload if isinstance(payload, bytes) else b""
            try:
                return raw.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                return raw.decode("utf-8", "replace")
    return ""
