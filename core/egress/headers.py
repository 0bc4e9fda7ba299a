"""Request headers that may leave, response headers that came back."""

import re
from collections.abc import Iterable, Iterator, Mapping

from core.egress.errors import EgressBlocked

USER_AGENT = "OpsKnight/1.0"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
# These decide where a message goes, where it ends or how it is packed: ours alone.
_OURS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
    }
    | {
        "upgrade",
        "expect",
        "proxy-authorization",
        "proxy-connection",
        "accept-encoding",
    }
)


class Headers(Mapping[str, str]):
    """Response headers: look-up ignores case, repeated ones are joined with a comma."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self._values[key] = f"{self._values[key]}, {text}" if key in self._values else text

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise EgressBlocked when a header cannot or may not be sent (line breaks, Host …)."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise EgressBlocked("a header name holds a character that is not allowed")
        if name.lower() in _OURS:
            raise EgressBlocked(f"the header {name} is set by OpsKnight itself")
        if _CONTROL.search(value):
            raise EgressBlocked(f"the header {name} holds a line break or control character")


def wire_headers(
    headers: Mapping[str, str], *, authority: str, method: str, length: int
) -> list[tuple[bytes, bytes]]:
    """Checked headers plus ours. `identity` and no decoding: a compressed bomb stays small."""
    check_headers(headers)
    given = {name.lower() for name in headers}
    pairs = [
        ("Host", authority),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if "user-agent" not in given:
        pairs.append(("User-Agent", USER_AGENT))
    if "accept" not in given:
        pairs.append(("Accept", "*/*"))
    if length or method in {"POST", "PUT", "PATCH"}:
        pairs.append(("Content-Length", str(length)))
    pairs += [(name, value.strip(" \t")) for name, value in headers.items()]
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in pairs]
