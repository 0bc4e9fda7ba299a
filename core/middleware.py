"""Request id and client address, host check, security headers, CSRF against the public origin."""

import ipaddress
import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from core import config
from core.web import error_page

log = logging.getLogger("opsknight.request")
GetResponse = Callable[[HttpRequest], HttpResponse]
FORM = "application/x-www-form-urlencoded"
LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]", "testserver"}


def client_ip(request: HttpRequest) -> str:
    """The peer, or behind n = `OPSKNIGHT_TRUSTED_PROXIES` the n-th address from the right."""
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    depth = settings.TRUSTED_PROXIES
    if depth and len(hops) >= depth and _is_address(hops[-depth]):
        return hops[-depth]
    return str(request.META.get("REMOTE_ADDR", ""))


def _is_address(text: str) -> bool:
    """A header that is no address must reach neither the limits nor the audit log."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def request_context(get_response: GetResponse) -> Callable[[HttpRequest], HttpResponse]:
    """Gives the request an id, an address and a CSP nonce, and logs one line when it is done."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.id = secrets.token_hex(8)  # type: ignore[attr-defined]
        request.ip = client_ip(request)  # type: ignore[attr-defined]
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        started = time.perf_counter()
        response = get_response(request)
        response.headers["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        log.log(
            _loudness(request),
            "%s %s %s %.0fms",
            request.method,
            _shown_path(request),
            response.status_code,
            (time.perf_counter() - started) * 1000,
        )
        return response

    return middleware


def _loudness(request: HttpRequest) -> int:
    """A page is one line, not ten: its style sheet, scripts and icons are for debugging."""
    return logging.DEBUG if request.path.startswith(settings.STATIC_URL) else logging.INFO


def _shown_path(request: HttpRequest) -> str:
    """The path for the log, never the query; the pattern instead where the path is a secret."""
    match = request.resolver_match
    if match and ("token" in match.kwargs or "key" in match.kwargs):
        return f"/{match.route}"
    return request.path


def check_host(get_response: GetResponse) -> Callable[[HttpRequest], HttpResponse]:
    """Refuses host names other than the public origin's; loopback always works."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.get_host().rsplit(":", 1)[0] if request.get_host()[-1] != "]" else "[::1]"
        origin = config.public_url()
        allowed = {urlsplit(origin).hostname, *config.get("extra_hosts")} | LOCAL_NAMES
        if origin and name not in allowed:
            return error_page(request, 400, reason="host", host=name)
        return get_response(request)

    return middleware


def readable_text(get_response: GetResponse) -> Callable[[HttpRequest], HttpResponse]:
    """400 for a NUL in path, query or form: no text has one, and PostgreSQL takes none."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return error_page(request, 400)
        if request.content_type == FORM and b"%00" in request.body:
            return error_page(request, 400)
        return get_response(request)

    return middleware


def security_headers(get_response: GetResponse) -> Callable[[HttpRequest], HttpResponse]:
    """CSP without inline code, no framing, no sniffing; HSTS when the public origin is https."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        headers = response.headers
        nonce = request.csp_nonce  # type: ignore[attr-defined]
        headers.setdefault("Content-Security-Policy", _policy(request.path_info, nonce))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if config.public_url().startswith("https://"):
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response

    return middleware


def _policy(path: str, nonce: str) -> str:
    # The vendored admin theme needs inline styles and eval'd expressions; it is for admins only.
    admin = path.startswith("/admin/")
    script = "'self' 'unsafe-inline' 'unsafe-eval'" if admin else f"'self' 'nonce-{nonce}'"
    style = "'self' 'unsafe-inline'" if admin else f"'self' 'nonce-{nonce}'"
    return (
        f"default-src 'self'; script-src {script}; style-src {style}; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class OriginCsrfMiddleware(CsrfViewMiddleware):
    """Also accepts the configured public origin, which may live in a settings row."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        if super()._origin_verified(request):  # type: ignore[misc]
            return True
        origin = config.public_url()
        return bool(origin) and request.META.get("HTTP_ORIGIN") == origin
