"""How providers prove that a call is theirs. Pure; every comparison takes constant time."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

FRESH_SECONDS = 300


def is_twilio(
    signature: str, urls: Iterable[str], params: Iterable[tuple[str, str]], token: str
) -> bool:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the sorted fields of the form.

    `urls`: how our address may look from outside. Without a token nothing is genuine.
    """
    if not token or not signature:
        return False
    fields = "".join(name + value for name, value in sorted(set(params)))
    return any(_same(_sha1(url + fields, token), signature) for url in urls)


def _sha1(text: str, key: str) -> str:
    digest = hmac.new(key.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_vonage_sms(params: Mapping[str, str], secret: str, now: float) -> bool:
    """`sig`: HMAC-SHA256 over the sorted fields; `timestamp` (Unix seconds) keeps replays out."""
    signature = params.get("sig", "")
    if not secret or not signature or not _is_fresh(params.get("timestamp", ""), now):
        return False
    clean = str.maketrans("&=", "__")
    signed = "".join(
        f"&{name}={value.translate(clean)}"
        for name, value in sorted(params.items())
        if name != "sig"
    )
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return _same(expected, signature.lower())


def is_vonage_call(authorization: str, body: bytes, secret: str, now: float) -> bool:
    """Authorization: a JSON Web Token (HS256) with the time and the SHA-256 of the body."""
    head, _, signature = authorization.removeprefix("Bearer ").rpartition(".")
    expected = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
    if not secret or not _same(_base64(expected), signature):
        return False
    header, _, claims = head.partition(".")
    values = _json_of(claims)
    if _json_of(header).get("alg") != "HS256" or not _is_fresh(str(values.get("iat", "")), now):
        return False
    return _same(hashlib.sha256(body).hexdigest(), str(values.get("payload_hash", "")).lower())


def _is_fresh(stamp: str, now: float) -> bool:
    plain = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    return plain and abs(now - int(stamp)) <= FRESH_SECONDS


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _json_of(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return value if isinstance(value, dict) else {}
