"""Which addresses may be called: the public Internet, and what the operator listed."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

logger = logging.getLogger(__name__)

# Written out instead of `is_global`, whose answer changed between Python patch releases.
# Source: IANA special-purpose registries (RFC 6890, RFC 8190).
_INSIDE_V4 = tuple(
    IPv4Network(cidr)
    for cidr in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; one cloud keeps its metadata service here
        "127.0.0.0/8",
        "168.63.129.16/32",  # looks public, is the platform address inside Azure
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Everything outside 2000::/3 (loopback, ULA, link-local, multicast, mapped forms …) is inside.
_PUBLIC_V6 = IPv6Network("2000::/3")
_INSIDE_V6 = tuple(
    IPv6Network(cidr)
    for cidr in (
        "2001::/23",  # Teredo, benchmarking, ORCHID …
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address, private ones too
        "3ffe::/16",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LOOPBACK: tuple[Address, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))


def configured_allow() -> tuple[str, ...]:
    """`OPSKNIGHT_EGRESS_ALLOW` of the settings, or () without it or without Django settings."""
    try:
        return tuple(getattr(settings, "OPSKNIGHT_EGRESS_ALLOW", ()))
    except ImproperlyConfigured:
        return ()


def allowed_networks(allow: Sequence[str] | None) -> tuple[Network, ...]:
    """Parsed allow list; None means the configured one. Unreadable entries allow nothing."""
    return _parse(configured_allow() if allow is None else tuple(allow))


@lru_cache(maxsize=32)
def _parse(cidrs: tuple[str, ...]) -> tuple[Network, ...]:
    networks: list[Network] = []
    for cidr in cidrs:
        try:
            networks.append(ip_network(cidr.strip(), strict=False))
        except ValueError:
            # A typo must not stop all pages, nor may it widen the list.
            logger.error("egress allow list: %r is not a network and is ignored", cidr)
    return tuple(networks)


def to_address(text: str) -> Address | None:
    """Address from its standard text form, IPv4-mapped IPv6 unwrapped; None if it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """True for an ordinary unicast address of the public Internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE_V4)
    if address in _NAT64:
        # Networks with DNS64 answer so for each IPv4-only name: what counts is the inside.
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _PUBLIC_V6 and not any(address in network for network in _INSIDE_V6)


def is_listed(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def may_call(address: Address, networks: Sequence[Network]) -> bool:
    return is_public(address) or is_listed(address, networks)


def listed_loopback(networks: Sequence[Network]) -> list[Address]:
    """The loopback addresses that the operator listed: what `localhost` may mean."""
    return [address for address in _LOOPBACK if is_listed(address, networks)]
