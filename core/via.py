"""Which door a signed link was handed out through: `?via=teams.<seal>`, sealed with the path.

Without the seal anybody could write into the record that an incident was taken in Teams.
"""

from urllib.parse import urlsplit

from django.core.signing import BadSignature, Signer

SALT = "opsknight.via"
PARAMETER = "via"


def through(url: str, via: str) -> str:
    """The link as the channel `via` (a plain word) hands it out; "" stays ""."""
    if not url:
        return ""
    seal = _signer().signature(_sealed(urlsplit(url).path, via))
    return f"{url}{'&' if '?' in url else '?'}{PARAMETER}={via}.{seal}"


def of(path: str, value: str, default: str) -> str:
    """The door that the parameter of a request for `path` names; `default` unless it is genuine."""
    via, _, seal = value.partition(".")
    try:
        _signer().unsign(f"{_sealed(path, via)}:{seal}")
    except BadSignature:
        return default
    return via


def _signer() -> Signer:
    return Signer(salt=SALT)


def _sealed(path: str, via: str) -> str:
    return f"{via} {path}"
