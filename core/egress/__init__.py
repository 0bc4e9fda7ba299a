"""The one safe door for outbound HTTP: nothing else in the product opens a web connection.

`request` sends, `check_url` and `check_headers` judge what a form wants to save. An address
typed by a user may never make us talk to our own network (OWASP ASVS 5.0 1.3.6, 15.3.2).
"""

from core.egress.client import Response, check_url, request
from core.egress.errors import EgressBlocked, EgressError, EgressFailed
from core.egress.headers import Headers, check_headers

__all__ = [
    "EgressBlocked",
    "EgressError",
    "EgressFailed",
    "Headers",
    "Response",
    "check_headers",
    "check_url",
    "request",
]
