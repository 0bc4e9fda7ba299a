"""One call to a provider's API through the safe door, its failures in the words of channels."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from core import egress
from notifications.channels.base import ChannelError
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.text import one_line

ANSWER_LENGTH = 256
REASON_LENGTH = 200
MOST_DIGITS = 9  # of a Retry-After in seconds: thirty years will do
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. `json` is {} when the body is no JSON object."""

    status: int
    headers: Mapping[str, str]
    text: str
    json: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    seconds: float = ATTEMPT_SECONDS,
) -> Answer:
    """Raises ChannelError when no answer came, in at most `seconds`."""
    try:
        answer = egress.request(method, url, headers=headers, content=content, timeout=seconds)
    except egress.EgressError as error:
        raise ChannelError(
            error.reason, permanent=error.permanent, maybe_sent=error.sent, provider_fault=True
        ) from error
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return Answer(answer.status, answer.headers, text, _object(text))


def post_json(
    url: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    seconds: float = ATTEMPT_SECONDS,
) -> Answer:
    content = json.dumps(body, separators=(",", ":")).encode()
    told = {"Content-Type": "application/json", **headers}
    return call("POST", url, headers=told, content=content, seconds=seconds)


def post_form(
    url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Answer:
    content = urlencode(fields).encode()
    return call("POST", url, headers={"Content-Type": FORM, **(headers or {})}, content=content)


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def refused(who: str, answer: Answer, said: str = "", *, bad_address: bool = False) -> ChannelError:
    """The error of an answer that is no success. `said`: the provider's own words.

    `bad_address`: this recipient cannot be reached, whoever tries. Else 408, 425, 429 and 5xx are
    tried again; every other refusal is about the account or our request: the next account.
    """
    again = not bad_address and (answer.status in (408, 425, 429) or answer.status >= 500)
    words = one_line(said, REASON_LENGTH)
    return ChannelError(
        f"{who}: {words} (HTTP {answer.status})" if words else f"{who}: HTTP {answer.status}",
        permanent=not again,
        provider_fault=not bad_address,
        retry_after=wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date")),
        answer=answer.text[:ANSWER_LENGTH],
    )


def wait_of(retry_after: str | None, date: str | None = None) -> float | None:
    """Seconds of a Retry-After header: a number or an HTTP date, counted from the answer's Date."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:MOST_DIGITS])
    until, since = _instant(text), _instant(date or "")
    return (until - since).total_seconds() if until and since else None


def _instant(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
