"""TLS of outbound calls: the certificate is checked against the name, never against the address."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.egress import EgressFailed, request, wire
from tests.core.certificates import self_signed
from tests.core.socket_server import HEAD, SocketServer, read_request

LOOPBACK = ("127.0.0.0/8",)
NAME = "hooks.example.com"


def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(NAME, tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[tuple[SocketServer, list[str], list[bytes]]]:
    """HTTPS server with the names asked for by SNI and the requests that got through."""
    names: list[str] = []
    requests: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda sock, name, ctx: names.append(name)

    def script(conn: socket.socket) -> None:
        with context.wrap_socket(conn, server_side=True) as secure:
            requests.append(read_request(secure))
            secure.sendall(HEAD % 2 + b"ok")

    with SocketServer(script) as server:
        yield server, names, requests


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    wire.tls_context.cache_clear()
    yield
    wire.tls_context.cache_clear()


Tls = tuple[SocketServer, list[str], list[bytes]]


def test_a_self_signed_certificate_is_refused_and_the_request_stays_here(tls_server: Tls) -> None:
    server, _, requests = tls_server
    with pytest.raises(EgressFailed, match="certificate") as failure:
        request("GET", f"https://{NAME}:{server.port}/", allow=LOOPBACK, resolver=loopback)
    assert (failure.value.permanent, failure.value.sent) == (True, False)
    assert requests == []


@pytest.mark.usefixtures("trusted")
def test_tls_and_host_header_use_the_name_although_the_address_was_called(
    tls_server: Tls,
) -> None:
    server, names, requests = tls_server
    url = f"https://{NAME}:{server.port}/x"
    reply = request("GET", url, allow=LOOPBACK, resolver=loopback)
    assert (reply.status, reply.body, names) == (200, b"ok", [NAME])
    assert f"Host: {NAME}:{server.port}\r\n".encode() in requests[0]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("host", ["other.example.com", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(tls_server: Tls, host: str) -> None:
    server, _, requests = tls_server
    with pytest.raises(EgressFailed, match="certificate") as failure:
        request("GET", f"https://{host}:{server.port}/", allow=LOOPBACK, resolver=loopback)
    assert (failure.value.permanent, failure.value.sent) == (True, False)
    assert requests == []
