"""Secrets at rest: MultiFernet with the ring FIELD_KEYS, and keyed hashes of API keys."""

import hashlib
import hmac
import logging
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

log = logging.getLogger("opsknight.crypto")

# What stands for a secret that no key opens; whoever needs the secret refuses it by this name.
UNREADABLE = "\ufffdunreadable secret"


class WrongKey(RuntimeError):
    """A stored secret does not open with the configured FIELD_KEYS."""


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def encrypt(text: str) -> str:
    return _ring(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Raises WrongKey when no key of the ring opens it."""
    try:
        return _ring(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise WrongKey("FIELD_KEYS does not open a stored secret; restore the old key") from error


def rotate(token: str) -> str:
    """The same secret under the first key of the ring."""
    return _ring(tuple(settings.FIELD_KEYS)).rotate(token.encode()).decode()


def key_hash(secret: str) -> str:
    """Keyed SHA-256 (64 hex) of a random key; fast on purpose, the keys carry >= 128 bits."""
    return hmac.new(settings.KEY_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()


def fingerprint() -> str:
    """Names the pair (first field key, pepper) without giving it away."""
    material = settings.FIELD_KEYS[-1] + settings.KEY_PEPPER
    return hashlib.sha256(f"opsknight fingerprint {material}".encode()).hexdigest()[:32]


class EncryptedTextField(models.TextField):
    """Text that is ciphertext in the database and plain text in Python."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """UNREADABLE, not an exception: one damaged secret must not stop the rows around it."""
        try:
            return decrypt(value) if value else value
        except WrongKey:
            log.exception("a stored secret cannot be read")
            return UNREADABLE
