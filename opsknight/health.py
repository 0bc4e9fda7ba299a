"""`/api/health`: alive at all, and with `?mode=readiness` able to page."""

import time
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from core import clock, heartbeat
from opsknight.runtime import start

STARTED = time.monotonic()
# Seconds after which a process counts as dead; the queue's beat travels through it.
FRESH = {"ticker": 5.0, "sender": 5.0, "q2": 20.0}
_known: set[str] = set()  # what was found true and stays true


def health(request: HttpRequest) -> JsonResponse:
    """Liveness is always 200; readiness is 503 and names what fails. Both in the fast lane."""
    if request.GET.get("mode") == "readiness":
        return _readiness()
    return JsonResponse(_body("healthy", "liveness"))


def _readiness() -> JsonResponse:
    try:
        checks = {"database": _database(), "migrations": _migrations(), **_processes()}
    except Error as error:
        connection.close()
        checks = {"database": _check(ok=False, message=str(error).strip().split("\n")[0])}
    ok = all(check["status"] == "healthy" for check in checks.values())
    body = _body("healthy" if ok else "unhealthy", "readiness") | {"checks": checks}
    return JsonResponse(body, status=200 if ok else 503)


def _database() -> dict[str, Any]:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return _check(ok=True, latency=round((time.perf_counter() - started) * 1000, 1))


def _migrations() -> dict[str, Any]:
    """Applied once is applied for the life of this process: a good answer is kept."""
    if "migrated" in _known:
        return _check(ok=True)
    missing = start.unapplied_migrations()
    if missing:
        return _check(ok=False, missing=missing[:3])
    _known.add("migrated")
    return _check(ok=True)


def _processes() -> dict[str, dict[str, Any]]:
    now, beats = clock.now(), heartbeat.last()
    return {
        name: _check(
            ok=heartbeat.is_fresh(beats.get(name), now=now, seconds=seconds),
            lastSeen=beats[name].isoformat() if name in beats else None,
        )
        for name, seconds in FRESH.items()
    }


def _check(*, ok: bool, **facts: Any) -> dict[str, Any]:
    return {"status": "healthy" if ok else "unhealthy", **facts}


def _body(status: str, mode: str) -> dict[str, Any]:
    return {
        "status": status,
        "mode": mode,
        "timestamp": clock.now().isoformat(),
        "version": settings.VERSION,
        "uptime": round(time.monotonic() - STARTED, 1),
    }
