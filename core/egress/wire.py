"""Sockets that obey one deadline: connect to checked addresses, TLS against the name."""

import socket
import ssl
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Any

import certifi
import httpcore

from core.egress.addresses import Address
from core.egress.deadline import Deadline
from core.egress.errors import EgressFailed

MAX_ATTEMPTS = 4
_CHUNK = 65536


@lru_cache(maxsize=4)
def tls_context(alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Verifying client context: system store (SSL_CERT_FILE is honoured) plus certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def connect(
    addresses: Sequence[Address],
    port: int,
    *,
    deadline: Deadline,
    connect_timeout: float,
) -> socket.socket:
    """TCP connection to the first address that answers, all within `connect_timeout` seconds.

    The families take turns and each try gets its share of the time, so that a dead IPv6
    route cannot eat it all. Raises EgressFailed (temporary, nothing sent).
    """
    candidates = _take_turns(addresses)[:MAX_ATTEMPTS]
    budget = Deadline(deadline.remaining(connect_timeout))
    reason = "the other side could not be reached"
    for tried, address in enumerate(candidates):
        try:
            return _connect_one(address, port, budget.remaining() / (len(candidates) - tried))
        except OSError as error:
            reason = _connect_reason(error)
    raise EgressFailed(reason)


def _connect_one(address: Address, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect((str(address), port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock


def _take_turns(addresses: Iterable[Address]) -> list[Address]:
    """Keep the order, but put the best address of the other family second."""
    ordered = list(addresses)
    other = next((a for a in ordered if a.version != ordered[0].version), None)
    if other is not None:
        ordered.remove(other)
        ordered.insert(1, other)
    return ordered


def _connect_reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "the other side did not answer the connection in time"
    if isinstance(error, ConnectionRefusedError):
        return "the other side refused the connection"
    return "the other side could not be reached"


def start_tls(
    sock: socket.socket,
    host: str,
    *,
    context: ssl.SSLContext,
    deadline: Deadline,
    limit: float | None = None,
) -> ssl.SSLSocket:
    """TLS with SNI and certificate check against `host`, within `limit` seconds.

    Raises EgressFailed (nothing sent): permanent for a certificate that is not valid.
    """
    try:
        # The time-out of a handshake is its total duration (Python 3.5 and later).
        sock.settimeout(deadline.remaining(limit))
        return context.wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        sock.close()
        detail = error.verify_message or "it does not fit the host name"
        raise EgressFailed(f"the TLS certificate is not valid: {detail}", permanent=True) from None
    except TimeoutError:
        sock.close()
        raise EgressFailed("the TLS handshake took too long") from None
    except OSError:
        sock.close()
        raise EgressFailed("the TLS handshake failed") from None


class DeadlineStream(httpcore.NetworkStream):
    """What httpcore reads from and writes to. `sent` tells whether a byte may have left."""

    def __init__(self, sock: socket.socket, *, deadline: Deadline, read_budget: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._read_budget = read_budget
        self.sent = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # Endless chunk extensions or 1xx answers never fill a body; they end here.
        if self._read_budget <= 0:
            return b""
        try:
            self._sock.settimeout(self._deadline.remaining())
            data = self._sock.recv(min(max_bytes, self._read_budget))
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from None
        self._read_budget -= len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        while view:
            try:
                self._sock.settimeout(self._deadline.remaining())
                self.sent = True
                view = view[self._sock.send(view[:_CHUNK]) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from None
            except OSError as error:
                raise httpcore.WriteError(str(error)) from None

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        return None
