"""Web push as the standards have it: encrypt for one browser (RFC 8291), sign as us (RFC 8292).

No network in here. Keys travel as base64url without padding: a public key is the uncompressed
point (65 bytes) on P-256, a private key its number (32 bytes).
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
RECORD_BYTES = 4096  # what every push service takes; one record holds the whole message
LONGEST_PLAIN = 3993  # of a body of 4096 bytes, after header, tag and delimiter (RFC 8291, 4)
SALT_BYTES = AUTH_BYTES = 16
POINT_BYTES = 65
SIGNED_FOR = timedelta(hours=12)  # at most 24 h (RFC 8292, 2)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What identifies this installation to push services."""

    public: str
    private: str


def new_pair() -> KeyPair:
    private = ec.generate_private_key(CURVE)
    number = private.private_numbers().private_value.to_bytes(32, "big")
    return KeyPair(to_text(_point(private.public_key())), to_text(number))


def is_pair(pair: KeyPair) -> bool:
    """Whether the private key can be read and belongs to the public one."""
    try:
        return to_text(_point(_private(pair.private).public_key())) == pair.public
    except ValueError:
        return False


def check_keys(p256dh: str, auth: str) -> None:
    """Raises ValueError unless a browser can have made these two."""
    _public(p256dh)
    if len(to_bytes(auth)) != AUTH_BYTES:
        raise ValueError("the secret of a subscription has 16 bytes")


def encrypt(
    plain: bytes,
    p256dh: str,
    auth: str,
    *,
    salt: bytes = b"",
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push (aes128gcm) that only the browser of these keys can read.

    `salt` and `ephemeral` are made anew for each message; they are arguments for test vectors.
    Raises ValueError for keys that are none or a message above LONGEST_PLAIN.
    """
    if len(plain) > LONGEST_PLAIN:
        raise ValueError(f"a push carries no more than {LONGEST_PLAIN} bytes")
    theirs, ours = _public(p256dh), ephemeral or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT_BYTES)
    their_point, our_point = _point(theirs), _point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\x00" + their_point + our_point
    secret = _derive(shared, to_bytes(auth), info, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([POINT_BYTES]) + our_point
    return head + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


def authorization(endpoint: str, pair: KeyPair, subject: str, now: datetime) -> str:
    """The Authorization header for the service of `endpoint`; `subject` is mailto: or https:.

    Raises ValueError for a private key that cannot be read.
    """
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + SIGNED_FOR).timestamp()),
        "sub": subject,
    }
    head = {"typ": "JWT", "alg": "ES256"}
    signed = ".".join(to_text(json.dumps(part).encode()) for part in (head, claims))
    signature = _private(pair.private).sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    numbers = utils.decode_dss_signature(signature)
    raw = b"".join(number.to_bytes(32, "big") for number in numbers)
    return f"vapid t={signed}.{to_text(raw)}, k={pair.public}"


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    """Raises ValueError for what is no base64url; padding may be there or not."""
    try:
        plain = text.rstrip("=").encode("ascii")
        return urlsafe_b64decode(plain + b"=" * (-len(plain) % 4))
    except (Base64Error, UnicodeEncodeError) as error:
        raise ValueError("a key is written in base64url") from error


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _public(text: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to_bytes(text))


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    raw = to_bytes(text)
    if len(raw) != 32:
        raise ValueError("a private key has 32 bytes")
    return ec.derive_private_key(int.from_bytes(raw, "big"), CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
