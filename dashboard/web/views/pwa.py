"""What makes the site an app on a phone: manifest, service worker, the page without a network."""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import config
from core.templatetags.ui import asset

HOUR = 3600
PRODUCT = "OpsKnight"
SHORT_NAME_LENGTH = 12  # what fits below an icon
COLOUR = "#0b6b6b"  # behind the icon while the app starts
# One worker from two files: what is kept for bad times, and what arrives by push.
WORKER = ("js/worker/shell.js", "js/worker/push.js")
SHELL = (
    "css/app.css",
    "js/app.js",
    "js/once.js",
    "vendor/htmx-2.0.11/htmx.min.js",
    "vendor/idiomorph-0.8.0/idiomorph-ext.min.js",
    "icons/opsknight.svg",
    "icons/icon-192.png",
    "icons/badge-96.png",
)
ICONS = (
    ("icons/opsknight.svg", "any", "image/svg+xml", "any"),
    ("icons/icon-192.png", "192x192", "image/png", "any"),
    ("icons/icon-512.png", "512x512", "image/png", "any"),
    ("icons/icon-maskable-512.png", "512x512", "image/png", "maskable"),
)
SHORTCUTS = (
    ("Incidents", "incidents:list"),
    ("Who is on call", "schedules:on_call"),
    ("New incident", "incidents:create"),
)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest: public, says nothing but the organisation's name."""
    name = config.get("organisation") or PRODUCT
    body = {
        "id": "/",
        "name": name if PRODUCT in name else f"{name} {PRODUCT}",
        "short_name": name if len(name) <= SHORT_NAME_LENGTH else PRODUCT,
        "description": "On-call, pages and incidents",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": COLOUR,
        "theme_color": COLOUR,
        "categories": ["productivity", "utilities"],
        "icons": [
            {"src": asset(path), "sizes": sizes, "type": kind, "purpose": purpose}
            for path, sizes, kind, purpose in ICONS
        ],
        "shortcuts": [{"name": label, "url": reverse(to)} for label, to in SHORTCUTS],
    }
    response = JsonResponse(body, content_type="application/manifest+json")
    response.headers["Cache-Control"] = f"public, max-age={HOUR}"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, at the root so that it serves all pages; asked anew each time it is checked."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the worker and shown when the server cannot be reached. The same for everybody."""
    return render(request, "dashboard/offline.html")


@cache
def _worker() -> str:
    """The files behind a line that names what to keep; its version changes with any of it."""
    code = "\n".join(_source(name) for name in WORKER)
    files = [reverse("offline"), *(asset(path) for path in SHELL)]
    version = hashlib.sha256(f"{settings.VERSION} {files} {code}".encode()).hexdigest()[:12]
    shell = {
        "version": version,
        "offline": files[0],
        "files": files,
        "icon": asset("icons/icon-192.png"),
        "badge": asset("icons/badge-96.png"),
    }
    return f"const SHELL = {json.dumps(shell)};\n{code}"


def _source(name: str) -> str:
    return Path(str(finders.find(name))).read_text()
