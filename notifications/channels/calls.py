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
    try:
        return egress.request(method, url, headers=named, content=content, timeout=timeout)
    except egress.EgressError as error:
        raise ChannelError(
            error.reason, permanent=error.permanent, maybe_sent=error.sent
        ) from error


def is_success(answer: Response) -> bool:
    return 200 <= answer.status < 300


def refusal(answer: Response, vendor: str, why: str = "") -> ChannelError:
    """2xx aside: 4xx is final but for 408, 425 and 429, and so is a redirect."""
    words = f"{vendor}: HTTP {answer.status}" + (f", {why}" if why else "")
    return ChannelError(
        words,
        permanent=300 <= answer.status < 500 and answer.status not in TEMPORARY,
        retry_after=seconds(answer.headers.get("Retry-After")),
        answer=beginning(answer),
    )


def beginning(answer: Response) -> str:
    return answer.body.decode("utf-8", "replace")[:ANSWER_LENGTH].replace("\x00", "\ufffd")


def json_of(answer: Response) -> dict[str, Any]:
    """The answer as a JSON object; empty when it is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def host_of(address: str) -> str:
    """The host and port: what answers slowly together."""
    return urlsplit(address).netloc.rpartition("@")[2].lower()[:PROVIDER_LENGTH]


def seconds(retry_after: str | None) -> float | None:
    """Retry-After is a number of seconds or an HTTP date; anything else counts as absent."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
