"""A push service and the browsers behind it: checks what a real one checks, then reads the message.

    with PushService() as service:
        device = service.subscribe(key=our_public_key)
        …
        assert service.pushes[-1].words["title"] == "CRITICAL • Checkout API"

Answers as RFC 8030 and RFC 8292 have it: 201, 400, 401, 403, 404, 410, 413; `then` plans others.
Needs no test runner, so that a demonstration can start it too.
"""

import json
import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.webpush import to_bytes, to_text

HOST = "127.0.0.1"
LONGEST_BODY = 4096
DAY = 24 * 3600


class Mode(StrEnum):
    OK = "ok"
    HANG = "hang"
    DROP = "drop"


def _hmac(key: bytes, text: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(text)
    return mac.finalize()


class Browser:
    """A subscribed browser: its keys, and how it reads a message (RFC 8291, step by step)."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self._point = self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self.p256dh, self.auth = to_text(self._point), to_text(self._auth)

    def read(self, body: bytes) -> bytes:
        """Raises InvalidTag when it was not written for this browser."""
        salt, size, point, sealed = body[:16], body[16:20], body[21 : 21 + body[20]], body[86:]
        assert int.from_bytes(size, "big") >= len(sealed), "more than one record"
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        first = _hmac(self._auth, self._private.exchange(ec.ECDH(), theirs))
        secret = _hmac(first, b"WebPush: info\x00" + self._point + point + b"\x01")
        second = _hmac(salt, secret)
        key = _hmac(second, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _hmac(second, b"Content-Encoding: nonce\x00\x01")[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "not the last record"
        return plain[:-1]


def claims_of(header: str) -> dict[str, Any] | None:
    """What a genuine `vapid t=…, k=…` header claims; None for any other."""
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
        return None
    signed, _, signature = parts["t"].rpartition(".")
    raw = to_bytes(signature)
    if len(raw) != 64:
        return None
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(parts["k"]))
    try:
        key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return None
    head, claims = (json.loads(to_bytes(part)) for part in signed.split("."))
    return claims if head.get("alg") == "ES256" else None


@dataclass(frozen=True)
class Push:
    """A message that a browser could read. Header names are lower case."""

    device: "Device"
    headers: dict[str, str]
    body: bytes

    @property
    def words(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass(eq=False)
class Device:
    """One subscription: what the page sends to the server, and what becomes of it."""

    service: "PushService"
    path: str
    key: str
    browser: Browser = field(default_factory=Browser)
    gone: bool = False

    @property
    def endpoint(self) -> str:
        return f"{self.service.origin}{self.path}"

    @property
    def subscription(self) -> dict[str, Any]:
        """As PushSubscription.toJSON() has it."""
        keys = {"p256dh": self.browser.p256dh, "auth": self.browser.auth}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}


class PushService:
    """`then(429, 201)`: what the next calls are answered, whatever they are; then as usual."""

    retry_after = 30

    def __init__(self) -> None:
        self.mode = Mode.OK
        self.pushes: list[Push] = []
        self.attempts = 0
        self._planned: deque[int] = deque()
        self._devices: dict[str, Device] = {}
        self._over = threading.Event()
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def subscribe(self, key: str = "") -> Device:
        """A new device. With `key` only who owns that key may push to it."""
        path = f"/push/{to_text(os.urandom(24))}"
        self._devices[path] = Device(self, path, key)
        return self._devices[path]

    def then(self, *statuses: int) -> None:
        self._planned.extend(statuses)

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self._planned:
            return self._planned.popleft()
        device = self._devices.get(path)
        if device is None:
            return 404
        if device.gone:
            return 410
        status = self._judge(device, headers, body)
        if status == 201:
            self.pushes.append(Push(device, headers, device.browser.read(body)))
        return status

    def _judge(self, device: Device, headers: dict[str, str], body: bytes) -> int:
        claims = claims_of(headers.get("authorization", ""))
        if claims is None or claims.get("aud") != self.origin:
            return 401
        if not 0 < claims.get("exp", 0) - time.time() <= DAY or not _is_contact(claims):
            return 401
        if device.key and not headers["authorization"].endswith(f"k={device.key}"):
            return 403
        if len(body) > LONGEST_BODY:
            return 413
        good = headers.get("content-encoding") == "aes128gcm" and headers.get("ttl", "").isdigit()
        if not good or headers.get("content-type") != "application/octet-stream":
            return 400
        return 201 if _can_read(device.browser, body) else 400

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.attempts += 1
                if service.mode == Mode.HANG:
                    service._over.wait(60)
                if service.mode != Mode.OK:
                    return  # hangs up
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = service._take(self.path, headers, body)
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", str(service.retry_after))
                if status == 201:
                    self.send_header("Location", f"{service.origin}/message/{service.attempts}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet: what came is in `pushes`."""

        return Handler


def _is_contact(claims: dict[str, Any]) -> bool:
    return str(claims.get("sub", "")).startswith(("mailto:", "https:"))


def _can_read(browser: Browser, body: bytes) -> bool:
    try:
        browser.read(body)
    except (InvalidTag, ValueError):
        return False
    return True
