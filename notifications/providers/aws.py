"""Signs calls to Amazon Web Services: Signature Version 4, as its guide describes it."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of one identity in one region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str


def signed(
    credentials: Credentials, service: str, url: str, body: bytes, now: datetime, *, type: str
) -> dict[str, str]:
    """The headers of a POST with this body; valid for some minutes around `now`."""
    parts = urlsplit(url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": type, "host": parts.netloc, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    path = quote(parts.path or "/", safe="/-_.~")
    canonical = f"POST\n{path}\n{parts.query}\n{lines}\n{names}\n{_hash(body)}"
    scope = f"{stamp[:8]}/{credentials.region}/{service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{_hash(canonical.encode())}"
    signature = _hmac(_key(credentials, stamp[:8], service), to_sign).hex()
    return {
        "Content-Type": type,
        "X-Amz-Date": stamp,
        "Authorization": f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
    }


def _key(credentials: Credentials, day: str, service: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, credentials.region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
