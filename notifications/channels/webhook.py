"""Webhook: JSON by POST, signed when there is a secret, through the one safe door outwards."""

import hashlib
import hmac
import json

from core import clock, egress
from core.crypto import UNREADABLE
from notifications.channels.base import ChannelError, Outgoing
from notifications.channels.calls import (
    ANSWER_LENGTH,
    TEMPORARY,
    beginning,
    host_of,
    wait_of,
)
from notifications.domain.message import Message
from notifications.domain.retry import ATTEMPT_SECONDS


def render(message: Message) -> bytes:
    """The body: `message.data` for a service webhook, else the words for a person's own hook."""
    body = dict(message.data) or {
        "type": message.kind,
        "tag": message.tag,
        "subjectId": message.subject_id,
        "title": message.title,
        "urgency": message.urgency,
        "body": message.body,
        "url": message.url,
        "facts": [{"label": label, "value": value} for label, value in message.facts],
        "details": [{"label": label, "value": value} for label, value in message.details],
        "actions": [{"label": action.label, "url": action.url} for action in message.actions],
    }
    return json.dumps(body, separators=(",", ":"), allow_nan=False, default=str).encode()


def send(rendered: bytes, outgoing: Outgoing) -> str:
    """POSTs the body. 2xx is a success; 4xx is final but for 408, 425 and 429; redirects too."""
    try:
        answer = egress.request(
            "POST",
            outgoing.address,
            headers=headers(rendered, outgoing, int(clock.now().timestamp() * 1000)),
            content=rendered,
            timeout=ATTEMPT_SECONDS,
            max_body=ANSWER_LENGTH,
        )
    except egress.EgressError as error:
        raise ChannelError(
            error.reason, permanent=error.permanent, maybe_sent=error.sent
        ) from error
    if 200 <= answer.status < 300:
        return f"HTTP {answer.status}"
    raise ChannelError(
        f"HTTP {answer.status}",
        permanent=300 <= answer.status < 500 and answer.status not in TEMPORARY,
        retry_after=wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date")),
        answer=beginning(answer),
    )


def headers(body: bytes, outgoing: Outgoing, stamp: int) -> dict[str, str]:
    """`stamp` is in milliseconds; the signature covers "<stamp>.<body>", so that
    no old call can be sent again under a new stamp."""
    values = {
        "Content-Type": "application/json",
        "X-OpsKnight-Timestamp": str(stamp),
        "X-OpsKnight-Delivery": str(outgoing.delivery_id),
    }
    if outgoing.secret == UNREADABLE:
        raise ChannelError("the secret that signs it cannot be read", permanent=True)
    if outgoing.secret:
        signed = str(stamp).encode() + b"." + body
        digest = hmac.new(outgoing.secret.encode(), signed, hashlib.sha256).hexdigest()
        values["X-OpsKnight-Signature"] = f"sha256={digest}"
    return values


def provider(address: str) -> str:
    """The host and port: what answers slowly together."""
    return host_of(address)
