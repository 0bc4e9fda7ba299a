"""From the credentials of a request to the door of a service."""

import re
from datetime import datetime

from django.http import HttpRequest

from accounts import queries as accounts
from core import clock, rate
from core.actor import Actor
from integrations.domain.event import Action, AlertEvent
from integrations.ingest.answers import Refusal
from services import queries as services
from services.queries import Door

_TOKEN = re.compile(r"^Token\s+token\s*=\s*\"?([^\s\"]+)\"?$", re.IGNORECASE)
_BEARER = re.compile(r"^(?:Bearer|Api-Key|Token)\s+(\S+)$", re.IGNORECASE)
_QUERY = ("integrationKey", "integration_key", "key")


def integration_token(request: HttpRequest) -> str:
    """The key of ``Authorization: Token token=…``, or ""."""
    match = _TOKEN.match(request.headers.get("Authorization", "").strip())
    return match.group(1) if match else ""


def api_token(request: HttpRequest) -> str:
    """The key of ``Authorization: Bearer|Api-Key …`` or ``X-API-Key``, or ""."""
    match = _BEARER.match(request.headers.get("Authorization", "").strip())
    return match.group(1) if match else request.headers.get("X-API-Key", "").strip()


def vendor_token(request: HttpRequest, in_path: str) -> str:
    """Vendors send the key in the path, a header or the query."""
    query = next((request.GET[name] for name in _QUERY if name in request.GET), "")
    return (
        in_path
        or integration_token(request)
        or request.headers.get("X-Integration-Key", "").strip()
        or api_token(request)
        or query
    )


def door_of_token(token: str, now: datetime) -> Door:
    """Raises Refusal 403 with the documented text."""
    door = services.door_of_key(token, now)
    if door is None:
        raise Refusal(403, "Invalid Integration Key")
    return usable(door)


def usable(door: Door) -> Door:
    if not door.enabled:
        raise Refusal(403, "Integration is disabled")
    return door


def still_open(door: Door, events: list[AlertEvent]) -> list[AlertEvent]:
    """What an archived service still takes: news that ends its open incidents. Raises Refusal."""
    if not door.archived:
        return events
    ending = [event for event in events if event.action is not Action.TRIGGER]
    if events and not ending:
        raise Refusal(403, "Service is archived")
    return ending


def api_door(token: str, service_id: object, now: datetime) -> tuple[Door, Actor, str]:
    """Door, actor and rate key of an API key with scope events:write. Raises Refusal."""
    key = accounts.api_key_for(token, now) if token else None
    if key is None:
        raise Refusal(401, "Unauthorized")
    if "events:write" not in key.scopes:
        raise Refusal(403, "API key missing scope")
    if not isinstance(service_id, str) or not service_id:
        issue = {"path": ["service_id"], "message": "Required with an API key"}
        raise Refusal(400, "Invalid request body", meta={"issues": [issue]})
    door = services.door_of_service(service_id)
    if door is None:
        raise Refusal(404, "Service not found")
    if not services.may_post_events(key.user, door.service_id):
        raise Refusal(403, "Service access denied")
    return door, key.user.as_actor("api"), f"api:{key.pk}"


def actor_of(door: Door) -> Actor:
    return Actor("integration", "", door.integration_name, "integration")


def count(key: str, limit: int) -> rate.Verdict:
    """One use of the rate bucket `key`; its own statement, before the transaction of the event."""
    return rate.hit(key, limit, now=clock.now().timestamp())
