"""The doors for machines: the Events API and the routes of vendors."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from core import clock
from core.actor import Actor
from incidents import commands as incidents
from incidents.commands import Outcome
from integrations.domain.event import Action, AlertEvent, Severity, one_line
from integrations.ingest import body, keys, schema
from integrations.ingest.answers import Refusal, machine_route, unavailable
from services.queries import Door

log = logging.getLogger("opsknight.ingest")


@csrf_exempt
@machine_route
def events(request: HttpRequest) -> HttpResponse:
    """POST /api/events, as the Events API documents it."""
    now = clock.now()
    token = keys.integration_token(request)
    if token:
        door = keys.door_of_token(token, now)
        rate_key = f"int:{door.integration_id}"
        actor = keys.actor_of(door)
        payload = _events_body(request)
    else:
        if not keys.api_token(request):
            raise Refusal(401, "Unauthorized")
        payload = _events_body(request)
        wanted = payload.get("service_id") or payload.get("serviceId")
        door, actor, rate_key = keys.api_door(keys.api_token(request), wanted, now)
    verdict = keys.count(rate_key, settings.EVENTS_PER_MINUTE)
    if not verdict.allowed:
        refusal = Refusal(429, "Rate limit exceeded.")
        refusal.headers = verdict.headers()
        raise refusal
    try:
        event = schema.event_of(payload)
    except schema.Invalid as error:
        raise Refusal(400, "Invalid request body", meta={"issues": error.issues}) from error
    (outcome,) = _take(door, keys.still_open(door, [event]), by=actor, now=now)
    result = {"status": "success", "result": _result(outcome)}
    return JsonResponse(result, status=202, headers=verdict.headers())


def _events_body(request: HttpRequest) -> dict[str, Any]:
    try:
        payload = body.read_json(request, settings.EVENT_BODY_BYTES)
    except body.TooLarge:
        limit = settings.EVENT_BODY_BYTES // 1024
        raise Refusal(413, f"Request body is larger than {limit} KB") from None
    if not isinstance(payload, dict):
        issue = {"path": [], "message": "The body must be a JSON object"}
        raise Refusal(400, "Invalid request body", meta={"issues": [issue]})
    return payload


@csrf_exempt
@machine_route
def vendor(request: HttpRequest, vendor: str, key: str = "") -> HttpResponse:
    """POST /api/integrations/<vendor>[/<key>]: many alerts in one body, all stored or none."""
    path = settings.VENDORS.get(vendor)
    if path is None:
        raise Refusal(404, f"No integration “{vendor[:40]}”")
    now = clock.now()
    token = keys.vendor_token(request, key)
    if not token:
        raise Refusal(401, "Unauthorized")
    door = keys.door_of_token(token, now)
    actor = keys.actor_of(door)
    verdict = keys.count(f"vendor:{door.integration_id}", settings.VENDOR_PER_MINUTE)
    if not verdict.allowed:
        return unavailable(verdict.reset)
    try:
        payload = body.read_json(request, settings.VENDOR_BODY_BYTES)
    except body.TooLarge:
        return _oversize(door, vendor, actor)
    try:
        parsed = import_string(f"{path}.parse")(payload, request.headers)
    except ValueError as error:
        raise Refusal(
            400, "Invalid request body", meta={"issues": [{"message": str(error)}]}
        ) from error
    outcomes = _take(door, keys.still_open(door, parsed), by=actor, now=now)
    return _many(outcomes, verdict.headers())


def _take(door: Door, events: list[AlertEvent], *, by: Actor, now: datetime) -> list[Outcome]:
    """Stores them and leaves a line for each, so that any alert can be followed to its incident."""
    outcomes = incidents.ingest(door, events, by=by, now=now)
    for event, outcome in zip(events, outcomes, strict=True):
        log.info(
            "alert accepted: service=%s action=%s key=%s outcome=%s incident=%s",
            door.service_public_id,
            event.action,
            one_line(event.dedup_key, schema.KEY_LENGTH),
            outcome.action,
            f"#{outcome.number}" if outcome.number else "none",
        )
    return outcomes


def _many(outcomes: list[Outcome], headers: dict[str, str]) -> JsonResponse:
    results = [_result(outcome) for outcome in outcomes]
    first = results[0] if results else {"action": "ignored", "reason": "no alerts in the body"}
    answer = {"status": "success", "result": first, "results": results}
    return JsonResponse(answer, status=202, headers=headers)


def _oversize(door: Door, vendor: str, actor: Actor) -> JsonResponse:
    """The body is gone, so its alerts are unknown: somebody must look, loudly."""
    limit = settings.VENDOR_BODY_BYTES // (1024 * 1024)
    event = AlertEvent(
        action=Action.TRIGGER,
        dedup_key=f"opsknight-oversize-{door.integration_id}",
        summary=f"A {vendor} notification over {limit} MB was refused: its alerts are unknown",
        severity=Severity.CRITICAL,
        source=f"opsknight: {door.integration_name}"[:200],
        details={"integration": door.integration_name, "limit_megabytes": limit},
        raw={"oversize": True},
    )
    (outcome,) = _take(door, [event], by=actor, now=clock.now())
    text = f"Request body is larger than {limit} MB"
    return JsonResponse({"error": text, "result": _result(outcome)}, status=413)


def _result(outcome: Outcome) -> dict[str, Any]:
    if outcome.action == "ignored":
        return {
            "action": "ignored",
            "reason": "No matching incident",
            "dedup_key": outcome.dedup_key,
        }
    incident = {
        "id": outcome.incident_id,
        "title": outcome.title,
        "status": outcome.status,
        "urgency": outcome.urgency,
    }
    return {"action": outcome.action, "incident": incident}
