"""JSON over HTTP as chats and providers take it: one call, and what a refusal means."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from core import egress
from core.egress import Response
from notifications.channels.base import ChannelError
from notifications.domain.retry import ATTEMPT_SECONDS

ANSWER_LENGTH = 256
PROVIDER_LENGTH = 120
MOST_DIGITS = 9  # of a Retry-After in seconds: thirty years will do
TEMPORARY = {408, 425, 429}


def call(
    url: str,
    body: Any,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    timeout: float = ATTEMPT_SECONDS,
) -> Response:
    """The answer, whatever its status; `body` None sends none. Raises ChannelError without one."""
    content = b""
    named = dict(headers or {})
    if body is not None:
        content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        named["Content-Type"] = "application/json; charset=utf-8"
    return ask(method, url, headers=named, content=content, timeout=timeout)


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    content: bytes,
    timeout: float,
    provider_fault: bool | None = None,
) -> Response:
    """The one way out: whatever is answered, or ChannelError when nothing is in time."""
    try:
        return egress.request(method, url, headers=headers, content=content, timeout=timeout)
    except egress.EgressError as error:
        raise ChannelError(
            error.reason,
            permanent=error.permanent,
            maybe_sent=error.sent,
            provider_fault=provider_fault,
        ) from error


def is_success(answer: Response) -> bool:
    return 200 <= answer.status < 300


def refusal(answer: Response, vendor: str, why: str = "") -> ChannelError:
    """2xx aside: 4xx is final but for 408, 425 and 429, and so is a redirect."""
    words = f"{vendor}: HTTP {answer.status}" + (f", {why}" if why else "")
    return ChannelError(
        words,
        permanent=300 <= answer.status < 500 and answer.status not in TEMPORARY,
        retry_after=wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date")),
        answer=beginning(answer),
    )


def beginning(answer: Response) -> str:
    return answer.body.decode("utf-8", "replace")[:ANSWER_LENGTH].replace("\x00", "\ufffd")


def json_of(answer: Response) -> dict[str, Any]:
    """The answer as a JSON object; empty when it is none."""
    return object_of(answer.body)


def host_of(address: str) -> str:
    """The host and port: what answers slowly together."""
    return urlsplit(address).netloc.rpartition("@")[2].lower()[:PROVIDER_LENGTH]


def wait_of(retry_after: str | None, date: str | None = None) -> float | None:
    """Seconds of a Retry-After header: a number or an HTTP date, counted from the answer's Date."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:MOST_DIGITS])
    until, since = _instant(text), _instant(date or "")
    return (until - since).total_seconds() if until and since else None


def object_of(text: str | bytes) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _instant(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
