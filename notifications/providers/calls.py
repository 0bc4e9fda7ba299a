"""One call to a provider's API, its failures as those of an account. See channels.calls."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from notifications.channels.base import ChannelError
from notifications.channels.calls import ANSWER_LENGTH, TEMPORARY, ask, object_of, wait_of
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.text import one_line

REASON_LENGTH = 200
THROTTLED = 429  # "Too Many Requests"
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
    answer = ask(
        method, url, headers=headers, content=content, timeout=seconds, provider_fault=True
    )
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return Answer(answer.status, answer.headers, text, object_of(text))


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
    again = not bad_address and (answer.status in TEMPORARY or answer.status >= 500)
    words = one_line(said, REASON_LENGTH)
    return ChannelError(
        f"{who}: {words} (HTTP {answer.status})" if words else f"{who}: HTTP {answer.status}",
        permanent=not again,
        provider_fault=not bad_address,
        retry_after=wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date")),
        answer=answer.text[:ANSWER_LENGTH],
        throttled=answer.status == THROTTLED,
    )
