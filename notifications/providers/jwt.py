"""JSON Web Tokens signed with RS256 (RFC 7515, RFC 7518), for APIs that ask for one."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def rs256(claims: Mapping[str, Any], private_key: str) -> str:
    """The token. `private_key`: PEM without a password. Raises ValueError when it is none."""
    try:
        key = load_pem_private_key(private_key.strip().encode(), password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not a private key that can be used") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    signed = ".".join(_part(part) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_base64(signature)}"


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
