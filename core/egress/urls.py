"""Strict reading of a URL: one meaning only, so that the checked host is the called host."""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from core.egress.addresses import Address, to_address
from core.egress.errors import EgressBlocked

MAX_URL_LENGTH = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?")
_NAMED = re.compile(r"([^:\[\]]+)(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Space, controls and backslash are read differently by different parsers; half a surrogate
# pair has no bytes.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")


@dataclass(frozen=True)
class Target:
    """A URL taken apart. `host` is lower-case ASCII without brackets or final dot."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None
    plainly_written: bool

    @property
    def is_localhost(self) -> bool:
        """RFC 6761: these names mean loopback, whatever a resolver says."""
        return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def authority(self) -> str:
        """Value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_url(url: str) -> Target:
    """Take an http or https URL apart. Raises EgressBlocked with the reason."""
    if len(url) > MAX_URL_LENGTH:
        raise EgressBlocked("the URL is too long")
    if _AMBIGUOUS.search(url):
        raise EgressBlocked("the URL holds a space, control character or backslash")
    match = _URL.match(url)
    if match is None:
        raise EgressBlocked("only http:// and https:// URLs can be called")
    scheme, authority, path = match[1].lower(), match[2], match[3]
    if "@" in authority:
        raise EgressBlocked("a user name or password in the URL is not allowed")
    host, port = _split_authority(authority)
    host, literal, plainly_written = _read_host(host)
    return Target(
        scheme=scheme,
        host=host,
        port=_read_port(port, scheme),
        path=_read_path(path),
        literal=literal,
        plainly_written=plainly_written,
    )


def _split_authority(authority: str) -> tuple[str, str | None]:
    match = _BRACKETED.fullmatch(authority) or _NAMED.fullmatch(authority)
    if match is None:
        raise EgressBlocked("the host or port of the URL cannot be read")
    return match[1], match[2]


def _read_port(port: str | None, scheme: str) -> int:
    if port is None:
        return DEFAULT_PORTS[scheme]
    if not 1 <= int(port) <= 65535:
        raise EgressBlocked("the port of the URL is out of range")
    return int(port)


def _read_path(path: str) -> str:
    if not path.startswith("/"):
        path = "/" + path
    return path if path.isascii() else quote(path, safe="!\"#$%&'()*+,/:;<=>?@[]^`{|}~")


def _read_host(host: str) -> tuple[str, Address | None, bool]:
    """Return (canonical host, literal address or None, written in the standard form)."""
    if ":" in host:
        return _read_ipv6(host)
    name = _to_ascii(host).lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise EgressBlocked("the host name of the URL is not valid")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        return _read_ipv4(name, as_typed=host)
    return name, None, True


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:
        raise EgressBlocked("the host name of the URL is not valid") from None


def _read_ipv6(host: str) -> tuple[str, Address, bool]:
    try:
        address = IPv6Address(host)
    except ValueError:
        raise EgressBlocked("the address in the URL is not valid") from None
    unwrapped = to_address(host) or address
    return str(unwrapped), unwrapped, True


def _read_ipv4(name: str, *, as_typed: str) -> tuple[str, Address, bool]:
    """`127.1`, `0x7f000001`, `2130706433`: the C library reads them as addresses, so do we."""
    try:
        address = IPv4Address(socket.inet_aton(name))
    except OSError:
        raise EgressBlocked("the address in the URL is not valid") from None
    return str(address), address, as_typed == str(address)
