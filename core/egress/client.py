"""Send one HTTP request out: read the URL, check the addresses, connect to what was checked."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpcore

from core.egress.addresses import (
    Address,
    Network,
    allowed_networks,
    is_listed,
    listed_loopback,
    may_call,
    to_address,
)
from core.egress.deadline import Deadline
from core.egress.errors import EgressBlocked, EgressFailed
from core.egress.headers import Headers, wire_headers
from core.egress.lookup import Resolver, look_up
from core.egress.ports import REFUSED_PORTS
from core.egress.urls import Target, parse_url
from core.egress.wire import DeadlineStream, connect, start_tls, tls_context

MAX_BODY_BYTES = 65536
_METHOD = re.compile(r"[A-Z]{1,20}")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
_NOT_PUBLIC = "the address is not on the public Internet and not in the allow list"
_BAD_PORT = "the port belongs to a service that does not speak HTTP"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Response:
    """An answer, redirects included: they are never followed.

    `body` is as it came (never decompressed), at most `max_body` bytes. `truncated`: the
    body is not whole, because of the cap, the deadline or a broken connection; the status
    is certain all the same. `elapsed_ms` counts from the start of the look-up.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    elapsed_ms: int


def check_url(url: str, *, allow: Sequence[str] | None = None) -> None:
    """Judge a URL without the network, when a form saves it. Raises EgressBlocked.

    Passing here is no promise: a name is judged by its addresses at the time of each call.
    """
    target = parse_url(url)
    networks = allowed_networks(allow)
    if target.literal is not None or target.is_localhost:
        _check_port(target, _known_addresses(target, networks), networks)
    elif target.port in REFUSED_PORTS and not networks:
        raise EgressBlocked(_BAD_PORT)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    timeout: float = 8.0,
    connect_timeout: float = 3.0,
    max_body: int = MAX_BODY_BYTES,
    allow: Sequence[str] | None = None,
    resolver: Resolver | None = None,
) -> Response:
    """Make one call and return the answer whatever its status; thread-safe, never retries.

    `timeout`: seconds for everything together, from the look-up to the last byte;
    `connect_timeout`: seconds for the TCP connection, and again for the TLS handshake.
    `allow`: networks (CIDR) reachable although private; None means the configured ones.
    `resolver(host, port)` returns address texts; it is asked at most once per call.
    Raises EgressBlocked (refused by rule) or EgressFailed (no answer).
    """
    deadline = Deadline(timeout)
    method = _checked_method(method)
    target = parse_url(url)
    pairs = wire_headers(
        headers or {}, authority=target.authority, method=method, length=len(content)
    )
    networks = allowed_networks(allow)
    try:
        addresses = _checked_addresses(target, networks, deadline, resolver)
        stream = _open(target, addresses, deadline, connect_timeout, max_body)
    except EgressBlocked as blocked:
        logger.warning("outbound call to %s refused: %s", target.host, blocked.reason)
        raise
    except TimeoutError:
        raise EgressFailed("no connection within the time allowed") from None
    return _exchange(_message(method, target, pairs, content), stream, deadline, max_body)


def _checked_method(method: str) -> str:
    method = method.upper()
    if not _METHOD.fullmatch(method) or method in _REFUSED_METHODS:
        raise EgressBlocked("the HTTP method is not allowed")
    return method


def _known_addresses(target: Target, networks: Sequence[Network]) -> list[Address]:
    """Addresses that need no look-up: literals and localhost, already judged."""
    if target.is_localhost:
        loopback = listed_loopback(networks)
        if not loopback:
            raise EgressBlocked(_NOT_PUBLIC)
        return loopback
    if target.literal is None:
        return []
    listed = is_listed(target.literal, networks)
    if not target.plainly_written and not listed:
        raise EgressBlocked("the address in the URL is written in an unusual form")
    if not may_call(target.literal, networks):
        raise EgressBlocked(_NOT_PUBLIC)
    return [target.literal]


def _checked_addresses(
    target: Target,
    networks: Sequence[Network],
    deadline: Deadline,
    resolver: Resolver | None,
) -> list[Address]:
    addresses = _known_addresses(target, networks)
    if not addresses:
        addresses = _resolve(target, networks, deadline, resolver)
    _check_port(target, addresses, networks)
    return addresses


def _resolve(
    target: Target,
    networks: Sequence[Network],
    deadline: Deadline,
    resolver: Resolver | None,
) -> list[Address]:
    """One look-up. A single inside address among the answers condemns them all."""
    found = look_up(target.host, target.port, deadline=deadline, resolver=resolver)
    addresses: list[Address] = []
    for text in found:
        address = to_address(text)
        if address is None or not may_call(address, networks):
            # No address in the text: it would map the inside network for whoever asks.
            raise EgressBlocked("the host name leads to an address that may not be called")
        addresses.append(address)
    return addresses


def _check_port(target: Target, addresses: Iterable[Address], networks: Sequence[Network]) -> None:
    if target.port not in REFUSED_PORTS:
        return
    if not all(is_listed(address, networks) for address in addresses):
        raise EgressBlocked(_BAD_PORT)


def _open(
    target: Target,
    addresses: Sequence[Address],
    deadline: Deadline,
    connect_timeout: float,
    max_body: int,
) -> DeadlineStream:
    sock = connect(addresses, target.port, deadline=deadline, connect_timeout=connect_timeout)
    if target.scheme == "https":
        context = tls_context(("http/1.1",))
        sock = start_tls(
            sock, target.host, context=context, deadline=deadline, limit=connect_timeout
        )
    # Room for headers and for a body sent in one-byte chunks (six bytes each).
    return DeadlineStream(sock, deadline=deadline, read_budget=131072 + 8 * max_body)


def _message(
    method: str, target: Target, pairs: list[tuple[bytes, bytes]], content: bytes
) -> httpcore.Request:
    url = httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    return httpcore.Request(method.encode(), url, headers=pairs, content=content)


def _exchange(
    message: httpcore.Request, stream: DeadlineStream, deadline: Deadline, max_body: int
) -> Response:
    connection = httpcore.HTTP11Connection(origin=message.url.origin, stream=stream)
    try:
        answer = connection.handle_request(message)
        body, whole = _read_body(answer, max_body)
    except httpcore.LocalProtocolError:
        raise EgressBlocked("the request cannot be sent as HTTP") from None
    except httpcore.TimeoutException:
        raise EgressFailed("no answer within the time allowed", sent=stream.sent) from None
    except httpcore.RemoteProtocolError:
        raise EgressFailed("the other side did not answer in HTTP", sent=stream.sent) from None
    except httpcore.NetworkError:
        raise EgressFailed("the connection broke before an answer", sent=stream.sent) from None
    finally:
        connection.close()
    return Response(
        status=answer.status,
        headers=Headers(answer.headers),
        body=body,
        truncated=not whole,
        elapsed_ms=deadline.elapsed_ms(),
    )


def _read_body(answer: httpcore.Response, max_body: int) -> tuple[bytes, bool]:
    """Read up to the cap. A body that breaks off leaves the status as certain as before."""
    body = bytearray()
    try:
        for chunk in answer.iter_stream():
            body += chunk
            if len(body) > max_body:
                return bytes(body[:max_body]), False
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.RemoteProtocolError,
    ):
        return bytes(body), False
    return bytes(body), True
