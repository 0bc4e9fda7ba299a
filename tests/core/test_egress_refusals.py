"""Addresses that may not be called, however they are written: the canary sees nobody."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from core.egress import EgressBlocked, check_headers, check_url, request
from tests.core.socket_server import SocketServer, answer, read_request

LOOPBACK = ("127.0.0.0/8", "::1/128")

INSIDE_TEXT = """
http://127.0.0.1:{port}/            http://127.0.0.1.:{port}/          http://127.1:{port}/
http://127.0.1:{port}/              http://0x7f000001:{port}/          http://0x7f.0.0.1:{port}/
http://0x7f.1:{port}/               http://2130706433:{port}/          http://0177.0.0.1:{port}/
http://017700000001:{port}/         http://127.255.255.254:{port}/     http://0:{port}/
http://0.0.0.0:{port}/              http://[::1]:{port}/               http://[::]:{port}/
http://[0:0:0:0:0:0:0:1]:{port}/    http://[::ffff:127.0.0.1]:{port}/
http://[::ffff:7f00:1]:{port}/
http://[::127.0.0.1]:{port}/        http://[64:ff9b::7f00:1]:{port}/   http://[64:ff9b::a9fe:a9fe]/
http://[64:ff9b:1::1]/              http://[2002:7f00:1::]:{port}/     http://[2002:a00:1::1]/
http://[2001:0:7f00:1::1]/          http://[fe80::1]/                  http://[fc00::1]/
http://[fd00:ec2::254]/latest/      http://[fec0::1]/                  http://[ff02::1]/
http://[2001:db8::1]/               http://[3fff::1]/                  http://[100::1]/
http://localhost:{port}/            http://localhost.:{port}/          http://LOCALHOST:{port}/
http://foo.localhost:{port}/        http://10.0.0.1/                   http://10.255.255.255/
http://172.16.0.1/                  http://172.31.255.255/             http://192.168.1.1/
http://100.64.0.1/                  http://100.100.100.200/            http://169.254.169.254/latest/
http://168.63.129.16/               http://0xa9fea9fe/                 http://2852039166/
http://192.0.0.192/                 http://192.0.2.1/                  http://198.18.0.1/
http://198.51.100.1/                http://203.0.113.1/                http://224.0.0.1/
http://239.255.255.250/             http://240.0.0.1/                  http://255.255.255.255/
http://１２７.０.０.１:{port}/      http://127。0。0。1:{port}/        http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/
http://8.8.8.8:22/                  http://8.8.8.8:25/                 http://8.8.8.8:6379/
http://8.8.8.8:3306/                http://8.8.8.8:5432/               http://8.8.8.8:11211/
http://134744072/                   http://8.8.2056/
"""
INSIDE = INSIDE_TEXT.split()

BROKEN = [
    "",
    "/path",
    "//127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http://",
    "http:///etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "javascript:alert(1)",
    "http://user@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://example.com:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://example.com\\.127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://example.com:80:{port}/",
    "http://127.0.0.1:/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:65536/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1: {port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX-Evil: 1",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1%00.example.com/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://[::1%lo]:{port}/",
    "http://[::1:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://256.0.0.1/",
    "http://1.2.3.4.5/",
    "http://a..b/",
    "http://-bad.example/",
    "http://" + "a" * 64 + ".example/",
    "http://\ud800.example/",
    "http://example.com/\ud800",
    "http://example.com/" + "x" * 9000,
]

PRIVATE_NAMES = {
    "metadata.google.internal": ["169.254.169.254"],
    "db.internal": ["10.1.2.3"],
    "printer.local": ["192.168.1.20"],
    "rebind.example": ["127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "aws6.example": ["fd00:ec2::254"],
    "scoped.example": ["fe80::1%lo"],
    "odd.example": ["not an address"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "mixed6.example": ["2606:4700::1111", "::1"],
}


@pytest.fixture(scope="module")
def canary() -> Iterator[SocketServer]:
    """Listens on every address of this machine, so that any way in would be seen."""
    try:
        server = SocketServer(answer(b"canary"), host="::")
    except OSError:
        server = SocketServer(answer(b"canary"), host="0.0.0.0")
    with server:
        yield server


@pytest.mark.parametrize("url", INSIDE + BROKEN)
def test_an_inside_or_ambiguous_url_is_refused_before_any_connection(
    canary: SocketServer, url: str
) -> None:
    url = url.format(port=canary.port)
    seen = canary.connections
    with pytest.raises(EgressBlocked):
        check_url(url, allow=())
    with pytest.raises(EgressBlocked) as refusal:
        request("GET", url, allow=(), timeout=1.0, connect_timeout=0.2)
    assert (refusal.value.permanent, refusal.value.sent) == (True, False)
    assert canary.connections == seen


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_a_name_that_leads_inside_is_refused_before_any_connection(
    canary: SocketServer, name: str
) -> None:
    seen = canary.connections
    with pytest.raises(EgressBlocked) as refusal:
        request(
            "GET",
            f"http://{name}:{canary.port}/",
            allow=(),
            resolver=lambda host, port: PRIVATE_NAMES[host],
            connect_timeout=0.2,
        )
    assert canary.connections == seen
    assert not any(address in refusal.value.reason for address in PRIVATE_NAMES[name])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "[::ffff:127.0.0.1]", "localhost", "app.localhost."],
)
def test_the_allow_list_opens_the_same_address_in_every_spelling(
    canary: SocketServer, host: str
) -> None:
    seen = canary.connections
    url = f"http://{host}:{canary.port}/"
    check_url(url, allow=["127.0.0.0/8"])
    assert request("GET", url, allow=["127.0.0.0/8"]).body == b"canary"
    assert canary.connections == seen + 1


def test_localhost_means_loopback_whatever_a_resolver_says(canary: SocketServer) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"]

    url = f"http://localhost:{canary.port}/"
    assert request("GET", url, allow=LOOPBACK, resolver=resolver).status == 200
    assert asked == []


def test_the_second_answer_of_a_rebinding_resolver_is_never_asked_for(
    canary: SocketServer,
) -> None:
    """127.0.0.2 stands for a public address; 127.0.0.1 is the inside."""
    answers = [["127.0.0.2"], ["127.0.0.1"]]
    outside = SocketServer(answer(b"outside"), host="127.0.0.2")
    with outside, SocketServer(answer(b"inside"), port=outside.port) as inside:
        reply = request(
            "GET",
            f"http://rebind.example:{outside.port}/",
            allow=["127.0.0.2/32"],
            resolver=lambda host, port: answers.pop(0),
        )
        assert reply.body == b"outside"
        assert inside.connections == 0
    assert answers == [["127.0.0.1"]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_inside_is_handed_back_and_not_followed(
    canary: SocketServer, status: int
) -> None:
    seen = canary.connections
    head = (
        f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{canary.port}/\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    with SocketServer(answer(b"", head.encode())) as outside:
        reply = request("GET", f"http://127.0.0.1:{outside.port}/", allow=LOOPBACK)
        assert outside.connections == 1
    assert reply.status == status
    assert reply.headers["location"] == f"http://127.0.0.1:{canary.port}/"
    assert canary.connections == seen


def test_a_database_port_is_open_only_on_listed_addresses() -> None:
    check_url("http://10.0.0.5:6379/", allow=["10.0.0.0/8"])
    with pytest.raises(EgressBlocked):
        check_url("http://10.0.0.5:6379/", allow=["10.1.0.0/16"])
    with pytest.raises(EgressBlocked):
        check_url("http://hooks.example:6379/", allow=())
    with pytest.raises(EgressBlocked):
        request(
            "GET",
            "http://hooks.example:6379/",
            allow=["10.0.0.0/8"],
            resolver=lambda host, port: ["93.184.216.34"],
        )


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/services/T0/B0/x?y=1#z",
        "http://example.com.:8080",
        "https://bücher.example/ü?q=ü",
        "https://my_service.example/",
        "http://8.8.8.8/",
        "https://[2606:4700:4700::1111]:8443/",
        "http://[64:ff9b::808:808]/",
    ],
)
def test_ordinary_public_urls_may_be_saved(url: str) -> None:
    check_url(url, allow=())


def test_an_unreadable_entry_of_the_allow_list_allows_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    allow = ("10.0.0.0/8", "10.0.0.0/99")
    check_url("http://10.0.0.1/", allow=allow)
    with pytest.raises(EgressBlocked):
        check_url("http://127.0.0.1/", allow=allow)
    assert "10.0.0.0/99" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\n2"),
        ("X-A", "nul\x00"),
        ("X-A\r\nX-B", "1"),
        ("X A", "1"),
        ("", "1"),
        ("Host", "127.0.0.1"),
        ("content-length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
    ],
)
def test_a_header_that_could_change_the_message_is_refused(
    canary: SocketServer, name: str, value: str
) -> None:
    seen = canary.connections
    with pytest.raises(EgressBlocked):
        check_headers({name: value})
    with pytest.raises(EgressBlocked):
        request(
            "POST",
            f"http://127.0.0.1:{canary.port}/",
            headers={name: value},
            allow=LOOPBACK,
        )
    assert canary.connections == seen


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET / HTTP/1.1\r\nX: y", ""])
def test_a_method_that_is_no_plain_verb_is_refused(canary: SocketServer, method: str) -> None:
    with pytest.raises(EgressBlocked):
        request(method, f"http://127.0.0.1:{canary.port}/", allow=LOOPBACK)


def test_proxy_variables_of_the_environment_are_ignored(
    canary: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = canary.connections
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with SocketServer(answer(b"direct")) as server:
        reply = request("GET", f"http://127.0.0.1:{server.port}/", allow=LOOPBACK)
    assert reply.body == b"direct"
    assert canary.connections == seen


def test_the_name_of_the_url_is_the_host_header_in_ascii() -> None:
    requests: list[bytes] = []
    names: list[str] = []

    def script(conn: object) -> None:
        requests.append(read_request(conn))  # type: ignore[arg-type]
        conn.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")  # type: ignore[attr-defined]

    def resolver(host: str, port: int) -> list[str]:
        names.append(host)
        return ["127.0.0.1"]

    with SocketServer(script) as server:
        url = f"http://BÜCHER.example:{server.port}/ü?q=1#fragment"
        reply = request("GET", url, allow=LOOPBACK, resolver=resolver)
    assert (reply.status, names) == (204, ["xn--bcher-kva.example"])
    assert requests[0].startswith(b"GET /%C3%BC?q=1 HTTP/1.1\r\n")
    assert b"Host: xn--bcher-kva.example:%d\r\n" % server.port in requests[0]


WITHOUT_DJANGO = """
from core.egress import EgressBlocked, check_url
def refused():
    try:
        check_url("http://127.0.0.1/")
    except EgressBlocked:
        return True
    return False
assert refused()
from django.conf import settings
settings.configure()
assert refused()
settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.0/8",)
assert not refused()
"""


def test_the_allow_list_comes_from_the_settings_and_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
