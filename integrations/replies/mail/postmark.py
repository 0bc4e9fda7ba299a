"""Postmark: it signs nothing, so its webhooks carry a password of our own in their address."""

from collections.abc import Mapping
from typing import Any

from integrations.domain.mail_answer import MailAnswer, MailEvent, event_of
from integrations.replies.mail import parts

ANSWERS_BY_FORM = False
# Kinds of "bounce" after which Postmark goes on trying, or which are no bounce at all.
NOT_LOST = {
    "Transient",
    "AutoResponder",
    "Subscribe",
    "Unsubscribe",
    "AddressChange",
    "OpenRelayTest",
    "ChallengeVerification",
}


def is_genuine(
    headers: Mapping[str, str], body: bytes, fields: Mapping[str, str], now: float
) -> bool:
    return parts.has_password(headers, fields.get("webhook_secret", ""))


def events(body: Any) -> list[MailEvent]:
    found = parts.object_of(body)
    delivered = {"Delivery": True, "Bounce": False}.get(str(found.get("RecordType")))
    if delivered is False and found.get("Type") in NOT_LOST:
        return []
    number = parts.object_of(found.get("Metadata")).get(parts.DELIVERY)
    return event_of(number, delivered, str(found.get("Description", "")))


def may_answer(
    headers: Mapping[str, str], fields: Mapping[str, str], form: Any, now: float
) -> bool:
    return is_genuine(headers, b"", fields, now)


def answer(body: Mapping[str, Any]) -> MailAnswer:
    rows = body.get("Headers")
    pairs = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    sender = parts.object_of(body.get("FromFull")).get("Email")
    return MailAnswer(
        recipients=(str(body.get("OriginalRecipient", "")), str(body.get("To", ""))),
        sender=str(sender or body.get("From", "")),
        text=str(body.get("TextBody", "")),
        headers={str(one.get("Name")).lower(): str(one.get("Value")) for one in pairs},
    )
