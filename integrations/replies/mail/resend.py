"""Resend: events signed as Svix does it; answers are not taken (its webhook brings no text)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from integrations.domain.mail_answer import MailEvent, event_of
from integrations.replies.mail import parts

FRESH_SECONDS = 300  # each try is signed anew
STATES = {
    "email.delivered": True,
    "email.bounced": False,
    "email.failed": False,
    "email.suppressed": False,
}


def is_genuine(
    headers: Mapping[str, str], body: bytes, fields: Mapping[str, str], now: float
) -> bool:
    """HMAC-SHA256 over id, timestamp and body; several signatures while a secret is changed."""
    name, stamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    try:
        key = base64.b64decode(fields.get("webhook_secret", "").removeprefix("whsec_"))
    except (binascii.Error, ValueError):
        return False
    if not key or not parts.is_recent(stamp, now, FRESH_SECONDS):
        return False
    signed = f"{name}.{stamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("svix-signature", "").split()
    return any(parts.same(f"v1,{expected}", one) for one in given[:10])


def events(body: Any) -> list[MailEvent]:
    found = body if isinstance(body, dict) else {}
    data = parts.object_of(found.get("data"))
    detail = parts.object_of(data.get("bounce")).get("message", "")
    return event_of(_delivery(data), STATES.get(str(found.get("type"))), str(detail))


def _delivery(data: Mapping[str, Any]) -> object:
    """Tags come as an object, or as the list that was sent."""
    tags = data.get("tags")
    if isinstance(tags, list):
        pairs = [one for one in tags if isinstance(one, dict)]
        return next((one.get("value") for one in pairs if one.get("name") == parts.DELIVERY), None)
    return parts.object_of(tags).get(parts.DELIVERY)
