"""Mailgun: events and routes are signed alike, over a timestamp and a token.

The body is not part of what it signs: only TLS keeps it from being changed on the way.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from integrations.domain.mail_answer import MailAnswer, MailEvent, event_of
from integrations.replies.mail import parts

ANSWERS_BY_FORM = True


def is_genuine(
    headers: Mapping[str, str], body: bytes, fields: Mapping[str, str], now: float
) -> bool:
    return _is_signed(parts.object_of(parts.json_of(body).get("signature")), fields, now)


def events(body: Any) -> list[MailEvent]:
    found = parts.object_of(parts.object_of(body).get("event-data"))
    delivered = {"delivered": True, "failed": False}.get(str(found.get("event")))
    if delivered is False and found.get("severity") == "temporary":
        return []  # Mailgun tries again
    number = parts.object_of(found.get("user-variables")).get(parts.DELIVERY)
    status = parts.object_of(found.get("delivery-status"))
    detail = str(status.get("message") or status.get("description") or found.get("reason") or "")
    return event_of(number, delivered, detail)


def may_answer(
    headers: Mapping[str, str], fields: Mapping[str, str], form: Mapping[str, str], now: float
) -> bool:
    return _is_signed(form, fields, now)


def answer(form: Mapping[str, str]) -> MailAnswer:
    try:
        rows = json.loads(form.get("message-headers", "[]"))
    except ValueError:
        rows = []
    pairs = [one for one in rows if isinstance(one, list) and len(one) == 2]
    return MailAnswer(
        recipients=(form.get("recipient", ""),),
        sender=form.get("from") or form.get("sender", ""),
        text=form.get("body-plain", ""),
        headers={str(name).lower(): str(value) for name, value in pairs},
    )


def _is_signed(values: Mapping[str, Any], fields: Mapping[str, str], now: float) -> bool:
    key, stamp = fields.get("signing_key", ""), str(values.get("timestamp", ""))
    if not key or not parts.is_recent(stamp, now):
        return False
    signed = f"{stamp}{values.get('token', '')}"
    expected = hmac.new(key.encode(), signed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    return parts.same(expected, str(values.get("signature", "")))
