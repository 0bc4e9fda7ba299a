"""SendGrid: signed events; the Inbound Parse webhook with a password in its address."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from integrations.domain.mail_answer import MailAnswer, MailEvent, event_of
from integrations.replies.mail import parts

ANSWERS_BY_FORM = True
# A bounce is final, "dropped" was never tried; "deferred" is tried again by SendGrid itself.
STATES = {"delivered": True, "bounce": False, "dropped": False}


def is_genuine(
    headers: Mapping[str, str], body: bytes, fields: Mapping[str, str], now: float
) -> bool:
    """ECDSA over timestamp and body with the verification key of the account."""
    stamp = headers.get("X-Twilio-Email-Event-Webhook-Timestamp", "")
    if not parts.is_recent(stamp, now):
        return False
    try:
        key = load_der_public_key(base64.b64decode(fields.get("public_key", "")))
        signature = base64.b64decode(headers.get("X-Twilio-Email-Event-Webhook-Signature", ""))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signature, stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        return False
    return True


def events(body: Any) -> list[MailEvent]:
    rows = body if isinstance(body, list) else []
    return [event for row in rows if isinstance(row, dict) for event in _event(row)]


def may_answer(
    headers: Mapping[str, str], fields: Mapping[str, str], form: Any, now: float
) -> bool:
    return parts.has_password(headers, fields.get("inbound_secret", ""))


def answer(form: Mapping[str, str]) -> MailAnswer:
    try:
        envelope = json.loads(form.get("envelope", "{}"))
    except ValueError:
        envelope = {}
    to = envelope.get("to") if isinstance(envelope, dict) else None
    return MailAnswer(
        recipients=tuple(str(one) for one in to) if isinstance(to, list) else (form.get("to", ""),),
        sender=form.get("from", ""),
        text=form.get("text", ""),
        headers=parts.headers_of(form.get("headers", "")),
    )


def _event(row: dict[str, Any]) -> list[MailEvent]:
    state = STATES.get(str(row.get("event")))
    return event_of(row.get(parts.DELIVERY), state, str(row.get("reason", "")))
