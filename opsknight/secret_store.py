"""Secrets of the installation: made once in the data directory, overridden by the environment."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

FILE = "secrets.json"
KNOWN_DEFAULTS = {"changeme", "change-me", "secret", "please-change", "your-secret-key"}


class UnsafeSecret(RuntimeError):
    """A secret that everybody knows was configured; the message names the variable."""


def load(data_dir: Path, env: Mapping[str, str]) -> dict[str, str]:
    """SECRET_KEY, FIELD_KEYS (comma separated Fernet keys, newest first) and KEY_PEPPER.

    The environment wins, then ``secrets.json`` (mode 0600), which is created when missing.
    Raises UnsafeSecret when a configured value is a well-known default.
    """
    given = {
        "SECRET_KEY": env.get("SECRET_KEY") or env.get("NEXTAUTH_SECRET") or "",
        "FIELD_KEYS": env.get("FIELD_KEYS") or "",
        "KEY_PEPPER": env.get("KEY_PEPPER") or env.get("API_KEY_SECRET") or "",
    }
    for name, value in given.items():
        if value and (value.lower() in KNOWN_DEFAULTS or len(value) < 16):
            raise UnsafeSecret(f"{name} is too short or a well-known default; set a random value")
    if all(given.values()):
        return given
    stored = _read(data_dir / FILE) or _create(data_dir / FILE)
    return {name: given[name] or stored[name] for name in given}


def _read(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    return dict(json.loads(path.read_text()))


def _create(path: Path) -> dict[str, str]:
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "KEY_PEPPER": secrets.token_urlsafe(32),
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(fresh, stream)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)  # atomic: of two first starts one wins, both read the same file
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path) or fresh
