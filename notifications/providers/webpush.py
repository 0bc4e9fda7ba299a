"""Web push with our own keys (VAPID): no account anywhere, each browser brings its push service.

RFC 8030 (delivery), 8291 (encryption), 8292 (who sends). The endpoint is what a browser said, so
the call goes through the safe door like any other address that a person gives.
"""

import json
from collections.abc import Iterator

from core import clock, egress, webpush
from core.egress import Response
from core.webpush import KeyPair
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.channels.push import Push
from notifications.domain.devices import GONE, DeviceKeys
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.words import Channel, Urgency
from notifications.links import receipt_path
from notifications.providers import calls
from notifications.providers.base import Field, Kind, account_of

TTL_SECONDS = 3600  # a page that a phone finds later than this would mislead
MOST_PAIRS = 3
REFUSED_KEY = frozenset({401, 403})
GONE_STATUS = frozenset({404, 410})
TEMPORARY = frozenset({408, 425, 429})
NO_SUBJECT = "mailto:opsknight@localhost"
UNREADABLE_KEYS = "the keys of this device cannot be read"


def send_push(rendered: Push, outgoing: Outgoing) -> Sent:
    """One encrypted push. 401 and 403 are tried with older keys of ours, each once.

    Raises ChannelError; with a reason that begins with GONE when the device is to be forgotten.
    """
    account, device = account_of(outgoing), _keys_of(outgoing)
    body = _sealed(rendered, outgoing, device)
    end = clock.monotonic() + ATTEMPT_SECONDS
    answer: Response | None = None
    for pair in _pairs(account, device.key):
        answer = _post(outgoing, body, _headers(rendered, outgoing, account, pair), end)
        if answer.status not in REFUSED_KEY:
            break
    if answer is None:
        raise ChannelError("there are no keys to sign with", permanent=True, provider_fault=True)
    if 200 <= answer.status < 300:
        reference = answer.headers.get("Location", "").rpartition("/")[2]
        return Sent("accepted by the push service", reference=reference[:120])
    raise _refusal(answer)


def pairs_of(fields: dict[str, str]) -> list[KeyPair]:
    """The pair in use, then older ones, newest first."""
    newest = KeyPair(fields.get("public_key", ""), fields.get("private_key", ""))
    older = [KeyPair(*pair) for pair in json.loads(fields.get("older_keys") or "[]")]
    return [pair for pair in (newest, *older) if pair.public and pair.private]


def _pairs(account: Account, subscribed_with: str) -> Iterator[KeyPair]:
    """The pair that the device knows comes first."""
    found = sorted(pairs_of(dict(account.fields)), key=lambda pair: pair.public != subscribed_with)
    return iter(found[:MOST_PAIRS])


def _keys_of(outgoing: Outgoing) -> DeviceKeys:
    try:
        device = DeviceKeys.from_text(outgoing.secret)
        webpush.check_keys(device.p256dh, device.auth)
    except ValueError as error:
        raise ChannelError(UNREADABLE_KEYS, permanent=True) from error
    return device


def _sealed(rendered: Push, outgoing: Outgoing, device: DeviceKeys) -> bytes:
    stamp = int(clock.now().timestamp() * 1000)
    plain = rendered.packed(at=stamp, receipt=receipt_path(outgoing.delivery_id))
    return webpush.encrypt(plain, device.p256dh, device.auth)


def _headers(rendered: Push, outgoing: Outgoing, account: Account, pair: KeyPair) -> dict[str, str]:
    subject = account.fields.get("subject") or _origin(outgoing) or NO_SUBJECT
    try:
        signed = webpush.authorization(outgoing.address, pair, subject, clock.now())
    except ValueError as error:
        reason = "our own key cannot be read"
        raise ChannelError(reason, permanent=True, provider_fault=True) from error
    loud = not rendered.closes and rendered.urgency != Urgency.LOW
    return {
        "Authorization": signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Urgency": "high" if loud else "normal",
    }


def _origin(outgoing: Outgoing) -> str:
    return outgoing.origin if outgoing.origin.startswith("https://") else ""


def _post(outgoing: Outgoing, body: bytes, headers: dict[str, str], end: float) -> Response:
    try:
        return egress.request(
            "POST",
            outgoing.address,
            headers=headers,
            content=body,
            timeout=max(end - clock.monotonic(), 0.1),
            max_body=256,
        )
    except egress.EgressError as error:
        # One browser's push service fails: that says nothing about the others.
        raise ChannelError(
            error.reason, permanent=error.permanent, maybe_sent=error.sent, provider_fault=False
        ) from error


def _refusal(answer: Response) -> ChannelError:
    status = answer.status
    said = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    if status in GONE_STATUS:
        return ChannelError(f"{GONE} (HTTP {status})", permanent=True, answer=said)
    if status in REFUSED_KEY:
        reason = f"the push service does not accept our keys for this device (HTTP {status})"
        return ChannelError(reason, permanent=True, provider_fault=True, answer=said)
    return ChannelError(
        f"push service: HTTP {status}",
        permanent=300 <= status < 500 and status not in TEMPORARY,
        provider_fault=False,
        retry_after=calls.wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date")),
        answer=said,
    )


KIND = Kind(
    key="webpush",
    label="Web push",
    sends={Channel.PUSH: send_push},
    fields=(
        Field("public_key", "Public key", hint="Made at first use"),
        Field("private_key", "Private key", secret=True),
        Field(
            "subject",
            "Contact",
            hint="mailto: or https: address that push services may complain to",
            required=False,
        ),
        Field(
            "older_keys",
            "Older keys",
            hint="Kept for devices that subscribed with them",
            secret=True,
            required=False,
        ),
    ),
    guide="providers/webpush.md",
)
