"""`/api/health`: alive at all, and with `?mode=readiness` able to page."""

import time
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from core import clock, heartbeat
from dashboard.queries import CHECK, Trouble, broken_parts
from opsknight.runtime import start
from schedules.queries import guard

STARTED = time.monotonic()
# Seconds after which a process counts as dead; the queue's beat travels through it.
FRESH = {"ticker": 5.0, "sender": 5.0, "q2": 20.0}
CHECK_FRESH = 180.0
# A degraded check is named, and leaves the answer as it is.
HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"
_known: set[str] = set()  # what was found true and stays true


def health(request: HttpRequest) -> JsonResponse:
    """Liveness is always 200; readiness is 503 and names what fails. Both in the fast lane."""
    if request.GET.get("mode") == "readiness":
        return _readiness()
    return JsonResponse(_body(HEALTHY, "liveness"))


def _readiness() -> JsonResponse:
    try:
        checks = {"database": _database(), "migrations": _migrations(), **_processes()}
        checks["paging"] = _paging()
        figures = _figures() if checks["migrations"]["status"] == HEALTHY else {}
    except Error as error:
        connection.close()
        checks = {"database": _check(ok=False, message=str(error).strip().split("\n")[0])}
        figures = {}
    ok = all(check["status"] != UNHEALTHY for check in checks.values())
    body = _body(HEALTHY if ok else UNHEALTHY, "readiness")
    body |= {"checks": checks, "figures": figures}
    return JsonResponse(body, status=200 if ok else 503)


def _figures() -> dict[str, Any]:
    """To be watched; what may go wrong in a week does not stop traffic today."""
    return {"coverageFindings": guard.figures()}


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


def _paging() -> dict[str, Any]:
    """What the minute's look found. Only where a page may be lost in silence it makes unready."""
    beat = heartbeat.find(CHECK)
    if beat is None or not heartbeat.is_fresh(beat.at, now=clock.now(), seconds=CHECK_FRESH):
        return {"status": DEGRADED, "message": "not checked lately"}
    found = Trouble.of(beat.detail)
    counts = {
        "withoutNextStep": found.orphans,
        "failingEscalations": found.failing,
        "failingAndNobodyTold": found.untold,
        "overdueDeliveries": found.overdue,
        "deadLetters": found.dead_letters,
    }
    broken = list(broken_parts())
    trouble = broken or any(counts.values())
    status = UNHEALTHY if found.silent else DEGRADED if trouble else HEALTHY
    return {"status": status, "lastChecked": beat.at.isoformat(), "alarms": broken, **counts}


def _check(*, ok: bool, **facts: Any) -> dict[str, Any]:
    return {"status": HEALTHY if ok else UNHEALTHY, **facts}


def _body(status: str, mode: str) -> dict[str, Any]:
    return {
        "status": status,
        "mode": mode,
        "timestamp": clock.now().isoformat(),
        "version": settings.VERSION,
        "uptime": round(time.monotonic() - STARTED, 1),
    }
