"""What the doors for answers share: bounded bodies, mute refusals, calls that count once."""

import json
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest

from core import clock, config, rate
from core.middleware import client_ip
from integrations.ingest import body
from integrations.ingest.answers import Refusal
from notifications.domain.addresses import E164

log = logging.getLogger("opsknight.replies")

BODY_BYTES = 64 * 1024
MOST_FIELDS = 200
REFUSED_PER_MINUTE = 60
REPLIES_PER_MINUTE = 20
REMEMBERED_SECONDS = 3600


def read(request: HttpRequest) -> bytes:
    """The raw body. Raises Refusal when it is too large."""
    try:
        return body.read(request, BODY_BYTES)
    except body.TooLarge:
        raise Refusal(413, "Request body is too large") from None


def form_of(raw: bytes) -> list[tuple[str, str]]:
    """The fields of a form, in order. Raises Refusal for what is none."""
    try:
        text = raw.decode()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refusal(400, "Invalid request body") from None


def object_of(raw: bytes) -> dict[str, Any]:
    """A JSON object. Raises Refusal for anything else."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "Invalid request body")
    return value


def addresses(request: HttpRequest) -> Sequence[str]:
    """How the caller may have written our address: by the public origin, else as it came in."""
    origin, path = config.public_url(), request.get_full_path()
    return [origin + path] * bool(origin) + [request.build_absolute_uri()]


def forged(request: HttpRequest, vendor: str) -> Refusal:
    """To be raised for a call that nothing proves. The log keeps quiet about a flood of them."""
    ip = client_ip(request)
    verdict = rate.hit(f"forged:{ip}"[:100], REFUSED_PER_MINUTE, now=clock.now().timestamp())
    if not verdict.allowed:
        refusal = Refusal(429, "Too many requests")
        refusal.headers = verdict.headers()
        return refusal
    log.warning("a call to the door of %s from %s is not signed by an account of ours", vendor, ip)
    return Refusal(403, "Forbidden")


def is_first(key: str) -> bool:
    """Whether this call comes for the first time within the hour; a repetition changes nothing."""
    now = clock.now().timestamp()
    return rate.hit(f"once:{key}"[:100], 1, now=now, seconds=REMEMBERED_SECONDS).allowed


def may_speak(address: str) -> bool:
    """Whether this is a telephone number that has not written too often within the minute."""
    if not E164.fullmatch(address):
        return False
    now = clock.now().timestamp()
    return rate.hit(f"reply:{address}"[:100], REPLIES_PER_MINUTE, now=now).allowed
